package io.ovnegress.reconciler.feature.egressip.status;

import io.ovnegress.reconciler.feature.StatusChange.Event;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressip.Destinations;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.OnUnassigned;
import io.ovnegress.reconciler.feature.egressip.placement.Placement;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.InUseByAnotherObject;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.InvalidEgressIp;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.InvalidSelector;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.NoEgressIp;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.NoEgressNode;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.NoMatchingNode;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.NodeAddressConflict;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.ReservedAddress;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.UnsupportedForm;
import io.ovnegress.reconciler.input.AddressClaim;
import io.ovnegress.reconciler.input.AddressRefusal;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.PodName;
import io.ovnegress.reconciler.northbound.PrintableText;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What users are told about an EgressIP: conditions and events as pure functions; the same state gives the same text. */
public final class EgressIpConditions {
    /** Events are refused past 1 KiB, conditions past 32 KiB; texts are ASCII, so characters are bytes. */
    static final int MESSAGE_LIMIT = 1024;

    private static final int QUOTE_LIMIT = 80;
    /** More are counted. */
    private static final int NETWORKS_NAMED = 10;

    private EgressIpConditions() {}

    /** How far the rows of an object are. */
    public sealed interface Programming {
        /** Every row is in the database. */
        record Committed() implements Programming {}

        /** Rows of so many pods are still to be committed. */
        record Pending(int pods) implements Programming {}

        /** These gateway routers, or their join ports, or the cluster router are not in the database. */
        record WaitingForRouters(Set<String> routers) implements Programming {
            public WaitingForRouters {
                routers = Set.copyOf(routers);
            }
        }

        /** The database refused rows; they are tried again. */
        record Refused(String error) implements Programming {}

        /** The flags are contradicted, and nothing is written until they are right. */
        record WritesNothing(String why) implements Programming {}
    }

    /** Whose traffic is dropped while an object that asks for that has no node. */
    public enum DroppedPods {
        SELECTED("the selected pods"),
        /** The selector cannot be read, and counts no more. */
        SELECTED_BEFORE("the pods that it selected when its selectors could be read"),
        /** The same, and the controller has started since. */
        NAMED_BY_ROWS("those pods that its rows in the database name, and no others,");

        private final String words;

        DroppedPods(String words) {
            this.words = words;
        }
    }

    /**
     * Condition {@code Assigned}: every egress IP with its node, or with its problem and the remedy.
     *
     * @param requestedIps how many different egress IPs the object asks for
     */
    public static StatusCondition assigned(
            Placement placement, int requestedIps, OnUnassigned onUnassigned, long generation) {
        return assigned(placement, requestedIps, onUnassigned, DroppedPods.SELECTED, Optional.empty(), generation);
    }

    /**
     * The same of an object that may be for some destinations only.
     *
     * @param dropped whose traffic is dropped if that is to be
     * @param destinations which; empty if it is for all
     */
    public static StatusCondition assigned(
            Placement placement,
            int requestedIps,
            OnUnassigned onUnassigned,
            DroppedPods dropped,
            Optional<Destinations.Listed> destinations,
            long generation) {
        var assignments = placement.assignments();
        var problems = placement.problems().isEmpty() && assignments.isEmpty()
                ? List.<PlacementProblem>of(new NoEgressIp())
                : placement.problems();
        boolean complete = problems.isEmpty();
        EgressIpReason reason;
        String intro = "";
        if (complete) {
            reason = EgressIpReason.Assigned;
        } else if (assignments.isEmpty()) {
            reason = problems.stream()
                    .map(EgressIpConditions::reasonOf)
                    .min(Comparator.naturalOrder())
                    .orElse(EgressIpReason.NoEgressIP);
        } else {
            reason = EgressIpReason.PartlyAssigned;
            intro = assignments.size() + " of " + requestedIps + " egress IPs assigned: ";
        }
        var facts = new ArrayList<String>();
        assignments.forEach(assignment -> facts.add(assignment.egressIp() + " is assigned to " + assignment.node()));
        problems.forEach(problem -> facts.add(sentenceOf(problem)));
        destinations
                .filter(listed -> !assignments.isEmpty() && !listed.networks().isEmpty())
                .ifPresent(listed -> facts.add(
                        "for these destinations: " + words(listed.networks().keySet())));
        placement.unknownNodes().forEach(name -> facts.add(sentenceOfUnknown(name)));
        if (assignments.stream().anyMatch(assignment -> assignment.egressIp().family() == IpFamily.V6)) {
            facts.add(
                    "OVN does not announce IPv6 egress IPs: for up to 50 s after one has moved to another node answers to"
                            + " it stay away");
        }
        if (assignments.isEmpty() && onUnassigned == OnUnassigned.DROP) {
            facts.add("meanwhile what " + dropped.words + " send to "
                    + (destinations.isPresent() ? "these destinations" : "the outside") + " is dropped (onUnassigned)");
        }
        return new StatusCondition(EgressIpConditionType.Assigned, complete, reason, message(intro, facts), generation);
    }

