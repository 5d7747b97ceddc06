package io.ovnegress.reconciler.router;

import com.google.common.hash.Hashing;
import com.google.common.net.InetAddresses;
import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.HaChassis;
import io.ovnegress.ovsdb.nb.HaChassisGroup;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.LogicalRouterStaticRoute;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.northbound.Attachment;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.RowIds;
import io.ovnegress.reconciler.router.NodeUplinks.Uplink;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * How the rows of a logical router of our own look. Proved with packets on OVN 23.03 and 25.03: the
 * outside port is on a switch of its own with a localnet port of its own, so that what ovnkube-node programs for the nodes' ports
 * leaves it alone; there is no SNAT of a node beside ours, so that what is not ready is lost and not sent with another address.
 */
public final class OwnRouterRows {
    /** The highest that there is but some: no row of ovn-kubernetes has it. */
    public static final long FENCE_PRIORITY = 32_701;
    /** Of the chassis that is to serve, and of those that are to take its place, in this order (HA_Chassis.priority). */
    public static final List<Long> PRIORITIES = List.of(100L, 50L, 40L, 30L, 20L);

    /** {@code external_ids} of the router: {@link #SERVING} or {@link #LEAVING}. */
    public static final String STATE_KEY = "ovn-egress.io/state";

    public static final String SERVING = "serving";
    /** Nothing leads there any more; it goes when every chassis knows that. */
    public static final String LEAVING = "leaving";

    private static final Map<String, String> ROUTER_OPTIONS = Map.of(
            "always_learn_from_arp_request",
            "false",
            "dynamic_neigh_routers",
            "true",
            "mac_binding_age_threshold",
            "300");
    private static final Set<String> ROUTERS_ADDRESSES = Set.of("router");

    private OwnRouterRows() {}

    /**
     * What a router's rows are made of.
     *
     * @param addresses by which packets leave: one, or one of each family, with the lengths of the nodes' networks
     * @param inside its addresses on the join switch, of the same families
     * @param uplink of the node where it is to be
     * @param chassis the chassis that may serve it, the best first
     * @param clusterSubnets the pods' subnets
     * @param clusterJoin the cluster router's addresses on the join switch
     * @param portRange the ports that its SNATs may use, best all of them, as an empty text says: no node has a port at its addresses, and
     *     of a range OVN has a port taken at random, so that the next chassis takes another one and all connections end with a move
     */
    public record Parts(
            OwnRouter key,
            List<IpNetwork> addresses,
            Map<IpFamily, IpNetwork> inside,
            Uplink uplink,
            List<String> chassis,
            List<IpNetwork> clusterSubnets,
            Map<IpFamily, IpAddress> clusterJoin,
            UUID clusterRouter,
            UUID joinSwitch,
            String portRange) {
        /** The UUID of one of its rows. */
        public UUID id(String part) {
            return RowIds.of(key.id(part));
        }

        private Map<String, String> externalIds(String part) {
            return key.externalIds(part);
        }

        private List<IpNetwork> podSubnets(IpFamily family) {
            return clusterSubnets.stream()
                    .filter(subnet -> subnet.family() == family)
                    .toList();
        }
    }

    /** All of them: they come in one transaction, so that the router is never without a chassis. */
    public static List<DesiredRow> of(Parts parts) {
        var rows = new ArrayList<DesiredRow>();
        rows.add(router(parts));
        if (!parts.key().isPinned()) {
            addGroup(parts, rows);
        }
        addInside(parts, rows);
        addOutside(parts, rows);
        for (var address : parts.addresses()) {
            addFamily(parts, address, rows);
        }
        return rows;
    }

    private static DesiredRow router(Parts parts) {
        var options = new HashMap<>(ROUTER_OPTIONS);
        if (parts.key().isPinned()) {
            options.put("chassis", parts.uplink().chassis());
        }
        var externalIds = new HashMap<>(parts.externalIds("router"));
        externalIds.put(STATE_KEY, SERVING);
        return named(
                LogicalRouter.TABLE,
                parts,
                "router",
                List.of(),
                Cell.of(LogicalRouter.NAME, parts.key().routerName()),
                List.of(Cell.of(LogicalRouter.OPTIONS, Map.copyOf(options))),
                List.of(),
                externalIds);
    }

    /** The router that nothing leads to any more, as it is. */
    public static DesiredRow leaving(OwnRouter key) {
        var name = Cell.of(LogicalRouter.NAME, key.routerName());
        var id = key.id("router");
        var externalIds = new HashMap<>(key.externalIds("router"));
        externalIds.put(STATE_KEY, LEAVING);
        return new DesiredRow(LogicalRouter.TABLE, id, List.of(), name, List.of(name), List.of(), externalIds);
    }

