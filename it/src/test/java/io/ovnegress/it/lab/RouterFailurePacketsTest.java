package io.ovnegress.it.lab;

import static io.ovnegress.it.harness.process.Await.await;
import static io.ovnegress.it.lab.PacketCluster.EGRESS_IP;
import static io.ovnegress.it.lab.PacketCluster.EGRESS_IP_V6;
import static io.ovnegress.it.lab.PacketCluster.HOMER;
import static io.ovnegress.it.lab.PacketCluster.LISA;
import static io.ovnegress.it.lab.PacketCluster.MARGE;
import static io.ovnegress.it.lab.PacketCluster.OBJECT;
import static io.ovnegress.it.lab.PacketCluster.SECOND_EGRESS_IP;
import static io.ovnegress.it.lab.PacketCluster.node;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.lab.AccessLog;
import io.ovnegress.it.harness.lab.Connections;
import io.ovnegress.it.harness.lab.Timeline;
import io.ovnegress.it.harness.lab.Traffic;
import io.ovnegress.it.harness.process.LocalOvnCentral;
import io.ovnegress.it.harness.process.LocalProcess;
import io.ovnegress.it.harness.process.Programs;
import io.ovnegress.it.harness.topology.Family;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Egress IPs with routers of their own fail over by themselves. In the end a node stays dead, so the tests have an order. */
@Tag("packets")
@Tag("timing")
@TestMethodOrder(OrderAnnotation.class)
class RouterFailurePacketsTest {
    private static final String KILLED = "worker-0 killed";

    /** Three intervals of 200 ms are enough; the rest is for machines that have more to do. */
    private static final Duration GAP = Duration.ofSeconds(2);

    /** Five seconds are those for which steps wait for a chassis that does not answer. */
    private static final Duration GAP_OF_A_CHANGE = Duration.ofSeconds(12);

    private static final Duration INTERVAL = Duration.ofMillis(20);

    /** Two chassis may claim a router in turn, and nobody says which is the first now. */
    private static final Duration GAP_OF_A_RETURN = Duration.ofSeconds(6);

    /** Of each pod: that all of them meet the same router has a chance of one in 2,000. */
    private static final int CONNECTIONS = 12;

    /** Requests of six seconds: by then a router is followed at once. */
    private static final int CALM_FOR = 300;

    @RegisterExtension
    static final PacketCluster PACKETS = PacketCluster.withFlags(flags());

    /** The southbound database is asked where the northbound one does not say where a router is. */
    private static String[] flags() {
        var flags = new ArrayList<>(List.of("--egressip-form=Router", "--bfd-interval=200"));
        if (!northboundSaysWhereRoutersAre()) {
            flags.add("--sb-address=" + ClusterExtension.SOUTHBOUND);
        }
        return flags.toArray(String[]::new);
    }

