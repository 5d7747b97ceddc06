package io.ovnegress.reconciler.feature.egressip.rows;

import com.google.common.collect.ImmutableSortedMap;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.Qos;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.reconciler.feature.egressip.EgressIpFeature;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.northbound.Attachment;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.Marks;
import io.ovnegress.reconciler.northbound.RowIds;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * How each row of the feature looks: the one place that knows priorities, match texts and names. The rows are those of
 * ovn-kubernetes' {@code createReroutePolicyOps}, {@code createNATRuleOps} and {@code InitClusterEgressPolicies}.
 */
public final class EgressIpRows {
    /** Above ovn-kubernetes' live migration (10), below its EgressService (101) and the no-reroute policies. */
    public static final long REROUTE_PRIORITY = 100;
    /** Traffic that stays in the cluster or on the nodes is never rerouted, whatever EgressService (101) says. */
    public static final long NO_REROUTE_PRIORITY = 102;

    public static final long REPLY_MARK_PRIORITY = 103;
    /** Packets that answer a connection from outside. */
    static final long REPLY_MARK = 42;

    /**
     * {@code external_ids}: whose the row is, in ovn-kubernetes' words. At each of its starts it makes rows of this kind without
     * this key its own, and leaves those alone that name another controller.
     */
    public static final String CONTROLLER_KEY = "k8s.ovn.org/owner-controller";

    public static final String CONTROLLER = "ovn-egress";
    /**
     * {@code external_ids} of what has nexthops: ovnkube removes, with a node, the policies of the default network that lead to it,
     * which is every policy that names no other network.
     */
    public static final String NETWORK_KEY = "k8s.ovn.org/network";
    /** {@code external_ids} that we no longer write: by it alone ovnkube takes a row for one of its own from before 2025. */
    public static final String NAME_KEY = "name";
    /** {@code external_ids}: what the row is, unique for each row of ours. */
    public static final String ID_KEY = Marks.ID_KEY;
    /** {@code external_ids}: what the row is for: {@code EgressIP/NAME} or {@code Baseline}. */
    public static final String OWNER_KEY = Marks.OWNER_KEY;
    /** {@code external_ids}: the pod that holds the address. */
    public static final String POD_KEY = "ovn-egress.io/pod";

    public static final String BASELINE_OWNER = "Baseline";
    public static final String EGRESS_IP_OWNER_PREFIX = "EgressIP/";

    public static final String REROUTE_ID_PREFIX = "reroute/";
    public static final String DROP_ID_PREFIX = "drop/";
    public static final String SNAT_ID_PREFIX = "snat/";
    public static final String BASELINE_ID_PREFIX = "allow/";
    static final String ADDRESS_SET_ID_PREFIX = "address-set/";
    public static final String REPLY_MARK_ID_PREFIX = "reply-mark/";

    /** Options of packets from served pods to nodes: br-ex and the host's rules send them out with the node's address. */
    static final Map<String, String> NODE_CONNECTION = Map.of("pkt_mark", "1008");

