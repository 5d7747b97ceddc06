package io.ovnegress.it.lab;

import static io.ovnegress.it.harness.process.Await.await;
import static io.ovnegress.it.lab.PacketCluster.EGRESS_IP;
import static io.ovnegress.it.lab.PacketCluster.LISA;
import static io.ovnegress.it.lab.PacketCluster.MARGE;
import static io.ovnegress.it.lab.PacketCluster.OBJECT;
import static io.ovnegress.it.lab.PacketCluster.node;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.topology.Family;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The old node dies when pods are sent to the next one and its SNATs are still there. It stays dead, so this is a class of one test. */
@Tag("packets")
@Tag("timing")
class NodeLostWhenSwitchedPacketsTest {
    @RegisterExtension
    static final PacketCluster PACKETS = new PacketCluster();

    /** The third node answers late, or the old SNATs would be gone before anybody could kill their node. */
    @Test
    void theMoveIsFinishedWithoutAWrongPacket() {
        var cluster = PACKETS.cluster();
        cluster.label("worker-0");
        PACKETS.applyEgressIp(EGRESS_IP);
        cluster.label("worker-1");
        var late = PACKETS.lab().ovnController(node(2));
        try (var marge = PACKETS.lab().traffic(MARGE, Family.V4);
                var lisa = PACKETS.lab().traffic(LISA, Family.V4)) {
            lisa.awaitArrived(25, EGRESS_IP);
            marge.awaitArrived(25, EGRESS_IP);
            cluster.unlabel(node(0));
            PACKETS.awaitSnatsOn("worker-0", "worker-1");
            PACKETS.lab().sync();
            late.freeze();
            await("pods are sent to worker-1")
                    .until(() -> cluster.rows().reroutes().stream()
                            .allMatch(policy -> policy.nexthops().equals(Set.of(node(1).joinAddress(Family.V4)))));
            assertThat(PACKETS.snatsOn()).containsExactly("worker-0", "worker-1");
            marge.mark("old node killed");
            PACKETS.kill(node(0));
            late.thaw();
            cluster.setReady(node(0), false);
            cluster.awaitItems(OBJECT, new Item("worker-1", EGRESS_IP));
            PACKETS.awaitSnatsOn("worker-1");
            marge.mark("withdrawn from worker-0");
            lisa.awaitAnswered(25);
            marge.awaitAnswered(25);
            for (var timeline : List.of(marge.stop(), lisa.stop())) {
                PACKETS.report("node-lost-switched", "The old node dies in the middle of a move", timeline);
                assertThat(timeline.sources()).containsOnlyKeys(EGRESS_IP);
                assertThat(timeline.runs().getLast().source()).isEqualTo(EGRESS_IP);
            }
        } finally {
            late.thaw();
        }
    }
}
