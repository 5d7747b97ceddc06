package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.machine.PlannedTransaction;
import io.ovnegress.reconciler.machine.Repair;
import io.ovnegress.reconciler.northbound.Damage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a repair and a removal say of themselves: names that a person knows, and no UUIDs. */
class RepairWordsTest {
    private static final String IP = "192.168.126.100";
    private static final String NAT = "NAT of 10.128.0.5 as " + IP;
    private static final String POLICY = "policy 100 'ip4.src == 10.128.0.5'";

    private final TestCluster cluster = new TestCluster().topology(1, 2);

    @BeforeEach
    void start() {
        cluster.start(
                node(1),
                node(2),
                namespace("simpson", "house=simpson"),
                pod("simpson", "homer", 1, "10.128.0.5"),
                egressIp("demo", where("house=simpson"), IP));
    }

    private Row nat() {
        return cluster.database.rows(Nat.TABLE).iterator().next();
    }

    private Row policy() {
        return cluster.clusterPolicies().stream()
                .filter(row -> row.get(LogicalRouterPolicy.PRIORITY) == 100)
                .findAny()
                .orElseThrow();
    }

    private PlannedTransaction next() {
        return cluster.reconciler.nextTransaction(cluster.now).orElseThrow();
    }

    private Repair repairOf(Runnable damage) {
        cluster.reconciler.apply(cluster.database.tamper(damage));
        var repairs = next().repairs();
        assertThat(repairs).hasSize(1);
        return repairs.getFirst();
    }

    private List<String> wordsOf(Runnable damage) {
        return repairOf(damage).damage().stream().map(Damage::toString).toList();
    }

    @Test
    void aRepairNamesPodAndObject() {
        var repair = repairOf(
                () -> cluster.database.removeFrom(LogicalRouter.NAT, cluster.routers.get("GR_node1"), nat().id()));

        assertThat(repair.pod()).contains("simpson/homer");
        assertThat(repair.object()).contains("demo");
        assertThat(repair.owner()).hasToString("10.128.0.5");
        assertThat(repair.damage())
                .containsExactly(new Damage(Damage.Kind.Missing, NAT + " on GR_node1", "was missing"));
    }

    @Test
    void anotherValueIsSaidWithTheRightOne() {
        assertThat(wordsOf(() -> cluster.database.set(
                        LogicalRouterPolicy.TABLE,
                        policy().id(),
                        Cell.of(LogicalRouterPolicy.NEXTHOPS, Set.of("100.64.0.9", "100.64.0.8")))))
                .containsExactly(
                        POLICY + " on ovn_cluster_router had nexthops '100.64.0.8,100.64.0.9' instead of '100.64.0.2'");
    }

    @Test
    void whatSomebodyElseWroteIsPrintableAndShort() {
        assertThat(wordsOf(() -> cluster.database.set(
                        Nat.TABLE, nat().id(), Cell.of(Nat.LOGICAL_PORT, Set.of("\u0007\n" + "x".repeat(1000))))))
                .containsExactly(
                        NAT + " on GR_node1 had logical_port '??" + "x".repeat(75) + "...' instead of 'k8s-node1'");
    }

    @Test
    void ofExternalIdsWhatDiffersIsSaid() {
        var row = nat();
        var others = new HashMap<>(row.get(Nat.EXTERNAL_IDS));
        others.put("ovn-egress.io/pod", "simpson/marge");
        others.put("note", "theirs");

        assertThat(wordsOf(() -> cluster.database.set(Nat.TABLE, row.id(), Cell.of(Nat.EXTERNAL_IDS, others))))
                .containsExactly(NAT + " on GR_node1 had external_ids '{ovn-egress.io/pod=simpson/marge}'"
                        + " instead of '{ovn-egress.io/pod=simpson/homer}'");
    }

    @Test
    void aRowOnAnotherRouterIsMisplaced() {
        var row = nat().id();
        assertThat(wordsOf(() -> {
                    cluster.database.addTo(LogicalRouter.NAT, cluster.routers.get("GR_node2"), row);
                    cluster.database.removeFrom(LogicalRouter.NAT, cluster.routers.get("GR_node1"), row);
                }))
                .containsExactly(NAT + " was on GR_node2 instead of on GR_node1");
    }

    @Test
    void aRowOnTwoRoutersIsMisplacedToo() {
        var row = nat().id();
        assertThat(wordsOf(() -> cluster.database.addTo(LogicalRouter.NAT, cluster.routers.get("GR_node2"), row)))
                .containsExactly(NAT + " was on GR_node2 besides being on GR_node1");
    }

    @Test
    void aSecondRowIsNotWanted() {
        var row = nat();
        assertThat(wordsOf(() -> {
                    var second = cluster.database.insert(
                            Nat.TABLE,
                            Cell.of(Nat.TYPE, "snat"),
                            Cell.of(Nat.LOGICAL_IP, "10.128.0.5"),
                            Cell.of(Nat.EXTERNAL_IP, "192.168.126.66"),
                            Cell.of(Nat.EXTERNAL_IDS, row.get(Nat.EXTERNAL_IDS)));
                    cluster.database.addTo(LogicalRouter.NAT, cluster.routers.get("GR_node2"), second);
                }))
                .containsExactly("NAT of 10.128.0.5 as 192.168.126.66 on GR_node2 was not wanted");
    }

    @Test
    void addressesThatAreMissingInASetAreNamed() {
        var set = cluster.database.rows(AddressSet.TABLE).stream()
                .filter(row -> row.get(AddressSet.NAME).equals("ovn_egress_served_pods_v4"))
                .findAny()
                .orElseThrow();
        assertThat(wordsOf(() ->
                        cluster.database.set(AddressSet.TABLE, set.id(), Cell.of(AddressSet.ADDRESSES, Set.of()))))
                .containsExactly("address set ovn_egress_served_pods_v4 lacked 10.128.0.5");
    }

    @Test
    void theTransactionThatRemovesRowsNamesWhoseTheyWere() {
        cluster.reconciler.apply(new InputChange.Removed(InputKind.POD, "simpson/homer"), cluster.now);

        assertThat(next().owners()).containsExactly("demo");
    }

    @Test
    void theTransactionThatGivesAPodToAnotherObjectNamesBoth() {
        cluster.put(egressIp("later", where("house=simpson"), "192.168.126.101"));
        cluster.reconciler.apply(new InputChange.Removed(EgressIpInput.KIND, "demo"), cluster.now);

        assertThat(next().owners()).containsExactlyInAnyOrder("demo", "later");
    }

    @Test
    void rowsOfOvnKubernetesAreNamedByTheirObject() {
        cluster.tamper(() -> {
            var theirs = cluster.database.insert(
                    LogicalRouterPolicy.TABLE,
                    Cell.of(LogicalRouterPolicy.PRIORITY, 100L),
                    Cell.of(LogicalRouterPolicy.ACTION, "reroute"),
                    Cell.of(LogicalRouterPolicy.MATCH, "ip4.src == 10.128.0.99"),
                    Cell.of(LogicalRouterPolicy.NEXTHOPS, Set.of("100.64.0.2")),
                    Cell.of(LogicalRouterPolicy.EXTERNAL_IDS, Map.of("name", "gone")));
            cluster.database.addTo(LogicalRouter.POLICIES, cluster.routers.get("ovn_cluster_router"), theirs);
        });

        assertThat(cluster.owners).contains("gone");
    }
}
