package io.ovnegress.reconciler.feature.egressip.placement;

import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.NodeChoice;
import io.ovnegress.reconciler.feature.egressip.placement.Placement.Assignment;
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
public final class Clusters {
    static final Instant EPOCH = Instant.parse("2021-11-30T00:00:00Z");

    private Clusters() {}

    public static IpAddress ip(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    /** A labelled, ready and reachable node with a router. */
    public static EgressNode node(String name, String... networks) {
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

    public static EgressNode withAddresses(EgressNode node, String... addresses) {
        return changed(
                node,
                with -> with.addresses = Stream.of(addresses).map(Clusters::ip).collect(Collectors.toSet()));
    }

    public static EgressNode unlabelled(EgressNode node) {
        return changed(node, with -> with.labels = Map.of());
    }

    public static EgressNode labelled(EgressNode node, String key, String value) {
        return changed(node, with -> {
            with.labels = new HashMap<>(with.labels);
            with.labels.put(key, value);
        });
    }

    public static EgressNode inZone(String zone, EgressNode node) {
        return labelled(node, "topology.kubernetes.io/zone", zone);
    }

    public static EgressNode notReady(EgressNode node) {
        return changed(node, with -> with.ready = false);
    }

    public static EgressNode unreachable(EgressNode node) {
        return changed(node, with -> with.reachable = false);
    }

    public static EgressNode withoutRouter(EgressNode node) {
        return changed(node, with -> with.routers = Set.of());
    }

    /** One whose join port has an address of this family only. */
    public static EgressNode routedFor(IpFamily family, EgressNode node) {
        return changed(node, with -> with.routers = Set.of(family));
    }

    public static EgressNode draining(EgressNode node) {
        return changed(node, with -> with.draining = true);
    }

    public static EgressNode withNextHop(EgressNode node, String... gateways) {
        return changed(
                node,
                with -> with.nextHops = Stream.of(gateways).map(Clusters::ip).collect(Collectors.toSet()));
    }

    public static EgressNode limited(EgressNode node, EgressLimits limits) {
        return changed(node, with -> with.limits = limits);
    }

    public static EgressNode withCapacity(int capacity, EgressNode node) {
        return limited(node, new EgressLimits(Set.of(), Optional.empty(), EgressCapacity.of(capacity), List.of()));
    }

    public static EgressNode pinned(EgressNode node, String... addresses) {
        return limited(
                node,
                new EgressLimits(
                        Stream.of(addresses).map(Clusters::ip).collect(Collectors.toSet()),
                        node.limits().ranges(),
                        node.limits().capacity(),
                        List.of()));
    }

    public static EgressNode inRanges(EgressNode node, String... ranges) {
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

    public static EgressIpInput choosing(EgressIpInput object, LabelSelector selector) {
        return object.edit()
                .nodes(new NodeChoice(
                        Optional.of(selector),
                        object.nodes().preferred(),
                        object.nodes().movesBack(),
                        List.of()))
                .build();
    }

    public static EgressIpInput preferring(EgressIpInput object, String... nodes) {
        return object.edit()
                .nodes(new NodeChoice(object.nodes().selector(), List.of(nodes), false, List.of()))
                .build();
    }

    public static EgressIpInput movingBack(EgressIpInput object) {
        return object.edit()
                .nodes(new NodeChoice(object.nodes().selector(), object.nodes().preferred(), true, List.of()))
                .build();
    }

    /** An object that selects everything. */
    public static EgressIpInput object(String name, int created, String... egressIps) {
        return EgressIpInput.named(name)
                .uid("uid-" + name)
                .created(EPOCH.plusSeconds(created))
                .egressIps(List.of(egressIps))
                .build();
    }

    public static EgressIpInput withoutNamespaceSelector(EgressIpInput object, String error) {
        return object.edit()
                .namespaceSelector(Optional.empty())
                .selectorError(error)
                .statusItems(List.of())
                .conditions(List.of())
                .build();
    }

    public static Assignment on(String egressIp, String node) {
        return new Assignment(ip(egressIp), node);
    }

    public static Map<String, List<Assignment>> assignments(Map<String, Placement> placements) {
        var assignments = new LinkedHashMap<String, List<Assignment>>();
        placements.forEach((object, placement) -> assignments.put(object, placement.assignments()));
        return assignments;
    }
}
