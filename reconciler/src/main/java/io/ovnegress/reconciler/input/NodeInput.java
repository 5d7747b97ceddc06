package io.ovnegress.reconciler.input;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What we read of a Node.
 *
 * @param labels by which EgressIPs select their nodes; those that say nothing else, by {@link #EGRESS_ASSIGNABLE}
 * @param ready condition Ready is True
 * @param egressNetworks networks that can host egress IPs: {@code k8s.ovn.org/node-primary-ifaddr}, else
 *     {@code k8s.ovn.org/host-cidrs}; empty if neither is set (the gateway router's own network is used then)
 * @param addresses every address of the node (host-cidrs or host-addresses, primary-ifaddr, l3-gateway-config, status
 *     addresses of type InternalIP): never egress IPs, and what is sent there is never rerouted
 * @param publicAddresses status addresses of type ExternalIP: never egress IPs either; unless the node has them itself they are
 *     translated outside of the cluster, and what is sent there leaves it
 * @param gatewayAddresses {@code ip-addresses} of {@code k8s.ovn.org/l3-gateway-config}, for the pods' node SNAT
 * @param nextHops {@code next-hops} of the same: the default gateways of its network, never egress IPs
 * @param probeAddresses where it is asked whether it is alive: those of its management port (the second of each subnet in
 *     {@code k8s.ovn.org/node-subnets}), else its InternalIPs; empty if neither is known
 * @param draining its egress IPs are to move away while it is still there
 * @param podSubnets the subnets of its pods in the default network, of {@code k8s.ovn.org/node-subnets}; empty if they are not known
 * @param limits which egress IPs it may serve, and how many
 */
public record NodeInput(
        String name,
        Map<String, String> labels,
        boolean ready,
        List<IpNetwork> egressNetworks,
        Set<IpAddress> addresses,
        Set<IpAddress> publicAddresses,
        List<IpAddress> gatewayAddresses,
        Set<IpAddress> nextHops,
        List<IpAddress> probeAddresses,
        boolean draining,
        List<IpNetwork> podSubnets,
        EgressLimits limits)
        implements InputObject {
    /** A label: its presence counts, not its value. */
    public static final String EGRESS_ASSIGNABLE = "k8s.ovn.org/egress-assignable";

    @Override
    public InputKind kind() {
        return InputKind.NODE;
    }

    @Override
    public String key() {
        return name;
    }

    public NodeInput {
        labels = Map.copyOf(labels);
        egressNetworks = List.copyOf(egressNetworks);
        addresses = Set.copyOf(addresses);
        publicAddresses = Set.copyOf(publicAddresses);
        gatewayAddresses = List.copyOf(gatewayAddresses);
        nextHops = Set.copyOf(nextHops);
        probeAddresses = List.copyOf(probeAddresses);
        podSubnets = List.copyOf(podSubnets);
    }

    /** Whether it is labelled as an egress node. */
    public boolean egressAssignable() {
        return labels.containsKey(EGRESS_ASSIGNABLE);
    }

    /** The node with other subnets for pods. */
    public NodeInput withPodSubnets(List<IpNetwork> subnets) {
        return new NodeInput(
                name,
                labels,
                ready,
                egressNetworks,
                addresses,
                publicAddresses,
                gatewayAddresses,
                nextHops,
                probeAddresses,
                draining,
                subnets,
                limits);
    }

    /** The node with these labels and no others. */
    public NodeInput withLabels(Map<String, String> others) {
        return new NodeInput(
                name,
                others,
                ready,
                egressNetworks,
                addresses,
                publicAddresses,
                gatewayAddresses,
                nextHops,
                probeAddresses,
                draining,
                podSubnets,
                limits);
    }

    /** The node with these limits. */
    public NodeInput withLimits(EgressLimits others) {
        return new NodeInput(
                name,
                labels,
                ready,
                egressNetworks,
                addresses,
                publicAddresses,
                gatewayAddresses,
                nextHops,
                probeAddresses,
                draining,
                podSubnets,
                others);
    }

    /** The node with these default gateways. */
    public NodeInput withNextHops(Set<IpAddress> gateways) {
        return new NodeInput(
                name,
                labels,
                ready,
                egressNetworks,
                addresses,
                publicAddresses,
                gatewayAddresses,
                gateways,
                probeAddresses,
                draining,
                podSubnets,
                limits);
    }

    /** A node with no labels but that of egress nodes, and no known default gateway. */
    public NodeInput(
            String name,
            boolean egressAssignable,
            boolean ready,
            List<IpNetwork> egressNetworks,
            Set<IpAddress> addresses,
            Set<IpAddress> publicAddresses,
            List<IpAddress> gatewayAddresses,
            List<IpAddress> probeAddresses,
            boolean draining,
            List<IpNetwork> podSubnets) {
        this(
                name,
                egressAssignable ? Map.of(EGRESS_ASSIGNABLE, "") : Map.of(),
                ready,
                egressNetworks,
                addresses,
                publicAddresses,
                gatewayAddresses,
                Set.of(),
                probeAddresses,
                draining,
                podSubnets,
                EgressLimits.NONE);
    }

    /** A node whose subnets are not known. */
    public NodeInput(
            String name,
            boolean egressAssignable,
            boolean ready,
            List<IpNetwork> egressNetworks,
            Set<IpAddress> addresses,
            Set<IpAddress> publicAddresses,
            List<IpAddress> gatewayAddresses,
            List<IpAddress> probeAddresses,
            boolean draining) {
        this(
                name,
                egressAssignable,
                ready,
                egressNetworks,
                addresses,
                publicAddresses,
                gatewayAddresses,
                probeAddresses,
                draining,
                List.of());
    }

    /** A node without public addresses. */
    public NodeInput(
            String name,
            boolean egressAssignable,
            boolean ready,
            List<IpNetwork> egressNetworks,
            Set<IpAddress> addresses,
            List<IpAddress> gatewayAddresses,
            List<IpAddress> probeAddresses,
            boolean draining) {
        this(
                name,
                egressAssignable,
                ready,
                egressNetworks,
                addresses,
                Set.of(),
                gatewayAddresses,
                probeAddresses,
                draining);
    }

    /** A node that is neither probed nor drained. */
    public NodeInput(
            String name,
            boolean egressAssignable,
            boolean ready,
            List<IpNetwork> egressNetworks,
            Set<IpAddress> addresses,
            List<IpAddress> gatewayAddresses) {
        this(name, egressAssignable, ready, egressNetworks, addresses, gatewayAddresses, List.of(), false);
    }
}
