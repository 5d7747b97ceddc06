package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.ip;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.notLabelled;
import static io.ovnegress.reconciler.TestCluster.notReady;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.HaChassis;
import io.ovnegress.ovsdb.nb.HaChassisGroup;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.reconciler.feature.Decision;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.input.EgressCapacity;
import io.ovnegress.reconciler.input.EgressLimits;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What OVN does by itself with routers that float is followed, told once, and nothing is undone that works. */
final class RouterFailoverTest {
    private static final String FIRST = "192.168.126.100";
    private static final String SECOND = "192.168.126.101";
    private static final EgressIpInput FLOATING = egressIp("demo", where("house=simpson"), FIRST)
            .edit()
            .form(EgressForm.FLOATING)
            .build();
    private static final EgressIpInput TWO =
            FLOATING.edit().egressIps(List.of(FIRST, SECOND)).build();

    private final TestCluster cluster = TestCluster.inSteps(TestCluster.config(false, 500))
            .topology(1, 2, 3, 4)
            .uplinks(1, 2, 3, 4);
    /** What the policies led to, after each transaction. */
    private final Set<Set<String>> hops = new LinkedHashSet<>();
    /** Nodes that came first in the order of the second address' router, after each transaction. */
    private final Set<String> firstOfSecond = new TreeSet<>();

    @BeforeEach
    void ovnkubesGroup() {
        cluster.portGroup("simpson");
    }

    private static NodeInput node(int n) {
        return TestCluster.nodeWithGateways(n);
    }

    private static InputObject[] seed(InputObject... more) {
        var all = new ArrayList<InputObject>(List.of(
                node(1),
                node(2),
                node(3),
                namespace("simpson", "house=simpson"),
                pod("simpson", "homer", 1, "10.128.0.5")));
        all.addAll(List.of(more));
        return all.toArray(InputObject[]::new);
    }

    private void seconds(InputObject... objects) {
        cluster.seconds(5, objects);
    }

    private void host(String address, String chassis) {
        var status = chassis.isEmpty() ? Map.<String, String>of() : Map.of("hosting-chassis", chassis);
        cluster.database.set(
                LogicalRouterPort.TABLE,
                cluster.portNamed("rtoe-egressip_demo_" + address),
                Cell.of(LogicalRouterPort.STATUS, status));
    }

    /** ovn-northd says in turn which chassis serves the router; none where that is empty. */
    private void hosted(String address, String... chassis) {
        for (var each : chassis) {
            cluster.tamper(() -> host(address, each));
        }
    }

    /** The chassis that may serve the router, the best first. */
    private List<String> order(String address) {
        var port = cluster.database.rows(LogicalRouterPort.TABLE).stream()
                .filter(row -> row.get(LogicalRouterPort.NAME).equals("rtoe-egressip_demo_" + address))
                .findFirst()
                .orElseThrow();
        var group = port.get(LogicalRouterPort.HA_CHASSIS_GROUP).iterator().next();
        return cluster.database.children(HaChassisGroup.HA_CHASSIS, group).stream()
                .sorted(Comparator.comparingLong(row -> -row.get(HaChassis.PRIORITY)))
                .map(row -> row.get(HaChassis.CHASSIS_NAME))
                .toList();
    }

    private Set<String> nextHops() {
        var found = new TreeSet<String>();
        cluster.clusterPolicies().stream()
                .filter(row -> row.get(LogicalRouterPolicy.ACTION).equals("reroute"))
                .forEach(row -> found.addAll(row.get(LogicalRouterPolicy.NEXTHOPS)));
        return found;
    }

    private void watch() {
        cluster.database.keep(new FakeNorthbound.Journal() {
            @Override
            public void committed(FakeNorthbound database, List<Operation> operations, CommitOutcome outcome) {
                hops.add(nextHops());
                firstOfSecond.add(order(SECOND).getFirst());
            }

            @Override
            public void tampered(FakeNorthbound database, List<Operation> operations) {}
        });
    }

