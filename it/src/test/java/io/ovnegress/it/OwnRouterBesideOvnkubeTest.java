package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.oracle.DatabaseState;
import io.ovnegress.it.harness.oracle.OvnkubeStartRules;
import io.ovnegress.it.harness.oracle.OwnRouterRules;
import io.ovnegress.it.harness.topology.Topology;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Routers of egress IPs' own beside the rows that a real ovnkube-master has written. What its next start takes away was measured beside
 * version 1.3: policies of priority 101, switches {@code ext_*} and routers {@code GR_*} of nodes that it does not know, switches with
 * any {@code other_config}, and what its keys make its own. So no row of these routers may be like that.
 */
class OwnRouterBesideOvnkubeTest {
    private static final String FLOATING = "192.168.126.100";
    private static final String PINNED = "192.168.126.101";
    private static final String LISTED = "192.168.126.102";
    private static final String NARROWED = "192.168.126.103";
    /** Which elements of whose columns may come and go. */
    private static final Map<String, Set<String>> SHARED =
            Map.of("ovn_cluster_router", Set.of("policies", "static_routes"), "join", Set.of("ports"));

    @RegisterExtension
    static final ClusterExtension CONTROLLER =
            ClusterExtension.on(() -> TenNodes.start("northbound.db")).with("--egressip-form=Router");

    @Test
    void noRowIsOneThatAStartOfOvnkubeMasterWouldTakeAway(LiveCluster cluster) {
        cluster.label("node3", "node4");
        Map.of("simpson", "node1", "bouvier", "node2", "moe", "node1").forEach((house, node) -> {
            cluster.namespace(house, Map.of("house", house));
            int number = house.equals("moe") ? 1 : 0; // of those on its node
            cluster.run(Topology.pod(house, "pod", Map.of("app", "pod"), TenNodes.TOPOLOGY.node(node), number));
        });
        var before = state(cluster);
        int transactions = cluster.transactions().size();

        cluster.apply(annotated(
                EgressIps.of("floating", Map.of("house", "simpson"), FLOATING),
                Map.of(
                        "ovn-egress.io/bandwidth",
                        "{\"rateKbps\":2000,\"burstKb\":200}",
                        "ovn-egress.io/dscp",
                        "46",
                        "ovn-egress.io/excluded-destinations",
                        "198.51.100.0/24")));
        var pinned = EgressIps.of("pinned", Map.of("house", "bouvier"), PINNED);
        var spec = new LinkedHashMap<Object, Object>(
                (Map<?, ?>) pinned.getAdditionalProperties().get("spec"));
        spec.put("routerPlacement", "Pinned");
        pinned.setAdditionalProperty("spec", spec);
        cluster.apply(pinned);
        cluster.awaitItems("floating", new Item("node3", FLOATING));
        cluster.awaitItems("pinned", new Item("node4", PINNED));
        cluster.apply(annotated(
                EgressIps.of("listed", Map.of("house", "simpson"), LISTED),
                Map.of("ovn-egress.io/destinations", "203.0.113.0/24")));
        cluster.apply(EgressIps.of(
                "narrowed",
                Map.of("matchLabels", Map.of("house", "moe")),
                Map.of("matchLabels", Map.of("app", "pod")),
                NARROWED));
        await("others have routers too")
                .until(() -> cluster.items("listed").size() == 1
                        && cluster.items("narrowed").size() == 1);
        CONTROLLER.controller().awaitIdle();
        await("both namespaces are led to their routers")
                .until(() -> cluster.rows().policies().stream()
                                .filter(policy -> policy.priority() == 98)
                                .count()
                        == 2);

        var after = state(cluster);
        assertThat(OwnRouterRules.broken(after)).isEmpty();
        assertThat(OvnkubeStartRules.broken(after)).isEmpty();
        assertThat(OvnkubeStartRules.tables(after))
                .contains(
                        "Logical_Router",
                        "Logical_Router_Port",
                        "Logical_Router_Static_Route",
                        "Logical_Router_Policy",
                        "Logical_Switch",
                        "NAT",
                        "ACL",
                        "QoS",
                        "Address_Set",
                        "HA_Chassis_Group",
                        "HA_Chassis");
        assertThat(after.rows("Logical_Router_Policy"))
                .filteredOn(row -> row.number("priority") >= 103 && row.number("priority") < 500)
                .extracting(row -> row.text("action"))
                .as("of an object for some destinations, and of one that excludes some")
                .contains("reroute", "allow");
        var since = cluster.transactions().transactions().stream()
                .skip(transactions)
                .toList();
        assertThat(changedOfOthers(since, before)).as("of ovnkube's rows").isEmpty();
    }

    private static GenericKubernetesResource annotated(
            GenericKubernetesResource object, Map<String, String> annotations) {
        object.getMetadata().setAnnotations(annotations);
        return object;
    }

    private static DatabaseState state(LiveCluster cluster) {
        return cluster.transactions().replay((index, transaction, state) -> {});
    }

    /** Columns of routers and switches that were there before, but for those that many write to. */
    private static Map<String, Set<String>> changedOfOthers(List<JsonNode> transactions, DatabaseState before) {
        var changed = new TreeMap<String, Set<String>>();
        for (var transaction : transactions) {
            for (var table : List.of("Logical_Router", "Logical_Switch", "Logical_Router_Port", "NAT")) {
                for (var row : transaction.path(table).properties()) {
                    var there = before.row(table, row.getKey());
                    if (there != null) {
                        var columns = new TreeSet<String>();
                        row.getValue().properties().forEach(column -> columns.add(column.getKey()));
                        columns.removeAll(SHARED.getOrDefault(there.text("name"), Set.of()));
                        columns.remove("qos_rules");
                        if (!columns.isEmpty()) {
                            changed.put(table + " " + there.text("name"), columns);
                        }
                    }
                }
            }
        }
        return changed;
    }
}
