package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.notLabelled;
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
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpEventReason;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.machine.PlannedTransaction;
import io.ovnegress.reconciler.machine.Repair;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Somebody else writes our rows again and again. */
class SecondWriterTest {
    private static final String IP = "192.168.126.100";
    private static final InputObject[] SEED = {
        node(1),
        node(2),
        namespace("simpson", "house=simpson"),
        namespace("bouvier", "house=bouvier"),
        pod("simpson", "homer", 1, "10.128.0.5"),
        pod("simpson", "marge", 2, "10.128.2.5"),
        egressIp("demo", where("house=simpson"), IP)
    };

    private final TestCluster cluster = new TestCluster().topology(1, 2);

    /** Somebody gives homer's SNAT another port. */
    private void damage() {
        cluster.tamper(() -> cluster.database.rows(Nat.TABLE).stream()
                .filter(row -> row.get(Nat.LOGICAL_IP).equals("10.128.0.5"))
                .forEach(row ->
                        cluster.database.set(Nat.TABLE, row.id(), Cell.of(Nat.LOGICAL_PORT, Set.of("k8s-node9")))));
    }

    private boolean isRight() {
        return cluster.database.rows(Nat.TABLE).stream()
                .allMatch(row -> row.get(Nat.LOGICAL_PORT).equals(Set.of("k8s-node1")));
    }

    /** Damages at once whatever is repaired, looking ten times a second; returns how many transactions that took. */
    private int fightFor(Duration duration) {
        int before = cluster.transactions.size();
        var end = cluster.now.plus(duration);
        while (cluster.now.isBefore(end)) {
            if (isRight()) {
                damage();
            }
            cluster.after(Duration.ofMillis(100));
        }
        return cluster.transactions.size() - before;
    }

    @Test
    void whoKeepsAtItIsAnsweredLessAndLessOften() {
        cluster.start(SEED);

        assertThat(fightFor(Duration.ofMinutes(1))).isEqualTo(6); // after 0, 1, 3, 7, 15 and 31 seconds
        assertThat(fightFor(Duration.ofMinutes(60))).isBetween(58, 62);
    }

    @Test
    void theLastDamageIsRepairedWithoutAnythingElseHappening() {
        cluster.start(SEED);
        fightFor(Duration.ofSeconds(10));
        if (isRight()) {
            damage();
        }

        assertThat(cluster.reconciler.progress().contested()).isEqualTo(1);
        assertThat(cluster.reconciler.progress().dirty()).isZero();
        cluster.now = cluster.reconciler.nextDeadline().orElseThrow();
        cluster.settle();

        assertThat(isRight()).isTrue();
        assertThat(cluster.reconciler.progress().contested()).isZero();
    }

    @Test
    void whoStopsForSomeMinutesIsForgotten() {
        cluster.start(SEED);
        fightFor(Duration.ofMinutes(1));
        cluster.after(Duration.ofMinutes(1)).after(Duration.ofMinutes(6));
        int before = cluster.transactions.size();

        damage();

        assertThat(isRight()).isTrue();
        assertThat(cluster.transactions).hasSize(before + 1);
        assertThat(fightFor(Duration.ofSeconds(2))).isEqualTo(1);
    }

    @Test
    void damageNowAndThenIsRepairedAtOnce() {
        cluster.start(SEED);
        for (int i = 0; i < 20; i++) {
            damage();
            assertThat(isRight()).isTrue();
            cluster.after(Duration.ofSeconds(61));
        }
    }

    @Test
    void aPodThatIsFoughtOverFollowsItsLabelsAtOnce() {
        cluster.start(SEED);
        fightFor(Duration.ofSeconds(5));
        damage();
        assertThat(isRight()).isFalse();

        cluster.remove(InputKind.POD, "simpson/homer");

        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.2.5");
        assertThat(cluster.snats()).hasSize(1);
    }