    private static final Map<String, String> STATEFUL = Map.of("stateless", "false");
    private static final Cell<Long> REROUTE_PRIORITY_CELL = Cell.of(LogicalRouterPolicy.PRIORITY, REROUTE_PRIORITY);
    private static final Cell<String> REROUTE_CELL = Cell.of(LogicalRouterPolicy.ACTION, "reroute");
    private static final Cell<String> SNAT_CELL = Cell.of(Nat.TYPE, "snat");
    private static final Cell<Map<String, String>> STATEFUL_CELL = Cell.of(Nat.OPTIONS, STATEFUL);
    static final List<Column<?>> EMPTY_REROUTE_COLUMNS = List.of(
            LogicalRouterPolicy.NEXTHOP,
            LogicalRouterPolicy.OPTIONS,
            LogicalRouterPolicy.BFD_SESSIONS,
            LogicalRouterPolicy.CHAIN,
            LogicalRouterPolicy.JUMP_CHAIN);
    private static final List<Column<?>> EMPTY_ALLOW_COLUMNS = List.of(
            LogicalRouterPolicy.NEXTHOP,
            LogicalRouterPolicy.NEXTHOPS,
            LogicalRouterPolicy.CHAIN,
            LogicalRouterPolicy.JUMP_CHAIN);
    private static final List<Column<?>> EMPTY_POLICY_COLUMNS = List.of(
            LogicalRouterPolicy.NEXTHOP,
            LogicalRouterPolicy.NEXTHOPS,
            LogicalRouterPolicy.OPTIONS,
            LogicalRouterPolicy.BFD_SESSIONS,
            LogicalRouterPolicy.CHAIN,
            LogicalRouterPolicy.JUMP_CHAIN);
    private static final List<Column<?>> EMPTY_NAT_COLUMNS =
            List.of(Nat.EXTERNAL_MAC, Nat.ALLOWED_EXT_IPS, Nat.EXEMPTED_EXT_IPS, Nat.GATEWAY_PORT, Nat.MATCH);

    private EgressIpRows() {}

    public static String rerouteId(IpAddress pod) {
        return REROUTE_ID_PREFIX + pod.text();
    }

    public static String dropId(IpAddress pod) {
        return DROP_ID_PREFIX + pod.text();
    }

    static String snatId(IpAddress pod, String egressIp) {
        return SNAT_ID_PREFIX + pod.text() + "/" + egressIp;
    }

    /** The name of a row, while another row has its own: of a SNAT on one router beside that on another. */
    static String otherName(String name, int number) {
        return name + "#" + number;
    }

    /** {@code ip4.src == 10.128.0.15}. */
    public static String rerouteMatch(IpAddress pod) {
        return pod.family().matchField() + ".src == " + pod.text();
    }

    /** One pod address's way to the egress nodes. */
    static DesiredRow reroute(
            UUID clusterRouter, IpAddress pod, String egressIpName, String podName, Set<String> nexthops) {
        var id = rerouteId(pod);
        Cell<String> match = Cell.of(LogicalRouterPolicy.MATCH, rerouteMatch(pod));
        return new DesiredRow(
                LogicalRouterPolicy.TABLE,
                id,
                List.of(new Attachment(LogicalRouter.POLICIES, clusterRouter)),
                match,
                List.of(REROUTE_PRIORITY_CELL, match, REROUTE_CELL, Cell.of(LogicalRouterPolicy.NEXTHOPS, nexthops)),
                EMPTY_REROUTE_COLUMNS,
                rerouteExternalIds(id, egressIpName, podName));
    }

    /** One pod address's source address on one gateway router. */
    static DesiredRow snat(
            UUID gatewayRouter,
            IpAddress pod,
            String egressIp,
            String logicalPort,
            String egressIpName,
            String podName,
            String portRange) {
        var id = snatId(pod, egressIp);
        Cell<String> externalIp = Cell.of(Nat.EXTERNAL_IP, egressIp);
        return new DesiredRow(
                Nat.TABLE,
                id,
                List.of(new Attachment(LogicalRouter.NAT, gatewayRouter)),
                externalIp,
                List.of(
                        SNAT_CELL,
                        externalIp,
                        Cell.of(Nat.LOGICAL_IP, pod.text()),
                        Cell.of(Nat.LOGICAL_PORT, Set.of(logicalPort)),
                        STATEFUL_CELL),
                List.of(Cell.of(Nat.EXTERNAL_PORT_RANGE, portRange)),
                EMPTY_NAT_COLUMNS,
                podExternalIds(id, egressIpName, podName));
    }