    private static StatusItem on(String node, String address) {
        return new StatusItem(node, address);
    }

    private void assertTold(int failovers) {
        assertThat(cluster.decisions).filteredOn(Decision::isFailover).hasSize(failovers);
        assertThat(cluster.events)
                .filteredOn(event -> event.reason().toString().equals("FailedOver"))
                .hasSize(failovers);
    }

    /** ovn-northd takes the name away while no chassis has the router: the orderly stop of an ovn-controller. */
    @Test
    void aFailoverIsFollowedThoughNobodyServesTheRouterForAMoment() {
        cluster.start(seed(FLOATING));
        seconds();
        hosted(FIRST, "chassis-1");
        seconds();
        hosted(FIRST, "", "chassis-3");
        seconds();

        assertThat(cluster.items("demo")).containsExactly(on("node3", FIRST));
        assertThat(order(FIRST).getFirst()).isEqualTo("chassis-3");
        assertTold(1);
    }

    @Test
    void whereNobodyServesTheRouterForAMomentNothingIsDone() {
        cluster.start(seed(FLOATING));
        seconds();
        hosted(FIRST, "chassis-1");
        cluster.transactions.clear();

        hosted(FIRST, "", "chassis-1");

        assertThat(cluster.transactions).isEmpty();
        assertTold(0);
    }

    /** Two that do not hear of each other both take it for theirs, and write that over each other. */
    @Test
    void aRouterThatTwoChassisClaimInTurnIsFollowedOnce() {
        cluster.start(seed(FLOATING));
        seconds();
        hosted(FIRST, "chassis-1");
        seconds();
        for (int turn = 0; turn < 10; turn++) {
            hosted(FIRST, "chassis-3");
            cluster.after(Duration.ofMillis(500));
            hosted(FIRST, "chassis-1");
            cluster.after(Duration.ofMillis(500));
            assertThat(cluster.items("demo")).containsExactly(on("node3", FIRST));
        }
        assertTold(1);

        cluster.after(cluster.reconciler
                .nextDeadline()
                .map(then -> Duration.between(cluster.now, then))
                .orElseThrow());
        seconds();
        assertThat(cluster.items("demo")).as("where it stays in the end").containsExactly(on("node1", FIRST));
        assertTold(2);
    }

    /** It has not heard yet that another one is the first now, or not of the others. */
    @Test
    void aNodeThatIsBackAndClaimsARouterOnceMoreIsNotFollowedRightAfterAFailoverThatWasFollowedLate() {
        cluster.start(seed(FLOATING));
        hosted(FIRST, "chassis-1");
        cluster.after(Duration.ofSeconds(1));
        hosted(FIRST, "chassis-3");
        cluster.after(Duration.ofSeconds(5));
        assertThat(cluster.items("demo")).containsExactly(on("node3", FIRST));

        cluster.after(Duration.ofSeconds(1));
        hosted(FIRST, "chassis-1");
        assertThat(cluster.items("demo")).containsExactly(on("node3", FIRST));
        hosted(FIRST, "chassis-3");
        seconds();

        assertThat(cluster.items("demo")).containsExactly(on("node3", FIRST));
        assertThat(order(FIRST).getFirst()).isEqualTo("chassis-3");
        assertTold(1);
    }

    @Test
    void aPlannedMoveThroughNobodyIsNoFailover() {
        cluster.start(seed(FLOATING));
        seconds();
        hosted(FIRST, "chassis-1");
        cluster.put(node(1).edit().draining(true).build());
        hosted(FIRST, "", "chassis-2");
        seconds();

        assertThat(cluster.items("demo")).containsExactly(on("node2", FIRST));
        assertTold(0);
    }

