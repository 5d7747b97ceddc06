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

import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.topology.Family;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the outside sees when the egress node fails. The node stays dead, so this is a class of one test. */
@Tag("packets")
@Tag("timing")
class NodeFailurePacketsTest {
    private static final String KILLED = "worker-0 killed";
    private static final String NOT_READY = "worker-0 NotReady";

    @RegisterExtension
    static final PacketCluster PACKETS = new PacketCluster();

    @Test
    void afterAFailureTheEgressIpIsSeenAgainFromTheNextNode() {
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
            lisa.awaitAnswered(25);
            marge.awaitAnswered(25);
            var onAThirdNode = lisa.stop();
            var onTheNextNode = marge.stop();
            PACKETS.report("node-killed", "The egress node fails, seen by a pod on a third node", onAThirdNode);
            PACKETS.report(
                    "node-killed-next", "The egress node fails, seen by a pod on the next egress node", onTheNextNode);

            var killed = onAThirdNode.at(KILLED);
            var notReady = onAThirdNode.at(NOT_READY);
            System.out.printf(
                    "from NotReady to the first request outside: %d ms%n",
                    onAThirdNode.untilSeen(notReady, EGRESS_IP).toMillis());
            for (var timeline : List.of(onAThirdNode, onTheNextNode)) {
                assertThat(timeline.until(killed).lost())
                        .as("those that were on their way when the node ended")
                        .isLessThanOrEqualTo(2);
                assertThat(timeline.until(notReady).sources().keySet()).isEqualTo(Set.of(EGRESS_IP));
                assertThat(timeline.since(killed).lost()).isPositive();
                assertThat(timeline.sources()).containsOnlyKeys(EGRESS_IP);
                assertThat(timeline.runs().getLast())
                        .as("in the end it works and goes on working")
                        .matches(run -> run.source().equals(EGRESS_IP) && run.requests() >= 25);
            }
        }
        assertThat(PACKETS.lab().curl(SELMA)).contains(nodeAddress(SELMA));
        assertThat(PACKETS.lab().curl(PATTY)).contains(nodeAddress(PATTY));
    }
}
