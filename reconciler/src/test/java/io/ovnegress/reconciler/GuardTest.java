package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.draining;
import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.network;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.reconciler.explain.Answer;
import io.ovnegress.reconciler.explain.Departure;
import io.ovnegress.reconciler.explain.Explanation;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.machine.PlannedTransaction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** {@code --guard}: gateway routers drop what comes from pods of other nodes and has no egress IP there. */
class GuardTest {
    private static final LabelSelector SIMPSON = where("house=simpson");
    private static final String AT_NODE_1 = "ovn_egress_at_node1_v4";
    private static final String AT_NODE_2 = "ovn_egress_at_node2_v4";

    private final TestCluster cluster = new TestCluster(config(500)).topology(1, 2);

    private static ReconcilerConfig config(int maxRows) {
        return config(false, maxRows);
    }

    private static ReconcilerConfig config(boolean disableSnatMultipleGateways, int maxRows) {
        return new ReconcilerConfig(
                        List.of(network("10.128.0.0/14"), network("fd01::/48")),
                        List.of(network("100.64.0.0/16"), network("fd98::/64")),
                        disableSnatMultipleGateways,
                        maxRows)
                .edit()
                .guards(true)
                .build();
    }

    /** With pods of 10.128.0.0/23, or of the next one. */
    private static NodeInput node(int n) {
        var usual = TestCluster.node(n);
        return usual.edit()
                .egressAssignable(true)
                .ready(true)
                .probeAddresses(List.of())
                .draining(false)
                .podSubnets(List.of(network("10.128." + 2 * (n - 1) + ".0/23")))
                .build();
    }

    private static InputObject[] seed(InputObject... nodes) {
        var all = new ArrayList<InputObject>(List.of(
                namespace("simpson", "house=simpson"),
                pod("simpson", "homer", 1, "10.128.0.5"),
                pod("simpson", "marge", 2, "10.128.2.5"),
                egressIp("demo", SIMPSON, "192.168.126.100")));
        all.addAll(List.of(nodes));
        return all.toArray(InputObject[]::new);
    }

    /** The policies on a gateway router: {@code 15 allow ip4.src == 10.128.0.0/23}. */
    private Set<String> policies(String router) {
        return policies(cluster, router);
    }

    private static Set<String> policies(TestCluster cluster, String router) {
        var policies = new TreeSet<String>();
        cluster.database
                .children(LogicalRouter.POLICIES, cluster.routers.get(router))
                .forEach(row -> policies.add(row.get(LogicalRouterPolicy.PRIORITY) + " "
                        + row.get(LogicalRouterPolicy.ACTION) + " " + row.get(LogicalRouterPolicy.MATCH)));
        return policies;
    }

    @Test
    void aGatewayRouterLetsThroughWhatItServesItsOwnPodsAndAnswersAndDropsOtherPods() {
        cluster.start(seed(node(1), node(2)));

        assertThat(policies("GR_node1"))
                .containsExactlyInAnyOrder(
                        "20 allow ip4.src == $ovn_egress_at_node1_v4",
                        "16 allow ct.rpl",
                        "15 allow ip4.src == 10.128.0.0/23",
                        "10 drop inport == \"rtoj-GR_node1\" && ip4.src == 10.128.0.0/14");
        assertThat(policies("GR_node2")).contains("15 allow ip4.src == 10.128.2.0/23");
        assertThat(cluster.members(AT_NODE_1)).containsExactly("10.128.0.5", "10.128.2.5");
        assertThat(cluster.members(AT_NODE_2)).isEmpty();
    }

    private Explanation explained(String pod, String address) {
        var question = new Question.OfObject(new ObjectRef(InputKind.POD, pod));
        return ((Answer.Explained) cluster.reconciler.answer(question, cluster.now))
                .explanation().parts().stream()
                        .filter(part -> part.name().equals(address))
                        .findFirst()
                        .orElseThrow();
    }

