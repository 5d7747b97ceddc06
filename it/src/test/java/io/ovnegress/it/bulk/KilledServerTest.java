package io.ovnegress.it.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.bulk.Inputs;
import io.ovnegress.it.harness.oracle.TransactionLog;
import io.ovnegress.it.harness.process.OvsdbServer;
import io.ovnegress.it.harness.process.WorkDirectory;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.NodeInput;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The database server is killed (SIGKILL) and started again on the same file in the middle of bulk work: before a transaction
 * arrives, while it is carried out, after it was written but before the reply. Whatever the moment, the end is the same.
 *
 * <p>The moments follow from a seed, which is printed; {@code -Dovnegress.seed=} runs them again.
 */
@Timeout(3600)
@Tag("long")
class KilledServerTest {
    private static final int PODS = 10_000;
    private static final int MAX_ROWS = 250;
    private static final int KILLS = 8;

    private final long seed = Seed.next();
    private final Random random = new Random(seed);
    private final WorkDirectory directory = WorkDirectory.create("ovn-egress-bulk");
    private final OvsdbServer server =
            OvsdbServer.withSchema(directory.path(), "nb", "OVN_Northbound", Northbound.SCHEMA);

    @BeforeEach
    void start() {
        server.start();
        Northbound.prepare(server);
    }

    @AfterEach
    void stop() {
        server.close();
        directory.close();
    }

    @Test
    void loadThatLosesItsServerEndsInExactlyTheRightRows() {
        try (var load = new BulkLoad(server.address(), MAX_ROWS)) {
            load.awaitSettled();
            load.standStillAfter(1 + random.nextInt(12));
            BulkLoad.pods(PODS).forEach(pod -> load.post(new InputChange.Put(pod)));
            assertThat(killsDuring(load)).as("kills before the load was done").isGreaterThan(KILLS / 2);
            load.awaitSettled();
        }
        Northbound.assertHolds(seed, server, PODS);
        Northbound.assertNeverUnsafe(seed, TransactionLog.read(server.file()));
    }

    @Test
    void moveThatLosesItsServerLeavesNoEgressIpOnTwoRouters() {
        try (var load = new BulkLoad(server.address(), MAX_ROWS, BulkLoad.pods(PODS))) {
            load.awaitSettled();
            for (boolean firstReady : new boolean[] {false, true, false, true}) {
                load.standStillAfter(1 + random.nextInt(6));
                for (NodeInput node : (firstReady ? Inputs.nodesReady(1, 2) : Inputs.nodesReady(2))) {
                    load.post(new InputChange.Put(node));
                }
                if (load.awaitStandstill()) {
                    killSoon();
                }
                load.goOn();
            }
            load.awaitSettled();
        }
        Northbound.assertHolds(seed, server, PODS);
        Northbound.assertNeverUnsafe(seed, TransactionLog.read(server.file()));
    }

    private int killsDuring(BulkLoad load) {
        int kills = 0;
        while (kills < KILLS && load.awaitStandstill()) {
            killSoon();
            load.standStillAfter(1 + random.nextInt(12));
            kills++;
        }
        load.goOn();
        return kills;
    }

    private void killSoon() {
        LockSupport.parkNanos(random.nextInt(20_000_000));
        server.process().kill();
        server.start();
    }
}
