package io.ovnegress.controller.convert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** All that was read, since what one object means may depend on others. */
record Input(List<Manifest> manifests, Choices choices) {
    Input {
        manifests = List.copyOf(manifests);
    }

    /** @param documents of which lists are what they hold */
    static Input of(List<JsonNode> documents, Choices choices) {
        var manifests = new ArrayList<Manifest>();
        documents.forEach(document -> add(document, choices.namespace(), manifests));
        return new Input(manifests, choices);
    }

    private static void add(JsonNode document, Optional<String> namespace, List<Manifest> manifests) {
        if (document.path("kind").asText().endsWith("List")
                && document.path("items").isArray()) {
            // Of a list of one kind the items need not say it.
            var kind = document.path("kind").asText();
            document.path("items").forEach(item -> {
                if (!(item instanceof ObjectNode one)) {
                    return;
                }
                var whole = one.deepCopy();
                if (!whole.has("kind")) {
                    whole.put("kind", kind.substring(0, kind.length() - "List".length()));
                    whole.set("apiVersion", document.path("apiVersion"));
                }
                add(whole, namespace, manifests);
            });
        } else {
            manifests.add(new Manifest(manifests.size(), namespace, document));
        }
    }

    Stream<Manifest> of(String kind, String... groups) {
        return manifests.stream().filter(manifest -> manifest.is(kind, groups));
    }
}
