package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.Qos;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Rows that somebody else has changed, and rows that are somebody else's. On a strict fake database; every commit is checked for safety. */
final class DamageTest extends OnTheSeedCluster {
    @Test
    void damageByHandIsRepaired() {
        cluster.start(SEED);
        var content = cluster.content();
        var database = cluster.database;
        var clusterRouter = cluster.routers.get("ovn_cluster_router");
        var gateway1 = cluster.routers.get("GR_node1");
        var gateway2 = cluster.routers.get("GR_node2");
        var policy = database.children(LogicalRouter.POLICIES, clusterRouter).stream()
                .filter(row -> row.get(LogicalRouterPolicy.PRIORITY) == 100)
                .findFirst()
                .orElseThrow();
        var baseline = database.children(LogicalRouter.POLICIES, clusterRouter).stream()
                .filter(row -> row.get(LogicalRouterPolicy.PRIORITY) == 102)
                .findFirst()
                .orElseThrow();
        var nat = database.children(LogicalRouter.NAT, gateway1).get(0);
        var table = LogicalRouterPolicy.TABLE;
        var replyMark = database.rows(Qos.TABLE).stream().findAny().orElseThrow();
        List<Runnable> damages = List.of(
                () -> database.set(table, policy.id(), Cell.of(LogicalRouterPolicy.NEXTHOPS, Set.of("100.64.0.9"))),
                () -> database.set(table, policy.id(), Cell.of(LogicalRouterPolicy.NEXTHOP, Set.of("100.64.0.9"))),
                () -> database.set(table, policy.id(), Cell.of(LogicalRouterPolicy.MATCH, "ip4.src == 10.128.0.99")),
                () -> database.set(table, policy.id(), Cell.of(LogicalRouterPolicy.PRIORITY, 7L)),
                () -> database.set(table, policy.id(), Cell.of(LogicalRouterPolicy.EXTERNAL_IDS, Map.of())),
                () -> database.set(table, policy.id(), Cell.of(LogicalRouterPolicy.OPTIONS, Map.of("pkt_mark", "1"))),
                () -> database.removeFrom(LogicalRouter.POLICIES, clusterRouter, policy.id()),
                () -> database.set(Nat.TABLE, nat.id(), Cell.of(Nat.EXTERNAL_IP, "192.168.126.222")),
                () -> database.set(Nat.TABLE, nat.id(), Cell.of(Nat.LOGICAL_PORT, Set.of("k8s-node2"))),
                () -> database.set(Nat.TABLE, nat.id(), Cell.of(Nat.OPTIONS, Map.of())),
                () -> database.set(Nat.TABLE, nat.id(), Cell.of(Nat.MATCH, "ip4.dst == 1.1.1.1")),
                () -> database.removeFrom(LogicalRouter.NAT, gateway1, nat.id()),
                () -> {
                    database.removeFrom(LogicalRouter.NAT, gateway1, nat.id());
                    database.addTo(LogicalRouter.NAT, gateway2, nat.id());
                },
                () -> database.addTo(LogicalRouter.NAT, gateway2, nat.id()),
                () -> database.addTo(LogicalRouter.NAT, gateway1, copyOf(database, nat)),
                () -> database.addTo(LogicalRouter.POLICIES, clusterRouter, copyOf(database, policy)),
                // Of two equal rows either may have stayed.
                () -> database.addTo(
                        LogicalRouter.POLICIES, gateway1, policyOf(policy).id()),
                () -> database.delete(AddressSet.TABLE, addressSet(database, "ovn_egress_served_pods_v4")),
                () -> database.removeFrom(
                        AddressSet.ADDRESSES, addressSet(database, "ovn_egress_served_pods_v4"), "10.128.0.5"),
                () -> database.addTo(
                        AddressSet.ADDRESSES, addressSet(database, "ovn_egress_served_pods_v4"), "10.131.0.5"),
                () -> database.addTo(AddressSet.ADDRESSES, addressSet(database, "ovn_egress_node_ips_v4"), "garbage"),
                () -> database.addTo(
                        AddressSet.ADDRESSES, addressSet(database, "ovn_egress_served_pods_v4"), "garbage"),
                () -> database.addTo(
                        AddressSet.ADDRESSES, addressSet(database, "ovn_egress_served_pods_v6"), "10.1.1.1"),
                () -> database.set(
                        AddressSet.TABLE,
                        addressSet(database, "ovn_egress_served_pods_v4"),
                        Cell.of(AddressSet.NAME, "renamed")),
                () -> database.set(table, baseline.id(), Cell.of(LogicalRouterPolicy.EXTERNAL_IDS, Map.of())),
                () -> database.set(Qos.TABLE, replyMark.id(), Cell.of(Qos.EXTERNAL_IDS, Map.of())),
                () -> {
                    database.set(Nat.TABLE, nat.id(), Cell.of(Nat.EXTERNAL_IDS, Map.of()));
                    database.set(Nat.TABLE, nat.id(), Cell.of(Nat.TYPE, "dnat"));
                },
                () -> {
                    var ours = policyOf(policy).id();
                    database.set(table, ours, Cell.of(LogicalRouterPolicy.EXTERNAL_IDS, Map.of()));
                    database.addTo(LogicalRouter.POLICIES, gateway1, ours);
                    database.removeFrom(LogicalRouter.POLICIES, clusterRouter, ours);
                });

        for (var damage : damages) {
            cluster.tamper(damage).after(Duration.ofMinutes(1));
            assertThat(cluster.content()).isEqualTo(content);
        }
    }

