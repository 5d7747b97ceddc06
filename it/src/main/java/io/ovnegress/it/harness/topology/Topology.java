package io.ovnegress.it.harness.topology;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The plan of a cluster's network: which subnets it uses and which nodes it has. What ovnkube-master makes of it is written by
 * {@link NorthboundTopology}, what the API server shows by {@link io.ovnegress.it.harness.kube.KubernetesObjects}.
 *
 * @param clusterSubnets one per IP family, IPv4 first
 * @param joinSubnets likewise
 * @param disableSnatMultipleGateways ovnkube's {@code --disable-snat-multiple-gws}
 */
public record Topology(
        List<String> clusterSubnets,
        List<String> joinSubnets,
        List<ClusterNode> nodes,
        boolean disableSnatMultipleGateways) {
    /** The machine network of the examples. */
    public static final String MACHINE_NETWORK = "192.168.126.0/24";

    public static final String MACHINE_NETWORK_V6 = "fd2e:6f44:5dd8:c956::/64";

    private static final int FIRST_NODE_ID = 2;
    private static final int FIRST_POD_HOST = 5;

    public Topology {
        clusterSubnets = List.copyOf(clusterSubnets);
        joinSubnets = List.copyOf(joinSubnets);
        nodes = List.copyOf(nodes);
    }

    /**
     * An IPv4 cluster on the machine network with ovn-kubernetes' default subnets.
     *
     * @param firstHost host number of the first node's address; the others follow
     */
    public static Topology ipv4(int firstHost, String... names) {
        return of(List.of("10.128.0.0/14"), List.of("100.64.0.0/16"), List.of(MACHINE_NETWORK), firstHost, names);
    }

    /** The same with other pod subnets. */
    public static Topology ipv4(String clusterSubnet, int firstHost, String... names) {
        return of(List.of(clusterSubnet), List.of("100.64.0.0/16"), List.of(MACHINE_NETWORK), firstHost, names);
    }

    /** The same with IPv6 beside it. */
    public static Topology dualStack(int firstHost, String... names) {
        return of(
                List.of("10.128.0.0/14", "fd01::/48"),
                List.of("100.64.0.0/16", "fd98::/64"),
                List.of(MACHINE_NETWORK, MACHINE_NETWORK_V6),
                firstHost,
                names);
    }

    private static Topology of(
            List<String> clusterSubnets,
            List<String> joinSubnets,
            List<String> machineNetworks,
            int firstHost,
            String... names) {
        var plan = new Topology(clusterSubnets, joinSubnets, List.of(), false);
        var nodes = IntStream.range(0, names.length)
                .mapToObj(i -> plan.node(names[i], i, machineNetworks, firstHost + i))
                .toList();
        return new Topology(clusterSubnets, joinSubnets, nodes, false);
    }

    public Topology withDisableSnatMultipleGateways() {
        return new Topology(clusterSubnets, joinSubnets, nodes, true);
    }

    /** A node that is not part of the topology yet, numbered after those that are. */
    public ClusterNode nextNode(String name) {
        var first = nodes.get(0);
        var networks = first.addresses().stream()
                .map(address -> IpText.isV6(address) ? MACHINE_NETWORK_V6 : MACHINE_NETWORK)
                .toList();
        var address = IpText.addressOf(first.addresses().get(0));
        int firstHost = Integer.parseInt(address.substring(address.lastIndexOf('.') + 1));
        return node(name, nodes.size(), networks, firstHost + nodes.size());
    }

    private ClusterNode node(String name, int index, List<String> machineNetworks, int host) {
        int id = FIRST_NODE_ID + index;
        return new ClusterNode(
                name,
                id,
                "79fdcfc4-6fe6-4cd3-8242-c0f85a46%04x".formatted(index + 1),
                each(clusterSubnets, subnet -> IpText.subnet(subnet, IpText.isV6(subnet) ? 64 : 23, index)),
                each(machineNetworks, network -> IpText.withPrefixOf(IpText.host(network, host), network)),
                each(machineNetworks, network -> IpText.host(network, 1)),
                each(joinSubnets, subnet -> IpText.withPrefixOf(IpText.host(subnet, id), subnet)));
    }

    public ClusterNode node(String name) {
        return nodes.stream()
                .filter(node -> node.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no node " + name));
    }

    /**
     * A pod with the addresses of this number in its node's subnets.
     *
     * @param number 0 for the first pod of a node
     */
    public static ClusterPod pod(
            String namespace, String name, Map<String, String> labels, ClusterNode node, int number) {
        return new ClusterPod(namespace, name, labels, node, podIps(node, number));
    }

    /** The addresses of a node's pod of this number. */
    public static List<String> podIps(ClusterNode node, int number) {
        return each(node.subnets(), subnet -> IpText.host(subnet, FIRST_POD_HOST + number));
    }

    private static List<String> each(List<String> values, java.util.function.UnaryOperator<String> function) {
        var result = new ArrayList<String>();
        values.forEach(value -> result.add(function.apply(value)));
        return result;
    }
}
