package io.ovnegress.reconciler.machine;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.feature.egressip.EgressIpFeature;
import io.ovnegress.reconciler.feature.egressip.EgressIpOwner;
import io.ovnegress.reconciler.feature.egressip.EgressIpRows;
import io.ovnegress.reconciler.feature.egressip.OwnerGroups;
import io.ovnegress.reconciler.northbound.Owner;
import io.ovnegress.reconciler.northbound.RowChange;
import io.ovnegress.reconciler.northbound.TransactionPlanner;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.IntSupplier;

/** One transaction in the making: owners are looked at, and what has to change for them is taken in. Not thread safe. */
final class Batch {
    /** Owners that wait for a transaction in flight are looked at again with every plan; more than these need not be. */
    private static final int MAX_BLOCKED = 10_000;

    private static final Owner BASELINE = new EgressIpOwner.Baseline();

    private final Work work;
    private final ServerSchema schema;
    private final boolean isolated;
    private final Instant now;
    private final TransactionPlanner planner;
    private final List<List<Owner>> groups = new ArrayList<>();
    private final Set<Owner> planned = new HashSet<>();
    private final OwnerGroups.Search search;
    private final Map<String, UUID> places = new HashMap<>();
    private final Set<String> owners = new TreeSet<>();
    private final List<Repair> repairs = new ArrayList<>();

    /** What there is to do, and what is being done. */
    record Work(EgressIpFeature feature, DirtyKeys dirty, RepairPacing pacing, InFlight inFlight) {

        /** The owner was looked at and is as it should be. */
        void right(Owner key) {
            dirty.remove(key);
            dirty.settled(key);
            committed(key);
        }

        /** What was sent for the owner is in the database; if it became dirty meanwhile, what follows will settle it. */
        void committed(Owner key) {
            pacing.settled(key);
            if (!dirty.isWanted(key)) {
                feature.settled(key);
            }
        }
    }

    /**
     * What is to be done for one owner.
     *
     * @param wanted another number if something else is wanted than before
     * @param tampered whether only a change of its rows made it dirty
     */
    private record Task(
            Owner key, List<RowChange> changes, IntSupplier wanted, Optional<String> egressIp, boolean tampered) {}

    /** @param isolated whether it is tried alone */
    Batch(Work work, ServerSchema schema, boolean isolated, Instant now) {
        this.work = work;
        this.schema = schema;
        this.isolated = isolated;
        this.now = now;
        this.planner = new TransactionPlanner(schema, work.feature().view());
        this.search = work.feature().groups().search(work.inFlight(), planned);
    }

    /** Takes dirty owners until the transaction is full. */
    void fill(int maxRows) {
        var blocked = new ArrayList<DirtyKeys.Taken>();
        while (planner.rows() < maxRows && blocked.size() < MAX_BLOCKED) {
            var next = work.dirty().poll(work.inFlight()::isInFlight);
            if (next.isEmpty()) {
                break;
            }
            if (!take(next.get().key(), next.get().tampered())) {
                blocked.add(next.get());
            }
        }
        blocked.reversed().forEach(work.dirty()::putBack);
    }

    /** Takes an owner that is not new to it. */
    void take(Owner key) {
        take(key, false);
    }

    /** False if the owner cannot be dealt with before a transaction in flight has ended. */
    private boolean take(Owner key, boolean tampered) {
        if (planned.contains(key)) {
            return true;
        }
        if (work.inFlight().isInFlight(key)) {
            return false;
        }
        var differ = work.feature().differ();
        switch ((EgressIpOwner) key) {
            case EgressIpOwner.PodIp podIp -> {
                var group = search.of(podIp);
                group.ifPresent(members -> takeGroup(members, podIp, tampered));
                return group.isPresent();
            }
            case EgressIpOwner.Baseline baseline -> takeAlone(baseline(tampered));
            case EgressIpOwner.NodeSwitch node ->
                takeAlone(new Task(
                        key, differ.nodeSwitch(node, schema), () -> differ.wanted(node), Optional.empty(), tampered));
            case EgressIpOwner.Orphan orphan ->
                takeAlone(new Task(key, differ.orphan(orphan), () -> 0, Optional.empty(), tampered));
        }
        return true;
    }

