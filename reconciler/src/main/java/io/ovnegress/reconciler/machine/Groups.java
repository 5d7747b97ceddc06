package io.ovnegress.reconciler.machine;

import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.northbound.Holds;
import io.ovnegress.reconciler.northbound.Owner;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;

/**
 * What must be committed together: the closure of an owner over whom it is wanted together with, and over everybody who holds in
 * another place what it is to hold. All pod addresses behind an egress IP that leaves a router for another are one group. Not
 * thread safe.
 */
final class Groups {
    private final Function<Owner, Wanted> want;
    private final Holds present;
    /** Who belongs together beyond what can be seen from the inputs, until it is settled. */
    private final Map<Owner, Set<Owner>> links = new HashMap<>();

    /** @param present where resources are now */
    Groups(Function<Owner, Wanted> want, Holds present) {
        this.want = want;
        this.present = present;
    }

    /**
     * @param members with what is wanted for each
     * @param places where the resources of the group's rows will be
     */
    record Group(Map<Owner, Wanted> members, Map<String, UUID> places) {}

    /** What is on its way to the database, which a new transaction must not touch. */
    interface Busy {
        boolean isInFlight(Owner owner);

        /** Whether rows are on their way that put the resource in another place than this. */
        boolean isElsewhere(String resource, UUID place);
    }

    /** What is written for these belongs together, until each is settled. */
    void link(Set<? extends Owner> owners) {
        owners.forEach(owner -> links.merge(owner, Set.copyOf(owners), (some, more) -> {
            var all = new HashSet<>(some);
            all.addAll(more);
            return all;
        }));
    }

    void forgetLinks() {
        links.clear();
    }

    void settled(Owner owner) {
        links.remove(owner);
    }

    /**
     * For one plan.
     *
     * @param planned owners that are in the same transaction already; may grow meanwhile
     */
    Search search(Busy busy, Set<Owner> planned) {
        return new Search(busy, planned);
    }

    /** Finds groups while nothing but the plan changes. */
    final class Search {
        private final Busy busy;
        private final Set<Owner> planned;
        /** Who has to wait, and resources that cannot move yet: nobody is collected again to find that out. */
        private final Set<Owner> waiting = new HashSet<>();

        private final Set<String> stuck = new HashSet<>();

        private Search(Busy busy, Set<Owner> planned) {
            this.busy = busy;
            this.planned = planned;
        }

        /** The owners that must change with this one; empty if not before a transaction in flight has ended. */
        Optional<Group> of(Owner start) {
            if (busy.isInFlight(start)) {
                return Optional.empty();
            }
            var first = want.apply(start);
            if (standsAlone(start, first)) {
                return Optional.of(new Group(Map.of(start, first), first.holds()));
            }
            if (waiting.contains(start) || isStuck(first)) {
                return Optional.empty();
            }
            var closure = new Closure();
            if (!closure.from(start)) {
                waiting.addAll(closure.group.members().keySet());
                stuck.addAll(closure.moving);
                return Optional.empty();
            }
            return Optional.of(closure.group);
        }

        private boolean isStuck(Wanted wanted) {
            return !stuck.isEmpty() && wanted.holds().keySet().stream().anyMatch(stuck::contains);
        }

        /** Whether nobody else has to change with this owner: the usual case, decided without collecting anything. */
        private boolean standsAlone(Owner owner, Wanted wanted) {
            if (!wanted.together().isEmpty() || links.containsKey(owner)) {
                return false;
            }
            for (var hold : wanted.holds().entrySet()) {
                var places = present.placesOf(hold.getKey());
                if (busy.isElsewhere(hold.getKey(), hold.getValue())
                        || places.size() > 1
                        || (places.size() == 1 && !places.contains(hold.getValue()))) {
                    return false;
                }
            }
            return true;
        }

        /** One group while it is collected. */
        private final class Closure {
            private final Group group = new Group(new LinkedHashMap<>(), new HashMap<>());
            /** The resources that leave a place with it. */
            private final Set<String> moving = new HashSet<>();

            private final Set<Owner> seen = new HashSet<>();
            private final ArrayDeque<Owner> todo = new ArrayDeque<>();

            /** False if somebody who belongs to it is in flight, or waits for one who is. */
            boolean from(Owner start) {
                enqueue(start);
                while (!todo.isEmpty()) {
                    var owner = todo.poll();
                    if (busy.isInFlight(owner) || waiting.contains(owner)) {
                        return false;
                    }
                    var wanted = want.apply(owner);
                    group.members().put(owner, wanted);
                    for (var hold : wanted.holds().entrySet()) {
                        if (!follow(hold.getKey(), hold.getValue())) {
                            return false;
                        }
                    }
                    wanted.together().forEach(this::enqueue);
                    links.getOrDefault(owner, Set.of()).forEach(this::enqueue);
                }
                return true;
            }

            /** Takes in everybody who holds the resource elsewhere; false if it is on its way elsewhere. */
            private boolean follow(String resource, UUID place) {
                if (busy.isElsewhere(resource, place)) {
                    moving.add(resource);
                    return false;
                }
                if (group.places().put(resource, place) == null) {
                    for (var there : present.placesOf(resource)) {
                        if (!there.equals(place)) {
                            moving.add(resource);
                            present.holdersAt(resource, there).forEach(this::enqueue);
                        }
                    }
                }
                return true;
            }

            private void enqueue(Owner owner) {
                if (!planned.contains(owner) && seen.add(owner)) {
                    todo.add(owner);
                }
            }
        }
    }
}
