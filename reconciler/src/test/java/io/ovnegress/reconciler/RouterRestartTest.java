package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.notLabelled;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.HaChassis;
import io.ovnegress.ovsdb.nb.HaChassisGroup;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.LogicalRouterStaticRoute;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A controller that begins on routers of one that is no more, and on objects that were changed since. After each of its transactions
 * whatever leads to a router leads to one that stays and has its SNAT.
 */
final class RouterRestartTest {
    private static final String FIRST = "192.168.126.100";
    private static final String SECOND = "192.168.126.101";
    private static final EgressIpInput PER_POD = egressIp("demo", where("house=simpson"), FIRST);
    private static final EgressIpInput FLOATING =
            PER_POD.edit().form(EgressForm.FLOATING).build();
    private static final EgressIpInput TWO =
            FLOATING.edit().egressIps(List.of(FIRST, SECOND)).build();
    private static final List<Table> TABLES = List.of(
            LogicalRouter.TABLE,
            LogicalRouterPort.TABLE,
            LogicalRouterStaticRoute.TABLE,
            LogicalRouterPolicy.TABLE,
            LogicalSwitch.TABLE,
            LogicalSwitchPort.TABLE,
            Acl.TABLE,
            HaChassis.TABLE,
            HaChassisGroup.TABLE,
            AddressSet.TABLE,
            Nat.TABLE);

    private final TestCluster cluster = TestCluster.inSteps(TestCluster.config(false, 500))
            .topology(1, 2, 3)
            .uplinks(1, 2, 3);
    private final List<String> ledNowhere = new ArrayList<>();

    @BeforeEach
    void ovnkubesGroups() {
        cluster.portGroup("simpson");
        cluster.portGroup("bouvier");
    }

    private static NodeInput node(int n) {
        return TestCluster.nodeWithGateways(n);
    }

    private static InputObject[] seed(NodeInput first, InputObject... more) {
        var all = new ArrayList<InputObject>(List.of(
                first,
                node(2),
                node(3),
                namespace("simpson", "house=simpson"),
                namespace("bouvier", "house=bouvier"),
                pod("simpson", "homer", 1, "10.128.0.5"),
                pod("simpson", "marge", 3, "10.128.4.5"),
                pod("bouvier", "selma", 1, "10.128.0.6")));
        all.addAll(List.of(more));
        return all.toArray(InputObject[]::new);
    }

    private void seconds() {
        cluster.seconds(10);
    }

    private void begin(EgressIpInput object) {
        cluster.start(seed(node(1), object));
        seconds();
        cluster.database.keep(new FakeNorthbound.Journal() {
            @Override
            public void committed(FakeNorthbound database, List<Operation> operations, CommitOutcome outcome) {
                ways().stream()
                        .flatMap(way -> way.get(LogicalRouterPolicy.NEXTHOPS).stream())
                        .filter(hop -> hop.startsWith("100.64.255.") && !leadsToARouterThatStays(hop))
                        .forEach(ledNowhere::add);
            }

            @Override
            public void tampered(FakeNorthbound database, List<Operation> operations) {}
        });
    }

    private void restart(NodeInput first, InputObject... objects) {
        cluster.restart(seed(first, objects));
        seconds();
        seconds();
        assertThat(ledNowhere).isEmpty();
        cluster.transactions.clear();
        seconds();
        assertThat(cluster.transactions).as("nothing more to come").isEmpty();
    }

    private EgressIpInput toldOf(EgressIpInput object) {
        return object.edit().statusItems(cluster.items("demo")).build();
    }

    private List<Row> ways() {
        return cluster.clusterPolicies().stream()
                .filter(row -> row.get(LogicalRouterPolicy.ACTION).equals("reroute"))
                .toList();
    }

