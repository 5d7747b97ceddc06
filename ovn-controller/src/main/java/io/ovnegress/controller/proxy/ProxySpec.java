package io.ovnegress.controller.proxy;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.controller.kube.EgressProxy;
import io.ovnegress.reconciler.input.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What an EgressProxy asks for.
 *
 * @param addresses the proxy leaves as them
 * @param text the destinations themselves; empty if a ConfigMap has them
 * @param source where the destinations are; empty if they are here
 * @param replicas pods of the proxy
 * @param image of squid; empty: the controller's choice
 * @param problems what of it cannot be read, each naming its field; nothing else counts if there are any
 */
record ProxySpec(
        List<String> addresses,
        Optional<String> text,
        Optional<Source> source,
        int replicas,
        Optional<String> image,
        List<String> problems) {
    private static final int MOST_REPLICAS = 100;

    /** A key of a ConfigMap in the namespace of the proxy. */
    record Source(String configMap, String key) {}

    static ProxySpec of(EgressProxy proxy) {
        var spec = proxy.specOrMissing();
        var problems = new ArrayList<String>();
        var text = text(spec.path("destinationsText"), "spec.destinationsText", problems);
        var source = source(spec.path("destinationsFrom"), problems);
        if (text.isPresent() == source.isPresent() && problems.isEmpty()) {
            problems.add("spec needs destinationsText or destinationsFrom.configMapKeyRef, one of the two");
        }
        return new ProxySpec(
                addresses(spec.path("addresses"), problems),
                text,
                source,
                replicas(spec.path("replicas"), problems),
                text(spec.path("image"), "spec.image", problems),
                List.copyOf(problems));
    }

    private static List<String> addresses(JsonNode field, List<String> problems) {
        var addresses = new ArrayList<String>();
        if (!field.isMissingNode() && !field.isNull() && !field.isArray()) {
            problems.add("spec.addresses is not a list");
            return List.of();
        }
        for (var each : field) {
            IpAddress.parse(each.isTextual() ? each.textValue() : "")
                    .ifPresentOrElse(
                            address -> addresses.add(address.text()),
                            () -> problems.add("spec.addresses: " + each + " is no IP address"));
        }
        if (addresses.isEmpty() && problems.isEmpty()) {
            problems.add("spec.addresses is empty: name the address that the proxy leaves as");
        }
        return List.copyOf(addresses);
    }

    private static Optional<Source> source(JsonNode field, List<String> problems) {
        if (field.isMissingNode() || field.isNull()) {
            return Optional.empty();
        }
        var reference = field.path("configMapKeyRef");
        var name = text(reference.path("name"), "spec.destinationsFrom.configMapKeyRef.name", problems)
                .orElse("");
        var key = text(reference.path("key"), "spec.destinationsFrom.configMapKeyRef.key", problems)
                .orElse("");
        if (name.isEmpty() || key.isEmpty()) {
            problems.add("spec.destinationsFrom.configMapKeyRef needs name and key");
            return Optional.empty();
        }
        return Optional.of(new Source(name, key));
    }

    private static int replicas(JsonNode field, List<String> problems) {
        if (field.isMissingNode() || field.isNull()) {
            return 1;
        }
        if (!field.isInt() || field.asInt() < 0 || field.asInt() > MOST_REPLICAS) {
            problems.add("spec.replicas: " + field + " is no number from 0 to " + MOST_REPLICAS);
        }
        return field.asInt();
    }

    private static Optional<String> text(JsonNode field, String where, List<String> problems) {
        if (field.isMissingNode() || field.isNull()) {
            return Optional.empty();
        }
        if (!field.isTextual()) {
            problems.add(where + ": " + field + " is no text");
            return Optional.empty();
        }
        return Optional.of(field.asText());
    }
}
