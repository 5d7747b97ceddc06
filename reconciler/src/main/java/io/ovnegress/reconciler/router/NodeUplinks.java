package io.ovnegress.reconciler.router;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.northbound.NorthboundView;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;

/** How nodes are connected with the outside, as ovnkube has written it for their gateway routers. Reads anew each time. */
public final class NodeUplinks {
    private static final String CHASSIS = "chassis";
    private static final String EXTERNAL_SWITCH_PREFIX = "ext_";
    private static final String NETWORK_NAME = "network_name";
    private static final String ROUTER_PORT = "router-port";
    /** What a router port says of packets that are too long, since OVN 20.03 and 21.06. */
    private static final Set<String> MTU = Set.of("gateway_mtu", "gateway_mtu_bypass");

    private final NorthboundView view;
    private final Inputs cluster;

    public NodeUplinks(NorthboundView view, Inputs cluster) {
        this.view = view;
        this.cluster = cluster;
    }

    /**
     * @param chassis the name of the node's chassis ({@code Logical_Router.options:chassis})
     * @param networkName of the physical network ({@code Logical_Switch_Port.options:network_name})
     * @param tag of the VLAN; empty if there is none
     * @param insideOptions what a router's port to the join switch says of the length of packets
     * @param outsideOptions what its port to the outside says of it
     * @param networks of the node in which egress IPs may be
     * @param nextHops the default gateways of these
     */
    public record Uplink(
            String chassis,
            String networkName,
            Set<Long> tag,
            Map<String, String> insideOptions,
            Map<String, String> outsideOptions,
            List<IpNetwork> networks,
            Set<IpAddress> nextHops) {

        /** The length of the network that the address is in. */
        public Optional<Integer> prefixLength(IpAddress address) {
            return networks.stream()
                    .filter(network -> network.contains(address))
                    .map(IpNetwork::prefixLength)
                    .max(Integer::compareTo);
        }

        /** The default gateway of the network that the address is in, or of another one of its family. */
        public Optional<IpAddress> nextHop(IpAddress address) {
            var ofFamily = nextHops.stream()
                    .filter(hop -> hop.family() == address.family())
                    .sorted()
                    .toList();
            return ofFamily.stream()
                    .filter(hop ->
                            networks.stream().anyMatch(network -> network.contains(hop) && network.contains(address)))
                    .findFirst()
                    .or(() -> ofFamily.stream().findFirst());
        }
    }

    /** Empty while ovnkube has not written all of it. */
    public Optional<Uplink> of(String node) {
        var chassis = chassis(node);
        var localnet = localnet(node);
        var input = cluster.node(node);
        if (chassis.isEmpty() || localnet.isEmpty() || input.isEmpty()) {
            return Optional.empty();
        }
        var external = externalNetworks(node);
        return Optional.of(new Uplink(
                chassis.get(),
                localnet.get().get(LogicalSwitchPort.OPTIONS).getOrDefault(NETWORK_NAME, ""),
                localnet.get().get(LogicalSwitchPort.TAG_REQUEST),
                mtu(TopologyNames.JOIN_PORT_PREFIX + node),
                mtu(TopologyNames.EXTERNAL_PORT_PREFIX + node),
                input.get().egressNetworks().isEmpty() ? external : input.get().egressNetworks(),
                input.get().nextHops()));
    }

    /** The networks of the gateway router's external port. */
    private List<IpNetwork> externalNetworks(String node) {
        return new TreeSet<>(view.portNetworks(TopologyNames.EXTERNAL_PORT_PREFIX + node))
                .stream().flatMap(network -> IpNetwork.parse(network).stream()).toList();
    }

