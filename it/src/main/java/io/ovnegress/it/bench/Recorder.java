package io.ovnegress.it.bench;

import io.ovnegress.controller.loop.Database;
import io.ovnegress.ovsdb.codec.OperationEncoder;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/** Stands between loop and session: keeps what was sent, and tells when what somebody waits for was committed. Thread safe. */
final class Recorder {
    private final List<List<Operation>> transactions = new ArrayList<>();
    private final Map<UUID, Long> awaited = new HashMap<>();
    private final List<Long> latencies = new ArrayList<>();
    private long lastCommit;
    private long longest;
    private long firstSubmitted;
    private int failures;
    private int ended;

    /** The same database, with a record of what is sent there. */
    Database over(Database database) {
        return new Database() {
            @Override
            public int submit(List<Operation> operations, Consumer<CommitOutcome> ended) {
                return record(database, operations, ended);
            }

            @Override
            public void resync(String reason) {
                database.resync(reason);
            }
        };
    }

    private int record(Database database, List<Operation> operations, Consumer<CommitOutcome> ended) {
        long sent = System.nanoTime();
        List<Long> events;
        synchronized (this) {
            if (transactions.isEmpty()) {
                firstSubmitted = sent;
            }
            transactions.add(operations);
            events = awaited.isEmpty() ? List.of() : eventsIn(operations);
        }
        return database.submit(operations, outcome -> {
            ended.accept(outcome);
            ended(outcome, sent, events);
        });
    }

    private List<Long> eventsIn(List<Operation> operations) {
        var events = new ArrayList<Long>();
        for (var operation : operations) {
            if (operation instanceof Operation.Insert insert) {
                take(insert.id(), events);
            } else if (operation instanceof Operation.Mutate mutate) {
                mutate.mutations().forEach(mutation -> {
                    if (mutation.value() instanceof Set<?> elements) {
                        for (var element : elements) {
                            if (element instanceof UUID id) {
                                take(id, events);
                            }
                        }
                    }
                });
            }
        }
        return events;
    }

    private void take(UUID id, List<Long> events) {
        var since = awaited.remove(id);
        if (since != null) {
            events.add(since);
        }
    }

    private synchronized void ended(CommitOutcome outcome, long sent, List<Long> events) {
        long now = System.nanoTime();
        ended++;
        if (!(outcome instanceof CommitOutcome.Committed)) {
            failures++;
            return;
        }
        lastCommit = now;
        longest = Math.max(longest, now - sent);
        events.forEach(since -> latencies.add(now - since));
    }

    /** From now until the row with this UUID is part of a committed transaction. */
    synchronized void await(UUID row) {
        awaited.put(row, System.nanoTime());
    }

    synchronized int stillAwaited() {
        return awaited.size();
    }

    /** Nanoseconds from {@link #await} to the commit. */
    synchronized List<Long> latencies() {
        return List.copyOf(latencies);
    }

    synchronized void reset() {
        transactions.clear();
        latencies.clear();
        awaited.clear();
        longest = 0;
        failures = 0;
        ended = 0;
    }

    synchronized int transactions() {
        return transactions.size();
    }

    /** Transactions whose outcome is known. */
    synchronized int ended() {
        return ended;
    }

    synchronized int failures() {
        return failures;
    }

    /** {@link System#nanoTime} of the last commit. */
    synchronized long lastCommit() {
        return lastCommit;
    }

    /** {@link System#nanoTime} when the first transaction was handed over. */
    synchronized long firstSubmitted() {
        return firstSubmitted;
    }

    /** Nanoseconds of the transaction that took longest, from sending it. */
    synchronized long longest() {
        return longest;
    }

    synchronized List<List<Operation>> operations() {
        return List.copyOf(transactions);
    }

    /** The requests as they were on the wire. */
    synchronized List<byte[]> requests() {
        var requests = new ArrayList<byte[]>();
        for (var operations : transactions) {
            requests.add(OperationEncoder.transact(requests.size() + 2L, "OVN_Northbound", operations));
        }
        return requests;
    }
}
