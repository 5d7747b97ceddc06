package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.ip;
import static io.ovnegress.reconciler.TestCluster.notReady;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.egressip.EgressIpDecision;
import io.ovnegress.reconciler.feature.egressip.EgressIpDecision.Why;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NodeInput;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A router of its own for egress IPs of both families: together on a node, parted, and together again. */
final class OwnRouterFamiliesTest extends OwnRouterFixture {
    @Test
    void twoFamiliesShareARouter() {
        var dual =
                FLOATING.edit().egressIps(List.of(EGRESS_IP, "fd00:126::100")).build();
        cluster.start(seed(dual));

        assertThat(our("outside").get(LogicalRouterPort.NETWORKS))
                .containsExactlyInAnyOrder(EGRESS_IP + "/24", "fd00:126::100/64");
        assertThat(our("snat/fd01::/48").get(Nat.EXTERNAL_IP)).isEqualTo("fd00:126::100");
        assertThat(ways()).hasSize(2);
        assertThat(items("demo"))
                .containsExactly(new StatusItem("node1", EGRESS_IP), new StatusItem("node1", "fd00:126::100"));
    }

    @Test
    void whatLedAFamilyToARouterGoesWithItsPlaceThoughTheOtherFamilyHasOne() {
        var narrowed = FLOATING.edit()
                .podSelector(where("app=lisa"))
                .egressIps(List.of(EGRESS_IP, "fd00:126::100"))
                .build();
        cluster.start(seed(pod("simpson", "lisa", 1, Map.of("app", "lisa"), "10.128.0.7", "fd01::7"), narrowed));
        seconds();
        assertThat(ways()).hasSize(2);

        seconds(narrowed.edit().egressIps(List.of(EGRESS_IP, "fd99::1")).build());
        seconds();

        assertThat(ways())
                .singleElement()
                .satisfies(way -> assertThat(match(way)).startsWith("ip4"));
        assertThat(cluster.database.rows(AddressSet.TABLE))
                .extracting(row -> row.get(AddressSet.NAME))
                .filteredOn(name -> name.startsWith("ovn_egress_routed"))
                .singleElement()
                .satisfies(set -> assertThat(cluster.members(set)).containsExactly("10.128.0.7"));
    }

    /** Both families are on one router; the second one's address moves away alone. */
    @Test
    void aFamilyThatLeavesASharedRouterIsServedThereUntilItsPodsAreLedElsewhere() {
        var both =
                FLOATING.edit().egressIps(List.of(EGRESS_IP, "fd00:126::100")).build();
        cluster.start(seed(pod("simpson", "lisa", 1, "10.128.0.7", "fd01::7"), both));
        seconds();
        assertThat(items("demo")).extracting(StatusItem::node).containsExactly("node1", "node1");
        var nowhere = new ArrayList<String>();
        after(() -> ways().stream()
                .filter(way -> match(way).startsWith("ip6"))
                .flatMap(way -> way.get(LogicalRouterPolicy.NEXTHOPS).stream())
                .filter(hop -> !leadsToASnatOf(hop, "fd01::/48"))
                .forEach(nowhere::add));

        // Somebody else wants it as well: it has a router of its own, and goes to a node of its own in the end.
        seconds(egressIp("younger", 1, where("house=bouvier"), LabelSelector.EVERYTHING, "fd00:126::100"));
        seconds();
        seconds();

        assertThat(items("demo")).extracting(StatusItem::node).containsExactly("node1", "node2");
        assertThat(nowhere).isEmpty();
        var shared = cluster.database.rows(LogicalRouter.TABLE).stream()
                .filter(router -> router.get(LogicalRouter.NAME).equals(ROUTER))
                .findFirst()
                .orElseThrow();
        assertThat(shared.get(LogicalRouter.EXTERNAL_IDS)).containsEntry("ovn-egress.io/state", "serving");
        assertThat(cluster.database.children(LogicalRouter.NAT, shared.id()))
                .extracting(nat -> nat.get(Nat.EXTERNAL_IP))
                .containsExactly(EGRESS_IP);
    }

