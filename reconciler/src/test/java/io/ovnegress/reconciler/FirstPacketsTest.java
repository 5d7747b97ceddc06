package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.dropping;
import static io.ovnegress.reconciler.TestCluster.droppingBeforeServed;
import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.groupOf;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.notReady;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.PortGroup;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.BeforeServed;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditionType;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpEventReason;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.LabelSelector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What an object says must not leave as anything but an egress IP is kept in before its pods are known: by the port group of their
 * namespace, below the reroute policies.
 */
class FirstPacketsTest {
    private static final LabelSelector SIMPSON = where("house=simpson");
    private static final EgressIpInput PLAIN = egressIp("demo", SIMPSON, "192.168.126.100");
    private static final EgressIpInput DEMO = dropping(PLAIN);

    private final TestCluster cluster = new TestCluster().topology(1, 2, 3);

    private static InputObject[] seed(InputObject... more) {
        var all = new ArrayList<InputObject>(
                List.of(namespace("simpson", "house=simpson"), pod("simpson", "homer", 1, "10.128.0.5")));
        all.addAll(List.of(more));
        return all.toArray(InputObject[]::new);
    }

    private Row policyOf(String id) {
        return cluster.clusterPolicies().stream()
                .filter(row ->
                        id.equals(row.get(LogicalRouterPolicy.EXTERNAL_IDS).get("ovn-egress.io/id")))
                .findFirst()
                .orElseThrow();
    }

    private Stream<String> cutOffRows() {
        return Stream.concat(database(LogicalRouterPolicy.EXTERNAL_IDS), database(AddressSet.EXTERNAL_IDS))
                .map(externalIds -> externalIds.getOrDefault("ovn-egress.io/id", ""))
                .filter(id -> id.contains("cut-off") || id.contains("cut_off"));
    }

    private Stream<Map<String, String>> database(io.ovnegress.ovsdb.row.Column<Map<String, String>> externalIds) {
        return cluster.database.rows(externalIds.table()).stream().map(row -> row.get(externalIds));
    }

    @Test
    void nothingOfASelectedNamespaceLeavesThatIsNotReroutedWhetherThePodIsKnownOrNot() {
        cluster.portGroup("simpson");
        cluster.start(seed(DEMO, node(1)));

        var group = groupOf("simpson");
        var drop = policyOf("cut-off/namespace/simpson/v4");
        assertThat(drop.get(LogicalRouterPolicy.MATCH)).isEqualTo("ip4.src == $" + group + "_ip4");
        assertThat(drop.get(LogicalRouterPolicy.ACTION)).isEqualTo("drop");
        assertThat(drop.get(LogicalRouterPolicy.PRIORITY)).isEqualTo(99);
        assertThat(drop.get(LogicalRouterPolicy.EXTERNAL_IDS))
                .isEqualTo(Map.of(
                        "k8s.ovn.org/owner-controller", "ovn-egress",
                        "ovn-egress.io/feature", "egress-ip",
                        "ovn-egress.io/id", "cut-off/namespace/simpson/v4",
                        "ovn-egress.io/owner", "EgressIP/demo"));
        assertThat(policyOf("cut-off/namespace/simpson/v6").get(LogicalRouterPolicy.MATCH))
                .isEqualTo("ip6.src == $" + group + "_ip6");
        assertThat(cluster.keptIn()).containsExactly("simpson/v4", "simpson/v6");
        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.0.5");
    }

    @Test
    void podsThatNobodyKnowsYetReachTheNodes() {
        cluster.portGroup("simpson");
        cluster.start(seed(DEMO, node(1)));

        var allow = policyOf("cut-off/namespace/simpson/v4/to-nodes");
        assertThat(allow.get(LogicalRouterPolicy.MATCH))
                .isEqualTo("ip4.src == $" + groupOf("simpson") + "_ip4 && ip4.dst == $ovn_egress_node_ips_v4");
        assertThat(allow.get(LogicalRouterPolicy.ACTION)).isEqualTo("allow");
        assertThat(allow.get(LogicalRouterPolicy.PRIORITY)).isEqualTo(102);
        assertThat(allow.get(LogicalRouterPolicy.OPTIONS)).isEqualTo(Map.of("pkt_mark", "1008"));
    }

    @Test
    void whoSaysNothingHasNoRowOfThis() {
        cluster.portGroup("simpson");
        cluster.start(seed(PLAIN, node(1)));

        assertThat(cutOffRows()).isEmpty();
    }

