package io.ovnegress.controller.convert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ovnegress.controller.kube.Annotations;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The objects that come out. Choices are annotations, which both EgressIP CRDs keep. */
final class Objects {
    static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final String NAME_LABEL = "kubernetes.io/metadata.name";

    private Objects() {}

    static ObjectNode object(String apiVersion, String kind, Optional<String> namespace, String name) {
        var object = JSON.objectNode().put("apiVersion", apiVersion).put("kind", kind);
        var metadata = object.putObject("metadata").put("name", name);
        namespace.ifPresent(value -> metadata.put("namespace", value));
        return object;
    }

    static ObjectNode annotated(ObjectNode object, String key, String value) {
        ((ObjectNode) object.path("metadata")).withObjectProperty("annotations").put(key, value);
        return object;
    }

    static ObjectNode labelled(ObjectNode object, Map<String, String> labels) {
        if (!labels.isEmpty()) {
            var into = ((ObjectNode) object.path("metadata")).withObjectProperty("labels");
            labels.forEach(into::put);
        }
        return object;
    }

    static ObjectNode egressIp(String name, Collection<String> addresses, JsonNode namespaceSelector) {
        var object = object("k8s.ovn.org/v1", "EgressIP", Optional.empty(), name);
        var spec = object.putObject("spec");
        addresses.forEach(spec.putArray("egressIPs")::add);
        spec.set("namespaceSelector", namespaceSelector);
        return object;
    }

    /** Traffic that no node can send out with the address is dropped. */
    static ObjectNode orNothing(ObjectNode egressIp) {
        return annotated(egressIp, Annotations.ON_UNASSIGNED, "Drop");
    }

    static ObjectNode router(Optional<String> namespace, String name, List<String> addresses) {
        var object = object("ovn-egress.io/v1alpha1", "EgressRouter", namespace, name);
        addresses.forEach(object.putObject("spec").putArray("addresses")::add);
        return object;
    }

    static ObjectNode proxy(Optional<String> namespace, String name, String address) {
        var object = object("ovn-egress.io/v1alpha1", "EgressProxy", namespace, name);
        object.putObject("spec").putArray("addresses").add(address);
        return object;
    }

    static void destination(ObjectNode spec, int port, String protocol, String to, int targetPort) {
        var destination = spec.withArrayProperty("destinations")
                .addObject()
                .put("port", port)
                .put("protocol", protocol)
                .put("to", to);
        if (targetPort != port) {
            destination.put("targetPort", targetPort);
        }
    }

    /** The namespaces of these names. */
    static ObjectNode namespaces(Collection<String> names) {
        if (names.size() == 1) {
            return matchLabels(Map.of(NAME_LABEL, names.iterator().next()));
        }
        var selector = JSON.objectNode();
        var requirement = selector.putArray("matchExpressions")
                .addObject()
                .put("key", NAME_LABEL)
                .put("operator", "In");
        names.stream().sorted().forEach(requirement.putArray("values")::add);
        return selector;
    }

    static ObjectNode matchLabels(Map<String, String> labels) {
        var selector = JSON.objectNode();
        if (!labels.isEmpty()) {
            labels.forEach(selector.putObject("matchLabels")::put);
        }
        return selector;
    }
}
