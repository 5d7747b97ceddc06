package io.ovnegress.reconciler.input;

import java.util.Comparator;
import java.util.Optional;

/** The namespace and name of a pod. */
public record PodName(String namespace, String name) implements Comparable<PodName> {
    private static final Comparator<PodName> ORDER =
            Comparator.comparing(PodName::namespace).thenComparing(PodName::name);

    /** The name of {@code NAMESPACE/POD}; empty if the text is not that. */
    public static Optional<PodName> parse(String text) {
        int slash = text.indexOf('/');
        return slash > 0
                ? Optional.of(new PodName(text.substring(0, slash), text.substring(slash + 1)))
                : Optional.empty();
    }

    @Override
    public int compareTo(PodName other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return namespace + "/" + name;
    }
}