    @Test
    void anExplanationNamesTheGuardThatDropsThePod() {
        cluster.start(seed(node(1), node(2)));
        assertThat(explained("simpson/marge", "10.128.2.5").answer())
                .isEqualTo("leaves as 192.168.126.100 from node1 (EgressIP demo)");

        var set = cluster.database.rows(AddressSet.TABLE).stream()
                .filter(row -> row.get(AddressSet.NAME).equals(AT_NODE_1))
                .findAny()
                .orElseThrow();
        cluster.reconciler.apply(cluster.database.tamper(
                () -> cluster.database.set(AddressSet.TABLE, set.id(), Cell.of(AddressSet.ADDRESSES, Set.of()))));

        var marge = explained("simpson/marge", "10.128.2.5");
        assertThat(marge.answer())
                .isEqualTo("is dropped on node1 at the moment; as decided it leaves as 192.168.126.100 from node1"
                        + " (EgressIP demo)");
        assertThat(marge.now()).contains(new Departure(Departure.Outcome.Dropped, List.of(), List.of("node1")));
        assertThat(marge.reasons())
                .filteredOn(reason -> reason.code().name().equals("Guarded"))
                .singleElement()
                .satisfies(reason -> assertThat(reason.message())
                        .startsWith(
                                "what is sent to node node1 is dropped on its gateway router (--guard), since it is no"
                                        + " pod of that node and not in address set ovn_egress_at_node1_v4"));
        assertThat(explained("simpson/homer", "10.128.0.5").now().orElseThrow().outcome())
                .as("the node's own pods are let by")
                .isEqualTo(Departure.Outcome.EgressAddress);
    }

    @Test
    void theSetsMoveWithTheSnats() {
        cluster.start(seed(node(1), node(2)));
        int commits = cluster.database.commits;

        cluster.put(draining(node(1)));

        assertThat(cluster.database.commits).isEqualTo(commits + 1);
        assertThat(cluster.members(AT_NODE_1)).isEmpty();
        assertThat(cluster.members(AT_NODE_2)).containsExactly("10.128.0.5", "10.128.2.5");

        cluster.remove(InputKind.POD, "simpson/homer");
        assertThat(cluster.members(AT_NODE_2)).containsExactly("10.128.2.5");
    }

    @Test
    void aRouterIsNotGuardedBeforeItIsKnownWhichPodsAreItsOwn() {
        cluster.start(seed(TestCluster.node(1), node(2)));

        assertThat(policies("GR_node1")).isEmpty();
        assertThat(policies("GR_node2")).hasSize(4);

        cluster.put(node(1));

        assertThat(policies("GR_node1")).hasSize(4);
        assertThat(cluster.members(AT_NODE_1)).containsExactly("10.128.0.5", "10.128.2.5");
    }

    @Test
    void whereItIsSwitchedOnNothingIsDroppedBeforeAllThatIsServedIsInTheSet() {
        cluster.restart(TestCluster.config(false, 500), seed(node(1), node(2)));
        assertThat(policies("GR_node1")).isEmpty();
        var unguarded = new ArrayList<Set<String>>();
        cluster.database.keep(new FakeNorthbound.Journal() {
            @Override
            public void committed(FakeNorthbound database, List<Operation> operations, CommitOutcome outcome) {
                if (policies("GR_node1").stream().anyMatch(policy -> policy.contains("drop"))) {
                    assertThat(cluster.members(AT_NODE_1)).containsExactly("10.128.0.5", "10.128.2.5");
                } else {
                    unguarded.add(cluster.members(AT_NODE_1));
                }
            }

            @Override
            public void tampered(FakeNorthbound database, List<Operation> operations) {}
        });

        cluster.restart(config(1), seed(node(1), node(2)));

        assertThat(unguarded).isNotEmpty();
        assertThat(policies("GR_node1")).hasSize(4);
    }

    @Test
    void aRouterThatIsMadeAnewLetsByWhatItServesAndNothingElseThoughTransactionsOverlap() {
        var one = new TestCluster(config(1)).topology(1, 2);
        one.start(seed(node(1), TestCluster.notLabelled(node(2)))).remove(InputKind.POD, "simpson/homer");
        var wrong = new ArrayList<String>();
        one.database.keep(new FakeNorthbound.Journal() {
            @Override
            public void committed(FakeNorthbound database, List<Operation> operations, CommitOutcome outcome) {
                var rows = FakeForwarding.of(database);
                boolean drops = database.rows(LogicalRouterPolicy.TABLE).stream()
                        .anyMatch(row -> row.get(LogicalRouterPolicy.ACTION).equals("drop")
                                && row.get(LogicalRouterPolicy.MATCH).contains("rtoj-GR_node1"));
                if (drops) {
                    var served = rows.translated().getOrDefault("GR_node1", Set.of());
                    if (!served.equals(one.members(AT_NODE_1))) {
                        wrong.add(served + " are served, and let by " + one.members(AT_NODE_1));
                    }
                }
            }

            @Override
            public void tampered(FakeNorthbound database, List<Operation> operations) {}
        });

        one.reconciler.apply(one.database.tamper(() -> {
            one.database.delete(LogicalRouter.TABLE, one.routers.get("GR_node1"));
            one.topology(1);
        }));
        for (int i = 0; i < 100; i++) {
            var underWay = new ArrayList<PlannedTransaction>();
            one.reconciler.nextTransaction(one.now).ifPresent(underWay::add);
            one.reconciler.nextTransaction(one.now).ifPresent(underWay::add);
            underWay.forEach(one::commit);
        }

        assertThat(wrong).isEmpty();
        assertThat(one.members(AT_NODE_1)).containsExactly("10.128.2.5");
        assertThat(one.snats()).hasSize(1);
    }

