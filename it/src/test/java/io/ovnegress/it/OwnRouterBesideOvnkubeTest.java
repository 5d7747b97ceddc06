package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.oracle.DatabaseState;
import io.ovnegress.it.harness.oracle.DatabaseState.Row;
import io.ovnegress.it.harness.oracle.OwnRouterRules;
import io.ovnegress.it.harness.topology.Topology;
import java.util.HashMap;
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
    private static final Set<String> KEYS = Set.of("k8s.ovn.org/owner-controller", "k8s.ovn.org/network");
    /** Which elements of whose columns may come and go. */
    private static final Map<String, Set<String>> SHARED =
            Map.of("ovn_cluster_router", Set.of("policies", "static_routes"), "join", Set.of("ports"));

    @RegisterExtension
    static final ClusterExtension CONTROLLER =
            ClusterExtension.on(() -> TenNodes.start("northbound.db")).with("--egressip-form=Router");

    @Test
    void noRowIsOneThatAStartOfOvnkubeMasterWouldTakeAway(LiveCluster cluster) {
        cluster.label("node3", "node4");
        Map.of("simpson", "node1", "bouvier", "node2").forEach((house, node) -> {
            cluster.namespace(house, Map.of("house", house));
            cluster.run(Topology.pod(house, "pod", Map.of(), TenNodes.TOPOLOGY.node(node), 0));
        });
        var before = state(cluster);
        int transactions = cluster.transactions().size();

        cluster.apply(EgressIps.of("floating", Map.of("house", "simpson"), FLOATING));
        var pinned = EgressIps.of("pinned", Map.of("house", "bouvier"), PINNED);
        var spec = new LinkedHashMap<Object, Object>(
                (Map<?, ?>) pinned.getAdditionalProperties().get("spec"));
        spec.put("routerPlacement", "Pinned");
        pinned.setAdditionalProperty("spec", spec);
        cluster.apply(pinned);
        cluster.awaitItems("floating", new Item("node3", FLOATING));
        cluster.awaitItems("pinned", new Item("node4", PINNED));
        await("both namespaces are led to their routers")
                .until(() -> cluster.rows().policies().stream()
                                .filter(policy -> policy.priority() == 98)
                                .count()
                        == 2);

        var after = state(cluster);
        assertThat(OwnRouterRules.broken(after)).isEmpty();
        var ours = new TreeSet<String>();
        for (var table : after.tables()) {
            for (var row : after.rows(table)) {
                var ids = externalIds(row);
                if (ids.containsKey("ovn-egress.io/id")) {
                    ours.add(table);
                    assertThat(ids).containsEntry("k8s.ovn.org/owner-controller", "ovn-egress");
                    assertThat(ids.keySet())
                            .as("%s %s", table, ids)
                            .allMatch(key -> key.startsWith("ovn-egress.io/") || KEYS.contains(key));
                    assertThat(row.number("priority")).isNotEqualTo(101);
                    assertThat(row.text("name")).doesNotStartWith("GR_").doesNotStartWith("ext_");
                    assertThat(row.texts("other_config")).isEmpty();
                }
            }
        }
        assertThat(ours)
                .contains(
                        "Logical_Router",
                        "Logical_Router_Port",
                        "Logical_Router_Static_Route",
                        "Logical_Router_Policy",
                        "Logical_Switch",
                        "NAT",
                        "ACL",
                        "HA_Chassis_Group",
                        "HA_Chassis");
        var since = cluster.transactions().transactions().stream()
                .skip(transactions)
                .toList();
        assertThat(changedOfOthers(since, before)).as("of ovnkube's rows").isEmpty();
    }

    private static DatabaseState state(LiveCluster cluster) {
        return cluster.transactions().replay((index, transaction, state) -> {});
    }

    private static Map<String, String> externalIds(Row row) {
        var ids = new HashMap<String, String>();
        row.columns()
                .getOrDefault("external_ids", List.of())
                .forEach(pair -> ids.put(pair.path(0).asText(), pair.path(1).asText()));
        return ids;
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