    @Test
    void onlyPodsOfAnObjectWithAnEgressIpAreKeptInBeforeTheyAreServed() {
        cluster.portGroup("simpson");
        cluster.start(seed(droppingBeforeServed(PLAIN), node(1)));
        assertThat(cluster.keptIn()).containsExactly("simpson/v4");
        assertThat(cluster.members("ovn_egress_cut_off_pods_v4")).containsExactly("10.128.0.5");

        cluster.put(notReady(node(1)));

        assertThat(cluster.keptIn()).isEmpty();
        assertThat(cluster.members("ovn_egress_cut_off_pods_v4")).isEmpty();
        assertThat(cluster.servedV4()).isEmpty();

        cluster.put(node(1));

        assertThat(cluster.keptIn()).containsExactly("simpson/v4");
    }

    @Test
    void aChangedMindIsFollowed() {
        cluster.portGroup("simpson");
        cluster.start(seed(PLAIN, node(1)));

        cluster.put(droppingBeforeServed(PLAIN));
        assertThat(cluster.keptIn()).containsExactly("simpson/v4");

        cluster.put(PLAIN);
        assertThat(cutOffRows()).isEmpty();
    }

    @Test
    void aChoiceThatIsNoneCountsAsDropAndSaysSo() {
        cluster.portGroup("simpson");
        cluster.start(seed(
                PLAIN.edit()
                        .beforeServed(BeforeServed.DROP, Optional.of("Dorp"))
                        .build(),
                node(1)));

        assertThat(cluster.keptIn()).containsExactly("simpson/v4");
        var words = "beforeServed (or annotation ovn-egress.io/before-served) is \"Dorp\", which is neither Drop nor"
                + " NodeAddress: it counts as Drop, correct it";
        assertThat(cluster.statuses.get("demo").conditions())
                .contains(new StatusCondition(
                        EgressIpConditionType.InvalidSpec, true, EgressIpReason.InvalidBeforeServed, words, 1));
        assertThat(cluster.events).contains(new StatusChange.Event(EgressIpEventReason.UnsupportedRequest, words));
    }

    @Test
    void wherePodsAreChosenByLabelsOnlyThoseAreKeptInWhoAreKnown() {
        cluster.portGroup("simpson");
        cluster.start(seed(
                dropping(egressIp("demo", 0, SIMPSON, where("app=homer"), "192.168.126.100")),
                pod("simpson", "bart", 1, "10.128.0.6"),
                node(1)));

        assertThat(cluster.keptIn()).isEmpty();
        assertThat(cluster.members("ovn_egress_cut_off_pods_v4")).containsExactly("10.128.0.5");
    }

    @Test
    void theGroupMayComeLateAndGo() {
        cluster.start(seed(DEMO, node(1)));
        assertThat(cluster.keptIn()).isEmpty();
        assertThat(cluster.members("ovn_egress_cut_off_pods_v4")).containsExactly("10.128.0.5");

        cluster.tamper(() -> cluster.portGroup("simpson"));
        assertThat(cluster.keptIn()).containsExactly("simpson/v4", "simpson/v6");

        var group = cluster.database.rows(PortGroup.TABLE).iterator().next().id();
        cluster.tamper(() -> cluster.database.set(PortGroup.TABLE, group, Cell.of(PortGroup.NAME, "a1")));
        assertThat(cluster.keptIn()).containsExactly("simpson/v4", "simpson/v6");

        cluster.tamper(() -> cluster.database.delete(PortGroup.TABLE, group));
        assertThat(cutOffRows()).noneMatch(id -> id.contains("namespace"));
    }

    @Test
    void theGroupsOfAnOvnkubeWithoutOwnerKeysAreKnownByTheirName() {
        cluster.database.insert(
                PortGroup.TABLE,
                Cell.of(PortGroup.NAME, "a3809992719645926620"),
                Cell.of(PortGroup.EXTERNAL_IDS, Map.of("name", "simpson")));
        cluster.start(seed(DEMO, node(1)));

        assertThat(policyOf("cut-off/namespace/simpson/v4").get(LogicalRouterPolicy.MATCH))
                .isEqualTo("ip4.src == $a3809992719645926620_ip4");
    }

    @Test
    void groupsOfOtherNetworksAndOfPoliciesAreNone() {
        for (var externalIds : List.of(
                Map.of(
                        "k8s.ovn.org/name", "simpson",
                        "k8s.ovn.org/owner-controller", "blue-network-controller",
                        "k8s.ovn.org/owner-type", "Namespace"),
                Map.of(
                        "k8s.ovn.org/name", "simpson",
                        "k8s.ovn.org/owner-controller", "default-network-controller",
                        "k8s.ovn.org/owner-type", "NetpolNamespace"))) {
            cluster.database.insert(
                    PortGroup.TABLE,
                    Cell.of(PortGroup.NAME, "a" + externalIds.hashCode()),
                    Cell.of(PortGroup.EXTERNAL_IDS, externalIds));
        }
        cluster.start(seed(DEMO, node(1)));

        assertThat(cutOffRows()).noneMatch(id -> id.contains("namespace"));
    }

