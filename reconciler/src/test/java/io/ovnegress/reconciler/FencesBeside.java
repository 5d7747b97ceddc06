package io.ovnegress.reconciler;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterStaticRoute;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.nb.PortGroup;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.feature.fence.FenceFeature;
import io.ovnegress.reconciler.feature.fence.FenceInput;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.northbound.Marks;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;

/** Fences that come, change and go while egress IPs do, and are damaged now and then. */
final class FencesBeside implements Beside {
    private final Map<String, FenceInput> fences = new TreeMap<>();
    private UUID port1 = new UUID(0, 0);
    private UUID port2 = new UUID(0, 0);

    @Override
    public List<Feature> features() {
        return List.of(new FenceFeature());
    }

    @Override
    public void prepare(FakeNorthbound database) {
        var ports = database.insert(LogicalSwitch.TABLE, Cell.of(LogicalSwitch.NAME, "fenced"));
        port1 = database.insert(LogicalSwitchPort.TABLE, Cell.of(LogicalSwitchPort.NAME, "port1"));
        port2 = database.insert(LogicalSwitchPort.TABLE, Cell.of(LogicalSwitchPort.NAME, "port2"));
        database.addTo(LogicalSwitch.PORTS, ports, port1);
        database.addTo(LogicalSwitch.PORTS, ports, port2);
    }

    @Override
    public List<InputChange> inputs(int step) {
        return switch (step % 4) {
            case 0 -> List.of(put("bank", "100.64.0.2", port1), put("mint", "100.64.0.3", port1, port2));
            case 1 -> List.of(put("bank", "100.64.0.3", port2));
            case 2 -> List.of(remove("mint"), put("bank", "100.64.0.3"));
            default -> List.of(remove("bank"));
        };
    }

    private InputChange put(String name, String nexthop, UUID... ports) {
        var fence = new FenceInput(name, Set.of(ports), subnet(name), nexthop);
        fences.put(name, fence);
        return new InputChange.Put(fence);
    }

    private static String subnet(String name) {
        return name.equals("bank") ? "198.51.100.0/24" : "203.0.113.0/24";
    }

    private InputChange remove(String name) {
        fences.remove(name);
        return new InputChange.Removed(FenceInput.KIND, name);
    }

    @Override
    public boolean damages(int step) {
        return step > 0;
    }

    /** A port leaves every group, another one comes, and no route is left; where there is none yet, nothing happens. */
    @Override
    public void damage(int step, FakeNorthbound database) {
        for (var group : rows(database, PortGroup.TABLE)) {
            database.removeFrom(PortGroup.PORTS, group.id(), port1);
            database.addTo(PortGroup.PORTS, group.id(), port2);
        }
        for (var route : rows(database, LogicalRouterStaticRoute.TABLE)) {
            database.delete(LogicalRouterStaticRoute.TABLE, route.id());
        }
    }

    private static List<Row> rows(FakeNorthbound database, Table table) {
        return database.rows(table).stream().filter(FencesBeside::isOurs).toList();
    }

    private static boolean isOurs(Row row) {
        return Marks.featureOf(row).filter("fence"::equals).isPresent();
    }

    @Override
    public void check(FakeNorthbound database) {
        var groups = new ArrayList<String>();
        for (var group : rows(database, PortGroup.TABLE)) {
            var matches = database.children(PortGroup.ACLS, group.id()).stream()
                    .map(acl -> acl.get(Acl.MATCH))
                    .toList();
            groups.add(group.get(PortGroup.NAME) + " " + new TreeSet<>(group.get(PortGroup.PORTS)) + " " + matches);
        }
        assertThat(groups)
                .as("port groups")
                .containsExactlyInAnyOrderElementsOf(fences.values().stream()
                        .map(fence -> "fence_" + fence.name() + " " + new TreeSet<>(fence.ports())
                                + " [inport == @fence_" + fence.name() + " && ip4.dst == " + fence.subnet() + "]")
                        .toList());
        assertThat(rows(database, Acl.TABLE)).as("ACLs").hasSize(fences.size());
        var routers = database.rows(LogicalRouter.TABLE).stream()
                .filter(router -> router.get(LogicalRouter.NAME).equals("ovn_cluster_router"))
                .toList();
        var routes = routers.stream()
                .flatMap(router -> database.children(LogicalRouter.STATIC_ROUTES, router.id()).stream())
                .filter(FencesBeside::isOurs)
                .map(route -> route.get(LogicalRouterStaticRoute.IP_PREFIX) + " via "
                        + route.get(LogicalRouterStaticRoute.NEXTHOP))
                .toList();
        assertThat(routes)
                .as("routes")
                .containsExactlyInAnyOrderElementsOf(
                        routers.isEmpty()
                                ? Set.of()
                                : fences.values().stream()
                                        .map(fence -> fence.subnet() + " via " + fence.nexthop())
                                        .collect(Collectors.toSet()));
    }
}
