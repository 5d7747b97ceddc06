package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.groupOf;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.nodeWithGateways;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.LogicalRouterStaticRoute;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.PortGroup;
import io.ovnegress.ovsdb.nb.Qos;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.safety.ForwardingRows;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A controller with {@code --egressip-form=Router} begins where ovnkube's EgressIP feature has served until now, and one without the
 * flag where that one has: after each transaction what every pod sends leaves as the egress IP. Every commit is also held against what
 * chassis may have installed of those before it.
 */
final class RouterAdoptionTest {
    private static final String IP = "192.168.126.100";
    private static final String ROUTER = "egressip_demo_" + IP;
    private static final List<String> PODS = List.of("10.128.0.5", "10.128.4.5");
    private static final ReconcilerConfig PER_POD = TestCluster.config(false, 500);
    private static final ReconcilerConfig ROUTERS =
            PER_POD.edit().form(EgressForm.Kind.ROUTER).build();
    private static final List<Table> TABLES = List.of(
            LogicalRouterPolicy.TABLE,
            LogicalRouterPort.TABLE,
            LogicalRouterStaticRoute.TABLE,
            LogicalSwitchPort.TABLE,
            PortGroup.TABLE,
            AddressSet.TABLE,
            Acl.TABLE,
            Qos.TABLE,
            Nat.TABLE);

    private final TestCluster cluster =
            TestCluster.inSteps(ROUTERS).topology(1, 2, 3).uplinks(1, 2, 3);
    private final List<String> wrong = new ArrayList<>();
    /** What serves the pods after each transaction, each once. */
    private final Set<String> stages = new LinkedHashSet<>();

    /** In which keys ovnkube has said whose its rows are. */
    enum Keys {
        /** Until December 2024. */
        NAME,
        /** Since then. */
        ID;

        private Map<String, String> of(String pod) {
            return this == NAME
                    ? Map.of("name", "demo")
                    : Map.of(
                            "k8s.ovn.org/owner-controller",
                            "default-network-controller",
                            "k8s.ovn.org/owner-type",
                            "EgressIP",
                            "k8s.ovn.org/name",
                            "demo_simpson/" + pod,
                            "ip-family",
                            "ip4");
        }
    }

    @BeforeEach
    void ovnkubesRows() {
        cluster.portGroup("simpson");
        insert("GR_node1", LogicalRouter.NAT, snat("192.168.126.11", "10.128.0.0/14", Set.of(), Map.of()));
        insert("GR_node2", LogicalRouter.NAT, snat("192.168.126.12", "10.128.0.0/14", Set.of(), Map.of()));
        // A policy of EgressService, and a SNAT that somebody has made by hand.
        insert(
                "ovn_cluster_router",
                LogicalRouter.POLICIES,
                policy(101, "10.128.0.77", Map.of("k8s.ovn.org/owner-type", "EgressService")));
        insert("GR_node2", LogicalRouter.NAT, snat("192.168.126.99", "10.128.0.78", Set.of(), Map.of("who", "moe")));
    }

    /** On the second node, which placement would not have chosen. */
    private void servedByOvnkube(Keys keys) {
        var names = Map.of(PODS.get(0), "homer", PODS.get(1), "marge");
        for (var address : PODS) {
            var ids = keys.of(names.get(address));
            insert("ovn_cluster_router", LogicalRouter.POLICIES, policy(100, address, ids));
            insert("GR_node2", LogicalRouter.NAT, snat(IP, address, Set.of("k8s-node2"), ids));
        }
    }

    private void insert(String router, Column<Set<UUID>> column, UUID row) {
        cluster.database.addTo(column, cluster.routers.get(router), row);
    }

    private UUID policy(long priority, String pod, Map<String, String> ids) {
        return cluster.database.insert(
                LogicalRouterPolicy.TABLE,
                Cell.of(LogicalRouterPolicy.PRIORITY, priority),
                Cell.of(LogicalRouterPolicy.MATCH, "ip4.src == " + pod),
                Cell.of(LogicalRouterPolicy.ACTION, "reroute"),
                Cell.of(LogicalRouterPolicy.NEXTHOPS, Set.of("100.64.0.3")),
                Cell.of(LogicalRouterPolicy.EXTERNAL_IDS, ids));
    }

    private UUID snat(String external, String logical, Set<String> port, Map<String, String> ids) {
        return cluster.database.insert(
                Nat.TABLE,
                Cell.of(Nat.TYPE, "snat"),
                Cell.of(Nat.EXTERNAL_IP, external),
                Cell.of(Nat.LOGICAL_IP, logical),
                Cell.of(Nat.LOGICAL_PORT, port),
                Cell.of(Nat.OPTIONS, Map.of("stateless", "false")),
                Cell.of(Nat.EXTERNAL_IDS, ids));
    }

