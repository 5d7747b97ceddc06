package io.ovnegress.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.northbound.EgressServices.Service;
import io.ovnegress.it.harness.oracle.SourceAddress.Verdict;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The database and the Node objects of a real ovnkube-master with ten nodes, as they are. */
class TenNodeFixtureTest {
    private static final String IP = "192.168.126.100";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");

    @RegisterExtension
    static final ClusterExtension CONTROLLER = ClusterExtension.on(() -> TenNodes.start("northbound.db"));

    @Test
    void podsOnAllTenNodesLeaveThroughOneNodeAndFollowItsLoss(LiveCluster cluster) {
        cluster.label("node3");
        cluster.namespace("simpson", SIMPSON);
        var pods = TenNodes.TOPOLOGY.nodes().stream()
                .map(node -> cluster.run(Topology.pod("simpson", "pod-" + node.name(), Map.of(), node, 0)))
                .toList();
        cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
        cluster.awaitServices(servicesFrom("node3", pods));
        assertThat(cluster.sourceAddress().of(pods.get(9), "8.8.8.8"))
                .isEqualTo(new Verdict.Left(IP, "GR_node3", "br-ex_node3"));

        assertThat(cluster.rows().qos()).as("OVN 23.03 refuses QoS action mark").isEmpty();

        cluster.label("node7");
        cluster.setReady(TenNodes.TOPOLOGY.node("node3"), false);

        cluster.awaitServices(servicesFrom("node7", pods));
        cluster.awaitItems("egressip-demo", new Item("node7", IP));
        assertThat(cluster.sourceAddress().of(pods.get(9), "8.8.8.8"))
                .isEqualTo(new Verdict.Left(IP, "GR_node7", "br-ex_node7"));
    }

    @Test
    void aTraceInTheRealDatabaseStartsFromTheNodesAddress(LiveCluster cluster) {
        cluster.namespace("bouvier", Map.of());
        var patty = cluster.run(Topology.pod("bouvier", "patty", Map.of(), TenNodes.TOPOLOGY.node("node2"), 0));

        assertThat(cluster.sourceAddress().of(patty, "8.8.8.8"))
                .isEqualTo(new Verdict.Left("192.168.126.12", "GR_node2", "br-ex_node2"));
    }

    private static Service[] servicesFrom(String node, List<ClusterPod> pods) {
        return pods.stream()
                .map(pod -> Service.of(pod, IP, TenNodes.TOPOLOGY.node(node)))
                .toArray(Service[]::new);
    }
}
