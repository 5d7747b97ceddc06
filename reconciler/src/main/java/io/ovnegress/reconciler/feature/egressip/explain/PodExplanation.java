package io.ovnegress.reconciler.feature.egressip.explain;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.explain.Departure;
import io.ovnegress.reconciler.explain.Departure.Outcome;
import io.ovnegress.reconciler.explain.Destination;
import io.ovnegress.reconciler.explain.Explanation;
import io.ovnegress.reconciler.explain.OwnerRows;
import io.ovnegress.reconciler.explain.PodAddress;
import io.ovnegress.reconciler.explain.Reason;
import io.ovnegress.reconciler.feature.egressip.Destinations;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpSelection;
import io.ovnegress.reconciler.feature.egressip.placement.Placed;
import io.ovnegress.reconciler.feature.egressip.placement.Placement;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpRows;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpTranslator;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpTranslator.PodTranslation;
import io.ovnegress.reconciler.feature.egressip.rows.ForeignPolicies;
import io.ovnegress.reconciler.feature.egressip.rows.Guards;
import io.ovnegress.reconciler.feature.egressip.rows.OwnRouters;
import io.ovnegress.reconciler.feature.egressip.rows.Unserved;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditions;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import io.ovnegress.reconciler.feature.egressip.topology.EgressGateways;
import io.ovnegress.reconciler.feature.egressip.topology.PodAddressRules;
import io.ovnegress.reconciler.input.AddressRefusal;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.PrintableText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Why a pod leaves as it does: who selects it, who of them serves it, where their egress IPs are, and what that makes of each of
 * its addresses. Asks who decides, and puts it into words.
 */
final class PodExplanation {
    private final Inputs cluster;
    private final EgressIpSelection selection;
    private final EgressIpTranslator translator;
    private final OwnRouters routers;
    private final PodAddressRules addressRules;
    private final ForeignPolicies foreignPolicies;
    private final Guards guards;
    private final PodWays ways;
    private final DestinationWords byDestination;
    private final DestinationWays waysTo;
    private final NearestObject nearest;

    PodExplanation(
            Inputs cluster,
            NorthboundView view,
            EgressIpSelection selection,
            EgressIpTranslator translator,
            EgressGateways gateways,
            PodAddressRules addressRules,
            ForeignPolicies foreignPolicies,
            Guards guards,
            OwnRouters routers,
            RouterPassages passages,
            Destinations destinations,
            List<IpNetwork> services) {
        this.cluster = cluster;
        this.selection = selection;
        this.translator = translator;
        this.routers = routers;
        this.addressRules = addressRules;
        this.foreignPolicies = foreignPolicies;
        this.guards = guards;
        this.ways = new PodWays(cluster, view, gateways, foreignPolicies, guards, routers, passages);
        this.byDestination = new DestinationWords(selection, destinations, routers);
        this.waysTo = new DestinationWays(cluster, view, gateways, foreignPolicies, ways, services);
        this.nearest = new NearestObject(selection);
    }

    Map<PodAddress, Departure> departures() {
        var departures = new HashMap<PodAddress, Departure>();
        for (var name : cluster.podNames()) {
            cluster.pod(name)
                    .filter(PodInput::isServable)
                    .ifPresent(pod -> pod.ips()
                            .forEach(ip -> departures.put(
                                    new PodAddress(name.toString(), ip.text()),
                                    ways.wanted(pod.node(), ip, translator.translate(ip)))));
        }
        return departures;
    }

    Explanation of(PodInput pod, Placed placed, OwnerRows rows) {
        var selecting = selection.selecting(pod);
        var reasons = new ArrayList<Reason>();
        noNetwork(pod).ifPresent(reasons::add);
        cluster.refusal(pod.name())
                .ifPresent(why ->
                        reasons.add(new Reason(EgressIpFinding.AddressRefused, EgressIpConditions.sentenceOf(why))));
        var otherwise = byDestination.reasons(pod);
        if (otherwise.isEmpty() || !selecting.isEmpty()) {
            reasons.addAll(selection(pod, selecting));
        }
        if (pod.isOnNetwork()) {
            reasons.addAll(seniority(selecting, placed));
        }
        reasons.addAll(otherwise);
        var parts = new ArrayList<Explanation>();
        if (pod.isOnNetwork()) {
            pod.ips().forEach(ip -> parts.add(address(pod, ip, placed, rows)));
            if (parts.stream().anyMatch(part -> !part.rows().isEmpty())) {
                parts.add(baseline(pod, rows));
            }
        }
        var answer = answer(pod, parts) + (byDestination.isSome(pod) ? "; to some destinations otherwise" : "");
        return new Explanation("pod", pod.name().toString(), answer, facts(pod), reasons, parts);
    }

