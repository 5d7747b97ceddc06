package io.ovnegress.controller.convert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ovnegress.controller.kube.Annotations;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** CiliumEgressGatewayPolicies to EgressIPs. */
final class CiliumPolicies {
    private static final Set<String> NAMESPACE_NAMES =
            Set.of("io.kubernetes.pod.namespace", "k8s:io.kubernetes.pod.namespace");
    private static final List<String> NAMESPACE_LABELS =
            List.of("k8s:io.cilium.k8s.namespace.labels.", "io.cilium.k8s.namespace.labels.");

    /** What has the address whatever it is sent to. */
    private static final Set<String> EVERYTHING = Set.of("0.0.0.0/0", "::/0");

    private CiliumPolicies() {}

    static void convert(Input input, Draft draft) {
        input.of("CiliumEgressGatewayPolicy", "cilium.io").forEach(policy -> convert(policy, draft));
    }

    private record Selected(JsonNode namespaces, JsonNode pods) {}

    private static void convert(Manifest policy, Draft draft) {
        var gateways = new ArrayList<JsonNode>();
        gateways.add(policy.spec().path("egressGateway"));
        policy.spec().path("egressGateways").forEach(gateways::add);
        var addresses = new LinkedHashSet<String>();
        gateways.forEach(gateway -> Manifest.address(gateway.path("egressIP").asText(""))
                .map(IpAddress::text)
                .ifPresent(addresses::add));
        if (addresses.isEmpty()) {
            draft.say(
                    policy,
                    Verdict.Lost,
                    "it names no egressIP (the address of an interface was taken): choose an address"
                            + " in the nodes' network that is nobody's, write it as egressIP and convert again");
            return;
        }
        var selected = new LinkedHashSet<Selected>();
        policy.spec().path("selectors").forEach(selector -> selected.add(selected(selector, policy, draft)));
        if (selected.isEmpty()) {
            draft.say(policy, Verdict.Lost, "it selects nothing: nothing is made of it");
            return;
        }
        var wrong = Stream.of("destinationCIDRs", "excludedCIDRs")
                .flatMap(field -> Manifest.texts(policy.spec().path(field)).stream())
                .filter(text -> IpNetwork.parse(text).isEmpty())
                .toList();
        if (!wrong.isEmpty()) {
            draft.say(
                    policy,
                    Verdict.Lost,
                    String.join(", ", wrong) + " is no network: correct it and convert again, nothing is made of it");
            return;
        }
        var first = selected.getFirst();
        var object = Objects.egressIp(policy.name(), addresses, first.namespaces());
        if (!first.pods().isEmpty()) {
            ((ObjectNode) object.path("spec")).set("podSelector", first.pods());
        }
        nodes(policy, gateways, object, draft);
        draft.add(object);
        draft.say(policy, Verdict.Same, "the selected pods leave as " + String.join(", ", addresses));
        destinations(policy, object, draft);
        draft.say(
                policy,
                Verdict.Better,
                "the address is announced by OVN and moves to another node by itself; it need not be"
                        + " on an interface");
        if (selected.size() > 1) {
            draft.say(
                    policy,
                    Verdict.Lost,
                    (selected.size() - 1) + " more selectors: an address belongs to one EgressIP with"
                            + " one selector; give these namespaces a label in common and select that");
        }
    }

    /** What decides by destination is form Router: with a SNAT for each pod those of the egress node would always leave as it. */
    private static void destinations(Manifest policy, ObjectNode object, Draft draft) {
        var destinations = Manifest.texts(policy.spec().path("destinationCIDRs"));
        var excluded = Manifest.texts(policy.spec().path("excludedCIDRs"));
        if (!EVERYTHING.containsAll(destinations)) {
            Objects.annotated(object, Annotations.DESTINATIONS, String.join(",", destinations));
            draft.say(
                    policy,
                    Verdict.Same,
                    "only what they send to " + String.join(", ", destinations) + " has the address (annotation "
                            + Annotations.DESTINATIONS + "), the rest leaves as without it");
        }
        if (!excluded.isEmpty()) {
            Objects.annotated(object, Annotations.EXCLUDED_DESTINATIONS, String.join(",", excluded));
            draft.say(
                    policy,
                    Verdict.Same,
                    "what they send to " + String.join(", ", excluded) + " leaves as without it (annotation "
                            + Annotations.EXCLUDED_DESTINATIONS + ")");
        }
        if (!excluded.isEmpty() || !EVERYTHING.containsAll(destinations)) {
            Objects.annotated(object, Annotations.FORM, "Router");
            draft.say(
                    policy,
                    Verdict.Different,
                    "where two policies list a destination, the one that lists the longer network has it, and of the"
                            + " same network the older one");
        }
    }

    private static void nodes(Manifest policy, List<JsonNode> gateways, ObjectNode object, Draft draft) {
        var selectors = new LinkedHashSet<JsonNode>();
        gateways.forEach(gateway -> {
            if (gateway.path("nodeSelector").isObject()) {
                selectors.add(gateway.path("nodeSelector"));
            }
        });
        if (selectors.isEmpty()) {
            return;
        }
        Objects.annotated(
                object, Annotations.EGRESS_NODE_SELECTOR, selectors.getFirst().toString());
        draft.say(policy, Verdict.Same, "its nodes are those of the gateway's nodeSelector");
        if (selectors.size() > 1) {
            draft.say(
                    policy,
                    Verdict.Lost,
                    (selectors.size() - 1) + " more gateways' nodeSelectors: give these nodes a label in common");
        }
    }

    /** Cilium has a namespace's name and labels among its pods' labels. */
    private static Selected selected(JsonNode selector, Manifest policy, Draft draft) {
        var namespaces = new LinkedHashMap<>(Manifest.labels(selector.at("/namespaceSelector/matchLabels")));
        var pods = new LinkedHashMap<String, String>();
        Manifest.labels(selector.at("/podSelector/matchLabels")).forEach((key, value) -> {
            if (NAMESPACE_NAMES.contains(key)) {
                namespaces.put("kubernetes.io/metadata.name", value);
                return;
            }
            var label = NAMESPACE_LABELS.stream()
                    .filter(key::startsWith)
                    .map(prefix -> key.substring(prefix.length()))
                    .findFirst();
            label.ifPresentOrElse(
                    name -> namespaces.put(name, value),
                    () -> pods.put(key.startsWith("k8s:") ? key.substring("k8s:".length()) : key, value));
        });
        var namespaceSelector = Objects.matchLabels(namespaces);
        expressions(selector.at("/namespaceSelector/matchExpressions"), namespaceSelector);
        var podSelector = Objects.matchLabels(pods);
        for (var expression : selector.at("/podSelector/matchExpressions")) {
            if (expression instanceof ObjectNode asked
                    && NAMESPACE_NAMES.contains(expression.path("key").asText())) {
                namespaceSelector
                        .withArrayProperty("matchExpressions")
                        .add(asked.deepCopy().put("key", "kubernetes.io/metadata.name"));
            } else {
                podSelector.withArrayProperty("matchExpressions").add(expression);
            }
        }
        if (namespaceSelector.isEmpty()) {
            draft.say(policy, Verdict.Same, "no namespace is named: pods of all namespaces are selected");
        }
        return new Selected(namespaceSelector, podSelector);
    }

    private static void expressions(JsonNode expressions, ObjectNode selector) {
        if (!expressions.isEmpty()) {
            selector.set("matchExpressions", expressions.deepCopy());
        }
    }
}
