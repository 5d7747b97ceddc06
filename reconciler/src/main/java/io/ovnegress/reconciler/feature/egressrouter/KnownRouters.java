package io.ovnegress.reconciler.feature.egressrouter;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner.Router;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner.Way;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterRows;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.northbound.NorthboundView;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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

    /** The virtual IPs that objects have. */
    Map<VirtualIps.Place, IpAddress> virtualIps() {
        var found = new HashMap<VirtualIps.Place, IpAddress>();
        ways.values()
                .forEach(row -> EgressRouterOwner.of(row)
                        .ifPresent(owner -> EgressRouterRows.virtualIpOf(row)
                                .ifPresent(ip ->
                                        found.put(new VirtualIps.Place(((Way) owner).object(), ip.family()), ip))));
        return found;
    }

    /** Where the object's ways lead, of both families; nowhere if they drop, or are not there. */
    Set<String> nextHops(String object) {
        return view.rowsOf(new Way(object)).stream()
                .filter(row -> row.table() == LogicalRouterPolicy.TABLE)
                .flatMap(row -> row.get(LogicalRouterPolicy.NEXTHOPS).stream())
                .collect(Collectors.toSet());
    }

    /** As which addresses packets leave by the router as its rows are: that of its name, and of the other family what all of these say. */
    List<IpAddress> sources(Router key) {
        var named = IpAddress.parse(key.source()).orElseThrow();
        var outside = view.portNetworks(key.outsidePort()).stream()
                .flatMap(network -> IpNetwork.parse(network).stream())
                .map(IpNetwork::address)
                .collect(Collectors.toSet());
        return Stream.concat(
                        Stream.of(named),
                        view.rowsOf(key).stream()
                                .filter(row -> row.table() == Nat.TABLE)
                                .flatMap(row -> IpAddress.parse(row.get(Nat.EXTERNAL_IP)).stream())
                                .filter(ip -> ip.family() != named.family() && outside.contains(ip)))
                .distinct()
                .toList();
    }

    /** Whether somebody is led to this address on the join switch. */
    boolean isLedTo(String joinAddress) {
        return ways.values().stream()
                .anyMatch(row -> row.get(LogicalRouterPolicy.NEXTHOPS).contains(joinAddress));
    }
}
