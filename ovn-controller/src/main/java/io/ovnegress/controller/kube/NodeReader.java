package io.ovnegress.controller.kube;

import static io.ovnegress.controller.kube.InputMappers.addresses;
import static io.ovnegress.controller.kube.InputMappers.annotation;
import static io.ovnegress.controller.kube.InputMappers.textsOf;

import io.fabric8.kubernetes.api.model.Node;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.NodeInput;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What ovnkube-node wrote about a node, in annotations; a malformed one is left out and the others still count. */
final class NodeReader {
    /** {@code {"ipv4":"192.168.126.12/24","ipv6":""}}: the primary interface. */
    static final String PRIMARY_IFADDR = "k8s.ovn.org/node-primary-ifaddr";
    /** {@code ["192.168.126.12/24","10.10.10.4/24"]}: every interface. */
    static final String HOST_CIDRS = "k8s.ovn.org/host-cidrs";
    /** What older releases have instead of {@link #HOST_CIDRS}, without prefix lengths. */
    static final String HOST_ADDRESSES = "k8s.ovn.org/host-addresses";
    /** {@code {"default":{"mode":"shared","ip-addresses":["192.168.126.12/24"],"ip-address":...,"next-hops":[...]}}}. */
    static final String L3_GATEWAY_CONFIG = "k8s.ovn.org/l3-gateway-config";
    /** {@code {"default":["10.128.0.0/23","fd01::/64"]}}, or one text instead of the array. */
    static final String NODE_SUBNETS = "k8s.ovn.org/node-subnets";

    /** In each of a node's subnets the first address is the router's and the second the management port's. */
    private static final int MANAGEMENT_ADDRESS = 2;

    private static final Set<String> INTERNAL = Set.of("InternalIP");
    private static final Set<String> EXTERNAL = Set.of("ExternalIP");

    private NodeReader() {}

    /**
     * @param labels its labels, none of them null
     * @param drainUnschedulable whether a node that takes no more pods is drained without having the annotation
     */
    static NodeInput read(Node node, Map<String, String> labels, boolean drainUnschedulable) {
        var primary = annotation(node, PRIMARY_IFADDR);
        var primaryTexts = new ArrayList<String>(textsOf(primary.path("ipv4")));
        primaryTexts.addAll(textsOf(primary.path("ipv6")));
        var hostCidrs = textsOf(annotation(node, HOST_CIDRS));
        var gateway = annotation(node, L3_GATEWAY_CONFIG).path("default");
        var gatewayAddress = textsOf(gateway.path("ip-address"));

        var egressNetworks = networks(primaryTexts);
        if (egressNetworks.isEmpty()) {
            egressNetworks = networks(hostCidrs);
        }
        var gatewayAddresses = addresses(textsOf(gateway.path("ip-addresses")));
        if (gatewayAddresses.isEmpty()) {
            gatewayAddresses = addresses(gatewayAddress);
        }
        var all = new TreeSet<IpAddress>(gatewayAddresses);
        all.addAll(addresses(gatewayAddress));
        all.addAll(addresses(primaryTexts));
        all.addAll(addresses(hostCidrs));
        all.addAll(addresses(textsOf(annotation(node, HOST_ADDRESSES))));
        all.addAll(addresses(statusAddresses(node, INTERNAL)));
        var podSubnets = networks(textsOf(annotation(node, NODE_SUBNETS).path("default")));
        var nextHops = new TreeSet<IpAddress>(addresses(textsOf(gateway.path("next-hops"))));
        nextHops.addAll(addresses(textsOf(gateway.path("next-hop"))));
        return NodeInput.named(InputMappers.nameOf(node))
                .labels(labels)
                .ready(isReady(node))
                .egressNetworks(egressNetworks)
                .addresses(all)
                .publicAddresses(Set.copyOf(addresses(statusAddresses(node, EXTERNAL))))
                .gatewayAddresses(gatewayAddresses)
                .nextHops(nextHops)
                .probeAddresses(probeAddresses(node, podSubnets))
                .draining(isUnschedulable(node) && (drainUnschedulable || isDrained(node)))
                .podSubnets(podSubnets)
                .limits(EgressLimitsReader.read(node))
                .build();
    }

    private static boolean isUnschedulable(Node node) {
        return node.getSpec() != null && Boolean.TRUE.equals(node.getSpec().getUnschedulable());
    }

    private static boolean isDrained(Node node) {
        var annotations = InputMappers.metadata(node).getAnnotations();
        return annotations != null && "true".equals(annotations.get(Annotations.DRAIN));
    }

    private static List<IpAddress> probeAddresses(Node node, List<IpNetwork> podSubnets) {
        var management = podSubnets.stream()
                .flatMap(subnet -> subnet.addressAt(MANAGEMENT_ADDRESS).stream())
                .toList();
        return management.isEmpty() ? addresses(statusAddresses(node, INTERNAL)) : management;
    }

    private static List<IpNetwork> networks(List<String> texts) {
        return texts.stream()
                .map(IpNetwork::parse)
                .flatMap(Optional::stream)
                .distinct()
                .toList();
    }

    private static List<String> statusAddresses(Node node, Set<String> types) {
        if (node.getStatus() == null || node.getStatus().getAddresses() == null) {
            return List.of();
        }
        return node.getStatus().getAddresses().stream()
                .filter(address -> address.getAddress() != null && types.contains(InputMappers.text(address.getType())))
                .map(address -> address.getAddress())
                .toList();
    }

    private static boolean isReady(Node node) {
        return node.getStatus() != null
                && node.getStatus().getConditions() != null
                && node.getStatus().getConditions().stream()
                        .anyMatch(condition ->
                                "Ready".equals(condition.getType()) && "True".equals(condition.getStatus()));
    }
}
