package io.ovnegress.reconciler.machine;

import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.northbound.HiddenRows;
import io.ovnegress.reconciler.northbound.Owner;
import io.ovnegress.reconciler.northbound.RowChange;
import io.ovnegress.reconciler.northbound.RowWords;
import io.ovnegress.reconciler.northbound.TransactionPlanner;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/**
 * One transaction in the making: owners are looked at, and what has to change for them is taken in. What features and users are
 * told about it, and what is counted, follows only when it is sent. Not thread safe.
 */
final class Batch {
    /** Owners that wait for a transaction in flight are looked at again with every plan; more than these need not be. */
    private static final int MAX_BLOCKED = 10_000;

    private final Work work;
    private final boolean isolated;
    private final Instant now;
    private final TransactionPlanner planner;
    private final WantedDiffer differ;
    private final RowWords words;
    private final List<List<Task>> groups = new ArrayList<>();
    private final Set<Owner> planned = new HashSet<>();
    private final Groups.Search search;
    private final Map<String, UUID> places = new HashMap<>();
    private Optional<Owner> looking = Optional.empty();

    /** What there is to do, and what is being done. */
    record Work(
            FeatureSet features,
            Groups groups,
            DirtyOwners dirty,
            RepairPacing pacing,
            InFlight inFlight,
            Steps steps,
            Causes causes,
            HiddenRows hidden) {

        /**
         * The owner was looked at and is as it should be now.
         *
         * @param tampered whether nothing but what somebody else has written was the reason
         */
        void asItShouldBe(Owner owner, Wanted wanted, boolean tampered) {
            features.of(owner).decided(owner, wanted);
            causes.take(owner);
            dirty.remove(owner);
            dirty.settled(owner);
            isThere(owner, wanted.next(), tampered);
        }

        /**
         * What was sent for the owner is in the database; if it became dirty meanwhile, what follows will settle it.
         *
         * @param next what it waits for, if there is more to come
         */
        void committed(Owner owner, Optional<Wanted.Step> next) {
            isThere(owner, next, false);
        }

        private void isThere(Owner owner, Optional<Wanted.Step> next, boolean tampered) {
            pacing.settled(owner);
            if (dirty.isWanted(owner)) {
                return;
            }
            next.ifPresentOrElse(step -> steps.await(owner, step, tampered), () -> {
                steps.arrived(owner);
                groups.settled(owner);
            });
            if (next.map(Wanted.Step::serves).orElse(true)) {
                features.of(owner).settled(owner);
            }
        }
    }

    /**
     * What is to be done for one owner.
     *
     * @param tampered whether only a change of its rows made it dirty
     */
    private record Task(Owner owner, Wanted wanted, List<RowChange> changes, boolean tampered) {}

    /** @param isolated whether it is tried alone */
    Batch(Work work, ServerSchema schema, boolean isolated, Instant now) {
        this.work = work;
        this.isolated = isolated;
        this.now = now;
        var view = work.features().world().northbound();
        this.planner = new TransactionPlanner(schema, view, work.hidden());
        this.differ = new WantedDiffer(view);
        this.words = new RowWords(view);
        this.search = work.groups().search(work.inFlight(), planned);
    }

    /** Takes dirty owners until the transaction is full. */
    void fill(int maxRows) {
        var blocked = new ArrayList<DirtyOwners.Taken>();
        try {
            while (planner.rows() < maxRows && blocked.size() < MAX_BLOCKED) {
                var next = work.dirty().poll(work.inFlight()::isInFlight);
                if (next.isEmpty()) {
                    break;
                }
                looking = Optional.of(next.get().owner());
                if (!take(next.get().owner(), next.get().tampered())) {
                    blocked.add(next.get());
                }
                looking = Optional.empty();
            }
        } finally {
            blocked.reversed().forEach(work.dirty()::putBack);
        }
    }

    /** It will not be sent, since something went wrong: whoever was taken is dirty as before, but the one that was being looked at. */
    void giveBack() {
        looking.ifPresent(owner -> work.dirty().setAside(owner, now));
        for (var tasks : groups.reversed()) {
            for (var task : tasks.reversed()) {
                work.dirty().putBack(new DirtyOwners.Taken(task.owner(), task.tampered()));
            }
        }
    }

    /** Takes an owner that is not new to it. */
    void take(Owner owner) {
        take(owner, false);
    }

    /** False if the owner cannot be dealt with before a transaction in flight has ended. */
    private boolean take(Owner owner, boolean tampered) {
        if (planned.contains(owner)) {
            return true;
        }
        var group = search.of(owner);
        group.ifPresent(found -> takeGroup(found, owner, tampered));
        return group.isPresent();
    }

    private void takeGroup(Groups.Group group, Owner start, boolean tampered) {
        var tasks = new ArrayList<Task>(group.members().size());
        boolean changes = false;
        for (var member : group.members().entrySet()) {
            var owner = member.getKey();
            var task = new Task(
                    owner,
                    member.getValue(),
                    differ.changes(member.getValue()),
                    owner.equals(start) ? tampered : work.dirty().isTampered(owner));
            tasks.add(task);
            changes |= !task.changes().isEmpty();
        }
        if (!changes) {
            tasks.forEach(task -> work.asItShouldBe(task.owner(), task.wanted(), task.tampered()));
        } else if (!mustWait(tasks)) {
            tasks.forEach(this::takeWhatItNeeds);
            places.putAll(group.places());
            takeNow(tasks);
        } else {
            tasks.stream()
                    .filter(task -> task.changes().isEmpty())
                    .forEach(task -> work.asItShouldBe(task.owner(), task.wanted(), task.tampered()));
        }
    }

