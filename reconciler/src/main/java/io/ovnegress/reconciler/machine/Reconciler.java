package io.ovnegress.reconciler.machine;

import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.feature.Decision;
import io.ovnegress.reconciler.feature.Decisions;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.feature.Signals;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.SubnetFindings;
import io.ovnegress.reconciler.input.AddressRefusal;
import io.ovnegress.reconciler.input.ClusterState;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import io.ovnegress.reconciler.northbound.TransactionPlanner;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The whole of the decisions as a state machine without I/O: inputs and database updates in; transactions and status changes
 * out. The same inputs in any order end in the same rows. Not thread safe: one thread drives it.
 */
public final class Reconciler {
    /** While one transaction is being committed the next one is prepared and sent: neither side waits for the other. */
    private static final int MAX_IN_FLIGHT = 2;
    /** How long nothing is planned after the database was not what we thought it was. */
    private static final Duration CONFLICT_PAUSE = Duration.ofMillis(100);
    /** A conflict that comes back this often is somebody's fault: it is isolated like a refusal. */
    private static final int CONFLICTS_UNTIL_ISOLATION = 3;

    /** A move that got no answer this often is too much for the server in one transaction. */
    private static final int LOSSES_UNTIL_MOVED_IN_PARTS = 3;

    private final int maxRows;
    private final NorthboundView view;
    private final MonitorSpec monitorSpec;
    private final FeatureSet features;
    private final ClusterState inputs;
    private final Groups groups;
    private final DirtyKeys dirty = new DirtyKeys();
    private final InFlight inFlight = new InFlight();
    private final Batch.Work work;
    /** Sets of groups that are tried alone, one after the other, to find the one that the database refuses. */
    private final Deque<List<List<Owner>>> isolation = new ArrayDeque<>();

    private boolean synchronised;
    private boolean mustReadAnew;
    private boolean started;
    private boolean leader = true;
    /** Others may have decided since we last did. */
    private boolean returning;

    private final ServerTrouble trouble = new ServerTrouble();
    private long lastNumber;
    private int conflicts;
    /** Losses in a row of transactions with a group that fits no usual one. */
    private int largeOnesLost;

    private Instant pausedUntil = Instant.MIN;
    private Instant now = Instant.MIN;

    /** @param maxRows rows after which a transaction takes no further owners; what belongs together still goes as a whole */
    public Reconciler(List<Feature> features, int maxRows) {
        this.maxRows = maxRows;
        this.monitorSpec = FeatureSet.monitored(features);
        this.features = new FeatureSet(features, new Dirtying());
        this.inputs = this.features.world().inputs();
        this.view = this.features.world().northbound();
        this.groups = new Groups(this.features::want, this.features.world().holds());
        this.work = new Batch.Work(this.features, groups, dirty, new RepairPacing(), inFlight);
    }

    /** What a session must monitor, whatever the server: columns that it lacks are left out by whoever asks it. */
    public MonitorSpec monitorSpec() {
        return monitorSpec;
    }

    /** A session is up: what follows in {@link #apply(TableUpdates)} comes from a server with this schema. */
    public void connected(ServerSchema serverSchema) {
        view.serve(serverSchema);
    }

    /**
     * Whether this controller decides; it does if nothing else is said. One that stands by follows inputs and database, and so is
     * ready at once; when it takes over, what was decided meanwhile is where it goes on from.
     */
    public void setLeader(boolean leads) {
        returning |= !leads && started;
        leader = leads;
        if (!leads) {
            groups.forgetLinks(); // the rows that others write tell what belongs together
        }
        features.all(each -> each.setLeader(leads));
    }

    /** The session is gone; no transaction is planned until it is back and has caught up. */
    public void disconnected() {
        synchronised = false;
        trouble.isOver();
    }

    public void apply(InputChange change, Instant time) {
        now = time;
        inputs.apply(change);
    }

    /**
     * The database changed.
     *
     * @throws RuntimeException if the updates do not fit what is known; everything is forgotten then, and nothing is planned until
     *     a complete update has come
     */
    public void apply(TableUpdates updates) {
        if (mustReadAnew) {
            if (!updates.complete()) {
                return;
            }
            view.schema().ifPresent(view::serve);
        }
        try {
            view.apply(updates);
        } catch (RuntimeException e) {
            features.forgetDatabase();
            mustReadAnew = true;
            synchronised = false;
            throw e;
        }
        mustReadAnew = false;
        synchronised = true;
    }

