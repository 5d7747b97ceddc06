package io.ovnegress.it.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.ovnegress.it.LiveCluster;
import io.ovnegress.it.kube.EgressIps.Item;
import io.ovnegress.it.process.ControllerProcess;
import io.ovnegress.it.topology.Topology;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Status beside other writers of the same object, as a real API server arbitrates: versions, conflicts, field managers. */
class RealStatusTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0");
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final String IP = "192.168.126.100";

    private static LiveCluster cluster;
    private static ControllerProcess controller;

    @BeforeAll
    static void start() {
        var api = RealApi.orSkip(EgressIps.CONTEXT);
        cluster = LiveCluster.start(TOPOLOGY, api);
        cluster.createNodes();
        cluster.label("worker-0");
        controller = ControllerProcess.onClassPath(ControllerProcess.flags(
                        api.controllerKubeconfig(),
                        cluster.central().northbound().address(),
                        "--cluster-subnets",
                        String.join(",", TOPOLOGY.clusterSubnets())))
                .start()
                .awaitReady();
    }

    @AfterAll
    static void stop() {
        if (controller != null) {
            controller.close();
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void aStatusIsWrittenWhileSomebodyElseWritesTheObjectAllTheTime() {
        cluster.apply(EgressIps.of("busy", SIMPSON, IP));
        var enough = new AtomicBoolean();
        var annotations = CompletableFuture.supplyAsync(
                () -> annotate("busy", enough),
                task -> Thread.ofPlatform().daemon().start(task));
        for (int i = 0; i < 5; i++) {
            var ip = "192.168.126.11" + i;
            cluster.replaceSpec(EgressIps.of("busy", SIMPSON, ip));
            cluster.awaitItems("busy", new Item("worker-0", ip));
        }
        enough.set(true);

        var object = cluster.egressIp("busy");
        assertThat(object.getMetadata().getAnnotations()).containsEntry("turn", Integer.toString(annotations.join()));
        cluster.awaitItems("busy", new Item("worker-0", "192.168.126.114"));
    }

    /** Returns the last annotation that was accepted. */
    private static int annotate(String name, AtomicBoolean enough) {
        int turn = 0;
        while (!enough.get()) {
            int next = turn + 1;
            try {
                cluster.egressIps().withName(name).edit(object -> {
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

    @Test
    void theControllerOwnsNothingButStatusAndConflictsWithNobodyWhoAppliesTheSpec() {
        var mine = EgressIps.of("applied", SIMPSON, IP);
        cluster.api().client().resource(mine).fieldManager("gitops").serverSideApply();
        cluster.awaitItems("applied", new Item("worker-0", IP));

        var controllers = cluster.egressIp("applied").getMetadata().getManagedFields().stream()
                .filter(entry -> entry.getManager().startsWith("ovn-egress"))
                .toList();
        assertThat(controllers).isNotEmpty();
        assertThat(controllers).allSatisfy(entry -> assertThat(fields(entry)).containsExactly("f:status"));

        cluster.api()
                .client()
                .resource(EgressIps.of("applied", SIMPSON, "192.168.126.101"))
                .fieldManager("gitops")
                .serverSideApply();
        cluster.awaitItems("applied", new Item("worker-0", "192.168.126.101"));
        cluster.deleteEgressIp("applied");
    }

    private static List<String> fields(ManagedFieldsEntry entry) {
        return List.copyOf(entry.getFieldsV1().getAdditionalProperties().keySet());
    }
}