    private static boolean northboundSaysWhereRoutersAre() {
        try {
            return new ObjectMapper()
                    .readTree(Programs.schema("ovn-nb").toFile())
                    .at("/tables/Logical_Router_Port/columns")
                    .has("status");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void check(String what, Timeline timeline) {
        System.out.println(what + ": " + timeline.summary());
        assertThat(timeline.sources()).as(what).containsOnlyKeys(EGRESS_IP);
        assertThat(timeline.longestOutage()).as(what).isLessThan(GAP);
    }

    /** Answers are not counted: the outside looks for a moment where the address is. */
    private static void checkV6(String what, Timeline timeline) {
        System.out.println(what + ", IPv6: " + timeline.summary());
        assertThat(timeline.sources()).as(what).containsOnlyKeys(EGRESS_IP_V6);
        assertThat(timeline.longestSilence()).as(what).isLessThan(GAP);
    }

    /** A node that is cut off still talks to the databases, and takes the router for its own. */
    @Test
    @Order(1)
    void aNodeThatReturnsDoesNotTakeTheAddressBack() {
        PACKETS.cluster().label("worker-0", "worker-1");
        PACKETS.applyEgressIp(EGRESS_IP, EGRESS_IP_V6);
        try (var lisa = PACKETS.lab().traffic(LISA, Family.V4);
                var v6 = PACKETS.lab().traffic(LISA, Family.V6)) {
            loses(
                    lisa,
                    "the cable of worker-0",
                    "worker-1",
                    () -> PACKETS.lab().pullCable(node(0)),
                    () -> PACKETS.lab().plugCable(node(0)));
            loses(
                    lisa,
                    "the switch of worker-1",
                    "worker-0",
                    () -> PACKETS.lab().vswitchd(node(1)).freeze(),
                    () -> PACKETS.lab().vswitchd(node(1)).thaw());
            check("two failures and two returns", lisa.stop());
            v6.awaitArrived(25, EGRESS_IP_V6);
            checkV6("two failures and two returns", v6.stop());
        } finally {
            PACKETS.lab().plugCable(node(0));
            PACKETS.lab().vswitchd(node(1)).thaw();
        }
    }

    private static void loses(Traffic traffic, String what, String next, Runnable fails, Runnable returns) {
        var there = List.of(new Item(next, EGRESS_IP), new Item(next, EGRESS_IP_V6));
        traffic.awaitAnswered(CALM_FOR);
        traffic.mark(what + " fails");
        fails.run();
        traffic.awaitAnswered(25);
        await("the status follows").until(() -> PACKETS.cluster().items(OBJECT).equals(there));
        traffic.awaitAnswered(50);
        traffic.mark(what + " is back");
        returns.run();
        traffic.awaitAnswered(100);
        check(what, traffic.soFar().since(traffic.soFar().at(what + " fails")));
        assertThat(servedBy()).as("after " + what).isEqualTo(next);
        assertThat(PACKETS.cluster().items(OBJECT)).as("after " + what).isEqualTo(there);
    }

    /** The node that has the router, as OVN says it. */
    private static String servedBy() {
        var central = PACKETS.cluster().central();
        var port = "logical_port=cr-rtoe-egressip_" + OBJECT + "_" + EGRESS_IP;
        var chassis = central.sbctl("--bare", "--columns=chassis", "find", "Port_Binding", port)
                .strip();
        return central.sbctl("--bare", "--columns=hostname", "list", "Chassis", chassis)
                .strip();
    }

    @Test
    @Order(2)
    void ofTwoAddressesOneMovesAndConnectionsOfBothGoOn() {
        var cluster = PACKETS.cluster();
        cluster.label("worker-0", "worker-1", "worker-2");
        PACKETS.applyEgressIp(EGRESS_IP, SECOND_EGRESS_IP);
        cluster.awaitItems(OBJECT, new Item("worker-0", EGRESS_IP), new Item("worker-1", SECOND_EGRESS_IP));
        var nextHops = nextHops();
        assertThat(nextHops).hasSize(2);
        try (var homer = PACKETS.lab().connect(HOMER, Family.V4, CONNECTIONS)) {
            homer.awaitLines(10);
            useBoth(homer);
        }
        try (var datagrams = PACKETS.lab().traffic(MARGE, Family.V4);
                var marge = PACKETS.lab().connect(MARGE, Family.V4, CONNECTIONS);
                var lisa = PACKETS.lab().connect(LISA, Family.V4, CONNECTIONS)) {
            var all = List.of(marge, lisa);
            goOn(all);
            PACKETS.lab().pullCable(node(0));
            cluster.awaitItems(OBJECT, new Item("worker-1", SECOND_EGRESS_IP), new Item("worker-2", EGRESS_IP));
            goOn(all);
            PACKETS.lab().plugCable(node(0));
            goOn(all);
            cluster.unlabel(node(1));
            cluster.awaitItems(OBJECT, new Item("worker-0", SECOND_EGRESS_IP), new Item("worker-2", EGRESS_IP));
            goOn(all);
            assertThat(nextHops()).isEqualTo(nextHops);
            var timeline = datagrams.stop();
            System.out.println("datagrams meanwhile: " + timeline.summary());
            assertThat(timeline.sources().keySet()).hasSize(1).isSubsetOf(EGRESS_IP, SECOND_EGRESS_IP);
            assertThat(timeline.longestOutage()).isLessThan(GAP);
        } finally {
            PACKETS.lab().plugCable(node(0));
        }
    }

    /** Lines on every connection, none of which has ended or come from elsewhere. */
    private static void goOn(List<Connections> all) {
        for (var connections : all) {
            connections.awaitLines(25);
            useBoth(connections);
        }
    }

    /** Each connection one of them, and all together both. */
    private static void useBoth(Connections connections) {
        assertThat(connections.lines()).extracting(AccessLog.Entry::source).containsOnly(EGRESS_IP, SECOND_EGRESS_IP);
        assertThat(connections.sources().values())
                .allSatisfy(ends -> assertThat(ends).hasSize(1));
    }

    private static Set<String> nextHops() {
        return PACKETS.cluster().rows().policies().stream()
                .filter(policy -> policy.action().equals("reroute") && policy.priority() <= 100)
                .flatMap(policy -> policy.nexthops().stream())
                .collect(Collectors.toSet());
    }

    /** The third node answers late, or the change would be over before anybody could lose a node. */
    @Test
    @Order(3)
    void aNodeIsLostInTheMiddleOfAChangeOfForm() {
        var cluster = PACKETS.cluster();
        cluster.label("worker-0", "worker-1");
        PACKETS.applyEgressIp(spec -> spec.put("form", "PerPod"), 1, EGRESS_IP);
        PACKETS.awaitSnatsOn("worker-0");
        var late = PACKETS.lab().ovnController(node(2));
        var lost = List.of(PACKETS.lab().ovnController(node(0)), PACKETS.lab().vswitchd(node(0)));
        try (var lisa = PACKETS.lab().traffic(LISA, Family.V4);
                var marge = PACKETS.lab().traffic(MARGE, Family.V4)) {
            lisa.awaitAnswered(50);
            late.freeze();
            PACKETS.respec("form", "Router");
            await("both forms").until(() -> !PACKETS.found("Logical_Router").isEmpty());
            assertThat(PACKETS.snatsOn()).containsExactly("worker-0");
            lost.forEach(LocalProcess::freeze);
            PACKETS.lab().pullCable(node(0));
            cluster.setReady(node(0), false);
            late.thaw();
            cluster.awaitItems(OBJECT, new Item("worker-1", EGRESS_IP));
            await("one form").until(() -> PACKETS.snatsOn().isEmpty());
            lisa.awaitAnswered(50);
            marge.awaitAnswered(50);
            for (var timeline : List.of(lisa.stop(), marge.stop())) {
                System.out.println("a node is lost in a change of form: " + timeline.summary());
                assertThat(timeline.sources()).containsOnlyKeys(EGRESS_IP);
                assertThat(timeline.longestOutage()).isLessThan(GAP_OF_A_CHANGE);
                assertThat(timeline.runs().getLast())
                        .matches(run -> run.source().equals(EGRESS_IP) && run.requests() >= 25);
            }
        } finally {
            late.thaw();
            lost.forEach(LocalProcess::thaw);
            PACKETS.lab().plugCable(node(0));
            cluster.setReady(node(0), true);
        }
    }

    /** Nobody raises a priority: the node that returns may take the address back, and what leaves is the egress IP. */
    @Test
    @Order(4)
    void cablesAreCutAndSwitchesFreezeThoughControllerAndNorthdAreDead() {
        PACKETS.cluster().label("worker-0", "worker-1");
        PACKETS.applyEgressIp(EGRESS_IP, EGRESS_IP_V6);
        PACKETS.cluster().awaitItems(OBJECT, new Item("worker-0", EGRESS_IP), new Item("worker-0", EGRESS_IP_V6));
        var northd = ((LocalOvnCentral) PACKETS.cluster().central()).northd();
        var vswitchd = PACKETS.lab().vswitchd(node(0));
        try (var lisa = PACKETS.lab().traffic(LISA, Family.V4);
                var v6 = PACKETS.lab().traffic(LISA, Family.V6)) {
            lisa.awaitAnswered(100);
            v6.awaitAnswered(100);
            PACKETS.controller().process().kill();
            northd.freeze();
            without(lisa, v6, "the cable of worker-0", () -> PACKETS.lab().pullCable(node(0)));
            PACKETS.lab().plugCable(node(0));
            mark(lisa, v6, "the cable is back");
            lisa.awaitArrived(200, EGRESS_IP);
            v6.awaitArrived(200, EGRESS_IP_V6);
            without(lisa, v6, "the switch of worker-0", vswitchd::freeze);
            vswitchd.thaw();
            mark(lisa, v6, "the switch is back");
            lisa.awaitArrived(200, EGRESS_IP);
            v6.awaitArrived(200, EGRESS_IP_V6);
            checkEach("after controller and northd", lisa.stop(), EGRESS_IP);
            checkEach("after controller and northd, IPv6", v6.stop(), EGRESS_IP_V6);
        } finally {
            PACKETS.lab().plugCable(node(0));
            vswitchd.thaw();
            northd.thaw();
        }
    }

    private static void mark(Traffic one, Traffic other, String what) {
        one.mark(what);
        other.mark(what);
    }

    private static void checkEach(String when, Timeline timeline, String egressIp) {
        System.out.println(when + ": " + timeline.summary());
        assertThat(timeline.sources()).as(when).containsOnlyKeys(egressIp);
        assertThat(timeline.longestSilence()).as(when).isLessThan(GAP_OF_A_RETURN);
        timeline.byMark().forEach((what, part) -> {
            System.out.println("  " + what + ": " + part.summary());
            if (what.endsWith("fails")) {
                assertThat(INTERVAL.multipliedBy(part.lost())).as(what).isLessThan(GAP);
            }
        });
    }

    /** What arrives a while after the failure, comes by the next node. */
    private static void without(Traffic v4, Traffic v6, String what, Runnable fails) {
        mark(v4, v6, what + " fails");
        fails.run();
        v4.awaitSent(50);
        v6.awaitArrived(150, EGRESS_IP_V6);
        v4.awaitAnswered(150);
    }

    @Test
    @Order(5)
    void theNextNodeTakesItsPlaceThoughControllerAndNorthdAreDead() {
        var cluster = PACKETS.cluster();
        var central = cluster.central();
        cluster.label("worker-0", "worker-1");
        PACKETS.applyEgressIp(EGRESS_IP, EGRESS_IP_V6);
        cluster.awaitItems(OBJECT, new Item("worker-0", EGRESS_IP), new Item("worker-0", EGRESS_IP_V6));
        try (var lisa = PACKETS.lab().traffic(LISA, Family.V4);
                var v6 = PACKETS.lab().traffic(LISA, Family.V6)) {
            lisa.awaitAnswered(100);
            v6.awaitArrived(100, EGRESS_IP_V6);
            PACKETS.controller().process().kill();
            ((LocalOvnCentral) central).northd().freeze();
            lisa.mark(KILLED);
            PACKETS.kill(node(0));
            lisa.awaitSent(50);
            lisa.awaitAnswered(50);
            v6.awaitArrived(50, EGRESS_IP_V6);
            check("the node dies after controller and northd", lisa.stop());
            checkV6("the node dies after controller and northd", v6.stop());
        } finally {
            ((LocalOvnCentral) central).northd().thaw();
        }
        PACKETS.controller().start().awaitReady();
        await("the status says where it is, before Kubernetes knows that the node is dead")
                .until(() -> cluster.items(OBJECT)
                        .equals(List.of(new Item("worker-1", EGRESS_IP), new Item("worker-1", EGRESS_IP_V6))));
        cluster.setReady(node(0), false);
    }
}
