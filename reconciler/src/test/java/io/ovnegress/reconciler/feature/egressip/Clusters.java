package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.reconciler.feature.egressip.Placement.Assignment;
import io.ovnegress.reconciler.input.EgressCapacity;
import io.ovnegress.reconciler.input.EgressLimits;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.LabelSelector;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Builders for placement's inputs: they say only what matters to a test. */
final class Clusters {
    static final Instant EPOCH = Instant.parse("2021-11-30T00:00:00Z");

    private Clusters() {}

    static IpAddress ip(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    /** A labelled, ready and reachable node with a router. */
    static EgressNode node(String name, String... networks) {
        return new EgressNode(
                name,
                true,
                true,
                true,
                true,
                Stream.of(networks)
                        .map(text -> IpNetwork.parse(text).orElseThrow())
                        .toList(),
                Set.of());
    }

    static EgressNode withAddresses(EgressNode node, String... addresses) {
        return changed(
                node,
                with -> with.addresses = Stream.of(addresses).map(Clusters::ip).collect(Collectors.toSet()));
    }

    static EgressNode unlabelled(EgressNode node) {
        return changed(node, with -> with.labels = Map.of());
    }

    static EgressNode labelled(EgressNode node, String key, String value) {
        return changed(node, with -> {
            with.labels = new HashMap<>(with.labels);
            with.labels.put(key, value);
        });
    }

    static EgressNode inZone(String zone, EgressNode node) {
        return labelled(node, "topology.kubernetes.io/zone", zone);
    }

    static EgressNode notReady(EgressNode node) {
        return changed(node, with -> with.ready = false);
    }

    static EgressNode unreachable(EgressNode node) {
        return changed(node, with -> with.reachable = false);
    }

    static EgressNode withoutRouter(EgressNode node) {
        return changed(node, with -> with.routers = Set.of());
    }

    /** One whose join port has an address of this family only. */
    static EgressNode routedFor(IpFamily family, EgressNode node) {
        return changed(node, with -> with.routers = Set.of(family));
    }

    static EgressNode draining(EgressNode node) {
        return changed(node, with -> with.draining = true);
    }

    static EgressNode withNextHop(EgressNode node, String gateway) {
        return changed(node, with -> with.nextHops = Set.of(ip(gateway)));
    }

    static EgressNode limited(EgressNode node, EgressLimits limits) {
        return changed(node, with -> with.limits = limits);
    }

    static EgressNode withCapacity(int capacity, EgressNode node) {
        return limited(node, new EgressLimits(Set.of(), Optional.empty(), EgressCapacity.of(capacity), List.of()));
    }

    static EgressNode pinned(EgressNode node, String... addresses) {
        return limited(
                node,
                new EgressLimits(
                        Stream.of(addresses).map(Clusters::ip).collect(Collectors.toSet()),
                        node.limits().ranges(),
                        node.limits().capacity(),
                        List.of()));
    }

    static EgressNode inRanges(EgressNode node, String... ranges) {
        return limited(
                node,
                new EgressLimits(
                        node.limits().pinned(),
                        Optional.of(Stream.of(ranges)
                                .map(text -> IpNetwork.parse(text).orElseThrow())
                                .toList()),
                        node.limits().capacity(),
                        List.of()));
    }

    private static final class Changed {
        private Map<String, String> labels;
        private boolean ready;
        private boolean reachable;
        private Set<IpFamily> routers;
        private Set<IpAddress> addresses;
        private Set<IpAddress> nextHops;
        private EgressLimits limits;
        private boolean draining;
    }

    private static EgressNode changed(EgressNode node, Consumer<Changed> change) {
        var with = new Changed();
        with.labels = node.labels();
        with.ready = node.ready();
        with.reachable = node.reachable();
        with.routers = node.routers();
        with.addresses = node.addresses();
        with.nextHops = node.nextHops();
        with.limits = node.limits();
        with.draining = node.draining();
        change.accept(with);
        return new EgressNode(
                node.name(),
                with.labels,
                with.ready,
                with.reachable,
                with.routers,
                node.networks(),
                with.addresses,
                with.nextHops,
                with.limits,
                with.draining);
    }

    static EgressIpInput choosing(EgressIpInput object, LabelSelector selector) {
        return object.withNodes(new NodeChoice(
                Optional.of(selector),
                object.nodes().preferred(),
                object.nodes().movesBack(),
                List.of()));
    }

    static EgressIpInput preferring(EgressIpInput object, String... nodes) {
        return object.withNodes(new NodeChoice(object.nodes().selector(), List.of(nodes), false, List.of()));
    }

    static EgressIpInput movingBack(EgressIpInput object) {
        return object.withNodes(
                new NodeChoice(object.nodes().selector(), object.nodes().preferred(), true, List.of()));
    }

    /** An object that selects everything. */
    static EgressIpInput object(String name, int created, String... egressIps) {
        return new EgressIpInput(
                name,
                "uid-" + name,
                EPOCH.plusSeconds(created),
                1,
                List.of(egressIps),
                Optional.of(LabelSelector.EVERYTHING),
                Optional.of(LabelSelector.EVERYTHING),
                "",
                List.of(),
                List.of());
    }

    static EgressIpInput withoutNamespaceSelector(EgressIpInput object, String error) {
        return new EgressIpInput(
                object.name(),
                object.uid(),
                object.created(),
                object.generation(),
                object.egressIps(),
                Optional.empty(),
                object.podSelector(),
                error,
                List.of(),
                List.of());
    }

    static Assignment on(String egressIp, String node) {
        return new Assignment(ip(egressIp), node);
    }

    static Map<String, List<Assignment>> assignments(Map<String, Placement> placements) {
        var assignments = new LinkedHashMap<String, List<Assignment>>();
        placements.forEach((object, placement) -> assignments.put(object, placement.assignments()));
        return assignments;
    }
}
