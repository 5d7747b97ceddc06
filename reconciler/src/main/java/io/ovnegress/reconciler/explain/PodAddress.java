package io.ovnegress.reconciler.explain;

import java.util.Comparator;

/** @param pod {@code namespace/name} */
public record PodAddress(String pod, String address) implements Comparable<PodAddress> {
    @Override
    public int compareTo(PodAddress other) {
        return Comparator.comparing(PodAddress::pod)
                .thenComparing(PodAddress::address)
                .compare(this, other);
    }
}
