package io.ovnegress.it.lab;

import static io.ovnegress.it.lab.PacketCluster.EGRESS_IP;
import static io.ovnegress.it.lab.PacketCluster.HOMER;
import static io.ovnegress.it.lab.PacketCluster.LISA;
import static io.ovnegress.it.lab.PacketCluster.OBJECT;
import static io.ovnegress.it.lab.PacketCluster.node;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.topology.Family;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The next node dies when it has the SNATs and nobody is sent there yet. It stays dead, so this is a class of one test. */
@Tag("packets")
@Tag("timing")
class NodeLostWhenPreparedPacketsTest {
    @RegisterExtension
    static final PacketCluster PACKETS = new PacketCluster();

    @Test
    void theEgressIpGoesToYetAnotherNodeWithoutAWrongPacket() {
        var cluster = PACKETS.cluster();
        cluster.label("worker-0");
        PACKETS.applyEgressIp(EGRESS_IP);
        cluster.label("worker-1");
        try (var homer = PACKETS.lab().traffic(HOMER, Family.V4);
                var lisa = PACKETS.lab().traffic(LISA, Family.V4)) {
            lisa.awaitArrived(25, EGRESS_IP);
            homer.awaitArrived(25, EGRESS_IP);
            cluster.unlabel(node(0));
            PACKETS.awaitSnatsOn("worker-0", "worker-1");
            cluster.label("worker-2");
            lisa.mark("next node killed");
            PACKETS.kill(node(1));
            cluster.setReady(node(1), false);
            cluster.awaitItems(OBJECT, new Item("worker-2", EGRESS_IP));
            PACKETS.awaitSnatsOn("worker-2");
            lisa.mark("moved to worker-2");
            lisa.awaitAnswered(25);
            homer.awaitAnswered(25);
            for (var timeline : List.of(lisa.stop(), homer.stop())) {
                PACKETS.report("node-lost-prepared", "The next node dies in the middle of a move", timeline);
                assertThat(timeline.sources()).containsOnlyKeys(EGRESS_IP);
                assertThat(timeline.runs().getLast().source()).isEqualTo(EGRESS_IP);
            }
        }
    }
}
