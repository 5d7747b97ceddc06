package io.ovnegress.reconciler.machine;

import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.Operation.Where;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.northbound.Owner;
import io.ovnegress.reconciler.northbound.TransactionPlanner;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * What follows from how a transaction has ended: which owners are settled, which are looked at again, who is to blame, and for
 * how long nothing is planned. Not thread safe.
 */
final class Outcomes {
    /** How long nothing is planned after the database was not what we thought it was. */
    private static final Duration CONFLICT_PAUSE = Duration.ofMillis(100);
    /** A conflict that comes back this often is somebody's fault: it is isolated like a refusal. */
    private static final int CONFLICTS_UNTIL_ISOLATION = 3;
    /** A move that got no answer this often is too much for the server in one transaction. */
    private static final int LOSSES_UNTIL_MOVED_IN_PARTS = 3;

    /** ovsdb-server(7), "insert" with a UUID. */
    private static final String DUPLICATE = "duplicate uuid";

    private final Batch.Work work;
    private final DirtyOwners dirty;
    private final int maxRows;
    private final Isolation isolation = new Isolation();
    private final ServerTrouble trouble = new ServerTrouble();
    private int conflicts;
    /** Losses in a row of transactions with a group that fits no usual one. */
    private int largeOnesLost;

    private Instant pausedUntil = Instant.MIN;

    /** @param maxRows how many rows fit into a usual transaction */
    Outcomes(Batch.Work work, int maxRows) {
        this.work = work;
        this.dirty = work.dirty();
        this.maxRows = maxRows;
    }

    /** Until when nothing is planned; empty if that is over. */
    Optional<Instant> pausedUntil(Instant now) {
        return Optional.of(pausedUntil).filter(until -> until.isAfter(now));
    }

    /** Which groups are to be tried alone, before anything else is planned. */
    Isolation isolation() {
        return isolation;
    }

    /** Why the server cannot write at present; empty if it can as far as is known. */
    String serverTrouble() {
        return trouble.error();
    }

    /** The next connection may be to a server that is well. */
    void disconnected() {
        trouble.isOver();
    }

    /** @param synchronised whether the server is still connected, and what is known is what it has */
    void ended(PlannedTransaction transaction, CommitOutcome outcome, boolean synchronised, Instant now) {
        var entry = work.inFlight().remove(transaction);
        switch (outcome) {
            case CommitOutcome.Committed committed -> committed(transaction, entry, now);
            case CommitOutcome.Conflict conflict -> {
                if (isOfHiddenRow(transaction, conflict)) {
                    lookAgain(entry);
                } else if (++conflicts >= CONFLICTS_UNTIL_ISOLATION) {
                    refused(entry, conflict.error().toString(), Optional.empty(), now);
                } else {
                    lookAgain(entry);
                }
                pausedUntil = now.plus(CONFLICT_PAUSE);
            }
            case CommitOutcome.NotLeader notLeader -> {
                lookAgain(entry);
                pausedUntil = now.plus(CONFLICT_PAUSE);
            }
            case CommitOutcome.Lost lost -> {
                lookAgain(entry);
                if (isLarge(entry) && ++largeOnesLost >= LOSSES_UNTIL_MOVED_IN_PARTS) {
                    largeOnesLost = 0;
                    ownersOf(entry).forEach(owner -> work.features().of(owner).tooMuch(owner));
                }
                if (synchronised) {
                    pausedUntil = now.plus(CONFLICT_PAUSE); // the server has said so itself, and might for long
                }
            }
            case CommitOutcome.Unable unable -> {
                lookAgain(entry);
                pausedUntil = trouble.pauseAfter(unable.error().toString(), now);
            }
            case CommitOutcome.Refused refusal ->
                refused(entry, refusal.error().toString(), guilty(entry, refusal), now);
        }
    }

    private void committed(PlannedTransaction transaction, InFlight.Entry entry, Instant now) {
        conflicts = 0;
        if (isLarge(entry)) {
            largeOnesLost = 0;
        }
        trouble.isOver();
        if (entry.isolated()) {
            isolation.tried();
        }
        ownersOf(entry)
                .forEach(owner ->
                        work.committed(owner, Optional.ofNullable(entry.next().get(owner))));
        transaction
                .repairs()
                .forEach(repair -> repair.object()
                        .ifPresent(name -> work.features().of(repair.owner()).repaired(name, now)));
    }

    /** Whether a row is there that we were not told of, or is not any more, and that is news. */
    private boolean isOfHiddenRow(PlannedTransaction transaction, CommitOutcome.Conflict conflict) {
        return conflict.operation().stream()
                .mapToObj(index -> transaction.operations().get(index))
                .anyMatch(operation -> switch (operation) {
                    case Operation.Insert insert ->
                        conflict.error().error().equals(DUPLICATE)
                                && work.hidden().found(insert.id());
                    case Operation.Expect(Table table, Where.Id(UUID id), var cells) ->
                        work.hidden().isGone(id);
                    default -> false;
                });
    }

    private void lookAgain(InFlight.Entry entry) {
        ownersOf(entry).forEach(owner -> {
            work.causes().add(owner, Causes.AGAIN);
            dirty.addUrgent(owner);
        });
    }

    /** The group whose operation the error names. */
    private static Optional<Integer> guilty(InFlight.Entry entry, CommitOutcome.Refused refusal) {
        return refusal.operation().stream()
                .mapToObj(index -> entry.operationGroups().get(index))
                .filter(group -> group != TransactionPlanner.SHARED)
                .findFirst();
    }

    /** Finds out whose fault it is: the group that the error names, or by halves. */
    private void refused(InFlight.Entry entry, String error, Optional<Integer> guilty, Instant now) {
        if (entry.isolated()) {
            isolation.tried();
        }
        var groups = entry.groups();
        if (groups.isEmpty()) {
            pausedUntil = now.plus(CONFLICT_PAUSE); // a question of ours
            return;
        }
        if (guilty.isEmpty() && groups.size() > 1) {
            lookAgain(entry);
            isolation.halve(groups);
            return;
        }
        int culprit = guilty.orElse(0);
        for (int i = 0; i < groups.size(); i++) {
            if (i != culprit) {
                groups.get(i).forEach(dirty::addUrgent);
            }
        }
        for (var owner : groups.get(culprit)) {
            work.features().of(owner).refused(owner, error, dirty.backOff(owner, error, now));
        }
    }

    private static Stream<Owner> ownersOf(InFlight.Entry entry) {
        return entry.groups().stream().flatMap(List::stream);
    }

    /** A pod has about two rows. */
    private boolean isLarge(InFlight.Entry entry) {
        return entry.groups().stream().anyMatch(group -> group.size() > maxRows / 2);
    }
}
