package io.ovnegress.it.lab;

import static io.ovnegress.it.lab.PacketCluster.EGRESS_IP;
import static io.ovnegress.it.lab.PacketCluster.HOMER;
import static io.ovnegress.it.lab.PacketCluster.LISA;
import static io.ovnegress.it.lab.PacketCluster.OBJECT;
import static io.ovnegress.it.lab.PacketCluster.node;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.kube.EgressIps.Item;
import io.ovnegress.it.topology.Family;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the outside sees, request by request, while an egress IP moves and while the controller is away. */
class PacketsDuringChangesTest {
    @RegisterExtension
    static final PacketCluster PACKETS = new PacketCluster();

    @Test
    void aPlannedMoveIsNotSeenOutside() {
        var cluster = PACKETS.cluster();
        cluster.label("worker-0");
        PACKETS.applyEgressIp(EGRESS_IP);
        cluster.label("worker-1");
        try (var traffic = PACKETS.lab().traffic(LISA, Family.V4)) {
            traffic.awaitArrived(50, EGRESS_IP);
            traffic.mark("label removed from worker-0");
            cluster.unlabel(node(0));
            cluster.awaitItems(OBJECT, new Item("worker-1", EGRESS_IP));
            traffic.mark("status says worker-1");
            PACKETS.lab().sync();
            traffic.mark("installed on all nodes");
            traffic.awaitArrived(50, EGRESS_IP);
            var timeline = traffic.stop();
            PACKETS.report("planned-move", "An egress IP moves because its node loses the label", timeline);

            assertThat(timeline.sources().keySet()).containsExactly(EGRESS_IP);
            assertThat(timeline.lost()).isZero();
        }
    }

    @Test
    void aKilledControllerIsNotSeenOutside() {
        PACKETS.cluster().label("worker-0");
        PACKETS.applyEgressIp(EGRESS_IP);
        int transactions = PACKETS.cluster().transactions().size();
        try (var traffic = PACKETS.lab().traffic(LISA, Family.V4)) {
            traffic.awaitArrived(25, EGRESS_IP);
            traffic.mark("controller killed");
            PACKETS.controller().process().kill();
            traffic.awaitSent(50);
            traffic.mark("controller started");
            PACKETS.controller().start().awaitReady();
            traffic.mark("controller ready");
            traffic.awaitSent(25);
            var timeline = traffic.stop();
            PACKETS.report("controller-killed", "The controller is killed and started again", timeline);

            assertThat(timeline.sources().keySet()).containsExactly(EGRESS_IP);
            assertThat(timeline.lost()).isZero();
            assertThat(timeline.unanswered()).isZero();
        }
        assertThat(PACKETS.cluster().transactions().size()).isEqualTo(transactions);
        assertThat(PACKETS.lab().curl(HOMER)).contains(EGRESS_IP);
    }
}