    /** Of a name that the object prefers, and no node has. */
    public static String sentenceOfUnknown(String preferred) {
        return "preferred node " + quoted(preferred)
                + " does not exist: correct spec.preferredNodes (or annotation ovn-egress.io/preferred-nodes) if it is never to";
    }

    /** The reasons are declared in the order of their importance. */
    public static EgressIpReason reasonOf(PlacementProblem problem) {
        return switch (problem) {
            case InvalidEgressIp p -> EgressIpReason.InvalidEgressIP;
            case NoEgressIp p -> EgressIpReason.NoEgressIP;
            case InvalidSelector p -> EgressIpReason.InvalidSelector;
            case UnsupportedForm p -> EgressIpReason.UnsupportedForm;
            case NodeAddressConflict p -> EgressIpReason.NodeAddressConflict;
            case ReservedAddress p -> EgressIpReason.ReservedAddress;
            case InUseByAnotherObject p -> EgressIpReason.InUseByAnotherObject;
            case NoEgressNode p -> EgressIpReason.NoEgressNode;
            case NoMatchingNode p -> EgressIpReason.NoMatchingNode;
        };
    }

    public static String sentenceOf(PlacementProblem problem) {
        return switch (problem) {
            case InvalidEgressIp p ->
                quoted(p.text())
                        + " is not an IP address (no prefix length, no zone): correct spec.egressIPs, nothing of"
                        + " this object is assigned until then";
            case NoEgressIp p -> "spec.egressIPs is empty: name at least one IP address";
            case InvalidSelector p ->
                (p.error().isBlank() ? "a selector is missing" : PrintableText.of(p.error(), 4 * QUOTE_LIMIT))
                        + ": correct the selector, nothing of this object is assigned until then";
            case UnsupportedForm p ->
                "nothing of this object is assigned: by destination pods can only leave through routers of the egress IPs'"
                        + " own: set spec.form (or annotation ovn-egress.io/form) to Router; its pods leave as they do"
                        + " without it";
            case NodeAddressConflict p ->
                p.ip() + " is not assigned: it is an address of node " + p.node() + ", choose an address of no node";
            case ReservedAddress p -> p.ip() + " is not assigned: " + p.what();
            case InUseByAnotherObject p ->
                p.ip() + " is not assigned: EgressIP " + p.object()
                        + " uses it, choose another address or remove it there";
            case NoEgressNode p ->
                p.ip() + " is not assigned: no node "
                        + (p.ofItsOwn() ? "matches egressNodeSelector" : "is labelled k8s.ovn.org/egress-assignable")
                        + ", ready and reachable (" + p.why() + ")";
            case NoMatchingNode p ->
                p.ip() + " is not assigned: " + p.why()
                        + "; label another ready node that has it in its network k8s.ovn.org/egress-assignable, or put right"
                        + " what excludes these";
        };
    }

