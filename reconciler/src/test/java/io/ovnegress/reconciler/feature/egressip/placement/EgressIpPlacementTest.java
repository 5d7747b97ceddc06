package io.ovnegress.reconciler.feature.egressip.placement;

import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.assignments;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.draining;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.ip;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.movingBack;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.node;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.notReady;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.object;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.on;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.preferring;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.routedFor;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.unlabelled;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.unreachable;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.withAddresses;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.withCapacity;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.withNextHop;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.withoutNamespaceSelector;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.withoutRouter;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.ReservedSubnet;
import io.ovnegress.reconciler.ReservedSubnet.Use;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.placement.Placement.Assignment;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.InUseByAnotherObject;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.InvalidEgressIp;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.InvalidSelector;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.NoEgressIp;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.NoEgressNode;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.NoMatchingNode;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.NodeAddressConflict;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.ReservedAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EgressIpPlacementTest {
    private static final EgressNode WORKER_1 = node("worker-1", "192.168.126.51/24");
    private static final EgressNode WORKER_2 = node("worker-2", "192.168.126.52/24");
    private static final EgressNode WORKER_3 = node("worker-3", "192.168.126.53/24");
    private static final EgressIpInput DEMO = object("egressip-demo", 0, "192.168.126.100");

    private static Map<String, Placement> place(List<EgressIpInput> objects, List<EgressNode> nodes) {
        return EgressIpPlacement.place(objects, nodes, Map.of());
    }

    private static Placement placed(EgressIpInput object, EgressNode... nodes) {
        return place(List.of(object), List.of(nodes)).get(object.name());
    }

    private static Placement moved(EgressIpInput object, List<Assignment> previous, EgressNode... nodes) {
        return EgressIpPlacement.place(List.of(object), List.of(nodes), Map.of(object.name(), previous))
                .get(object.name());
    }

    @Test
    void anIpGoesToTheOnlyLabelledNode() {
        var placement = placed(DEMO, unlabelled(WORKER_1), WORKER_2, unlabelled(WORKER_3));

        assertThat(placement.assignments()).containsExactly(on("192.168.126.100", "worker-2"));
        assertThat(placement.problems()).isEmpty();
    }

    @Test
    void nodesThatAreNotLabelledReadyAndReachableServeNothing() {
        var placement = placed(DEMO, unlabelled(WORKER_1), notReady(WORKER_2), unreachable(WORKER_3));

        assertThat(placement.assignments()).isEmpty();
        assertThat(placement.problems())
                .containsExactly(new NoEgressNode(
                        ip("192.168.126.100"),
                        false,
                        "worker-3: not reachable; worker-2: not ready; worker-1: not labelled"));
    }

    @Test
    void aClusterWithoutNodesServesNothing() {
        assertThat(placed(DEMO).problems())
                .containsExactly(new NoEgressNode(ip("192.168.126.100"), false, "the cluster has no nodes"));
    }

    @Test
    void twoIpsOfOneObjectAreNeverOnOneNode() {
        var two = object("a", 0, "192.168.126.100", "192.168.126.101");

        assertThat(placed(two, WORKER_1, WORKER_2).assignments())
                .containsExactly(on("192.168.126.100", "worker-1"), on("192.168.126.101", "worker-2"));

        var crowded = placed(two, WORKER_1);
        assertThat(crowded.assignments()).containsExactly(on("192.168.126.100", "worker-1"));
        assertThat(crowded.problems())
                .containsExactly(
                        new NoMatchingNode(ip("192.168.126.101"), "worker-1: serves another IP of this object"));
    }

    @Test
    void ipsAreBalancedOverTheNodesThatCanHostThem() {
        var objects = IntStream.range(0, 9)
                .mapToObj(i -> object("object-" + i, i, "192.168.126.10" + i))
                .toList();

        var perNode = place(objects, List.of(WORKER_1, WORKER_2, WORKER_3)).values().stream()
                .flatMap(placement -> placement.assignments().stream())
                .collect(Collectors.groupingBy(Assignment::node, Collectors.counting()));

        assertThat(perNode).isEqualTo(Map.of("worker-1", 3L, "worker-2", 3L, "worker-3", 3L));
    }

    @Test
    void ipsKeptFromBeforeCountInTheBalance() {
        var objects = List.of(object("new", 0, "192.168.126.100"), object("old", 1, "192.168.126.101"));

        var placements = EgressIpPlacement.place(
                objects, List.of(WORKER_1, WORKER_2), Map.of("old", List.of(on("192.168.126.101", "worker-1"))));

        assertThat(placements.get("new").assignments()).containsExactly(on("192.168.126.100", "worker-2"));
    }

    @Test
    void anIpOutsideEveryNetworkStaysUnassigned() {
        var placement = placed(object("a", 0, "10.1.2.3"), WORKER_1, WORKER_2);

        assertThat(placement.assignments()).isEmpty();
        assertThat(placement.problems())
                .containsExactly(new NoMatchingNode(ip("10.1.2.3"), "no node has it in its network"));
    }

    @Test
    void everyNodeIsNamedWithTheTermThatExcludesItTheNearestFirst() {
        var elsewhere = node("elsewhere", "10.0.0.1/24");
        var placement = placed(
                DEMO,
                elsewhere,
                notReady(WORKER_1),
                unlabelled(WORKER_2),
                notReady(WORKER_3),
                notReady(node("worker-4", "192.168.126.54/24")),
                notReady(node("worker-5", "192.168.126.55/24")),
                draining(node("worker-6", "192.168.126.56/24")));

        assertThat(placement.problems())
                .containsExactly(new NoMatchingNode(
                        ip("192.168.126.100"),
                        "worker-1, worker-3, worker-4 and 1 more: not ready; worker-6: being drained;"
                                + " worker-2: not labelled; elsewhere: does not have it in its network"));
    }

    @Test
    void whatIsSaidOfManyNodesWithLongNamesStaysShort() {
        var nodes = new ArrayList<EgressNode>();
        for (int i = 0; i < 40; i++) {
            var node = node("worker-%02d.".formatted(i) + "x".repeat(200), "192.168.126.51/24");
            nodes.add(i % 4 == 0 ? notReady(node) : i % 4 == 1 ? unlabelled(node) : i % 4 == 2 ? draining(node) : node);
        }
        var placements = place(
                List.of(DEMO),
                nodes.stream()
                        .filter(node -> !node.isUsable() || node.labels().isEmpty())
                        .toList());

        var problem = (NoEgressNode) placements.get("egressip-demo").problems().getFirst();
        assertThat(problem.why()).hasSizeLessThan(1000).endsWith("; and 20 more nodes");
    }

    @Test
    void anAddressOfANodeIsNeverAssignedEvenIfThatNodeIsNoEgressNode() {
        var neighbour = withAddresses(unlabelled(WORKER_2), "192.168.126.52", "192.168.126.100");
        var placement = placed(object("a", 0, "192.168.126.100", "192.168.126.101"), WORKER_1, neighbour);

        assertThat(placement.assignments()).containsExactly(on("192.168.126.101", "worker-1"));
        assertThat(placement.problems()).containsExactly(new NodeAddressConflict(ip("192.168.126.100"), "worker-2"));
    }

    @Test
    void ofTwoNodesWithOneAddressTheFirstByNameIsNamed() {
        var placement =
                placed(DEMO, withAddresses(WORKER_2, "192.168.126.100"), withAddresses(WORKER_1, "192.168.126.100"));

        assertThat(placement.problems()).containsExactly(new NodeAddressConflict(ip("192.168.126.100"), "worker-1"));
    }

    @Test
    void anAssignedIpThatBecomesANodeAddressIsTakenAway() {
        var previous = List.of(on("192.168.126.100", "worker-1"));

        var placement = moved(DEMO, previous, WORKER_1, withAddresses(WORKER_2, "192.168.126.100"));

        assertThat(placement.assignments()).isEmpty();
        assertThat(placement.problems()).containsExactly(new NodeAddressConflict(ip("192.168.126.100"), "worker-2"));
    }

    @Test
    void anEntryThatIsNoAddressRefusesTheWholeObject() {
        var placement = placed(object("a", 0, "192.168.126.100", "192.168.126.101/24", "bart"), WORKER_1, WORKER_2);

        assertThat(placement.assignments()).isEmpty();
        assertThat(placement.problems())
                .containsExactly(new InvalidEgressIp("192.168.126.101/24"), new InvalidEgressIp("bart"));
    }

    @Test
    void aMissingSelectorRefusesTheObject() {
        var placement = placed(withoutNamespaceSelector(DEMO, "namespaceSelector is missing"), WORKER_1);

        assertThat(placement.assignments()).isEmpty();
        assertThat(placement.problems()).containsExactly(new InvalidSelector("namespaceSelector is missing"));
    }

    @Test
    void anObjectWithoutIpsSaysSo() {
        assertThat(placed(object("a", 0), WORKER_1).problems()).containsExactly(new NoEgressIp());
    }

    @Test
    void oneIpInSeveralSpellingsCountsOnce() {
        var worker = node("worker", "fd00::1/64", "192.168.126.51/24");
        var placement =
                placed(object("a", 0, "FD00:0:0::0010", "fd00::10", "fd00:0000:0000:0000:0000:0000:0000:0010"), worker);

        assertThat(placement.assignments()).containsExactly(on("fd00::10", "worker"));
        assertThat(placement.problems()).isEmpty();
        assertThat(placed(object("b", 0, "::ffff:192.168.126.100", "192.168.126.100"), worker)
                        .assignments())
                .containsExactly(on("192.168.126.100", "worker"));
    }

    @Test
    void bothFamiliesOfADualStackObjectAreServedByDifferentNodes() {
        var placement = placed(
                object("a", 0, "fd00::10", "192.168.126.100"),
                node("worker-1", "192.168.126.51/24", "fd00::1/64"),
                node("worker-2", "192.168.126.52/24"));

        assertThat(placement.assignments())
                .containsExactly(on("fd00::10", "worker-1"), on("192.168.126.100", "worker-2"));
    }

    @Test
    void anIpWithManyNodesMakesRoomForOneWithFew() {
        var a = node("a", "10.0.0.1/24", "10.0.1.1/24");
        var b = node("b", "10.0.0.2/24");

        assertThat(placed(object("x", 0, "10.0.0.100", "10.0.1.100"), a, b).assignments())
                .containsExactly(on("10.0.0.100", "b"), on("10.0.1.100", "a"));
        assertThat(placed(object("x", 0, "10.0.1.100", "10.0.0.100"), a, b).assignments())
                .containsExactly(on("10.0.1.100", "a"), on("10.0.0.100", "b"));
    }

    @Test
    void theOlderOfTwoObjectsGetsTheIpThatBothList() {
        var placements = place(List.of(object("younger", 2, "192.168.126.100"), DEMO), List.of(WORKER_1, WORKER_2));

        assertThat(placements.get("egressip-demo").assignments()).containsExactly(on("192.168.126.100", "worker-1"));
        assertThat(placements.get("younger").assignments()).isEmpty();
        assertThat(placements.get("younger").problems())
                .containsExactly(new InUseByAnotherObject(ip("192.168.126.100"), "egressip-demo"));
    }

    @Test
    void ofObjectsOfTheSameAgeTheFirstByNameGetsTheIp() {
        var placements =
                place(List.of(object("b", 1, "192.168.126.100"), object("a", 1, "192.168.126.100")), List.of(WORKER_1));

        assertThat(placements.get("a").assignments()).hasSize(1);
        assertThat(placements.get("b").problems())
                .containsExactly(new InUseByAnotherObject(ip("192.168.126.100"), "a"));
    }

    @Test
    void theHolderKeepsItsIpWhenAnOlderObjectBeginsToListIt() {
        var older = object("older", 0, "192.168.126.100");
        var holder = object("holder", 5, "192.168.126.100");

        var placements = EgressIpPlacement.place(
                List.of(older, holder),
                List.of(WORKER_1, WORKER_2),
                Map.of("holder", List.of(on("192.168.126.100", "worker-2"))));

        assertThat(placements.get("holder").assignments()).containsExactly(on("192.168.126.100", "worker-2"));
        assertThat(placements.get("older").problems())
                .containsExactly(new InUseByAnotherObject(ip("192.168.126.100"), "holder"));
    }

    @Test
    void ofTwoHoldersOfOneIpTheOlderKeepsIt() {
        var older = object("older", 0, "192.168.126.100");
        var younger = object("younger", 5, "192.168.126.100");

        var placements = EgressIpPlacement.place(
                List.of(younger, older),
                List.of(WORKER_1, WORKER_2),
                Map.of(
                        "younger", List.of(on("192.168.126.100", "worker-1")),
                        "older", List.of(on("192.168.126.100", "worker-2"))));

        assertThat(placements.get("older").assignments()).containsExactly(on("192.168.126.100", "worker-2"));
        assertThat(placements.get("younger").problems())
                .containsExactly(new InUseByAnotherObject(ip("192.168.126.100"), "older"));
    }

    @Test
    void theOldestObjectGetsTheIpWhenTheNodeOfItsHolderFails() {
        var older = object("older", 0, "192.168.126.100");
        var holder = object("holder", 5, "192.168.126.100");

        var placements = EgressIpPlacement.place(
                List.of(older, holder),
                List.of(WORKER_1, notReady(WORKER_2)),
                Map.of("holder", List.of(on("192.168.126.100", "worker-2"))));

        assertThat(placements.get("older").assignments()).containsExactly(on("192.168.126.100", "worker-1"));
        assertThat(placements.get("holder").problems())
                .containsExactly(new InUseByAnotherObject(ip("192.168.126.100"), "older"));
    }

    @Test
    void anIpThatItsHolderNoLongerListsGoesToTheNextObject() {
        var placements = EgressIpPlacement.place(
                List.of(object("holder", 0, "192.168.126.101"), object("next", 5, "192.168.126.100")),
                List.of(WORKER_1),
                Map.of("holder", List.of(on("192.168.126.100", "worker-1"))));

        assertThat(placements.get("next").assignments()).containsExactly(on("192.168.126.100", "worker-1"));
    }

    @Test
    void aClaimStandsWhileTheIpCannotBePlaced() {
        var claimant = object("claimant", 0, "192.168.126.101", "192.168.126.100");
        var other = object("other", 5, "192.168.126.100");

        var placements = place(List.of(claimant, other), List.of(WORKER_1));

        assertThat(placements.get("claimant").assignments()).containsExactly(on("192.168.126.101", "worker-1"));
        assertThat(placements.get("other").problems())
                .containsExactly(new InUseByAnotherObject(ip("192.168.126.100"), "claimant"));
    }

    @Test
    void aRefusedObjectClaimsNothing() {
        var placements = place(
                List.of(object("refused", 0, "192.168.126.100", "homer"), object("other", 5, "192.168.126.100")),
                List.of(WORKER_1));

        assertThat(placements.get("other").assignments()).containsExactly(on("192.168.126.100", "worker-1"));
    }

    @Test
    void anIpFailsOverToAnotherNode() {
        var previous = List.of(on("192.168.126.100", "worker-1"));

        for (var failed : List.of(notReady(WORKER_1), unreachable(WORKER_1), unlabelled(WORKER_1))) {
            assertThat(moved(DEMO, previous, failed, WORKER_2).assignments())
                    .containsExactly(on("192.168.126.100", "worker-2"));
        }
        assertThat(moved(DEMO, previous, WORKER_2).assignments()).containsExactly(on("192.168.126.100", "worker-2"));
    }

    @Test
    void onlyTheIpsOfTheFailedNodeMove() {
        var three = object("a", 0, "192.168.126.100", "192.168.126.101", "192.168.126.102");
        var previous = List.of(
                on("192.168.126.100", "worker-3"),
                on("192.168.126.101", "worker-1"),
                on("192.168.126.102", "worker-2"));

        var placement =
                moved(three, previous, notReady(WORKER_1), WORKER_2, WORKER_3, node("worker-4", "192.168.126.54/24"));

        assertThat(placement.assignments())
                .containsExactly(
                        on("192.168.126.100", "worker-3"),
                        on("192.168.126.101", "worker-4"),
                        on("192.168.126.102", "worker-2"));
    }

    @Test
    void aReturningNodeDoesNotTakeItsIpsBack() {
        var previous = List.of(on("192.168.126.100", "worker-2"));

        assertThat(moved(DEMO, previous, WORKER_1, WORKER_2).assignments())
                .containsExactly(on("192.168.126.100", "worker-2"));
    }

    @Test
    void anIpLeavesANodeWhoseNetworkNoLongerHoldsIt() {
        var previous = List.of(on("192.168.126.100", "worker-1"));

        assertThat(moved(DEMO, previous, node("worker-1", "10.0.0.1/24"), WORKER_2)
                        .assignments())
                .containsExactly(on("192.168.126.100", "worker-2"));
    }

    @Test
    void ofTwoPreviousNodesOfOneIpTheFirstThatIsValidStays() {
        var previous = List.of(
                on("192.168.126.100", "worker-1"),
                on("192.168.126.100", "worker-3"),
                on("192.168.126.100", "worker-2"));

        assertThat(moved(DEMO, previous, notReady(WORKER_1), WORKER_2, WORKER_3).assignments())
                .containsExactly(on("192.168.126.100", "worker-3"));
    }

    @Test
    void ofTwoPreviousIpsOnOneNodeTheFirstStays() {
        var two = object("a", 0, "192.168.126.100", "192.168.126.101");
        var previous = List.of(on("192.168.126.101", "worker-2"), on("192.168.126.100", "worker-2"));

        assertThat(moved(two, previous, WORKER_1, WORKER_2).assignments())
                .containsExactly(on("192.168.126.100", "worker-2"), on("192.168.126.101", "worker-1"));
    }

    @Test
    void aNodeWithARouterIsPreferredToAFreerOneWithout() {
        var objects = new ArrayList<EgressIpInput>();
        objects.add(DEMO);
        objects.add(object("second", 1, "192.168.126.101"));

        var placements = place(objects, List.of(withoutRouter(WORKER_1), WORKER_2));

        assertThat(assignments(placements).values())
                .allSatisfy(
                        list -> assertThat(list).extracting(Assignment::node).containsExactly("worker-2"));
    }

    @Test
    void aNodeWithoutARouterServesWhatNoOtherCan() {
        assertThat(placed(DEMO, withoutRouter(WORKER_1), node("other", "10.0.0.1/24"))
                        .assignments())
                .containsExactly(on("192.168.126.100", "worker-1"));
    }

    @Test
    void aNodeThatLosesItsRouterLosesItsIpsToOneThatHasIts() {
        assertThat(moved(DEMO, List.of(on("192.168.126.100", "worker-1")), withoutRouter(WORKER_1), WORKER_2)
                        .assignments())
                .containsExactly(on("192.168.126.100", "worker-2"));
    }

    @Test
    void aNodeWithoutARouterKeepsWhatNoOtherWithOneCanServe() {
        var previous = List.of(on("192.168.126.100", "worker-2"));

        assertThat(moved(DEMO, previous, withoutRouter(WORKER_1), withoutRouter(WORKER_2), node("a", "10.0.0.1/24"))
                        .assignments())
                .containsExactly(on("192.168.126.100", "worker-2"));
        assertThat(moved(DEMO, previous, withoutRouter(WORKER_2), notReady(WORKER_1))
                        .assignments())
                .containsExactly(on("192.168.126.100", "worker-2"));
    }

    @Test
    void aRouterThatComesBackDoesNotTakeItsIpsBack() {
        assertThat(moved(DEMO, List.of(on("192.168.126.100", "worker-2")), WORKER_1, WORKER_2)
                        .assignments())
                .containsExactly(on("192.168.126.100", "worker-2"));
    }

    @Test
    void aJoinPortWithoutAnAddressOfTheFamilyIsNoWayThere() {
        var both = object("a", 0, "192.168.126.100", "fd00::100");
        var worker1 = routedFor(IpFamily.V6, node("worker-1", "192.168.126.51/24", "fd00::1/64"));
        var worker2 = node("worker-2", "192.168.126.52/24", "fd00::2/64");
        var previous = List.of(on("192.168.126.100", "worker-1"), on("fd00::100", "worker-2"));

        assertThat(moved(both, previous, worker1, worker2, WORKER_3).assignments())
                .containsExactly(on("192.168.126.100", "worker-3"), on("fd00::100", "worker-2"));
        assertThat(moved(both, List.of(on("fd00::100", "worker-1")), worker1, worker2)
                        .assignments())
                .containsExactly(on("192.168.126.100", "worker-2"), on("fd00::100", "worker-1"));
    }

    @Test
    void twoIpsEachOnTheNodeThatOnlyHasTheOthersRouterChangePlaces() {
        var both = object("a", 0, "192.168.126.100", "fd00::100");
        var worker1 = routedFor(IpFamily.V6, node("worker-1", "192.168.126.51/24", "fd00::1/64"));
        var worker2 = routedFor(IpFamily.V4, node("worker-2", "192.168.126.52/24", "fd00::2/64"));
        var previous = List.of(on("192.168.126.100", "worker-1"), on("fd00::100", "worker-2"));

        assertThat(moved(both, previous, worker1, worker2).assignments())
                .containsExactly(on("192.168.126.100", "worker-2"), on("fd00::100", "worker-1"));
    }

    @Test
    void onlyTheIpsOfTheLostRouterMove() {
        var three = object("a", 0, "192.168.126.100", "192.168.126.101", "192.168.126.102");
        var previous = List.of(
                on("192.168.126.100", "worker-3"),
                on("192.168.126.101", "worker-1"),
                on("192.168.126.102", "worker-2"));

        assertThat(moved(three, previous, withoutRouter(WORKER_1), WORKER_2, WORKER_3)
                        .assignments())
                .containsExactlyElementsOf(List.of(previous.get(0), previous.get(1), previous.get(2)));
        assertThat(moved(
                                three,
                                previous,
                                withoutRouter(WORKER_1),
                                WORKER_2,
                                WORKER_3,
                                node("worker-4", "192.168.126.54/24"))
                        .assignments())
                .containsExactly(
                        on("192.168.126.100", "worker-3"),
                        on("192.168.126.101", "worker-4"),
                        on("192.168.126.102", "worker-2"));
    }

    @Test
    void anAddressThatNoHostCanHaveIsRefused() {
        var placement = placed(
                object("a", 0, "192.168.126.0", "192.168.126.255", "192.168.126.254", "fd00::"),
                WORKER_1,
                node("worker-2", "192.168.126.52/24", "fd00::52/64"));

        assertThat(placement.assignments()).containsExactly(on("192.168.126.254", "worker-1"));
        assertThat(placement.problems())
                .containsExactly(
                        new ReservedAddress(
                                ip("192.168.126.0"),
                                "it is the network address of 192.168.126.0/24, choose an address that a host can"
                                        + " have"),
                        new ReservedAddress(
                                ip("192.168.126.255"),
                                "it is the broadcast address of 192.168.126.0/24, choose an address that a host can"
                                        + " have"),
                        new ReservedAddress(
                                ip("fd00::"),
                                "it is the network address of fd00::/64, choose an address that a host can have"));
    }

    @Test
    void aNetworkOfTwoAddressesHasTwoHosts() {
        assertThat(placed(object("a", 0, "192.168.126.100"), node("a", "192.168.126.101/31"))
                        .assignments())
                .containsExactly(on("192.168.126.100", "a"));
    }

    @Test
    void theBroadcastAddressOfOneNodesNetworkMayBeAHostInAnothers() {
        var wide = node("wide", "192.168.126.53/23");

        assertThat(placed(object("a", 0, "192.168.126.255"), WORKER_1, wide).assignments())
                .containsExactly(on("192.168.126.255", "wide"));
        assertThat(placed(object("a", 0, "192.168.126.255"), WORKER_1, notReady(wide))
                        .problems())
                .containsExactly(new NoMatchingNode(
                        ip("192.168.126.255"), "wide: not ready; worker-1: has it as network or broadcast address"));
    }

    @Test
    void theDefaultGatewayIsRefusedAndTakenAway() {
        var behind = withNextHop(unlabelled(WORKER_2), "192.168.126.100");

        var placement = moved(DEMO, List.of(on("192.168.126.100", "worker-1")), WORKER_1, behind);

        assertThat(placement.assignments()).isEmpty();
        assertThat(placement.problems())
                .containsExactly(new ReservedAddress(
                        ip("192.168.126.100"),
                        "it is the default gateway of node worker-2, choose an address that no machine has"));
    }

    @Test
    void anAddressInASubnetOfTheClustersOwnIsRefused() {
        var services = new ReservedSubnet(
                Use.SERVICE, IpNetwork.parse("192.168.126.96/28").orElseThrow());

        var placement = EgressIpPlacement.place(
                        List.of(DEMO), new NodeIndex(List.of(WORKER_1), List.of(DEMO), List.of(services)), Map.of())
                .get("egressip-demo");

        assertThat(placement.problems())
                .containsExactly(new ReservedAddress(
                        ip("192.168.126.100"),
                        "it lies in service subnet 192.168.126.96/28 (--k8s-service-cidrs), choose an address of the"
                                + " nodes' network that is in no subnet of the cluster's own"));
    }

    @Test
    void aSubnetThatANodeIsInIsNotWhatTheFlagSays() {
        var services = new ReservedSubnet(
                Use.SERVICE, IpNetwork.parse("192.168.126.0/24").orElseThrow());

        assertThat(EgressIpPlacement.place(
                                List.of(DEMO),
                                new NodeIndex(List.of(WORKER_1), List.of(DEMO), List.of(services)),
                                Map.of())
                        .get("egressip-demo")
                        .assignments())
                .containsExactly(on("192.168.126.100", "worker-1"));
    }

    private static EgressIpInput floating(String... egressIps) {
        return object("a", 0, egressIps).edit().form(EgressForm.FLOATING).build();
    }

    private static final EgressNode ONLY_V4 = withNextHop(node("n1", "10.0.0.250/24"), "10.0.0.254");
    private static final EgressNode ONLY_V6 = withNextHop(node("n2", "fd00::ff02/64"), "fd00::fe");
    private static final EgressNode BOTH = leadingOut(node("n3", "10.0.0.253/24", "fd00::ff03/64"));
    private static final List<Assignment> APART = List.of(on("10.0.0.1", "n1"), on("fd00::1", "n2"));

    private static EgressNode leadingOut(EgressNode node) {
        return withNextHop(node, "10.0.0.254", "fd00::fe");
    }

    private static Optional<List<Assignment>> comingTogether(List<Assignment> apart, EgressNode... nodes) {
        var objects = List.of(floating("10.0.0.1", "fd00::1"));
        return EgressIpPlacement.goingBack(
                        objects, new NodeIndex(List.of(nodes), objects, List.of()), Map.of("a", apart))
                .map(placements -> placements.get("a").assignments());
    }

    /** The other family's pods would leave as the node. */
    @Test
    void familiesComeTogetherOnlyWhereThereIsAWayOutForBoth() {
        for (var without : List.of(
                withNextHop(BOTH, "10.0.0.254"),
                withNextHop(BOTH, "fd00::fe"),
                withoutRouter(BOTH),
                routedFor(IpFamily.V4, BOTH),
                routedFor(IpFamily.V6, BOTH))) {
            assertThat(comingTogether(APART, ONLY_V4, ONLY_V6, without)).isEmpty();
            var other = leadingOut(node("n4", "10.0.0.240/24", "fd00::ff04/64"));
            assertThat(comingTogether(APART, ONLY_V4, ONLY_V6, without, other))
                    .contains(List.of(on("10.0.0.1", "n4"), on("fd00::1", "n4")));
        }
    }

    /** Nor do they go back to where the one of them has none, as long as it has one. */
    @Test
    void familiesThatShareARouterGoBackOnlyToWhereBothHaveTheirWayOut() {
        var object = movingBack(preferring(floating("10.0.0.1", "fd00::1"), "n4"));
        var preferred = leadingOut(node("n4", "10.0.0.240/24", "fd00::ff04/64"));
        var there = Map.of("a", List.of(on("10.0.0.1", "n3"), on("fd00::1", "n3")));

        assertThat(goingBack(object, there, BOTH, preferred)).contains("n4");
        assertThat(goingBack(object, there, BOTH, withNextHop(preferred, "10.0.0.254")))
                .isEmpty();
        assertThat(goingBack(object, there, BOTH, withNextHop(preferred, "fd00::fe")))
                .isEmpty();
        assertThat(goingBack(object, there, withNextHop(BOTH, "10.0.0.254"), withNextHop(preferred, "10.0.0.254")))
                .contains("n4");
    }

    private static final EgressNode V4_OUT = withNextHop(node("n0", "10.0.0.249/24", "fd00::ff00/64"), "10.0.0.254");
    private static final EgressNode V6_OUT = withNextHop(node("n1", "10.0.0.250/24", "fd00::ff01/64"), "fd00::fe");

    private static List<Assignment> placedAndStaying(List<Assignment> before, EgressNode... nodes) {
        var pair = floating("10.0.0.1", "fd00::1");
        var placed = moved(pair, before, nodes).assignments();
        assertThat(moved(pair, placed, nodes).assignments()).isEqualTo(placed);
        return placed;
    }

    /** Nodes without a default gateway come first by name. */
    @Test
    void aNewPairGoesToANodeThatLeadsBothOutAndPartsWhereEachFindsAWayOutForItself() {
        var none = List.<Assignment>of();
        assertThat(placedAndStaying(none, V4_OUT, V6_OUT, BOTH))
                .containsExactly(on("10.0.0.1", "n3"), on("fd00::1", "n3"));
        assertThat(placedAndStaying(none, V4_OUT, V6_OUT, withCapacity(1, BOTH)))
                .as("there is no room for both")
                .containsExactly(on("10.0.0.1", "n0"), on("fd00::1", "n1"));
        assertThat(placedAndStaying(none, V4_OUT, V6_OUT)).containsExactly(on("10.0.0.1", "n0"), on("fd00::1", "n1"));
        assertThat(placedAndStaying(none, V6_OUT, V4_OUT, notReady(BOTH)))
                .containsExactly(on("10.0.0.1", "n0"), on("fd00::1", "n1"));
        assertThat(placedAndStaying(none, withNextHop(V6_OUT), V4_OUT))
                .as("one of them has a way out nowhere")
                .containsExactly(on("10.0.0.1", "n0"), on("fd00::1", "n0"));
        assertThat(placedAndStaying(none, withNextHop(V4_OUT), V6_OUT))
                .containsExactly(on("10.0.0.1", "n1"), on("fd00::1", "n1"));
        assertThat(placedAndStaying(none, withNextHop(V4_OUT), withNextHop(V6_OUT)))
                .containsExactly(on("10.0.0.1", "n0"), on("fd00::1", "n0"));
    }

    @Test
    void aFamilyJoinsTheOtherOneOnlyWhereItHasAWayOutIfThereIsOneElsewhere() {
        var v4 = List.of(on("10.0.0.1", "n0"));
        assertThat(placedAndStaying(v4, V4_OUT, V6_OUT)).containsExactly(on("10.0.0.1", "n0"), on("fd00::1", "n1"));
        assertThat(placedAndStaying(v4, V4_OUT, withNextHop(V6_OUT)))
                .containsExactly(on("10.0.0.1", "n0"), on("fd00::1", "n0"));
        assertThat(placedAndStaying(v4, leadingOut(V4_OUT), V6_OUT))
                .containsExactly(on("10.0.0.1", "n0"), on("fd00::1", "n0"));
        var v6 = List.of(on("fd00::1", "n1"));
        assertThat(placedAndStaying(v6, V4_OUT, V6_OUT)).containsExactly(on("10.0.0.1", "n0"), on("fd00::1", "n1"));
    }

    /** Where the way out is missing for a moment the router goes on as it is. */
    @Test
    void aPairThatIsTogetherStaysThoughAWayOutIsMissing() {
        assertThat(placedAndStaying(List.of(on("10.0.0.1", "n0"), on("fd00::1", "n0")), V4_OUT, V6_OUT, BOTH))
                .containsExactly(on("10.0.0.1", "n0"), on("fd00::1", "n0"));
    }

    @Test
    void aRouterOfItsOwnGoesToANodeWithADefaultGatewayAndIsNotEvenedOutToOneWithout() {
        var object = preferring(floating("10.0.0.1"), "n1");
        assertThat(placed(object, V6_OUT, V4_OUT).assignments()).containsExactly(on("10.0.0.1", "n0"));
        assertThat(placed(preferring(object("a", 0, "10.0.0.1"), "n1"), V6_OUT, V4_OUT)
                        .assignments())
                .as("rows for each pod")
                .containsExactly(on("10.0.0.1", "n1"));

        var objects = Map.of("a", floating("10.0.0.1"), "b", object("b", 1, "10.0.0.2"));
        var all = Map.of(
                "a", new Placement(List.of(on("10.0.0.1", "n0")), List.of()),
                "b", new Placement(List.of(on("10.0.0.2", "n0")), List.of()));
        assertThat(step(objects, all, V4_OUT, V6_OUT)).isEmpty();
        assertThat(step(objects, all, V4_OUT, leadingOut(V6_OUT))).isPresent();
    }

    private static Optional<EgressIpRebalance.Step> step(
            Map<String, EgressIpInput> objects, Map<String, Placement> placed, EgressNode... nodes) {
        return EgressIpRebalance.next(
                new NodeIndex(List.of(nodes), objects.values(), List.of()),
                name -> Optional.ofNullable(objects.get(name)),
                placed);
    }

    private static Optional<String> goingBack(
            EgressIpInput object, Map<String, List<Assignment>> there, EgressNode... nodes) {
        var index = new NodeIndex(List.of(nodes), List.of(object), List.of());
        return EgressIpPlacement.goingBack(List.of(object), index, there)
                .map(placements -> placements.get("a").assignments().getFirst().node());
    }

    /** The failure of a node is no time for what is well elsewhere to move. */
    @Test
    void aFamilyStaysWhereItIsWellWhenTheOtherOneLosesItsNode() {
        assertThat(moved(floating("10.0.0.1", "fd00::1"), APART, notReady(ONLY_V4), ONLY_V6, BOTH)
                        .assignments())
                .containsExactly(on("10.0.0.1", "n3"), on("fd00::1", "n2"));
        assertThat(moved(floating("10.0.0.1", "fd00::1"), APART, ONLY_V4, notReady(ONLY_V6), BOTH)
                        .assignments())
                .containsExactly(on("10.0.0.1", "n1"), on("fd00::1", "n3"));
    }

    @Test
    void aFamilyThatLosesItsNodeJoinsTheOtherOneIfThereIsRoom() {
        var apart = List.of(on("10.0.0.1", "n1"), on("fd00::1", "n3"));
        var next = node("n0", "10.0.0.249/24");

        assertThat(moved(floating("10.0.0.1", "fd00::1"), apart, next, notReady(ONLY_V4), BOTH)
                        .assignments())
                .containsExactly(on("10.0.0.1", "n3"), on("fd00::1", "n3"));
        assertThat(moved(floating("10.0.0.1", "fd00::1"), apart, next, notReady(ONLY_V4), withCapacity(1, BOTH))
                        .assignments())
                .containsExactly(on("10.0.0.1", "n0"), on("fd00::1", "n3"));
    }

    @Test
    void familiesShareANodeOnlyWhereThereIsRoomForBoth() {
        var apart = List.of(on("10.0.0.1", "n3"), on("fd00::1", "n4"));
        var other = leadingOut(node("n4", "10.0.0.240/24", "fd00::ff04/64"));

        assertThat(comingTogether(apart, withCapacity(1, BOTH), withCapacity(1, other)))
                .isEmpty();
        assertThat(comingTogether(apart, withCapacity(1, BOTH), other))
                .contains(List.of(on("10.0.0.1", "n4"), on("fd00::1", "n4")));
        assertThat(comingTogether(apart, BOTH, withCapacity(1, other)))
                .contains(List.of(on("10.0.0.1", "n3"), on("fd00::1", "n3")));
        assertThat(moved(floating("10.0.0.1", "fd00::1"), List.of(), withCapacity(1, BOTH), withCapacity(1, other))
                        .assignments())
                .containsExactlyInAnyOrderElementsOf(apart);
        assertThat(moved(floating("10.0.0.1", "fd00::1"), List.of(on("10.0.0.1", "n3")), withCapacity(1, BOTH))
                        .assignments())
                .containsExactly(on("10.0.0.1", "n3"));
    }

    /** Somebody else lists the IPv4 address, too: neither does its holder lose it, nor the other family its node. */
    @Test
    void whatAnotherObjectHoldsIsNotTakenForAFamilyThatHasANode() {
        var holder = object("holder", 1, "10.0.0.1");
        var before = Map.of("a", List.of(on("fd00::1", "n3")), "holder", List.of(on("10.0.0.1", "n1")));

        assertThat(assignments(EgressIpPlacement.place(
                        List.of(floating("10.0.0.1", "fd00::1"), holder), List.of(ONLY_V4, BOTH), before)))
                .isEqualTo(before);

        var together = List.of(on("10.0.0.1", "n3"), on("fd00::1", "n3"));
        assertThat(EgressIpPlacement.place(
                                List.of(floating("10.0.0.1", "fd00::1"), holder),
                                List.of(ONLY_V4, BOTH),
                                Map.of("a", together))
                        .get("a")
                        .together())
                .containsExactly(together);
    }

    @Test
    void whatAnotherObjectWritesInOtherWordsIsItsOwnToo() {
        var holder = object("holder", -1, "fd00:0:0::0001");
        var before = Map.of("a", List.of(on("10.0.0.1", "n3")), "holder", List.of(on("fd00::1", "n3")));

        assertThat(assignments(EgressIpPlacement.place(
                        List.of(floating("10.0.0.1", "fd00::1"), holder), List.of(BOTH), before)))
                .isEqualTo(before);
    }

    /** One that has no room keeps no other one from its own. */
    @Test
    void theFirstOfThoseThatHaveRoomTogetherComesTogether() {
        var full = withCapacity(1, BOTH);
        var wide = leadingOut(node("n4", "10.0.1.253/24", "fd01::ff04/64"));
        var objects = List.of(
                floating("10.0.0.1", "fd00::1"),
                object("b", 1, "10.0.1.1", "fd01::1")
                        .edit()
                        .form(EgressForm.FLOATING)
                        .build(),
                object("c", 2, "10.0.1.2", "fd01::2")
                        .edit()
                        .form(EgressForm.FLOATING)
                        .build());
        var nodes = List.of(ONLY_V4, ONLY_V6, full, wide, node("n5", "10.0.1.250/24"), node("n6", "fd01::ff06/64"));
        var before = Map.of(
                "a", APART,
                "b", List.of(on("10.0.1.1", "n5"), on("fd01::1", "n6")),
                "c", List.of(on("10.0.1.2", "n5"), on("fd01::2", "n6")));

        var back = EgressIpPlacement.goingBack(objects, new NodeIndex(nodes, objects, List.of()), before)
                .orElseThrow();

        assertThat(assignments(back))
                .isEqualTo(Map.of(
                        "a", APART, "b", List.of(on("10.0.1.1", "n4"), on("fd01::1", "n4")), "c", before.get("c")));
    }

    @Test
    void familiesThatAreWellEachForItselfStayApartUntilTheyGoBackTogether() {
        var object = List.of(floating("10.0.0.1", "fd00::1"));
        var nodes = List.of(ONLY_V4, ONLY_V6, BOTH);
        var apart = Map.of("a", APART);
        var together = List.of(on("10.0.0.1", "n3"), on("fd00::1", "n3"));

        assertThat(EgressIpPlacement.place(object, nodes, apart).get("a").assignments())
                .isEqualTo(apart.get("a"));
        assertThat(EgressIpPlacement.place(object, nodes, Map.of()).get("a").assignments())
                .isEqualTo(together);
        var index = new NodeIndex(nodes, object, List.of());
        var back = EgressIpPlacement.goingBack(object, index, apart).orElseThrow();
        assertThat(back.get("a").assignments()).isEqualTo(together);
        assertThat(EgressIpPlacement.goingBack(object, index, assignments(back)))
                .isEmpty();
    }

    @Test
    void familiesStayApartWhereNoNodeHasRoomForBoth() {
        var objects = List.of(floating("10.0.0.1", "fd00::1"), object("b", 1, "10.0.0.2"));
        var nodes = List.of(node("n1", "10.0.0.250/24"), node("n2", "fd00::ff02/64"), withCapacity(1, BOTH));
        var apart = Map.of("a", APART, "b", List.of(on("10.0.0.2", "n3")));

        assertThat(EgressIpPlacement.goingBack(objects, new NodeIndex(nodes, objects, List.of()), apart))
                .isEmpty();
    }

    @Test
    void anAddressThatIsAddedDoesNotTakeTheOtherFamilysFromItsNode() {
        var nodes = List.of(node("n1", "10.0.0.250/24"), node("n3", "10.0.0.253/24", "fd00::ff03/64"));

        assertThat(EgressIpPlacement.place(
                                List.of(floating("10.0.0.1", "fd00::1")),
                                nodes,
                                Map.of("a", List.of(on("10.0.0.1", "n1"))))
                        .get("a")
                        .assignments())
                .containsExactly(on("10.0.0.1", "n1"), on("fd00::1", "n3"));
    }
}
