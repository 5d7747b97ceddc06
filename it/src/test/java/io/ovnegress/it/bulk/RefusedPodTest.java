package io.ovnegress.it.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ovnegress.it.harness.bulk.Inputs;
import io.ovnegress.it.harness.process.Await;
import io.ovnegress.it.harness.process.OvsdbServer;
import io.ovnegress.it.harness.process.WorkDirectory;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.PodInput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A server that refuses the rows of some pods, for real: its schema has a constraint that the others meet. Whether the error names
 * the operation or is about the whole transaction, the others are committed and the guilty are named.
 */
@Timeout(3600)
class RefusedPodTest {
    private static final int PODS = 2_000;
    private static final int MAX_ROWS = 500;
    private static final Set<Integer> GUILTY = Set.of(3, 777, 1_400);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final WorkDirectory directory = WorkDirectory.create("ovn-egress-refused");
    private final List<PodInput> pods = BulkLoad.pods(PODS);

    @AfterEach
    void removeDirectory() {
        directory.close();
    }

    /** Refused while the operation is carried out: the reply has the error in its place. */
    @Test
    void podsWhoseRowsAreTooLongDoNotHoldBackTheOthers() {
        int longest = pods.stream().mapToInt(pod -> ip(pod).length()).max().orElseThrow();
        var schema = schema(tables -> ((ObjectNode) tables.at("/NAT/columns/logical_ip"))
                .putObject("type")
                .putObject("key")
                .put("type", "string")
                .put("maxLength", longest));
        try (var server = server(schema);
                var load = new BulkLoad(server.address(), MAX_ROWS)) {
            load.awaitSettled();
            var tooLong = new ArrayList<PodInput>();
            for (int i = 0; i < PODS; i++) {
                load.post(new InputChange.Put(pods.get(i)));
                if (GUILTY.contains(i)) {
                    var address = IpAddress.parse("10.130.100." + (100 + tooLong.size()))
                            .orElseThrow();
                    tooLong.add(Inputs.pod(PODS + i, i % BulkLoad.NAMESPACES, address));
                    load.post(new InputChange.Put(tooLong.getLast()));
                }
            }
            awaitServed(server, pods);
            awaitRefused(load, tooLong);
        }
    }

    /** Refused at the end, when unique indexes are checked: the error names no operation, the guilty are found by halves. */
    @Test
    void podsWhoseRowsAreTakenDoNotHoldBackTheOthersAndComeOnceTheyAreFree() {
        var schema = schema(tables -> ((ObjectNode) tables.at("/Logical_Router_Policy"))
                .putArray("indexes")
                .addArray()
                .add("priority")
                .add("match"));
        try (var server = server(schema);
                var load = new BulkLoad(server.address(), MAX_ROWS)) {
            load.awaitSettled();
            var guilty = GUILTY.stream().map(pods::get).toList();
            Northbound.transact(server, policiesOfSomebody(guilty));
            pods.forEach(pod -> load.post(new InputChange.Put(pod)));
            awaitServed(
                    server, pods.stream().filter(pod -> !guilty.contains(pod)).toList());
            awaitRefused(load, guilty);

            Northbound.transact(server, """
                    ["OVN_Northbound", {"op": "delete", "table": "Logical_Router", "where": [["name", "==", "somebody"]]}]
                    """);
            awaitServed(server, pods);
            awaitRefused(load, List.of());
            load.awaitSettled();
            Northbound.assertHolds(0, server, server.address(), pods);
        }
    }

    /** A transaction that gives another router a policy with the match of each of these pods. */
    private static String policiesOfSomebody(List<PodInput> pods) {
        var transaction = JSON.createArrayNode().add("OVN_Northbound");
        var router = transaction.addObject().put("op", "insert").put("table", "Logical_Router");
        var references = router.putObject("row")
                .put("name", "somebody")
                .putArray("policies")
                .add("set")
                .addArray();
        for (var pod : pods) {
            var name = "pod_" + ip(pod).replace('.', '_');
            references.addArray().add("named-uuid").add(name);
            transaction
                    .addObject()
                    .put("op", "insert")
                    .put("table", "Logical_Router_Policy")
                    .put("uuid-name", name)
                    .putObject("row")
                    .put("priority", 100)
                    .put("action", "allow")
                    .put("match", "ip4.src == " + ip(pod));
        }
        return transaction.toString();
    }

    /** Waits until the EgressIPs of these pods, and no others, say that rows were refused. */
    private static void awaitRefused(BulkLoad load, List<PodInput> pods) {
        var owners = pods.stream()
                .map(pod -> pod.name().namespace().replace("ns", "eip"))
                .collect(Collectors.toSet());
        Await.await("the EgressIPs of refused pods say so")
                .untilAsserted(() -> assertThat(load.status().values().stream()
                                .filter(RefusedPodTest::saysRefused)
                                .map(change -> change.object().key())
                                .collect(Collectors.toSet()))
                        .isEqualTo(owners));
    }

    private static boolean saysRefused(StatusChange status) {
        return status.conditions().stream()
                .anyMatch(condition -> condition.reason() == EgressIpReason.Refused && !condition.status());
    }

    private static String ip(PodInput pod) {
        return pod.ips().get(0).text();
    }

    private OvsdbServer server(Path schema) {
        var server = OvsdbServer.withSchema(directory.path(), "nb", "OVN_Northbound", schema)
                .start();
        Northbound.prepare(server);
        return server;
    }

    /** The installed schema, changed. */
    private Path schema(Consumer<JsonNode> change) {
        try {
            var schema = JSON.readTree(Files.readAllBytes(Northbound.SCHEMA));
            change.accept(schema.path("tables"));
            return Files.write(directory.resolve("nb.ovsschema"), JSON.writeValueAsBytes(schema));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until exactly these have a policy and a SNAT. */
    private static void awaitServed(OvsdbServer server, List<PodInput> pods) {
        var expected = pods.stream().map(RefusedPodTest::ip).sorted().toList();
        Await.await("the rows of " + pods.size() + " pods")
                .pollInterval(Duration.ofMillis(200))
                .untilAsserted(() -> assertThat(Northbound.servedPods(server)).isEqualTo(expected));
    }
}
