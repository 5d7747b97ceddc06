package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.router.TopologyNames;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;

/**
 * The rows by which a gateway router drops what pods of other nodes send there and what has no egress IP there: it would leave with the
 * address of the router's node. The set changes in the transaction that changes the SNATs, so whichever a chassis has installed, the
 * one is never there without the other.
 */
final class GuardRows {
    private static final long SERVED_PRIORITY = 20;
    /** Answers come back over the router by which the question came. */
    private static final long ANSWERS_PRIORITY = 16;

    private static final long OWN_PODS_PRIORITY = 15;
    private static final long DROP_PRIORITY = 10;

    static final String ID_PREFIX = "guard/";
    private static final String SET_PREFIX = "ovn_egress_at_";

    private static final Cell<String> DROP_CELL = Cell.of(LogicalRouterPolicy.ACTION, "drop");

    private GuardRows() {}

    /** The pod addresses that have an egress IP on the node. Names of nodes have no underscore, and those of sets no dash. */
    static String servedSet(String node, IpFamily family) {
        return SET_PREFIX + node.replace('-', '_') + "_" + family.suffix();
    }

    /** The node of a set of this name. */
    static Optional<String> nodeOfSet(String name) {
        int end = name.lastIndexOf('_');
        return name.startsWith(SET_PREFIX) && end > SET_PREFIX.length()
                ? Optional.of(name.substring(SET_PREFIX.length(), end).replace('_', '-'))
                : Optional.empty();
    }

    /** The node that the id of a policy names. */
    static Optional<String> nodeOf(String id) {
        int start = ID_PREFIX.length();
        int end = id.startsWith(ID_PREFIX) ? id.indexOf('/', start) : -1;
        return end > start ? Optional.of(id.substring(start, end)) : Optional.empty();
    }

    /** What has an egress IP here goes on. */
    static DesiredRow served(UUID router, String node, IpFamily family) {
        return policy(
                router,
                node,
                "served/" + family.suffix(),
                SERVED_PRIORITY,
                family.matchField() + ".src == $" + servedSet(node, family),
                "allow");
    }

    /** Answers of pods to those whose connections come in over this node, for Services above all. */
    static DesiredRow answers(UUID router, String node) {
        return policy(router, node, "answers", ANSWERS_PRIORITY, "ct.rpl", "allow");
    }

    /** The node's own pods leave as the node, as ever. */
    static DesiredRow ownPods(UUID router, String node, IpNetwork subnet) {
        return policy(
                router,
                node,
                "own/" + subnet,
                OWN_PODS_PRIORITY,
                subnet.family().matchField() + ".src == " + subnet,
                "allow");
    }

    static DesiredRow drop(UUID router, String node, IpNetwork clusterSubnet) {
        return policy(
                router,
                node,
                "drop/" + clusterSubnet,
                DROP_PRIORITY,
                "inport == \"" + TopologyNames.JOIN_PORT_PREFIX + node + "\" && "
                        + clusterSubnet.family().matchField() + ".src == " + clusterSubnet,
                "drop");
    }

    /**
     * Whether one of these policies decides about packets from the address that come from elsewhere and are no answers.
     *
     * @param sets the members of an address set by its name
     */
    static boolean isAbout(Row policy, IpAddress source, Function<String, Set<String>> sets) {
        var match = policy.get(LogicalRouterPolicy.MATCH);
        var term = source.family().matchField() + ".src == ";
        int start = match.lastIndexOf(term);
        if (start < 0) {
            return false;
        }
        var sources = match.substring(start + term.length());
        return sources.startsWith("$")
                ? sets.apply(sources.substring(1)).contains(source.text())
                : IpNetwork.parse(sources)
                        .filter(network -> network.contains(source))
                        .isPresent();
    }

    /** Whether it is one of {@link #drop}. */
    static boolean isDrop(DesiredRow row) {
        return row.cells().contains(DROP_CELL);
    }

    private static DesiredRow policy(UUID router, String node, String name, long priority, String text, String action) {
        var id = ID_PREFIX + node + "/" + name;
        return EgressIpRows.policy(router, id, priority, text, action, EgressIpRows.baselineExternalIds(id));
    }
}