    private InputObject[] seed(StatusItem... items) {
        return new InputObject[] {
            nodeWithGateways(1),
            nodeWithGateways(2),
            nodeWithGateways(3),
            namespace("simpson", "house=simpson"),
            pod("simpson", "homer", 1, PODS.get(0)),
            pod("simpson", "marge", 3, PODS.get(1)),
            egressIp("demo", where("house=simpson"), IP)
                    .edit()
                    .statusItems(List.of(items))
                    .build()
        };
    }

    /** After each transaction from now on. */
    private void look() {
        cluster.database.keep(new FakeNorthbound.Journal() {
            @Override
            public void committed(FakeNorthbound database, List<Operation> operations, CommitOutcome outcome) {
                var rows = FakeForwarding.of(database);
                PODS.forEach(address -> judge(rows, address));
                stages.add(stage(rows));
            }

            @Override
            public void tampered(FakeNorthbound database, List<Operation> operations) {}
        });
    }

    /** Of all policies that may decide about the pod the first leads to a router that gives it the egress IP. */
    private void judge(ForwardingRows rows, String address) {
        var way = rows.policies().stream()
                .filter(ForwardingRows.Policy::isReroute)
                .filter(policy ->
                        policy.pod().equals(address) || policy.pod().equals("$" + groupOf("simpson") + "_ip4"))
                .max(Comparator.comparingInt(ForwardingRows.Policy::priority));
        if (way.isEmpty()) {
            wrong.add(address + " has no way");
            return;
        }
        for (var hop : way.get().nexthops()) {
            var router = rows.routerOf(hop);
            boolean isRight = rows.snats().stream()
                    .anyMatch(snat -> snat.router().equals(router)
                            && snat.externalIp().equals(IP)
                            && (snat.logicalIp().equals(address)
                                    || snat.logicalIp().equals("10.128.0.0/14")));
            if (!isRight) {
                wrong.add(address + " is sent to " + router);
            }
        }
    }

    private static String stage(ForwardingRows rows) {
        long policies = rows.policies().stream()
                .filter(policy -> policy.priority() == 100)
                .count();
        long snats = rows.snats().stream()
                .filter(snat -> snat.logicalPort().startsWith("k8s-"))
                .count();
        var router = rows.snats().stream().anyMatch(snat -> snat.router().equals(ROUTER)) ? ", router" : "";
        var way = rows.policies().stream().anyMatch(policy -> policy.priority() == 98) ? ", way" : "";
        return policies + " policies, " + snats + " SNATs" + router + way;
    }

    /** What is nobody's egress IP's, as it is. */
    private Map<UUID, Row> foreign() {
        var found = new HashMap<UUID, Row>();
        for (var table : TABLES) {
            for (var row : cluster.database.rows(table)) {
                var ids = table.externalIds().map(row::get).orElse(Map.of());
                boolean isOfRouter = table == LogicalSwitchPort.TABLE
                        && row.get(LogicalSwitchPort.NAME).contains(ROUTER);
                if (!ids.containsKey("ovn-egress.io/id")
                        && !ids.containsKey("name")
                        && !"EgressIP".equals(ids.get("k8s.ovn.org/owner-type"))
                        && !isOfRouter) {
                    found.put(row.id(), row);
                }
            }
        }
        return found;
    }

    @ParameterizedTest
    @EnumSource
    void whatOvnkubeServesGoesOverToARouterInStepsAndBack(Keys keys) {
        servedByOvnkube(keys);
        var foreign = foreign();
        look();

        cluster.start(seed());
        cluster.seconds(10);

        assertThat(wrong).isEmpty();
        assertThat(stages)
                .containsExactly(
                        "2 policies, 2 SNATs, router",
                        "2 policies, 2 SNATs, router, way",
                        "0 policies, 2 SNATs, router, way",
                        "0 policies, 0 SNATs, router, way");
        assertThat(cluster.items("demo")).as("where ovnkube had it").containsExactly(new StatusItem("node2", IP));
        assertThat(foreign()).isEqualTo(foreign);

        stages.clear();
        cluster.restart(PER_POD, seed(new StatusItem("node2", IP)));
        cluster.seconds(10);

        assertThat(wrong).isEmpty();
        assertThat(stages)
                .containsExactly(
                        "0 policies, 2 SNATs, router, way",
                        "2 policies, 2 SNATs, router, way",
                        "2 policies, 2 SNATs, router",
                        "2 policies, 2 SNATs");
        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node2", IP));
        assertThat(cluster.database.rows(LogicalSwitch.TABLE))
                .noneMatch(row -> row.get(LogicalSwitch.NAME).contains("egressip"));
        assertThat(foreign()).isEqualTo(foreign);
    }
}