    /** What a pod has as its node ({@code --disable-snat-multiple-gws}) is no egress IP, though it is the pod's and on the router. */
    @Test
    void nothingIsDroppedWhileThePodOfANodeSnatIsStillInTheSet() {
        var one = new TestCluster(config(true, 1)).topology(1, 2);
        var database = one.database;
        var router = one.routers.get("GR_node1");
        one.nodeSnat("GR_node1", "10.128.0.5", "192.168.126.11");
        one.start(seed(node(1), node(2))).remove(EgressIpInput.KIND, "demo");
        assertThat(one.members(AT_NODE_1)).isEmpty();
        var wrong = new ArrayList<String>();
        one.afterEachTransaction(operations -> {
            boolean drops = database.children(LogicalRouter.POLICIES, router).stream()
                    .anyMatch(row -> row.get(LogicalRouterPolicy.ACTION).equals("drop"));
            if (drops && one.members(AT_NODE_1).contains("10.128.0.5")) {
                wrong.add(operations.toString());
            }
        });

        one.reconciler.apply(database.tamper(() -> database.children(LogicalRouter.POLICIES, router).stream()
                .filter(row -> row.get(LogicalRouterPolicy.ACTION).equals("drop"))
                .forEach(row -> database.delete(LogicalRouterPolicy.TABLE, row.id()))));
        one.tamper(() ->
                database.addTo(AddressSet.ADDRESSES, OnTheSeedCluster.addressSet(database, AT_NODE_1), "10.128.0.5"));
        one.after(Duration.ofMinutes(1));

        assertThat(one.members(AT_NODE_1)).isEmpty();
        assertThat(policies(one, "GR_node1")).anyMatch(policy -> policy.startsWith("10 drop"));
        assertThat(wrong).isEmpty();
    }

    @Test
    void damageByHandIsRepaired() {
        cluster.start(seed(node(1), node(2)));
        var content = cluster.content();
        var database = cluster.database;
        var router = cluster.routers.get("GR_node1");
        var drop = database.children(LogicalRouter.POLICIES, router).stream()
                .filter(row -> row.get(LogicalRouterPolicy.ACTION).equals("drop"))
                .findFirst()
                .orElseThrow()
                .id();
        var set = OnTheSeedCluster.addressSet(database, AT_NODE_1);
        List<Runnable> damages = List.of(
                () -> database.set(LogicalRouterPolicy.TABLE, drop, Cell.of(LogicalRouterPolicy.ACTION, "allow")),
                () -> database.set(
                        LogicalRouterPolicy.TABLE, drop, Cell.of(LogicalRouterPolicy.EXTERNAL_IDS, Map.of())),
                () -> database.removeFrom(LogicalRouter.POLICIES, router, drop),
                () -> database.removeFrom(AddressSet.ADDRESSES, set, "10.128.0.5"),
                () -> database.set(AddressSet.TABLE, set, Cell.of(AddressSet.NAME, "other")),
                () -> database.set(AddressSet.TABLE, set, Cell.of(AddressSet.EXTERNAL_IDS, Map.of())),
                () -> database.delete(AddressSet.TABLE, set));

        for (var damage : damages) {
            cluster.tamper(damage).after(Duration.ofMinutes(1));
            assertThat(cluster.content()).isEqualTo(content);
        }
    }

    @Test
    void aRestartFindsNothingToDo() {
        cluster.start(seed(node(1), node(2)));

        cluster.restart(seed(node(1), node(2)));

        assertThat(cluster.transactions).isEmpty();
    }

    @Test
    void withoutTheFlagThereIsNoRowOfItAndWhatThereWasGoes() {
        cluster.start(seed(node(1), node(2)));

        cluster.restart(TestCluster.config(false, 500), seed(node(1), node(2)));

        assertThat(policies("GR_node1")).isEmpty();
        assertThat(cluster.database.rows(AddressSet.TABLE))
                .noneMatch(row -> row.get(AddressSet.NAME).startsWith("ovn_egress_at_"));
    }
}
