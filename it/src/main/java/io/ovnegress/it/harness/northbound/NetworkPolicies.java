package io.ovnegress.it.harness.northbound;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.networking.v1.IPBlock;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.ovnegress.it.harness.process.OvnCentral;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What ovnkube-master writes for NetworkPolicies that let in, to all pods of their namespaces, pods of other namespaces and networks
 * (ovn-kubernetes 1.3.0, {@code base_network_controller_policy.go} and {@code gress_policy.go}): a port group of the namespace with a
 * drop of priority 1000, and one of the policy with an ACL of priority 1001 for each rule. Of pods it is as they are now.
 */
public final class NetworkPolicies {
    private static final String NAME = "kubernetes.io/metadata.name";

    private final OvnCentral central;
    private final List<ClusterPod> pods;
    private final List<String> groups = new ArrayList<>();

    /** @param pods all that there are */
    public NetworkPolicies(OvnCentral central, List<ClusterPod> pods) {
        this.central = central;
        this.pods = List.copyOf(pods);
    }

    public void add(NetworkPolicy policy) {
        var namespace = policy.getMetadata().getNamespace();
        var spec = policy.getSpec();
        require(spec.getPolicyTypes().equals(List.of("Ingress")) && isEmpty(spec.getPodSelector()), policy);
        var ports = pods.stream()
                .filter(pod -> pod.namespace().equals(namespace))
                .map(ClusterPod::port)
                .toArray(String[]::new);
        var denied = group("denied_" + namespace, ports);
        acl(denied, 1000, "outport == @" + denied, "drop");
        acl(denied, 1001, "outport == @" + denied + " && (arp || nd)", "allow");
        var allowed = group("allowed_" + namespace, ports);
        for (var rule : spec.getIngress()) {
            require(rule.getPorts() == null || rule.getPorts().isEmpty(), policy);
            for (var peer : rule.getFrom()) {
                for (var match : matches(peer)) {
                    acl(allowed, 1001, match + " && outport == @" + allowed, "allow-related");
                }
            }
        }
    }

    /** Takes away what was added. */
    public void clear() {
        groups.forEach(group -> central.nbctl("pg-del", group));
        groups.clear();
    }

    private String group(String name, String... ports) {
        var line = new ArrayList<>(List.of("pg-add", name));
        line.addAll(List.of(ports));
        central.nbctl(line.toArray(String[]::new));
        groups.add(name);
        return name;
    }

    private void acl(String group, int priority, String match, String action) {
        central.nbctl("--type=port-group", "acl-add", group, "to-lport", Integer.toString(priority), match, action);
    }

    private List<String> matches(NetworkPolicyPeer peer) {
        return peer.getIpBlock() != null ? List.of(ofBlock(peer.getIpBlock())) : ofPods(peer.getNamespaceSelector());
    }

    private static String ofBlock(IPBlock block) {
        var field = Family.of(block.getCidr()) == Family.V4 ? "ip4.src" : "ip6.src";
        var except = block.getExcept() == null ? List.<String>of() : block.getExcept();
        return field + " == " + block.getCidr()
                + (except.isEmpty() ? "" : " && " + field + " != {" + String.join(", ", except) + "}");
    }

    /** Their addresses, as a set of ovnkube's has them; of both families where they have both. */
    private List<String> ofPods(LabelSelector namespaces) {
        var matches = new ArrayList<String>();
        for (var family : Family.values()) {
            var addresses = pods.stream()
                    .filter(pod -> selects(namespaces, Map.of(NAME, pod.namespace())))
                    .flatMap(pod -> pod.ips().stream())
                    .filter(ip -> Family.of(ip) == family)
                    .collect(Collectors.joining(", "));
            if (!addresses.isEmpty()) {
                matches.add((family == Family.V4 ? "ip4.src" : "ip6.src") + " == {" + addresses + "}");
            }
        }
        return matches;
    }

    private static boolean selects(LabelSelector selector, Map<String, String> labels) {
        return selector.getMatchLabels().entrySet().stream()
                        .allMatch(term -> term.getValue().equals(labels.get(term.getKey())))
                && selector.getMatchExpressions().stream().allMatch(term -> switch (term.getOperator()) {
                    case "In" ->
                        labels.containsKey(term.getKey()) && term.getValues().contains(labels.get(term.getKey()));
                    case "Exists" -> labels.containsKey(term.getKey());
                    default -> throw new IllegalArgumentException("not emulated: " + term);
                });
    }

    private static boolean isEmpty(LabelSelector selector) {
        return selector.getMatchLabels().isEmpty()
                && selector.getMatchExpressions().isEmpty();
    }

    private static void require(boolean isEmulated, NetworkPolicy policy) {
        if (!isEmulated) {
            throw new IllegalArgumentException("not emulated: " + policy);
        }
    }
}