    /** The same for one destination: only addresses of its family can be sent from. */
    Explanation of(PodInput pod, Destination to, Placed placed, OwnerRows rows) {
        var whole = of(pod, placed, rows);
        var parts = whole.parts().stream()
                .filter(part -> part.wanted().isEmpty() || isOfFamily(part, to))
                .map(part -> part.wanted().isEmpty() ? part : to(to, pod, part))
                .toList();
        var reasons = new ArrayList<>(whole.reasons());
        boolean none = parts.stream().allMatch(part -> part.wanted().isEmpty());
        if (none && !pod.ips().isEmpty()) {
            reasons.add(new Reason(
                    EgressIpFinding.OtherFamily,
                    "has no address of the family of " + to.address() + ": nothing is sent"));
        }
        return new Explanation(
                whole.kind(),
                whole.name(),
                none ? whole.answer() : "to " + to + ": " + answer(pod, parts),
                whole.facts(),
                reasons,
                parts);
    }

    private static boolean isOfFamily(Explanation part, Destination to) {
        return IpAddress.parse(part.name())
                .filter(address -> address.family() == to.address().family())
                .isPresent();
    }

    private Explanation to(Destination to, PodInput pod, Explanation part) {
        var way = waysTo.of(pod, IpAddress.parse(part.name()).orElseThrow(), to);
        var wanted = way.isOurs() ? part.wanted().orElseThrow() : way.departure();
        var reasons = new ArrayList<>(way.reasons());
        reasons.addAll(part.reasons());
        var by = Optional.ofNullable(part.facts().get("servedBy"))
                .filter(unused -> wanted.outcome() == Outcome.EgressAddress);
        return new Explanation(
                part.kind(),
                part.name(),
                answer(way.departure(), wanted, by),
                part.facts(),
                Optional.of(way.departure()),
                Optional.of(wanted),
                reasons,
                part.rows(),
                part.parts());
    }

    private static Map<String, String> facts(PodInput pod) {
        return new Explanation.Facts()
                .with("node", pod.node().isEmpty() ? "none" : pod.node())
                .with(
                        "addresses",
                        pod.ips().isEmpty()
                                ? "none"
                                : pod.ips().stream().map(IpAddress::text).collect(Collectors.joining(", ")))
                .map();
    }

    private static String answer(PodInput pod, List<Explanation> parts) {
        if (!pod.isOnNetwork() || pod.ips().isEmpty()) {
            return noNetwork(pod).map(Reason::message).orElse("");
        }
        var addresses = parts.stream().filter(part -> part.wanted().isPresent()).toList();
        return addresses.size() == 1
                ? addresses.getFirst().answer()
                : addresses.stream()
                        .map(part -> part.name() + " " + part.answer())
                        .collect(Collectors.joining("; "));
    }

    private static Optional<Reason> noNetwork(PodInput pod) {
        if (pod.hostNetwork()) {
            return Optional.of(new Reason(
                    EgressIpFinding.HostNetwork,
                    "is in the network of its node" + (pod.node().isEmpty() ? "" : " " + pod.node())
                            + " (hostNetwork), and leaves with an address of that, whoever selects it"));
        }
        if (pod.finished()) {
            return Optional.of(
                    new Reason(EgressIpFinding.Finished, "has finished (phase Succeeded or Failed): it sends nothing"));
        }
        if (pod.node().isEmpty()) {
            return Optional.of(new Reason(EgressIpFinding.NotScheduled, "is not scheduled to a node yet"));
        }
        return pod.ips().isEmpty()
                ? Optional.of(new Reason(
                        EgressIpFinding.NoAddress,
                        "holds no address: it has no logical switch port, and annotation k8s.ovn.org/pod-networks and"
                                + " status.podIPs do not name the same one, or another pod has it"))
                : Optional.empty();
    }

    private List<Reason> selection(PodInput pod, List<EgressIpInput> selecting) {
        if (selecting.isEmpty()) {
            return List.of(nearest.reason(pod, namespaceLabels(pod)));
        }
        return selecting.stream()
                .map(object -> new Reason(
                        EgressIpFinding.Selected,
                        "EgressIP " + object.name() + " selects it: namespace " + words(object.namespaceSelector())
                                + ", pod " + words(object.podSelector())))
                .toList();
    }

    private Map<String, String> namespaceLabels(PodInput pod) {
        return cluster.namespace(pod.name().namespace())
                .map(NamespaceInput::labels)
                .orElse(Map.of());
    }

    private static String words(Optional<LabelSelector> selector) {
        return selector.map(SelectorWords::of).orElse("nothing that can be understood");
    }

