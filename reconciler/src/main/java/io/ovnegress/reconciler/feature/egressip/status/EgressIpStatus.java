package io.ovnegress.reconciler.feature.egressip.status;

import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.StatusChange.Event;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressip.Destinations;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.feature.egressip.EgressIpSelection;
import io.ovnegress.reconciler.feature.egressip.placement.Placement;
import io.ovnegress.reconciler.feature.egressip.rows.OwnRouters;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditions.DroppedPods;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditions.Programming;
import io.ovnegress.reconciler.input.AddressRefusal;
import io.ovnegress.reconciler.input.FailoverGaps;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.input.PodName;
import io.ovnegress.reconciler.northbound.Owner;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What every EgressIP's status should say. Items follow the commit: a new assignment shows once every pod address that it
 * concerned is committed. Not thread safe.
 */
public final class EgressIpStatus {
    /** A change that takes longer than this is said to be pending, instead of nothing being said until it is done. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    /** How often a repair is told for one object. */
    private static final Duration REPAIRS_TOLD_EVERY = Duration.ofMinutes(1);

    private final OwnRouters routers;
    private final EgressIpSelection selection;
    private final Destinations destinations;
    private final Map<String, Entry> entries = new HashMap<>();
    /** The EgressIPs that wait for this owner to be committed. */
    private final Map<Owner, List<String>> awaitedBy = new HashMap<>();

    private final Set<Owner> refusedOwners = new HashSet<>();
    private final Set<PodName> contestedPods = new HashSet<>();
    private final Set<String> dirty = new LinkedHashSet<>();
    private Optional<String> writesNothing = Optional.empty();
    private FailoverGaps failoverGaps = new FailoverGaps(Map.of());
    private int withoutFailover;

    public EgressIpStatus(OwnRouters routers, EgressIpSelection selection, Destinations destinations) {
        this.routers = routers;
        this.selection = selection;
        this.destinations = destinations;
    }

    private static final class Entry {
        private EgressIpInput input;
        private Placement placement = new Placement(List.of(), List.of());
        private List<StatusItem> items = List.of();
        private final Set<Owner> awaited = new HashSet<>();
        private Instant awaitingSince = Instant.MAX;
        private final Map<Owner, String> refused = new HashMap<>();
        private final Map<PodName, Set<String>> standingBy = new HashMap<>();

        /** The objects for which it stands by. */
        private Set<String> servers() {
            var servers = new TreeSet<String>();
            standingBy.values().forEach(servers::addAll);
            return servers;
        }

        private Map<PodName, AddressRefusal> refusedAddresses = Map.of();
        private Optional<StatusChange> said = Optional.empty();
        private Set<Event> eventsSaid = Set.of();
        /** The objects that it was told to stand by for, since it began to. */
        private final Set<String> serversTold = new HashSet<>();

        private Instant repairTold = Instant.MIN;
        /** What has happened and is to be told once. */
        private final Set<Event> toTell = new LinkedHashSet<>();
        /** Conditions have been seen on the object: its CRD does not prune them. */
        private boolean keepsConditions;

        private Entry(EgressIpInput input) {
            this.input = input;
            this.items = input.statusItems();
            observe(input);
        }

        private void observe(EgressIpInput now) {
            input = now;
            keepsConditions |= !now.conditions().isEmpty();
        }
    }

    /**
     * The object is there, or is different; its status is looked at again.
     *
     * @return whether it is not the object that was known by that name: where it is placed must be said again
     */
    public boolean observed(EgressIpInput input) {
        var entry = entries.get(input.name());
        boolean isNew = entry == null || !entry.input.uid().equals(input.uid());
        if (isNew) {
            forget(input.name());
            entries.put(input.name(), new Entry(input));
        } else {
            entry.observe(input);
        }
        dirty.add(input.name());
        return isNew;
    }

    public void forget(String egressIp) {
        var entry = entries.remove(egressIp);
        if (entry != null) {
            for (var key : entry.awaited) {
                var others = awaitedBy.remove(key).stream()
                        .filter(name -> !name.equals(egressIp))
                        .toList();
                if (!others.isEmpty()) {
                    awaitedBy.put(key, others);
                }
            }
        }
        dirty.remove(egressIp);
    }

