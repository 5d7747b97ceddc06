package io.ovnegress.reconciler.input;

import java.util.Map;

/** What we read of a Namespace. */
public record NamespaceInput(String name, Map<String, String> labels) implements InputObject {
    public NamespaceInput {
        labels = Map.copyOf(labels);
    }
}
