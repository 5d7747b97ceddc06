package io.ovnegress.it.lab;

import static io.ovnegress.it.harness.process.Await.await;
import static io.ovnegress.it.lab.PacketCluster.EGRESS_IP;
import static io.ovnegress.it.lab.PacketCluster.HOMER;
import static io.ovnegress.it.lab.PacketCluster.LISA;
import static io.ovnegress.it.lab.PacketCluster.MARGE;
import static io.ovnegress.it.lab.PacketCluster.OBJECT;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.lab.Traffic;
import io.ovnegress.it.harness.topology.Family;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the outside sees, request by request, while an egress IP moves and while the controller is away. */
@Tag("packets")
@Tag("timing")
class PacketsDuringChangesTest {
    private static final int MOVES = 6;
    /** A quarter of a second of each move; on an idle machine it is one. */
    private static final int TOLERATED = 12;
    /** Four and a half seconds: by then the node that has got the address does not announce it once more during the move. */
    private static final int REQUESTS_BEFORE = 225;
    /**
     * Two seconds: a node announces an address that it has got after 1, 3 and 7 s, and the third time the answers come to it, whoever
     * else has got the address meanwhile.
     */
    private static final int REQUESTS_BETWEEN = 100;

    @RegisterExtension
    static final PacketCluster PACKETS = new PacketCluster();

    /**
     * The way out on the next node is installed everywhere, and announced, before anybody is sent there; pods on the old, the new
     * and a third node see no more of it than an answer that was on its way.
     */
    @Test
    void inPlannedMovesNoRequestHasAnotherAddress() {
        var cluster = PACKETS.cluster();
        cluster.label("worker-0", "worker-1");
        PACKETS.applyEgressIp(EGRESS_IP);
        try (var homer = PACKETS.lab().traffic(HOMER, Family.V4);
                var marge = PACKETS.lab().traffic(MARGE, Family.V4);
                var lisa = PACKETS.lab().traffic(LISA, Family.V4)) {
            var all = List.of(homer, marge, lisa);
            all.forEach(traffic -> traffic.awaitArrived(25, EGRESS_IP));
            lisa.awaitSent(REQUESTS_BEFORE);
            for (int move = 0; move < MOVES; move++) {
                move(lisa);
                lisa.awaitSent(REQUESTS_BETWEEN);
            }
            all.forEach(traffic -> traffic.awaitAnswered(25));
            var timelines = all.stream().map(Traffic::stop).toList();
            PACKETS.report(
                    "planned-moves",
                    "An egress IP moves %d times because its node is drained".formatted(MOVES),
                    timelines.getLast());

            for (var timeline : timelines) {
                System.out.println(timeline.summary());
                assertThat(timeline.sources()).containsOnlyKeys(EGRESS_IP);
                assertThat(timeline.lost()).isZero();
                assertThat(timeline.unanswered())
                        .as("answers that the next node had before the pod was sent there")
                        .isLessThanOrEqualTo((long) TOLERATED * MOVES);
            }
        }
    }

    /** The node that has the egress IP is drained; returns when no row is left there. */
    private static void move(Traffic witness) {
        var cluster = PACKETS.cluster();
        var from = cluster.items(OBJECT).getFirst().node();
        var to = from.equals("worker-0") ? "worker-1" : "worker-0";
        cluster.label(to);
        witness.mark("label removed from " + from);
        cluster.unlabel(cluster.node(from));
        cluster.awaitItems(OBJECT, new Item(to, EGRESS_IP));
        await("the old SNATs are withdrawn")
                .until(() -> cluster.rows().egressNats().stream()
                        .allMatch(nat -> nat.logicalPort().equals("k8s-" + to)));
        PACKETS.lab().sync();
        witness.mark("moved to " + to);
        cluster.label(from);
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
