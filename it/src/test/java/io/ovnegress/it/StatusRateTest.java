package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Event;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.process.ControllerProcess;
import io.ovnegress.it.harness.topology.Topology;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How much is written to the API server while much happens. It must be an embedded one, which counts. */
class StatusRateTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1");
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    /** Of the same object, as long as its assignment stays what it is. */
    private static final Duration BETWEEN_WRITES = Duration.ofSeconds(5);

    @Test
    void podsThatComeOneAfterTheOtherAreOneEventAndAStatusNowAndThen() {
        try (var cluster = LiveCluster.start(TOPOLOGY, KubeApi.embedded(EgressIps.CONTEXT));
                var controller = ControllerProcess.onClassPath(ControllerProcess.flags(
                        cluster.api().controllerKubeconfig(),
                        cluster.central().northbound().address(),
                        "--cluster-subnets",
                        String.join(",", TOPOLOGY.clusterSubnets())))) {
            cluster.createNodes();
            cluster.label("worker-0", "worker-1");
            cluster.namespace("simpson", SIMPSON);
            cluster.apply(EgressIps.of("serves", SIMPSON, "192.168.126.100"));
            controller.start().awaitReady();
            cluster.awaitItems("serves", item(cluster, "serves", "192.168.126.100"));
            cluster.apply(EgressIps.of("stands-by", SIMPSON, "192.168.126.101"));
            cluster.awaitItems("stands-by", item(cluster, "stands-by", "192.168.126.101"));
            cluster.awaitNothingToDo(controller, "serves", "stands-by");
            long before = patches(cluster);
            long begin = System.nanoTime();

            for (int i = 0; i < 8; i++) {
                cluster.run(Topology.pod("simpson", "pod-" + i, Map.of(), TOPOLOGY.node("worker-0"), i));
                controller.awaitIdle();
            }
            await("the last state is told").until(() -> standby(cluster).startsWith("8 pods that"));

            long intervals = Duration.ofNanos(System.nanoTime() - begin).dividedBy(BETWEEN_WRITES);
            assertThat(patches(cluster) - before)
                    .as("status writes of the object that stands by and the one that serves")
                    .isLessThanOrEqualTo(2 * (intervals + 1));
            await("the event is there").until(() -> !events(cluster).isEmpty());
            assertThat(cluster.api().callsOfController("create", "events")).isEqualTo(1);
            assertThat(events(cluster))
                    .hasSize(1)
                    .allSatisfy(event -> assertThat(event.getMessage())
                            .isEqualTo(
                                    "pods that this object selects are served by older EgressIPs, whose place it takes when they"
                                            + " let go: serves"));
        }
    }

    private static EgressIps.Item item(LiveCluster cluster, String name, String egressIp) {
        await(name + " is assigned").until(() -> !cluster.items(name).isEmpty());
        return new EgressIps.Item(cluster.items(name).getFirst().node(), egressIp);
    }

    private static long patches(LiveCluster cluster) {
        return cluster.api().callsOfController("patch", "egressips/status");
    }

    private static List<Event> events(LiveCluster cluster) {
        return cluster.api()
                .client()
                .v1()
                .events()
                .inNamespace("default")
                .list()
                .getItems();
    }

    private static String standby(LiveCluster cluster) {
        return EgressIps.status(cluster.egressIp("stands-by")).get("conditions") instanceof List<?> conditions
                ? conditions.stream()
                        .map(condition -> (Map<?, ?>) condition)
                        .filter(condition -> condition.get("type").equals("Standby"))
                        .map(condition -> String.valueOf(condition.get("message")))
                        .findFirst()
                        .orElse("")
                : "";
    }
}
