package io.ovnegress.it.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.process.Await;
import io.ovnegress.it.harness.process.ControllerProcess;
import io.ovnegress.it.harness.topology.Topology;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Status beside somebody who applies the spec, as a real API server arbitrates: field managers. */
class RealStatusTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1");
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

    @Test
    void kubectlShowsEveryAddressOfAnObjectWithItsNode() {
        cluster.label("worker-1");
        cluster.apply(EgressIps.of("two", SIMPSON, IP, "192.168.126.101"));
        cluster.awaitItems("two", new Item("worker-0", IP), new Item("worker-1", "192.168.126.101"));
        Await.await("kubectl shows both").untilAsserted(() -> {
            var lines = Kubectl.run(cluster.api().kubeconfig(), "get", "egressip", "two")
                    .standardOutput()
                    .lines()
                    .toList();
            assertThat(Pattern.compile(" {2,}").splitAsStream(lines.getFirst()))
                    .containsExactly("NAME", "EGRESSIPS", "ASSIGNED NODE", "ASSIGNED EGRESSIPS", "ASSIGNMENT");
            assertThat(lines.getLast())
                    .endsWith("192.168.126.100 is assigned to worker-0; 192.168.126.101 is assigned to worker-1");
        });
        cluster.deleteEgressIp("two");
        cluster.unlabel(TOPOLOGY.node("worker-1"));
    }

    private static List<String> fields(ManagedFieldsEntry entry) {
        return List.copyOf(entry.getFieldsV1().getAdditionalProperties().keySet());
    }
}
