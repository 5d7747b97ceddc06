package io.ovnegress.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.northbound.EgressServices.Service;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The definition that ovn-kubernetes ships: status is an ordinary part of the object, without a subresource. */
class UpstreamCrdTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1");
    private static final String IP = "192.168.126.100";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final ClusterPod HOMER = Topology.pod("simpson", "homer", Map.of(), TOPOLOGY.node("worker-0"), 0);

    @RegisterExtension
    static final ClusterExtension CONTROLLER = ClusterExtension.of(TOPOLOGY, EgressIps.UPSTREAM_CONTEXT);

    @Test
    void statusIsWrittenWithoutASubresourceAndTheSpecStaysAsItIs(LiveCluster cluster) {
        cluster.label("worker-0");
        cluster.namespace("simpson", SIMPSON);
        cluster.run(HOMER);
        var mine = EgressIps.of("egressip-demo", SIMPSON, IP);
        cluster.apply(mine);

        cluster.awaitServices(Service.of(HOMER, IP, TOPOLOGY.node("worker-0")));
        cluster.awaitItems("egressip-demo", new Item("worker-0", IP));
        assertThat(cluster.egressIp("egressip-demo").getAdditionalProperties().get("spec"))
                .isEqualTo(mine.getAdditionalProperties().get("spec"));

        assertThat(EgressIps.conditions(cluster.egressIp("egressip-demo"))).isEmpty();
        assertThat(statusSubresource(cluster)).isEqualTo(404);

        cluster.label("worker-1");
        cluster.setReady(cluster.node("worker-0"), false);
        cluster.awaitServices(Service.of(HOMER, IP, TOPOLOGY.node("worker-1")));
        cluster.awaitItems("egressip-demo", new Item("worker-1", IP));
    }

    /** The embedded API behaves as one with that definition, or the test above shows nothing. */
    private static int statusSubresource(LiveCluster cluster) {
        try {
            cluster.egressIps()
                    .withName("egressip-demo")
                    .subresource("status")
                    .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"status\":{\"items\":[]}}");
            return 200;
        } catch (KubernetesClientException e) {
            return e.getCode();
        }
    }
}
