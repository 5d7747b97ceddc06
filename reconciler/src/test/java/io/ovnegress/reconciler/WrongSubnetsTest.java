package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.CONFIG;
import static io.ovnegress.reconciler.TestCluster.network;
import static io.ovnegress.reconciler.TestCluster.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.SubnetFindings;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditionType;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.NodeInput;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Flags that nodes or routers contradict are not applied, and what is right already is not taken away for them. */
final class WrongSubnetsTest extends OnTheSeedCluster {
    private static final ReconcilerConfig WRONG_CLUSTER =
            config(List.of("10.132.0.0/14"), List.of("100.64.0.0/16", "fd98::/64"));
    private static final ReconcilerConfig WRONG_JOIN =
            config(List.of("10.128.0.0/14", "fd01::/48"), List.of("100.65.0.0/16", "fd98::/64"));

    private static ReconcilerConfig config(List<String> clusterSubnets, List<String> joinSubnets) {
        return new ReconcilerConfig(
                clusterSubnets.stream().map(TestCluster::network).toList(),
                joinSubnets.stream().map(TestCluster::network).toList(),
                false,
                500);
    }

    private static NodeInput withSubnets(NodeInput node, String... subnets) {
        return node.edit()
                .podSubnets(Stream.of(subnets).map(TestCluster::network).toList())
                .build();
    }

    private static NodeInput node(int n) {
        return withSubnets(TestCluster.node(n), "10.128." + (2 * n - 2) + ".0/23", "fd01:0:0:" + n + "::/64");
    }

    private static InputObject[] seed(InputObject... more) {
        var all = new ArrayList<InputObject>(List.of(SEED));
        all.removeIf(object -> object instanceof NodeInput);
        all.addAll(List.of(node(1), node(2)));
        all.addAll(List.of(more));
        return all.toArray(InputObject[]::new);
    }

    @BeforeEach
    void connectTheClusterRouter() {
        cluster.port(
                cluster.routers.get("ovn_cluster_router"), "rtoj-ovn_cluster_router", "100.64.0.1/16", "fd98::1/64");
    }

    private SubnetFindings found() {
        return cluster.reconciler.progress().subnets();
    }

    private StatusCondition programmed() {
        return cluster.statuses.get("demo").conditions().stream()
                .filter(condition -> condition.type() == EgressIpConditionType.Programmed)
                .findFirst()
                .orElseThrow();
    }

