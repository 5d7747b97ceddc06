package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.northbound.EgressServices.Service;
import io.ovnegress.it.harness.northbound.NorthboundReader.Nat;
import io.ovnegress.it.harness.oracle.SourceAddress.Verdict;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** With {@code --disable-snat-multiple-gws} a pod's node SNAT gives way on the egress node, and comes back. */
class SnatMultipleGatewaysTest {
    private static final Topology TOPOLOGY =
            Topology.ipv4(51, "worker-0", "worker-1").withDisableSnatMultipleGateways();
    private static final String IP = "192.168.126.100";
    private static final String OUTSIDE = "8.8.8.8";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final ClusterPod HOMER = Topology.pod("simpson", "homer", Map.of(), TOPOLOGY.node("worker-0"), 0);
    private static final ClusterPod MARGE = Topology.pod("simpson", "marge", Map.of(), TOPOLOGY.node("worker-1"), 0);

    @RegisterExtension
    static final ClusterExtension CONTROLLER = ClusterExtension.of(TOPOLOGY);

    @BeforeEach
    void serveFromHomersNode(LiveCluster cluster) {
        cluster.label("worker-0");
        cluster.namespace("simpson", SIMPSON);
        cluster.run(HOMER);
        cluster.run(MARGE);
        assertThat(nodeSnats(cluster, HOMER)).hasSize(1);
        cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
        cluster.awaitServices(
                Service.of(HOMER, IP, TOPOLOGY.node("worker-0")), Service.of(MARGE, IP, TOPOLOGY.node("worker-0")));
    }

    @Test
    void thePodOnTheEgressNodeLosesItsNodeSnatAndTheOtherKeepsIt(LiveCluster cluster) {
        assertThat(nodeSnats(cluster, HOMER)).isEmpty();
        assertThat(nodeSnats(cluster, MARGE)).hasSize(1);
        assertThat(cluster.sourceAddress().of(HOMER, OUTSIDE))
                .isEqualTo(new Verdict.Left(IP, "GR_worker-0", "br-ex_worker-0"));
        assertThat(cluster.sourceAddress().of(MARGE, OUTSIDE))
                .isEqualTo(new Verdict.Left(IP, "GR_worker-0", "br-ex_worker-0"));
    }

    @Test
    void theNodeSnatFollowsAMoveOfTheEgressIp(LiveCluster cluster) {
        cluster.label("worker-1");
        cluster.setReady(cluster.node("worker-0"), false);
        cluster.awaitServices(
                Service.of(HOMER, IP, TOPOLOGY.node("worker-1")), Service.of(MARGE, IP, TOPOLOGY.node("worker-1")));

        assertNodeSnat(cluster, HOMER, "192.168.126.51");
        assertThat(nodeSnats(cluster, MARGE)).isEmpty();
    }

    @Test
    void theNodeSnatComesBackWhenTheObjectIsDeleted(LiveCluster cluster) {
        cluster.deleteEgressIp("egressip-demo");
        cluster.awaitServices();

        assertNodeSnat(cluster, HOMER, "192.168.126.51");
        assertThat(cluster.sourceAddress().of(HOMER, OUTSIDE))
                .isEqualTo(new Verdict.Left("192.168.126.51", "GR_worker-0", "br-ex_worker-0"));
    }

    @Test
    void theNodeSnatOfAPodThatIsGoneDoesNotComeBack(LiveCluster cluster) {
        // ovnkube-master deletes every SNAT of the pod on its router, ours too: if it is quicker, the policy is alone
        // for a moment.
        CONTROLLER.doNotJudgeTransactions();

        cluster.delete(HOMER);

        cluster.awaitServices(Service.of(MARGE, IP, TOPOLOGY.node("worker-0")));
        assertThat(nodeSnats(cluster, HOMER)).isEmpty();
    }

    @Test
    void aNodeSnatThatOvnkubeMasterWritesAgainIsTakenAwayAgain(LiveCluster cluster) {
        CONTROLLER.doNotJudgeTransactions();
        cluster.northbound().addPodSnat(HOMER);

        await("taken away")
                .untilAsserted(() -> assertThat(nodeSnats(cluster, HOMER)).isEmpty());
        cluster.awaitServices(
                Service.of(HOMER, IP, TOPOLOGY.node("worker-0")), Service.of(MARGE, IP, TOPOLOGY.node("worker-0")));
    }

    private static void assertNodeSnat(LiveCluster cluster, ClusterPod pod, String address) {
        assertThat(nodeSnats(cluster, pod)).singleElement().satisfies(nat -> {
            assertThat(nat.router()).isEqualTo(pod.node().gatewayRouter());
            assertThat(nat.externalIp()).isEqualTo(address);
            assertThat(nat.options()).containsEntry("stateless", "false");
        });
    }

    private static List<Nat> nodeSnats(LiveCluster cluster, ClusterPod pod) {
        return cluster.rows().nats().stream()
                .filter(nat -> nat.logicalPort().isEmpty() && nat.logicalIp().equals(pod.ip()))
                .toList();
    }
}
