package io.ovnegress.reconciler.feature.egressip.explain;

import io.ovnegress.reconciler.explain.Explanation;
import io.ovnegress.reconciler.explain.Reason;
import io.ovnegress.reconciler.feature.LogLine;
import io.ovnegress.reconciler.feature.egressip.Destinations;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpSelection;
import io.ovnegress.reconciler.feature.egressip.NodeChoice;
import io.ovnegress.reconciler.feature.egressip.placement.NodeExclusions;
import io.ovnegress.reconciler.feature.egressip.placement.Placed;
import io.ovnegress.reconciler.feature.egressip.placement.Placement;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditions;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpStatus;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.LabelSelector;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Where an object's egress IPs are, and what keeps them from all other nodes; whom it serves, and for whom it stands by. */
final class ObjectExplanation {
    private final EgressIpSelection selection;
    private final Destinations destinations;
    private final EgressIpStatus status;
    private final LeavingPods leaving;

    ObjectExplanation(
            EgressIpSelection selection, Destinations destinations, EgressIpStatus status, LeavingPods leaving) {
        this.selection = selection;
        this.destinations = destinations;
        this.status = status;
        this.leaving = leaving;
    }

    Explanation of(EgressIpInput object, Placed placed) {
        var placement = placed.of(object.name()).orElse(new Placement(List.of(), List.of()));
        var addresses = new LinkedHashSet<IpAddress>();
        object.egressIps().forEach(text -> IpAddress.parse(text).ifPresent(addresses::add));
        var parts = new ArrayList<Explanation>();
        var exclusions = placed.exclusions();
        addresses.forEach(ip -> parts.add(address(object, ip, placed, exclusions)));
        return new Explanation(
                "egressip",
                object.name(),
                "has " + placement.assignments().size() + " of "
                        + Math.max(addresses.size(), object.egressIps().size()) + " egress IPs on a node, and selects "
                        + selection.pods(object.name()) + " pods",
                facts(object, destinations.of(object.name())),
                reasons(object, placement),
                parts);
    }

    private static Map<String, String> facts(EgressIpInput object, Destinations.Listed destinations) {
        var facts = new Explanation.Facts()
                .with("created", object.created())
                .with("namespaces", words(object.namespaceSelector()))
                .with("pods", words(object.podSelector()));
        if (!object.nodes().selector().equals(Optional.of(NodeChoice.LABELLED))) {
            facts.with("nodes", words(object.nodes().selector()));
        }
        if (!object.nodes().preferred().isEmpty()) {
            facts.with("preferredNodes", String.join(", ", object.nodes().preferred()));
        }
        if (object.isForSome()) {
            facts.with("destinations", words(destinations.networks().keySet()));
        }
        if (!destinations.excluded().isEmpty()) {
            facts.with("excludedDestinations", words(destinations.excluded()));
        }
        return facts.with(
                        "onUnassigned",
                        switch (object.onUnassigned()) {
                            case DROP -> "Drop";
                            case NODE_ADDRESS -> "NodeAddress";
                        })
                .map();
    }

    private static String words(Collection<IpNetwork> networks) {
        return networks.isEmpty()
                ? "none"
                : networks.stream().map(IpNetwork::text).collect(Collectors.joining(", "));
    }

    private static String words(Optional<LabelSelector> selector) {
        return selector.map(SelectorWords::of).orElse("nothing that can be understood");
    }

    private List<Reason> reasons(EgressIpInput object, Placement placement) {
        var name = object.name();
        var reasons = new ArrayList<Reason>();
        placement.problems().stream()
                .filter(problem -> problem instanceof PlacementProblem.InvalidEgressIp
                        || problem instanceof PlacementProblem.InvalidSelector
                        || problem instanceof PlacementProblem.UnsupportedForm
                        || problem instanceof PlacementProblem.NoEgressIp)
                .forEach(problem -> reasons.add(
                        new Reason(EgressIpConditions.reasonOf(problem), EgressIpConditions.sentenceOf(problem))));
        EgressIpConditions.invalidSpec(object, destinations)
                .ifPresent(condition -> reasons.add(new Reason((Enum<?>) condition.reason(), condition.message())));
        if (object.hasSelectors() && !selection.hasPods(name)) {
            var unused = EgressIpConditions.unused(selection.hasNamespaces(name), object.generation());
            reasons.add(new Reason((Enum<?>) unused.reason(), unused.message()));
        }
        EgressIpConditions.noDestination(object, destinations.of(name))
                .ifPresent(unused -> reasons.add(new Reason((Enum<?>) unused.reason(), unused.message())));
        placement
                .unknownNodes()
                .forEach(unknown -> reasons.add(
                        new Reason(EgressIpFinding.UnknownNode, EgressIpConditions.sentenceOfUnknown(unknown))));
        var others = status.standingBy(name);
        if (!others.isEmpty()) {
            reasons.add(new Reason(
                    EgressIpFinding.StandsBy,
                    "stands by for " + others.size() + (others.size() == 1 ? " pod" : " pods")
                            + ", which older objects serve: "
                            + LogLine.named(others.values().stream()
                                    .flatMap(Set::stream)
                                    .collect(Collectors.toUnmodifiableSet()))));
        }
        return reasons;
    }

    /** One of its egress IPs. */
    private Explanation address(EgressIpInput object, IpAddress ip, Placed placed, NodeExclusions exclusions) {
        var node = placed.nodeOf(object.name(), ip);
        var problem = placed.of(object.name()).stream()
                .flatMap(placement -> placement.problems().stream())
                .filter(each -> PlacementProblem.addressOf(each).equals(Optional.of(ip)))
                .findFirst();
        var reasons = new ArrayList<Reason>();
        problem.ifPresent(each ->
                reasons.add(new Reason(EgressIpConditions.reasonOf(each), EgressIpConditions.sentenceOf(each))));
        node.ifPresent(name -> reasons.add(new Reason(
                EgressIpFinding.Placed, name + ": meets every term, and keeps what it has as long as it does")));
        placed.elsewhere(object, ip, exclusions)
                .forEach(other -> reasons.add(new Reason(
                        other.why().<Enum<?>>map(why -> why).orElse(EgressIpFinding.AlsoPossible),
                        LogLine.named(Set.copyOf(other.nodes())) + ": " + other.clause())));
        return new Explanation(
                "egress IP",
                ip.text(),
                node.map(name -> "is on node " + name).orElse("has no node") + "; " + leaving.words(ip, node),
                Map.of(),
                reasons,
                List.of());
    }
}
