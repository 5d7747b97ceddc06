package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.northbound.EgressServices.Service;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What a running controller announces is what it does: with a real database, an API server, and the command line. */
class PlanTest {
    private static final Topology TOPOLOGY = Topology.ipv4(57, "worker-0", "worker-1");
    private static final String IP = "192.168.126.100";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final ClusterPod HOMER = Topology.pod("simpson", "homer", Map.of(), TOPOLOGY.node("worker-0"), 0);

    @RegisterExtension
    static final ClusterExtension CONTROLLER = ClusterExtension.of(TOPOLOGY);

    @TempDir
    private Path directory;

    private static JsonNode asked(String question, String... words) throws IOException {
        var line = new ArrayList<>(List.of(words));
        line.addAll(List.of("-o", "json"));
        return new ObjectMapper()
                .readTree(CONTROLLER
                        .controller()
                        .ask(question, line.toArray(String[]::new))
                        .standardOutput());
    }

    private JsonNode planOfWhatIsConverted() throws IOException {
        var antrea = Files.writeString(directory.resolve("antrea.yaml"), """
                apiVersion: crd.antrea.io/v1beta1
                kind: Egress
                metadata:
                  name: egressip-demo
                spec:
                  egressIP: %s
                  appliedTo:
                    namespaceSelector:
                      matchLabels:
                        house: simpson
                """.formatted(IP));
        var asked = CONTROLLER
                .controller()
                .askWhatIsWrittenBy(List.of("convert", "-f", antrea.toString()), "plan", "-f", "-", "-o", "json");
        return new ObjectMapper().readTree(asked.standardOutput());
    }

    @Test
    void anObjectComesWhereItWasSaidToAndThePlanHeldUntilThen(LiveCluster cluster) throws IOException {
        cluster.label("worker-0", "worker-1");
        cluster.namespace("simpson", SIMPSON);
        cluster.run(HOMER);
        var object = EgressIps.of("egressip-demo", SIMPSON, IP);
        var manifest = Files.writeString(directory.resolve("egressip.yaml"), Serialization.asYaml(object));
        var file = directory.resolve("plan.json").toString();
        CONTROLLER.controller().awaitIdle();

        var plan = asked("plan", "-f", manifest.toString(), "--out", file);
        assertThat(plan.path("pods")).hasSize(1);
        assertThat(plan.at("/pods/0/after/exits/0/source").asText()).isEqualTo(IP);
        var node = plan.at("/addresses/0/to").asText();
        assertThat(planOfWhatIsConverted().path("pods"))
                .as("what another system calls it, converted and planned in one line")
                .isEqualTo(plan.path("pods"));
        assertThat(CONTROLLER.controller().ask("plan", "verify", file).exitCode())
                .isZero();

        cluster.apply(object);
        cluster.awaitServices(Service.of(HOMER, IP, TOPOLOGY.node(node)));
        cluster.awaitItems("egressip-demo", new Item(node, IP));
    }

    @Test
    void aNodeThatIsLostLosesWhatItWasSaidToAndTheObjectSaysWhetherAnotherOneIsThere(LiveCluster cluster)
            throws IOException {
        cluster.label("worker-0", "worker-1");
        cluster.namespace("simpson", SIMPSON);
        cluster.run(HOMER);
        cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
        await("it is ready")
                .untilAsserted(() -> assertThat(EgressIps.conditions(cluster.egressIp("egressip-demo")))
                        .containsEntry("FailoverReady", "True FailoverReady"));
        var node = cluster.items("egressip-demo").getFirst().node();
        var loss = asked("whatif", "--lose", node);
        var other = loss.at("/moved/0/to").asText();

        cluster.setReady(cluster.node(node), false);

        cluster.awaitServices(Service.of(HOMER, IP, TOPOLOGY.node(other)));
        await("it is not ready any more")
                .untilAsserted(() -> assertThat(EgressIps.conditions(cluster.egressIp("egressip-demo")))
                        .containsEntry("FailoverReady", "False NoOtherNode"));
    }
}