    @Test
    void anEgressIpThatIsFoughtOverMovesAtOnce() {
        cluster.start(SEED);
        fightFor(Duration.ofSeconds(5));
        damage();

        cluster.put(notReady(node(1)));

        assertThat(cluster.snats()).containsExactly("GR_node2 10.128.0.5 " + IP, "GR_node2 10.128.2.5 " + IP);
    }

    @Test
    void aChangeThatIsTakenBackDuringAPauseIsNone() {
        cluster.start(SEED);
        fightFor(Duration.ofSeconds(5));
        damage();
        int before = cluster.transactions.size();

        cluster.put(pod("simpson", "homer", 1, "10.128.0.5"));

        assertThat(cluster.transactions).hasSize(before);
    }

    @Test
    void othersDoNotWaitForOneThatIsFoughtOver() {
        cluster.start(SEED);
        fightFor(Duration.ofSeconds(5));
        damage();

        cluster.put(pod("simpson", "bart", 1, "10.128.0.7"));

        assertThat(cluster.reroutes()).containsKey("10.128.0.7");
    }

    @Test
    void itIsSaidOnTheObjectAtMostOnceAMinute() {
        cluster.start(SEED);
        damage();
        assertThat(cluster.events)
                .extracting(StatusChange.Event::reason)
                .containsExactly(EgressIpEventReason.RowsRepaired);

        fightFor(Duration.ofSeconds(59));
        assertThat(cluster.events).hasSize(1);

        fightFor(Duration.ofMinutes(2));
        assertThat(cluster.events).hasSizeBetween(2, 3);
    }

    @Test
    void ourOwnWritesAreNoRepairs() {
        cluster.start(SEED);
        cluster.put(pod("simpson", "homer", 1, "10.128.0.8"), notReady(node(1)), node(1));
        cluster.remove(EgressIpInput.KIND, "demo");
        cluster.put(egressIp("demo", where("house=simpson"), IP));

        assertThat(cluster.events).noneMatch(event -> event.reason() == EgressIpEventReason.RowsRepaired);
    }

    @Test
    void rowsThatAreWantedAgainWhileTheyAreWithdrawnAreNoRepairs() {
        var small = new TestCluster(TestCluster.config(false, 10)).topology(1, 2);
        small.start(node(1), notReady(node(2)), namespace("simpson", "house=simpson"));
        for (int i = 0; i < 30; i++) {
            small.put(pod("simpson", "p" + i, 1, "10.128.0." + (10 + i)));
        }
        small.put(egressIp("demo", where("house=simpson"), IP));
        var repairs = new ArrayList<Repair>();
        var inFlight = new ArrayDeque<PlannedTransaction>();

        small.reconciler.apply(new InputChange.Put(notReady(node(1))), small.now);
        small.reconciler.nextTransaction(small.now).ifPresent(inFlight::add);
        small.reconciler.nextTransaction(small.now).ifPresent(inFlight::add);
        small.reconciler.apply(new InputChange.Put(node(2)), small.now);
        while (!inFlight.isEmpty()) {
            small.commit(inFlight.poll());
            small.reconciler.nextTransaction(small.now).ifPresent(next -> {
                repairs.addAll(next.repairs());
                inFlight.add(next);
            });
        }

        assertThat(small.snats()).hasSize(30).allMatch(snat -> snat.startsWith("GR_node2"));
        assertThat(repairs).isEmpty();
    }

    @Test
    void whatIsFoundAtTheStartIsNoFight() {
        cluster.start(SEED);
        cluster.database.tamper(() -> {
            for (var row : cluster.database.rows(Nat.TABLE)) {
                cluster.database.set(Nat.TABLE, row.id(), Cell.of(Nat.LOGICAL_PORT, Set.of("k8s-node9")));
            }
        });

        cluster.restart(SEED);

        assertThat(isRight()).isTrue();
        assertThat(cluster.events).isEmpty();
    }

