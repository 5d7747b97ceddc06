package io.ovnegress.reconciler.input;

/**
 * An object of the Kubernetes API, by its name.
 *
 * @param key as {@link InputObject#key} has it: {@code namespace/name} where objects of the kind are namespaced
 */
public record ObjectRef(InputKind kind, String key) {
    @Override
    public String toString() {
        return kind + " " + key;
    }
}
