package io.ovnegress.reconciler.feature.egressip.status;

import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.ip;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.on;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.StatusChange.Event;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.OnUnassigned;
import io.ovnegress.reconciler.feature.egressip.placement.Placement;
import io.ovnegress.reconciler.feature.egressip.placement.Placement.Assignment;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.InUseByAnotherObject;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.InvalidEgressIp;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.InvalidSelector;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.NoEgressIp;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.NoEgressNode;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.NoMatchingNode;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.NodeAddressConflict;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditions.Programming;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EgressIpConditionsTest {
    private static final Assignment FIRST = on("192.168.126.100", "worker-1");
    private static final PlacementProblem CONFLICT = new NodeAddressConflict(ip("192.168.126.51"), "worker-1");
    private static final PlacementProblem IN_USE = new InUseByAnotherObject(ip("192.168.126.101"), "egressip-demo");
    private static final PlacementProblem NO_NODE =
            new NoEgressNode(ip("192.168.126.102"), false, "worker-1: not ready");
    private static final PlacementProblem NO_MATCH =
            new NoMatchingNode(ip("10.0.0.1"), "no node has it in its network");

    private static Placement unplaced(PlacementProblem... problems) {
        return new Placement(List.of(), List.of(problems));
    }

    private static StatusCondition assigned(Placement placement) {
        return EgressIpConditions.assigned(
                placement, placement.assignments().size() + placement.problems().size(), OnUnassigned.NODE_ADDRESS, 7);
    }

    private static List<StatusChange.EventReason> eventsOf(Placement placement) {
        return EgressIpConditions.events(
                        placement,
                        placement.assignments().size() + placement.problems().size())
                .stream()
                .map(Event::reason)
                .toList();
    }

    @Test
    void anObjectWithAllItsIpsIsAssigned() {
        var placement = new Placement(List.of(FIRST, on("fd00::10", "worker-2")), List.of());

        assertThat(assigned(placement))
                .isEqualTo(new StatusCondition(
                        EgressIpConditionType.Assigned,
                        true,
                        EgressIpReason.Assigned,
                        "192.168.126.100 is assigned to worker-1; fd00::10 is assigned to worker-2; OVN does not announce IPv6"
                                + " egress IPs: for up to 50 s after one has moved to another node answers to it stay away",
                        7));
        assertThat(eventsOf(placement)).isEmpty();
    }

    @Test
    void aPartlyAssignedObjectNamesEachIpWithItsNodeOrItsProblem() {
        var placement = new Placement(List.of(FIRST), List.of(IN_USE));

        assertThat(assigned(placement))
                .isEqualTo(new StatusCondition(
                        EgressIpConditionType.Assigned,
                        false,
                        EgressIpReason.PartlyAssigned,
                        "1 of 2 egress IPs assigned: 192.168.126.100 is assigned to worker-1; 192.168.126.101 is not"
                                + " assigned: EgressIP egressip-demo uses it, choose another address or remove it there",
                        7));
    }

    @Test
    void theReasonOfAnUnassignedObjectIsItsMostImportantProblem() {
        assertThat(assigned(unplaced(NO_MATCH)).reason()).isEqualTo(EgressIpReason.NoMatchingNode);
        assertThat(assigned(unplaced(NO_MATCH, NO_NODE)).reason()).isEqualTo(EgressIpReason.NoEgressNode);
        assertThat(assigned(unplaced(NO_MATCH, IN_USE)).reason()).isEqualTo(EgressIpReason.InUseByAnotherObject);
        assertThat(assigned(unplaced(IN_USE, CONFLICT)).reason()).isEqualTo(EgressIpReason.NodeAddressConflict);
        assertThat(assigned(unplaced(new InvalidSelector("?"))).reason()).isEqualTo(EgressIpReason.InvalidSelector);
        assertThat(assigned(unplaced(new NoEgressIp())).reason()).isEqualTo(EgressIpReason.NoEgressIP);
        assertThat(assigned(unplaced(new InvalidSelector("?"), new InvalidEgressIp("homer")))
                        .reason())
                .isEqualTo(EgressIpReason.InvalidEgressIP);
        assertThat(assigned(unplaced()).reason()).isEqualTo(EgressIpReason.NoEgressIP);
        assertThat(assigned(unplaced(NO_MATCH)).status()).isFalse();
    }

    @Test
    void everyProblemNamesItsSubjectAndTheRemedy() {
        assertThat(assigned(unplaced(new InvalidEgressIp("10.0.0.1/24"))).message())
                .isEqualTo("\"10.0.0.1/24\" is not an IP address (no prefix length, no zone): correct spec.egressIPs,"
                        + " nothing of this object is assigned until then");
        assertThat(assigned(unplaced(new InvalidSelector("namespaceSelector: unknown operator Like")))
                        .message())
                .isEqualTo("namespaceSelector: unknown operator Like: correct the selector, nothing of this object is"
                        + " assigned until then");
        assertThat(assigned(unplaced(new InvalidSelector(""))).message()).startsWith("a selector is missing: ");
        assertThat(assigned(unplaced(new NoEgressIp())).message())
                .isEqualTo("spec.egressIPs is empty: name at least one IP address");
        assertThat(assigned(unplaced(CONFLICT)).message())
                .isEqualTo("192.168.126.51 is not assigned: it is an address of node worker-1, choose an address of no"
                        + " node");
        assertThat(assigned(unplaced(NO_NODE)).message())
                .isEqualTo("192.168.126.102 is not assigned: no node is labelled k8s.ovn.org/egress-assignable, ready"
                        + " and reachable (worker-1: not ready)");
        assertThat(assigned(unplaced(NO_MATCH)).message())
                .isEqualTo("10.0.0.1 is not assigned: no node has it in its network; label another ready node that has"
                        + " it in its network k8s.ovn.org/egress-assignable, or put right what excludes these");
    }

    @Test
    void eventsHaveTheReasonsOfOvnKubernetes() {
        assertThat(eventsOf(unplaced(new InvalidEgressIp("homer"))))
                .containsExactly(EgressIpEventReason.InvalidEgressIP);
        assertThat(eventsOf(unplaced(new InvalidSelector("?"))))
                .containsExactly(EgressIpEventReason.UnsupportedRequest);
        assertThat(eventsOf(unplaced(new NoEgressIp()))).containsExactly(EgressIpEventReason.UnsupportedRequest);
        assertThat(eventsOf(unplaced(CONFLICT))).containsExactly(EgressIpEventReason.EgressIPConflict);
        assertThat(eventsOf(unplaced(IN_USE))).containsExactly(EgressIpEventReason.UnsupportedRequest);
        assertThat(eventsOf(unplaced(NO_NODE))).containsExactly(EgressIpEventReason.NoMatchingNodeFound);
        assertThat(eventsOf(unplaced(NO_MATCH))).containsExactly(EgressIpEventReason.NoMatchingNodeFound);
        assertThat(eventsOf(new Placement(List.of(FIRST), List.of(NO_MATCH))))
                .containsExactly(EgressIpEventReason.UnassignedRequest);
        assertThat(eventsOf(new Placement(List.of(FIRST), List.of(CONFLICT))))
                .containsExactly(EgressIpEventReason.EgressIPConflict);
    }

    @Test
    void problemsOfOneReasonShareAnEvent() {
        var other = new InUseByAnotherObject(ip("192.168.126.103"), "other");

        var events = EgressIpConditions.events(new Placement(List.of(FIRST), List.of(IN_USE, NO_MATCH, other)), 4);

        assertThat(events)
                .containsExactly(
                        new Event(
                                EgressIpEventReason.UnsupportedRequest,
                                "192.168.126.101 is not assigned: EgressIP egressip-demo uses it, choose another address"
                                        + " or remove it there; 192.168.126.103 is not assigned: EgressIP other uses it,"
                                        + " choose another address or remove it there"),
                        new Event(
                                EgressIpEventReason.UnassignedRequest,
                                "1 of 4 egress IPs assigned: 10.0.0.1 is not assigned: no node has it in its network;"
                                        + " label another ready node that has it in its network"
                                        + " k8s.ovn.org/egress-assignable, or put right what excludes these"));
    }

    @Test
    void aLongMessageEndsWithTheNumberOfWhatIsLeftOut() {
        for (int count : List.of(1, 16, 17, 18, 19, 20, 99, 5000)) {
            var all = IntStream.range(0, count)
                    .mapToObj(i -> on("10.0." + i / 256 + "." + i % 256, "worker-" + i))
                    .toList();

            var message = assigned(new Placement(all, List.of())).message();

            assertThat(message).hasSizeLessThanOrEqualTo(EgressIpConditions.MESSAGE_LIMIT);
            int named = message.split("is assigned to", -1).length - 1;
            assertThat(named).isGreaterThanOrEqualTo(Math.min(count, 18));
            if (named < count) {
                assertThat(message).endsWith("; ... and " + (count - named) + " more");
            }
        }
    }

    @Test
    void whatUsersWroteIsCutAndPrintable() {
        var message = assigned(unplaced(new InvalidEgressIp("homer\n\u0000é" + "x".repeat(100_000))))
                .message();

        assertThat(message)
                .startsWith("\"homer???xxx")
                .contains("xxx...\" is not")
                .hasSizeLessThan(250);
    }

    @Test
    void standbyNamesTheObjectsThatServeInAFixedOrder() {
        var expected = "2 pods that this object selects are served by older EgressIPs, whose place it takes when they"
                + " let go: a; b";

        assertThat(EgressIpConditions.standby(2, Set.of("b", "a"), 3))
                .isEqualTo(new StatusCondition(
                        EgressIpConditionType.Standby, true, EgressIpReason.ServedByAnotherObject, expected, 3));
        assertThat(EgressIpConditions.standbyEvent(Set.of("a", "b")))
                .isEqualTo(new Event(EgressIpEventReason.UndefinedRequest, expected.substring("2 ".length())));
        assertThat(EgressIpConditions.standby(1, Set.of("a"), 3).message())
                .startsWith("1 pod that this object selects is served by");
    }

    @Test
    void manyServingObjectsStayWithinTheLimit() {
        var names = IntStream.range(0, 1000)
                .mapToObj(i -> "egressip-of-a-team-" + i)
                .collect(Collectors.toCollection(ArrayList::new));
        Collections.shuffle(names, new Random(1));

        var message = EgressIpConditions.standbyEvent(Set.copyOf(names)).message();

        assertThat(message)
                .hasSizeLessThanOrEqualTo(EgressIpConditions.MESSAGE_LIMIT)
                .matches(".*egressip-of-a-team-0; egressip-of-a-team-1; .*; \\.\\.\\. and \\d+ more");
    }

    @Test
    void programmedSaysWhatIsWaitedFor() {
        assertThat(EgressIpConditions.programmed(new Programming.Committed(), 1))
                .isEqualTo(programmed(true, EgressIpReason.Programmed, "every row is in the database"));
        assertThat(EgressIpConditions.programmed(new Programming.Pending(3), 1))
                .isEqualTo(programmed(false, EgressIpReason.Pending, "rows of 3 pods are still to be committed"));
        assertThat(EgressIpConditions.programmed(new Programming.WaitingForRouters(Set.of("GR_b", "GR_a")), 1))
                .isEqualTo(programmed(
                        false,
                        EgressIpReason.WaitingForRouter,
                        "rows wait for what is not in the database, or not known of nodes: GR_a; GR_b"));
        assertThat(EgressIpConditions.programmed(
                        new Programming.Refused("constraint violation: \"reroute\" needs a nexthop"), 1))
                .isEqualTo(programmed(
                        false,
                        EgressIpReason.Refused,
                        "the database refused rows, which are tried again: constraint violation: \"reroute\" needs a"
                                + " nexthop"));
    }

    private static StatusCondition programmed(boolean status, EgressIpReason reason, String message) {
        return new StatusCondition(EgressIpConditionType.Programmed, status, reason, message, 1);
    }
}
