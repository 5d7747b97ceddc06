package io.ovnegress.reconciler.feature.egressip.placement;

import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.choosing;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.inRanges;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.inZone;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.ip;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.labelled;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.movingBack;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.node;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.notReady;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.object;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.on;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.pinned;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.preferring;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.unlabelled;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.withCapacity;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.withoutRouter;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.placement.Placement.Assignment;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.NoEgressNode;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.NoMatchingNode;
import io.ovnegress.reconciler.input.EgressCapacity;
import io.ovnegress.reconciler.input.EgressLimits;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.LabelSelector.Operator;
import io.ovnegress.reconciler.input.LabelSelector.Requirement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What objects say of their nodes, and nodes of what they serve. */
class NodeChoiceTest {
    private static final String IP = "192.168.126.100";
    private static final EgressNode WORKER_1 = node("worker-1", "192.168.126.51/24");
    private static final EgressNode WORKER_2 = node("worker-2", "192.168.126.52/24");
    private static final EgressNode WORKER_3 = node("worker-3", "192.168.126.53/24");
    private static final EgressIpInput DEMO = object("demo", 0, IP);
    private static final LabelSelector POOL =
            new LabelSelector(List.of(new Requirement("pool", Operator.IN, Set.of("egress"))));

    private static Map<String, Placement> placements(
            List<EgressIpInput> objects, Map<String, List<Assignment>> previous, EgressNode... nodes) {
        return EgressIpPlacement.place(objects, List.of(nodes), previous);
    }

    private static Placement placed(EgressIpInput object, EgressNode... nodes) {
        return moved(object, List.of(), nodes);
    }

    private static Placement moved(EgressIpInput object, List<Assignment> previous, EgressNode... nodes) {
        return placements(List.of(object), Map.of(object.name(), previous), nodes)
                .get(object.name());
    }

    @Test
    void aNodeThatTheObjectSelectsNeedsNoLabelOfEgressNodes() {
        var pool = labelled(unlabelled(WORKER_2), "pool", "egress");

        assertThat(placed(choosing(DEMO, POOL), WORKER_1, pool).assignments()).containsExactly(on(IP, "worker-2"));
        assertThat(placed(DEMO, WORKER_1, pool).assignments()).containsExactly(on(IP, "worker-1"));
    }

    @Test
    void anEmptySelectorTakesEveryNode() {
        assertThat(placed(choosing(DEMO, LabelSelector.EVERYTHING), unlabelled(WORKER_1))
                        .assignments())
                .containsExactly(on(IP, "worker-1"));
    }

    @Test
    void anEgressIpLeavesANodeThatItsObjectNoLongerSelects() {
        var pool = labelled(WORKER_2, "pool", "egress");

        assertThat(moved(choosing(DEMO, POOL), List.of(on(IP, "worker-1")), WORKER_1, pool)
                        .assignments())
                .containsExactly(on(IP, "worker-2"));
        assertThat(moved(choosing(DEMO, POOL), List.of(on(IP, "worker-2")), labelled(WORKER_1, "pool", "egress"), pool)
                        .assignments())
                .as("a selector that still matches moves nothing")
                .containsExactly(on(IP, "worker-2"));
    }

    @Test
    void aSelectorThatNoNodeMatchesSaysSo() {
        var pool = notReady(labelled(WORKER_2, "pool", "egress"));

        assertThat(placed(choosing(DEMO, POOL), WORKER_1, pool).problems())
                .containsExactly(new NoEgressNode(
                        ip(IP), true, "worker-2: not ready; worker-1: labels do not match egressNodeSelector"));
    }

    @Test
    void theMostPreferredNodeThatCanServesIt() {
        var demo = preferring(DEMO, "worker-9", "worker-3", "worker-2");

        assertThat(placed(demo, WORKER_1, WORKER_2, WORKER_3).assignments()).containsExactly(on(IP, "worker-3"));
        assertThat(placed(demo, WORKER_1, WORKER_2, notReady(WORKER_3)).assignments())
                .containsExactly(on(IP, "worker-2"));
        assertThat(placed(demo, WORKER_1).assignments()).containsExactly(on(IP, "worker-1"));
        assertThat(placed(demo, WORKER_1, withoutRouter(WORKER_3)).assignments())
                .as("a router counts for more")
                .containsExactly(on(IP, "worker-1"));
    }