    @Test
    void whatIsFoundAfterAReconnectIsNoFight() {
        cluster.start(SEED);
        for (int i = 0; i < 5; i++) {
            cluster.reconciler.disconnected();
            cluster.database.tamper(() -> {
                for (var row : cluster.database.rows(Nat.TABLE)) {
                    cluster.database.set(Nat.TABLE, row.id(), Cell.of(Nat.LOGICAL_PORT, Set.of("k8s-node9")));
                }
            });
            cluster.connect();
            cluster.settle();
            assertThat(isRight()).isTrue();
        }
        assertThat(cluster.events).isEmpty();
    }

    @Test
    void aTransactionWhoseReplyIsLostIsNoFight() {
        cluster.start(SEED);
        for (int i = 0; i < 5; i++) {
            cluster.reconciler.apply(
                    new InputChange.Put(pod("simpson", "bart", 1, "10.128.0." + (20 + i))), cluster.now);
            var planned = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();
            if (i % 2 == 0) {
                cluster.database.commit(planned.operations());
            }
            cluster.reconciler.disconnected();
            cluster.reconciler.complete(planned, new CommitOutcome.Lost("cut"), cluster.now);
            cluster.connect();
            cluster.settle();
            assertThat(cluster.reroutes()).containsKey("10.128.0." + (20 + i));
        }
        assertThat(cluster.events).isEmpty();
    }

    @Test
    void aRepairThatTheServerDidNotTakeIsMadeAgainWithoutAPause() {
        cluster.start(SEED);
        cluster.reconciler.apply(cluster.database.tamper(() -> cluster.database
                .rows(Nat.TABLE)
                .forEach(row ->
                        cluster.database.set(Nat.TABLE, row.id(), Cell.of(Nat.LOGICAL_PORT, Set.of("k8s-node9"))))));
        var planned = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();
        cluster.reconciler.disconnected();
        cluster.reconciler.complete(planned, new CommitOutcome.Lost("cut"), cluster.now);
        cluster.connect();

        cluster.settle();

        assertThat(isRight()).isTrue();
        assertThat(cluster.events)
                .extracting(StatusChange.Event::reason)
                .containsExactly(EgressIpEventReason.RowsRepaired);
    }

    @Test
    void aGatewayRouterThatIsMadeAnewAgainAndAgainIsNoFight() {
        cluster.start(SEED);
        cluster.put(notLabelled(node(2))); // nobody else could take it
        for (int i = 0; i < 5; i++) {
            cluster.tamper(() -> cluster.database.delete(LogicalRouter.TABLE, cluster.routers.remove("GR_node1")));
            cluster.reconciler.apply(cluster.database.tamper(() -> cluster.topology(1)));
            cluster.settle();
            assertThat(cluster.snats()).containsExactly("GR_node1 10.128.0.5 " + IP, "GR_node1 10.128.2.5 " + IP);
        }
        assertThat(cluster.events)
                .extracting(StatusChange.Event::reason)
                .containsOnly(EgressIpEventReason.RouterMissing);
    }

    @Test
    void aRouterPortThatIsMadeAnewAgainAndAgainIsNoFight() {
        cluster.start(SEED);
        var networks = LogicalRouterPort.NETWORKS;
        for (int i = 0; i < 6; i++) {
            var address = "100.64.0." + (20 + i);
            cluster.tamper(() -> cluster.database.rows(LogicalRouterPort.TABLE).stream()
                    .filter(row -> row.get(LogicalRouterPort.NAME).equals("rtoj-GR_node1"))
                    .forEach(row -> cluster.database.set(
                            LogicalRouterPort.TABLE, row.id(), Cell.of(networks, Set.of(address + "/16")))));
            assertThat(cluster.reroutes().get("10.128.0.5")).containsExactly(address);
        }
        assertThat(cluster.events).isEmpty();
    }