    /** What it takes to have this address on a router at the node, and is not there; empty if all is. */
    public Set<String> missing(String node, IpAddress address) {
        var missing = new TreeSet<String>();
        if (clusterRouterAddress(address.family()).isEmpty()) {
            missing.add(TopologyNames.CLUSTER_JOIN_PORT);
        }
        if (chassis(node).isEmpty()) {
            missing.add(TopologyNames.GATEWAY_ROUTER_PREFIX + node + " (options:chassis)");
        }
        if (localnet(node).isEmpty()) {
            missing.add(EXTERNAL_SWITCH_PREFIX + node + " (a localnet port)");
        }
        var uplink = of(node);
        if (uplink.isPresent() && uplink.get().prefixLength(address).isEmpty()) {
            missing.add("a network of node " + node + " that has " + address);
        } else if (uplink.isPresent() && uplink.get().nextHop(address).isEmpty()) {
            missing.add("a default gateway of node " + node + " for " + address);
        }
        return missing;
    }

    /** The name of the node's chassis, if it has a gateway router. */
    public Optional<String> chassis(String node) {
        return view.router(TopologyNames.GATEWAY_ROUTER_PREFIX + node)
                .flatMap(router -> view.row(LogicalRouter.TABLE, router))
                .map(router -> router.get(LogicalRouter.OPTIONS).getOrDefault(CHASSIS, ""))
                .filter(chassis -> !chassis.isEmpty());
    }

    /** The node whose chassis this is. */
    public Optional<String> nodeOf(String chassis) {
        return cluster.nodes().stream()
                .map(NodeInput::name)
                .filter(node -> chassis(node).filter(chassis::equals).isPresent())
                .findFirst();
    }

    private Optional<Row> localnet(String node) {
        return view.logicalSwitch(EXTERNAL_SWITCH_PREFIX + node)
                .flatMap(external -> portsOf(external)
                        .filter(port -> port.get(LogicalSwitchPort.TYPE).equals("localnet"))
                        .findFirst());
    }

    /**
     * The port of a node's switch to the outside that leads to its gateway router: packets that leave come in there.
     *
     * @param logicalSwitch that it is on
     */
    public record OutsidePort(UUID logicalSwitch, String switchName, String name) {}

    public Optional<OutsidePort> outsidePort(String node) {
        var switchName = EXTERNAL_SWITCH_PREFIX + node;
        return view.logicalSwitch(switchName)
                .flatMap(external -> portsOf(external)
                        .filter(port -> leadsToOutsidePort(port, node))
                        .findFirst()
                        .map(port -> new OutsidePort(external, switchName, port.get(LogicalSwitchPort.NAME))));
    }

    private static boolean leadsToOutsidePort(Row port, String node) {
        return (TopologyNames.EXTERNAL_PORT_PREFIX + node)
                .equals(port.get(LogicalSwitchPort.OPTIONS).get(ROUTER_PORT));
    }

    /** Whether it is such a port, of some node. */
    public static boolean isOutsidePort(Row port) {
        return port.get(LogicalSwitchPort.OPTIONS)
                .getOrDefault(ROUTER_PORT, "")
                .startsWith(TopologyNames.EXTERNAL_PORT_PREFIX);
    }

    private Stream<Row> portsOf(UUID logicalSwitch) {
        return new TreeSet<>(view.elements(LogicalSwitch.PORTS, logicalSwitch))
                .stream().flatMap(port -> view.row(LogicalSwitchPort.TABLE, port).stream());
    }

    private Map<String, String> mtu(String port) {
        var options = new TreeMap<>(
                view.port(port).map(row -> row.get(LogicalRouterPort.OPTIONS)).orElse(Map.of()));
        options.keySet().retainAll(MTU);
        return options;
    }

    /** The address of the cluster's router on the join switch, of this family. */
    public Optional<IpAddress> clusterRouterAddress(IpFamily family) {
        return view.portNetworks(TopologyNames.CLUSTER_JOIN_PORT).stream()
                .flatMap(network -> IpNetwork.parse(network).stream())
                .map(IpNetwork::address)
                .filter(address -> address.family() == family)
                .min(IpAddress::compareTo);
    }
}