    /** The object is placed like this from now on, which is committed once these owners are. */
    public void placed(String egressIp, Placement placement, Collection<Owner> concerned, Instant now) {
        var entry = entries.get(egressIp);
        entry.placement = placement;
        for (var key : concerned) {
            if (entry.awaited.add(key)) {
                awaitedBy.merge(
                        key,
                        List.of(egressIp),
                        (waiting, more) ->
                                Stream.concat(waiting.stream(), more.stream()).toList());
            }
        }
        if (!entry.awaited.isEmpty() && entry.awaitingSince.equals(Instant.MAX)) {
            entry.awaitingSince = now;
        }
        dirty.add(egressIp);
    }

    /** Routers or their ports changed: what was waiting for them may not be any more. */
    public void gatewaysChanged() {
        dirty.addAll(entries.keySet());
    }

    /** Whether the object selects anything may be different. */
    public void usageChanged(String egressIp) {
        if (entries.containsKey(egressIp)) {
            dirty.add(egressIp);
        }
    }

    /** Why nothing is written at all; empty if that is not so. */
    public void writesNothing(Optional<String> why) {
        if (!writesNothing.equals(why)) {
            writesNothing = why;
            dirty.addAll(entries.keySet());
        }
    }

    /** The owner's rows are as they should be. */
    public void settled(Owner key) {
        noLongerAwaited(key);
        if (refusedOwners.remove(key)) {
            for (var entry : entries.entrySet()) {
                if (entry.getValue().refused.remove(key) != null) {
                    dirty.add(entry.getKey());
                }
            }
        }
    }

    private void noLongerAwaited(Owner key) {
        var waiting = awaitedBy.remove(key);
        if (waiting == null) {
            return;
        }
        for (var name : waiting) {
            var entry = entries.get(name);
            if (entry != null && entry.awaited.remove(key) && entry.awaited.isEmpty()) {
                entry.awaitingSince = Instant.MAX;
                dirty.add(name);
            }
        }
    }

    /** The database refused the owner's rows; they are tried again later. */
    public void refused(Owner key, Collection<String> egressIps, String error) {
        for (var name : egressIps) {
            var entry = entries.get(name);
            if (entry != null) {
                entry.refused.put(key, key + ": " + error);
                refusedOwners.add(key);
                dirty.add(name);
            }
        }
        noLongerAwaited(key);
    }

    /** Rows that serve the object were changed by somebody else, and are put right. */
    public void repaired(String egressIp, Instant now) {
        var entry = entries.get(egressIp);
        if (entry != null
                && (entry.repairTold.equals(Instant.MIN) || !now.isBefore(entry.repairTold.plus(REPAIRS_TOLD_EVERY)))) {
            entry.repairTold = now;
            entry.toTell.add(EgressIpConditions.repairedEvent());
            dirty.add(egressIp);
        }
    }

    /** The object's egress IPs are taken off their routers before they come to others. */
    public void movedInParts(String egressIp) {
        var entry = entries.get(egressIp);
        if (entry != null) {
            entry.toTell.add(EgressIpConditions.movedInPartsEvent());
            dirty.add(egressIp);
        }
    }

    /** From now on it is told here what happens: what was not told before has been told by whoever did that since. */
    public void takeUp() {
        entries.values().forEach(entry -> entry.toTell.clear());
    }

    /** OVN has moved a router of the object by itself. */
    public void failedOver(String egressIp, String address, String from, String to) {
        var entry = entries.get(egressIp);
        if (entry != null) {
            entry.toTell.add(EgressIpConditions.failedOverEvent(address, from, to));
            dirty.add(egressIp);
        }
    }

    /** Egress IPs of the object have left nodes whose routers are missing, as these facts say. */
    public void routerLost(String egressIp, Set<String> facts) {
        var entry = entries.get(egressIp);
        if (entry != null) {
            entry.toTell.add(EgressIpConditions.routerLostEvent(facts));
            dirty.add(egressIp);
        }
    }

    /** These EgressIPs stand by for the pod while others serve it; none if none do. */
    public void contested(PodName pod, Map<String, Set<String>> servers) {
        if (servers.isEmpty() && !contestedPods.contains(pod)) {
            return;
        }
        uncontested(pod);
        servers.forEach((name, some) -> {
            var entry = entries.get(name);
            if (entry != null) {
                entry.standingBy.put(pod, some);
                contestedPods.add(pod);
                dirty.add(name);
            }
        });
    }