    @Test
    void aPreferredNodeThatComesBackTakesOnlyWhatAsksForIt() {
        var demo = preferring(DEMO, "worker-2", "worker-3");
        var previous = List.of(on(IP, "worker-1"));

        assertThat(moved(demo, previous, WORKER_1, WORKER_2, WORKER_3).assignments())
                .containsExactly(on(IP, "worker-1"));
        assertThat(backFrom(demo, previous, WORKER_1, WORKER_2, WORKER_3)).isEmpty();
        assertThat(moved(movingBack(demo), previous, WORKER_1, WORKER_2, WORKER_3)
                        .assignments())
                .as("not by the way, with other changes")
                .containsExactly(on(IP, "worker-1"));
        assertThat(backFrom(movingBack(demo), previous, WORKER_1, WORKER_2, WORKER_3))
                .containsExactly(on(IP, "worker-2"));
        assertThat(backFrom(movingBack(demo), previous, WORKER_1, notReady(WORKER_2), WORKER_3))
                .containsExactly(on(IP, "worker-3"));
        assertThat(backFrom(movingBack(demo), previous, WORKER_1, withoutRouter(WORKER_2)))
                .isEmpty();
    }

    /** Where the object's egress IPs are when it has gone back; empty if it cannot. */
    private static List<Assignment> backFrom(EgressIpInput object, List<Assignment> previous, EgressNode... nodes) {
        return EgressIpPlacement.goingBack(
                        List.of(object),
                        new NodeIndex(List.of(nodes), List.of(object), List.of()),
                        Map.of(object.name(), previous))
                .map(placements -> placements.get(object.name()).assignments())
                .orElse(List.of());
    }

    @Test
    void aPreferredNodeThatDoesNotExistIsNamed() {
        var demo = preferring(DEMO, "worker-9", "worker-1", "worker-9", "worker_2");

        assertThat(placed(demo, WORKER_1, WORKER_2).unknownNodes()).containsExactly("worker-9", "worker_2");
        assertThat(placed(demo, WORKER_1, node("worker-9", "192.168.126.59/24")).unknownNodes())
                .containsExactly("worker_2");
    }

    @Test
    void asFewIpsAsPossibleMoveBack() {
        var three = movingBack(preferring(
                object("demo", 0, "192.168.126.100", "192.168.126.101", "192.168.126.102"), "worker-1", "worker-2"));
        var previous = List.of(
                on("192.168.126.100", "worker-2"),
                on("192.168.126.101", "worker-3"),
                on("192.168.126.102", "worker-4"));

        assertThat(backFrom(three, previous, WORKER_1, WORKER_2, WORKER_3, node("worker-4", "192.168.126.54/24")))
                .contains(on("192.168.126.100", "worker-2"))
                .extracting(Assignment::node)
                .contains("worker-1")
                .containsAnyOf("worker-3", "worker-4");
    }

    @Test
    void aPinnedEgressIpIsServedByItsNodesOnly() {
        var pinned = pinned(WORKER_3, IP);

        assertThat(placed(DEMO, WORKER_1, WORKER_2, pinned).assignments()).containsExactly(on(IP, "worker-3"));
        assertThat(moved(DEMO, List.of(on(IP, "worker-1")), WORKER_1, pinned).assignments())
                .containsExactly(on(IP, "worker-3"));
        assertThat(placed(DEMO, WORKER_1, pinned(WORKER_2, IP), notReady(pinned))
                        .assignments())
                .as("two nodes that say so stand in for each other")
                .containsExactly(on(IP, "worker-2"));
        assertThat(placed(DEMO, WORKER_1, notReady(pinned)).problems())
                .containsExactly(new NoMatchingNode(
                        ip(IP),
                        "worker-3: not ready; worker-1: it is another node's (annotation ovn-egress.io/egress-ips"
                                + " there)"));
    }

    @Test
    void aNodeWithRangesServesWhatLiesInThemAndWhatIsPinnedToIt() {
        var narrow = inRanges(WORKER_1, "192.168.126.128/25");

        assertThat(placed(DEMO, narrow, WORKER_2).assignments()).containsExactly(on(IP, "worker-2"));
        assertThat(placed(object("a", 0, "192.168.126.200"), narrow).assignments())
                .containsExactly(on("192.168.126.200", "worker-1"));
        assertThat(placed(DEMO, inRanges(pinned(WORKER_1, IP), "192.168.126.128/25"))
                        .assignments())
                .containsExactly(on(IP, "worker-1"));
        assertThat(placed(DEMO, narrow).problems())
                .containsExactly(new NoMatchingNode(
                        ip(IP), "worker-1: has it in none of its ranges (annotation ovn-egress.io/egress-cidrs)"));
    }