    /** Of those that select the pod the oldest that has an egress IP with a node serves it. */
    private static List<Reason> seniority(List<EgressIpInput> selecting, Placed placed) {
        var reasons = new ArrayList<Reason>();
        Optional<EgressIpInput> server = Optional.empty();
        for (var object : selecting) {
            var placement = placed.of(object.name());
            if (placement.map(Placement::assignments).orElse(List.of()).isEmpty()) {
                reasons.add(new Reason(
                        EgressIpFinding.NotPlaced,
                        "EgressIP " + object.name() + " cannot serve it, since none of its egress IPs has a node: "
                                + problems(placement)));
            } else if (server.isEmpty()) {
                server = Optional.of(object);
                if (selecting.size() > 1) {
                    reasons.add(new Reason(
                            EgressIpFinding.Serves,
                            "EgressIP " + object.name() + " serves it: the oldest (created " + object.created()
                                    + ") of those that have an egress IP with a node"));
                }
            } else {
                reasons.add(new Reason(
                        EgressIpFinding.StandsBy,
                        "EgressIP " + object.name() + " stands by behind "
                                + server.get().name() + ": "
                                + (object.created().equals(server.get().created())
                                        ? "both were created at " + object.created() + ", and its name comes later"
                                        : "it was created later, at " + object.created())));
            }
        }
        return reasons;
    }

    private static String problems(Optional<Placement> placement) {
        return placement.map(Placement::problems).orElse(List.of()).stream()
                .map(EgressIpConditions::sentenceOf)
                .collect(Collectors.joining("; "));
    }

    /** One address, which is what is rerouted. */
    Explanation address(PodInput pod, IpAddress address, Placed placed, OwnerRows rows) {
        var owner = new EgressIpOwner.PodIp(address);
        var translation = translator.translate(address);
        var state = rows.of(owner, translation.rows());
        var wanted = ways.wanted(pod.node(), address, translation);
        var now = ways.now(pod, address);
        var reasons = new ArrayList<Reason>();
        translation
                .way()
                .ifPresent(way -> reasons.add(new Reason(
                        EgressIpFinding.Routed,
                        "EgressIP " + way.egressIp() + " has routers of its own (form Router): "
                                + (way.isCarried()
                                        ? "all pods of the namespace are led there (policy 98 over its port group)"
                                        : "the pod is led there by an address set (policy 100)")
                                + (way.isThere() ? "" : ", as soon as they are installed everywhere"))));
        var refusal = addressRules.refusal(address);
        refusal.ifPresent(why -> reasons.add(refused(why)));
        if (refusal.isEmpty()) {
            reasons.addAll(placement(translation, address, placed));
        }
        if (wanted.outcome() == Outcome.NodeAddress) {
            reasons.add(new Reason(
                    EgressIpFinding.LeavesAsNode,
                    "no rows are wanted for it, so it leaves by the gateway router of its node " + pod.node()));
        }
        foreignPolicies.of(address).forEach(policy -> reasons.add(another(policy)));
        var incomplete = ways.droppedByRouters(pod, address);
        incomplete.forEach(passage -> reasons.add(lacking(passage)));
        now.droppedOn().stream()
                .filter(node ->
                        incomplete.stream().noneMatch(passage -> passage.node().equals(node)))
                .forEach(node -> guards.dropping(node, address)
                        .ifPresent(policy -> reasons.add(guarded(node, address, policy))));
        if (!state.rows().isEmpty() || !state.settled()) {
            reasons.add(state.standing());
        }
        var by = translation.servedBy().filter(unused -> wanted.outcome() == Outcome.EgressAddress);
        return new Explanation(
                "address",
                address.text(),
                answer(now, wanted, by),
                facts(translation),
                Optional.of(now),
                Optional.of(wanted),
                reasons,
                state.rows(),
                List.of());
    }

    private static Reason guarded(String node, IpAddress address, Row policy) {
        return new Reason(
                EgressIpFinding.Guarded,
                "what is sent to node " + node
                        + " is dropped on its gateway router (--guard), since it is no pod of that"
                        + " node and not in address set " + Guards.servedSet(node, address.family())
                        + ", which names those that have an egress IP there: ovn-nbctl list Logical_Router_Policy "
                        + policy.id());
    }

    private static Reason lacking(RouterPassages.Passage passage) {
        return new Reason(
                EgressIpFinding.RouterLacks,
                "what is sent to router " + passage.router() + " is dropped there, since it lacks "
                        + passage.lacks().orElseThrow() + ": ovn-nbctl show " + passage.router());
    }

    private static Reason another(Row policy) {
        var externalIds = policy.get(LogicalRouterPolicy.EXTERNAL_IDS);
        var type = Optional.ofNullable(externalIds.get("k8s.ovn.org/owner-type"))
                .map(owner -> ", of " + owner + " " + externalIds.getOrDefault("k8s.ovn.org/name", ""))
                .orElse("");
        return new Reason(
                EgressIpFinding.AnotherPolicy,
                PrintableText.of(
                        "somebody else has a policy for the address, priority "
                                + policy.get(LogicalRouterPolicy.PRIORITY) + ", action "
                                + policy.get(LogicalRouterPolicy.ACTION) + type
                                + "; of several the highest priority decides: ovn-nbctl list Logical_Router_Policy "
                                + policy.id(),
                        400));
    }

