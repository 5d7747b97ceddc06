package io.ovnegress.reconciler.feature.egressip.topology;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.egressip.placement.Placement;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.router.TopologyNames;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/** The gateway routers of the nodes as the database has them; a node without one cannot send anything yet. Not thread safe. */
public final class EgressGateways {
    private final NorthboundView view;
    private final Map<String, Optional<Gateway>> gateways = new HashMap<>();
    private final Map<String, List<IpNetwork>> externalNetworks = new HashMap<>();

    public EgressGateways(NorthboundView view) {
        this.view = view;
    }

    /**
     * @param router the UUID of {@code GR_<node>}
     * @param managementPort {@code k8s-<node>}
     * @param joinV4 addresses of {@code rtoj-GR_<node>}, without prefix length
     */
    public record Gateway(UUID router, String managementPort, Set<String> joinV4, Set<String> joinV6) {
        public Set<String> joinAddresses(IpFamily family) {
            return family == IpFamily.V4 ? joinV4 : joinV6;
        }
    }

    /** The node's gateway; empty while its router or the router's join port is missing. */
    public Optional<Gateway> of(String node) {
        return gateways.computeIfAbsent(node, this::read);
    }

    /**
     * The routers that it takes to send pods to the egress IP's node, and that are not in the database, or whose join port of its
     * family is not.
     */
    public Set<String> missing(Placement.Assignment assignment) {
        return missing(assignment.node(), assignment.egressIp().family());
    }

    public Set<String> missing(String node, IpFamily family) {
        var missing = new TreeSet<String>();
        if (view.router(TopologyNames.CLUSTER_ROUTER).isEmpty()) {
            missing.add(TopologyNames.CLUSTER_ROUTER);
        }
        if (!leadsTo(node, family)) {
            missing.add(TopologyNames.GATEWAY_ROUTER_PREFIX + node);
        }
        return missing;
    }

    /** Whether the node's router, and its join port with an address of the family, are in the database. */
    public boolean leadsTo(String node, IpFamily family) {
        return of(node).filter(gateway -> !gateway.joinAddresses(family).isEmpty())
                .isPresent();
    }

    /** The networks of the gateway router's external port. */
    public List<IpNetwork> externalNetworks(String node) {
        return externalNetworks.computeIfAbsent(node, this::readExternalNetworks);
    }

    private List<IpNetwork> readExternalNetworks(String node) {
        var networks = new ArrayList<IpNetwork>();
        for (var network : new TreeSet<>(view.portNetworks(TopologyNames.EXTERNAL_PORT_PREFIX + node))) {
            IpNetwork.parse(network).ifPresent(networks::add);
        }
        return List.copyOf(networks);
    }

    /** Forgets what was read, after routers or ports changed. */
    public void changed() {
        gateways.clear();
        externalNetworks.clear();
    }

    /** The node whose gateway router this is; empty if it is none, or not in the database. */
    public Optional<String> nodeOf(UUID router) {
        return view.row(LogicalRouter.TABLE, router).flatMap(row -> nodeOf(row.get(LogicalRouter.NAME)));
    }

    /** Whether the policy sends what it takes to the node's gateway router. */
    public boolean isSentTo(String node, IpFamily family, Row policy) {
        return of(node).filter(gateway ->
                        !Collections.disjoint(policy.get(LogicalRouterPolicy.NEXTHOPS), gateway.joinAddresses(family)))
                .isPresent();
    }

    /** The node whose gateway router or port of one this is. */
    public static Optional<String> nodeOf(String routerOrPort) {
        for (var prefix : List.of(
                TopologyNames.GATEWAY_ROUTER_PREFIX,
                TopologyNames.JOIN_PORT_PREFIX,
                TopologyNames.EXTERNAL_PORT_PREFIX)) {
            if (routerOrPort.startsWith(prefix)) {
                return Optional.of(routerOrPort.substring(prefix.length()));
            }
        }
        return Optional.empty();
    }

    private Optional<Gateway> read(String node) {
        var join = view.portNetworks(TopologyNames.JOIN_PORT_PREFIX + node);
        return view.router(TopologyNames.GATEWAY_ROUTER_PREFIX + node)
                .map(router -> new Gateway(
                        router,
                        TopologyNames.MANAGEMENT_PORT_PREFIX + node,
                        addresses(join, IpFamily.V4),
                        addresses(join, IpFamily.V6)))
                .filter(gateway ->
                        !gateway.joinV4().isEmpty() || !gateway.joinV6().isEmpty());
    }

    private static Set<String> addresses(Set<String> networks, IpFamily family) {
        var addresses = new TreeSet<String>();
        for (var network : networks) {
            IpNetwork.parse(network)
                    .filter(parsed -> parsed.family() == family)
                    .ifPresent(parsed -> addresses.add(parsed.address().text()));
        }
        return Set.copyOf(addresses);
    }
}
