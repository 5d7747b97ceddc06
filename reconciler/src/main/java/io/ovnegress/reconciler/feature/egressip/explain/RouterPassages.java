package io.ovnegress.reconciler.feature.egressip.explain;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.LogicalRouterStaticRoute;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.explain.Departure.Exit;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner.Router;
import io.ovnegress.reconciler.feature.egressip.rows.KnownRouters;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.router.NodeUplinks;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What becomes of a pod's packets at routers that egress IPs have of their own, as the database has them, whole or not: it takes a
 * route to the outside and a SNAT for the pod, and what comes through without one is dropped on the router's switch. Reads anew each
 * time; not thread safe.
 */
final class RouterPassages {
    private static final String SOURCE = ".src == ";

    private final NorthboundView view;
    private final KnownRouters known;
    private final NodeUplinks uplinks;

    RouterPassages(NorthboundView view, KnownRouters known, NodeUplinks uplinks) {
        this.view = view;
        this.known = known;
        this.uplinks = uplinks;
    }

    /**
     * At one router either of these.
     *
     * @param node where it is
     * @param exit how the packets leave
     * @param lacks for want of what they are dropped, in words
     */
    record Passage(String router, String node, Optional<Exit> exit, Optional<String> lacks) {}

    /** At the router with this address on the join switch; empty if no egress IP has one there. */
    Optional<Passage> by(String joinAddress, IpAddress pod) {
        return known.all().stream()
                .filter(router -> view.portNetworks(router.insidePort()).stream()
                        .anyMatch(network -> network.startsWith(joinAddress + "/")))
                .min(Comparator.comparing(Router::routerName))
                .map(router -> through(router, pod));
    }

    private Passage through(Router router, IpAddress pod) {
        var name = router.routerName();
        var node = known.chassisOf(router).flatMap(uplinks::nodeOf).orElse("a node that is not known");
        if (rows(router, LogicalRouterStaticRoute.TABLE).noneMatch(route -> leadsOut(route, pod))) {
            return new Passage(name, node, Optional.empty(), Optional.of("a route to the outside"));
        }
        var snat = rows(router, Nat.TABLE)
                .filter(nat -> nat.get(Nat.TYPE).equals("snat") && covers(nat.get(Nat.LOGICAL_IP), pod))
                .max(Comparator.comparingInt(nat -> length(nat.get(Nat.LOGICAL_IP))))
                .map(nat -> nat.get(Nat.EXTERNAL_IP));
        if (snat.isEmpty() && isFenced(router, pod)) {
            return new Passage(name, node, Optional.empty(), Optional.of("a SNAT for the pod"));
        }
        return new Passage(
                name, node, Optional.of(new Exit(snat.or(() -> Optional.of(pod.text())), node)), Optional.empty());
    }

    /** What the router itself has of the table. */
    private Stream<Row> rows(Router router, Table table) {
        var id = view.router(router.routerName());
        return view.rowsOf(router).stream()
                .filter(row -> row.table() == table)
                .filter(row -> view.parentsOf(row.id()).stream()
                        .anyMatch(parent -> id.filter(parent.parent()::equals).isPresent()));
    }

    private static boolean leadsOut(Row route, IpAddress pod) {
        return IpNetwork.parse(route.get(LogicalRouterStaticRoute.IP_PREFIX))
                .filter(network -> network.family() == pod.family() && network.prefixLength() == 0)
                .isPresent();
    }

    private boolean isFenced(Router router, IpAddress pod) {
        return view.rowsOf(router).stream()
                .filter(row ->
                        row.table() == Acl.TABLE && !view.parentsOf(row.id()).isEmpty())
                .map(row -> row.get(Acl.MATCH))
                .anyMatch(match -> match.contains(SOURCE)
                        && covers(match.substring(match.indexOf(SOURCE) + SOURCE.length()), pod));
    }

    private static boolean covers(String network, IpAddress pod) {
        return IpNetwork.parse(network).filter(each -> each.contains(pod)).isPresent();
    }

    private static int length(String network) {
        return IpNetwork.parse(network).map(IpNetwork::prefixLength).orElse(0);
    }
}