    private Row policy(String match) {
        return cluster.clusterPolicies().stream()
                .filter(row -> row.get(LogicalRouterPolicy.MATCH).equals(match))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void clusterSubnetsThatNodesContradictWriteNothingAndTheObjectSaysWhy() {
        var before = cluster.content();

        cluster.restart(WRONG_CLUSTER, seed()).after(Duration.ofSeconds(2));

        assertThat(cluster.transactions).isEmpty();
        assertThat(cluster.content()).isEqualTo(before);
        assertThat(cluster.items("demo")).isEmpty();
        assertThat(programmed().reason()).isEqualTo(EgressIpReason.SubnetsContradicted);
        assertThat(programmed().message())
                .isEqualTo("the controller's flags are wrong: --cluster-subnets is 10.132.0.0/14, but node node1 has"
                        + " 10.128.0.0/23 (and 1 more like it): nothing is written until the flags are those of"
                        + " ovnkube-master");
        assertThat(found().writesNothing()).isTrue();
    }

    @Test
    void joinSubnetThatPortsContradictWritesNothing() {
        cluster.restart(WRONG_JOIN, seed()).after(Duration.ofSeconds(2));

        assertThat(cluster.transactions).isEmpty();
        assertThat(programmed().message())
                .contains(
                        "--gateway-v4-join-subnet is 100.65.0.0/16, but port rtoj-ovn_cluster_router has 100.64.0.1/16"
                                + " (and 2 more like it)");
    }

    @Test
    void aJoinSubnetThatIsWiderThanTheRealOneIsWrongToo() {
        cluster.restart(config(List.of("10.128.0.0/14", "fd01::/48"), List.of("100.64.0.0/10", "fd98::/64")), seed());

        assertThat(cluster.transactions).isEmpty();
    }

    @Test
    void wrongFlagsOverRightRowsLeaveThemAsTheyAre() {
        cluster.start(seed());
        var before = cluster.content();

        for (var wrong : List.of(WRONG_CLUSTER, WRONG_JOIN)) {
            cluster.restart(wrong, seed()).after(Duration.ofMinutes(1));

            assertThat(cluster.transactions).isEmpty();
            assertThat(cluster.content()).isEqualTo(before);
        }

        cluster.restart(CONFIG, seed());
        assertThat(cluster.transactions).isEmpty();
        assertThat(programmed().status()).isTrue();
    }

    @Test
    void theyAreAppliedOnceNobodyContradictsThem() {
        cluster.restart(WRONG_CLUSTER, seed());

        cluster.put(withSubnets(TestCluster.node(1), "10.132.0.0/23"));
        assertThat(cluster.transactions).as("node2 does still").isEmpty();
        cluster.put(withSubnets(TestCluster.node(2), "10.132.2.0/23"));

        assertThat(policies(102)).contains("ip4.src == 10.132.0.0/14 && ip4.dst == 10.132.0.0/14 {}");
        assertThat(programmed().status()).isTrue();
        assertThat(found()).isEqualTo(SubnetFindings.NONE);
    }

    @Test
    void aNodeThatIsNotAsTheOthersTakesNothingFromThem() {
        cluster.start(seed());
        var baseline = policies(102);

        cluster.put(withSubnets(TestCluster.node(3), "10.140.0.0/23"), pod("simpson", "bart", 1, "10.128.0.9"));
        assertThat(cluster.reroutes()).containsKey("10.128.0.9");
        assertThat(cluster.members("ovn_egress_node_ips_v4")).contains("192.168.126.13");
        cluster.put(withSubnets(TestCluster.notReady(TestCluster.node(1)), "10.128.0.0/23"));

        assertThat(cluster.snats()).hasSize(3).allMatch(snat -> snat.startsWith("GR_node2 "));
        assertThat(policies(102)).containsExactlyInAnyOrderElementsOf(baseline);
        assertThat(programmed().status()).isTrue();
        assertThat(found().writesNothing()).isFalse();
        assertThat(found().sentence())
                .isEqualTo(
                        "--cluster-subnets is 10.128.0.0/14,fd01::/48, but node node3 has 10.140.0.0/23: what follows"
                                + " from the flags stays as it is, pods outside of them are not served until they are those of"
                                + " ovnkube-master");
    }

    @Test
    void podsOutsideOfTheFlagsAreNotServedAndTheObjectSaysSo() {
        cluster.start(seed());

        cluster.put(
                        withSubnets(TestCluster.node(3), "10.140.0.0/23"),
                        pod("simpson", "bart", 3, "10.140.0.5"),
                        pod("simpson", "lisa", 3, "10.128.0.9"))
                .after(Duration.ofMinutes(1));

        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.0.5", "10.128.4.5", "10.128.0.9");
        assertThat(cluster.statuses.get("demo").conditions())
                .filteredOn(condition -> condition.type() == EgressIpConditionType.AddressRefused)
                .extracting(StatusCondition::message)
                .singleElement()
                .asString()
                .contains("simpson/bart: the address is in no cluster subnet (--cluster-subnets)");
    }

    @Test
    void damageToWhatFollowsFromContradictedFlagsIsNotTouchedUntilTheyAreRight() {
        cluster.start(seed()).put(withSubnets(TestCluster.node(3), "10.140.0.0/23"));
        var policy = policy("ip4.src == 10.128.0.0/14 && ip4.dst == 10.128.0.0/14");
        cluster.transactions.clear();

        cluster.tamper(() -> cluster.database.removeFrom(
                LogicalRouter.POLICIES, cluster.routers.get("ovn_cluster_router"), policy.id()));
        cluster.put(pod("simpson", "bart", 1, "10.128.0.9")).after(Duration.ofMinutes(5));

        assertThat(cluster.transactions).isEmpty();
        assertThat(programmed().reason()).isEqualTo(EgressIpReason.SubnetsContradicted);

        cluster.remove(InputKind.NODE, "node3");

        assertThat(policies(102)).contains("ip4.src == 10.128.0.0/14 && ip4.dst == 10.128.0.0/14 {}");
        assertThat(cluster.reroutes()).containsKey("10.128.0.9");
        assertThat(programmed().status()).isTrue();
    }

    @Test
    void marksThatRowsHaveLostDoNotMakeThemOthers() {
        cluster.start(seed()).put(withSubnets(TestCluster.node(3), "10.140.0.0/23"));
        var policy = policy("ip4.src == 10.128.0.0/14 && ip4.dst == 10.128.0.0/14");
        var marks = Map.copyOf(policy.get(LogicalRouterPolicy.EXTERNAL_IDS));

        cluster.tamper(() -> cluster.database.set(
                LogicalRouterPolicy.TABLE,
                policy.id(),
                Cell.of(
                        LogicalRouterPolicy.EXTERNAL_IDS,
                        Map.of("ovn-egress.io/id", marks.get("ovn-egress.io/id"), "note", "mine"))));
        cluster.put(pod("simpson", "bart", 1, "10.128.0.9"));

        assertThat(cluster.reroutes()).containsKey("10.128.0.9");
        assertThat(found().writesNothing()).isFalse();
    }

    @Test
    void aJoinSubnetThatIsChangedLaterTakesNobodysService() {
        cluster.start(seed());
        var port = cluster.portNamed("rtoj-GR_node1");

        cluster.tamper(() -> cluster.database.set(
                LogicalRouterPort.TABLE, port, Cell.of(LogicalRouterPort.NETWORKS, Set.of("100.88.0.2/16"))));

        assertThat(cluster.reroutes())
                .isEqualTo(Map.of("10.128.0.5", Set.of("100.88.0.2"), "10.128.4.5", Set.of("100.88.0.2")));
        assertThat(found().contradictions())
                .hasToString("[--gateway-v4-join-subnet is 100.64.0.0/16, but port rtoj-GR_node1 has 100.88.0.2/16]");
    }

    @Test
    void aFamilyWithoutAFlagIsNotServedAndIsNoContradiction() {
        cluster.restart(config(List.of("10.128.0.0/14"), List.of("100.64.0.0/16", "fd99::/64")), seed());

        assertThat(found()).isEqualTo(new SubnetFindings(List.of(), false, Set.of(IpFamily.V6)));
        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.0.5", "10.128.4.5");
    }

    @Test
    void oneThatStandsBySaysItTooAndWhoDoesNotKnowTheClusterSaysNothing() {
        cluster.restart(WRONG_CLUSTER);
        cluster.reconciler.setLeader(false);
        for (var object : seed()) {
            cluster.reconciler.apply(new InputChange.Put(object), cluster.now);
        }
        assertThat(found().contradictions()).hasSize(2);

        cluster.reconciler.disconnected();
        assertThat(found()).isEqualTo(SubnetFindings.NONE);
    }

    @Test
    void whatCannotBeReadContradictsNothing() {
        var port = cluster.portNamed("rtoj-ovn_cluster_router");
        cluster.database.set(
                LogicalRouterPort.TABLE, port, Cell.of(LogicalRouterPort.NETWORKS, Set.of("100.65.0.1", "")));

        cluster.start(seed());

        assertThat(found()).isEqualTo(SubnetFindings.NONE);
        assertThat(network("10.128.0.0/14").contains(network("10.128.0.0/13"))).isFalse();
    }
}