    /**
     * The events of a placement, at most one of each reason, with ovn-kubernetes' reasons.
     *
     * @param requestedIps how many different egress IPs the object asks for
     */
    public static List<Event> events(Placement placement, int requestedIps) {
        var sentences = new EnumMap<EgressIpEventReason, List<String>>(EgressIpEventReason.class);
        boolean some = !placement.assignments().isEmpty();
        for (var problem : placement.problems()) {
            var reason = switch (problem) {
                case InvalidEgressIp p -> EgressIpEventReason.InvalidEgressIP;
                case NodeAddressConflict p -> EgressIpEventReason.EgressIPConflict;
                case ReservedAddress p -> EgressIpEventReason.ReservedAddress;
                case InUseByAnotherObject p -> EgressIpEventReason.UnsupportedRequest;
                case InvalidSelector p -> EgressIpEventReason.UnsupportedRequest;
                case UnsupportedForm p -> EgressIpEventReason.UnsupportedRequest;
                case NoEgressIp p -> EgressIpEventReason.UnsupportedRequest;
                case NoEgressNode p -> lackOfNodes(some);
                case NoMatchingNode p -> lackOfNodes(some);
            };
            sentences.computeIfAbsent(reason, r -> new ArrayList<>()).add(sentenceOf(problem));
        }
        var intro = placement.assignments().size() + " of " + requestedIps + " egress IPs assigned: ";
        return sentences.entrySet().stream()
                .map(entry -> new Event(
                        entry.getKey(),
                        message(
                                entry.getKey() == EgressIpEventReason.UnassignedRequest ? intro : "",
                                entry.getValue())))
                .toList();
    }

    private static EgressIpEventReason lackOfNodes(boolean someAssigned) {
        return someAssigned ? EgressIpEventReason.UnassignedRequest : EgressIpEventReason.NoMatchingNodeFound;
    }

    /**
     * Condition {@code FailoverReady}: whether other nodes would have the egress IPs of one that is lost.
     *
     * @param gaps the nodes whose loss alone would leave one of its egress IPs without a node
     */
    public static StatusCondition failover(Set<String> gaps, long generation) {
        return new StatusCondition(
                EgressIpConditionType.FailoverReady,
                gaps.isEmpty(),
                gaps.isEmpty() ? EgressIpReason.FailoverReady : EgressIpReason.NoOtherNode,
                gaps.isEmpty()
                        ? "if any one node is lost, another one has each egress IP that is assigned"
                        : message(
                                "an egress IP would have no node if one of these were lost (ovn-egress whatif --lose NODE"
                                        + " says why): ",
                                List.copyOf(new TreeSet<>(gaps))),
                generation);
    }

    /** Condition {@code Standby}: that other objects serve pods which this one selects too. */
    public static StatusCondition standby(int pods, Set<String> servingObjects, long generation) {
        return new StatusCondition(
                EgressIpConditionType.Standby,
                true,
                EgressIpReason.ServedByAnotherObject,
                standbyMessage(
                        pods == 1 ? "1 pod that this object selects is" : pods + " pods that this object selects are",
                        servingObjects),
                generation);
    }

    /** The event that goes with {@link #standby}; how many pods there are changes too often for it. */
    public static Event standbyEvent(Set<String> servingObjects) {
        return new Event(
                EgressIpEventReason.UndefinedRequest,
                standbyMessage("pods that this object selects are", servingObjects));
    }

    private static String standbyMessage(String who, Set<String> servingObjects) {
        return message(
                who + " served by older EgressIPs, whose place it takes when they let go: ",
                List.copyOf(new TreeSet<>(servingObjects)));
    }

    /** Condition {@code Standby} of an object for some destinations: that others have networks that it lists too. */
    public static StatusCondition standbyForSome(
            int pods, Collection<IpNetwork> networks, Set<String> servingObjects, long generation) {
        return new StatusCondition(
                EgressIpConditionType.Standby,
                true,
                EgressIpReason.DestinationOfAnotherObject,
                standbyForSomeMessage(
                        "of " + (pods == 1 ? "1 pod" : pods + " pods") + " that this object selects",
                        networks,
                        servingObjects),
                generation);
    }

