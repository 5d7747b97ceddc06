package io.ovnegress.reconciler.input;

import java.util.Comparator;

/** The namespace and name of a pod. */
public record PodName(String namespace, String name) implements Comparable<PodName> {
    private static final Comparator<PodName> ORDER =
            Comparator.comparing(PodName::namespace).thenComparing(PodName::name);

    @Override
    public int compareTo(PodName other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return namespace + "/" + name;
    }
}