    @Test
    void whoStandsByTakesTheLeadersWritesForNoFight() {
        cluster.start(SEED);
        cluster.reconciler.setLeader(false);
        for (int i = 0; i < 5; i++) {
            cluster.reconciler.apply(cluster.database.tamper(() -> cluster.database
                    .rows(Nat.TABLE)
                    .forEach(row -> cluster.database.set(
                            Nat.TABLE, row.id(), Cell.of(Nat.LOGICAL_PORT, Set.of("k8s-node9"))))));
        }
        cluster.reconciler.setLeader(true);

        cluster.settle();

        assertThat(isRight()).isTrue();
        assertThat(cluster.events).isEmpty();
    }

    @Test
    void whatChangesBeforeTheFirstPlanOfANewLeaderIsNobodysDoing() {
        cluster.start(SEED);
        cluster.reconciler.setLeader(false);
        cluster.reconciler.setLeader(true);
        cluster.reconciler.apply(cluster.database.tamper(() -> cluster.database
                .rows(Nat.TABLE)
                .forEach(row ->
                        cluster.database.set(Nat.TABLE, row.id(), Cell.of(Nat.LOGICAL_PORT, Set.of("k8s-node9"))))));

        cluster.settle();

        assertThat(isRight()).isTrue();
        assertThat(cluster.events).isEmpty();
    }

    @Test
    void anAddressSetThatIsTakenAwayAgainAndAgainComesBackLessAndLessOften() {
        cluster.start(SEED);
        int before = cluster.transactions.size();
        for (int i = 0; i < 600; i++) {
            takeSetsAway();
            cluster.after(Duration.ofMillis(100));
        }

        assertThat(cluster.transactions.size() - before).isLessThanOrEqualTo(12);
    }

    @Test
    void aNewPodBringsTheAddressSetAlong() {
        cluster.start(SEED);
        for (int i = 0; i < 50; i++) {
            takeSetsAway();
            cluster.after(Duration.ofMillis(100));
        }
        takeSetsAway();
        assertThat(cluster.database.rows(AddressSet.TABLE)).isEmpty();

        cluster.put(pod("simpson", "bart", 1, "10.128.0.7"));

        assertThat(cluster.reroutes()).containsKey("10.128.0.7");
        assertThat(cluster.servedV4()).contains("10.128.0.7");
    }

    private void takeSetsAway() {
        cluster.tamper(() -> List.copyOf(cluster.database.rows(AddressSet.TABLE))
                .forEach(row -> cluster.database.delete(AddressSet.TABLE, row.id())));
    }

    /** ovnkube's own feature writes the same policy under its marks, and takes ours for left over. */
    @Test
    void rowsOfOvnkubesOwnFeatureAreTakenAwayLessAndLessOften() {
        cluster.start(SEED);
        int before = cluster.transactions.size();
        for (int i = 0; i < 600; i++) {
            cluster.tamper(() -> {
                var router = cluster.routers.get("ovn_cluster_router");
                boolean isThere = cluster.database.children(LogicalRouter.POLICIES, router).stream()
                        .anyMatch(
                                row -> row.get(LogicalRouterPolicy.EXTERNAL_IDS).equals(Map.of("name", "demo")));
                if (!isThere) {
                    var policy = cluster.database.insert(
                            LogicalRouterPolicy.TABLE,
                            Cell.of(LogicalRouterPolicy.PRIORITY, 100L),
                            Cell.of(LogicalRouterPolicy.MATCH, "ip4.src == 10.128.0.5"),
                            Cell.of(LogicalRouterPolicy.ACTION, "reroute"),
                            Cell.of(LogicalRouterPolicy.NEXTHOPS, Set.of("100.64.0.3")),
                            Cell.of(LogicalRouterPolicy.EXTERNAL_IDS, Map.of("name", "demo")));
                    cluster.database.addTo(LogicalRouter.POLICIES, router, policy);
                }
            });
            cluster.after(Duration.ofMillis(100));
        }

        assertThat(cluster.transactions.size() - before).isEqualTo(6);
    }
}