    private static void addGroup(Parts parts, List<DesiredRow> rows) {
        rows.add(named(
                HaChassisGroup.TABLE,
                parts,
                "group",
                List.of(),
                Cell.of(HaChassisGroup.NAME, parts.key().routerName()),
                List.of(),
                List.of(),
                parts.externalIds("group")));
        int rank = 0;
        for (var chassis : parts.chassis()) {
            var part = "chassis/" + chassis;
            rows.add(named(
                    HaChassis.TABLE,
                    parts,
                    part,
                    List.of(new Attachment(HaChassisGroup.HA_CHASSIS, parts.id("group"))),
                    Cell.of(HaChassis.CHASSIS_NAME, chassis),
                    List.of(Cell.of(HaChassis.PRIORITY, PRIORITIES.get(rank++))),
                    List.of(),
                    parts.externalIds(part)));
        }
    }

    private static void addInside(Parts parts, List<DesiredRow> rows) {
        var key = parts.key();
        var first = parts.inside()
                .getOrDefault(IpFamily.V4, parts.inside().values().iterator().next());
        rows.add(named(
                LogicalRouterPort.TABLE,
                parts,
                "inside",
                List.of(new Attachment(LogicalRouter.PORTS, parts.id("router"))),
                Cell.of(LogicalRouterPort.NAME, key.insidePort()),
                List.of(
                        Cell.of(LogicalRouterPort.MAC, mac(first.address())),
                        Cell.of(
                                LogicalRouterPort.NETWORKS,
                                texts(List.copyOf(parts.inside().values()))),
                        Cell.of(LogicalRouterPort.OPTIONS, parts.uplink().insideOptions())),
                List.of(LogicalRouterPort.HA_CHASSIS_GROUP),
                parts.externalIds("inside")));
        rows.add(switchPort(
                parts,
                "join-port",
                parts.joinSwitch(),
                key.joinSwitchPort(),
                "router",
                ROUTERS_ADDRESSES,
                Map.of("router-port", key.insidePort()),
                Set.of()));
    }

    private static void addOutside(Parts parts, List<DesiredRow> rows) {
        var key = parts.key();
        var networks = List.copyOf(parts.addresses());
        var first = networks.stream()
                .filter(network -> network.family() == IpFamily.V4)
                .findFirst()
                .orElse(networks.get(0));
        var group = key.isPinned() ? Set.<UUID>of() : Set.of(parts.id("group"));
        rows.add(named(
                LogicalRouterPort.TABLE,
                parts,
                "outside",
                List.of(new Attachment(LogicalRouter.PORTS, parts.id("router"))),
                Cell.of(LogicalRouterPort.NAME, key.outsidePort()),
                List.of(
                        Cell.of(LogicalRouterPort.MAC, mac(first.address())),
                        Cell.of(LogicalRouterPort.NETWORKS, texts(networks)),
                        Cell.of(LogicalRouterPort.OPTIONS, parts.uplink().outsideOptions()),
                        Cell.of(LogicalRouterPort.HA_CHASSIS_GROUP, group)),
                List.of(),
                parts.externalIds("outside")));
        rows.add(named(
                LogicalSwitch.TABLE,
                parts,
                "switch",
                List.of(),
                Cell.of(LogicalSwitch.NAME, key.outsideSwitch()),
                List.of(),
                List.of(LogicalSwitch.OTHER_CONFIG),
                parts.externalIds("switch")));
        rows.add(switchPort(
                parts,
                "outside-port",
                parts.id("switch"),
                key.outsideSwitchPort(),
                "router",
                ROUTERS_ADDRESSES,
                Map.of("router-port", key.outsidePort(), "nat-addresses", "router"),
                Set.of()));
        rows.add(switchPort(
                parts,
                "localnet",
                parts.id("switch"),
                key.localnetPort(),
                "localnet",
                Set.of("unknown"),
                Map.of("network_name", parts.uplink().networkName()),
                parts.uplink().tag()));
    }

    private static void addFamily(Parts parts, IpNetwork address, List<DesiredRow> rows) {
        var family = address.family();
        var suffix = family.suffix();
        var field = family.matchField();
        var inside = parts.inside().get(family).address();
        var router = parts.id("router");
        for (var subnet : parts.podSubnets(family)) {
            var pods = subnet.masked();
            rows.add(route(
                    parts, "to-pods/" + pods, router, pods, parts.clusterJoin().get(family)));
            rows.add(nat(parts, "snat/" + pods, router, address.address(), pods));
            // Whatever becomes of chassis, group or zones: nothing leaves with the address of a pod.
            rows.add(fence(
                    parts,
                    "fence/" + pods,
                    "inport == \"" + parts.key().outsideSwitchPort() + "\" && " + field + ".src == " + pods));
        }
        parts.uplink()
                .nextHop(address.address())
                .ifPresent(hop -> rows.add(
                        route(parts, "default/" + suffix, router, family == IpFamily.V4 ? "0.0.0.0/0" : "::/0", hop)));
        // A route by source address to the pod's node decides before the join subnet does.
        rows.add(route(parts, "here/" + suffix, parts.clusterRouter(), inside.text(), inside));
    }

