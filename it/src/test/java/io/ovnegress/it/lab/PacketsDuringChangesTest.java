package io.ovnegress.it.lab;

import static io.ovnegress.it.lab.PacketCluster.EGRESS_IP;
import static io.ovnegress.it.lab.PacketCluster.LISA;
import static io.ovnegress.it.lab.PacketCluster.OBJECT;
import static io.ovnegress.it.lab.PacketCluster.node;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.topology.Family;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the outside sees, request by request, while an egress IP moves and while the controller is away. */
@Tag("packets")
@Tag("timing")
class PacketsDuringChangesTest {
    private static final String UNLABELLED = "label removed from worker-0";
    private static final String INSTALLED = "installed on all nodes";
    /** Half a second of requests; measured are 0 or 1, for a window of some 3 ms. */
    private static final long TOLERATED = 25;

    @RegisterExtension
    static final PacketCluster PACKETS = new PacketCluster();

    /**
     * The move is one transaction, but every node installs it when its {@code ovn-controller} gets to it: a request that a
     * node already sends to the new egress node, which has not got the SNAT yet, leaves with that node's address. A pod never
     * leaves by its own node meanwhile, and no request is lost; the answers are, until OVN announces the address (1 s in 23.03).
     */
    @Test
    void inAPlannedMoveNothingIsLostAndNoPodFallsBackToItsOwnNode() {
        var cluster = PACKETS.cluster();
        cluster.label("worker-0");
        PACKETS.applyEgressIp(EGRESS_IP);
        cluster.label("worker-1");
        try (var traffic = PACKETS.lab().traffic(LISA, Family.V4)) {
            traffic.awaitArrived(50, EGRESS_IP);
            traffic.mark(UNLABELLED);
            cluster.unlabel(node(0));
            cluster.awaitItems(OBJECT, new Item("worker-1", EGRESS_IP));
            traffic.mark("status says worker-1");
            PACKETS.lab().sync();
            traffic.mark(INSTALLED);
            traffic.awaitAnswered(25);
            var timeline = traffic.stop();
            PACKETS.report("planned-move", "An egress IP moves because its node loses the label", timeline);

            assertThat(timeline.lost()).isZero();
            assertThat(timeline.until(timeline.at(UNLABELLED)).sources()).containsOnlyKeys(EGRESS_IP);
            assertThat(timeline.since(timeline.at(INSTALLED)).sources()).containsOnlyKeys(EGRESS_IP);
            assertThat(timeline.sources().keySet())
                    .isSubsetOf(EGRESS_IP, node(0).address(Family.V4), node(1).address(Family.V4));
            assertThat(timeline.requests().size() - timeline.sources().get(EGRESS_IP))
                    .isLessThanOrEqualTo(TOLERATED);
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

            assertThat(timeline.sources().keySet()).isEqualTo(Set.of(EGRESS_IP));
            assertThat(timeline.lost()).isZero();
            assertThat(timeline.unanswered()).isZero();
        }
        assertThat(PACKETS.cluster().transactions().size())
                .as("a restart writes nothing")
                .isEqualTo(transactions);
    }
}