    /** The node that takes over has no network for the other family. */
    @Test
    void aSharedRouterMovesOnlyWhenTheFamilyThatCannotComeAlongIsLedElsewhere() {
        var both =
                FLOATING.edit().egressIps(List.of(EGRESS_IP, "fd00:126::100")).build();
        cluster.start(seed(
                onlyIn(2, "192.168.126.12/24"),
                onlyIn(3, "fd00:126::13/64"),
                pod("simpson", "lisa", 1, "10.128.0.7", "fd01::7"),
                both));
        seconds();
        assertThat(items("demo")).extracting(StatusItem::node).containsExactly("node1", "node1");
        var nowhere = new ArrayList<String>();
        after(() -> ways().stream()
                .filter(way -> way.get(LogicalRouterPolicy.NEXTHOPS).stream()
                        .anyMatch(hop ->
                                !leadsToASnatOf(hop, match(way).startsWith("ip6") ? "fd01::/48" : "10.128.0.0/14")))
                .forEach(way -> nowhere.add(match(way))));

        seconds(node(1).edit().draining(true).build());

        assertThat(items("demo")).extracting(StatusItem::node).containsExactlyInAnyOrder("node2", "node3");
        assertThat(nowhere).isEmpty();
        assertThat(ways()).hasSize(2);
    }

    /** What they are led to would change at once, and again when the node is lost again. */
    @Test
    void familiesThatHadToPartComeTogetherOnlyWhenANodeForBothHasStayedForAWhile() {
        var both =
                FLOATING.edit().egressIps(List.of(EGRESS_IP, "fd00:126::100")).build();
        cluster.start(seed(
                onlyIn(2, "192.168.126.12/24"),
                onlyIn(3, "fd00:126::13/64"),
                pod("simpson", "lisa", 1, "10.128.0.7", "fd01::7"),
                both));
        seconds(notReady(node(1)));
        seconds();
        var apart = items("demo");
        assertThat(apart).extracting(StatusItem::node).containsExactlyInAnyOrder("node2", "node3");

        for (int turn = 0; turn < 3; turn++) {
            cluster.put(node(1)).after(Duration.ofSeconds(3));
            assertThat(items("demo")).isEqualTo(apart);
            seconds(notReady(node(1)));
            assertThat(items("demo")).isEqualTo(apart);
        }
        seconds(node(1));
        seconds();
        seconds();

        assertThat(items("demo")).extracting(StatusItem::node).containsExactly("node1", "node1");
        assertThat(cluster.decisions)
                .contains(
                        new EgressIpDecision.Moved("demo", ip(EGRESS_IP), "node2", "node1", Why.RouterShared, 3),
                        new EgressIpDecision.Moved("demo", ip("fd00:126::100"), "node3", "node1", Why.RouterShared, 1));
    }

    /** Its pods would leave as the node, for as long as they are together. */
    @Test
    void familiesComeTogetherOnlyOnANodeThatLeadsBothOut() {
        var both =
                FLOATING.edit().egressIps(List.of(EGRESS_IP, "fd00:126::100")).build();
        cluster.start(seed(
                notReady(node(1)),
                onlyIn(2, "192.168.126.12/24"),
                onlyIn(3, "fd00:126::13/64"),
                pod("simpson", "lisa", 1, "10.128.0.7", "fd01::7"),
                both));
        seconds();
        var apart = items("demo");
        assertThat(apart).extracting(StatusItem::node).containsExactly("node2", "node3");
        assertThat(ways()).hasSize(2);
        var led = new HashSet<Boolean>();
        after(() -> led.add(ways().stream().anyMatch(way -> match(way).startsWith("ip6"))));

        for (int i = 0; i < 4; i++) {
            seconds(node(1).edit().nextHops(Set.of(ip("192.168.126.1"))).build());
        }
        assertThat(items("demo")).isEqualTo(apart);
        assertThat(ways()).hasSize(2);

        for (int i = 0; i < 4; i++) {
            seconds(node(1));
        }

        assertThat(items("demo")).extracting(StatusItem::node).containsExactly("node1", "node1");
        assertThat(led).containsExactly(true);
        assertThat(ways()).hasSize(2);
    }

    private static NodeInput onlyIn(int n, String network) {
        return node(n).edit()
                .egressNetworks(List.of(IpNetwork.parse(network).orElseThrow()))
                .build();
    }

    @Test
    void aFamilyThatJoinsARouterIsLedThereWhenTheRouterHasIt() {
        var small = TestCluster.inSteps(TestCluster.config(false, 2))
                .topology(1, 2, 3)
                .uplinks(1, 2, 3);
        small.portGroup("simpson");
        small.start(seed(pod("simpson", "lisa", 1, "10.128.0.7", "fd01::7"), FLOATING));
        for (int i = 0; i < 5; i++) {
            small.after(Duration.ofSeconds(1));
        }

        small.put(FLOATING.edit().egressIps(List.of(EGRESS_IP, "fd00:126::100")).build());
        for (int i = 0; i < 5; i++) {
            small.after(Duration.ofSeconds(1)); // every transaction is judged
        }

        assertThat(small.database.rows(LogicalRouterPolicy.TABLE))
                .filteredOn(policy -> policy.get(LogicalRouterPolicy.ACTION).equals("reroute"))
                .hasSize(2);
    }

