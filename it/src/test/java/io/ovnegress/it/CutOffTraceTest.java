package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.northbound.EgressServices.Service;
import io.ovnegress.it.harness.oracle.SourceAddress.Verdict;
import io.ovnegress.it.harness.topology.ClusterNode;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Family;
import io.ovnegress.it.harness.topology.Topology;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** OVN's own word on packets of pods whose EgressIP would rather lose them than let them leave without it. */
class CutOffTraceTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1");
    private static final String IP = "192.168.126.100";
    private static final String OUTSIDE = "8.8.8.8";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final ClusterNode WORKER_0 = TOPOLOGY.node("worker-0");
    private static final ClusterNode WORKER_1 = TOPOLOGY.node("worker-1");
    private static final ClusterPod HOMER = Topology.pod("simpson", "homer", Map.of(), WORKER_0, 0);
    private static final ClusterPod PATTY = Topology.pod("bouvier", "patty", Map.of(), WORKER_1, 0);

    @RegisterExtension
    static final ClusterExtension CONTROLLER = ClusterExtension.of(TOPOLOGY);

    @BeforeEach
    void pods(LiveCluster cluster) {
        cluster.namespace("simpson", SIMPSON);
        cluster.namespace("bouvier", Map.of("house", "bouvier"));
        List.of(HOMER, PATTY).forEach(cluster::run);
    }

    private static final ClusterPod BART = Topology.pod("simpson", "bart", Map.of(), WORKER_0, 7);

    private static GenericKubernetesResource dropping() {
        var object = EgressIps.of("egressip-demo", SIMPSON, IP);
        var spec = new LinkedHashMap<Object, Object>(
                (Map<?, ?>) object.getAdditionalProperties().get("spec"));
        spec.put("onUnassigned", "Drop");
        object.setAdditionalProperty("spec", spec);
        return object;
    }

    private static void awaitFate(LiveCluster cluster, ClusterPod pod, Class<? extends Verdict> fate) {
        await("the fate of " + pod.name())
                .untilAsserted(() ->
                        assertThat(cluster.sourceAddress().of(pod, OUTSIDE)).isInstanceOf(fate));
    }

    @Test
    void withoutANodeNothingLeavesAndWithOneEverythingDoes(LiveCluster cluster) {
        cluster.apply(dropping());
        awaitFate(cluster, HOMER, Verdict.Dropped.class);
        assertThat(cluster.sourceAddress().of(PATTY, OUTSIDE)).isInstanceOf(Verdict.Left.class);

        cluster.label(WORKER_0);
        cluster.awaitServices(Service.of(HOMER, IP, WORKER_0));
        assertThat(cluster.sourceAddress().of(HOMER, OUTSIDE))
                .isEqualTo(new Verdict.Left(IP, WORKER_0.gatewayRouter(), "br-ex_worker-0"));

        cluster.setReady(WORKER_0, false);
        awaitFate(cluster, HOMER, Verdict.Dropped.class);
    }

    @Test
    void aPodOfWhichNobodyKnowsYetDoesNotLeaveEither(LiveCluster cluster) {
        cluster.label(WORKER_0);
        cluster.apply(dropping());
        cluster.awaitServices(Service.of(HOMER, IP, WORKER_0));
        await("the namespace is kept in")
                .until(() -> cluster.rows().policies().stream()
                        .anyMatch(policy -> "cut-off/namespace/simpson/v4"
                                .equals(policy.externalIds().get("ovn-egress.io/id"))));

        cluster.northbound().addPods(List.of(BART));
        cluster.central().sync();

        assertThat(cluster.sourceAddress().of(BART, OUTSIDE)).isInstanceOf(Verdict.Dropped.class);
        assertThat(cluster.sourceAddress().of(BART, PATTY, Family.V4))
                .isEqualTo(new Verdict.Delivered(BART.ip(), PATTY.port()));
        assertThat(cluster.sourceAddress().of(BART, WORKER_0.address(Family.V4)))
                .isEqualTo(new Verdict.Delivered(BART.ip(), "k8s-worker-0"));
        assertThat(cluster.sourceAddress().of(BART, WORKER_1.address(Family.V4)))
                .isInstanceOf(Verdict.Left.class);
        assertThat(cluster.sourceAddress().of(PATTY, OUTSIDE)).isInstanceOf(Verdict.Left.class);

        cluster.deleteEgressIp("egressip-demo");
        awaitFate(cluster, BART, Verdict.Left.class);
        cluster.northbound().removePods(List.of(BART));
    }

    @Test
    void whatStaysInTheClusterOrGoesToANodeIsNotDropped(LiveCluster cluster) {
        cluster.apply(dropping());
        awaitFate(cluster, HOMER, Verdict.Dropped.class);

        assertThat(cluster.sourceAddress().of(HOMER, PATTY, Family.V4))
                .isEqualTo(new Verdict.Delivered(HOMER.ip(), PATTY.port()));
        assertThat(cluster.sourceAddress().of(HOMER, WORKER_0.address(Family.V4)))
                .isEqualTo(new Verdict.Delivered(HOMER.ip(), "k8s-worker-0"));
        assertThat(cluster.sourceAddress().of(HOMER, WORKER_1.address(Family.V4)))
                .isInstanceOf(Verdict.Left.class);
    }
}
