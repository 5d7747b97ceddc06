package io.ovnegress.reconciler.feature.egressip.explain;

import io.ovnegress.reconciler.explain.Departure.Exit;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner.Router;
import io.ovnegress.reconciler.feature.egressip.rows.KnownRouters;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.router.NodeUplinks;
import io.ovnegress.reconciler.router.RouterExits;
import java.util.Comparator;
import java.util.Optional;

/**
 * What becomes of a pod's packets at routers that egress IPs have of their own, as the database has them, whole or not. Reads anew each
 * time; not thread safe.
 */
final class RouterPassages {
    private final NorthboundView view;
    private final KnownRouters known;
    private final NodeUplinks uplinks;
    private final RouterExits exits;

    RouterPassages(NorthboundView view, KnownRouters known, NodeUplinks uplinks) {
        this.view = view;
        this.known = known;
        this.uplinks = uplinks;
        this.exits = new RouterExits(view);
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
        var node = known.chassisOf(router).flatMap(uplinks::nodeOf).orElse("a node that is not known");
        var exit = exits.of(router, pod);
        return new Passage(
                router.routerName(),
                node,
                exit.source().map(source -> new Exit(Optional.of(source), node)),
                exit.lacks());
    }
}