    /** The event that goes with {@link #standbyForSome}. */
    public static Event standbyForSomeEvent(Collection<IpNetwork> networks, Set<String> servingObjects) {
        return new Event(
                EgressIpEventReason.UndefinedRequest,
                standbyForSomeMessage("of pods that this object selects", networks, servingObjects));
    }

    private static String standbyForSomeMessage(
            String whose, Collection<IpNetwork> networks, Set<String> servingObjects) {
        return message(
                "traffic " + whose + " to " + words(networks)
                        + " leaves by older EgressIPs that list the same networks, whose place it takes when they let go: ",
                List.copyOf(new TreeSet<>(servingObjects)));
    }

    private static String words(Collection<IpNetwork> networks) {
        return PrintableText.of(
                networks.stream().limit(NETWORKS_NAMED).map(IpNetwork::text).collect(Collectors.joining(", "))
                        + (networks.size() > NETWORKS_NAMED
                                ? " and " + (networks.size() - NETWORKS_NAMED) + " more"
                                : ""),
                MESSAGE_LIMIT / 2);
    }

    /** Condition {@code Unused} of an object for some destinations: that there are none. */
    public static Optional<StatusCondition> noDestination(EgressIpInput input, Destinations.Listed listed) {
        if (!input.isForSome() || !listed.networks().isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new StatusCondition(
                EgressIpConditionType.Unused,
                true,
                EgressIpReason.NoDestination,
                "no destination is listed: neither by EgressIPTraffic objects with the labels that spec.trafficSelector"
                        + " asks for, nor by annotation ovn-egress.io/destinations: nobody uses this object's egress IPs",
                input.generation()));
    }

    /** Condition {@code Unused}: that no pod is selected, and why. */
    public static StatusCondition unused(boolean selectsNamespaces, long generation) {
        return new StatusCondition(
                EgressIpConditionType.Unused,
                true,
                selectsNamespaces ? EgressIpReason.NoPodSelected : EgressIpReason.NoNamespaceSelected,
                selectsNamespaces
                        ? "no pod of the selected namespaces has the labels that spec.podSelector asks for, is scheduled, not"
                                + " finished and not in the host's network: nobody uses this object's egress IPs"
                        : "no namespace has the labels that spec.namespaceSelector asks for: nobody uses this object's egress IPs",
                generation);
    }

    /** Condition {@code InvalidSpec}: that a part of the spec is nothing that it may be, and what it counts as; empty if none is. */
    public static Optional<StatusCondition> invalidSpec(EgressIpInput input, Destinations destinations) {
        var invalid = destinations.of(input.name()).invalid();
        boolean isExcludedInVain = !destinations.areServable(input)
                && !input.isForSome()
                && !input.destinations().excluded().isEmpty();
        var facts = new ArrayList<String>();
        input.unknownOnUnassigned()
                .ifPresent(value -> facts.add("onUnassigned (or annotation ovn-egress.io/on-unassigned) is "
                        + quoted(value) + ", which is neither Drop nor NodeAddress: it counts as Drop, correct it"));
        input.unknownBeforeServed()
                .ifPresent(value -> facts.add("beforeServed (or annotation ovn-egress.io/before-served) is "
                        + quoted(value) + ", which is neither Drop nor NodeAddress: it counts as Drop, correct it"));
        input.form()
                .unknown()
                .ifPresent(value -> facts.add(
                        PrintableText.of(value, QUOTE_LIMIT) + ": it counts as if it were not said, correct it"));
        facts.addAll(input.qos().errors());
        facts.addAll(input.nodes().errors());
        invalid.forEach(
                where -> facts.add(quoted(where) + " is neither a network nor an address: it is left out, correct it"));
        int tooMany = destinations.of(input.name()).tooMany();
        if (tooMany > 0) {
            facts.add(tooMany + " networks are left out: of the destinations of EgressIP " + input.name() + " "
                    + Destinations.MOST_NETWORKS + " count, in parts without what is excluded, those of the longest"
                    + " prefixes first: list fewer or wider networks, or share them out among several EgressIPs");
        }
        destinations
                .inCluster(input.name())
                .forEach(network -> facts.add(
                        network + " belongs to the cluster itself (pods, join subnet, nodes), which is never led to an"
                                + " egress IP: remove it from the destinations"));
        if (isExcludedInVain) {
            facts.add("excluded destinations take effect only with routers of the egress IPs' own: set spec.form (or"
                    + " annotation ovn-egress.io/form) to Router, until then they leave as the egress IPs too");
        }
        return facts.isEmpty()
                ? Optional.empty()
                : Optional.of(new StatusCondition(
                        EgressIpConditionType.InvalidSpec,
                        true,
                        invalid(input, tooMany > 0, isExcludedInVain && invalid.isEmpty()),
                        message("", facts),
                        input.generation()));
    }

