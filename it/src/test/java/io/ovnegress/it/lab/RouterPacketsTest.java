package io.ovnegress.it.lab;

import static io.ovnegress.it.harness.process.Await.await;
import static io.ovnegress.it.lab.PacketCluster.BOUVIERS;
import static io.ovnegress.it.lab.PacketCluster.EGRESS_IP;
import static io.ovnegress.it.lab.PacketCluster.EGRESS_IP_V6;
import static io.ovnegress.it.lab.PacketCluster.HOMER;
import static io.ovnegress.it.lab.PacketCluster.LISA;
import static io.ovnegress.it.lab.PacketCluster.MARGE;
import static io.ovnegress.it.lab.PacketCluster.OBJECT;
import static io.ovnegress.it.lab.PacketCluster.PATTY;
import static io.ovnegress.it.lab.PacketCluster.SECOND_EGRESS_IP;
import static io.ovnegress.it.lab.PacketCluster.SIMPSONS;
import static io.ovnegress.it.lab.PacketCluster.node;
import static io.ovnegress.it.lab.PacketCluster.nodeAddress;
import static io.ovnegress.it.lab.PacketCluster.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.lab.Timeline;
import io.ovnegress.it.harness.lab.Traffic;
import io.ovnegress.it.harness.topology.Family;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Egress IPs with routers of their own: what is not ready is lost, and nothing has another address. */
@Tag("packets")
@Tag("timing")
class RouterPacketsTest {
    private static final int MOVES = 4;
    /** Of each move: mostly it is nothing. */
    private static final int TOLERATED = 3;

    /** Of what a pod sends while its egress IP changes its form: 0.02 to 0.1 s on an idle machine. */
    private static final Duration TOLERATED_OF_A_FORM = Duration.ofMillis(800);
    /** Of all changes of form together. */
    private static final Duration TOLERATED_OF_ALL_FORMS = Duration.ofMillis(1600);

    /** Five seconds: by then the chassis have heard of each other. */
    private static final int CANDIDATES_FOR = 250;

    private static final int DSCP = 46;
    private static final List<String> CHOSEN = List.of("homer", "lisa");
    private static final Duration INTERVAL = Duration.ofMillis(5);

    @RegisterExtension
    static final PacketCluster PACKETS = PacketCluster.withFlags("--egressip-form=Router");

    @AfterEach
    void nothingIsLeft() {
        PACKETS.cluster().deleteEgressIp(OBJECT);
        await("no router is left")
                .until(() -> Stream.of(
                                "Logical_Router",
                                "Logical_Router_Port",
                                "Logical_Switch",
                                "Logical_Router_Static_Route",
                                "HA_Chassis_Group",
                                "HA_Chassis",
                                "ACL",
                                "NAT")
                        .allMatch(table -> PACKETS.found(table).isEmpty()));
    }

    @Test
    void everyPodOfTheNamespaceLeavesAsTheEgressIpWithoutARowOfItsOwn() {
        PACKETS.cluster().label("worker-0", "worker-1");
        PACKETS.applyEgressIp(EGRESS_IP);

        SIMPSONS.forEach(
                pod -> assertThat(PACKETS.lab().curl(pod)).as(pod.name()).contains(EGRESS_IP));
        BOUVIERS.forEach(pod -> assertThat(PACKETS.lab().curl(pod)).contains(nodeAddress(pod)));
        assertThat(PACKETS.cluster().rows().egressNats()).isEmpty();
        assertThat(PACKETS.cluster().rows().policies())
                .as("one policy for all pods")
                .filteredOn(policy -> policy.action().equals("reroute") && policy.priority() <= 100)
                .hasSize(1);
    }

    @Test
    void podsThatASelectorNarrowsAreInASet() {
        PACKETS.cluster().label("worker-0", "worker-1");
        PACKETS.applyEgressIp(
                spec -> spec.put("podSelector", Map.of("matchLabels", Map.of("app", "lisa"))), 1, EGRESS_IP);

        assertThat(PACKETS.lab().curl(LISA)).contains(EGRESS_IP);
        assertThat(PACKETS.lab().curl(HOMER)).contains(nodeAddress(HOMER));
        assertThat(PACKETS.lab().curl(MARGE)).contains(nodeAddress(MARGE));
    }

