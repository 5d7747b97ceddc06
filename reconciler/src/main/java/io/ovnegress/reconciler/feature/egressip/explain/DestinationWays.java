package io.ovnegress.reconciler.feature.egressip.explain;

import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterStaticRoute;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.explain.Departure;
import io.ovnegress.reconciler.explain.Destination;
import io.ovnegress.reconciler.explain.Match;
import io.ovnegress.reconciler.explain.Reason;
import io.ovnegress.reconciler.feature.egressip.rows.DestinedRows;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner;
import io.ovnegress.reconciler.feature.egressip.rows.ForeignPolicies;
import io.ovnegress.reconciler.feature.egressip.topology.EgressGateways;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.northbound.Marks;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.PrintableText;
import io.ovnegress.reconciler.router.TopologyNames;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What becomes of a pod's packet to one destination under the rows of the database: whether it comes to the cluster router at all,
 * which of all policies there decides about it, and if none does, which route. From there on it is as to any destination.
 */
final class DestinationWays {
    private static final int LONGEST_MATCH = 200;
    /** The cluster router's port to the switch of a node. */
    private static final String SWITCH_PORT_PREFIX = "rtos-";

    private final Inputs cluster;
    private final NorthboundView view;
    private final EgressGateways gateways;
    private final ForeignPolicies policies;
    private final PodWays ways;
    private final List<IpNetwork> services;

    DestinationWays(
            Inputs cluster,
            NorthboundView view,
            EgressGateways gateways,
            ForeignPolicies policies,
            PodWays ways,
            List<IpNetwork> services) {
        this.cluster = cluster;
        this.view = view;
        this.gateways = gateways;
        this.policies = policies;
        this.ways = ways;
        this.services = services;
    }

    /**
     * @param isOurs whether it is left to what is programmed for the pod's address, or for its namespace
     * @param reasons in the order in which they decide
     */
    record Way(Departure departure, boolean isOurs, List<Reason> reasons) {}

    Way of(PodInput pod, IpAddress source, Destination to) {
        if (services.stream().anyMatch(network -> network.contains(to.address()))) {
            return new Way(
                    Departure.unknown(),
                    false,
                    List.of(
                            new Reason(
                                    EgressIpFinding.ServiceAddress,
                                    to.address()
                                            + " is a Service's (--service-subnets): the load balancer of the pod's switch puts"
                                            + " an endpoint's address in its place, so ask for that: kubectl get endpointslices -A")));
        }
        var nodesSwitch = cluster.node(pod.node()).stream()
                .flatMap(node -> node.podSubnets().stream())
                .anyMatch(subnet -> subnet.contains(to.address()));
        if (nodesSwitch) {
            return new Way(
                    Departure.inside(),
                    false,
                    List.of(new Reason(
                            EgressIpFinding.SameSwitch,
                            to.address() + " is on the switch of the pod's own node: no router is asked")));
        }
        var packet = new Match.Packet(SWITCH_PORT_PREFIX + pod.node(), source, to.address(), to.protocol(), to.port());
        for (var policy : candidates(source)) {
            switch (fits(policy, packet, pod, source)) {
                case YES -> {
                    return decided(pod, packet, to, policy);
                }
                case UNKNOWN -> {
                    return new Way(
                            Departure.unknown(),
                            false,
                            List.of(new Reason(
                                    EgressIpFinding.Undecided,
                                    "whether this one decides cannot be told from what is asked (say port and"
                                            + " protocol), or from what is known here: " + words(policy))));
                }
                case NO -> {}
            }
        }
        return routed(pod, source, to, List.of());
    }

