package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.notReady;
import static io.ovnegress.reconciler.TestCluster.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.feature.egressip.EgressTrafficInput;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** A controller that begins on a database and on objects that were there before. On a strict fake database; every commit is checked for safety. */
final class RestartTest extends OnTheSeedCluster {
    @Test
    void nothingIsDoneBeforeEveryKindWasListed() {
        cluster.start(SEED);
        var content = cluster.content();
        cluster.reconciler = TestCluster.reconciler(TestCluster.CONFIG);
        cluster.connect();

        for (var kind : List.of(EgressIpInput.KIND, EgressTrafficInput.KIND, InputKind.NAMESPACE, InputKind.NODE)) {
            cluster.reconciler.apply(new InputChange.Listed(kind, List.of()), cluster.now);
            assertThat(cluster.reconciler.nextTransaction(cluster.now)).isEmpty();
        }

        assertThat(cluster.content()).isEqualTo(content);
    }

    @Test
    void restartWithoutChangesSendsNoTransaction() {
        cluster.start(SEED);

        cluster.restart(SEED);

        assertThat(cluster.transactions).isEmpty();
        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node1", "192.168.126.100"));
    }

    @Test
    void restartFindsTheNodeInTheDatabaseWhenTheStatusWasLost() {
        cluster.start(SEED);
        cluster.put(notReady(node(1))).put(node(1));
        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node2", "192.168.126.100"));

        cluster.restart(SEED);

        assertThat(cluster.transactions).isEmpty();
        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node2", "192.168.126.100"));
    }

    @Test
    void changesMadeWhileDownAreCaughtUp() {
        cluster.start(SEED);

        cluster.restart(
                node(2),
                namespace("simpson", "house=simpson"),
                pod("simpson", "homer", 2, "10.128.2.9"),
                egressIp("demo", SIMPSON, "192.168.126.100"));

        assertThat(cluster.snats()).containsExactly("GR_node2 10.128.2.9 192.168.126.100");
        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.2.9");
        assertThat(cluster.servedV4()).containsExactly("10.128.2.9");
    }

    @Test
    void damageWhileDownIsRepairedToo() {
        cluster.start(SEED);
        var content = cluster.content();
        var gateway2 = cluster.routers.get("GR_node2");
        var nat = cluster.database
                .children(LogicalRouter.NAT, cluster.routers.get("GR_node1"))
                .get(0);
        cluster.database.tamper(() -> {
            cluster.database.addTo(LogicalRouter.NAT, gateway2, nat.id());
            cluster.database.addTo(
                    AddressSet.ADDRESSES, addressSet(cluster.database, "ovn_egress_served_pods_v4"), "10.131.0.5");
        });

        cluster.restart(SEED);

        assertThat(cluster.content()).isEqualTo(content);
    }

    @Test
    void rowsOfOvnKubernetesAreAdoptedInPlaceOrRemoved() {
        var database = cluster.database;
        var clusterRouter = cluster.routers.get("ovn_cluster_router");
        var gateway = cluster.routers.get("GR_node2");
        var oldPolicy = oldPolicy("10.128.0.5", Map.of("name", "demo"));
        var newPolicy = oldPolicy(
                "10.128.4.5",
                Map.of(
                        "k8s.ovn.org/owner-controller", "default-network-controller",
                        "k8s.ovn.org/owner-type", "EgressIP",
                        "k8s.ovn.org/name", "demo_simpson/marge",
                        "ip-family", "ip4",
                        "priority", "100",
                        "network", "default"));
        var stalePolicy = oldPolicy("10.128.0.200", Map.of("name", "demo"));
        var udnPolicy = oldPolicy("10.128.0.201", Map.of("k8s.ovn.org/owner-type", "EgressIP", "network", "blue"));
        for (var policy : List.of(oldPolicy, newPolicy, stalePolicy, udnPolicy)) {
            database.addTo(LogicalRouter.POLICIES, clusterRouter, policy);
        }
        var oldNat = oldNat("10.128.0.5", Map.of("name", "demo"));
        var newNat = oldNat(
                "10.128.4.5", Map.of("k8s.ovn.org/owner-type", "EgressIP", "k8s.ovn.org/name", "demo_simpson/marge"));
        var staleNat = oldNat("10.128.0.200", Map.of("name", "demo"));
        for (var nat : List.of(oldNat, newNat, staleNat)) {
            database.addTo(LogicalRouter.NAT, gateway, nat);
        }
        // Not checked against the safety rules before we have started: the stale policy has its SNAT, the other
        // network's has none.
        database.set(LogicalRouterPolicy.TABLE, udnPolicy, Cell.of(LogicalRouterPolicy.NEXTHOPS, Set.of()));

        cluster.start(SEED);

        assertThat(cluster.snats())
                .as("the node is the one where ovn-kubernetes had the egress IP")
                .containsExactly("GR_node2 10.128.0.5 192.168.126.100", "GR_node2 10.128.4.5 192.168.126.100");
        assertThat(database.rows(Nat.TABLE).stream().map(Row::id)).containsExactlyInAnyOrder(oldNat, newNat);
        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.0.5", "10.128.4.5", "10.128.0.201");
        assertThat(database.row(LogicalRouterPolicy.TABLE, newPolicy).get(LogicalRouterPolicy.EXTERNAL_IDS))
                .isEqualTo(Map.of(
                        "k8s.ovn.org/owner-controller", "ovn-egress",
                        "ovn-egress.io/feature", "egress-ip",
                        "k8s.ovn.org/network", "ovn-egress",
                        "ovn-egress.io/id", "reroute/10.128.4.5",
                        "ovn-egress.io/owner", "EgressIP/demo",
                        "ovn-egress.io/pod", "simpson/marge"));
    }

    @Test
    void relistIsTheSameAsTheEventsItReplaces() {
        cluster.start(SEED);

        cluster.reconciler.apply(
                new InputChange.Listed(InputKind.POD, List.of(pod("simpson", "marge", 3, "10.128.4.5"))), cluster.now);
        cluster.settle();

        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.4.5");
    }

    private UUID oldPolicy(String pod, Map<String, String> externalIds) {
        return cluster.database.insert(
                LogicalRouterPolicy.TABLE,
                Cell.of(LogicalRouterPolicy.PRIORITY, 100L),
                Cell.of(LogicalRouterPolicy.MATCH, "ip4.src == " + pod),
                Cell.of(LogicalRouterPolicy.ACTION, "reroute"),
                Cell.of(LogicalRouterPolicy.NEXTHOPS, Set.of("100.64.0.3")),
                Cell.of(LogicalRouterPolicy.EXTERNAL_IDS, externalIds));
    }

    private UUID oldNat(String pod, Map<String, String> externalIds) {
        return cluster.database.insert(
                Nat.TABLE,
                Cell.of(Nat.TYPE, "snat"),
                Cell.of(Nat.EXTERNAL_IP, "192.168.126.100"),
                Cell.of(Nat.LOGICAL_IP, pod),
                Cell.of(Nat.LOGICAL_PORT, Set.of("k8s-node2")),
                Cell.of(Nat.OPTIONS, Map.of("stateless", "false")),
                Cell.of(Nat.EXTERNAL_IDS, externalIds));
    }
}