    private static DesiredRow route(Parts parts, String part, UUID router, String prefix, IpAddress nextHop) {
        return named(
                LogicalRouterStaticRoute.TABLE,
                parts,
                part,
                List.of(new Attachment(LogicalRouter.STATIC_ROUTES, router)),
                Cell.of(LogicalRouterStaticRoute.IP_PREFIX, prefix),
                List.of(Cell.of(LogicalRouterStaticRoute.NEXTHOP, nextHop.text())),
                List.of(LogicalRouterStaticRoute.POLICY, LogicalRouterStaticRoute.OUTPUT_PORT),
                parts.externalIds(part));
    }

    private static DesiredRow nat(Parts parts, String part, UUID router, IpAddress address, String pods) {
        var logicalIp = Cell.of(Nat.LOGICAL_IP, pods);
        return new DesiredRow(
                Nat.TABLE,
                parts.key().id(part),
                List.of(new Attachment(LogicalRouter.NAT, router)),
                logicalIp,
                List.of(
                        Cell.of(Nat.TYPE, "snat"),
                        Cell.of(Nat.EXTERNAL_IP, address.text()),
                        logicalIp,
                        Cell.of(Nat.OPTIONS, Map.of("stateless", "false"))),
                List.of(Cell.of(Nat.EXTERNAL_PORT_RANGE, parts.portRange())),
                List.of(
                        Nat.LOGICAL_PORT,
                        Nat.EXTERNAL_MAC,
                        Nat.ALLOWED_EXT_IPS,
                        Nat.EXEMPTED_EXT_IPS,
                        Nat.GATEWAY_PORT,
                        Nat.MATCH),
                parts.externalIds(part));
    }

    private static DesiredRow fence(Parts parts, String part, String matchText) {
        return named(
                Acl.TABLE,
                parts,
                part,
                List.of(new Attachment(LogicalSwitch.ACLS, parts.id("switch"))),
                Cell.of(Acl.MATCH, matchText),
                List.of(
                        Cell.of(Acl.DIRECTION, "from-lport"),
                        Cell.of(Acl.PRIORITY, FENCE_PRIORITY),
                        Cell.of(Acl.ACTION, "drop")),
                List.of(),
                parts.externalIds(part));
    }

    /** Told by its name: what ports are labelled is not read, there are too many of pods. */
    private static DesiredRow switchPort(
            Parts parts,
            String part,
            UUID logicalSwitch,
            String name,
            String type,
            Set<String> addresses,
            Map<String, String> options,
            Set<Long> tag) {
        var nameCell = Cell.of(LogicalSwitchPort.NAME, name);
        return new DesiredRow(
                LogicalSwitchPort.TABLE,
                parts.key().id(part),
                List.of(new Attachment(LogicalSwitch.PORTS, logicalSwitch)),
                nameCell,
                List.of(
                        nameCell,
                        Cell.of(LogicalSwitchPort.TYPE, type),
                        Cell.of(LogicalSwitchPort.ADDRESSES, addresses),
                        Cell.of(LogicalSwitchPort.OPTIONS, options),
                        Cell.of(LogicalSwitchPort.TAG_REQUEST, tag)),
                List.of(),
                Map.of());
    }

    private static DesiredRow named(
            Table table,
            Parts parts,
            String part,
            List<Attachment> attachments,
            Cell<?> identity,
            List<Cell<?>> others,
            List<Column<?>> empty,
            Map<String, String> externalIds) {
        var cells = new ArrayList<Cell<?>>(others.size() + 1);
        cells.add(identity);
        cells.addAll(others);
        return new DesiredRow(table, parts.key().id(part), attachments, identity, cells, empty, externalIds);
    }

    /** {@code 0a:58} and the four bytes of an IPv4 address, as ovn-kubernetes makes them; something as fixed for IPv6. */
    public static String mac(IpAddress address) {
        var bytes = address.family() == IpFamily.V4
                ? InetAddresses.forString(address.text()).getAddress()
                : Hashing.sha256()
                        .hashString(address.text(), StandardCharsets.UTF_8)
                        .asBytes();
        return "0a:58:%02x:%02x:%02x:%02x".formatted(bytes[0], bytes[1], bytes[2], bytes[3]);
    }

    private static Set<String> texts(List<IpNetwork> networks) {
        return networks.stream().map(IpNetwork::text).collect(java.util.stream.Collectors.toUnmodifiableSet());
    }
}
