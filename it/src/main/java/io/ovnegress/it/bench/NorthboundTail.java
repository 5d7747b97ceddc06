package io.ovnegress.it.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.ovnegress.it.harness.oracle.TransactionLog;
import io.ovnegress.it.harness.process.OvsdbServer;
import io.ovnegress.ovsdb.codec.OperationEncoder;
import io.ovnegress.ovsdb.nb.NbGlobal;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.Operation.Mutation;
import io.ovnegress.ovsdb.operation.Operation.Mutator;
import io.ovnegress.ovsdb.operation.Operation.Where;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/**
 * Follows a northbound database by its file, which costs the server nothing, and says when a state was committed, when ovn-northd
 * had put it into the southbound database and when every chassis had installed it. Asks for that ({@code nb_cfg}) if nobody else
 * did. A thread of its own; {@link #expect} from any other.
 */
final class NorthboundTail implements AutoCloseable {
    private static final int REROUTE = 100;
    private static final long POLL_NANOS = 1_000_000;

    private final RandomAccessFile file;
    private final String egressIp;
    private final BenchDatabase.Connection connection;
    private final Thread thread;
    private final List<Goal> goals = new ArrayList<>();
    private final Rows rows = new Rows();
    private volatile boolean closed;

    /** When what was expected was in the database, in the southbound database, and in every switch. */
    record Reached(Instant committed, Instant computed, Instant installed) {}

    /** The rows of the egress IP at a moment. */
    static final class Rows {
        private final Map<String, Set<String>> reroutes = new HashMap<>();
        private final Set<String> snats = new HashSet<>();

        int reroutes() {
            return reroutes.size();
        }

        int reroutesTo(String nextHop) {
            return (int)
                    reroutes.values().stream().filter(Set.of(nextHop)::equals).count();
        }

        int snats() {
            return snats.size();
        }
    }

    private static final class Goal {
        private final Predicate<Rows> condition;
        private final CompletableFuture<Reached> reached = new CompletableFuture<>();
        private Instant committed = Instant.MAX;
        private Instant computed = Instant.MAX;
        private long number = -1;

        private Goal(Predicate<Rows> condition) {
            this.condition = condition;
        }

        boolean isCommitted() {
            return !committed.equals(Instant.MAX);
        }
    }

    NorthboundTail(OvsdbServer server, String egressIp) {
        this.egressIp = egressIp;
        try {
            file = new RandomAccessFile(server.file().toFile(), "r");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        connection = new BenchDatabase.Connection(Path.of(server.address().substring("unix:".length())));
        thread = Thread.ofPlatform().daemon().name("northbound-tail").start(this::follow);
    }

    /** From now on; what is so already is only seen with the next transaction. */
    synchronized CompletableFuture<Reached> expect(Predicate<Rows> condition) {
        var goal = new Goal(condition);
        goals.add(goal);
        return goal.reached;
    }

    /** Waits for it. */
    static Reached await(CompletableFuture<Reached> expected) {
        try {
            return expected.get(15, TimeUnit.MINUTES);
        } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
            throw new IllegalStateException("never seen in the northbound database", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private void follow() {
        var log = new TransactionLog(NullNode.getInstance(), List.of(), 0);
        try {
            file.readLine(); // the schema's header, and the schema
            file.readLine();
            while (!closed) {
                var more = new byte[Math.toIntExact(file.length() - file.getFilePointer())];
                if (more.length == 0) {
                    LockSupport.parkNanos(POLL_NANOS);
                    continue;
                }
                long start = file.getFilePointer();
                file.readFully(more);
                var read = log.readOn(more);
                file.seek(start + read.end());
                if (learn(read.transactions())) {
                    ask();
                }
            }
        } catch (IOException e) {
            if (!closed) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Whether somebody has to ask. */
    private synchronized boolean learn(List<JsonNode> transactions) {
        for (var transaction : transactions) {
            var time = Instant.ofEpochMilli(transaction.path("_date").asLong());
            transaction.path("Logical_Router_Policy").properties().forEach(row -> policy(row.getKey(), row.getValue()));
            transaction.path("NAT").properties().forEach(row -> snat(row.getKey(), row.getValue()));
            for (var goal : goals) {
                if (!goal.isCommitted() && goal.condition.test(rows)) {
                    goal.committed = time;
                }
            }
            transaction.path("NB_Global").forEach(global -> numbers(global, time));
            goals.removeIf(goal -> goal.reached.isDone());
        }
        return goals.stream().anyMatch(goal -> goal.isCommitted() && goal.number < 0);
    }

    private void policy(String id, JsonNode row) {
        if (row.isNull()) {
            rows.reroutes.remove(id);
        } else if (row.path("priority").asInt() == REROUTE) {
            rows.reroutes.put(id, texts(row.path("nexthops")));
        } else if (rows.reroutes.containsKey(id)) {
            var nextHops = rows.reroutes.get(id);
            // A change of a set is written as what it has more and what it has less.
            texts(row.path("nexthops")).stream()
                    .filter(nextHop -> !nextHops.remove(nextHop))
                    .forEach(nextHops::add);
        }
    }

    /** Of a set: a text if it has one element, {@code ["set", [...]]} otherwise. */
    private static Set<String> texts(JsonNode set) {
        var texts = new HashSet<String>();
        if (set.isTextual()) {
            texts.add(set.asText());
        } else {
            set.path(1).forEach(text -> texts.add(text.asText()));
        }
        return texts;
    }

    private void snat(String id, JsonNode row) {
        if (row.isNull()) {
            rows.snats.remove(id);
        } else if (row.path("external_ip").asText().equals(egressIp)) {
            rows.snats.add(id);
        }
    }

    private void numbers(JsonNode global, Instant time) {
        for (var goal : goals) {
            if (goal.isCommitted() && goal.number < 0 && global.has("nb_cfg")) {
                goal.number = global.get("nb_cfg").asLong();
            }
            if (goal.number < 0) {
                continue;
            }
            if (global.path("sb_cfg").asLong() >= goal.number && goal.computed.equals(Instant.MAX)) {
                goal.computed = time;
            }
            if (global.path("hv_cfg").asLong() >= goal.number) {
                goal.reached.complete(new Reached(goal.committed, goal.computed, time));
            }
        }
    }

    private void ask() {
        connection.transact(OperationEncoder.transact(
                1,
                "OVN_Northbound",
                List.of(new Operation.Mutate(
                        NbGlobal.TABLE,
                        new Where.All(List.of()),
                        List.of(new Mutation(NbGlobal.NB_CFG, Mutator.ADD, 1L))))));
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join();
            connection.close();
            file.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