    private boolean leadsToARouterThatStays(String hop) {
        return cluster.database.rows(LogicalRouter.TABLE).stream()
                .filter(router -> cluster.database.children(LogicalRouter.PORTS, router.id()).stream()
                        .anyMatch(port -> port.get(LogicalRouterPort.NETWORKS).stream()
                                .anyMatch(network -> network.startsWith(hop + "/"))))
                .filter(router ->
                        "serving".equals(router.get(LogicalRouter.EXTERNAL_IDS).get("ovn-egress.io/state")))
                .flatMap(router -> cluster.database.children(LogicalRouter.NAT, router.id()).stream())
                .anyMatch(nat -> nat.get(Nat.LOGICAL_IP).equals("10.128.0.0/14"));
    }

    private List<String> ownRouters() {
        return cluster.database.rows(LogicalRouter.TABLE).stream()
                .map(row -> row.get(LogicalRouter.NAME))
                .filter(name -> name.startsWith("egressip_"))
                .sorted()
                .toList();
    }

    /** Rows that name it anywhere. */
    private Set<String> rowsOf(String word) {
        var found = new TreeSet<String>();
        for (var table : TABLES) {
            for (var row : cluster.database.rows(table)) {
                if (table.columns().stream()
                        .anyMatch(column -> row.get(column).toString().contains(word))) {
                    found.add(table.name() + " " + row.id());
                }
            }
        }
        return found;
    }

    private List<String> hops() {
        return ways().stream()
                .flatMap(way -> way.get(LogicalRouterPolicy.NEXTHOPS).stream())
                .toList();
    }

    @Test
    void anAddressThatWasReplacedGoesWithItsRouter() {
        begin(FLOATING);
        restart(node(1), toldOf(FLOATING).edit().egressIps(List.of(SECOND)).build());

        assertThat(ownRouters()).containsExactly("egressip_demo_" + SECOND);
        assertThat(rowsOf(FIRST)).isEmpty();
        assertThat(hops()).hasSize(1);
    }

    @Test
    void anAddressThatWasRemovedGoesWithItsRouter() {
        begin(TWO);
        assertThat(hops()).hasSize(2);
        restart(node(1), toldOf(TWO).edit().egressIps(List.of(FIRST)).build());

        assertThat(ownRouters()).containsExactly("egressip_demo_" + FIRST);
        assertThat(rowsOf(SECOND)).isEmpty();
        assertThat(hops()).hasSize(1);
        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node1", FIRST));
    }

    @Test
    void anAddressThatWasAddedComesBesideTheOneThatIsThere() {
        begin(FLOATING);
        restart(
                node(1),
                toldOf(FLOATING).edit().egressIps(List.of(FIRST, SECOND)).build());

        assertThat(ownRouters()).containsExactly("egressip_demo_" + FIRST, "egressip_demo_" + SECOND);
        assertThat(hops()).hasSize(2);
        assertThat(cluster.items("demo"))
                .contains(new StatusItem("node1", FIRST))
                .hasSize(2);
    }

    @Test
    void anObjectThatHasRowsForEachPodNowHasNoRouter() {
        begin(FLOATING);
        restart(node(1), toldOf(PER_POD));

        assertThat(ownRouters()).isEmpty();
        assertThat(rowsOf("egressip_demo")).isEmpty();
        assertThat(cluster.snats()).containsExactly("GR_node1 10.128.0.5 " + FIRST, "GR_node1 10.128.4.5 " + FIRST);
        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node1", FIRST));
    }

    @Test
    void anObjectThatHasARouterNowHasNoRowsForItsPods() {
        begin(PER_POD);
        restart(node(1), toldOf(FLOATING));

        assertThat(ownRouters()).containsExactly("egressip_demo_" + FIRST);
        assertThat(cluster.snats()).noneMatch(snat -> snat.startsWith("GR_"));
        assertThat(ways()).hasSize(1);
    }

    @Test
    void aRouterThatIsPinnedNowTakesThePlaceOfTheOneThatFloated() {
        begin(FLOATING);
        restart(node(1), toldOf(FLOATING).edit().form(EgressForm.PINNED).build());

        assertThat(ownRouters()).singleElement().asString().endsWith("_pinned");
        assertThat(cluster.database.rows(HaChassis.TABLE)).isEmpty();
        assertThat(ways()).hasSize(1);
    }