    @Test
    void aFamilyWithoutAWayOutDoesNotTakeTheOtherOneDown() {
        var both =
                FLOATING.edit().egressIps(List.of(EGRESS_IP, "fd00:126::100")).build();
        var onlyV4 = Set.of(ip("192.168.126.1"));
        cluster.start(seed(
                node(1).edit().nextHops(onlyV4).build(),
                node(2).edit().nextHops(onlyV4).build(),
                node(3).edit().nextHops(onlyV4).build(),
                pod("simpson", "lisa", 1, "10.128.0.7", "fd01::7"),
                both));
        seconds();

        assertThat(our("outside").get(LogicalRouterPort.NETWORKS)).containsExactly(EGRESS_IP + "/24");
        assertThat(ways())
                .extracting(OwnRouterTest::match)
                .singleElement()
                .asString()
                .startsWith("ip4");

        seconds(node(1), node(2), node(3));

        assertThat(our("outside").get(LogicalRouterPort.NETWORKS))
                .containsExactlyInAnyOrder(EGRESS_IP + "/24", "fd00:126::100/64");
        assertThat(ways()).hasSize(2);
    }

    /** Its pods would leave as the node: the next one by name is as good for the other family, and has a way out for both. */
    @Test
    void aNewPairIsServedWhereBothHaveAWayOutAndElseByTwoRouters() {
        var both =
                FLOATING.edit().egressIps(List.of(EGRESS_IP, "fd00:126::100")).build();
        var onlyV4 = node(1).edit().nextHops(Set.of(ip("192.168.126.1"))).build();
        var onlyV6 = node(2).edit().nextHops(Set.of(ip("fd00:126::fe"))).build();
        cluster.start(seed(onlyV4, onlyV6, pod("simpson", "lisa", 1, "10.128.0.7", "fd01::7"), both));
        seconds();
        assertThat(items("demo")).extracting(StatusItem::node).containsExactly("node3", "node3");
        assertThat(our("outside").get(LogicalRouterPort.NETWORKS)).hasSize(2);
        assertThat(ways()).hasSize(2);

        cluster.remove(EgressIpInput.KIND, "demo");
        seconds(notReady(node(3)));
        seconds(both);

        assertThat(items("demo")).extracting(StatusItem::node).containsExactly("node1", "node2");
        assertThat(ways()).hasSize(2);
        assertThat(cluster.database.rows(LogicalRouter.TABLE))
                .filteredOn(row -> row.get(LogicalRouter.NAME).startsWith("egressip_"))
                .hasSize(2);
    }

    @Test
    void aRouterKeepsAFamilyWhoseWayOutIsNotThereForAMoment() {
        var both =
                FLOATING.edit().egressIps(List.of(EGRESS_IP, "fd00:126::100")).build();
        cluster.start(seed(pod("simpson", "lisa", 1, "10.128.0.7", "fd01::7"), both));
        seconds();
        assertThat(ways()).hasSize(2);

        seconds(node(1).edit().nextHops(Set.of(ip("192.168.126.1"))).build());

        assertThat(ways()).hasSize(2);
        assertThat(our("outside").get(LogicalRouterPort.NETWORKS))
                .containsExactlyInAnyOrder(EGRESS_IP + "/24", "fd00:126::100/64");
    }

    @Test
    void aSharedRouterMovesThoughTheOtherFamilysNextRouterCannotBe() {
        var both =
                FLOATING.edit().egressIps(List.of(EGRESS_IP, "fd00:126::100")).build();
        cluster.start(seed(
                onlyIn(2, "192.168.126.12/24"),
                onlyIn(3, "fd00:126::13/64")
                        .edit()
                        .nextHops(Set.of(ip("192.168.126.1")))
                        .build(),
                pod("simpson", "lisa", 1, "10.128.0.7", "fd01::7"),
                both));
        seconds();

        seconds(node(1).edit().ready(false).build());
        seconds();

        assertThat(chassis()).containsOnlyKeys("chassis-2");
    }