    /** The pods that other objects serve though this one selects them too, as far as has been looked at, with those objects. */
    public Map<PodName, Set<String>> standingBy(String egressIp) {
        var entry = entries.get(egressIp);
        return entry == null ? Map.of() : Collections.unmodifiableMap(entry.standingBy);
    }

    public void uncontested(PodName pod) {
        if (contestedPods.remove(pod)) {
            entries.forEach((name, entry) -> {
                if (entry.standingBy.remove(pod) != null) {
                    dirty.add(name);
                }
            });
        }
    }

    /** The pods of each object whose word about their addresses is not believed; objects that are left out have none. */
    public void refusedAddresses(Map<String, Map<PodName, AddressRefusal>> byEgressIp) {
        entries.forEach((name, entry) -> {
            var refused = byEgressIp.getOrDefault(name, Map.of());
            if (!refused.equals(entry.refusedAddresses)) {
                entry.refusedAddresses = refused;
                dirty.add(name);
            }
        });
    }

    /** Whether not all rows that its last placement takes are in the database yet. */
    public boolean isPending(String egressIp) {
        var entry = entries.get(egressIp);
        return entry != null && !entry.awaited.isEmpty();
    }

    /** What has been found out about the loss of nodes. */
    public void failover(FailoverGaps found) {
        for (var name : entries.keySet()) {
            var object = new ObjectRef(EgressIpInput.KIND, name);
            if (!found.of(object).equals(failoverGaps.of(object))) {
                dirty.add(name);
            }
        }
        failoverGaps = found;
        withoutFailover = (int) found.nodes().values().stream()
                .filter(nodes -> !nodes.isEmpty())
                .count();
    }

    /** What is on the object stays until it has been found out here. */
    private Optional<StatusCondition> failover(String name, EgressIpInput input) {
        return failoverGaps
                .of(new ObjectRef(EgressIpInput.KIND, name))
                .map(gaps -> EgressIpConditions.failover(gaps, input.generation()))
                .or(() -> input.conditions().stream()
                        .filter(condition -> condition.type() == EgressIpConditionType.FailoverReady)
                        .findFirst());
    }

    /** Of how many objects the loss of one node would leave an egress IP without a node, as was found out last. */
    public int withoutFailover() {
        return withoutFailover;
    }

    /** When a status must be looked at again although nothing happens. */
    public Optional<Instant> nextDeadline() {
        return dirty.stream()
                .map(entries::get)
                .filter(entry -> entry != null && !entry.awaited.isEmpty())
                .map(entry -> entry.awaitingSince.plus(PATIENCE))
                .min(Instant::compareTo);
    }

    /** The changes since the last call. */
    public List<StatusChange> take(Instant now) {
        var changes = new ArrayList<StatusChange>();
        for (var name : List.copyOf(dirty)) {
            var entry = entries.get(name);
            boolean pending = !entry.awaited.isEmpty();
            if (pending && now.isBefore(entry.awaitingSince.plus(PATIENCE))) {
                continue;
            }
            dirty.remove(name);
            if (!pending) {
                entry.items = realisedItems(entry);
            }
            statusOf(name, entry).ifPresent(changes::add);
        }
        return changes;
    }

