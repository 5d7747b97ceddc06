package io.ovnegress.reconciler;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LoadBalancer;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.LogicalRouterStaticRoute;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.feature.Features;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterReason;
import io.ovnegress.reconciler.machine.Reconciler;
import io.ovnegress.reconciler.northbound.Marks;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;

/** Three nodes with gateways and egress routers, of which every transaction is judged. */
abstract class EgressRouterCluster {
    final TestCluster cluster;
    final List<String> unsafe = new ArrayList<>();

    EgressRouterCluster(ReconcilerConfig config) {
        cluster = new TestCluster(
                        config,
                        new FakeNorthbound(
                                FakeNorthbound.PINNED, new Reconciler(Features.of(config), 500).monitorSpec()))
                .installInSteps()
                .topology(1, 2, 3)
                .uplinks(1, 2, 3);
    }

    @BeforeEach
    void ovnkubesGroups() {
        cluster.portGroup("simpson");
        cluster.portGroup("bouvier");
        cluster.afterEachTransaction(unused -> {
            judge();
        });
    }

    /** Whoever is led to a router finds it whole, and a router lets nobody pass whom it does not know, in its families. */
    final void judge() {
        var insides = ours(LogicalRouterPort.TABLE).stream()
                .flatMap(port -> port.get(LogicalRouterPort.NETWORKS).stream())
                .map(text -> text.substring(0, text.indexOf('/')))
                .collect(Collectors.toSet());
        for (var way : cluster.clusterPolicies()) {
            if (way.get(LogicalRouterPolicy.MATCH).matches("ip[46]\\.dst == .*")
                    && way.get(LogicalRouterPolicy.ACTION).equals("reroute")
                    && !insides.containsAll(way.get(LogicalRouterPolicy.NEXTHOPS))) {
                unsafe.add("led to a router that is not there: " + way);
            }
        }
        for (var router : ours(LogicalRouter.TABLE)) {
            var dropped = cluster.database.children(LogicalRouter.POLICIES, router.id()).stream()
                    .filter(row -> row.get(LogicalRouterPolicy.ACTION).equals("drop"))
                    .map(row -> row.get(LogicalRouterPolicy.MATCH))
                    .toList();
            for (var nat : cluster.database.children(LogicalRouter.NAT, router.id())) {
                if (!dropped.contains(nat.get(Nat.EXTERNAL_IP).contains(":") ? "ip6" : "ip4")) {
                    unsafe.add("open to everybody: " + router);
                }
            }
        }
        for (var outside : ours(LogicalSwitch.TABLE)) {
            if (cluster.database.children(LogicalSwitch.ACLS, outside.id()).isEmpty()) {
                unsafe.add("without a fence: " + outside);
            }
        }
    }

    List<Row> ours(Table table) {
        return cluster.database.rows(table).stream()
                .filter(row ->
                        Marks.featureOf(row).filter("egress-router"::equals).isPresent())
                .toList();
    }

    private List<Row> ports() {
        return cluster.database.rows(LogicalSwitchPort.TABLE).stream()
                .filter(row -> row.get(LogicalSwitchPort.NAME).contains("egressrouter_"))
                .toList();
    }

    Map<String, String> vips(String balancer) {
        return ours(LoadBalancer.TABLE).stream()
                .filter(row -> row.get(LoadBalancer.NAME).endsWith("_" + balancer))
                .findFirst()
                .map(row -> row.get(LoadBalancer.VIPS))
                .orElse(Map.of());
    }

    StatusChange status(String name) {
        var change = cluster.otherStatuses.get("simpson/" + name);
        assertThat(change).as("status of %s in %s", name, cluster.otherStatuses).isNotNull();
        return change;
    }

    EgressRouterReason reason(String name) {
        return (EgressRouterReason) status(name).conditions().get(0).reason();
    }

    String message(String name) {
        return status(name).conditions().get(0).message();
    }

    void assertNothingIsLeft() {
        for (var table : List.of(
                LogicalRouter.TABLE,
                LogicalRouterPort.TABLE,
                LogicalRouterPolicy.TABLE,
                LogicalRouterStaticRoute.TABLE,
                LogicalSwitch.TABLE,
                LoadBalancer.TABLE,
                Nat.TABLE,
                AddressSet.TABLE,
                Acl.TABLE)) {
            assertThat(ours(table)).as(table.name()).isEmpty();
        }
        assertThat(ports()).isEmpty();
        assertThat(unsafe).isEmpty();
    }

    void moments() {
        cluster.seconds(5);
    }
}