    private Task baseline(boolean tampered) {
        var differ = work.feature().differ();
        return new Task(BASELINE, differ.baseline(), differ::wantedBaseline, Optional.empty(), tampered);
    }

    private void takeGroup(OwnerGroups.Group group, Owner start, boolean tampered) {
        var tasks = new ArrayList<Task>(group.members().size());
        var differ = work.feature().differ();
        group.members().forEach((key, translation) -> {
            work.feature().looked(translation);
            var changes = differ.podIp(key, translation);
            if (!changes.isEmpty()) {
                tasks.add(new Task(
                        key,
                        changes,
                        () -> differ.wanted(translation),
                        translation.servedBy(),
                        key.equals(start) ? tampered : work.dirty().isTampered(key)));
            }
        });
        if (tasks.isEmpty()) {
            group.members().keySet().forEach(work::right);
            return;
        }
        if (mustWait(tasks)) {
            return;
        }
        if (baselineIsDue() && tasks.stream().anyMatch(this::lacksItsAddressSet)) {
            takeNow(List.of(BASELINE), List.of(baseline(work.dirty().isTampered(BASELINE))));
        }
        places.putAll(group.places());
        group.members().values().forEach(translation -> translation.servedBy().ifPresent(owners::add));
        takeNow(List.copyOf(group.members().keySet()), tasks);
    }

    /** An address that has to be served does not wait for the set that somebody else takes away again and again. */
    private boolean lacksItsAddressSet(Task task) {
        return task.changes().stream()
                .anyMatch(change -> change instanceof RowChange.Members members
                        && work.feature()
                                .view()
                                .row(AddressSet.TABLE, members.row())
                                .isEmpty());
    }

    private boolean baselineIsDue() {
        return work.dirty().isDue(BASELINE)
                && !planned.contains(BASELINE)
                && !work.inFlight().isInFlight(BASELINE);
    }

    private void takeAlone(Task task) {
        if (task.changes().isEmpty()) {
            work.right(task.key());
        } else if (!mustWait(List.of(task))) {
            takeNow(List.of(task.key()), List.of(task));
        }
    }

    /** If all there is to do are repairs of what was repaired only just, puts it off. */
    private boolean mustWait(List<Task> tasks) {
        var dues = new HashMap<Owner, Instant>();
        for (var task : tasks) {
            work.pacing().notBefore(task.key(), task.wanted(), now).ifPresent(due -> dues.put(task.key(), due));
        }
        if (dues.size() < tasks.size()) {
            return false;
        }
        dues.forEach(work.dirty()::pause);
        return true;
    }

    private void takeNow(List<Owner> keys, List<Task> tasks) {
        var changes = new ArrayList<RowChange>();
        for (var task : tasks) {
            changes.addAll(task.changes());
            if (!(task.key() instanceof EgressIpOwner.PodIp)) {
                owners.add(EgressIpRows.BASELINE_OWNER);
            }
            work.pacing()
                    .written(task.key(), task.wanted(), task.tampered(), now)
                    .ifPresent(count -> repairs.add(new Repair(
                            task.key(),
                            task.egressIp(),
                            count.times(),
                            count.pause(),
                            Repair.describe(task.changes()))));
        }
        planner.add(groups.size(), changes);
        groups.add(keys);
        planned.addAll(keys);
        keys.forEach(work.dirty()::taken);
    }

    boolean isEmpty() {
        return planner.isEmpty();
    }

    /** From now on it is on its way. */
    PlannedTransaction send(long number) {
        var plan = planner.plan();
        var transaction = new PlannedTransaction(number, plan.operations(), owners, planner.rows(), repairs);
        work.inFlight().add(transaction, new InFlight.Entry(groups, plan.groups(), places, isolated));
        return transaction;
    }
}