    @Test
    void whatIsNotOursIsNeverTouched() {
        var database = cluster.database;
        var clusterRouter = cluster.routers.get("ovn_cluster_router");
        var gateway = cluster.routers.get("GR_node1");
        var foreignPolicy = database.insert(
                LogicalRouterPolicy.TABLE,
                Cell.of(LogicalRouterPolicy.PRIORITY, 100L),
                Cell.of(LogicalRouterPolicy.MATCH, "ip4.src == 10.128.0.77"),
                Cell.of(LogicalRouterPolicy.ACTION, "reroute"),
                Cell.of(LogicalRouterPolicy.NEXTHOPS, Set.of("100.64.0.2")));
        var foreignNat = database.insert(
                Nat.TABLE,
                Cell.of(Nat.TYPE, "snat"),
                Cell.of(Nat.EXTERNAL_IP, "192.168.126.11"),
                Cell.of(Nat.LOGICAL_IP, "10.128.0.77"));
        database.addTo(LogicalRouter.POLICIES, clusterRouter, foreignPolicy);
        database.addTo(LogicalRouter.NAT, gateway, foreignNat);
        var before =
                List.of(database.row(LogicalRouterPolicy.TABLE, foreignPolicy), database.row(Nat.TABLE, foreignNat));

        // A policy without SNAT is unsafe, but not ours: the rules are about what we write.
        database.set(LogicalRouterPolicy.TABLE, foreignPolicy, Cell.of(LogicalRouterPolicy.NEXTHOPS, Set.of()));
        cluster.start(SEED)
                .tamper(() -> database.addTo(LogicalRouter.NAT, gateway, nodeSnat("10.128.0.5", "192.168.126.11")))
                .remove(EgressIpInput.KIND, "demo");

        assertThat(database.row(Nat.TABLE, foreignNat)).isEqualTo(before.get(1));
        assertThat(database.row(LogicalRouterPolicy.TABLE, foreignPolicy).get(LogicalRouterPolicy.MATCH))
                .isEqualTo("ip4.src == 10.128.0.77");
        assertThat(database.rows(Nat.TABLE)).hasSize(2);
    }

    /** The row on the cluster router with the same match. */
    private Row policyOf(Row row) {
        return cluster.database.children(LogicalRouter.POLICIES, cluster.routers.get("ovn_cluster_router")).stream()
                .filter(there -> there.get(LogicalRouterPolicy.MATCH).equals(row.get(LogicalRouterPolicy.MATCH)))
                .findFirst()
                .orElseThrow();
    }

    private static UUID copyOf(FakeNorthbound database, Row row) {
        var copy = database.insert(row.table());
        for (var column : row.table().columns()) {
            copyCell(database, row, column, copy);
        }
        return copy;
    }

    private static <T> void copyCell(
            FakeNorthbound database, Row row, io.ovnegress.ovsdb.row.Column<T> column, UUID copy) {
        database.set(row.table(), copy, Cell.of(column, row.get(column)));
    }

    private UUID nodeSnat(String pod, String nodeAddress) {
        return cluster.database.insert(
                Nat.TABLE,
                Cell.of(Nat.TYPE, "snat"),
                Cell.of(Nat.EXTERNAL_IP, nodeAddress),
                Cell.of(Nat.LOGICAL_IP, pod),
                Cell.of(Nat.OPTIONS, Map.of("stateless", "false")));
    }
}