    /** The node that has died may have had the database that was listened to. */
    @Test
    void aFailoverIsFollowedThoughTheDatabaseWasReadAnewMeanwhile() {
        cluster.start(seed(FLOATING));
        seconds();
        hosted(FIRST, "chassis-1");
        seconds();

        cluster.reconciler.disconnected();
        host(FIRST, "chassis-3");
        cluster.connect();
        seconds();

        assertThat(cluster.items("demo")).containsExactly(on("node3", FIRST));
        assertTold(1);
    }

    @Test
    void aFailoverWhileNobodyDecidedIsToldOnceByWhoeverStarts() {
        cluster.start(seed(FLOATING));
        seconds();
        hosted(FIRST, "chassis-1");
        host(FIRST, "chassis-3");

        var told = FLOATING.edit().statusItems(List.of(on("node1", FIRST))).build();
        cluster.restart(seed(notReady(node(1)), told));
        seconds();
        assertThat(cluster.items("demo")).containsExactly(on("node3", FIRST));
        assertTold(1);

        var tellsIt = FLOATING.edit().statusItems(List.of(on("node3", FIRST))).build();
        cluster.restart(seed(tellsIt));
        seconds();
        assertTold(1);
    }

    /** Both families of one router are one event, and two egress IPs. */
    @Test
    void whoeverStartsTellsAFailoverOfBothFamiliesInOneEvent() {
        var both = FLOATING.edit().egressIps(List.of(FIRST, "fd00:126::100")).build();
        cluster.start(seed(both));
        seconds();
        host(FIRST, "chassis-3");

        cluster.restart(seed(both.edit()
                .statusItems(List.of(on("node1", FIRST), on("node1", "fd00:126::100")))
                .build()));
        seconds();

        assertThat(cluster.items("demo")).extracting(StatusItem::node).containsExactly("node3", "node3");
        assertThat(cluster.decisions).filteredOn(Decision::isFailover).hasSize(2);
        assertThat(cluster.events)
                .filteredOn(event -> event.reason().toString().equals("FailedOver"))
                .hasSize(1);
    }

    /** What the priorities say already was decided by somebody. */
    @Test
    void aMoveOfWhichTheStatusWasNotWrittenIsNoFailover() {
        cluster.start(seed(FLOATING));
        seconds(node(1).edit().draining(true).build());
        assertThat(order(FIRST).getFirst()).isEqualTo("chassis-2");
        host(FIRST, "chassis-2");

        cluster.restart(
                seed(FLOATING.edit().statusItems(List.of(on("node1", FIRST))).build()));
        seconds();

        assertThat(cluster.items("demo")).containsExactly(on("node2", FIRST));
        assertTold(0);
    }

    @Test
    void oneThatStandsByDoesNotTellAgainWhatTheLeaderHasTold() {
        cluster.start(seed(FLOATING));
        seconds();
        hosted(FIRST, "chassis-1");
        cluster.reconciler.setLeader(false);
        cluster.reconciler.overview(cluster.now); // whoever asks has it look where everything would be
        hosted(FIRST, "chassis-3");
        cluster.tamper(() -> prioritise("chassis-3", "chassis-2", "chassis-1"));
        cluster.put(FLOATING.edit().statusItems(List.of(on("node3", FIRST))).build());

        cluster.reconciler.setLeader(true);
        seconds();

        assertThat(cluster.items("demo")).containsExactly(on("node3", FIRST));
        assertTold(0);
    }

    @Test
    void oneThatTakesOverTellsWhatNobodyHasTold() {
        cluster.start(seed(FLOATING));
        seconds();
        hosted(FIRST, "chassis-1");
        cluster.put(FLOATING.edit().statusItems(List.of(on("node1", FIRST))).build());
        cluster.reconciler.setLeader(false);
        hosted(FIRST, "", "chassis-3");

        cluster.reconciler.setLeader(true);
        seconds();

        assertThat(cluster.items("demo")).containsExactly(on("node3", FIRST));
        assertThat(order(FIRST).getFirst()).isEqualTo("chassis-3");
        assertTold(1);
    }

