package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.notReady;
import static io.ovnegress.reconciler.TestCluster.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.Qos;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditionType;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.NodeInput;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a cluster comes to in the database. On a strict fake database; every commit is checked for safety. */
final class RowsTest extends OnTheSeedCluster {
    @Test
    void selectedPodsAreReroutedToTheEgressNodeAndTranslatedThere() {
        cluster.start(SEED);

        assertThat(cluster.reroutes())
                .isEqualTo(Map.of("10.128.0.5", Set.of("100.64.0.2"), "10.128.4.5", Set.of("100.64.0.2")));
        assertThat(cluster.snats())
                .containsExactly("GR_node1 10.128.0.5 192.168.126.100", "GR_node1 10.128.4.5 192.168.126.100");
        assertThat(cluster.servedV4()).containsExactly("10.128.0.5", "10.128.4.5");
        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node1", "192.168.126.100"));
    }

    @Test
    void snatRowHasEveryColumnThatOvnKubernetesWrites() {
        cluster.start(SEED);

        var row = cluster.database.children(LogicalRouter.NAT, cluster.routers.get("GR_node1")).stream()
                .filter(nat -> nat.get(Nat.LOGICAL_IP).equals("10.128.0.5"))
                .findFirst()
                .orElseThrow();
        assertThat(row.get(Nat.TYPE)).isEqualTo("snat");
        assertThat(row.get(Nat.EXTERNAL_IP)).isEqualTo("192.168.126.100");
        assertThat(row.get(Nat.LOGICAL_PORT)).containsExactly("k8s-node1");
        assertThat(row.get(Nat.OPTIONS)).isEqualTo(Map.of("stateless", "false"));
        assertThat(row.get(Nat.EXTERNAL_IDS))
                .isEqualTo(Map.of(
                        "k8s.ovn.org/owner-controller", "ovn-egress",
                        "ovn-egress.io/feature", "egress-ip",
                        "ovn-egress.io/id", "snat/10.128.0.5/192.168.126.100",
                        "ovn-egress.io/owner", "EgressIP/demo",
                        "ovn-egress.io/pod", "simpson/homer"));
    }

    @Test
    void baselineKeepsTrafficInsideTheClusterWhereItIs() {
        cluster.start(SEED);

        assertThat(policies(102))
                .containsExactlyInAnyOrder(
                        "ip4.src == 10.128.0.0/14 && ip4.dst == 10.128.0.0/14 {}",
                        "ip6.src == fd01::/48 && ip6.dst == fd01::/48 {}",
                        "ip4.src == 10.128.0.0/14 && ip4.dst == 100.64.0.0/16 {}",
                        "ip6.src == fd01::/48 && ip6.dst == fd98::/64 {}",
                        "ip4.src == $ovn_egress_served_pods_v4 && ip4.dst == $ovn_egress_node_ips_v4 {pkt_mark=1008}",
                        "ip6.src == $ovn_egress_served_pods_v6 && ip6.dst == $ovn_egress_node_ips_v6 {pkt_mark=1008}",
                        "pkt.mark == 42 {}");
        assertThat(cluster.members("ovn_egress_node_ips_v4"))
                .containsExactly("192.168.126.11", "192.168.126.12", "192.168.126.13");
        for (var node : cluster.database.rows(LogicalSwitch.TABLE)) {
            assertThat(cluster.database.children(LogicalSwitch.QOS_RULES, node.id()))
                    .extracting(row -> row.get(Qos.MATCH) + row.get(Qos.ACTION) + row.get(Qos.PRIORITY))
                    .containsExactlyInAnyOrder(
                            "ip4.src == $ovn_egress_served_pods_v4 && ct.trk && ct.rpl{mark=42}103",
                            "ip6.src == $ovn_egress_served_pods_v6 && ct.trk && ct.rpl{mark=42}103");
        }
    }

    @Test
    void serverThatCannotMarkGetsNoQosRules() {
        cluster.database.refuseMarks();

        cluster.start(SEED);

        assertThat(cluster.database.rows(Qos.TABLE)).isEmpty();
        assertThat(cluster.snats()).hasSize(2);
    }

