package io.ovnegress.it.lab;

import static io.ovnegress.it.harness.process.Await.await;
import static io.ovnegress.it.lab.PacketCluster.BOUVIERS;
import static io.ovnegress.it.lab.PacketCluster.EGRESS_IP;
import static io.ovnegress.it.lab.PacketCluster.HOMER;
import static io.ovnegress.it.lab.PacketCluster.LISA;
import static io.ovnegress.it.lab.PacketCluster.MARGE;
import static io.ovnegress.it.lab.PacketCluster.OBJECT;
import static io.ovnegress.it.lab.PacketCluster.PATTY;
import static io.ovnegress.it.lab.PacketCluster.SIMPSONS;
import static io.ovnegress.it.lab.PacketCluster.node;
import static io.ovnegress.it.lab.PacketCluster.nodeAddress;
import static io.ovnegress.it.lab.PacketCluster.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Family;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * {@code --guard}: what comes to a gateway router from pods of other nodes and has no egress IP there is lost, and nothing else is.
 * Changes are not made in steps here, so that there is something to be guarded against.
 */
@Tag("packets")
@Tag("timing")
class GuardPacketsTest {
    private static final String SERVICE = "192.168.126.200";
    private static final int MOVES = 4;

    @RegisterExtension
    static final PacketCluster PACKETS = PacketCluster.withFlags("--guard", "--move-steps=off");

    @BeforeEach
    void guarded() {
        PACKETS.cluster().label("worker-0");
        PACKETS.applyEgressIp(EGRESS_IP);
        await("all gateway routers are guarded")
                .until(() -> PACKETS.cluster().rows().policies().stream()
                                .filter(policy -> policy.match().startsWith("inport == \"rtoj-GR_")
                                        && policy.action().equals("drop"))
                                .count()
                        == 6);
        PACKETS.lab().sync();
    }

    @Test
    void everybodyLeavesAsEver() {
        SIMPSONS.forEach(pod -> assertThat(PACKETS.lab().curl(pod)).contains(EGRESS_IP));
        BOUVIERS.forEach(pod -> assertThat(PACKETS.lab().curl(pod)).contains(nodeAddress(pod)));
    }

    @Test
    void podsReachPodsAndNodes() {
        var patty = PACKETS.lab().listen(PATTY);
        var nodes = Stream.of(0, 1, 2).map(n -> PACKETS.lab().listen(node(n))).toList();
        for (var pod : List.of(HOMER, MARGE, LISA, BOUVIERS.get(0))) {
            assertThat(PACKETS.lab().curl(pod, patty, Family.V4)).contains(pod.ip());
            nodes.forEach(each -> assertThat(PACKETS.lab().curl(pod, each, Family.V4))
                    .as("%s to %s", pod.name(), each.address(Family.V4))
                    .isPresent());
        }
    }

    /** Whose connections come in over a node that has the egress IP, and over one that has none; their pods are on other nodes. */
    @Test
    void answersOfServicesComeBackOverTheNodeThatTookTheConnectionIn() {
        for (var pod : List.of(MARGE, PATTY)) {
            for (int n : List.of(0, pod.equals(MARGE) ? 2 : 1)) {
                answers(pod, n);
            }
        }
    }

    private static void answers(ClusterPod pod, int by) {
        var central = PACKETS.cluster().central();
        try (var listener = PACKETS.lab().listen(pod)) {
            central.nbctl("lb-add", "service", SERVICE + ":80", listener.address(Family.V4) + ":80");
            central.nbctl("lr-lb-add", node(by).gatewayRouter(), "service");
            PACKETS.lab().sync();

            assertThat(PACKETS.lab().curlService(SERVICE, node(by)))
                    .as("%s by %s", pod.name(), node(by).name())
                    .isPresent();
        } finally {
            central.nbctl("lb-del", "service");
        }
    }

    @Test
    void whatComesToAGatewayRouterThatDoesNotServeItIsLost() {
        var central = PACKETS.cluster().central();
        central.nbctl(
                "lr-policy-add",
                "ovn_cluster_router",
                "100",
                "ip4.src == " + PATTY.ip(),
                "reroute",
                node(0).joinAddresses().get(0).replaceAll("/.*", ""));
        try {
            PACKETS.lab().sync();
            assertThat(PACKETS.lab().curl(PATTY)).isEmpty();
        } finally {
            central.nbctl("lr-policy-del", "ovn_cluster_router", "100", "ip4.src == " + PATTY.ip());
        }
    }

    /** Nodes 0 and 1 have the egress IP in turn, and nobody guards a node from its own pods: the pods are on the third. */
    @Test
    void inMovesOfOneTransactionNoRequestOfAPodOfAnotherNodeHasAnotherAddress() {
        var cluster = PACKETS.cluster();
        var maggie = PACKETS.run(pod("simpson", "maggie", 2, 30));
        try (var one = PACKETS.lab().traffic(maggie, Family.V4);
                var other = PACKETS.lab().traffic(LISA, Family.V4)) {
            var all = List.of(one, other);
            all.forEach(traffic -> traffic.awaitArrived(25, EGRESS_IP));
            for (int move = 0; move < MOVES; move++) {
                var from = cluster.items(OBJECT).getFirst().node();
                var to = from.equals("worker-0") ? "worker-1" : "worker-0";
                cluster.label(to);
                cluster.unlabel(cluster.node(from));
                cluster.awaitItems(OBJECT, new Item(to, EGRESS_IP));
                all.forEach(traffic -> traffic.awaitArrived(25, EGRESS_IP));
            }
            for (var traffic : all) {
                var timeline = traffic.stop();
                System.out.println(timeline.summary());
                assertThat(timeline.sources()).containsOnlyKeys(EGRESS_IP);
            }
        } finally {
            PACKETS.remove(maggie);
        }
    }
}