    /**
     * What changes while it is on its way is most likely our own writing. What changed while nobody was connected, before the
     * first plan or while somebody else decides tells nothing about who did it.
     */
    private void changedInDatabase(Owner key) {
        if (inFlight.isInFlight(key)) {
            dirty.addUnverified(key);
        } else if (leader && started && synchronised) {
            dirty.addTampered(key);
        } else {
            dirty.add(key);
        }
    }

    private final class Dirtying implements Signals {
        @Override
        public void dirty(Owner owner) {
            dirty.add(owner);
        }

        @Override
        public void urgent(Owner owner) {
            dirty.addUrgent(owner);
        }

        @Override
        public void changedInDatabase(Owner owner) {
            Reconciler.this.changedInDatabase(owner);
        }

        @Override
        public void together(Set<? extends Owner> owners) {
            if (leader) {
                groups.link(owners);
            }
        }
    }

    /** The next transaction to submit; empty if there is nothing to do, or not before another one has ended. */
    public Optional<PlannedTransaction> nextTransaction(Instant time) {
        now = time;
        if (!isReady()) {
            return Optional.empty();
        }
        if (!started) {
            started = true;
            inputs.settleContests();
            features.all(Decisions::start);
        } else if (returning) {
            inputs.settleContests();
            features.all(Decisions::resume);
        }
        returning = false;
        features.all(each -> each.settle(now));
        if (features.subnets().writesNothing()) {
            return Optional.empty();
        }
        dirty.wake(now);
        if (now.isBefore(pausedUntil)) {
            return Optional.empty();
        }
        if (!isolation.isEmpty()) {
            return inFlight.size() == 0 ? nextIsolated() : Optional.empty();
        }
        if (inFlight.size() >= MAX_IN_FLIGHT) {
            return Optional.empty();
        }
        var planned = nextOfTheDirty();
        boolean idle = planned.isEmpty() && inFlight.size() == 0 && dirty.isEmpty();
        if (idle && features.improve(now)) {
            features.all(each -> each.settle(now));
            return nextOfTheDirty();
        }
        return planned;
    }

    private Optional<PlannedTransaction> nextOfTheDirty() {
        if (dirty.isEmpty()) {
            return Optional.empty();
        }
        var batch = batch(false);
        batch.fill(maxRows);
        return send(batch);
    }

    private boolean isReady() {
        return leader && isKnown();
    }

    private boolean isKnown() {
        return synchronised && view.schema().isPresent() && inputs.missing().isEmpty();
    }

    private Optional<PlannedTransaction> nextIsolated() {
        while (!isolation.isEmpty()) {
            var batch = batch(true);
            isolation.peek().forEach(group -> group.forEach(batch::take));
            var planned = send(batch);
            if (planned.isPresent()) {
                return planned;
            }
            isolation.poll();
        }
        return Optional.empty();
    }

    private Batch batch(boolean isolated) {
        return new Batch(work, view.schema().orElseThrow(), isolated, now);
    }

    private Optional<PlannedTransaction> send(Batch batch) {
        return batch.isEmpty() ? Optional.empty() : Optional.of(batch.send(++lastNumber));
    }

    /** Ends a transaction. Its updates must have been applied before if it was committed. */
    public void complete(PlannedTransaction transaction, CommitOutcome outcome, Instant time) {
        now = time;
        var entry = inFlight.remove(transaction);
        switch (outcome) {
            case CommitOutcome.Committed committed -> {
                conflicts = 0;
                if (isLarge(entry)) {
                    largeOnesLost = 0;
                }
                trouble.isOver();
                if (entry.isolated()) {
                    isolation.poll();
                }
                keysOf(entry).forEach(work::committed);
                transaction
                        .repairs()
                        .forEach(repair -> repair.egressIp()
                                .ifPresent(name -> features.of(repair.owner()).repaired(name, now)));
            }
            case CommitOutcome.Conflict conflict -> {
                if (++conflicts >= CONFLICTS_UNTIL_ISOLATION) {
                    refused(entry, conflict.error().toString(), Optional.empty());
                } else {
                    keysOf(entry).forEach(dirty::addUrgent);
                }
                pausedUntil = now.plus(CONFLICT_PAUSE);
            }
            case CommitOutcome.NotLeader notLeader -> {
                keysOf(entry).forEach(dirty::addUrgent);
                pausedUntil = now.plus(CONFLICT_PAUSE);
            }
            case CommitOutcome.Lost lost -> {
                keysOf(entry).forEach(dirty::addUrgent);
                if (isLarge(entry) && ++largeOnesLost >= LOSSES_UNTIL_MOVED_IN_PARTS) {
                    largeOnesLost = 0;
                    keysOf(entry).forEach(owner -> features.of(owner).tooMuch(owner));
                }
                if (synchronised) {
                    pausedUntil = now.plus(CONFLICT_PAUSE); // the server has said so itself, and might for long
                }
            }
            case CommitOutcome.Unable unable -> {
                keysOf(entry).forEach(dirty::addUrgent);
                pausedUntil = trouble.meets(unable.error().toString(), now);
            }
            case CommitOutcome.Refused refusal ->
                refused(
                        entry,
                        refusal.error().toString(),
                        refusal.operation().stream()
                                .mapToObj(index -> entry.operationGroups().get(index))
                                .filter(group -> group != TransactionPlanner.SHARED)
                                .findFirst());
        }
    }

