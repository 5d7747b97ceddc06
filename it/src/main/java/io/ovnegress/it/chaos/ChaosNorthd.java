package io.ovnegress.it.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.it.chaos.OtherClient.Author;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/**
 * Says how far the rows of a history have come, as ovn-northd and the chassis do: sooner or later. Has a thread of its own.
 */
final class ChaosNorthd implements AutoCloseable {
    private static final int LATEST_MILLIS = 20;

    private final OtherClient database;
    private final Random random;
    private final Thread thread;
    private volatile boolean closed;

    ChaosNorthd(OtherClient database, Random random) {
        this.database = database;
        this.random = random;
        this.thread = Thread.ofPlatform().name("northd").daemon().start(this::answer);
    }

    private void answer() {
        while (!closed) {
            LockSupport.parkNanos((1 + random.nextInt(LATEST_MILLIS)) * 1_000_000L);
            try {
                answerNow();
            } catch (RuntimeException away) {
                // so is ovn-northd, then
            }
        }
    }

    /** {@code sb_cfg} and {@code hv_cfg} become what {@code nb_cfg} is, unless that has changed meanwhile. */
    private void answerNow() {
        for (JsonNode row : database.select(List.of("NB_Global")).getFirst()) {
            long asked = row.get("nb_cfg").asLong();
            if (asked == row.get("hv_cfg").asLong()) {
                continue;
            }
            var operations = OtherClient.operations();
            var update = OtherClient.operation(operations, "update", "NB_Global");
            update.putArray("where").addArray().add("nb_cfg").add("==").add(asked);
            update.putObject("row").put("sb_cfg", asked).put("hv_cfg", asked);
            database.transact(Author.NORTHD, "", operations);
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}
