package io.ovnegress.it.lab;

import static io.ovnegress.it.lab.PacketCluster.EGRESS_IP;
import static io.ovnegress.it.lab.PacketCluster.LISA;
import static io.ovnegress.it.lab.PacketCluster.MARGE;
import static io.ovnegress.it.lab.PacketCluster.OBJECT;
import static io.ovnegress.it.lab.PacketCluster.PATTY;
import static io.ovnegress.it.lab.PacketCluster.SELMA;
import static io.ovnegress.it.lab.PacketCluster.node;
import static io.ovnegress.it.lab.PacketCluster.nodeAddress;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.kube.EgressIps.Item;
import io.ovnegress.it.process.Await;
import io.ovnegress.it.topology.Family;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the outside sees when the egress node fails. The node stays dead, so this is a class of one test. */
class NodeFailurePacketsTest {
    private static final String KILLED = "worker-0 killed";
    private static final String NOT_READY = "worker-0 NotReady";

    @RegisterExtension
    static final PacketCluster PACKETS = new PacketCluster();

    @Test
    void afterAFailureTheEgressIpIsSeenFromTheNextNodeAndNoOtherAddressEver() {
        var cluster = PACKETS.cluster();
        cluster.label("worker-0");
        PACKETS.applyEgressIp(EGRESS_IP);
        cluster.label("worker-1");
        try (var lisa = PACKETS.lab().traffic(LISA, Family.V4);
                var marge = PACKETS.lab().traffic(MARGE, Family.V4)) {
            lisa.awaitArrived(50, EGRESS_IP);
            marge.awaitArrived(1, EGRESS_IP);
            lisa.mark(KILLED);
            PACKETS.kill(node(0));
            lisa.awaitSent(50);
            lisa.mark(NOT_READY);
            cluster.setReady(node(0), false);
            cluster.awaitItems(OBJECT, new Item("worker-1", EGRESS_IP));
            lisa.mark("status says worker-1");
            lisa.awaitArrived(50, EGRESS_IP);
            marge.awaitArrived(50, EGRESS_IP);
            var timeline = lisa.stop();
            PACKETS.report("node-killed", "The egress node fails (a pod on a third node)", timeline);
            var onTheNextNode = marge.stop();
            PACKETS.report("node-killed-local", "The egress node fails (a pod on the next egress node)", onTheNextNode);

            assertThat(timeline.sources().keySet()).containsExactly(EGRESS_IP);
            assertThat(onTheNextNode.sources().keySet()).containsExactly(EGRESS_IP);
            assertThat(timeline.since(timeline.at(KILLED)).lost())
                    .as("the node was the egress node")
                    .isPositive();
            assertThat(timeline.since(timeline.at(NOT_READY)).runs())
                    .as("once it works again it works")
                    .hasSizeLessThanOrEqualTo(2);
            assertThat(timeline.longestSilence()).isLessThan(Await.LIMIT);
        }
        assertThat(PACKETS.lab().curl(SELMA)).contains(nodeAddress(SELMA));
        assertThat(PACKETS.lab().curl(PATTY)).contains(nodeAddress(PATTY));
    }
}