    @Test
    void aFullNodeTakesNoMoreAndKeepsWhatItHas() {
        var objects = IntStream.range(0, 4)
                .mapToObj(i -> object("o" + i, i, "192.168.126.10" + i))
                .toList();

        var placements = placements(objects, Map.of(), withCapacity(1, WORKER_1), withCapacity(2, WORKER_2));

        assertThat(placements.values().stream()
                        .flatMap(placement -> placement.assignments().stream())
                        .collect(Collectors.groupingBy(Assignment::node, Collectors.counting())))
                .isEqualTo(Map.of("worker-1", 1L, "worker-2", 2L));
        assertThat(placements.get("o3").problems())
                .containsExactly(
                        new NoMatchingNode(ip("192.168.126.103"), "worker-1: full (1 of 1); worker-2: full (2 of 2)"));
        assertThat(placements(
                        objects,
                        Clusters.assignments(placements),
                        withCapacity(0, WORKER_1),
                        withCapacity(0, WORKER_2)))
                .as("a capacity that is lowered takes nothing away")
                .extractingByKey("o0")
                .isEqualTo(placements.get("o0"));
    }

    @Test
    void aPinnedEgressIpIsPlacedBeforeOlderOnesThatCouldGoElsewhere() {
        var one = Clusters.limited(
                WORKER_1,
                new EgressLimits(Set.of(ip("192.168.126.101")), Optional.empty(), EgressCapacity.of(1), List.of()));

        var placements = placements(List.of(DEMO, object("younger", 1, "192.168.126.101")), Map.of(), one, WORKER_2);

        assertThat(placements.get("younger").assignments()).containsExactly(on("192.168.126.101", "worker-1"));
        assertThat(placements.get("demo").assignments()).containsExactly(on(IP, "worker-2"));
    }

    @Test
    void theIpsOfAnObjectAreSpreadOverZones() {
        var four = object("a", 0, "192.168.126.100", "192.168.126.101", "192.168.126.102");
        var nodes = new EgressNode[] {
            inZone("a", WORKER_1),
            inZone("a", WORKER_2),
            inZone("b", WORKER_3),
            inZone("c", node("worker-4", "192.168.126.54/24"))
        };

        assertThat(placed(four, nodes).assignments())
                .extracting(Assignment::node)
                .containsExactlyInAnyOrder("worker-1", "worker-3", "worker-4");
        assertThat(moved(four, List.of(on("192.168.126.101", "worker-4")), nodes)
                        .assignments())
                .extracting(Assignment::node)
                .containsExactlyInAnyOrder("worker-1", "worker-3", "worker-4");
    }

    @Test
    void evenNodesOfOneObjectAreNotGatheredInAZoneByRebalancing() {
        var two = object("two", 0, "192.168.126.100", "192.168.126.101");
        var nodes = List.of(inZone("a", WORKER_1), inZone("b", WORKER_2), inZone("a", WORKER_3));
        var others = IntStream.range(0, 3)
                .mapToObj(i -> object("o" + i, i + 1, "192.168.126.11" + i))
                .toList();
        var objects = new ArrayList<>(others);
        objects.add(two);
        var previous = Map.of(
                "two", List.of(on("192.168.126.100", "worker-1"), on("192.168.126.101", "worker-2")),
                "o0", List.of(on("192.168.126.110", "worker-2")),
                "o1", List.of(on("192.168.126.111", "worker-2")),
                "o2", List.of(on("192.168.126.112", "worker-1")));
        var index = new NodeIndex(nodes, objects, List.of());
        var placements = EgressIpPlacement.place(objects, index, previous);

        var step = EgressIpRebalance.next(index, byName(objects), placements).orElseThrow();

        assertThat(step.object()).as("two would have both of its IPs in zone a").isEqualTo("o0");
    }

    @Test
    void rebalancingDoesNotUndoPreferences() {
        var objects = IntStream.range(0, 4)
                .mapToObj(i -> preferring(object("o" + i, i, "192.168.126.10" + i), "worker-1"))
                .toList();
        var index = new NodeIndex(List.of(WORKER_1, WORKER_2), objects, List.of());
        var placements = EgressIpPlacement.place(objects, index, Map.of());

        assertThat(Clusters.assignments(placements).values().stream().flatMap(List::stream))
                .extracting(Assignment::node)
                .containsOnly("worker-1");
        assertThat(EgressIpRebalance.next(index, byName(objects), placements)).isEmpty();
    }

    private static Function<String, Optional<EgressIpInput>> byName(List<EgressIpInput> objects) {
        return name ->
                objects.stream().filter(object -> object.name().equals(name)).findFirst();
    }
}
