package io.ovnegress.it.harness.kube;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodIP;
import io.ovnegress.it.harness.topology.ClusterNode;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Family;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The objects that the API server shows for a topology, with the annotations that ovnkube-node and ovnkube-master write. */
public final class KubernetesObjects {
    /** A node with this label may carry egress IPs, whatever the label's value. */
    public static final String EGRESS_ASSIGNABLE = "k8s.ovn.org/egress-assignable";

    private KubernetesObjects() {}

    public static Namespace namespace(String name, Map<String, String> labels) {
        var all = new TreeMap<>(labels);
        all.put("kubernetes.io/metadata.name", name);
        return new NamespaceBuilder()
                .withNewMetadata()
                .withName(name)
                .withLabels(all)
                .endMetadata()
                .build();
    }

    /** A node that is Ready, not labelled for egress IPs. */
    public static Node node(ClusterNode node) {
        return new NodeBuilder()
                .withNewMetadata()
                .withName(node.name())
                .withLabels(Map.of("kubernetes.io/hostname", node.name(), "kubernetes.io/os", "linux"))
                .withAnnotations(annotations(node))
                .endMetadata()
                .withNewStatus()
                .addNewAddress(node.address(Family.of(node.addresses().get(0))), "InternalIP")
                .addNewAddress(node.name(), "Hostname")
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .withReason("KubeletReady")
                .endCondition()
                .endStatus()
                .build();
    }

    private static Map<String, String> annotations(ClusterNode node) {
        var first = node.addresses().get(0);
        var gateway = ("{\"default\": {\"mode\": \"shared\", \"bridge-id\": \"br-ex\", \"interface-id\": \"br-ex_%s\","
                        + " \"mac-address\": \"%s\", \"ip-addresses\": %s, \"ip-address\": \"%s\", \"next-hops\": %s,"
                        + " \"next-hop\": \"%s\", \"node-port-enable\": \"true\", \"vlan-id\": \"0\"}}")
                .formatted(
                        node.name(),
                        node.externalMac(),
                        list(node.addresses()),
                        first,
                        list(node.nextHops()),
                        node.nextHops().get(0));
        var annotations = new TreeMap<String, String>();
        annotations.put("k8s.ovn.org/host-cidrs", list(node.addresses()));
        annotations.put("k8s.ovn.org/l3-gateway-config", gateway);
        annotations.put("k8s.ovn.org/node-chassis-id", node.chassis());
        annotations.put("k8s.ovn.org/node-id", Integer.toString(node.id()));
        annotations.put("k8s.ovn.org/node-primary-ifaddr", byFamily(node.addresses()));
        annotations.put("k8s.ovn.org/node-subnets", "{\"default\": " + list(node.subnets()) + "}");
        annotations.put("k8s.ovn.org/zone-name", "global");
        return annotations;
    }

    /** A running pod. */
    public static Pod pod(ClusterPod pod) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace(pod.namespace())
                .withName(pod.name())
                .withLabels(pod.labels())
                .withAnnotations(Map.of("k8s.ovn.org/pod-networks", podNetworks(pod)))
                .endMetadata()
                .withNewSpec()
                .withNodeName(pod.node().name())
                .addNewContainer()
                .withName("app")
                .withImage("registry.k8s.io/pause:3.9")
                .endContainer()
                .endSpec()
                .withNewStatus()
                .withPhase("Running")
                .withPodIP(pod.ip())
                .withPodIPs(pod.ips().stream().map(PodIP::new).toList())
                .withStartTime(Instant.now().toString())
                .endStatus()
                .build();
    }

    private static String podNetworks(ClusterPod pod) {
        var addresses = pod.ips().stream()
                .map(ip -> ip + (Family.of(ip) == Family.V4 ? "/23" : "/64"))
                .toList();
        var gateways = pod.node().gatewayAddresses();
        return "{\"default\":{\"ip_addresses\":%s,\"mac_address\":\"%s\",\"gateway_ips\":%s,\"ip_address\":\"%s\",\"gateway_ip\":\"%s\"}}"
                .formatted(list(addresses), pod.mac(), list(gateways), addresses.get(0), gateways.get(0));
    }

    private static String byFamily(List<String> addresses) {
        return addresses.stream()
                .map(address -> "\"%s\": \"%s\"".formatted(Family.of(address) == Family.V4 ? "ipv4" : "ipv6", address))
                .collect(Collectors.joining(", ", "{", "}"));
    }

    private static String list(List<String> values) {
        return values.stream().map(value -> "\"" + value + "\"").collect(Collectors.joining(",", "[", "]"));
    }
}