    private static Stream<Owner> keysOf(InFlight.Entry entry) {
        return entry.groups().stream().flatMap(List::stream);
    }

    /** A pod has about two rows. */
    private boolean isLarge(InFlight.Entry entry) {
        return entry.groups().stream().anyMatch(group -> group.size() > maxRows / 2);
    }

    /** Finds out whose fault it is: the group that the error names, or by halves. */
    private void refused(InFlight.Entry entry, String error, Optional<Integer> guilty) {
        if (entry.isolated()) {
            isolation.poll();
        }
        var groups = entry.groups();
        if (guilty.isPresent() || groups.size() == 1) {
            int culprit = guilty.orElse(0);
            for (int i = 0; i < groups.size(); i++) {
                if (i != culprit) {
                    groups.get(i).forEach(dirty::addUrgent);
                }
            }
            groups.get(culprit).forEach(key -> {
                features.of(key).refused(key, error, dirty.backOff(key, now));
            });
            return;
        }
        keysOf(entry).forEach(dirty::addUrgent);
        int half = groups.size() / 2;
        isolation.push(groups.subList(half, groups.size()));
        isolation.push(groups.subList(0, half));
    }

    /** The status changes since the last call, each once. */
    public List<StatusChange> takeStatusChanges() {
        if (!started || !leader || returning) {
            return List.of();
        }
        features.all(each -> each.settle(now));
        return features.statuses(now);
    }

    /** What has been decided since the last call: to be told to whoever runs the controller. */
    public List<Decision> takeDecisions() {
        return features.takeDecisions();
    }

    /** What users have asked for and do not get, as far as has been looked at. */
    public Shortfall shortfall() {
        return features.shortfall();
    }

    /** When {@link #nextTransaction} should be asked again although nothing happened: a retry is due then. */
    public Optional<Instant> nextDeadline() {
        if (!leader) {
            return Optional.empty();
        }
        return Stream.of(
                        dirty.nextRetry(),
                        features.nextDeadline(),
                        Optional.of(pausedUntil).filter(until -> until.isAfter(now)))
                .flatMap(Optional::stream)
                .min(Instant::compareTo);
    }

    public Progress progress() {
        return new Progress(
                synchronised,
                Set.copyOf(inputs.missing()),
                dirty.size(),
                inFlight.size(),
                dirty.waiting(),
                dirty.paused(),
                view.rows(),
                trouble.error(),
                features.refusedAddresses(),
                isKnown() ? features.subnets() : SubnetFindings.NONE,
                isReady() ? features.nodesWithoutRouter() : 0);
    }

    /**
     * How far the work is.
     *
     * @param synchronised whether the replica is that of the connected server
     * @param missing the input kinds that have not been listed yet
     * @param dirty owners to be looked at
     * @param inFlight transactions whose outcome is not known
     * @param backedOff owners whose rows were refused, to be tried again
     * @param contested owners whose rows somebody else keeps changing, to be repaired again later
     * @param replicaRows rows in the replica
     * @param serverTrouble why the server cannot write at present; empty if it can as far as is known
     * @param refusedAddresses how many pods that an EgressIP selects say something of their addresses that is not believed
     * @param subnets what the cluster says to the flags; nothing while not everything is known
     * @param nodesWithoutRouter how many nodes have egress IPs and no router that leads there; none while somebody else decides
     */
    public record Progress(
            boolean synchronised,
            Set<InputKind> missing,
            int dirty,
            int inFlight,
            int backedOff,
            int contested,
            int replicaRows,
            String serverTrouble,
            Map<AddressRefusal, Integer> refusedAddresses,
            SubnetFindings subnets,
            int nodesWithoutRouter) {}
}
