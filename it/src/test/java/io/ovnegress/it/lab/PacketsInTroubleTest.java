package io.ovnegress.it.lab;

import static io.ovnegress.it.harness.process.Await.await;
import static io.ovnegress.it.lab.PacketCluster.EGRESS_IP;
import static io.ovnegress.it.lab.PacketCluster.HOMER;
import static io.ovnegress.it.lab.PacketCluster.MARGE;
import static io.ovnegress.it.lab.PacketCluster.OBJECT;
import static io.ovnegress.it.lab.PacketCluster.node;
import static io.ovnegress.it.lab.PacketCluster.nodeAddress;
import static io.ovnegress.it.lab.PacketCluster.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.kube.KubernetesObjects;
import io.ovnegress.it.harness.topology.Family;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the outside sees when somebody is too quick, or does not answer at all. */
@Tag("packets")
@Tag("timing")
class PacketsInTroubleTest {
    @RegisterExtension
    static final PacketCluster PACKETS = new PacketCluster();

    /**
     * On the egress node, where a SNAT acts without any policy. The sender goes on without a pause in the next pod's name, from other
     * local ports: a connection that is known keeps its address.
     */
    @Test
    void anAddressThatIsUsedAgainAtOnceLeavesAsItsNode() {
        var cluster = PACKETS.cluster();
        cluster.label("worker-0");
        PACKETS.applyEgressIp(EGRESS_IP);
        var bart = PACKETS.run(pod("simpson", "bart", 0, 2));
        var otto = pod("bouvier", "otto", 0, 2);
        try (var traffic = PACKETS.lab().traffic(bart, Family.V4, Duration.ofMillis(5))) {
            traffic.awaitArrived(25, EGRESS_IP);
            cluster.northbound().removePods(List.of(bart));
            cluster.northbound().addPods(List.of(otto));
            PACKETS.lab().sync(); // a pod begins when its port is installed
            PACKETS.lab().handOver(bart, otto);
            traffic.mark("otto has the address of bart");
            traffic.awaitArrived(200, nodeAddress(otto));
            var timeline = traffic.stop();
            PACKETS.report("address-used-again", "A pod gets the address of one that has just gone", timeline);

            assertThat(timeline.since(timeline.at("otto has the address of bart"))
                            .sources())
                    .containsOnlyKeys(nodeAddress(otto));
        }
        cluster.create(KubernetesObjects.pod(otto));
        cluster.delete(bart);
        PACKETS.remove(otto);
    }

    /** Pods of the node that does not answer keep what they have, and are not looked at here. */
    @Test
    void aNodeThatDoesNotAnswerHoldsUpNobodyElseForLong() {
        var cluster = PACKETS.cluster();
        cluster.label("worker-0");
        PACKETS.applyEgressIp(EGRESS_IP);
        var bart = pod("simpson", "bart", 1, 2);
        cluster.northbound().addPods(List.of(bart));
        PACKETS.lab().attach(bart);
        var hanging = PACKETS.lab().ovnController(node(2));
        try (var homer = PACKETS.lab().traffic(HOMER, Family.V4);
                var marge = PACKETS.lab().traffic(MARGE, Family.V4)) {
            homer.awaitArrived(25, EGRESS_IP);
            marge.awaitArrived(25, EGRESS_IP);
            hanging.freeze();
            moveTo("worker-1");
            cluster.create(KubernetesObjects.pod(bart));
            try (var newcomer = PACKETS.lab().traffic(bart, Family.V4)) {
                newcomer.awaitArrived(25, EGRESS_IP);
                moveTo("worker-0");
                newcomer.awaitAnswered(25);
                assertThat(newcomer.stop().sources()).doesNotContainKey(node(0).address(Family.V4));
            }
            for (var traffic : List.of(homer, marge)) {
                traffic.awaitAnswered(25);
                assertThat(traffic.stop().sources()).containsOnlyKeys(EGRESS_IP);
            }
            assertThat(PACKETS.controller().get("/metrics").orElseThrow().body())
                    .contains("ovn_egress_steps_silent{who=\"chassis\"} 1.0");
        } finally {
            hanging.thaw();
        }
        PACKETS.remove(bart);
    }

    private static void moveTo(String to) {
        var cluster = PACKETS.cluster();
        var from = cluster.items(OBJECT).getFirst().node();
        cluster.label(to);
        cluster.unlabel(cluster.node(from));
        cluster.awaitItems(OBJECT, new Item(to, EGRESS_IP));
        await("the old SNATs are withdrawn")
                .until(() -> cluster.rows().egressNats().stream()
                        .allMatch(nat -> nat.logicalPort().equals("k8s-" + to)));
    }
}