    /** The node SNAT of a pod under ovnkube's {@code --disable-snat-multiple-gws}, exactly as ovnkube writes it. */
    static DesiredRow nodeSnat(UUID gatewayRouter, IpAddress pod, IpAddress nodeAddress, String portRange) {
        Cell<String> externalIp = Cell.of(Nat.EXTERNAL_IP, nodeAddress.text());
        return new DesiredRow(
                Nat.TABLE,
                "node-snat/" + pod.text() + "/" + nodeAddress.text(),
                List.of(new Attachment(LogicalRouter.NAT, gatewayRouter)),
                externalIp,
                List.of(SNAT_CELL, externalIp, Cell.of(Nat.LOGICAL_IP, pod.text()), STATEFUL_CELL),
                List.of(Cell.of(Nat.EXTERNAL_PORT_RANGE, portRange)),
                List.of(Nat.LOGICAL_PORT),
                Map.of());
    }

    static Map<String, String> podExternalIds(String id, String egressIpName, String podName) {
        return Map.of(
                CONTROLLER_KEY,
                CONTROLLER,
                Marks.FEATURE_KEY,
                EgressIpFeature.MARK,
                ID_KEY,
                id,
                OWNER_KEY,
                EGRESS_IP_OWNER_PREFIX + egressIpName,
                POD_KEY,
                podName);
    }

    private static Map<String, String> rerouteExternalIds(String id, String egressIpName, String podName) {
        return Map.of(
                CONTROLLER_KEY,
                CONTROLLER,
                NETWORK_KEY,
                CONTROLLER,
                Marks.FEATURE_KEY,
                EgressIpFeature.MARK,
                ID_KEY,
                id,
                OWNER_KEY,
                EGRESS_IP_OWNER_PREFIX + egressIpName,
                POD_KEY,
                podName);
    }

    /** Traffic between pods stays in the cluster. */
    static DesiredRow podToPod(UUID clusterRouter, IpNetwork source, IpNetwork destination) {
        return allow(
                clusterRouter, "pod-to-pod/" + source + "/" + destination, subnetMatch(source, destination), Map.of());
    }

    /** Traffic from pods to the gateway routers' join addresses (services with external traffic) is not rerouted. */
    static DesiredRow podToJoin(UUID clusterRouter, IpNetwork source, IpNetwork join) {
        return allow(clusterRouter, "pod-to-join/" + source + "/" + join, subnetMatch(source, join), Map.of());
    }

    /** Served pods reach nodes with their own address. */
    static DesiredRow podToNode(UUID clusterRouter, IpFamily family) {
        return allow(clusterRouter, "pod-to-node/" + family.suffix(), podToNodeMatch(family), NODE_CONNECTION);
    }

    static String podToNodeMatch(IpFamily family) {
        var field = family.matchField();
        return field + ".src == $" + servedPodsSet(family) + " && " + field + ".dst == $" + nodeAddressesSet(family);
    }

    /** Answers to connections from outside go back the way they came. */
    static DesiredRow replies(UUID clusterRouter) {
        return allow(clusterRouter, "replies", "pkt.mark == " + REPLY_MARK, Map.of());
    }

    private static DesiredRow allow(UUID clusterRouter, String name, String matchText, Map<String, String> options) {
        var id = BASELINE_ID_PREFIX + name;
        return allow(clusterRouter, id, matchText, options, baselineExternalIds(id));
    }

    /** What goes on whatever is rerouted. */
    static DesiredRow allow(
            UUID clusterRouter,
            String id,
            String matchText,
            Map<String, String> options,
            Map<String, String> externalIds) {
        return allow(clusterRouter, id, NO_REROUTE_PRIORITY, matchText, options, externalIds);
    }

    static DesiredRow allow(
            UUID clusterRouter,
            String id,
            long priority,
            String matchText,
            Map<String, String> options,
            Map<String, String> externalIds) {
        Cell<String> match = Cell.of(LogicalRouterPolicy.MATCH, matchText);
        return new DesiredRow(
                LogicalRouterPolicy.TABLE,
                id,
                List.of(new Attachment(LogicalRouter.POLICIES, clusterRouter)),
                match,
                List.of(
                        Cell.of(LogicalRouterPolicy.PRIORITY, priority),
                        match,
                        Cell.of(LogicalRouterPolicy.ACTION, "allow"),
                        Cell.of(LogicalRouterPolicy.OPTIONS, options)),
                EMPTY_ALLOW_COLUMNS,
                externalIds);
    }

