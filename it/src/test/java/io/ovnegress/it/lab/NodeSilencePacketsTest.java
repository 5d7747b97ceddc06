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
import io.ovnegress.it.harness.oracle.Violation;
import io.ovnegress.it.harness.topology.Family;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What the outside sees when the egress node falls silent and only the controller's own probing can tell: Kubernetes goes on
 * saying that the node is Ready. The controller is on the third node, in the host network, and dials the management ports of
 * the others through the overlay. The node stays dead, so this is a class of one test.
 */
@Tag("packets")
@Tag("timing")
class NodeSilencePacketsTest {
    private static final String KILLED = "worker-0 killed";
    private static final String DEAD = "worker-0 dead";

    @RegisterExtension
    static final PacketCluster PACKETS = PacketCluster.withControllerOn(node(2));

    @Test
    void aSilentNodesEgressIpIsSeenAgainFromTheNextNode() {
        var cluster = PACKETS.cluster();
        cluster.label("worker-0");
        PACKETS.applyEgressIp(EGRESS_IP);
        try (var lisa = PACKETS.lab().traffic(LISA, Family.V4);
                var marge = PACKETS.lab().traffic(MARGE, Family.V4)) {
            lisa.awaitArrived(50, EGRESS_IP);
            marge.awaitArrived(1, EGRESS_IP);
            cluster.label("worker-1");
            lisa.awaitArrived(25, EGRESS_IP); // the controller has probed worker-1 meanwhile
            int transactions = cluster.transactions().size();
            lisa.mark(KILLED);
            PACKETS.kill(node(0));
            lisa.mark(DEAD);
            cluster.awaitItems(OBJECT, new Item("worker-1", EGRESS_IP));
            lisa.mark("status says worker-1");
            lisa.awaitAnswered(25);
            marge.awaitAnswered(25);
            var onAThirdNode = lisa.stop();
            var onTheNextNode = marge.stop();
            PACKETS.report("node-silent", "The egress node falls silent, seen by a pod on a third node", onAThirdNode);
            PACKETS.report(
                    "node-silent-next",
                    "The egress node falls silent, seen by a pod on the next egress node",
                    onTheNextNode);

            var killed = onAThirdNode.at(KILLED);
            var dead = onAThirdNode.at(DEAD);
            print("detected", killed, detected(killed));
            print("committed", killed, committed(transactions));
            for (var timeline : List.of(onAThirdNode, onTheNextNode)) {
                print("first request outside", killed, dead.plus(timeline.untilSeen(dead, EGRESS_IP)));
                System.out.printf(
                        "  requests lost: %d%n", timeline.since(killed).lost());
                assertThat(timeline.until(killed).lost())
                        .as("those that were on their way when the node ended")
                        .isLessThanOrEqualTo(2);
                assertThat(timeline.until(killed).sources().keySet()).isEqualTo(Set.of(EGRESS_IP));
                assertThat(timeline.since(dead).lost()).isPositive();
                assertThat(timeline.sources()).containsOnlyKeys(EGRESS_IP);
                assertThat(timeline.runs().getLast())
                        .as("in the end it works and goes on working")
                        .matches(run -> run.source().equals(EGRESS_IP) && run.requests() >= 25);
            }
        }
        assertThat(Violation.in(cluster.transactions(), 0)).isEmpty();
        assertThat(PACKETS.lab().curl(SELMA)).contains(nodeAddress(SELMA));
        assertThat(PACKETS.lab().curl(PATTY)).contains(nodeAddress(PATTY));
    }

    private static void print(String what, Instant killed, Instant then) {
        System.out.printf(
                "  from the kill until %s: %d ms%n",
                what, Duration.between(killed, then).toMillis());
    }

    /** When the controller said that the node which ended then is unreachable. */
    private static Instant detected(Instant killed) {
        return PACKETS.controller()
                .log()
                .lines()
                .filter(line -> line.contains("node is unreachable") && line.contains("node=\"worker-0\""))
                .map(line -> Instant.parse(line.split(" ", 2)[0]))
                .filter(killed::isBefore)
                .findFirst()
                .orElseThrow();
    }

    /** When the database wrote the first transaction after these that changes NAT rows. */
    private static Instant committed(int transactions) {
        var log = PACKETS.cluster().transactions().transactions();
        return log.subList(transactions, log.size()).stream()
                .filter(transaction -> transaction.has("NAT"))
                .map(transaction ->
                        Instant.ofEpochMilli(transaction.path("_date").asLong()))
                .findFirst()
                .orElseThrow();
    }
}
