package io.ovnegress.reconciler.feature.egressrouter;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner.Router;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner.Way;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterRows;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.northbound.NorthboundView;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** The routers that are in the database, and what leads to them: indexes beside the view. Not thread safe. */
final class KnownRouters {
    private final NorthboundView view;
    private final Map<UUID, Router> routers = new HashMap<>();
    private final Map<UUID, Row> ways = new HashMap<>();

    KnownRouters(NorthboundView view) {
        this.view = view;
    }

    void forget() {
        routers.clear();
        ways.clear();
    }

    /** Whether there are others than before, or other ways to them. */
    boolean rowChanged(Optional<Row> before, Optional<Row> after) {
        var row = after.or(() -> before).orElseThrow();
        if (row.table() == LogicalRouter.TABLE) {
            boolean was = routers.remove(row.id()) != null;
            after.flatMap(EgressRouterOwner::of)
                    .filter(Router.class::isInstance)
                    .ifPresent(owner -> routers.put(row.id(), (Router) owner));
            return was || routers.containsKey(row.id());
        }
        if (row.table() == LogicalRouterPolicy.TABLE) {
            boolean was = ways.remove(row.id()) != null;
            after.filter(there -> EgressRouterOwner.of(there)
                            .filter(Way.class::isInstance)
                            .isPresent())
                    .ifPresent(there -> ways.put(there.id(), there));
            return was || ways.containsKey(row.id());
        }
        return false;
    }

    Set<Router> all() {
        return new HashSet<>(routers.values());
    }

    /** The chassis where the router is. */
    Optional<String> chassis(Router key) {
        return view.rowsOf(key).stream()
                .filter(row -> row.table() == LogicalRouter.TABLE)
                .flatMap(row ->
                        Optional.ofNullable(row.get(LogicalRouter.OPTIONS).get("chassis")).stream())
                .findFirst();
    }

    /** The virtual IPs that objects have, by their keys. */
    Map<String, IpAddress> virtualIps() {
        var found = new HashMap<String, IpAddress>();
        ways.values()
                .forEach(row -> EgressRouterOwner.of(row)
                        .ifPresent(owner -> EgressRouterRows.virtualIpOf(row)
                                .ifPresent(ip -> found.put(((Way) owner).object(), ip))));
        return found;
    }

    /** Where the object's way leads; nowhere if it drops, or is not there. */
    Set<String> nextHops(String object) {
        return view.rowsOf(new Way(object)).stream()
                .filter(row -> row.table() == LogicalRouterPolicy.TABLE)
                .findFirst()
                .map(row -> row.get(LogicalRouterPolicy.NEXTHOPS))
                .orElse(Set.of());
    }

    /** Whether somebody is led to this address on the join switch. */
    boolean isLedTo(String joinAddress) {
        return ways.values().stream()
                .anyMatch(row -> row.get(LogicalRouterPolicy.NEXTHOPS).contains(joinAddress));
    }
}
