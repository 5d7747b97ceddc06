package io.ovnegress.it.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.reconciler.FirewallMatch;
import io.ovnegress.reconciler.FirewallMatch.Packet;
import io.ovnegress.reconciler.feature.firewall.FirewallInput;
import io.ovnegress.reconciler.feature.firewall.FirewallRule;
import io.ovnegress.reconciler.feature.firewall.FirewallRule.Destination;
import io.ovnegress.reconciler.feature.firewall.NetNamespaceInput;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.ResolvedName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Whether packets fare by the ACLs of each namespace as its policies say when these are read one rule after the other, when there is
 * nothing left to do. Reads the objects itself, as OpenShift SDN and ovn-kubernetes do. None of the packets goes to a node. Not
 * thread safe.
 */
final class FirewallEnd {
    private static final List<Packet> PACKETS = packets();
    /** Of the cluster itself: no firewall says anything about it. */
    private static final List<String> INSIDE = List.of("10.128.0.5", "100.64.0.2");

    private final List<FirewallInput> policies;
    private final Map<String, Long> netIds = new HashMap<>();
    private final Map<String, Set<IpAddress>> names = new HashMap<>();
    private final Map<String, Set<String>> sets = new HashMap<>();
    private final Map<String, JsonNode> acls = new HashMap<>();
    private final JsonNode groups;

    FirewallEnd(
            OtherClient client,
            List<FirewallInput> policies,
            List<NetNamespaceInput> projects,
            List<ResolvedName> answers) {
        this.policies = policies;
        projects.forEach(project -> netIds.put(project.name(), project.netId()));
        answers.forEach(answer -> names.put(answer.name(), answer.addresses()));
        var selected = client.select(List.of("Port_Group", "ACL", "Address_Set"));
        groups = selected.get(0);
        selected.get(1).forEach(acl -> acls.put(Content.id(acl), acl));
        selected.get(2).forEach(set -> sets.put(set.get("name").asText(), Content.texts(set.get("addresses"))));
    }

    private static List<Packet> packets() {
        var packets = new ArrayList<Packet>();
        for (var to : List.of(
                "203.0.113.25",
                "203.0.113.50",
                "203.0.113.51",
                "203.0.113.53",
                "8.8.8.8",
                "2001:db8::1",
                "2001:db8::3",
                "2001:db9::1")) {
            packets.add(new Packet(RandomObjects.ip(to), "tcp", 80));
            packets.add(new Packet(RandomObjects.ip(to), "tcp", 443));
            packets.add(new Packet(RandomObjects.ip(to), "udp", 53));
            packets.add(new Packet(RandomObjects.ip(to), "icmp", 0));
        }
        return packets;
    }

    List<String> problems() {
        var problems = new ArrayList<String>();
        for (var namespace : ChaosInputs.NAMESPACES) {
            for (var group : groups) {
                if (group.get("name").asText().equals(Landscape.portGroup(namespace))) {
                    judge(namespace, ours(group), problems);
                }
            }
        }
        return problems.isEmpty() ? List.of() : List.of("firewalls:\n  " + String.join("\n  ", problems));
    }

    /** The highest priority first. */
    private List<JsonNode> ours(JsonNode group) {
        return Content.references(group.get("acls")).stream()
                .map(acls::get)
                .filter(acl -> acl != null
                        && "egress-firewall"
                                .equals(Content.map(acl.get("external_ids")).get("ovn-egress.io/feature")))
                .sorted(Comparator.comparingLong(
                        (JsonNode acl) -> -acl.get("priority").asLong()))
                .toList();
    }

    private void judge(String namespace, List<JsonNode> rows, List<String> problems) {
        for (var packet : PACKETS) {
            boolean should = passes(namespace, packet);
            boolean does = first(rows, packet)
                    .map(acl -> acl.get("action").asText().equals("allow"))
                    .orElse(true);
            if (should != does) {
                problems.add("%s %s out of %s, by %s; its policies: %s"
                        .formatted(
                                packet,
                                does ? "comes" : "does not come",
                                namespace,
                                first(rows, packet)
                                        .map(acl -> acl.get("match").asText())
                                        .orElse("no ACL"),
                                policies.stream()
                                        .filter(policy -> policy.namespace().equals(namespace))
                                        .toList()));
            }
        }
        for (var inside : INSIDE) {
            first(rows, new Packet(RandomObjects.ip(inside), "tcp", 80))
                    .filter(acl -> !acl.get("action").asText().equals("allow"))
                    .ifPresent(
                            acl -> problems.add("what stays in the cluster is stopped in " + namespace + ": " + acl));
        }
    }

    private List<FirewallInput> of(String namespace, InputKind kind) {
        return policies.stream()
                .filter(policy ->
                        policy.namespace().equals(namespace) && policy.kind().equals(kind))
                .toList();
    }

    private boolean passes(String namespace, Packet packet) {
        var firewalls = of(namespace, FirewallInput.EGRESS_FIREWALL);
        if (!firewalls.isEmpty()) {
            return passesOnly(firewalls, packet);
        }
        var id = netIds.get(namespace);
        if (namespace.equals("default") || (id != null && id == 0)) {
            return true; // a policy of a global project is not applied
        }
        var together = ChaosInputs.NAMESPACES.stream()
                .filter(other -> other.equals(namespace) || (id != null && id.equals(netIds.get(other))))
                .toList();
        if (together.size() > 1) {
            return together.stream()
                    .allMatch(project ->
                            of(project, FirewallInput.EGRESS_NETWORK_POLICY).isEmpty());
        }
        return passesOnly(of(namespace, FirewallInput.EGRESS_NETWORK_POLICY), packet);
    }

    /** Of several none counts, and nothing leaves. */
    private boolean passesOnly(List<FirewallInput> ones, Packet packet) {
        if (ones.size() != 1) {
            return ones.isEmpty();
        }
        for (var rule : ones.getFirst().rules()) {
            if (isTo(rule.to(), packet.to()) && isOn(rule.ports(), packet)) {
                return rule.allows();
            }
        }
        return true;
    }

    private boolean isTo(Destination to, IpAddress address) {
        return switch (to) {
            case Destination.Network(var network) -> network.contains(address);
            case Destination.Name(var name) ->
                names.getOrDefault(name, Set.of()).contains(address);
            case Destination.Nodes nodes -> false;
            case Destination.Unknown unknown -> throw new IllegalStateException("nobody draws " + unknown);
        };
    }

    private static boolean isOn(List<FirewallRule.Port> ports, Packet packet) {
        return ports.isEmpty()
                || ports.stream()
                        .anyMatch(port -> port.protocol().name().equals(packet.protocol())
                                && (port.port().isEmpty() || port.port().getAsInt() == packet.port()));
    }

    private Optional<JsonNode> first(List<JsonNode> rows, Packet packet) {
        return rows.stream()
                .filter(acl -> FirewallMatch.matches(
                        acl.get("match").asText(), name -> sets.getOrDefault(name, Set.of()), packet))
                .findFirst();
    }
}
