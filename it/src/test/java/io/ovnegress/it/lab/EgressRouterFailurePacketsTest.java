package io.ovnegress.it.lab;

import static io.ovnegress.it.harness.process.Await.await;
import static io.ovnegress.it.lab.PacketCluster.LISA;
import static io.ovnegress.it.lab.PacketCluster.MARGE;
import static io.ovnegress.it.lab.PacketCluster.node;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressRouters;
import io.ovnegress.it.harness.lab.Timeline;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The node of an egress router dies: the source goes on from another one. In the end the node stays dead. */
@Tag("packets")
@Tag("timing")
class EgressRouterFailurePacketsTest {
    private static final String SOURCE = "192.168.126.150";
    private static final String VIP = "198.18.0.50";

    /** 0.7 s on an idle machine, from the moment on in which Kubernetes says that the node is dead. */
    private static final Duration GAP = Duration.ofSeconds(3);

    @RegisterExtension
    static final PacketCluster PACKETS =
            PacketCluster.withFlags("--enable-egress-router", "--k8s-service-cidrs=172.30.0.0/16");

    @Test
    void theSourceGoesOnFromAnotherNode() {
        var cluster = PACKETS.cluster();
        cluster.label("worker-0");
        cluster.create(EgressRouters.of(
                "simpson",
                "bank",
                Map.of(
                        "addresses",
                        List.of(SOURCE),
                        "virtualIPs",
                        List.of(VIP),
                        "destinationsText",
                        "9000 udp 203.0.113.80\n")));
        awaitServing();
        cluster.label("worker-1");
        PACKETS.lab().sync();
        try (var lisa = PACKETS.lab().trafficTo(LISA, VIP);
                var marge = PACKETS.lab().trafficTo(MARGE, VIP)) {
            lisa.awaitArrived(50, SOURCE);
            marge.awaitArrived(50, SOURCE);
            PACKETS.kill(node(0));
            cluster.setReady(node(0), false);
            lisa.awaitArrived(100, SOURCE);
            marge.awaitArrived(100, SOURCE);
            check("lisa", lisa.stop());
            check("marge, on the node that serves next", marge.stop());
        }
        awaitServing();
        cluster.api()
                .client()
                .genericKubernetesResources(EgressRouters.CONTEXT)
                .inNamespace("simpson")
                .delete();
        await("nothing is left").until(() -> !cluster.central().nbctl("show").contains("egressrouter_"));
    }

    private static void check(String who, Timeline timeline) {
        System.out.println("the node of an egress router dies, " + who + ": " + timeline.summary());
        assertThat(timeline.sources()).as(who).containsOnlyKeys(SOURCE);
        assertThat(timeline.longestOutage()).as(who).isLessThan(GAP);
    }

    private static void awaitServing() {
        await("it serves")
                .untilAsserted(() -> assertThat(EgressIps.conditions(PACKETS.cluster()
                                .api()
                                .client()
                                .genericKubernetesResources(EgressRouters.CONTEXT)
                                .inNamespace("simpson")
                                .withName("bank")
                                .require()))
                        .containsEntry("Ready", "True Serving"));
    }
}