    /** What is to be written; empty if the object says so already. */
    private Optional<StatusChange> statusOf(String name, Entry entry) {
        var placement = entry.placement;
        int requested = (int) entry.input.egressIps().stream()
                .map(text -> IpAddress.parse(text).map(IpAddress::text).orElse(text))
                .distinct()
                .count();
        long generation = entry.input.generation();
        var conditions = new ArrayList<StatusCondition>(3);
        conditions.add(EgressIpConditions.assigned(
                placement,
                requested,
                entry.input.onUnassigned(),
                dropped(name),
                entry.input.isForSome() ? Optional.of(destinations.of(name)) : Optional.empty(),
                generation));
        var programming = programming(entry);
        conditions.add(EgressIpConditions.programmed(programming, generation));
        failover(name, entry.input)
                .filter(unused -> !placement.assignments().isEmpty())
                .ifPresent(conditions::add);
        var events = new ArrayList<>(EgressIpConditions.events(placement, requested));
        if (programming instanceof Programming.WaitingForRouters(var routers)) {
            events.add(EgressIpConditions.routerMissingEvent(routers));
        }
        if (entry.input.hasSelectors() && !selection.hasPods(name)) {
            conditions.add(EgressIpConditions.unused(selection.hasNamespaces(name), generation));
        } else {
            EgressIpConditions.noDestination(entry.input, destinations.of(name)).ifPresent(conditions::add);
        }
        EgressIpConditions.invalidSpec(entry.input, destinations).ifPresent(condition -> {
            conditions.add(condition);
            events.add(new Event(EgressIpEventReason.UnsupportedRequest, condition.message()));
        });
        if (!entry.standingBy.isEmpty()) {
            var servers = entry.servers();
            conditions.add(
                    entry.input.isForSome()
                            ? EgressIpConditions.standbyForSome(
                                    entry.standingBy.size(), destinations.inCommon(name, servers), servers, generation)
                            : EgressIpConditions.standby(entry.standingBy.size(), servers, generation));
        }
        if (!entry.refusedAddresses.isEmpty()) {
            conditions.add(EgressIpConditions.addressRefused(entry.refusedAddresses, generation));
            events.add(EgressIpConditions.addressRefusedEvent(entry.refusedAddresses.values()));
        }
        var newEvents = new ArrayList<>(entry.toTell);
        boolean mustTell = !entry.toTell.isEmpty();
        entry.toTell.clear();
        events.stream().filter(event -> !entry.eventsSaid.contains(event)).forEach(newEvents::add);
        standbyEvent(name, entry).ifPresent(newEvents::add);
        entry.eventsSaid = Set.copyOf(events);
        var status = new StatusChange(
                new ObjectRef(EgressIpInput.KIND, name),
                entry.input.uid(),
                generation,
                new EgressIpItems(entry.items),
                conditions,
                List.of());
        // Where the CRD keeps no conditions, they are there if they were said.
        boolean isThere = entry.input.statusItems().equals(entry.items)
                && (Set.copyOf(entry.input.conditions()).equals(Set.copyOf(conditions))
                        || (!entry.keepsConditions
                                && entry.said.filter(status::equals).isPresent()));
        boolean firstWord = entry.said.isEmpty();
        entry.said = Optional.of(status);
        if (isThere && !mustTell && (newEvents.isEmpty() || firstWord)) {
            return Optional.empty();
        }
        return Optional.of(status.with(newEvents));
    }

    private DroppedPods dropped(String name) {
        if (selection.keepsItsSelectors(name)) {
            return DroppedPods.SELECTED_BEFORE;
        }
        return selection.isUnknown(name) ? DroppedPods.NAMED_BY_ROWS : DroppedPods.SELECTED;
    }

    /** Told when it begins to stand by, and of every further object that it does so for: which ones just now changes with each pod. */
    private Optional<Event> standbyEvent(String name, Entry entry) {
        var servers = entry.servers();
        if (servers.isEmpty()) {
            entry.serversTold.clear();
        }
        return entry.serversTold.addAll(servers)
                ? Optional.of(
                        entry.input.isForSome()
                                ? EgressIpConditions.standbyForSomeEvent(destinations.inCommon(name, servers), servers)
                                : EgressIpConditions.standbyEvent(servers))
                : Optional.empty();
    }

    private List<StatusItem> realisedItems(Entry entry) {
        var items = new ArrayList<StatusItem>();
        for (var assignment : entry.placement.assignments()) {
            if (routers.missing(entry.input.name(), assignment).isEmpty()) {
                items.add(
                        new StatusItem(assignment.node(), assignment.egressIp().text()));
            }
        }
        return items;
    }

    private Programming programming(Entry entry) {
        if (writesNothing.isPresent()) {
            return new Programming.WritesNothing(writesNothing.get());
        }
        if (!entry.refused.isEmpty()) {
            return new Programming.Refused(String.join("; ", new TreeSet<>(entry.refused.values())));
        }
        var missing = new TreeSet<String>();
        entry.placement
                .assignments()
                .forEach(assignment -> missing.addAll(routers.missing(entry.input.name(), assignment)));
        if (!missing.isEmpty()) {
            return new Programming.WaitingForRouters(missing);
        }
        return entry.awaited.isEmpty() ? new Programming.Committed() : new Programming.Pending(entry.awaited.size());
    }
}