    private static Map<String, String> facts(PodTranslation translation) {
        var facts = new Explanation.Facts();
        translation.servedBy().ifPresent(name -> facts.with("servedBy", name));
        if (!translation.standingBy().isEmpty()) {
            facts.with("standingBy", String.join(", ", translation.standingBy()));
        }
        return facts.map();
    }

    private static String answer(Departure now, Departure wanted, Optional<String> by) {
        var object = by.map(name -> " (EgressIP " + name + ")").orElse("");
        return Departure.sentence(now, wanted) + object;
    }

    private static Reason refused(AddressRefusal why) {
        return new Reason(EgressIpFinding.AddressRefused, EgressIpConditions.sentenceOf(why));
    }

    private List<Reason> placement(PodTranslation translation, IpAddress address, Placed placed) {
        var reasons = new ArrayList<Reason>();
        var family = address.family();
        translation
                .servedBy()
                .ifPresent(object -> placed.of(object).ifPresent(placement -> {
                    for (var assignment : placement.assignments()) {
                        if (assignment.egressIp().family() == family) {
                            reasons.add(new Reason(
                                    EgressIpFinding.Placed,
                                    "egress IP " + assignment.egressIp() + " is on node " + assignment.node()));
                            router(object, assignment).ifPresent(reasons::add);
                        }
                    }
                    placement
                            .problems()
                            .forEach(problem -> reasons.add(new Reason(
                                    EgressIpConditions.reasonOf(problem), EgressIpConditions.sentenceOf(problem))));
                }));
        translation
                .unserved()
                .ifPresent(why -> unserved(why, translation, family).ifPresent(reasons::add));
        translation.rows().stream()
                .filter(row -> row.name().startsWith(EgressIpRows.DROP_ID_PREFIX))
                .map(row -> row.externalIds().get(EgressIpRows.OWNER_KEY))
                .forEach(asking -> reasons.add(new Reason(
                        EgressIpFinding.Drops,
                        asking.replace('/', ' ')
                                + " says Drop (onUnassigned, beforeServed): what cannot leave with its egress"
                                + " IP does not leave")));
        return reasons;
    }

    private Optional<Reason> router(String object, Placement.Assignment assignment) {
        var missing = routers.missing(object, assignment);
        return missing.isEmpty()
                ? Optional.empty()
                : Optional.of(new Reason(
                        EgressIpReason.WaitingForRouter,
                        String.join(" and ", missing)
                                + (missing.size() == 1 ? " is" : " are")
                                + " not in the database, or without a join port (rtoj-...) with an address of this family:"
                                + " see what ovnkube-master says of node " + assignment.node()));
    }

    /** What is not said by the placement. */
    private Optional<Reason> unserved(Unserved why, PodTranslation translation, IpFamily family) {
        return switch (why) {
            case NoEgressIPOfFamily ->
                Optional.of(new Reason(
                        why,
                        "EgressIP " + translation.servedBy().orElse("") + " has no egress IP of family "
                                + (family == IpFamily.V4 ? "IPv4" : "IPv6") + " with a node"));
            case NoClusterSubnet ->
                Optional.of(new Reason(why, "--cluster-subnets names no subnet of this address's family"));
            case Unassigned, WaitingForRouter, Refused -> Optional.empty();
        };
    }

    /** The rows that say once for many what is exempt, and who is kept in. */
    private Explanation baseline(PodInput pod, OwnerRows rows) {
        var states = List.of(
                rows.ofShared(new EgressIpOwner.Baseline(), translator.baseline()),
                rows.ofShared(new EgressIpOwner.CutOff(), translator.cutOff()),
                rows.of(new EgressIpOwner.Namespace(pod.name().namespace()), List.of()),
                rows.of(new EgressIpOwner.NodeSwitch(pod.node()), List.of()));
        var reasons = new ArrayList<>(List.of(new Reason(
                EgressIpFinding.Exempt, "policies of a higher priority let it pass before it is rerouted or dropped")));
        states.stream()
                .sorted(Comparator.comparing(OwnerRows.State::settled))
                .limit(1)
                .forEach(state -> reasons.add(state.standing()));
        return new Explanation(
                "baseline",
                "what stays in the cluster",
                "is exempt: to pods, nodes and join addresses, and answers to connections from outside",
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                reasons,
                states.stream()
                        .flatMap(state -> state.rows().stream())
                        .filter(row -> !row.table().equals(AddressSet.TABLE.name()))
                        .toList(),
                List.of());
    }
}