    /** Or the loop would turn all the time until the database is there. */
    @Test
    void whatWasHeardBeforeItIsDecidedHereWakesNobody() {
        cluster.start(seed(FLOATING));
        seconds();
        hosted(FIRST, "chassis-1");
        cluster.reconciler.setLeader(false);
        hosted(FIRST, "chassis-3");
        cluster.reconciler.disconnected();
        cluster.reconciler.setLeader(true);

        cluster.after(Duration.ofSeconds(10));

        assertThat(cluster.reconciler.nextDeadline()).isEmpty();
    }

    private void prioritise(String... chassis) {
        for (int place = 0; place < chassis.length; place++) {
            var name = chassis[place];
            long priority = List.of(100L, 50L, 40L).get(place);
            cluster.database.rows(HaChassis.TABLE).stream()
                    .filter(row -> row.get(HaChassis.CHASSIS_NAME).equals(name))
                    .forEach(row ->
                            cluster.database.set(HaChassis.TABLE, row.id(), Cell.of(HaChassis.PRIORITY, priority)));
        }
    }

    @Test
    void whoStandsByServesNoOtherAddressOfTheObjectIfItCan() {
        cluster.start(seed(TWO));
        seconds();

        assertThat(order(FIRST)).containsExactly("chassis-1", "chassis-3", "chassis-2");
        assertThat(order(SECOND)).containsExactly("chassis-2", "chassis-3", "chassis-1");
    }

    @Test
    void whoStandsByHasRoomLeftIfItCan() {
        var full = node(2).edit()
                .limits(new EgressLimits(Set.of(), Optional.empty(), EgressCapacity.of(1), List.of()))
                .build();
        cluster.start(seed(full, FLOATING));
        seconds();
        assertThat(order(FIRST)).containsExactly("chassis-1", "chassis-2", "chassis-3");

        seconds(namespace("bouvier", "house=bouvier"), egressIp("other", where("house=bouvier"), SECOND));
        assertThat(cluster.items("other")).containsExactly(on("node2", SECOND));

        assertThat(order(FIRST)).containsExactly("chassis-1", "chassis-3", "chassis-2");
        hosted(FIRST, "chassis-1");
        seconds();
        hosted(FIRST, "chassis-2");
        seconds();
        assertThat(cluster.items("demo")).as("where OVN has taken it, it stays").containsExactly(on("node2", FIRST));
    }

    /** Both routers work where they are: half of the connections would end if the healthy one lost its place. */
    @Test
    void anAddressThatComesToTheNodeOfAnotherOneOfItsObjectStaysThereUntilThereIsANodeOfItsOwn() {
        cluster.start(seed(notLabelled(node(3)), TWO));
        seconds();
        hosted(FIRST, "chassis-1");
        hosted(SECOND, "chassis-2");
        var before = nextHops();
        watch();

        seconds(notReady(node(1)));
        hosted(FIRST, "chassis-2");
        seconds();
        assertThat(cluster.items("demo")).containsExactly(on("node2", FIRST), on("node2", SECOND));

        cluster.put(node(3));
        for (int i = 0; i < 15; i++) {
            seconds();
        }
        assertThat(cluster.items("demo")).containsExactly(on("node3", FIRST), on("node2", SECOND));
        assertThat(order(FIRST).getFirst()).isEqualTo("chassis-3");
        assertThat(hops).containsExactly(before);
        assertThat(firstOfSecond).containsExactly("chassis-2");
    }

    /** Kubernetes takes it for ready all the time. */
    @Test
    void nothingGoesToANodeThatOvnHasLeftBeforeItWasCalmForAWhileAndThenWhatHasLeftIt() {
        cluster.start(seed(notLabelled(node(3)), TWO));
        seconds();
        hosted(FIRST, "chassis-1");
        hosted(SECOND, "chassis-2");
        var before = nextHops();
        watch();
        seconds();

        hosted(FIRST, "", "chassis-2");
        for (int i = 0; i < 10; i++) {
            seconds();
            assertThat(cluster.items("demo")).containsExactly(on("node2", FIRST), on("node2", SECOND));
        }
        assertThat(order(FIRST).getFirst()).isEqualTo("chassis-2");
        for (int i = 0; i < 10; i++) {
            seconds();
        }

        assertThat(cluster.items("demo")).containsExactly(on("node1", FIRST), on("node2", SECOND));
        assertThat(hops).containsExactly(before);
        assertThat(firstOfSecond).containsExactly("chassis-2");
        assertTold(1);
    }

