package io.ovnegress.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NodeList;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.ovnegress.it.kube.EgressIps;
import io.ovnegress.it.kube.EgressIps.Item;
import io.ovnegress.it.kube.KubeApi;
import io.ovnegress.it.northbound.EgressServices.Service;
import io.ovnegress.it.oracle.SourceAddress.Verdict;
import io.ovnegress.it.process.OvnCentral;
import io.ovnegress.it.topology.ClusterPod;
import io.ovnegress.it.topology.Topology;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The database and the Node objects of a real ovnkube-master with ten nodes, as they are. */
class TenNodeFixtureTest {
    private static final Path FIXTURE = Path.of("src/test/resources/ovnkube-master-10nodes");
    private static final String IP = "192.168.126.100";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");

    /** The plan behind the fixture; nothing of it is written but the pods' ports. */
    private static final Topology TOPOLOGY = Topology.ipv4(
            11, IntStream.rangeClosed(1, 10).mapToObj(i -> "node" + i).toArray(String[]::new));

    @RegisterExtension
    static final ClusterExtension CONTROLLER = ClusterExtension.on(TenNodeFixtureTest::fixture);

    private static LiveCluster fixture() {
        var central = OvnCentral.startWith(FIXTURE.resolve("northbound.db"));
        var cluster = LiveCluster.on(central, TOPOLOGY, KubeApi.embedded(EgressIps.CONTEXT), realNodes());
        TOPOLOGY.nodes().forEach(cluster.northbound()::addChassis);
        central.sync();
        TOPOLOGY.nodes().forEach(cluster.northbound()::learnNeighbours);
        return cluster;
    }

    private static NodeList realNodes() {
        try {
            return Serialization.unmarshal(Files.readString(FIXTURE.resolve("nodes.json")), NodeList.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void podsOnAllTenNodesLeaveThroughOneNodeAndFollowItsLoss(LiveCluster cluster) {
        cluster.label("node3");
        cluster.namespace("simpson", SIMPSON);
        var pods = TOPOLOGY.nodes().stream()
                .map(node -> cluster.run(Topology.pod("simpson", "pod-" + node.name(), Map.of(), node, 0)))
                .toList();
        cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
        cluster.awaitServices(servicesFrom("node3", pods));
        assertThat(cluster.sourceAddress().of(pods.get(9), "8.8.8.8"))
                .isEqualTo(new Verdict.Left(IP, "GR_node3", "br-ex_node3"));

        cluster.label("node7");
        cluster.setReady(TOPOLOGY.node("node3"), false);

        cluster.awaitServices(servicesFrom("node7", pods));
        cluster.awaitItems("egressip-demo", new Item("node7", IP));
        assertThat(cluster.sourceAddress().of(pods.get(9), "8.8.8.8"))
                .isEqualTo(new Verdict.Left(IP, "GR_node7", "br-ex_node7"));
    }

    @Test
    void aTraceInTheRealDatabaseStartsFromTheNodesAddress(LiveCluster cluster) {
        cluster.namespace("bouvier", Map.of());
        var patty = cluster.run(Topology.pod("bouvier", "patty", Map.of(), TOPOLOGY.node("node2"), 0));

        assertThat(cluster.sourceAddress().of(patty, "8.8.8.8"))
                .isEqualTo(new Verdict.Left("192.168.126.12", "GR_node2", "br-ex_node2"));
    }

    private static Service[] servicesFrom(String node, java.util.List<ClusterPod> pods) {
        return pods.stream()
                .map(pod -> Service.of(pod, IP, TOPOLOGY.node(node)))
                .toArray(Service[]::new);
    }
}
