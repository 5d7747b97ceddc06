package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.container.OvnProvider;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.northbound.EgressServices.Service;
import io.ovnegress.it.harness.oracle.SourceAddress.Verdict;
import io.ovnegress.it.harness.topology.ClusterNode;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Family;
import io.ovnegress.it.harness.topology.Topology;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** OVN's own word on the source address of packets, under the rows that the controller wrote. */
@Tag(OvnProvider.TAG)
class TraceOracleTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1", "worker-2");
    private static final String IP = "192.168.126.100";
    private static final String OUTSIDE = "8.8.8.8";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final ClusterNode WORKER_0 = TOPOLOGY.node("worker-0");
    private static final ClusterNode WORKER_1 = TOPOLOGY.node("worker-1");
    private static final ClusterNode WORKER_2 = TOPOLOGY.node("worker-2");
    private static final ClusterPod HOMER = Topology.pod("simpson", "homer", Map.of(), WORKER_0, 0);
    private static final ClusterPod MARGE = Topology.pod("simpson", "marge", Map.of(), WORKER_1, 0);
    private static final ClusterPod PATTY = Topology.pod("bouvier", "patty", Map.of(), WORKER_2, 0);

    @RegisterExtension
    static final ClusterExtension CONTROLLER = ClusterExtension.of(TOPOLOGY);

    @BeforeEach
    void serveTheSimpsonsFromWorker0(LiveCluster cluster) {
        cluster.label(WORKER_0);
        cluster.namespace("simpson", SIMPSON);
        cluster.namespace("bouvier", Map.of("house", "bouvier"));
        List.of(HOMER, MARGE, PATTY).forEach(cluster::run);
        cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
        cluster.awaitServices(Service.of(HOMER, IP, WORKER_0), Service.of(MARGE, IP, WORKER_0));
    }

    private static Verdict leaves(String source, ClusterNode node) {
        return new Verdict.Left(source, node.gatewayRouter(), "br-ex_" + node.name());
    }

    @Test
    void selectedPodsLeaveAsTheEgressIpWhereverTheyRun(LiveCluster cluster) {
        assertThat(cluster.sourceAddress().of(HOMER, OUTSIDE)).isEqualTo(leaves(IP, WORKER_0));
        assertThat(cluster.sourceAddress().of(MARGE, OUTSIDE)).isEqualTo(leaves(IP, WORKER_0));
    }

    @Test
    void otherPodsLeaveAsTheirNode(LiveCluster cluster) {
        assertThat(cluster.sourceAddress().of(PATTY, OUTSIDE)).isEqualTo(leaves("192.168.126.53", WORKER_2));
    }

    @Test
    void podToPodTrafficKeepsThePodsAddress(LiveCluster cluster) {
        assertThat(cluster.sourceAddress().of(HOMER, PATTY, Family.V4))
                .isEqualTo(new Verdict.Delivered(HOMER.ip(), PATTY.port()));
        assertThat(cluster.sourceAddress().of(MARGE, HOMER, Family.V4))
                .isEqualTo(new Verdict.Delivered(MARGE.ip(), HOMER.port()));
        assertThat(cluster.sourceAddress().of(PATTY, HOMER, Family.V4))
                .isEqualTo(new Verdict.Delivered(PATTY.ip(), HOMER.port()));
    }

    @Test
    void podToNodeTrafficDoesNotUseTheEgressIp(LiveCluster cluster) {
        assertThat(cluster.sourceAddress().of(MARGE, WORKER_1.address(Family.V4)))
                .isEqualTo(new Verdict.Delivered(MARGE.ip(), "k8s-worker-1"));
        await("address sets")
                .untilAsserted(() -> assertThat(cluster.sourceAddress().of(MARGE, WORKER_2.address(Family.V4)))
                        .isEqualTo(leaves("192.168.126.52", WORKER_1)));
    }

    @Test
    void aMoveTakesThePodsAlong(LiveCluster cluster) {
        cluster.label(WORKER_2);
        cluster.setReady(WORKER_0, false);
        cluster.awaitServices(Service.of(HOMER, IP, WORKER_2), Service.of(MARGE, IP, WORKER_2));

        assertThat(cluster.sourceAddress().of(HOMER, OUTSIDE)).isEqualTo(leaves(IP, WORKER_2));
        assertThat(cluster.sourceAddress().of(MARGE, OUTSIDE)).isEqualTo(leaves(IP, WORKER_2));
        assertThat(cluster.sourceAddress().of(PATTY, OUTSIDE)).isEqualTo(leaves("192.168.126.53", WORKER_2));
    }

    @Test
    void aPodThatMovedToAnotherNodeKeepsItsEgressIp(LiveCluster cluster) {
        cluster.delete(HOMER);
        var moved = cluster.run(Topology.pod("simpson", "homer", Map.of(), WORKER_2, 1));
        cluster.awaitServices(Service.of(moved, IP, WORKER_0), Service.of(MARGE, IP, WORKER_0));

        assertThat(cluster.sourceAddress().of(moved, OUTSIDE)).isEqualTo(leaves(IP, WORKER_0));
    }

    @Test
    void twoEgressIpsAreUsedEachFromItsNode(LiveCluster cluster) {
        cluster.label(WORKER_1);
        cluster.replaceSpec(EgressIps.of("egressip-demo", SIMPSON, IP, "192.168.126.101"));
        cluster.awaitServices(
                Service.of(HOMER, IP, WORKER_0),
                Service.of(HOMER, "192.168.126.101", WORKER_1),
                Service.of(MARGE, IP, WORKER_0),
                Service.of(MARGE, "192.168.126.101", WORKER_1));

        assertThat(List.of(
                        cluster.sourceAddress().of(HOMER, OUTSIDE, 1),
                        cluster.sourceAddress().of(HOMER, OUTSIDE, 2)))
                .containsExactlyInAnyOrder(leaves(IP, WORKER_0), leaves("192.168.126.101", WORKER_1));
    }

    @Test
    void afterTheObjectIsDeletedPodsLeaveAsTheirNodes(LiveCluster cluster) {
        cluster.deleteEgressIp("egressip-demo");
        cluster.awaitServices();

        assertThat(cluster.sourceAddress().of(HOMER, OUTSIDE)).isEqualTo(leaves("192.168.126.51", WORKER_0));
        assertThat(cluster.sourceAddress().of(MARGE, OUTSIDE)).isEqualTo(leaves("192.168.126.52", WORKER_1));
    }

    @Test
    void theControllerSaysTheSameAndShowsTheRows(LiveCluster cluster) throws IOException {
        CONTROLLER.controller().awaitIdle();
        var table = CONTROLLER.controller().explain("pod", "simpson/marge");
        var patty = CONTROLLER.controller().explain("pod", "bouvier/patty");

        assertThat(table.standardError()).isEmpty();
        assertThat(table.standardOutput())
                .startsWith("pod simpson/marge leaves as " + IP + " from worker-0 (EgressIP egressip-demo)")
                .contains("Selected  EgressIP egressip-demo selects it: namespace house=simpson, pod everything")
                .contains("Placed      egress IP " + IP + " is on node worker-0");
        assertThat(patty.standardOutput())
                .startsWith("pod bouvier/patty leaves with the node's address, as 192.168.126.53 from worker-2")
                .contains("nearest is egressip-demo, which asks for namespace label house=simpson (it is bouvier)");

        var answer = new ObjectMapper()
                .readTree(CONTROLLER
                        .controller()
                        .explain("pod", "simpson/marge", "-o", "json")
                        .standardOutput());
        var rows = answer.at("/parts/0/rows");
        assertThat(rows.findValuesAsText("table"))
                .containsExactlyInAnyOrder("Logical_Router_Policy", "NAT", "Address_Set");
        rows.forEach(row -> {
            assertThat(row.path("state").asText()).isEqualTo("Present");
            var words = row.path("command").asText().split(" ");
            assertThat(words[0]).isEqualTo("ovn-nbctl");
            assertThat(cluster.central().nbctl(List.of(words).subList(1, words.length)))
                    .contains(row.path("uuid").asText())
                    .contains(MARGE.ip());
        });
    }

    @Test
    void theControllerSaysWhoIsOnWhichNodeAndWhoLeavesAsWhat() {
        var controller = CONTROLLER.controller();
        controller.awaitIdle();

        assertThat(controller.explain("egressip", "egressip-demo").standardOutput())
                .startsWith("egressip egressip-demo has 1 of 1 egress IPs on a node, and selects 2 pods")
                .contains("NotLabelled  worker-1,worker-2: not labelled");
        assertThat(controller.explain("node", "worker-0").standardOutput())
                .startsWith("node worker-0 can have egress IPs, and has 1");
        assertThat(controller.explain("ip", IP).standardOutput())
                .startsWith(
                        "ip " + IP + " is an egress IP of egressip-demo on node worker-0; 2 pod addresses leave as it"
                                + " (simpson/homer, simpson/marge)");
        var unknown = controller.explain("pod", "simpson/homre");
        assertThat(unknown.exitCode()).isEqualTo(1);
        assertThat(unknown.standardError())
                .startsWith("ovn-egress: there is no pod simpson/homre: did you mean simpson/homer");
    }
}