    @Test
    void twoEgressIpsShareThePodsOverTwoNodes() {
        cluster.start(
                node(1),
                node(2),
                namespace("simpson", "house=simpson"),
                pod("simpson", "homer", 1, "10.128.0.5"),
                egressIp("demo", SIMPSON, "192.168.126.100", "192.168.126.101"));

        assertThat(cluster.reroutes()).isEqualTo(Map.of("10.128.0.5", Set.of("100.64.0.2", "100.64.0.3")));
        assertThat(cluster.snats())
                .containsExactly("GR_node1 10.128.0.5 192.168.126.100", "GR_node2 10.128.0.5 192.168.126.101");
    }

    @Test
    void dualStackPodIsServedInBothFamiliesInOneTransaction() {
        cluster.start(
                node(1),
                node(2),
                namespace("simpson", "house=simpson"),
                egressIp("demo", SIMPSON, "192.168.126.100", "FD00:126:0:0::0100"));
        int commits = cluster.database.commits;

        cluster.put(pod("simpson", "homer", 1, "10.128.0.5", "fd01::5"));

        assertThat(cluster.snats())
                .containsExactly("GR_node1 10.128.0.5 192.168.126.100", "GR_node2 fd01::5 fd00:126::100");
        assertThat(cluster.reroutes())
                .isEqualTo(Map.of("10.128.0.5", Set.of("100.64.0.2"), "fd01::5", Set.of("fd98::3")));
        assertThat(cluster.database.commits).isEqualTo(commits + 1);
    }

    @Test
    void rowsWaitForTheirRouterAndAppearWithIt() {
        var late = new TestCluster();
        late.start(SEED);
        assertThat(late.snats()).isEmpty();
        assertThat(late.items("demo")).isEmpty();
        assertThat(late.statuses.get("demo").conditions())
                .extracting(StatusCondition::reason)
                .contains(EgressIpReason.WaitingForRouter);

        late.tamper(() -> late.topology(1));

        assertThat(late.snats()).hasSize(2);
        assertThat(late.items("demo")).containsExactly(new StatusItem("node1", "192.168.126.100"));
    }

    @Test
    void rowsWaitForTheClusterRouter() {
        var late = new TestCluster();
        late.database.delete(LogicalRouter.TABLE, late.routers.remove("ovn_cluster_router"));
        late.topology(1, 2, 3).start(SEED);
        assertThat(late.snats()).isEmpty();

        late.tamper(() -> late.router("ovn_cluster_router"));

        assertThat(late.snats()).hasSize(2);
        assertThat(late.reroutes()).hasSize(2);
    }

    @Test
    void changedJoinAddressIsFollowed() {
        cluster.start(SEED);
        var port = cluster.database.rows(LogicalRouterPort.TABLE).stream()
                .filter(row -> row.get(LogicalRouterPort.NAME).equals("rtoj-GR_node1"))
                .findAny()
                .orElseThrow();

        cluster.tamper(() -> cluster.database.set(
                LogicalRouterPort.TABLE, port.id(), Cell.of(LogicalRouterPort.NETWORKS, Set.of("100.64.0.77/16"))));

        assertThat(cluster.reroutes().values()).containsOnly(Set.of("100.64.0.77"));
    }

    @Test
    void gatewayMadeAnewIsUsedWhateverComesFirstInTheUpdate() {
        cluster.start(SEED);
        var content = cluster.content();

        var updates = cluster.database.tamper(() -> {
            var old = cluster.routers.get("GR_node1");
            cluster.database
                    .children(LogicalRouter.PORTS, old)
                    .forEach(port -> cluster.database.delete(LogicalRouterPort.TABLE, port.id()));
            cluster.database.delete(LogicalRouter.TABLE, old);
            cluster.topology(1);
        });
        cluster.reconciler.apply(new TableUpdates(
                false, TableUpdates.NO_TRANSACTION, updates.rows().reversed()));
        cluster.settle();

        assertThat(cluster.content()).isEqualTo(content);
    }

