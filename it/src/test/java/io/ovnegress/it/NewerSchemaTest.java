package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.northbound.EgressServices.Service;
import io.ovnegress.it.harness.northbound.NorthboundReader.Qos;
import io.ovnegress.it.harness.topology.Topology;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A northbound database with the schema of OVN 25.03: more columns, and QoS rows may mark packets. */
class NewerSchemaTest {
    private static final String IP = "192.168.126.100";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");

    @RegisterExtension
    static final ClusterExtension CONTROLLER = ClusterExtension.on(() -> TenNodes.start("northbound-25.03.db"));

    @Test
    void replyTrafficIsMarkedOnEveryNodeSwitch(LiveCluster cluster) {
        await("QoS rows")
                .untilAsserted(() -> assertThat(cluster.rows().qos())
                        .filteredOn(qos -> qos.match().startsWith("ip4"))
                        .extracting(Qos::onSwitch)
                        .containsExactlyInAnyOrder(TenNodes.TOPOLOGY.nodes().stream()
                                .map(node -> node.name())
                                .toArray(String[]::new)));
        assertThat(cluster.rows().qos()).allSatisfy(qos -> {
            assertThat(qos.priority()).isEqualTo(103);
            assertThat(qos.direction()).isEqualTo("from-lport");
            assertThat(qos.action()).isEqualTo(Map.of("mark", 42L));
            assertThat(qos.match()).contains("$ovn_egress_served_pods_v").endsWith("&& ct.trk && ct.rpl");
        });
    }

    @Test
    void podsAreServedAsWithAnOlderSchema(LiveCluster cluster) {
        cluster.label("node3");
        cluster.namespace("simpson", SIMPSON);
        var pod = cluster.run(Topology.pod("simpson", "homer", Map.of(), TenNodes.TOPOLOGY.node("node1"), 0));
        cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));

        cluster.awaitServices(Service.of(pod, IP, TenNodes.TOPOLOGY.node("node3")));
    }
}