    @Test
    void aRouterLeavesANodeThatMayNotServeItAnyMore() {
        begin(FLOATING);
        restart(notLabelled(node(1)), toldOf(FLOATING));

        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node2", FIRST));
        assertThat(ownRouters()).containsExactly("egressip_demo_" + FIRST);
        assertThat(cluster.database.rows(HaChassis.TABLE))
                .extracting(row -> row.get(HaChassis.CHASSIS_NAME))
                .containsExactlyInAnyOrder("chassis-2", "chassis-3");
    }

    @Test
    void whoIsSelectedNoLongerIsNotLedThereAnyMore() {
        begin(FLOATING);
        restart(
                node(1),
                toldOf(FLOATING)
                        .edit()
                        .namespaceSelector(where("house=bouvier"))
                        .build());

        assertThat(ways())
                .extracting(way -> way.get(LogicalRouterPolicy.MATCH))
                .containsExactly("ip4.src == $" + TestCluster.groupOf("bouvier") + "_ip4");
    }

    @Test
    void anObjectThatWasDeletedLeavesNothing() {
        begin(TWO);
        restart(node(1));

        assertThat(rowsOf("demo")).isEmpty();
        assertThat(ways()).isEmpty();
    }

    /** It ended in the middle of a change, which nobody asks for any more. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6})
    void whatWasBegunIsTakenBack(int transactions) {
        for (var change : Stream.of(
                        TWO, FLOATING.edit().egressIps(List.of(SECOND)).build(), PER_POD)
                .toList()) {
            var one = new RouterRestartTest();
            one.ovnkubesGroups();
            one.begin(FLOATING);
            one.someOf(change, transactions);
            one.restart(node(1), one.toldOf(FLOATING));

            assertThat(one.ownRouters()).containsExactly("egressip_demo_" + FIRST);
            assertThat(one.rowsOf(SECOND)).isEmpty();
            assertThat(one.hops()).hasSize(1);
            assertThat(one.cluster.snats()).noneMatch(snat -> snat.startsWith("GR_"));

            one.someOf(change, transactions);
            one.restart(node(1));
            assertThat(one.rowsOf("demo")).isEmpty();
        }
    }

    /** Its chassis never says that it has installed anything; what leads to it goes as if it had. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8})
    void podsGoOverToTheRouterThoughTheNodeThatServesThemDiesOnTheWayThere(int transactions) {
        begin(PER_POD);
        someOf(FLOATING, transactions);
        cluster.reconciler.apply(new InputChange.Put(TestCluster.notReady(node(1))), cluster.now);
        for (int second = 0; second < 20; second++) {
            for (var next = cluster.reconciler.nextTransaction(cluster.now);
                    next.isPresent();
                    next = cluster.reconciler.nextTransaction(cluster.now)) {
                cluster.commit(next.get());
            }
            if (cluster.database.isAsked()) {
                cluster.reconciler.apply(cluster.database.answer(true, false));
            }
            cluster.now = cluster.now.plusSeconds(1);
        }

        assertThat(cluster.snats()).noneMatch(snat -> snat.startsWith("GR_"));
        assertThat(hops()).hasSize(1);
        assertThat(ledNowhere).isEmpty();
    }

    private void someOf(EgressIpInput change, int transactions) {
        cluster.reconciler.apply(new InputChange.Put(change), cluster.now);
        for (int i = 0; i < transactions; i++) {
            var next = cluster.reconciler.nextTransaction(cluster.now);
            if (next.isPresent()) {
                cluster.commit(next.get());
            } else {
                cluster.now = cluster.now.plusSeconds(1);
                if (cluster.database.isAsked()) {
                    cluster.reconciler.apply(cluster.database.answer());
                }
            }
        }
    }
}