    @Test
    void whoeverIsOutsideAndRoutesToTheEgressIpReachesNobody() {
        PACKETS.cluster().label("worker-0", "worker-1");
        PACKETS.applyEgressIp(EGRESS_IP);
        assertThat(PACKETS.lab().curl(HOMER)).contains(EGRESS_IP);

        assertThat(PACKETS.lab().datagramsFromOutside(HOMER, EGRESS_IP)).isZero();
        assertThat(PACKETS.lab().curl(HOMER)).contains(EGRESS_IP);
    }

    @Test
    void podsReachPodsAndNodes() {
        PACKETS.cluster().label("worker-0", "worker-1");
        PACKETS.applyEgressIp(EGRESS_IP);
        var homer = PACKETS.lab().listen(HOMER);
        var nodes = Stream.of(0, 1, 2).map(n -> PACKETS.lab().listen(node(n))).toList();
        assertThat(PACKETS.lab().curl(LISA, homer, Family.V4)).contains(LISA.ip());
        nodes.forEach(each -> assertThat(PACKETS.lab().curl(LISA, each, Family.V4))
                .as("%s", each)
                .isPresent());
    }

    @Test
    void bothFamiliesShareARouterAndMoveTogether() {
        var cluster = PACKETS.cluster();
        cluster.label("worker-0", "worker-1");
        PACKETS.applyEgressIp(EGRESS_IP, EGRESS_IP_V6);
        assertThat(PACKETS.found("Logical_Router")).hasSize(1);
        try (var v4 = PACKETS.lab().traffic(LISA, Family.V4);
                var v6 = PACKETS.lab().traffic(MARGE, Family.V6)) {
            v4.awaitArrived(25, EGRESS_IP);
            v6.awaitArrived(25, EGRESS_IP_V6);
            var from = cluster.items(OBJECT).getFirst().node();
            var to = from.equals("worker-0") ? "worker-1" : "worker-0";
            cluster.unlabel(cluster.node(from));
            cluster.awaitItems(OBJECT, new Item(to, EGRESS_IP), new Item(to, EGRESS_IP_V6));
            v4.awaitAnswered(100);
            v6.awaitAnswered(100);
            check("dual stack, a planned move, IPv4", v4.stop(), EGRESS_IP, 5);
            check("dual stack, a planned move, IPv6", v6.stop(), EGRESS_IP_V6, 30);
        }
    }

    private static void check(String what, Timeline timeline, String egressIp, int tolerated) {
        System.out.println(what + ": " + timeline.summary());
        assertThat(timeline.sources()).as(what).containsOnlyKeys(egressIp);
        assertThat(timeline.lost() + timeline.unanswered()).as(what).isLessThanOrEqualTo(tolerated);
    }

    @Test
    void inPlannedMovesNothingIsWrong() {
        var cluster = PACKETS.cluster();
        cluster.label("worker-0", "worker-1", "worker-2");
        PACKETS.applyEgressIp(EGRESS_IP);
        try (var homer = PACKETS.lab().traffic(HOMER, Family.V4);
                var marge = PACKETS.lab().traffic(MARGE, Family.V4);
                var lisa = PACKETS.lab().traffic(LISA, Family.V4)) {
            var all = List.of(homer, marge, lisa);
            all.forEach(traffic -> traffic.awaitAnswered(25));
            for (int move = 0; move < MOVES; move++) {
                lisa.awaitSent(CANDIDATES_FOR);
                var from = cluster.items(OBJECT).getFirst().node();
                PACKETS.lab().forgetDecisions();
                lisa.mark("label removed from " + from);
                cluster.unlabel(cluster.node(from));
                await("the egress IP is somewhere else")
                        .until(() -> cluster.items(OBJECT).stream()
                                .noneMatch(item -> item.node().equals(from)));
                all.forEach(traffic -> traffic.awaitSent(25));
                cluster.label(from);
            }
            all.forEach(traffic -> traffic.awaitAnswered(25));
            for (var traffic : all) {
                check(MOVES + " moves", traffic.stop(), EGRESS_IP, TOLERATED * MOVES);
            }
        }
    }

