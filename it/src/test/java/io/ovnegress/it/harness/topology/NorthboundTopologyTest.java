package io.ovnegress.it.harness.topology;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ovnegress.it.harness.kube.KubernetesObjects;
import io.ovnegress.it.harness.oracle.DatabaseState;
import io.ovnegress.it.harness.oracle.DatabaseState.Row;
import io.ovnegress.it.harness.oracle.TransactionLog;
import io.ovnegress.it.harness.process.LocalOvnCentral;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Our topology against the database and the Node objects of a real ovnkube-master. */
class NorthboundTopologyTest {
    private static final Path FIXTURE = Path.of("src/test/resources/ovnkube-master-10nodes");

    /** What ovnkube-master writes for Services and rate limits; nothing here has any. */
    private static final Set<String> LEFT_OUT_ON_PURPOSE = Set.of("copp", "load_balancer", "load_balancer_group");

    private static final Topology TEN_NODES = Topology.ipv4(
            11, IntStream.rangeClosed(1, 10).mapToObj(i -> "node" + i).toArray(String[]::new));

    @Test
    void tenNodesAreWrittenAsOvnkubeMasterWritesThem() {
        try (var central = LocalOvnCentral.start()) {
            new NorthboundTopology(central, TEN_NODES).write();

            var ours = stateOf(central.northbound().file());
            var real = stateOf(FIXTURE.resolve("northbound.db"));

            for (var table : List.of("Logical_Router", "Logical_Switch", "Static_MAC_Binding")) {
                assertThat(texts(ours, table)).as(table).containsExactlyElementsOf(texts(real, table));
            }
        }
    }

    @Test
    void nodeObjectsCarryTheAnnotationsOfARealCluster() throws IOException {
        var json = new ObjectMapper();
        for (var real : json.readTree(FIXTURE.resolve("nodes.json").toFile()).get("items")) {
            var name = real.at("/metadata/name").asText();
            var ours = KubernetesObjects.node(TEN_NODES.node(name)).getMetadata();
            for (var annotation : ours.getAnnotations().entrySet()) {
                var expected = real.at("/metadata/annotations")
                        .path(annotation.getKey())
                        .asText();
                assertThat(readable(json, annotation.getValue()))
                        .as(name + " " + annotation.getKey())
                        .isEqualTo(readable(json, expected));
            }
        }
    }

    @Test
    void aRemovedNodeLeavesNothingBehind() {
        var topology = Topology.dualStack(11, "node1", "node2");
        try (var central = LocalOvnCentral.start()) {
            var northbound = new NorthboundTopology(central, topology);
            northbound.write();
            var before = List.of(
                    texts(stateOf(central.northbound().file()), "Logical_Router"),
                    texts(stateOf(central.northbound().file()), "Logical_Switch"));

            var late = topology.nextNode("late");
            northbound.addNode(late);
            northbound.removeNode(late);

            assertThat(List.of(
                            texts(stateOf(central.northbound().file()), "Logical_Router"),
                            texts(stateOf(central.northbound().file()), "Logical_Switch")))
                    .isEqualTo(before);
        }
    }

    private static JsonNode readable(ObjectMapper json, String text) throws IOException {
        return text.startsWith("{") || text.startsWith("[")
                ? json.readTree(text)
                : json.getNodeFactory().textNode(text);
    }

    private static DatabaseState stateOf(Path file) {
        return TransactionLog.read(file).replay((index, transaction, state) -> {});
    }

    private static List<String> texts(DatabaseState state, String table) {
        return state.rows(table).stream().map(row -> text(state, row)).sorted().toList();
    }

    /** The row with everything it refers to written out, without UUIDs and default values. */
    private static String text(DatabaseState state, Row row) {
        var parts = new ArrayList<String>();
        for (Map.Entry<String, List<JsonNode>> column : row.columns().entrySet()) {
            var atoms = column.getValue().stream()
                    .filter(atom -> !isDefault(atom))
                    .map(atom -> atom.isArray() && atom.get(0).asText().equals("uuid")
                            ? text(state, referred(state, atom.get(1).asText()))
                            : atom.toString())
                    .sorted()
                    .toList();
            if (!atoms.isEmpty() && !LEFT_OUT_ON_PURPOSE.contains(column.getKey())) {
                parts.add(column.getKey() + "=" + atoms);
            }
        }
        return parts.stream().sorted().toList().toString();
    }

    private static boolean isDefault(JsonNode atom) {
        return (atom.isTextual() && atom.asText().isEmpty()) || (atom.isBoolean() && !atom.asBoolean());
    }

    private static Row referred(DatabaseState state, String uuid) {
        return state.tables().stream()
                .flatMap(table -> state.rows(table).stream())
                .filter(row -> row.uuid().equals(uuid))
                .findFirst()
                .orElseThrow();
    }
}