    private static EgressIpReason invalid(EgressIpInput input, boolean areTooMany, boolean isUnsupported) {
        if (input.unknownOnUnassigned().isPresent()) {
            return EgressIpReason.InvalidOnUnassigned;
        }
        if (input.unknownBeforeServed().isPresent()) {
            return EgressIpReason.InvalidBeforeServed;
        }
        if (input.form().unknown().isPresent()) {
            return EgressIpReason.InvalidForm;
        }
        if (!input.nodes().errors().isEmpty()) {
            return EgressIpReason.InvalidPreferredNodes;
        }
        if (!input.qos().errors().isEmpty()) {
            return EgressIpReason.InvalidQoS;
        }
        if (areTooMany) {
            return EgressIpReason.TooManyDestinations;
        }
        return isUnsupported ? EgressIpReason.UnsupportedForm : EgressIpReason.InvalidDestination;
    }

    /** Condition {@code AddressRefused}: that pods say something of their addresses that is not believed. */
    public static StatusCondition addressRefused(Map<PodName, AddressRefusal> refused, long generation) {
        var facts = new ArrayList<String>();
        new TreeMap<>(refused).forEach((pod, why) -> facts.add(pod + ": " + sentenceOf(why)));
        return new StatusCondition(
                EgressIpConditionType.AddressRefused,
                true,
                EgressIpReason.PodAddressRefused,
                message(
                        "what " + (refused.size() == 1 ? "1 pod" : refused.size() + " pods")
                                + " that this object selects " + (refused.size() == 1 ? "says" : "say")
                                + " about addresses is not believed (see who may write annotations and status of pods): ",
                        facts),
                generation);
    }

    /** The event that goes with {@link #addressRefused}: the same as long as no other reason comes up. */
    public static Event addressRefusedEvent(Collection<AddressRefusal> why) {
        return new Event(
                EgressIpEventReason.PodAddressRefused,
                message(
                        "what pods that this object selects, named in its condition AddressRefused, say about addresses"
                                + " is not believed (see who may write annotations and status of pods): ",
                        new TreeSet<>(why)
                                .stream().map(EgressIpConditions::sentenceOf).toList()));
    }

    public static String sentenceOf(AddressRefusal why) {
        return switch (why) {
            case TOO_LONG ->
                "annotation k8s.ovn.org/pod-networks is longer than " + AddressClaim.LONGEST_ANNOTATION / 1024
                        + " KiB, and is not read";
            case SEVERAL -> "annotation or status names more than one address of a family";
            case DISAGREED -> "annotation k8s.ovn.org/pod-networks and status.podIPs name different addresses";
            case OTHER_THAN_PORT ->
                "another address is named than that of the logical switch port, which is the one that counts";
            case OF_ANOTHER_POD -> "the address belongs to another pod";
            case OUTSIDE -> "the address is in no cluster subnet (--cluster-subnets)";
            case OF_A_NODE -> "the address is that of a node or of a router";
            case UNCONFIRMED ->
                "only status.podIPs names an address, neither annotation k8s.ovn.org/pod-networks nor a logical"
                        + " switch port does";
        };
    }

    /** The event that tells of another writer. */
    public static Event repairedEvent() {
        return new Event(
                EgressIpEventReason.RowsRepaired,
                "another writer has changed rows of this object in OVN_Northbound, and they were put right; the more often this"
                        + " happens, the longer a repair waits: find the writer, and see that ovnkube's own EgressIP"
                        + " feature is off");
    }