    /** Every policy that may say something of the address, the one that is asked first at first. */
    private List<Row> candidates(IpAddress source) {
        var router = view.router(TopologyNames.CLUSTER_ROUTER);
        var rows = new ArrayList<>(view.rowsOf(new EgressIpOwner.PodIp(source)));
        rows.addAll(policies.of(source));
        rows.addAll(policies.general());
        return rows.stream()
                .filter(row -> row.table() == LogicalRouterPolicy.TABLE)
                .filter(row -> view.parentsOf(row.id()).stream()
                        .anyMatch(
                                parent -> router.filter(parent.parent()::equals).isPresent()))
                .distinct()
                .sorted(Comparator.comparing((Row row) -> row.get(LogicalRouterPolicy.PRIORITY))
                        .reversed()
                        .thenComparing(Row::id))
                .toList();
    }

    private Match.Fits fits(Row policy, Match.Packet packet, PodInput pod, IpAddress source) {
        var match = policy.get(LogicalRouterPolicy.MATCH);
        if (match.startsWith("inport == \"") && !match.startsWith("inport == \"" + packet.inport() + "\"")) {
            return Match.Fits.NO; // one for each node of the cluster
        }
        return Match.of(match, packet, name -> members(name, policy, pod, source));
    }

    /** Of sets over the ports of a namespace, which are nowhere, it is known of what is over them which namespace it is for. */
    private Optional<Set<String>> members(String set, Row policy, PodInput pod, IpAddress source) {
        if (view.addressSet(set).isPresent()) {
            return Optional.of(view.addresses(set));
        }
        return view.ownerOf(policy.id())
                .flatMap(owner -> switch (owner) {
                    case EgressIpOwner.Namespace(var namespace) -> Optional.of(namespace);
                    case EgressIpOwner.Destined unused ->
                        DestinedRows.namespaceOf(
                                policy.get(LogicalRouterPolicy.EXTERNAL_IDS).getOrDefault(Marks.ID_KEY, ""));
                    default -> Optional.empty();
                })
                .map(namespace -> namespace.equals(pod.name().namespace()) ? Set.of(source.text()) : Set.<String>of());
    }

    private Way decided(PodInput pod, Match.Packet packet, Destination to, Row policy) {
        var source = packet.source();
        var reason = new Reason(EgressIpFinding.Decides, "of all policies this one decides: " + words(policy));
        var action = policy.get(LogicalRouterPolicy.ACTION);
        if (action.equals("allow")) {
            return routed(pod, source, to, List.of(reason));
        }
        if (action.equals("reroute") && isIntoTheCluster(policy)) {
            return new Way(Departure.inside(), false, List.of(reason));
        }
        if (action.equals("reroute") && nodeWithSubnetOf(to.address()).isPresent()) {
            return comesBack(pod, packet, policy, reason);
        }
        boolean isOurs = view.ownerOf(policy.id())
                .filter(owner -> owner instanceof EgressIpOwner.PodIp
                        || owner instanceof EgressIpOwner.Namespace
                        || owner instanceof EgressIpOwner.CutOff
                        || owner instanceof EgressIpOwner.Routed)
                .isPresent();
        return new Way(ways.by(source, Optional.of(policy), pod.node()), isOurs, List.of(reason));
    }

    /** Gateway routers send what is for a pod back, to where the same policy decides about it again, if it fits. */
    private Way comesBack(PodInput pod, Match.Packet packet, Row policy, Reason reason) {
        var back = new Match.Packet(
                TopologyNames.CLUSTER_JOIN_PORT,
                packet.source(),
                packet.destination(),
                packet.protocol(),
                packet.port());
        boolean again = fits(policy, back, pod, packet.source()) == Match.Fits.YES;
        return new Way(again ? Departure.dropped() : Departure.unknown(), false, List.of(reason));
    }

    /** Such as ovnkube's, which send what is for a node to its management port. */
    private boolean isIntoTheCluster(Row policy) {
        var hops = new ArrayList<>(policy.get(LogicalRouterPolicy.NEXTHOPS));
        hops.addAll(policy.get(LogicalRouterPolicy.NEXTHOP));
        return !hops.isEmpty()
                && hops.stream()
                        .allMatch(hop -> IpAddress.parse(hop)
                                .filter(address -> nodeWithSubnetOf(address).isPresent())
                                .isPresent());
    }

