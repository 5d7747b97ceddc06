package io.ovnegress.controller.convert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** EgressNetworkPolicies to EgressFirewalls, with the outcomes of OpenShift SDN where there should not have been one. */
final class SdnFirewalls {
    private static final String NAME = "default";

    private final SdnProjects projects;
    private final Draft draft;
    /** The namespaces that nothing may leave; each has one firewall, however many policies close it. */
    private final Set<Optional<String>> closed = new HashSet<>();

    private SdnFirewalls(SdnProjects projects, Draft draft) {
        this.projects = projects;
        this.draft = draft;
    }

    static void convert(Input input, SdnProjects projects, Draft draft) {
        var firewalls = new SdnFirewalls(projects, draft);
        input.of("EgressNetworkPolicy", SdnProjects.GROUPS)
                .collect(Collectors.groupingBy(Manifest::namespace, LinkedHashMap::new, Collectors.toList()))
                .forEach(firewalls::convert);
    }

    private void convert(Optional<String> namespace, List<Manifest> policies) {
        var project = namespace.orElse("");
        if (project.equals("default") || (projects.isolated() && projects.isGlobal(project))) {
            policies.forEach(policy ->
                    draft.say(policy, Verdict.Same, "ignored, as SDN did: " + project + " is a global project"));
        } else if (isJoined(project)) {
            projects.joined(project).forEach(joined -> close(Optional.of(joined)));
            policies.forEach(policy -> draft.say(
                    policy,
                    Verdict.Same,
                    "nothing leaves " + String.join(", ", projects.joined(project))
                            + ", as with SDN: these projects are joined and one has a policy"));
        } else if (policies.size() > 1) {
            close(namespace);
            policies.forEach(policy -> draft.say(
                    policy,
                    Verdict.Same,
                    "nothing leaves " + place(namespace) + ", as with SDN: it has " + policies.size()
                            + " policies, keep one and convert again"));
        } else {
            rules(namespace, policies.getFirst());
        }
    }

    private boolean isJoined(String project) {
        return projects.isolated()
                && projects.ids().containsKey(project)
                && projects.joined(project).size() > 1;
    }

    private void close(Optional<String> namespace) {
        if (closed.add(namespace)) {
            draft.add(denyAll(namespace));
        }
    }

    private static String place(Optional<String> namespace) {
        return namespace.orElse("its namespace");
    }

    private static ObjectNode firewall(Optional<String> namespace) {
        return Objects.object("k8s.ovn.org/v1", "EgressFirewall", namespace, NAME);
    }

    private static ObjectNode denyAll(Optional<String> namespace) {
        var firewall = firewall(namespace);
        var egress = firewall.putObject("spec").putArray("egress");
        for (var all : List.of("0.0.0.0/0", "::/0")) {
            deny(all, egress);
        }
        return firewall;
    }

    private static void deny(String network, ArrayNode egress) {
        egress.addObject().put("type", "Deny").putObject("to").put("cidrSelector", network);
    }

    private void rules(Optional<String> namespace, Manifest policy) {
        var firewall = firewall(namespace);
        var egress = firewall.putObject("spec").putArray("egress");
        boolean names = false;
        for (var rule : policy.spec().path("egress")) {
            rule(rule, policy, egress);
            names |= rule.at("/to").has("dnsName");
        }
        draft.add(firewall);
        draft.say(
                policy,
                Verdict.Same,
                egress.size() + " rules, of which the first that matches decides, for what leaves " + place(namespace)
                        + " (EgressFirewall " + NAME + "; --enable-egress-firewall here, or ovnkube's own)");
        if (names) {
            draft.say(
                    policy,
                    Verdict.Better,
                    "names are asked for again when their answers end, and the last good answer"
                            + " stays while DNS servers are silent");
        }
        draft.say(
                policy,
                Verdict.Different,
                "a Service is judged by where it leads: with Deny 0.0.0.0/0 pods do not reach"
                        + " the API server or what else runs on nodes; allow these by nodeSelector");
    }

    private void rule(JsonNode rule, Manifest policy, ArrayNode egress) {
        if (!(rule instanceof ObjectNode asked && rule.path("to").isObject())) {
            deny("0.0.0.0/0", egress);
            draft.say(policy, Verdict.Lost, "rule " + rule + " is none: it denies what rules before it do not allow");
            return;
        }
        var copy = asked.deepCopy();
        var cidr = rule.at("/to/cidrSelector").asText("");
        if (cidr.equals("0.0.0.0/32")) {
            ((ObjectNode) copy.path("to")).put("cidrSelector", "0.0.0.0/0");
            draft.say(policy, Verdict.Same, "0.0.0.0/32 was taken for 0.0.0.0/0, which it says now");
        }
        egress.add(copy);
    }
}
