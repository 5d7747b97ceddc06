package io.ovnegress.controller.convert;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;

/**
 * Who reached whom between projects ({@code pod-network join-projects, isolate-projects, make-projects-global}) to a NetworkPolicy
 * in each project that not all could reach.
 */
final class SdnIsolation {
    static final String NAME = "project-network";
    /** OpenShift's, for what comes from nodes and from pods of the host network. */
    private static final Map<String, String> HOST_NETWORK =
            Map.of("policy-group.network.openshift.io/host-network", "");

    private SdnIsolation() {}

    static void convert(Input input, SdnProjects projects, Draft draft) {
        var subnets = clusterSubnets(input);
        input.of("NetNamespace", SdnProjects.GROUPS).forEach(project -> {
            if (projects.isolated()) {
                convert(project, projects, subnets, draft);
            } else {
                draft.say(
                        project,
                        Verdict.PassedOver,
                        "its network ID keeps nobody apart, unless the plug-in was"
                                + " ovs-multitenant: then say --isolation=yes");
            }
        });
    }

    private static void convert(Manifest project, SdnProjects projects, List<IpNetwork> subnets, Draft draft) {
        var name = project.name();
        var reach = projects.thatReach(name);
        if (reach.isEmpty()) {
            draft.say(project, Verdict.Same, name + " is global: it gets no NetworkPolicy, and all others let it in");
            return;
        }
        draft.add(policy(name, reach.get(), subnets));
        var joined = projects.joined(name);
        joined.remove(name);
        draft.say(
                project,
                Verdict.Same,
                "pods of " + name + " are reached from " + String.join(", ", reach.get())
                        + " and no other project (NetworkPolicy " + NAME + ")"
                        + (joined.isEmpty() ? "" : "; joined are " + String.join(", ", joined)));
        if (subnets.isEmpty()) {
            draft.say(
                    project,
                    Verdict.Lost,
                    "what comes from outside of the cluster (node ports, load balancers) is not"
                            + " let in: read ClusterNetwork too, or say --cluster-subnets");
        }
        draft.say(
                project,
                Verdict.Different,
                "a project that is made later is open until it has such a policy, which the"
                        + " project template can bring; other NetworkPolicies in " + name + " add to what is let in");
    }

    private static ObjectNode policy(String name, NavigableSet<String> reach, List<IpNetwork> subnets) {
        var policy = Objects.object("networking.k8s.io/v1", "NetworkPolicy", Optional.of(name), NAME);
        var spec = policy.putObject("spec");
        spec.putObject("podSelector");
        spec.putArray("policyTypes").add("Ingress");
        var from = spec.putArray("ingress").addObject().putArray("from");
        from.addObject().set("namespaceSelector", Objects.namespaces(reach));
        from.addObject().set("namespaceSelector", Objects.matchLabels(HOST_NETWORK));
        outside(IpFamily.V4, "0.0.0.0/0", subnets, from);
        outside(IpFamily.V6, "::/0", subnets, from);
        return policy;
    }

    private static void outside(IpFamily family, String all, List<IpNetwork> subnets, ArrayNode from) {
        var inside =
                subnets.stream().filter(subnet -> subnet.family() == family).toList();
        if (!inside.isEmpty()) {
            var block = from.addObject().putObject("ipBlock").put("cidr", all);
            var except = block.putArray("except");
            inside.forEach(subnet -> except.add(subnet.masked()));
        }
    }

    private static List<IpNetwork> clusterSubnets(Input input) {
        return input.choices().clusterSubnets().isEmpty()
                ? input.of("ClusterNetwork", SdnProjects.GROUPS)
                        .flatMap(network -> network.json().findValuesAsText("CIDR").stream())
                        .flatMap(text -> IpNetwork.parse(text).stream())
                        .toList()
                : input.choices().clusterSubnets();
    }
}