    @Test
    void whoIsServedByAnOlderObjectIsReroutedThoughAYoungerOneKeepsItIn() {
        cluster.portGroup("simpson");
        cluster.start(seed(
                egressIp("senior", 1, SIMPSON, LabelSelector.EVERYTHING, "192.168.126.101"),
                dropping(egressIp("junior", 2, SIMPSON, LabelSelector.EVERYTHING, "10.9.9.9")),
                node(1)));

        assertThat(cluster.keptIn()).containsExactly("simpson/v4", "simpson/v6");
        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.0.5");
        assertThat(cluster.snats()).containsExactly("GR_node1 10.128.0.5 192.168.126.101");
        assertThat(cluster.dropped()).isEmpty();
    }

    @Test
    void theNameOfTheOldestThatAsksForItIsOnTheRows() {
        cluster.portGroup("simpson");
        cluster.start(seed(
                dropping(egressIp("a", 2, SIMPSON, LabelSelector.EVERYTHING, "192.168.126.101")),
                dropping(egressIp("b", 1, SIMPSON, LabelSelector.EVERYTHING, "192.168.126.102")),
                node(1)));
        assertThat(policyOf("cut-off/namespace/simpson/v4").get(LogicalRouterPolicy.EXTERNAL_IDS))
                .containsEntry("ovn-egress.io/owner", "EgressIP/b");

        cluster.remove(EgressIpInput.KIND, "b");

        assertThat(policyOf("cut-off/namespace/simpson/v4").get(LogicalRouterPolicy.EXTERNAL_IDS))
                .containsEntry("ovn-egress.io/owner", "EgressIP/a");
    }

    @Test
    void namespacesThatAreNotSelectedAnyMoreAreOpen() {
        cluster.portGroup("simpson");
        cluster.start(seed(DEMO, node(1)));

        cluster.put(namespace("simpson", "house=bouvier"));
        assertThat(cluster.keptIn()).isEmpty();
        assertThat(cluster.members("ovn_egress_cut_off_pods_v4")).isEmpty();

        cluster.put(namespace("simpson", "house=simpson"));
        assertThat(cluster.keptIn()).containsExactly("simpson/v4", "simpson/v6");

        cluster.remove(InputKind.NAMESPACE, "simpson");
        assertThat(cluster.keptIn()).isEmpty();
    }

    @Test
    void nothingIsLeftOfIt() {
        cluster.portGroup("simpson");
        cluster.start(seed(DEMO, node(1)));

        cluster.remove(EgressIpInput.KIND, "demo");

        assertThat(cutOffRows()).isEmpty();
    }

    @Test
    void damageByHandIsRepaired() {
        cluster.portGroup("simpson");
        cluster.start(seed(DEMO, node(1)));
        var content = cluster.content();
        var database = cluster.database;
        var table = LogicalRouterPolicy.TABLE;
        for (var id : List.of("cut-off/namespace/simpson/v4", "cut-off/namespace/simpson/v4/to-nodes")) {
            var row = policyOf(id).id();
            var router = cluster.routers.get("ovn_cluster_router");
            List<Runnable> damages = List.of(
                    () -> database.set(table, row, Cell.of(LogicalRouterPolicy.ACTION, "reroute")),
                    () -> database.set(table, row, Cell.of(LogicalRouterPolicy.PRIORITY, 98L)),
                    () -> database.set(table, row, Cell.of(LogicalRouterPolicy.MATCH, "ip4.src == 10.128.0.5")),
                    () -> database.set(table, row, Cell.of(LogicalRouterPolicy.EXTERNAL_IDS, Map.of())),
                    () -> database.removeFrom(LogicalRouter.POLICIES, router, row));
            for (var damage : damages) {
                cluster.tamper(damage).after(Duration.ofMinutes(1));
                assertThat(cluster.content()).isEqualTo(content);
            }
        }
    }

    @Test
    void aRestartFindsNothingToDo() {
        cluster.portGroup("simpson");
        cluster.start(seed(DEMO, node(1)));

        cluster.restart(seed(DEMO, node(1)));

        assertThat(cluster.transactions).isEmpty();
    }
}
