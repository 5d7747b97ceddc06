package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.reconciler.feature.egressip.Placement.Assignment;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.LabelSelector;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
        return new EgressNode(
                node.name(),
                node.assignable(),
                node.ready(),
                node.reachable(),
                node.routers(),
                node.networks(),
                Stream.of(addresses).map(Clusters::ip).collect(Collectors.toSet()),
                node.nextHops(),
                node.draining());
    }

    static EgressNode unlabelled(EgressNode node) {
        return with(node, false, node.ready(), node.reachable(), node.routers(), node.draining());
    }

    static EgressNode notReady(EgressNode node) {
        return with(node, node.assignable(), false, node.reachable(), node.routers(), node.draining());
    }

    static EgressNode unreachable(EgressNode node) {
        return with(node, node.assignable(), node.ready(), false, node.routers(), node.draining());
    }

    static EgressNode withoutRouter(EgressNode node) {
        return with(node, node.assignable(), node.ready(), node.reachable(), Set.of(), node.draining());
    }

    /** One whose join port has an address of this family only. */
    static EgressNode routedFor(IpFamily family, EgressNode node) {
        return with(node, node.assignable(), node.ready(), node.reachable(), Set.of(family), node.draining());
    }

    static EgressNode draining(EgressNode node) {
        return with(node, node.assignable(), node.ready(), node.reachable(), node.routers(), true);
    }

    static EgressNode withNextHop(EgressNode node, String gateway) {
        return new EgressNode(
                node.name(),
                node.assignable(),
                node.ready(),
                node.reachable(),
                node.routers(),
                node.networks(),
                node.addresses(),
                Set.of(ip(gateway)),
                node.draining());
    }

    private static EgressNode with(
            EgressNode node,
            boolean assignable,
            boolean ready,
            boolean reachable,
            Set<IpFamily> routers,
            boolean draining) {
        return new EgressNode(
                node.name(),
                assignable,
                ready,
                reachable,
                routers,
                node.networks(),
                node.addresses(),
                node.nextHops(),
                draining);
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