    @Test
    void aNewPodLeavesAsTheEgressIpFromItsFirstPacketOnThoughNobodyHasSeenIt() {
        PACKETS.cluster().label("worker-0", "worker-1");
        PACKETS.applyEgressIp(EGRESS_IP);
        var bart = pod("simpson", "bart", 1, 30);
        try (var traffic = PACKETS.lab().trafficBeforePluggedIn(bart, Family.V4, INTERVAL)) {
            traffic.awaitSent(20);
            PACKETS.cluster().northbound().addPods(List.of(bart));
            PACKETS.lab().plugIn(bart);
            traffic.awaitArrived(100, EGRESS_IP);

            assertThat(traffic.stop().sources()).containsOnlyKeys(EGRESS_IP);
        }
        PACKETS.remove(bart);
    }

    @Test
    void anObjectChangesItsFormWithoutAWrongPacket() {
        PACKETS.leaveTablesAsNow();
        var cluster = PACKETS.cluster();
        cluster.label("worker-0", "worker-1");
        // The first floating router of a cluster waits until the nodes have heard of each other.
        cluster.apply(EgressIps.of("standing", Map.of("house", "bouvier"), SECOND_EGRESS_IP));
        PACKETS.applyEgressIp(spec -> spec.put("form", "PerPod"), 1, EGRESS_IP);
        assertThat(PACKETS.lab().curl(PATTY)).contains(SECOND_EGRESS_IP);
        try (var homer = PACKETS.lab().traffic(HOMER, Family.V4, INTERVAL);
                var lisa = PACKETS.lab().traffic(LISA, Family.V4, INTERVAL)) {
            var all = List.of(homer, lisa);
            all.forEach(traffic -> traffic.awaitAnswered(200));
            change(all, "form", "Router", () -> cluster.rows().egressNats().isEmpty());
            change(
                    all,
                    "routerPlacement",
                    "Pinned",
                    () -> PACKETS.found("HA_Chassis_Group").size() == 1);
            movePinned(all);
            change(
                    all,
                    "routerPlacement",
                    "Floating",
                    () -> PACKETS.found("Logical_Router").size() == 2
                            && PACKETS.found("HA_Chassis_Group").size() == 2);
            change(all, "form", "PerPod", () -> PACKETS.found("Logical_Router").size() == 1);
            for (var traffic : all) {
                var timeline = traffic.stop();
                timeline.byMark().forEach((what, part) -> {
                    System.out.println(what + ": " + part.summary());
                    assertThat(failed(part)).as(what).isLessThanOrEqualTo(TOLERATED_OF_A_FORM);
                });
                assertThat(timeline.sources()).containsOnlyKeys(EGRESS_IP);
                assertThat(failed(timeline)).isLessThanOrEqualTo(TOLERATED_OF_ALL_FORMS);
            }
        } finally {
            cluster.deleteEgressIp("standing");
        }
    }

    /** How long it takes to send as many requests as were lost or got no answer. */
    private static Duration failed(Timeline timeline) {
        return INTERVAL.multipliedBy(timeline.lost() + timeline.unanswered());
    }

    private static void movePinned(List<Traffic> all) {
        var cluster = PACKETS.cluster();
        var from = cluster.items(OBJECT).getFirst().node();
        var to = from.equals("worker-0") ? "worker-1" : "worker-0";
        PACKETS.lab().forgetDecisions();
        all.forEach(traffic -> traffic.mark("a pinned router moves"));
        cluster.unlabel(cluster.node(from));
        cluster.awaitItems(OBJECT, new Item(to, EGRESS_IP));
        all.forEach(traffic -> traffic.awaitAnswered(400));
        cluster.label(from);
    }

