package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.northbound.DesiredRow;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * The rows that keep pods in that must not leave as anything but an egress IP. They are there all the time, below the reroute
 * policies: a pod is kept in before it is rerouted and as soon as it is not any more, with nothing to be done at that moment.
 */
public final class CutOffRows {
    /** Whatever is rerouted by anybody, or stays in the cluster, goes on; what is left would leave with a node's address. */
    public static final long DROP_PRIORITY = 99;

    static final String ID_PREFIX = "cut-off/";
    private static final String NAMESPACE_ID_PREFIX = ID_PREFIX + "namespace/";

    private CutOffRows() {}

    /**
     * The end of one pod address's way out of the cluster, where it has none; says whose the address is. Of a reroute policy and this
     * one there is only ever one, and either is turned into the other in place: they share the match.
     */
    static DesiredRow pod(UUID clusterRouter, IpAddress pod, String egressIpName, String podName) {
        var id = EgressIpRows.dropId(pod);
        return drop(
                clusterRouter,
                id,
                EgressIpRows.rerouteMatch(pod),
                EgressIpRows.podExternalIds(id, egressIpName, podName));
    }

    /** The addresses of known pods that must not leave as anything but an egress IP. */
    public static String podsSet(IpFamily family) {
        return "ovn_egress_cut_off_pods_" + family.suffix();
    }

    /** Keeps the pods of {@link #podsSet} in. */
    static DesiredRow pods(UUID clusterRouter, IpFamily family) {
        var id = ID_PREFIX + "pods/" + family.suffix();
        return drop(clusterRouter, id, from(podsSet(family), family), EgressIpRows.baselineExternalIds(id));
    }

    /**
     * Keeps in whatever has a port in a namespace's port group: ovnkube puts a pod's port into it in the transaction that makes the
     * port, so that not one packet is earlier.
     *
     * @param egressIp the object that asks for it
     */
    static DesiredRow namespace(
            UUID clusterRouter, String namespace, String portGroup, IpFamily family, String egressIp) {
        var id = NAMESPACE_ID_PREFIX + namespace + "/" + family.suffix();
        return drop(
                clusterRouter,
                id,
                from(addressesOf(portGroup, family), family),
                EgressIpRows.objectExternalIds(id, egressIp));
    }

    /** Pods that are kept in reach nodes as served ones do, before they are known too. */
    static DesiredRow namespaceToNodes(
            UUID clusterRouter, String namespace, String portGroup, IpFamily family, String egressIp) {
        var id = NAMESPACE_ID_PREFIX + namespace + "/" + family.suffix() + "/to-nodes";
        var text = from(addressesOf(portGroup, family), family) + " && " + family.matchField() + ".dst == $"
                + EgressIpRows.nodeAddressesSet(family);
        return EgressIpRows.allow(
                clusterRouter, id, text, EgressIpRows.NODE_CONNECTION, EgressIpRows.objectExternalIds(id, egressIp));
    }

    /** The namespace that an id of {@link #namespace} or {@link #namespaceToNodes} names. */
    static Optional<String> namespaceOf(String id) {
        int start = NAMESPACE_ID_PREFIX.length();
        int end = id.startsWith(NAMESPACE_ID_PREFIX) ? id.indexOf('/', start) : -1;
        return end > start ? Optional.of(id.substring(start, end)) : Optional.empty();
    }

    private static DesiredRow drop(UUID clusterRouter, String id, String text, Map<String, String> externalIds) {
        return EgressIpRows.policy(clusterRouter, id, DROP_PRIORITY, text, "drop", externalIds);
    }

    /** {@code ip4.src == $GROUP_ip4}. */
    static String fromGroup(String portGroup, IpFamily family) {
        return from(addressesOf(portGroup, family), family);
    }

    private static String from(String addressSet, IpFamily family) {
        return family.matchField() + ".src == $" + addressSet;
    }

    /** The set that ovn-northd keeps of the addresses of a group's ports (ovn-nb(5), Address_Set). */
    private static String addressesOf(String portGroup, IpFamily family) {
        return portGroup + "_" + family.matchField();
    }
}