    private Optional<NodeInput> nodeWithSubnetOf(IpAddress address) {
        return cluster.nodes().stream()
                .filter(node -> node.podSubnets().stream().anyMatch(subnet -> subnet.contains(address)))
                .findFirst();
    }

    /** A route that fits, and how well; the source counts as the destination does. */
    private record Route(int length, Row row, boolean bySource) {}

    /** The longest prefix decides, of routes by the source too; a switch of the router's own before a route to elsewhere. */
    private Way routed(PodInput pod, IpAddress source, Destination to, List<Reason> before) {
        var reasons = new ArrayList<>(before);
        var there = nodeWithSubnetOf(to.address());
        if (there.isPresent()) {
            reasons.add(new Reason(
                    EgressIpFinding.InCluster,
                    to.address() + " is on the switch of node " + there.get().name()));
            return new Way(Departure.inside(), false, reasons);
        }
        var route = route(source, to.address());
        if (route.isEmpty()) {
            reasons.add(new Reason(EgressIpFinding.NoRoute, "no route of ovn_cluster_router leads there"));
            return new Way(Departure.dropped(), false, reasons);
        }
        var found = route.get();
        var node = cluster.nodes().stream()
                .filter(each -> gateways.of(each.name())
                        .filter(gateway -> gateway.joinAddresses(source.family())
                                .contains(found.row().get(LogicalRouterStaticRoute.NEXTHOP)))
                        .isPresent())
                .map(NodeInput::name)
                .findFirst();
        if (!found.bySource() || !node.equals(Optional.of(pod.node()))) {
            reasons.add(new Reason(
                    EgressIpFinding.Routes,
                    "the route to " + found.row().get(LogicalRouterStaticRoute.IP_PREFIX) + " by way of "
                            + found.row().get(LogicalRouterStaticRoute.NEXTHOP)
                            + " decides: ovn-nbctl list Logical_Router_Static_Route "
                            + found.row().id()));
        }
        return new Way(
                node.map(name -> ways.by(source, Optional.empty(), name)).orElseGet(Departure::elsewhere),
                before.isEmpty() && found.bySource(),
                reasons);
    }

    private Optional<Route> route(IpAddress source, IpAddress destination) {
        var router = view.router(TopologyNames.CLUSTER_ROUTER);
        return view.rowsIn(LogicalRouterStaticRoute.TABLE).stream()
                .flatMap(row -> fitting(row, source, destination).stream())
                .filter(route -> view.parentsOf(route.row().id()).stream()
                        .anyMatch(
                                parent -> router.filter(parent.parent()::equals).isPresent()))
                .max(Comparator.comparingInt(Route::length)
                        .thenComparing(route -> !route.bySource())
                        .thenComparing(route -> route.row().id()));
    }

    private static Optional<Route> fitting(Row row, IpAddress source, IpAddress destination) {
        boolean bySource = row.get(LogicalRouterStaticRoute.POLICY).contains("src-ip");
        var prefix = row.get(LogicalRouterStaticRoute.IP_PREFIX);
        var network =
                IpNetwork.parse(prefix).or(() -> IpNetwork.parse(prefix + (prefix.contains(":") ? "/128" : "/32")));
        return network.filter(each -> each.family() == source.family())
                .filter(each -> each.contains(bySource ? source : destination))
                .map(each -> new Route(each.prefixLength(), row, bySource));
    }

    private static String words(Row policy) {
        return PrintableText.of(
                        "priority " + policy.get(LogicalRouterPolicy.PRIORITY) + ", match "
                                + policy.get(LogicalRouterPolicy.MATCH) + ", action "
                                + policy.get(LogicalRouterPolicy.ACTION),
                        LONGEST_MATCH)
                + " (ovn-nbctl list Logical_Router_Policy " + policy.id() + ")";
    }
}
