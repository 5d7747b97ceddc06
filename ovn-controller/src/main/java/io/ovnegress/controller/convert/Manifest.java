package io.ovnegress.controller.convert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.ovnegress.reconciler.input.IpAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An object that was read.
 *
 * @param position among all that were
 * @param defaultNamespace its namespace, if it does not say one
 */
record Manifest(int position, Optional<String> defaultNamespace, JsonNode json) {
    String kind() {
        return json.path("kind").asText();
    }

    /** Whether it is of this kind, in one of the groups; "" is Kubernetes' own, and OpenShift 3's. */
    boolean is(String kind, String... groups) {
        return kind().equals(kind) && List.of(groups).contains(group());
    }

    private String group() {
        var version = json.path("apiVersion").asText();
        int slash = version.indexOf('/');
        return slash < 0 ? "" : version.substring(0, slash);
    }

    String name() {
        return json.at("/metadata/name").asText();
    }

    Optional<String> namespace() {
        var namespace = json.at("/metadata/namespace");
        return namespace.isTextual() ? Optional.of(namespace.asText()) : defaultNamespace;
    }

    JsonNode spec() {
        return json.path("spec");
    }

    Optional<String> annotation(String key) {
        var value = json.at("/metadata/annotations").path(key);
        return value.isMissingNode() || value.isNull() ? Optional.empty() : Optional.of(value.asText());
    }

    /** As reports name it. */
    String words() {
        var name = name();
        var place = json.at("/metadata/namespace").isTextual() ? namespace().orElse("") + "/" : "";
        return (kind().isEmpty() ? "something without a kind" : kind()) + (name.isEmpty() ? "" : " " + place + name);
    }

    /** The first of the fields that there is. */
    static JsonNode first(JsonNode node, String... fields) {
        for (var field : fields) {
            if (node.hasNonNull(field)) {
                return node.path(field);
            }
        }
        return MissingNode.getInstance();
    }

    static List<String> texts(JsonNode array) {
        var texts = new ArrayList<String>();
        array.forEach(element -> texts.add(element.asText()));
        return texts;
    }

    static Map<String, String> labels(JsonNode map) {
        var labels = new LinkedHashMap<String, String>();
        map.properties()
                .forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
        return labels;
    }

    /** The address in {@code ADDRESS} or {@code ADDRESS/LENGTH}. */
    static Optional<IpAddress> address(String text) {
        int slash = text.indexOf('/');
        return IpAddress.parse((slash < 0 ? text : text.substring(0, slash)).strip());
    }
}
