package io.ovnegress.reconciler;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.Qos;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpEventReason;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What ovnkube does to rows at each of its starts, and how ours look so that it does not. On a strict fake database. */
final class BesideOvnkubeTest extends OnTheSeedCluster {
    private static final Map<Table, Column<Map<String, String>>> EXTERNAL_IDS = Map.of(
            LogicalRouterPolicy.TABLE, LogicalRouterPolicy.EXTERNAL_IDS,
            Nat.TABLE, Nat.EXTERNAL_IDS,
            Qos.TABLE, Qos.EXTERNAL_IDS,
            AddressSet.TABLE, AddressSet.EXTERNAL_IDS);
    private static final String NAME = "name";
    private static final String CONTROLLER = "k8s.ovn.org/owner-controller";
    private static final String NETWORK = "k8s.ovn.org/network";

    @Test
    void everyRowNamesItsControllerAndNoneAnEgressIpInTheWayOfOvnkubesFormerRows() {
        cluster.start(SEED);

        EXTERNAL_IDS.forEach((table, column) -> assertThat(ours(table))
                .isNotEmpty()
                .allSatisfy(row -> assertThat(row.get(column))
                        .containsEntry(CONTROLLER, "ovn-egress")
                        .doesNotContainKeys(NAME, "k8s.ovn.org/owner-type", "network")));
    }

    @Test
    void whatHasNexthopsIsOfNoNetworkOfOvnkubes() {
        cluster.start(SEED);

        assertThat(ours(LogicalRouterPolicy.TABLE))
                .allSatisfy(row -> assertThat(
                                row.get(LogicalRouterPolicy.EXTERNAL_IDS).containsKey(NETWORK))
                        .isEqualTo(!row.get(LogicalRouterPolicy.NEXTHOPS).isEmpty()));
    }

    /** Under {@code --disable-snat-multiple-gws} ovnkube removes every SNAT of the cluster subnet from gateway routers. */
    @Test
    void noSnatIsOfMoreThanOneAddressAndNoPolicyHasThePriorityOfEgressService() {
        cluster.start(SEED);

        assertThat(ours(Nat.TABLE)).extracting(row -> row.get(Nat.LOGICAL_IP)).noneMatch(ip -> ip.contains("/"));
        assertThat(ours(LogicalRouterPolicy.TABLE))
                .extracting(row -> row.get(LogicalRouterPolicy.PRIORITY))
                .doesNotContain(101L);
    }

    @Test
    void rowsOfTheFirstVersionAreUpgradedInPlace() {
        var content = afterStart();
        var ids = ids();
        cluster.database.tamper(this::asTheFirstVersionWroteThem);

        cluster.restart(SEED);

        assertThat(cluster.content()).isEqualTo(content);
        assertThat(ids()).isEqualTo(ids);
        assertThat(cluster.events).isEmpty();
    }

    @Test
    void rowsOfTheFirstVersionThatOvnkubeHasMadeItsOwnMeanwhileAreTakenBackInPlace() {
        var content = afterStart();
        var ids = ids();
        cluster.database.tamper(this::asTheFirstVersionWroteThem);
        cluster.database.tamper(this::ovnkubeStarts);
        assertThat(ours(Nat.TABLE)).isEmpty();

        cluster.restart(SEED);

        assertThat(cluster.content()).isEqualTo(content);
        assertThat(ids()).isEqualTo(ids);
    }

    @Test
    void egressIpsStayWhereTheyAreThoughOvnkubeHasMadeTheirRowsItsOwnAndNoStatusIsLeft() {
        cluster.start(SEED);
        cluster.put(TestCluster.notReady(TestCluster.node(1)));
        assertThat(cluster.snats()).allMatch(snat -> snat.startsWith("GR_node2"));
        cluster.database.tamper(this::asTheFirstVersionWroteThem);
        cluster.database.tamper(this::ovnkubeStarts);

        cluster.restart(SEED);

        assertThat(cluster.snats()).isNotEmpty().allMatch(snat -> snat.startsWith("GR_node2"));
    }

    @Test
    void whatOvnkubeHasMadeItsOwnAndNobodyWantsGoes() {
        cluster.start(SEED);
        cluster.database.tamper(this::asTheFirstVersionWroteThem);
        cluster.database.tamper(this::ovnkubeStarts);

        cluster.restart(without("demo"));

        assertThat(cluster.database.rows(Nat.TABLE)).isEmpty();
        assertThat(cluster.reroutes()).isEmpty();
    }

    @Test
    void aStartOfOvnkubeChangesNoRow() {
        var content = afterStart();

        cluster.tamper(this::ovnkubeStarts);

        assertThat(cluster.content()).isEqualTo(content);
        assertThat(cluster.transactions).hasSize(transactions);
        assertThat(cluster.events).isEmpty();
    }

