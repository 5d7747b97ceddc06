package io.ovnegress.it.chaos;

import static io.ovnegress.it.chaos.OtherClient.map;
import static io.ovnegress.it.chaos.OtherClient.named;
import static io.ovnegress.it.chaos.OtherClient.operation;
import static io.ovnegress.it.chaos.OtherClient.operations;
import static io.ovnegress.it.chaos.OtherClient.reference;
import static io.ovnegress.it.chaos.OtherClient.set;
import static io.ovnegress.it.chaos.OtherClient.whereName;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.ovnegress.it.chaos.OtherClient.Author;
import io.ovnegress.reconciler.NumberedNode;
import io.ovnegress.reconciler.input.IpFamily;
import java.util.Collection;
import java.util.List;

/** The rows that ovnkube 1.3 writes with its EgressIP feature on, for what it serves. Stateless. */
final class OvnkubeEgressIp {
    private static final List<String> EXEMPTIONS = List.of("10.128.0.0/14", "100.64.0.0/16");

    private OvnkubeEgressIp() {}

    /**
     * A pod and its egress IP.
     *
     * @param egressNode the number of the node that serves it
     */
    record Served(String egressIpName, String pod, String address, String egressIp, int egressNode) {
        /** As ovnkube's owner keys name it. */
        String name() {
            return egressIpName + "_" + pod;
        }
    }

    /** Policies of priority 102 that keep traffic in the cluster. */
    static void exempt(OtherClient client) {
        var operations = operations();
        for (var destination : EXEMPTIONS) {
            var name = destination.equals(EXEMPTIONS.get(0)) ? "Pod-To-Pod" : "Pod-To-Join";
            policy(operations, 102, "ip4.src == 10.128.0.0/14 && ip4.dst == " + destination, "allow", set(), name);
        }
        client.transact(Author.OVNKUBE, "", operations);
    }

    /** A transaction for each pod, as ovnkube has it. */
    static void serve(OtherClient client, Collection<Served> pods) {
        for (var pod : pods) {
            var operations = operations();
            policy(
                    operations,
                    100,
                    "ip4.src == " + pod.address(),
                    "reroute",
                    set(new NumberedNode(pod.egressNode()).joinAddress(IpFamily.V4)),
                    pod.name());
            var row = operation(operations, "insert", "NAT")
                    .put("uuid-name", "nat")
                    .putObject("row")
                    .put("type", "snat")
                    .put("logical_ip", pod.address())
                    .put("external_ip", pod.egressIp())
                    .put("logical_port", "k8s-" + Landscape.node(pod.egressNode()))
                    .put("external_port_range", Landscape.PORT_RANGE);
            row.set("options", map("stateless", "false"));
            row.set("external_ids", OvnkubeSyncers.ownerKeys("", pod.name()));
            reference(
                    operations,
                    "Logical_Router",
                    whereName(Landscape.gateway(pod.egressNode())),
                    "nat",
                    "insert",
                    named("nat"));
            client.transact(Author.OVNKUBE, pod.address(), operations);
        }
    }

    private static void policy(
            ArrayNode operations, int priority, String match, String action, ArrayNode nexthops, String name) {
        var uuidName = "policy" + operations.size();
        var row = operation(operations, "insert", "Logical_Router_Policy")
                .put("uuid-name", uuidName)
                .putObject("row")
                .put("priority", priority)
                .put("match", match)
                .put("action", action);
        row.set("nexthops", nexthops);
        row.set(
                "external_ids",
                OvnkubeSyncers.ownerKeys(priority + ":", priority == 102 ? "EIP-No-Reroute-" + name : name));
        reference(
                operations,
                "Logical_Router",
                whereName(Landscape.CLUSTER_ROUTER),
                "policies",
                "insert",
                named(uuidName));
    }
}