    @Test
    void aNamespaceIsNarrowedAndWidenedAgainWithoutAWrongPacket() {
        PACKETS.cluster().label("worker-0", "worker-1");
        PACKETS.applyEgressIp(EGRESS_IP);
        var chosen = Map.of("matchExpressions", List.of(Map.of("key", "app", "operator", "In", "values", CHOSEN)));
        try (var homer = PACKETS.lab().traffic(HOMER, Family.V4);
                var marge = PACKETS.lab().traffic(MARGE, Family.V4);
                var lisa = PACKETS.lab().traffic(LISA, Family.V4)) {
            List.of(homer, marge, lisa).forEach(traffic -> traffic.awaitArrived(50, EGRESS_IP));
            PACKETS.respec("podSelector", chosen);
            marge.awaitArrived(100, nodeAddress(MARGE));
            lisa.awaitAnswered(25);
            PACKETS.respec("podSelector", Map.of());
            marge.awaitArrived(100, EGRESS_IP);
            check("narrowed and widened, homer", homer.stop(), EGRESS_IP, TOLERATED);
            check("narrowed and widened, lisa", lisa.stop(), EGRESS_IP, TOLERATED);
            var left = marge.stop();
            System.out.println("narrowed and widened, marge: " + left.summary());
            var arrived =
                    left.requests().stream().filter(request -> request.arrival().isPresent());
            assertThat(new Timeline(arrived.toList(), left.marks()).runs())
                    .extracting(Timeline.Run::source)
                    .containsExactly(EGRESS_IP, nodeAddress(MARGE), EGRESS_IP);
        }
    }

    @Test
    void anEgressIpIsLimitedAndMarkedInEitherFormAndThroughAMoveWhileAnotherIsNot() {
        var cluster = PACKETS.cluster();
        cluster.label("worker-0");
        cluster.apply(PacketCluster.specified(
                EgressIps.of("unlimited", Map.of("house", "bouvier"), SECOND_EGRESS_IP),
                spec -> spec.put("form", "PerPod")));
        try {
            PACKETS.applyEgressIp(
                    spec -> spec.putAll(Map.of("bandwidth", Map.of("rateKbps", 2000), "dscp", DSCP, "form", "PerPod")),
                    1,
                    EGRESS_IP);
            awaitLimitOn("ext_worker-0");
            PACKETS.lab().count(EGRESS_IP, DSCP);
            PACKETS.lab().count(SECOND_EGRESS_IP, DSCP);
            checkLimit("rows for each pod");
            assertThat(PACKETS.lab().flood(PATTY, SECOND_EGRESS_IP))
                    .as("another egress IP of the same node")
                    .isGreaterThan(4_000_000);

            cluster.label("worker-1");
            cluster.unlabel(cluster.node("worker-0"));
            awaitLimitOn("ext_worker-1");
            checkLimit("after a move");

            PACKETS.respec("form", "Router");
            awaitLimitOn("egressip_" + OBJECT + "_" + EGRESS_IP + "_outside");
            checkLimit("a router of its own");
            cluster.label("worker-0");
            cluster.unlabel(cluster.node("worker-1"));
            cluster.awaitItems(OBJECT, new Item("worker-0", EGRESS_IP));
            assertThat(PACKETS.lab().curl(LISA)).contains(EGRESS_IP);
            checkLimit("after a move of that");
            assertThat(PACKETS.lab().counted(SECOND_EGRESS_IP).marked()).isZero();
        } finally {
            cluster.deleteEgressIp("unlimited");
        }
    }

    private static void checkLimit(String what) {
        long rate = PACKETS.lab().flood(LISA, EGRESS_IP);
        var counted = PACKETS.lab().counted(EGRESS_IP);
        System.out.println("limited to 2 Mbit/s, " + what + ": " + rate + " bit/s, " + counted);
        assertThat(rate).as(what).isBetween(1_600_000L, 2_400_000L);
        assertThat(counted.marked()).as(what).isEqualTo(counted.packets());
    }

    /** On no other switch than this. */
    private static void awaitLimitOn(String logicalSwitch) {
        var central = PACKETS.cluster().central();
        await("limited on " + logicalSwitch)
                .untilAsserted(() -> assertThat(central.nbctl(
                                        "--bare",
                                        "--columns=external_ids",
                                        "find",
                                        "QoS",
                                        "external_ids:\"ovn-egress.io/owner\"=EgressIP/" + OBJECT)
                                .lines()
                                .filter(line -> !line.isBlank()))
                        .singleElement()
                        .asString()
                        .contains("/" + logicalSwitch + " "));
        PACKETS.lab().sync();
    }

    private static void change(List<Traffic> all, String field, String value, BooleanSupplier done) {
        PACKETS.lab().forgetDecisions();
        all.forEach(traffic -> traffic.mark(field + " becomes " + value));
        PACKETS.respec(field, value);
        await(field + " is " + value).until(done::getAsBoolean);
        all.forEach(traffic -> traffic.awaitAnswered(400));
    }
}