    /** A router that has a way out for one family only is told by the other one's address. */
    @Test
    void aFailoverOfARouterThatServesOnlyTheSecondFamilyIsFollowed() {
        var both = FLOATING.edit().egressIps(List.of(FIRST, "fd00:126::100")).build();
        var onlyV6 = Set.of(ip("fd00:126::fe"));
        var nodes = new InputObject[] {
            node(1).edit().nextHops(onlyV6).build(),
            node(2).edit().nextHops(onlyV6).build(),
            node(3).edit().nextHops(onlyV6).build()
        };
        cluster.start(with(seed(both), nodes));
        seconds();
        hosted(FIRST, "chassis-1");
        seconds();

        hosted(FIRST, "chassis-3");
        seconds();
        assertThat(cluster.items("demo")).containsExactly(on("node3", "fd00:126::100"));
        assertThat(order(FIRST).getFirst()).isEqualTo("chassis-3");

        cluster.tamper(() -> host(FIRST, "chassis-2"));
        seconds();
        assertThat(cluster.items("demo")).containsExactly(on("node2", "fd00:126::100"));

        host(FIRST, "chassis-3");
        cluster.restart(with(
                seed(both.edit()
                        .statusItems(List.of(on("node2", "fd00:126::100")))
                        .build()),
                nodes));
        seconds();
        assertThat(cluster.items("demo")).containsExactly(on("node3", "fd00:126::100"));
        assertThat(cluster.events)
                .filteredOn(event -> event.reason().toString().equals("FailedOver"))
                .hasSize(3);
    }

    /** The objects, with these in place of those of the same names. */
    private static InputObject[] with(InputObject[] objects, InputObject... instead) {
        var all = new LinkedHashMap<String, InputObject>();
        List.of(objects).forEach(object -> all.put(object.kind() + " " + object.key(), object));
        List.of(instead).forEach(object -> all.put(object.kind() + " " + object.key(), object));
        return all.values().toArray(InputObject[]::new);
    }

    @Test
    void whatMayNotStayWhereOvnHasTakenItIsNoFailover() {
        cluster.start(seed(notLabelled(node(3)), FLOATING));
        seconds();
        hosted(FIRST, "chassis-1");
        seconds();

        hosted(FIRST, "chassis-3");
        seconds();

        assertThat(cluster.items("demo")).containsExactly(on("node1", FIRST));
        assertTold(0);
    }

    @Test
    void whoeverStartsTellsNoFailoverToWhereTheAddressMayNotStay() {
        cluster.start(seed(FLOATING));
        seconds();
        host(FIRST, "chassis-3");

        var told = FLOATING.edit().statusItems(List.of(on("node1", FIRST))).build();
        cluster.restart(with(seed(told), notReady(node(1)), notLabelled(node(3))));
        seconds();

        assertThat(cluster.items("demo")).containsExactly(on("node2", FIRST));
        assertTold(0);
    }

    @Test
    void aRouterOnTheChassisOfANodeThatIsHeardOfLaterIsFollowedThere() {
        cluster.start(seed(node(4), FLOATING));
        cluster.remove(InputKind.NODE, "node3");
        seconds();
        hosted(FIRST, "chassis-1");
        seconds();
        hosted(FIRST, "chassis-3");
        seconds();
        assertThat(cluster.items("demo")).containsExactly(on("node1", FIRST));

        seconds(node(3));

        assertThat(cluster.items("demo")).containsExactly(on("node3", FIRST));
        assertTold(1);
    }
}
