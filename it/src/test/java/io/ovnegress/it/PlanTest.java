package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.Sets;
import io.fabric8.kubernetes.api.model.NodeSpecBuilder;
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
import java.util.Set;
import java.util.TreeSet;
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

    /** The rows that a transaction inserts and updates, and those whose children it changes or only confirms. */
    private record Named(Set<String> rows, Set<String> parents) {
        static Named by(JsonNode operations) {
            var rows = new TreeSet<String>();
            var parents = new TreeSet<String>();
            for (var operation : operations) {
                var found = operation.at("/where/0/2/1").asText();
                switch (operation.path("op").asText()) {
                    case "insert" -> rows.add(operation.path("uuid").asText());
                    case "update" -> rows.add(found);
                    case "mutate" -> parents.add(found);
                    default -> {}
                }
            }
            parents.remove(""); // NB_Global: asks what is installed
            return new Named(rows, parents);
        }

        boolean isNothing() {
            return rows.isEmpty() && parents.isEmpty();
        }
    }

    /** The rows of each transaction from this one on that has some beside {@code NB_Global}'s, without those that are gone. */
    private static List<Set<String>> changedSince(int transaction, LiveCluster cluster) {
        var changed = new ArrayList<Set<String>>();
        var all = cluster.transactions().transactions();
        for (var each : all.subList(transaction, all.size())) {
            var rows = new TreeSet<String>();
            for (var table : each.properties()) {
                if (table.getValue().isObject() && !table.getKey().equals("NB_Global")) {
                    table.getValue().properties().stream()
                            .filter(row -> !row.getValue().isNull())
                            .forEach(row -> rows.add(row.getKey()));
                }
            }
            if (!rows.isEmpty()) {
                changed.add(rows);
            }
        }
        return changed;
    }

    @Test
    void aMoveIsMadeInTheTransactionsThatArePlanned(LiveCluster cluster) throws IOException {
        cluster.label("worker-0", "worker-1");
        cluster.namespace("simpson", SIMPSON);
        cluster.run(HOMER);
        cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
        await("it has a node").until(() -> !cluster.items("egressip-demo").isEmpty());
        CONTROLLER.controller().awaitIdle();
        var node = cluster.items("egressip-demo").getFirst().node();

        var plan = asked("plan", "node", node, "--drain", "--operations");
        var planned = new ArrayList<Named>();
        plan.path("operations").forEach(transaction -> planned.add(Named.by(transaction)));
        planned.removeIf(Named::isNothing);
        int before = cluster.transactions().transactions().size();
        cluster.editNode(cluster.node(node), drained -> {
            drained.getMetadata().getAnnotations().put("ovn-egress.io/drain", "true");
            drained.setSpec(new NodeSpecBuilder().withUnschedulable(true).build());
        });
        cluster.awaitServices(
                Service.of(HOMER, IP, TOPOLOGY.node(plan.at("/addresses/0/to").asText())));
        CONTROLLER.controller().awaitIdle();

        assertThat(planned).as("the SNAT, the policy, and the old SNAT's end").hasSize(3);
        assertThat(plan.at("/work/waitsSeconds").asDouble()).isBetween(1.0, 3.0);
        var changed = changedSince(before, cluster);
        assertThat(changed).hasSameSizeAs(planned);
        for (int i = 0; i < changed.size(); i++) {
            assertThat(changed.get(i))
                    .as("transaction %s", i)
                    .containsAll(planned.get(i).rows())
                    .isSubsetOf(Sets.union(planned.get(i).rows(), planned.get(i).parents()));
        }
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