    /** That every node has lost its way out for one family keeps the other one nowhere. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSharedRouterLeavesALostNodeForOneThatLeadsOnlyOneFamilyOut(boolean isPinned) {
        var both = (isPinned ? PINNED : FLOATING)
                .edit()
                .egressIps(List.of(EGRESS_IP, "fd00:126::100"))
                .build();
        var onlyV4 = Set.of(ip("192.168.126.1"));
        cluster.start(seed(
                node(2).edit().nextHops(onlyV4).build(),
                node(3).edit().nextHops(onlyV4).build(),
                pod("simpson", "lisa", 1, "10.128.0.7", "fd01::7"),
                both));
        seconds();
        assertThat(items("demo")).extracting(StatusItem::node).containsExactly("node1", "node1");
        assertThat(ways()).hasSize(2);

        seconds(notReady(node(1)));
        seconds();

        assertThat(items("demo")).contains(new StatusItem("node2", EGRESS_IP));
        var kind = isPinned ? "pinned/" : "floating/";
        assertThat(ours().get(kind + "outside").get(LogicalRouterPort.NETWORKS)).containsExactly(EGRESS_IP + "/24");
        if (isPinned) {
            assertThat(ours().get(kind + "router").get(LogicalRouter.OPTIONS)).containsEntry("chassis", "chassis-2");
        } else {
            assertThat(chassis()).containsEntry("chassis-2", 100L);
        }
        assertThat(ways())
                .singleElement()
                .satisfies(way -> assertThat(match(way)).startsWith("ip4"));
    }

    /** Somebody gives a router an address of a family that the cluster does not have. */
    @Test
    void anAddressOfAFamilyWithoutAJoinSubnetIsTakenAway() {
        var subnets = TestCluster.config(false, 500);
        var onlyV4 = TestCluster.inSteps(new ReconcilerConfig(
                        subnets.clusterSubnets().subList(0, 1),
                        subnets.joinSubnets().subList(0, 1),
                        false,
                        500))
                .topology(1, 2, 3)
                .uplinks(1, 2, 3);
        onlyV4.portGroup("simpson");
        onlyV4.start(seed(FLOATING));
        onlyV4.seconds(5);
        var outside = onlyV4.database.rows(LogicalRouterPort.TABLE).stream()
                .filter(row -> row.get(LogicalRouterPort.NETWORKS).equals(Set.of(EGRESS_IP + "/24")))
                .findFirst()
                .orElseThrow();

        onlyV4.tamper(() -> onlyV4.database.set(
                LogicalRouterPort.TABLE,
                outside.id(),
                Cell.of(LogicalRouterPort.NETWORKS, Set.of(EGRESS_IP + "/24", "fd00::1/64"))));
        onlyV4.seconds(5);

        assertThat(onlyV4.database.row(LogicalRouterPort.TABLE, outside.id()).get(LogicalRouterPort.NETWORKS))
                .containsExactly(EGRESS_IP + "/24");
    }

    /** The node that takes over has no network for the other family, nor has another one: that family's packets are lost. */
    @Test
    void whatLeadsAFamilyToARouterThatMovesWithoutItIsNeverLedToNothing() {
        var narrowed = FLOATING.edit()
                .podSelector(where("app=lisa"))
                .egressIps(List.of(EGRESS_IP, "fd00:126::100"))
                .build();
        cluster.start(seed(
                onlyIn(2, "192.168.126.12/24"),
                onlyIn(3, "192.168.127.13/24"),
                pod("simpson", "lisa", 1, Map.of("app", "lisa"), "10.128.0.7", "fd01::7"),
                narrowed));
        seconds();
        assertThat(ways()).hasSize(2);
        var toNothing = new ArrayList<String>();
        after(() -> ways().stream()
                .flatMap(way -> way.get(LogicalRouterPolicy.NEXTHOPS).stream())
                .filter(hop -> routersAt(hop).findAny().isEmpty())
                .forEach(toNothing::add));

        seconds(node(1).edit().ready(false).build());
        seconds();

        assertThat(items("demo")).extracting(StatusItem::node).containsExactly("node2");
        assertThat(toNothing).isEmpty();
        assertThat(ways())
                .singleElement()
                .satisfies(way -> assertThat(match(way)).startsWith("ip4"));
        assertThat(our("inside").get(LogicalRouterPort.NETWORKS)).hasSize(1);
    }

    private Stream<Row> routersAt(String hop) {
        return cluster.database.rows(LogicalRouter.TABLE).stream()
                .filter(router -> cluster.database.children(LogicalRouter.PORTS, router.id()).stream()
                        .anyMatch(port -> port.get(LogicalRouterPort.NETWORKS).stream()
                                .anyMatch(network -> network.startsWith(hop + "/"))));
    }

    private boolean leadsToASnatOf(String hop, String pods) {
        return routersAt(hop)
                .flatMap(router -> cluster.database.children(LogicalRouter.NAT, router.id()).stream())
                .anyMatch(nat -> nat.get(Nat.LOGICAL_IP).equals(pods));
    }
}
