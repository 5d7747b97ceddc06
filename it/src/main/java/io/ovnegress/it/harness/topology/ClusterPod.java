package io.ovnegress.it.harness.topology;

import java.util.List;
import java.util.Map;

/**
 * A running pod of the cluster default network.
 *
 * @param ips one per IP family, IPv4 first
 */
public record ClusterPod(
        String namespace, String name, Map<String, String> labels, ClusterNode node, List<String> ips) {
    public ClusterPod {
        labels = Map.copyOf(labels);
        ips = List.copyOf(ips);
    }

    /** The logical switch port: {@code <namespace>_<pod>}. */
    public String port() {
        return namespace + "_" + name;
    }

    public String mac() {
        return IpText.mac(ips.get(0));
    }

    public String ip(Family family) {
        return family.of(ips);
    }

    public String ip() {
        return ips.get(0);
    }

    /** The same pod re-created with other addresses, such as one of a StatefulSet. */
    public ClusterPod withIps(String... newIps) {
        return new ClusterPod(namespace, name, labels, node, List.of(newIps));
    }

    public ClusterPod withLabels(Map<String, String> newLabels) {
        return new ClusterPod(namespace, name, newLabels, node, ips);
    }
}
