package io.ovnegress.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.process.ControllerProcess;
import io.ovnegress.it.harness.topology.Topology;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** An EgressIP that somebody else writes all the time, with either definition of EgressIP. */
class BusyObjectTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0");
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");

    static Stream<Arguments> definitions() {
        return Stream.of(
                Arguments.argumentSet("with a status subresource", EgressIps.CONTEXT),
                Arguments.argumentSet("without a status subresource", EgressIps.UPSTREAM_CONTEXT));
    }

    @ParameterizedTest
    @MethodSource("definitions")
    void statusIsWrittenAndNothingElseWhileSomebodyElseWritesTheObjectAllTheTime(
            CustomResourceDefinitionContext definition) {
        try (var cluster = LiveCluster.start(TOPOLOGY, KubeApi.forTests(definition));
                var controller = ControllerProcess.onClassPath(ControllerProcess.flags(
                        cluster.api().controllerKubeconfig(),
                        cluster.central().northbound().address(),
                        "--cluster-subnets",
                        String.join(",", TOPOLOGY.clusterSubnets())))) {
            cluster.createNodes();
            cluster.label("worker-0");
            controller.start().awaitReady();
            var object = EgressIps.of("busy", SIMPSON, "192.168.126.100");
            object.getMetadata().setLabels(Map.of("owner", "gitops"));
            cluster.apply(object);

            var enough = new AtomicBoolean();
            var annotations = CompletableFuture.supplyAsync(
                    () -> annotate(cluster, enough),
                    task -> Thread.ofPlatform().daemon().start(task));
            for (int i = 0; i < 5; i++) {
                var ip = "192.168.126.11" + i;
                cluster.replaceSpec(EgressIps.of("busy", SIMPSON, ip));
                cluster.awaitItems("busy", new Item("worker-0", ip));
            }
            enough.set(true);

            var last = annotations.join();
            var after = cluster.egressIp("busy");
            assertThat(after.getMetadata().getAnnotations()).containsEntry("turn", Integer.toString(last));
            assertThat(after.getMetadata().getLabels()).containsEntry("owner", "gitops");
            assertThat(EgressIps.requested(after)).isEqualTo(List.of("192.168.126.114"));
            cluster.awaitItems("busy", new Item("worker-0", "192.168.126.114"));
        }
    }

    /** Returns the last annotation that was accepted. */
    private static int annotate(LiveCluster cluster, AtomicBoolean enough) {
        int turn = 0;
        while (!enough.get()) {
            int next = turn + 1;
            try {
                cluster.egressIps().withName("busy").edit(object -> {
                    object.getMetadata().setAnnotations(Map.of("turn", Integer.toString(next)));
                    return object;
                });
                turn = next;
            } catch (KubernetesClientException e) {
                if (e.getCode() != 409) {
                    throw e;
                }
            }
        }
        return turn;
    }
}
