package io.ovnegress.it.harness.topology;

import java.util.List;

/**
 * A node as ovnkube-master knows it. Every list has one entry per IP family, IPv4 first.
 *
 * @param id {@code k8s.ovn.org/node-id}; also the host number of its join addresses
 * @param chassis {@code k8s.ovn.org/node-chassis-id}
 * @param subnets pod subnets, such as {@code 10.128.0.0/23}
 * @param addresses on the machine network with prefix length, such as {@code 192.168.126.11/24}
 * @param nextHops gateways of the machine network
 * @param joinAddresses of its gateway router on the join switch with prefix length
 */
public record ClusterNode(
        String name,
        int id,
        String chassis,
        List<String> subnets,
        List<String> addresses,
        List<String> nextHops,
        List<String> joinAddresses) {
    public ClusterNode {
        subnets = List.copyOf(subnets);
        addresses = List.copyOf(addresses);
        nextHops = List.copyOf(nextHops);
        joinAddresses = List.copyOf(joinAddresses);
    }

    /** {@code GR_<node>}. */
    public String gatewayRouter() {
        return "GR_" + name;
    }

    /** The management port {@code k8s-<node>}. */
    public String managementPort() {
        return "k8s-" + name;
    }

    /** The node's own IP, without prefix length. */
    public String address(Family family) {
        return IpText.addressOf(family.of(addresses));
    }

    /** The nexthop of reroute policies to this node. */
    public String joinAddress(Family family) {
        return IpText.addressOf(family.of(joinAddresses));
    }

    /** The second address of the pod subnet, on the management port. */
    public String managementAddress(Family family) {
        return IpText.host(family.of(subnets), 2);
    }

    /** The first address of the pod subnet, on {@code rtos-<node>}. */
    String gatewayAddress(String subnet) {
        return IpText.host(subnet, 1);
    }

    /** MAC address of {@code rtos-<node>}: where pods send what leaves their subnet. */
    public String routerMac() {
        return IpText.mac(gatewayAddress(subnets.get(0)));
    }

    /** The first address of each pod subnet. */
    public List<String> gatewayAddresses() {
        return subnets.stream().map(this::gatewayAddress).toList();
    }

    /** MAC address of {@code rtoe-GR_<node>}: the node's own on the machine network. */
    public String externalMac() {
        return IpText.mac(IpText.addressOf(addresses.get(0)));
    }

    String joinMac() {
        return IpText.mac(IpText.addressOf(joinAddresses.get(0)));
    }
}
