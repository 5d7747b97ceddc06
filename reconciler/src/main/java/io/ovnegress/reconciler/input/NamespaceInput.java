package io.ovnegress.reconciler.input;

import java.util.Map;

/**
 * What we read of a Namespace.
 *
 * @param annotations by which it asks for something of ours, and no others
 */
public record NamespaceInput(String name, Map<String, String> labels, Map<String, String> annotations)
        implements InputObject {
    /** One that asks for nothing. */
    public NamespaceInput(String name, Map<String, String> labels) {
        this(name, labels, Map.of());
    }

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
        annotations = Map.copyOf(annotations);
    }
}
