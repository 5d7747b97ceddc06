package io.ovnegress.reconciler.feature.egressip.explain;

import io.ovnegress.reconciler.explain.Explanation;
import io.ovnegress.reconciler.explain.Reason;
import io.ovnegress.reconciler.feature.egressip.placement.EgressNode;
import io.ovnegress.reconciler.feature.egressip.placement.NodeExclusions;
import io.ovnegress.reconciler.feature.egressip.placement.Placed;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.NodeInput;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Whether a node can have egress IPs, and which it has. */
final class NodeExplanation {
    private final LeavingPods leaving;

    NodeExplanation(LeavingPods leaving) {
        this.leaving = leaving;
    }

    Explanation of(NodeInput input, Placed placed) {
        var parts = new ArrayList<Explanation>();
        new TreeMap<>(placed.placements())
                .forEach((object, placement) -> placement.assignments().stream()
                        .filter(assignment -> assignment.node().equals(input.name()))
                        .forEach(assignment -> parts.add(new Explanation(
                                "egress IP",
                                assignment.egressIp().text(),
                                "of EgressIP " + object + "; "
                                        + leaving.words(assignment.egressIp(), Optional.of(input.name())),
                                Map.of(),
                                List.of(),
                                List.of()))));
        var number = placed.nodes().number(input.name());
        var reasons = new ArrayList<Reason>();
        number.ifPresent(node -> reasons.addAll(
                reasons(placed.nodes().node(node), placed.nodes().egressNodes().get(node), input)));
        boolean can = reasons.stream().anyMatch(reason -> reason.code() == EgressIpFinding.Available);
        return new Explanation(
                "node",
                input.name(),
                (can ? "can have egress IPs, and has " : "cannot have egress IPs at the moment, and has ")
                        + parts.size(),
                facts(input),
                reasons,
                parts);
    }

    private static Map<String, String> facts(NodeInput node) {
        var facts = new Explanation.Facts()
                .with(
                        "networks",
                        node.egressNetworks().isEmpty()
                                ? "those of its gateway router"
                                : node.egressNetworks().stream()
                                        .map(IpNetwork::text)
                                        .collect(Collectors.joining(", ")));
        var limits = node.limits();
        limits.ranges()
                .ifPresent(ranges -> facts.with(
                        "onlyIn",
                        ranges.isEmpty()
                                ? "nothing but what is its own"
                                : ranges.stream().map(IpNetwork::text).collect(Collectors.joining(", "))));
        if (!limits.pinned().isEmpty()) {
            facts.with(
                    "itsOwn",
                    limits.pinned().stream().map(Object::toString).sorted().collect(Collectors.joining(", ")));
        }
        return facts.map();
    }

    private static List<Reason> reasons(EgressNode node, boolean isEgressNode, NodeInput input) {
        var reasons = new ArrayList<Reason>();
        if (!isEgressNode) {
            reasons.add(new Reason(
                    EgressIpFinding.NoEgressNode,
                    "it is not labelled " + NodeInput.EGRESS_ASSIGNABLE + ", and no object's egressNodeSelector matches"
                            + " its labels"));
        }
        node.problem().ifPresent(why -> reasons.add(new Reason(why, "it is " + NodeExclusions.clauseOf(why))));
        if (node.networks().isEmpty()) {
            reasons.add(new Reason(
                    EgressIpReason.NoMatchingNode, "it has no network of a family that --cluster-subnets names"));
        }
        if (reasons.isEmpty()) {
            reasons.add(new Reason(
                    EgressIpFinding.Available, "it is an egress node, Ready, reachable and not being drained"));
        }
        for (var family : IpFamily.values()) {
            if (node.networks().stream().anyMatch(network -> network.family() == family) && !node.hasRouter(family)) {
                reasons.add(new Reason(
                        EgressIpReason.WaitingForRouter,
                        "GR_" + node.name() + " with a join port of family "
                                + (family == IpFamily.V4 ? "IPv4" : "IPv6")
                                + " is not in the database: it is the last to be chosen"));
            }
        }
        input.limits().errors().forEach(error -> reasons.add(new Reason(EgressIpFinding.InvalidAnnotation, error)));
        return reasons;
    }
}
