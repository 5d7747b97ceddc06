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

    /** A node of this name; of what is not said it has nothing, but it is ready. */
    public static Builder named(String name) {
        return new Builder(name);
    }

    /** A node like this one, but for what is said. */
    public Builder edit() {
        return new Builder(name)
                .labels(labels)
                .ready(ready)
                .egressNetworks(egressNetworks)
                .addresses(addresses)
                .publicAddresses(publicAddresses)
                .gatewayAddresses(gatewayAddresses)
                .nextHops(nextHops)
                .probeAddresses(probeAddresses)
                .draining(draining)
                .podSubnets(podSubnets)
                .limits(limits);
    }

    /** Makes a node, one field after the other; each is what the component of that name says. */
    public static final class Builder {
        private final String name;
        private Map<String, String> labels = Map.of();
        private boolean ready = true;
        private List<IpNetwork> egressNetworks = List.of();
        private Set<IpAddress> addresses = Set.of();
        private Set<IpAddress> publicAddresses = Set.of();
        private List<IpAddress> gatewayAddresses = List.of();
        private Set<IpAddress> nextHops = Set.of();
        private List<IpAddress> probeAddresses = List.of();
        private boolean draining = false;
        private List<IpNetwork> podSubnets = List.of();
        private EgressLimits limits = EgressLimits.NONE;

        private Builder(String name) {
            this.name = name;
        }

        public Builder labels(Map<String, String> other) {
            labels = other;
            return this;
        }

        /** With no labels but that of egress nodes, or with none. */
        public Builder egressAssignable(boolean is) {
            return labels(is ? Map.of(EGRESS_ASSIGNABLE, "") : Map.of());
        }

        public Builder ready(boolean other) {
            ready = other;
            return this;
        }

        public Builder egressNetworks(List<IpNetwork> other) {
            egressNetworks = other;
            return this;
        }

        public Builder addresses(Set<IpAddress> other) {
            addresses = other;
            return this;
        }

        public Builder publicAddresses(Set<IpAddress> other) {
            publicAddresses = other;
            return this;
        }

        public Builder gatewayAddresses(List<IpAddress> other) {
            gatewayAddresses = other;
            return this;
        }

        public Builder nextHops(Set<IpAddress> other) {
            nextHops = other;
            return this;
        }

        public Builder probeAddresses(List<IpAddress> other) {
            probeAddresses = other;
            return this;
        }

        public Builder draining(boolean other) {
            draining = other;
            return this;
        }

        public Builder podSubnets(List<IpNetwork> other) {
            podSubnets = other;
            return this;
        }

        public Builder limits(EgressLimits other) {
            limits = other;
            return this;
        }

        public NodeInput build() {
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
                    limits);
        }
    }
}