    /** A policy with nothing but a match and an action. */
    static DesiredRow policy(
            UUID router, String id, long priority, String matchText, String action, Map<String, String> externalIds) {
        Cell<String> match = Cell.of(LogicalRouterPolicy.MATCH, matchText);
        return new DesiredRow(
                LogicalRouterPolicy.TABLE,
                id,
                List.of(new Attachment(LogicalRouter.POLICIES, router)),
                match,
                List.of(
                        Cell.of(LogicalRouterPolicy.PRIORITY, priority),
                        match,
                        Cell.of(LogicalRouterPolicy.ACTION, action)),
                EMPTY_POLICY_COLUMNS,
                externalIds);
    }

    static String subnetMatch(IpNetwork source, IpNetwork destination) {
        var field = source.family().matchField();
        return field + ".src == " + source + " && " + field + ".dst == " + destination;
    }

    /** Marks answers of served pods to connections from outside, on the node's switch. */
    static DesiredRow replyMark(UUID nodeSwitch, String node, IpFamily family) {
        var id = REPLY_MARK_ID_PREFIX + node + "/" + family.suffix();
        Cell<String> match =
                Cell.of(Qos.MATCH, family.matchField() + ".src == $" + servedPodsSet(family) + " && ct.trk && ct.rpl");
        return new DesiredRow(
                Qos.TABLE,
                id,
                List.of(new Attachment(LogicalSwitch.QOS_RULES, nodeSwitch)),
                match,
                List.of(
                        Cell.of(Qos.PRIORITY, REPLY_MARK_PRIORITY),
                        Cell.of(Qos.DIRECTION, "from-lport"),
                        match,
                        Cell.of(Qos.ACTION, Map.of("mark", REPLY_MARK))),
                List.of(Qos.BANDWIDTH),
                baselineExternalIds(id));
    }

    /** An address set of ours; its addresses are kept element by element, not as a cell. */
    static DesiredRow addressSet(String name) {
        return addressSet(name, BASELINE_OWNER);
    }

    /** @param owner what the set is for */
    static DesiredRow addressSet(String name, String owner) {
        var id = ADDRESS_SET_ID_PREFIX + name;
        Cell<String> nameCell = Cell.of(AddressSet.NAME, name);
        return new DesiredRow(
                AddressSet.TABLE, id, List.of(), nameCell, List.of(nameCell), List.of(), externalIds(id, owner));
    }

    static UUID addressSetId(String name) {
        return RowIds.of(ADDRESS_SET_ID_PREFIX + name);
    }

    static Map<String, String> baselineExternalIds(String id) {
        return externalIds(id, BASELINE_OWNER);
    }

    /** Of rows that are no pod's. */
    static Map<String, String> externalIds(String id, String owner) {
        return ImmutableSortedMap.of(
                CONTROLLER_KEY, CONTROLLER, Marks.FEATURE_KEY, EgressIpFeature.MARK, ID_KEY, id, OWNER_KEY, owner);
    }

    /** Of rows that are an object's and no pod's. */
    static Map<String, String> objectExternalIds(String id, String egressIp) {
        return externalIds(id, EGRESS_IP_OWNER_PREFIX + egressIp);
    }

    /** The object that such a row, or one of a pod's, is for. */
    static Optional<String> egressIpOf(Map<String, String> externalIds) {
        return Optional.ofNullable(externalIds.get(OWNER_KEY))
                .filter(owner -> owner.startsWith(EGRESS_IP_OWNER_PREFIX))
                .map(owner -> owner.substring(EGRESS_IP_OWNER_PREFIX.length()));
    }

    /** The addresses of pods that are rerouted or cut off. */
    public static String servedPodsSet(IpFamily family) {
        return "ovn_egress_served_pods_" + family.suffix();
    }

    /** The addresses of all nodes. */
    public static String nodeAddressesSet(IpFamily family) {
        return "ovn_egress_node_ips_" + family.suffix();
    }
}