    @Test
    void exemptionsOfOvnkubesStayBesideOursThatItHadMadeItsOwn() {
        cluster.start(SEED);
        int ours = ours(LogicalRouterPolicy.TABLE).size();
        cluster.database.tamper(this::asTheFirstVersionWroteThem);
        cluster.database.tamper(this::ovnkubeStarts);
        var match = "ip4.src == 10.128.0.0/14 && ip4.dst == 10.128.0.0/14";
        var theirs = cluster.database.insert(
                LogicalRouterPolicy.TABLE,
                Cell.of(LogicalRouterPolicy.PRIORITY, 102L),
                Cell.of(LogicalRouterPolicy.MATCH, match),
                Cell.of(LogicalRouterPolicy.ACTION, "allow"),
                Cell.of(LogicalRouterPolicy.EXTERNAL_IDS, ovnkubes("EIP-No-Reroute-Pod-To-Pod")));
        cluster.database.tamper(() ->
                cluster.database.addTo(LogicalRouter.POLICIES, cluster.routers.get("ovn_cluster_router"), theirs));
        var before = cluster.database.row(LogicalRouterPolicy.TABLE, theirs);

        cluster.restart(SEED);

        assertThat(cluster.database.row(LogicalRouterPolicy.TABLE, theirs)).isEqualTo(before);
        assertThat(ours(LogicalRouterPolicy.TABLE)).hasSize(ours);
    }

    @Test
    void whatAStartOfOvnkubeExplainsIsPutRightAtOnceAndIsNoRepair() {
        var content = afterStart();

        cluster.reconciler.apply(cluster.database.tamper(this::ovnkubeTakesThem));
        var answer = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();
        assertThat(answer.repairs()).isEmpty();
        assertThat(answer.takenBack()).as("two pods and the baseline").isEqualTo(3);
        cluster.commit(answer);

        assertThat(cluster.content()).isEqualTo(content);
        assertThat(cluster.events).isEmpty();
        assertThat(cluster.reconciler.progress().contested()).isZero();
    }

    @Test
    void aStartWhoseAnswerIsLostIsTheSameStart() {
        var content = afterStart();
        cluster.reconciler.apply(cluster.database.tamper(this::ovnkubeTakesThem));
        var planned = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();
        cluster.reconciler.disconnected();
        cluster.reconciler.complete(planned, new CommitOutcome.Lost("cut"), cluster.now);
        cluster.connect();

        cluster.settle();

        assertThat(cluster.content()).isEqualTo(content);
        assertThat(cluster.events).isEmpty();
    }

    @Test
    void whoMakesRowsItsOwnAgainAndAgainIsASecondWriter() {
        cluster.start(SEED);
        int before = cluster.transactions.size();
        for (int i = 0; i < 600; i++) {
            cluster.tamper(this::ovnkubeTakesThem);
            cluster.after(Duration.ofMillis(100));
        }

        assertThat(cluster.transactions.size() - before).isLessThan(30);
        assertThat(cluster.events).extracting(StatusChange.Event::reason).contains(EgressIpEventReason.RowsRepaired);
    }

    @Test
    void aPersonWhoTakesTheKeysOffIsTold() {
        cluster.start(SEED);

        cluster.tamper(() -> List.copyOf(ours(Nat.TABLE))
                .forEach(row -> cluster.database.set(Nat.TABLE, row.id(), Cell.of(Nat.EXTERNAL_IDS, Map.of()))));

        assertThat(cluster.events)
                .extracting(StatusChange.Event::reason)
                .containsExactly(EgressIpEventReason.RowsRepaired);
    }

    @Test
    void aPersonWhoDamagesMoreThanOvnkubeDoesIsTold() {
        cluster.start(SEED);

        cluster.tamper(() -> {
            ovnkubeTakesThem();
            cluster.database
                    .rows(Nat.TABLE)
                    .forEach(row ->
                            cluster.database.set(Nat.TABLE, row.id(), Cell.of(Nat.LOGICAL_PORT, Set.of("k8s-node9"))));
        });

        assertThat(cluster.events)
                .extracting(StatusChange.Event::reason)
                .containsExactly(EgressIpEventReason.RowsRepaired);
    }

    /** ovnkube removes a pod's SNATs, whoever's they are, before we hear that the pod is gone. */
    @Test
    void snatsThatOvnkubeRemovesWithAPodAreNoDamageWherePodsHaveSnatsOfTheirOwn() {
        var podSnats = new TestCluster(TestCluster.config(true, 500)).topology(1, 2, 3);
        podSnats.start(SEED);

        podSnats.tamper(() -> removeSnats(podSnats, "10.128.0.5"));

        assertThat(podSnats.snats()).anyMatch(snat -> snat.contains("10.128.0.5"));
        assertThat(podSnats.events).isEmpty();
        podSnats.remove(InputKind.POD, "simpson/homer");
        assertThat(podSnats.snats()).isNotEmpty().noneMatch(snat -> snat.contains("10.128.0.5"));
        assertThat(podSnats.events).isEmpty();
    }

    @Test
    void theSameIsToldWhereTheyHaveNone() {
        cluster.start(SEED);

        cluster.tamper(() -> removeSnats(cluster, "10.128.0.5"));

        assertThat(cluster.events)
                .extracting(StatusChange.Event::reason)
                .containsExactly(EgressIpEventReason.RowsRepaired);
    }

