package io.ovnegress.it.lab;

import static io.ovnegress.it.harness.process.Await.await;
import static io.ovnegress.it.lab.PacketCluster.EGRESS_IP;
import static io.ovnegress.it.lab.PacketCluster.LISA;
import static io.ovnegress.it.lab.PacketCluster.MARGE;
import static io.ovnegress.it.lab.PacketCluster.OBJECT;
import static io.ovnegress.it.lab.PacketCluster.node;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.lab.Timeline;
import io.ovnegress.it.harness.lab.Traffic;
import io.ovnegress.it.harness.process.LocalOvnCentral;
import io.ovnegress.it.harness.topology.Family;
import java.time.Duration;
import java.util.List;
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

    /** Requests of six seconds: by then a router is followed at once. */
    private static final int CALM_FOR = 300;

    @RegisterExtension
    static final PacketCluster PACKETS = PacketCluster.withFlags(
            "--egressip-form=Router", "--bfd-interval=200", "--sb-address=" + ClusterExtension.SOUTHBOUND);

    private static void check(String what, Timeline timeline) {
        System.out.println(what + ": " + timeline.summary());
        assertThat(timeline.sources()).as(what).containsOnlyKeys(EGRESS_IP);
        assertThat(timeline.longestOutage()).as(what).isLessThan(GAP);
    }

    /** A node that is cut off still talks to the databases, and takes the router for its own. */
    @Test
    @Order(1)
    void aNodeThatReturnsDoesNotTakeTheAddressBack() {
        PACKETS.cluster().label("worker-0", "worker-1");
        PACKETS.applyEgressIp(EGRESS_IP);
        try (var lisa = PACKETS.lab().traffic(LISA, Family.V4)) {
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
        } finally {
            PACKETS.lab().plugCable(node(0));
            PACKETS.lab().vswitchd(node(1)).thaw();
        }
    }

    private static void loses(Traffic traffic, String what, String next, Runnable fails, Runnable returns) {
        var there = List.of(new Item(next, EGRESS_IP));
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
    void theNextNodeTakesItsPlaceThoughControllerAndNorthdAreDead() {
        var cluster = PACKETS.cluster();
        var central = cluster.central();
        cluster.label("worker-0", "worker-1");
        PACKETS.applyEgressIp(EGRESS_IP);
        cluster.awaitItems(OBJECT, new Item("worker-0", EGRESS_IP));
        try (var lisa = PACKETS.lab().traffic(LISA, Family.V4);
                var marge = PACKETS.lab().traffic(MARGE, Family.V4)) {
            lisa.awaitAnswered(100);
            marge.awaitAnswered(100);
            PACKETS.controller().process().kill();
            ((LocalOvnCentral) central).northd().freeze();
            lisa.mark(KILLED);
            PACKETS.kill(node(0));
            lisa.awaitSent(50);
            lisa.awaitAnswered(50);
            marge.awaitAnswered(50);
            for (var timeline : List.of(lisa.stop(), marge.stop())) {
                check("the node dies after controller and northd", timeline);
                assertThat(timeline.runs().getLast())
                        .matches(run -> run.source().equals(EGRESS_IP) && run.requests() >= 25);
            }
        } finally {
            ((LocalOvnCentral) central).northd().thaw();
        }
        PACKETS.controller().start().awaitReady();
        await("the status says where it is, before Kubernetes knows that the node is dead")
                .until(() -> cluster.items(OBJECT).equals(List.of(new Item("worker-1", EGRESS_IP))));
        cluster.setReady(node(0), false);
    }
}
