package io.ovnegress.reconciler;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.HaChassis;
import io.ovnegress.ovsdb.nb.HaChassisGroup;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.Scenario.OwnRouter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The own routers of egress IPs in the database of a scenario, as its files speak of them. */
final class ScenarioRouters {
    static final String PREFIX = "egressip_";
    private static final String ID_KEY = "ovn-egress.io/id";
    private static final String CARRIED = "carried/";

    private final TestCluster cluster;

    private ScenarioRouters(TestCluster cluster) {
        this.cluster = cluster;
    }

    /** By {@code OBJECT/EGRESS-IP}. */
    static Map<String, OwnRouter> in(TestCluster cluster) {
        return new ScenarioRouters(cluster).all();
    }

    private Map<String, OwnRouter> all() {
        var found = new TreeMap<String, OwnRouter>();
        for (var router : cluster.database.rows(LogicalRouter.TABLE)) {
            var name = router.get(LogicalRouter.NAME);
            if (name.startsWith(PREFIX)) {
                var words = name.substring(PREFIX.length()).split("_", -1);
                found.put(words[0] + "/" + words[1], new OwnRouter(nodeOf(router), ledTo(router)));
            }
        }
        return found;
    }

    private List<Row> ports(Row router) {
        return cluster.database.children(LogicalRouter.PORTS, router.id());
    }

    private String nodeOf(Row router) {
        var pinned = router.get(LogicalRouter.OPTIONS).get("chassis");
        var chassis = pinned != null
                ? pinned
                : ports(router).stream()
                        .flatMap(port -> port.get(LogicalRouterPort.HA_CHASSIS_GROUP).stream())
                        .flatMap(group -> cluster.database.children(HaChassisGroup.HA_CHASSIS, group).stream())
                        .max(Comparator.comparing(each -> each.get(HaChassis.PRIORITY)))
                        .orElseThrow()
                        .get(HaChassis.CHASSIS_NAME);
        return chassis.replace("chassis-", "node");
    }

    private List<String> ledTo(Row router) {
        var addresses = ports(router).stream()
                .filter(port -> port.get(LogicalRouterPort.NAME).startsWith("rtoj-"))
                .flatMap(port -> port.get(LogicalRouterPort.NETWORKS).stream())
                .map(network -> network.substring(0, network.indexOf('/')))
                .toList();
        var led = new ArrayList<String>();
        cluster.clusterPolicies().stream()
                .filter(policy ->
                        policy.get(LogicalRouterPolicy.NEXTHOPS).stream().anyMatch(addresses::contains))
                .flatMap(this::whoIsLedBy)
                .sorted()
                .forEach(led::add);
        return led;
    }

    private Stream<String> whoIsLedBy(Row policy) {
        var id = policy.get(LogicalRouterPolicy.EXTERNAL_IDS).get(ID_KEY);
        if (id.startsWith(CARRIED)) {
            return Stream.of(id.substring(CARRIED.length()));
        }
        var match = policy.get(LogicalRouterPolicy.MATCH);
        var set = match.substring(match.indexOf('$') + 1);
        return cluster.database.rows(AddressSet.TABLE).stream()
                .filter(row -> row.get(AddressSet.NAME).equals(set))
                .flatMap(row -> row.get(AddressSet.ADDRESSES).stream());
    }
}
