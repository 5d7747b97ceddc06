package io.ovnegress.reconciler.router;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.LogicalRouterStaticRoute;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How packets of pods leave a router of our own, as the database has it, whole or not: it takes a route to the outside and a SNAT for
 * the pod, and what comes through without one is dropped on the router's switch. Reads anew each time; not thread safe.
 */
public final class RouterExits {
    private static final String SOURCE = ".src == ";

    private final NorthboundView view;

    public RouterExits(NorthboundView view) {
        this.view = view;
    }

    /**
     * Either of these.
     *
     * @param source as which packets leave
     * @param lacks for want of what they are dropped, in words
     */
    public record Exit(Optional<String> source, Optional<String> lacks) {
        private static Exit lacking(String what) {
            return new Exit(Optional.empty(), Optional.of(what));
        }
    }

    /** Of what the pod's address sends to somebody outside. */
    public <R extends Owner & OwnRouter> Exit of(R router, IpAddress pod) {
        if (rows(router, LogicalRouterStaticRoute.TABLE).noneMatch(route -> leadsOut(route, pod))) {
            return Exit.lacking("a route to the outside");
        }
        var snat = rows(router, Nat.TABLE)
                .filter(nat -> nat.get(Nat.TYPE).equals("snat") && covers(nat.get(Nat.LOGICAL_IP), pod))
                .max(Comparator.comparingInt(nat -> length(nat.get(Nat.LOGICAL_IP))))
                .map(nat -> nat.get(Nat.EXTERNAL_IP));
        if (snat.isEmpty() && isFenced(router, pod)) {
            return Exit.lacking("a SNAT for the pod");
        }
        return new Exit(snat.or(() -> Optional.of(pod.text())), Optional.empty());
    }

    /** What the router itself has of the table. */
    public <R extends Owner & OwnRouter> Stream<Row> rows(R router, Table table) {
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

    private <R extends Owner & OwnRouter> boolean isFenced(R router, IpAddress pod) {
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