    /** Marge's pod is on another node than her egress IP: no rule of ovnkube's removes her SNAT there. */
    @Test
    void theSameIsToldOnTheRouterOfAnotherNode() {
        var podSnats = new TestCluster(TestCluster.config(true, 500)).topology(1, 2, 3);
        podSnats.start(SEED);

        podSnats.tamper(() -> removeSnats(podSnats, "10.128.4.5"));

        assertThat(podSnats.events)
                .extracting(StatusChange.Event::reason)
                .containsExactly(EgressIpEventReason.RowsRepaired);
    }

    private static void removeSnats(TestCluster cluster, String pod) {
        cluster.routers
                .values()
                .forEach(router -> List.copyOf(cluster.database.children(LogicalRouter.NAT, router))
                        .forEach(row -> {
                            if (row.get(Nat.LOGICAL_IP).equals(pod)) {
                                cluster.database.removeFrom(LogicalRouter.NAT, router, row.id());
                            }
                        }));
    }

    /** A start that finds the rows without their owner. */
    private void ovnkubeTakesThem() {
        ours(LogicalRouterPolicy.TABLE).stream()
                .filter(row -> row.get(LogicalRouterPolicy.PRIORITY) == 100
                        || row.get(LogicalRouterPolicy.MATCH).contains("/"))
                .forEach(row -> relabel(row, LogicalRouterPolicy.EXTERNAL_IDS, "demo_UNKNOWN/UNKNOWN"));
        ours(Nat.TABLE).forEach(row -> relabel(row, Nat.EXTERNAL_IDS, "demo_UNKNOWN/UNKNOWN"));
    }

    private int transactions;

    private Set<String> afterStart() {
        cluster.start(SEED);
        transactions = cluster.transactions.size();
        return cluster.content();
    }

    private List<Row> ours(Table table) {
        return cluster.database.rows(table).stream()
                .filter(row -> row.get(EXTERNAL_IDS.get(table)).containsKey("ovn-egress.io/id"))
                .toList();
    }

    private Set<UUID> ids() {
        var ids = new TreeSet<UUID>();
        EXTERNAL_IDS.keySet().forEach(table -> cluster.database.rows(table).forEach(row -> ids.add(row.id())));
        return ids;
    }

    private static InputObject[] without(String egressIp) {
        return Arrays.stream(SEED)
                .filter(object ->
                        !(object instanceof EgressIpInput input && input.name().equals(egressIp)))
                .toArray(InputObject[]::new);
    }

    /** Version 0.1: {@code name} on rows of pods, and no owner key of ovnkube's kind. */
    private void asTheFirstVersionWroteThem() {
        EXTERNAL_IDS.forEach((table, column) -> List.copyOf(ours(table)).forEach(row -> {
            var ids = new HashMap<>(row.get(column));
            ids.keySet().removeIf(key -> key.startsWith("k8s.ovn.org/") || key.equals("ovn-egress.io/feature"));
            var owner = ids.get("ovn-egress.io/owner");
            if (owner.startsWith("EgressIP/")) {
                ids.put(NAME, owner.substring("EgressIP/".length()));
            }
            cluster.database.set(table, row.id(), Cell.of(column, Map.copyOf(ids)));
        }));
    }

    /** The syncers of ovn-kubernetes 1.3, which run at each start: rows without an owner key get those of its own. */
    private void ovnkubeStarts() {
        List.copyOf(cluster.database.rows(LogicalRouterPolicy.TABLE)).forEach(row -> {
            var ids = row.get(LogicalRouterPolicy.EXTERNAL_IDS);
            if (ids.containsKey(CONTROLLER)) {
                return;
            }
            if (row.get(LogicalRouterPolicy.PRIORITY) == 100 && ids.containsKey(NAME)) {
                relabel(row, LogicalRouterPolicy.EXTERNAL_IDS, ids.get(NAME) + "_UNKNOWN/UNKNOWN");
            } else if (row.get(LogicalRouterPolicy.PRIORITY) == 102
                    && row.get(LogicalRouterPolicy.MATCH).contains("/")) {
                relabel(row, LogicalRouterPolicy.EXTERNAL_IDS, "EIP-No-Reroute-Pod-To-Pod");
            }
        });
        List.copyOf(cluster.database.rows(Nat.TABLE)).forEach(row -> {
            var ids = row.get(Nat.EXTERNAL_IDS);
            if (!ids.containsKey(CONTROLLER) && ids.containsKey(NAME)) {
                relabel(row, Nat.EXTERNAL_IDS, ids.get(NAME) + "_UNKNOWN/UNKNOWN");
            }
        });
    }

    private void relabel(Row row, Column<Map<String, String>> column, String name) {
        cluster.database.set(row.table(), row.id(), Cell.of(column, ovnkubes(name)));
    }

    private static Map<String, String> ovnkubes(String name) {
        return Map.of(
                CONTROLLER,
                "default-network-controller",
                "k8s.ovn.org/owner-type",
                "EgressIP",
                "k8s.ovn.org/name",
                name,
                "k8s.ovn.org/id",
                "default-network-controller:EgressIP:" + name,
                "ip-family",
                "ip4",
                "network",
                "default");
    }
}
