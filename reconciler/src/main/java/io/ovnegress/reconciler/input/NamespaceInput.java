package io.ovnegress.reconciler.input;

import java.util.Map;

/** What we read of a Namespace. */
public record NamespaceInput(String name, Map<String, String> labels) implements InputObject {
    @Override
    public InputKind kind() {
        return InputKind.NAMESPACE;
    }

    @Override
    public String key() {
        return name;
    }

    public NamespaceInput {
        labels = Map.copyOf(labels);
    }
}