    @Test
    void podSnatOfTheEgressNodeIsTakenAwayAndGivenBack() {
        var disabled = new TestCluster(TestCluster.config(true, 500)).topology(1, 2, 3);
        disabled.nodeSnat("GR_node1", "10.128.0.5", "192.168.126.11");
        disabled.nodeSnat("GR_node3", "10.128.4.5", "192.168.126.13");

        disabled.start(SEED);
        assertThat(nodeSnats(disabled)).containsExactly("GR_node3 10.128.4.5 192.168.126.13");

        disabled.put(notReady(node(1)));
        assertThat(nodeSnats(disabled))
                .containsExactlyInAnyOrder("GR_node1 10.128.0.5 192.168.126.11", "GR_node3 10.128.4.5 192.168.126.13");

        disabled.put(node(1)).put(notReady(node(2)));
        assertThat(nodeSnats(disabled)).containsExactly("GR_node3 10.128.4.5 192.168.126.13");

        disabled.remove(EgressIpInput.KIND, "demo");
        assertThat(nodeSnats(disabled))
                .containsExactlyInAnyOrder("GR_node1 10.128.0.5 192.168.126.11", "GR_node3 10.128.4.5 192.168.126.13");
    }

    @Test
    void podSnatIsTakenAwayWhenTheNodesGatewayAddressIsToldLater() {
        var disabled = new TestCluster(TestCluster.config(true, 500)).topology(1, 2, 3);
        disabled.start(SEED);
        disabled.tamper(() -> disabled.nodeSnat("GR_node1", "10.128.0.5", "192.168.126.21"));
        assertThat(nodeSnats(disabled)).containsExactly("GR_node1 10.128.0.5 192.168.126.21");
        assertThat(disabled.snats()).contains("GR_node1 10.128.0.5 192.168.126.100");

        var node = node(1);
        disabled.put(node.edit()
                .egressAssignable(true)
                .ready(true)
                .gatewayAddresses(List.of(IpAddress.parse("192.168.126.21").orElseThrow()))
                .build());

        assertThat(nodeSnats(disabled)).isEmpty();
    }

    @Test
    void aFamilyWithoutClusterSubnetsIsNotServedAndTheOtherIs() {
        var single = new TestCluster(new ReconcilerConfig(
                        List.of(TestCluster.network("10.128.0.0/14")),
                        List.of(TestCluster.network("100.64.0.0/16"), TestCluster.network("fd98::/64")),
                        false,
                        500))
                .topology(1, 2, 3);

        single.start(
                node(1),
                node(2),
                namespace("simpson", "house=simpson"),
                pod("simpson", "homer", 1, "10.128.0.5", "fd01::5"),
                egressIp("demo", SIMPSON, "192.168.126.100", "fd00:126::100"));

        assertThat(single.reroutes()).containsOnlyKeys("10.128.0.5");
        assertThat(single.snats()).containsExactly("GR_node1 10.128.0.5 192.168.126.100");
        assertThat(single.items("demo")).containsExactly(new StatusItem("node1", "192.168.126.100"));
        assertThat(single.statuses.get("demo").conditions())
                .extracting(StatusCondition::reason)
                .containsExactly(EgressIpReason.PartlyAssigned, EgressIpReason.Programmed);
    }

    @Test
    void anAddressOfAGatewayRouterIsNoEgressIpEvenIfTheNodeDoesNotNameIt() {
        cluster.start(node(1), NodeInput.named("node2").build(), egressIp("demo", SIMPSON, "192.168.126.12"));

        assertThat(reason("demo", EgressIpConditionType.Assigned)).isEqualTo(EgressIpReason.NodeAddressConflict);
    }

    @Test
    void aPublicAddressOfANodeIsNoEgressIpAndIsReachedWithTheEgressIp() {
        var node = node(3);
        var seen = node.edit()
                .egressAssignable(false)
                .ready(true)
                .publicAddresses(Set.of(IpAddress.parse("192.168.126.99").orElseThrow()))
                .probeAddresses(List.of())
                .draining(false)
                .build();

        cluster.start(seedAnd(egressIp("clash", SIMPSON, "192.168.126.99"))).put(seen);

        assertThat(reason("clash", EgressIpConditionType.Assigned)).isEqualTo(EgressIpReason.NodeAddressConflict);
        assertThat(cluster.members("ovn_egress_node_ips_v4"))
                .containsExactly("192.168.126.11", "192.168.126.12", "192.168.126.13");
    }

    private static List<String> nodeSnats(TestCluster cluster) {
        return cluster.routers.entrySet().stream()
                .flatMap(router -> cluster.database.children(LogicalRouter.NAT, router.getValue()).stream()
                        .filter(row -> row.get(Nat.LOGICAL_PORT).isEmpty())
                        .map(row -> router.getKey() + " " + row.get(Nat.LOGICAL_IP) + " " + row.get(Nat.EXTERNAL_IP)))
                .toList();
    }
}
