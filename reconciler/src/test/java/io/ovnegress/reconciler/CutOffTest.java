package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.dropping;
import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.notLabelled;
import static io.ovnegress.reconciler.TestCluster.notReady;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static io.ovnegress.reconciler.TestCluster.withUnknownOnUnassigned;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditionType;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpEventReason;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.LabelSelector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * {@code onUnassigned: Drop}: what nobody serves does not leave. After every single commit a pod address is rerouted or dropped.
 */
class CutOffTest {
    private static final LabelSelector SIMPSON = where("house=simpson");
    private static final EgressIpInput DEMO = dropping(egressIp("demo", SIMPSON, "192.168.126.100"));

    private final TestCluster cluster = new TestCluster().topology(1, 2, 3);

    private static InputObject[] seed(InputObject... more) {
        var all = new ArrayList<InputObject>(List.of(
                namespace("simpson", "house=simpson"),
                namespace("bouvier", "house=bouvier"),
                pod("simpson", "homer", 1, "10.128.0.5"),
                pod("simpson", "marge", 3, "10.128.4.5"),
                pod("bouvier", "selma", 1, "10.128.0.6")));
        all.addAll(List.of(more));
        return all.toArray(InputObject[]::new);
    }

    private Row policyOf(String match) {
        return cluster.database.children(LogicalRouter.POLICIES, cluster.routers.get("ovn_cluster_router")).stream()
                .filter(row -> row.get(LogicalRouterPolicy.MATCH).equals(match))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void selectedPodsWithoutANodeAreCutOffAndTheOthersAreNot() {
        cluster.start(seed(DEMO, notLabelled(node(1))));

        assertThat(cluster.dropped()).containsExactly("10.128.0.5", "10.128.4.5");
        assertThat(cluster.reroutes()).isEmpty();
        assertThat(cluster.snats()).isEmpty();
        var row = policyOf("ip4.src == 10.128.0.5");
        assertThat(row.get(LogicalRouterPolicy.ACTION)).isEqualTo("drop");
        assertThat(row.get(LogicalRouterPolicy.NEXTHOPS)).isEmpty();
        assertThat(row.get(LogicalRouterPolicy.EXTERNAL_IDS))
                .isEqualTo(Map.of(
                        "k8s.ovn.org/owner-controller", "ovn-egress",
                        "ovn-egress.io/feature", "egress-ip",
                        "ovn-egress.io/id", "drop/10.128.0.5",
                        "ovn-egress.io/owner", "EgressIP/demo",
                        "ovn-egress.io/pod", "simpson/homer"));
    }

    @Test
    void podsThatAreCutOffStillReachTheNodesAndAnswerThoseWhoCalledThem() {
        cluster.start(seed(DEMO, notLabelled(node(1))));

        assertThat(cluster.servedV4()).containsExactly("10.128.0.5", "10.128.4.5");
    }

    @Test
    void theStatusSaysThatThePodsAreCutOff() {
        cluster.start(seed(DEMO, notLabelled(node(1))));

        var assigned = cluster.statuses.get("demo").conditions().stream()
                .filter(condition -> condition.type() == EgressIpConditionType.Assigned)
                .findFirst()
                .orElseThrow();
        assertThat(assigned.status()).isFalse();
        assertThat(assigned.message())
                .endsWith("meanwhile what the selected pods send to the outside is dropped (onUnassigned)");
    }

    @Test
    void aChoiceThatIsNoneCutsOffAndSaysSoUntilItIsCorrected() {
        cluster.start(seed(
                withUnknownOnUnassigned(egressIp("demo", SIMPSON, "192.168.126.100"), "Dorp"), notLabelled(node(1))));

        assertThat(cluster.dropped()).containsExactly("10.128.0.5", "10.128.4.5");
        var words = "onUnassigned (or annotation ovn-egress.io/on-unassigned) is \"Dorp\", which is neither Drop nor"
                + " NodeAddress: it counts as Drop, correct it";
        assertThat(cluster.statuses.get("demo").conditions())
                .contains(new StatusCondition(
                        EgressIpConditionType.InvalidSpec, true, EgressIpReason.InvalidOnUnassigned, words, 1));
        assertThat(cluster.events).contains(new StatusChange.Event(EgressIpEventReason.UnsupportedRequest, words));

        cluster.put(DEMO);

        assertThat(cluster.statuses.get("demo").conditions())
                .extracting(StatusCondition::type)
                .doesNotContain(EgressIpConditionType.InvalidSpec);
    }

    @Test
    void withoutTheChoiceThePodsLeaveWithTheirNodesAddress() {
        cluster.start(seed(egressIp("demo", SIMPSON, "192.168.126.100"), notLabelled(node(1))));

        assertThat(cluster.dropped()).isEmpty();
        assertThat(cluster.servedV4()).isEmpty();
    }

    @Test
    void servedPodsAreNotCutOff() {
        cluster.start(seed(DEMO, node(1)));

        assertThat(cluster.dropped()).isEmpty();
        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.0.5", "10.128.4.5");
    }

    @Test
    void theLossOfTheLastNodeCutsOffAndItsReturnServesEachInOneTransaction() {
        cluster.start(seed(DEMO, node(1)));
        var served = cluster.content();
        int commits = cluster.database.commits;

        cluster.put(notReady(node(1)));

        assertThat(cluster.database.commits).isEqualTo(commits + 1);
        assertThat(cluster.dropped()).containsExactly("10.128.0.5", "10.128.4.5");
        assertThat(cluster.snats()).isEmpty();

        cluster.put(node(1));

        assertThat(cluster.database.commits).isEqualTo(commits + 2);
        assertThat(cluster.content()).isEqualTo(served);
    }

    @Test
    void howeverSmallTheTransactionsNoPodIsWithoutAPolicyInBetween() {
        var small = new TestCluster(TestCluster.config(false, 1)).topology(1);
        small.start(seed(DEMO, node(1)));
        var addresses = Set.of("10.128.0.5", "10.128.4.5");

        for (var change : List.of(notReady(node(1)), node(1), notLabelled(node(1)))) {
            small.reconciler.apply(new InputChange.Put(change), small.now);
            for (var planned = small.reconciler.nextTransaction(small.now);
                    planned.isPresent();
                    planned = small.reconciler.nextTransaction(small.now)) {
                small.commit(planned.get());
                var covered = new ArrayList<>(small.dropped());
                covered.addAll(small.reroutes().keySet());
                assertThat(covered).containsExactlyInAnyOrderElementsOf(addresses);
            }
        }
        assertThat(small.dropped()).isEqualTo(addresses);
    }

    @Test
    void anAddressOfAFamilyThatTheObjectDoesNotServeIsCutOff() {
        cluster.start(seed(DEMO, node(1), pod("simpson", "bart", 1, "10.128.0.7", "fd01::7")));

        assertThat(cluster.reroutes()).containsKey("10.128.0.7");
        assertThat(cluster.dropped()).containsExactly("fd01::7");
    }

    @Test
    void podsWaitForARouterWithoutLeavingAnyOtherWay() {
        var late = new TestCluster();
        late.start(seed(DEMO, node(1)));
        assertThat(late.dropped()).containsExactly("10.128.0.5", "10.128.4.5");

        late.tamper(() -> late.topology(1));

        assertThat(late.dropped()).isEmpty();
        assertThat(late.snats()).hasSize(2);
    }

    @Test
    void anotherObjectMayServeThemInstead() {
        cluster.start(seed(
                dropping(egressIp("far", 1, SIMPSON, LabelSelector.EVERYTHING, "10.9.9.9")),
                egressIp("near", 2, SIMPSON, where("app=homer"), "192.168.126.101"),
                node(1)));

        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.0.5");
        assertThat(cluster.dropped()).containsExactly("10.128.4.5");

        cluster.remove(EgressIpInput.KIND, "near");

        assertThat(cluster.dropped()).containsExactly("10.128.0.5", "10.128.4.5");
    }

    @Test
    void anInvalidObjectStaysClosed() {
        cluster.start(seed(dropping(egressIp("demo", SIMPSON, "192.168.126.300")), node(1)));

        assertThat(cluster.dropped()).containsExactly("10.128.0.5", "10.128.4.5");
    }

    @Test
    void aChangedMindIsFollowedAlthoughAnAnnotationHasNoGeneration() {
        cluster.start(seed(DEMO, notLabelled(node(1))));

        cluster.put(egressIp("demo", SIMPSON, "192.168.126.100"));
        assertThat(cluster.dropped()).isEmpty();
        assertThat(cluster.servedV4()).isEmpty();

        cluster.put(DEMO);
        assertThat(cluster.dropped()).containsExactly("10.128.0.5", "10.128.4.5");
    }

    @Test
    void podsThatGoOrAreNotSelectedAnyMoreAreFree() {
        cluster.start(seed(DEMO, notLabelled(node(1))));

        cluster.remove(InputKind.POD, "simpson/homer");
        assertThat(cluster.dropped()).containsExactly("10.128.4.5");

        cluster.remove(EgressIpInput.KIND, "demo");
        assertThat(cluster.dropped()).isEmpty();
    }

    @Test
    void damageByHandIsRepaired() {
        cluster.start(seed(DEMO, notLabelled(node(1))));
        var content = cluster.content();
        var row = policyOf("ip4.src == 10.128.0.5").id();

        var table = LogicalRouterPolicy.TABLE;
        var database = cluster.database;
        List<Runnable> damages = List.of(
                () -> database.set(table, row, Cell.of(LogicalRouterPolicy.ACTION, "allow")),
                () -> database.set(table, row, Cell.of(LogicalRouterPolicy.PRIORITY, 100L)),
                () -> database.set(table, row, Cell.of(LogicalRouterPolicy.EXTERNAL_IDS, Map.of())),
                () -> database.removeFrom(LogicalRouter.POLICIES, cluster.routers.get("ovn_cluster_router"), row));

        for (var damage : damages) {
            cluster.tamper(damage).after(Duration.ofMinutes(1));
            assertThat(cluster.content()).isEqualTo(content);
        }
    }

    @Test
    void soIsWhatKeepsThemInOnceTheyAreServed() {
        cluster.start(seed(DEMO, node(1)));
        var content = cluster.content();
        var row = policyOf("ip4.src == $ovn_egress_cut_off_pods_v4").id();
        var table = LogicalRouterPolicy.TABLE;
        var database = cluster.database;
        var set = OnTheSeedCluster.addressSet(database, "ovn_egress_cut_off_pods_v4");
        List<Runnable> damages = List.of(
                () -> database.set(table, row, Cell.of(LogicalRouterPolicy.ACTION, "allow")),
                () -> database.set(table, row, Cell.of(LogicalRouterPolicy.PRIORITY, 98L)),
                () -> database.set(table, row, Cell.of(LogicalRouterPolicy.EXTERNAL_IDS, Map.of())),
                () -> database.removeFrom(LogicalRouter.POLICIES, cluster.routers.get("ovn_cluster_router"), row),
                () -> database.removeFrom(AddressSet.ADDRESSES, set, "10.128.0.5"),
                () -> database.addTo(AddressSet.ADDRESSES, set, "10.128.0.99"),
                () -> database.addTo(AddressSet.ADDRESSES, set, "nonsense"),
                () -> database.set(AddressSet.TABLE, set, Cell.of(AddressSet.NAME, "other")),
                () -> database.delete(AddressSet.TABLE, set));

        for (var damage : damages) {
            cluster.tamper(damage).after(Duration.ofMinutes(1));
            assertThat(cluster.content()).isEqualTo(content);
        }
    }

    /** Whose members are is told when the set is renamed, not when they come. */
    @Test
    void whatIsNoAddressGoesFromASetThatComesByItsName() {
        cluster.start(seed(DEMO, node(1)));
        var content = cluster.content();
        var database = cluster.database;
        for (var name : List.of("ovn_egress_cut_off_pods_v4", "ovn_egress_served_pods_v4")) {
            var other = database.insert(
                    AddressSet.TABLE,
                    Cell.of(AddressSet.NAME, "other"),
                    Cell.of(AddressSet.ADDRESSES, Set.of("nonsense", "10.128.0.99")));
            cluster.tamper(() -> {
                database.delete(AddressSet.TABLE, OnTheSeedCluster.addressSet(database, name));
                database.set(AddressSet.TABLE, other, Cell.of(AddressSet.NAME, name));
            });

            cluster.after(Duration.ofMinutes(1));
            assertThat(cluster.content()).as(name).isEqualTo(content);
        }
    }

    @Test
    void aRestartFindsNothingToDo() {
        cluster.start(seed(DEMO, notLabelled(node(1))));

        cluster.restart(seed(DEMO, notLabelled(node(1))));

        assertThat(cluster.transactions).isEmpty();
    }

    @Test
    void whatWasCutOffWhileNobodyLookedIsServedInOneTransaction() {
        cluster.start(seed(DEMO, notLabelled(node(1))));

        cluster.restart(seed(DEMO, node(1)));

        assertThat(cluster.transactions).hasSize(1);
        assertThat(cluster.dropped()).isEmpty();
        assertThat(cluster.snats()).hasSize(2);
    }
}
