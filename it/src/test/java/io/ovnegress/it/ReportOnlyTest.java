package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.process.ControllerProcess;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Started with {@code --report-only} on the database of a real ovnkube-master, with egress IPs that ovn-kubernetes serves, the
 * controller says what it would do and does nothing; without the flag it does just that.
 */
class ReportOnlyTest {
    private static final String IP = "192.168.126.100";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final Set<String> OURS = Set.of("Logical_Router_Policy", "NAT", "Address_Set", "QoS");

    private final LiveCluster cluster = TenNodes.start("northbound.db");
    private final ControllerProcess reporting = controller("--report-only");

    private ControllerProcess controller(String... more) {
        var flags = ControllerProcess.flags(
                cluster.api().controllerKubeconfig(),
                cluster.central().northbound().address(),
                more);
        flags.addAll(
                List.of("--cluster-subnets", String.join(",", cluster.topology().clusterSubnets())));
        return ControllerProcess.onClassPath(flags);
    }

    @AfterEach
    void stop() {
        reporting.close();
        cluster.close();
    }

    private static ClusterPod pod(String name, int node) {
        return Topology.pod("simpson", name, Map.of(), TenNodes.TOPOLOGY.node("node" + node), node);
    }

    /** ovn-kubernetes serves homer and a pod that is gone, and does not know of marge; a service sends homer elsewhere. */
    private GenericKubernetesResource servedSoFar() {
        cluster.createNodes();
        cluster.label("node3");
        cluster.namespace("simpson", SIMPSON);
        cluster.run(pod("homer", 1));
        cluster.run(pod("marge", 2));
        var object = cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
        var node3 = TenNodes.TOPOLOGY.node("node3");
        OldRows.C.serve(cluster, "egressip-demo", pod("homer", 1), IP, node3);
        OldRows.C.serve(cluster, "egressip-demo", pod("gone", 5), IP, node3);
        cluster.central()
                .nbctl(
                        "lr-policy-add",
                        "ovn_cluster_router",
                        "101",
                        "ip4.src == " + pod("homer", 1).ip(),
                        "reroute",
                        "10.128.0.2");
        return object;
    }

    private static JsonNode audit(ControllerProcess controller) {
        try {
            return new ObjectMapper()
                    .readTree(controller.get("/api/v1/audit").orElseThrow().body());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static int rows(JsonNode audit, String rowClass) {
        return audit.at("/rows/" + rowClass).asInt();
    }

    /** Rows of these tables that came or went after these transactions. */
    private record Changes(int inserted, int deleted) {
        static Changes after(List<JsonNode> before, List<JsonNode> all) {
            var known = new TreeSet<String>();
            int inserted = 0;
            int deleted = 0;
            for (int i = 0; i < all.size(); i++) {
                for (var table : all.get(i).properties()) {
                    if (OURS.contains(table.getKey())) {
                        for (var row : table.getValue().properties()) {
                            boolean isNew = known.add(row.getKey());
                            if (i >= before.size()) {
                                inserted += isNew ? 1 : 0;
                                deleted += row.getValue().isNull() ? 1 : 0;
                            }
                        }
                    }
                }
            }
            return new Changes(inserted, deleted);
        }
    }

    @Test
    void whatIsReportedAndNotDoneIsWhatIsDoneWithoutTheFlag() {
        var object = servedSoFar();
        cluster.central().sync();
        var before = cluster.transactions().transactions();

        reporting.start().awaitReady();
        await("an audit by itself")
                .until(() -> reporting.get("/metrics").orElseThrow().body().contains("ovn_egress_audit_rows{class="));
        var reported = audit(reporting);

        assertThat(reported.path("leader").asBoolean(true)).isFalse();
        assertThat(reported.path("right").asBoolean(true)).isFalse();
        assertThat(rows(reported, "Wrong"))
                .as("homer's rows, but for their marks")
                .isEqualTo(2);
        assertThat(rows(reported, "Superfluous")).as("of the pod that is gone").isEqualTo(2);
        assertThat(rows(reported, "Shadowing")).isEqualTo(1);
        assertThat(rows(reported, "Missing"))
                .as("marge's two, and what all share")
                .isGreaterThan(4);
        assertThat(reported.at("/findings").toString())
                .contains("simpson/marge", "its priority is 101, ours 100", "k8s.ovn.org/owner-controller");
        await("an event")
                .untilAsserted(() -> assertThat(cluster.api()
                                .client()
                                .v1()
                                .events()
                                .inNamespace("default")
                                .list()
                                .getItems())
                        .anySatisfy(event -> {
                            assertThat(event.getReason()).isEqualTo("RowsDiffer");
                            assertThat(event.getInvolvedObject().getName()).isEqualTo("egressip-demo");
                            assertThat(event.getMessage()).contains("1 Shadowing");
                        }));
        assertThat(reporting.get("/readyz?verbose").orElseThrow().body()).contains("reports only, and writes nothing");
        assertThat(reporting.log()).contains("rows compared, nothing is written");
        reporting.process().stop();

        assertThat(cluster.transactions().transactions())
                .as("not one transaction")
                .hasSize(before.size());
        assertThat(cluster.egressIp("egressip-demo").getMetadata().getResourceVersion())
                .isEqualTo(object.getMetadata().getResourceVersion());
        assertThat(cluster.api().callsOfController().orElse(Set.of()))
                .filteredOn(call -> !Set.of("get", "list", "watch").contains(call.verb()))
                .allMatch(call -> call.resource().equals("events"));

        try (var writing = controller("--move-steps=off")) {
            writing.start().awaitReady();
            writing.awaitIdle();
            var done = audit(writing);
            assertThat(done.path("onTheirWay").asInt()).isZero();
            assertThat(rows(done, "Shadowing")).as("somebody else's, and left").isEqualTo(1);
            assertThat(done.path("findings")).hasSize(1);
            writing.process().stop();
        }
        assertThat(Changes.after(before, cluster.transactions().transactions()))
                .isEqualTo(new Changes(rows(reported, "Missing"), rows(reported, "Superfluous")));
    }
}
