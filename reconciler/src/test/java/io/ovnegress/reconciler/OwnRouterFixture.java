package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.HaChassis;
import io.ovnegress.ovsdb.nb.HaChassisGroup;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.LogicalRouterStaticRoute;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NodeInput;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;

/** Three nodes with gateways, the pods of two namespaces, and how to look at the rows of routers that are ours. */
abstract class OwnRouterFixture {
    static final LabelSelector SIMPSON = where("house=simpson");
    static final String EGRESS_IP = "192.168.126.100";
    static final String ROUTER = "egressip_demo_192.168.126.100";
    static final EgressIpInput PER_POD = egressIp("demo", SIMPSON, EGRESS_IP);
    static final EgressIpInput FLOATING =
            PER_POD.edit().form(EgressForm.FLOATING).build();
    static final EgressIpInput PINNED = PER_POD.edit().form(EgressForm.PINNED).build();
    /** Of the pods that demo's routers serve. */
    static final String ROUTED = "ovn_egress_routed_b2285bb546f933e1_v4";

    static final Set<Table> TABLES = Set.of(
            LogicalRouter.TABLE,
            LogicalRouterPort.TABLE,
            LogicalRouterStaticRoute.TABLE,
            LogicalSwitch.TABLE,
            LogicalSwitchPort.TABLE,
            Acl.TABLE,
            HaChassis.TABLE,
            HaChassisGroup.TABLE,
            Nat.TABLE);

    final TestCluster cluster = TestCluster.inSteps(TestCluster.config(false, 500))
            .topology(1, 2, 3)
            .uplinks(1, 2, 3);

    @BeforeEach
    void ovnkubesGroup() {
        cluster.portGroup("simpson");
    }

    static NodeInput node(int n) {
        return TestCluster.nodeWithGateways(n);
    }

    static InputObject[] seed(InputObject... more) {
        var all = new ArrayList<InputObject>(List.of(
                node(1),
                node(2),
                node(3),
                namespace("simpson", "house=simpson"),
                namespace("bouvier", "house=bouvier"),
                pod("simpson", "homer", 1, "10.128.0.5"),
                pod("simpson", "marge", 3, "10.128.4.5"),
                pod("bouvier", "selma", 1, "10.128.0.6")));
        all.addAll(List.of(more));
        return all.toArray(InputObject[]::new);
    }

    void seconds(InputObject... objects) {
        cluster.seconds(5, objects);
    }

    /** By name the rows of routers that are ours. */
    Map<String, Row> ours() {
        var found = new TreeMap<String, Row>();
        for (var table : TABLES) {
            for (var row : cluster.database.rows(table)) {
                if (table == LogicalSwitchPort.TABLE) {
                    addPort(row, found);
                    continue;
                }
                var id = row.get(table.externalIds().orElseThrow()).getOrDefault("ovn-egress.io/id", "");
                if (id.startsWith("router/")) {
                    found.put(id.substring(id.indexOf('/', "router/demo/".length()) + 1), row);
                }
            }
        }
        return found;
    }

    /** They are told by their names. */
    private static void addPort(Row row, Map<String, Row> found) {
        var name = row.get(LogicalSwitchPort.NAME);
        var form = name.endsWith("_pinned") ? "pinned/" : "floating/";
        Map.of("jtor-egressip_", "join-port", "etor-egressip_", "outside-port", "physical-egressip_", "localnet")
                .forEach((prefix, part) -> {
                    if (name.startsWith(prefix)) {
                        found.put(form + part, row);
                    }
                });
    }

    Row our(String part) {
        return ours().get("floating/" + part);
    }

    List<Row> ways() {
        return cluster.clusterPolicies().stream()
                .filter(row -> row.get(LogicalRouterPolicy.ACTION).equals("reroute"))
                .toList();
    }

    static String match(Row policy) {
        return policy.get(LogicalRouterPolicy.MATCH);
    }

    Map<String, Long> chassis() {
        return cluster.database.rows(HaChassis.TABLE).stream()
                .collect(Collectors.toMap(row -> row.get(HaChassis.CHASSIS_NAME), row -> row.get(HaChassis.PRIORITY)));
    }

    List<StatusItem> items(String object) {
        return cluster.items(object);
    }

    /** Looks after every transaction. */
    void after(Runnable look) {
        cluster.afterEachTransaction(unused -> {
            look.run();
        });
    }

    Set<String> routed() {
        return cluster.database.rows(AddressSet.TABLE).stream()
                .filter(row -> row.get(AddressSet.NAME).startsWith("ovn_egress_routed"))
                .flatMap(row -> cluster.members(row.get(AddressSet.NAME)).stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** By id the policies and sets that are ours, on whatever router. */
    Map<String, Row> leading() {
        var found = new TreeMap<String, Row>();
        for (var table : List.of(LogicalRouterPolicy.TABLE, AddressSet.TABLE)) {
            for (var row : cluster.database.rows(table)) {
                var id = row.get(table.externalIds().orElseThrow()).get("ovn-egress.io/id");
                if (id != null) {
                    found.put(table.name() + "/" + id, row);
                }
            }
        }
        return found;
    }
}
