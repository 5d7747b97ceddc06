package io.ovnegress.reconciler.feature.egressip.rows;

import static io.ovnegress.reconciler.feature.egressip.rows.EgressIpRows.BASELINE_ID_PREFIX;

import io.ovnegress.reconciler.feature.egressip.Destinations;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner.Destined;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.RowIds;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * How the policies look that lead pods to routers for some destinations, and the sets that these are made of. Policies of longer
 * networks have a higher priority, so that of all that an address is in the longest decides, whichever objects select the pod.
 */
public final class DestinedRows {
    /** What is not to leave as an egress IP that is for all other destinations: above its ways, below those of destinations. */
    static final long EXCLUDED_PRIORITY = 103;
    /** Of a network of no bits, for the last of those that list it: 33 lengths of 12 ranks end at 499, 129 of 3 at 490. */
    static final long LEAST_PRIORITY = 104;
    /**
     * What stays in the cluster or on nodes is exempt above all destinations as it is below them ({@link
     * EgressIpRows#NO_REROUTE_PRIORITY}). Of ovn-kubernetes' own the next one is 501.
     */
    public static final long EXEMPT_PRIORITY = 500;

    static final String ID_PREFIX = "destined/";
    private static final String NAMESPACE_PART = "/ns/";
    private static final String EXEMPT_ID_PREFIX = BASELINE_ID_PREFIX + "first/";
    private static final String SET_PREFIX = "ovn_egress_destined_";

    private DestinedRows() {}

    /** Of a policy for networks of this length: longer ones come first, and of the same one those of the more senior object. */
    static long priority(IpFamily family, int length, int rank) {
        int ranks = Destinations.ranks(family);
        return LEAST_PRIORITY + (long) ranks * length + (ranks - 1 - rank);
    }

    private static String setName(Destined key, String part) {
        return SET_PREFIX
                + RowIds.of(ID_PREFIX + key.egressIp())
                        .toString()
                        .replace("-", "")
                        .substring(0, 16) + "_" + part;
    }

    /** The pods of the object, those of whole namespaces apart. */
    static String podsSet(Destined key, IpFamily family) {
        return setName(key, "pods_" + family.suffix());
    }

    static boolean isPodsSet(String name, IpFamily family) {
        return name.startsWith(SET_PREFIX) && name.endsWith("_pods_" + family.suffix());
    }

    static boolean isSet(String name) {
        return name.startsWith(SET_PREFIX);
    }

    /** The destinations of one length. */
    static String networksSet(Destined key, IpFamily family, int length) {
        return setName(key, "to_" + length + "_" + family.suffix());
    }

    /** What is not to leave as the object's egress IPs. */
    static String excludedSet(Destined key, IpFamily family) {
        return setName(key, "but_" + family.suffix());
    }

    static DesiredRow set(Destined key, String name) {
        return EgressIpRows.addressSet(name, EgressIpRows.EGRESS_IP_OWNER_PREFIX + key.egressIp());
    }

    /**
     * Some pods of an object.
     *
     * @param part as an id has it
     * @param match which packets are theirs
     */
    record Pods(String part, String match) {
        static Pods ofSet(String set, IpFamily family) {
            return new Pods("/pods", family.matchField() + ".src == $" + set);
        }

        static Pods ofNamespace(String namespace, String portGroup, IpFamily family) {
            return new Pods(NAMESPACE_PART + namespace, CutOffRows.fromGroup(portGroup, family));
        }
    }

    private static String id(Destined key, String what, IpFamily family, Pods pods) {
        return ID_PREFIX + key.egressIp() + "/" + what + "/" + family.suffix() + pods.part();
    }

    /** The object that an id of one of these rows names. */
    static Optional<Destined> ofId(String id) {
        int start = ID_PREFIX.length();
        int end = id.startsWith(ID_PREFIX) ? id.indexOf('/', start) : -1;
        return end > start ? Optional.of(new Destined(id.substring(start, end))) : Optional.empty();
    }

    /** The namespace as a whole that an id of one of these rows is about. */
    public static Optional<String> namespaceOf(String id) {
        int start = id.startsWith(ID_PREFIX) ? id.indexOf(NAMESPACE_PART) : -1;
        return start < 0 ? Optional.empty() : Optional.of(id.substring(start + NAMESPACE_PART.length()));
    }

    /** Answers to connections from outside carry a mark, and go back the way they came. */
    private static String to(Pods pods, String set, IpFamily family) {
        return pods.match() + " && " + family.matchField() + ".dst == $" + set + " && pkt.mark == 0";
    }

    /** The way of pods to these destinations. */
    static DesiredRow reroute(
            UUID router, Destined key, IpFamily family, Pods pods, int length, int rank, Set<String> nextHops) {
        return RouterRows.reroute(
                router,
                id(key, "to/" + length, family, pods),
                priority(family, length, rank),
                to(pods, networksSet(key, family, length), family),
                nextHops,
                key.egressIp());
    }

    /** Keeps what pods send to these destinations in. */
    static DesiredRow drop(UUID router, Destined key, IpFamily family, Pods pods, int length, int rank) {
        var id = id(key, "to/" + length, family, pods);
        return EgressIpRows.policy(
                router,
                id,
                priority(family, length, rank),
                to(pods, networksSet(key, family, length), family),
                "drop",
                EgressIpRows.objectExternalIds(id, key.egressIp()));
    }

    /** What pods send to excluded destinations leaves as if there were no egress IP. */
    static DesiredRow excluded(UUID router, Destined key, IpFamily family, Pods pods) {
        var id = id(key, "but", family, pods);
        return EgressIpRows.allow(
                router,
                id,
                EXCLUDED_PRIORITY,
                to(pods, excludedSet(key, family), family),
                Map.of(),
                EgressIpRows.objectExternalIds(id, key.egressIp()));
    }

    /** Pods of a namespace as a whole reach nodes as served ones do, before they are known too. */
    static DesiredRow toNodes(UUID router, Destined key, IpFamily family, Pods pods) {
        var id = id(key, "nodes", family, pods);
        return EgressIpRows.allow(
                router,
                id,
                EXEMPT_PRIORITY,
                pods.match() + " && " + family.matchField() + ".dst == $" + EgressIpRows.nodeAddressesSet(family),
                EgressIpRows.NODE_CONNECTION,
                EgressIpRows.objectExternalIds(id, key.egressIp()));
    }

    static DesiredRow podToPod(UUID router, IpNetwork source, IpNetwork destination) {
        return exempt(
                router,
                "pod-to-pod/" + source + "/" + destination,
                EgressIpRows.subnetMatch(source, destination),
                Map.of());
    }

    static DesiredRow podToJoin(UUID router, IpNetwork source, IpNetwork join) {
        return exempt(router, "pod-to-join/" + source + "/" + join, EgressIpRows.subnetMatch(source, join), Map.of());
    }

    static DesiredRow podToNode(UUID router, IpFamily family) {
        return exempt(
                router,
                "pod-to-node/" + family.suffix(),
                EgressIpRows.podToNodeMatch(family),
                EgressIpRows.NODE_CONNECTION);
    }

    private static DesiredRow exempt(UUID router, String name, String match, Map<String, String> options) {
        var id = EXEMPT_ID_PREFIX + name;
        return EgressIpRows.allow(router, id, EXEMPT_PRIORITY, match, options, EgressIpRows.baselineExternalIds(id));
    }
}