    /** The event that tells why pods are served as unassigned ones for a while. */
    public static Event movedInPartsEvent() {
        return new Event(
                EgressIpEventReason.MovedInParts,
                "the database gave no answer to the move of this object's pods in one transaction, again and again: they are taken"
                        + " off the old egress node first, then brought to the new one, and are served as unassigned ones in between;"
                        + " a longer election timer of the database cluster, or several egress IPs instead of one, prevents that");
    }

    /** The event of egress IPs whose nodes have no gateway router, or none that can be reached. */
    public static Event routerMissingEvent(Set<String> routers) {
        return new Event(
                EgressIpEventReason.RouterMissing,
                message(
                        "egress IPs of this object are assigned to nodes whose gateway routers, or their join ports (rtoj-...),"
                                + " or what else a router there needs, are not in OVN_Northbound: no pod leaves as them until ovnkube-master has written those again,"
                                + " or the nodes are no egress nodes any more: ",
                        List.copyOf(new TreeSet<>(routers))));
    }

    /** The event of egress IPs that have left such nodes. */
    public static Event routerLostEvent(Set<String> facts) {
        return new Event(
                EgressIpEventReason.RouterMissing,
                message(
                        "egress IPs of this object have left nodes whose gateway routers, or their join ports (rtoj-...), are"
                                + " not in OVN_Northbound any more (see what ovnkube-master says of those nodes): ",
                        List.copyOf(facts)));
    }

    public static Event failedOverEvent(String address, String from, String to) {
        return new Event(
                EgressIpEventReason.FailedOver,
                "OVN has moved the router of egress IP " + address + " from node " + from + " to node " + to
                        + " by itself: the chassis did not hear of each other any more (BFD); it stays there");
    }

    /** Condition {@code Programmed}. */
    public static StatusCondition programmed(Programming programming, long generation) {
        return switch (programming) {
            case Programming.Committed state ->
                programmed(true, EgressIpReason.Programmed, "every row is in the database", generation);
            case Programming.Pending state ->
                programmed(
                        false,
                        EgressIpReason.Pending,
                        "rows of " + state.pods() + (state.pods() == 1 ? " pod" : " pods")
                                + " are still to be committed",
                        generation);
            case Programming.WaitingForRouters state ->
                programmed(
                        false,
                        EgressIpReason.WaitingForRouter,
                        message(
                                "rows wait for what is not in the database, or not known of nodes: ",
                                List.copyOf(new TreeSet<>(state.routers()))),
                        generation);
            case Programming.Refused state ->
                programmed(
                        false,
                        EgressIpReason.Refused,
                        message("the database refused rows, which are tried again: ", List.of(state.error())),
                        generation);
            case Programming.WritesNothing state ->
                programmed(
                        false,
                        EgressIpReason.SubnetsContradicted,
                        message("the controller's flags are wrong: ", List.of(state.why())),
                        generation);
        };
    }

    private static StatusCondition programmed(boolean status, EgressIpReason reason, String message, long generation) {
        return new StatusCondition(EgressIpConditionType.Programmed, status, reason, message, generation);
    }

    /** The facts in one text, as many as fit, the rest as a number. */
    private static String message(String intro, List<String> facts) {
        var text = new StringBuilder(intro);
        for (int i = 0; i < facts.size(); i++) {
            var fact = PrintableText.of(facts.get(i), MESSAGE_LIMIT / 2);
            var more = "... and " + (facts.size() - i) + " more";
            int reserve = i == facts.size() - 1 ? 0 : ("; " + more).length();
            if (text.length() + 2 + fact.length() + reserve > MESSAGE_LIMIT) {
                return text.append(i == 0 ? "" : "; ").append(more).toString();
            }
            text.append(i == 0 ? "" : "; ").append(fact);
        }
        return text.toString();
    }

    private static String quoted(String text) {
        return '"' + PrintableText.of(text, QUOTE_LIMIT) + '"';
    }
}