    /** An owner that has to be served does not wait for the set that somebody else takes away again and again. */
    private void takeWhatItNeeds(Task task) {
        if (task.changes().isEmpty()) {
            return;
        }
        for (var need : task.wanted().needs()) {
            boolean isThere = work.features()
                    .world()
                    .northbound()
                    .row(need.table(), need.row())
                    .isPresent();
            if (!isThere && isDue(need.owner())) {
                var wanted = work.features().want(need.owner());
                takeNow(List.of(new Task(
                        need.owner(),
                        wanted,
                        differ.changes(wanted),
                        work.dirty().isTampered(need.owner()))));
            }
        }
    }

    private boolean isDue(Owner owner) {
        return work.dirty().isDue(owner)
                && !planned.contains(owner)
                && !work.inFlight().isInFlight(owner);
    }

    /** If all there is to do are repairs of what was repaired only just, puts it off. */
    private boolean mustWait(List<Task> tasks) {
        var dues = new HashMap<Owner, Instant>();
        for (var task : tasks) {
            if (!task.changes().isEmpty()) {
                if (goesOn(task) || isExplained(task)) {
                    return false;
                }
                var due = work.pacing().notBefore(task.owner(), task.wanted()::fingerprint, now);
                if (due.isEmpty()) {
                    return false;
                }
                dues.put(task.owner(), due.get());
            }
        }
        dues.forEach(work.dirty()::pause);
        return true;
    }

    /** Whether this is a further step of what was begun, and its rows are as that has left them. */
    private boolean goesOn(Task task) {
        return !task.tampered()
                && work.steps().isUnderWay(task.owner())
                && !work.dirty().isPaused(task.owner());
    }

    /** Whether what has happened to the rows was no person's doing, and has not only just happened. */
    private boolean isExplained(Task task) {
        return task.tampered()
                && !task.changes().isEmpty()
                && work.features().of(task.owner()).explains(task.wanted(), task.changes())
                && work.pacing().isExcused(task.owner(), now);
    }

    private void takeNow(List<Task> tasks) {
        for (var task : tasks) {
            planner.add(groups.size(), task.changes());
            planned.add(task.owner());
            work.dirty().taken(task.owner());
        }
        groups.add(tasks);
    }

    boolean isEmpty() {
        return planner.isEmpty();
    }

    /** Asks how far what is in the database comes, though nothing may change. */
    void ask() {
        planner.askWhenInstalled();
    }

    /** Operations that concern no owner's rows, instead of all that was taken; from now on they are on their way. */
    PlannedTransaction send(long number, List<Operation> operations) {
        var transaction = new PlannedTransaction(number, operations, Set.of(), 0, List.of(), List.of(), 0);
        var shared = Collections.nCopies(operations.size(), TransactionPlanner.SHARED);
        work.inFlight().add(transaction, new InFlight.Entry(List.of(), shared, Map.of(), Map.of(), false, false));
        return transaction;
    }

    /** From now on it is on its way. */
    PlannedTransaction send(long number) {
        var next = new HashMap<Owner, Wanted.Step>();
        var owners = new TreeSet<String>();
        var repairs = new ArrayList<Repair>();
        var changes = new ArrayList<Changed>();
        int takenBack = 0;
        var keys = new ArrayList<List<Owner>>(groups.size());
        for (var tasks : groups) {
            keys.add(tasks.stream().map(Task::owner).toList());
            for (var task : tasks) {
                work.features().of(task.owner()).decided(task.owner(), task.wanted());
                task.wanted().next().ifPresent(step -> next.put(task.owner(), step));
                owners.addAll(task.wanted().why().subjects(replacedBy(task)));
                var cause = work.causes().take(task.owner());
                if (!task.changes().isEmpty()) {
                    changes.add(new Changed(
                            task.owner(),
                            task.wanted().why(),
                            task.wanted().present().rows(),
                            task.changes(),
                            cause));
                }
                if (isExplained(task)) {
                    work.pacing().excused(task.owner(), now);
                    takenBack++;
                } else {
                    repair(task).ifPresent(repairs::add);
                }
            }
        }
        if (!next.isEmpty() && work.steps().mayAsk() && !work.inFlight().asks()) {
            ask();
        }
        var plan = planner.plan();
        var transaction =
                new PlannedTransaction(number, plan.operations(), owners, planner.rows(), repairs, changes, takenBack);
        work.inFlight()
                .add(
                        transaction,
                        new InFlight.Entry(keys, plan.groups(), places, next, planner.asksWhenInstalled(), isolated));
        return transaction;
    }

    /** What there was of the owner's, if it is touched. */
    private static List<Row> replacedBy(Task task) {
        return task.changes().isEmpty() ? List.of() : task.wanted().present().rows();
    }

    private Optional<Repair> repair(Task task) {
        if (task.changes().isEmpty()) {
            return Optional.empty();
        }
        if (goesOn(task)) {
            work.pacing().goesOn(task.owner(), task.wanted()::fingerprint);
            return Optional.empty();
        }
        return work.pacing()
                .written(task.owner(), task.wanted()::fingerprint, task.tampered(), now)
                .map(count -> new Repair(
                        task.owner(),
                        task.wanted().why().object(),
                        task.wanted().why().pod(replacedBy(task)),
                        count.times(),
                        count.pause(),
                        words.damage(task.changes())));
    }
}
