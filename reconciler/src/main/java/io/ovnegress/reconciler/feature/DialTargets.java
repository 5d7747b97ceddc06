package io.ovnegress.reconciler.feature;

import java.util.Set;
import java.util.TreeSet;

/** Where TCP connections are to be tried now and then, as {@code ADDRESS:PORT}; what is not here is to be forgotten. */
public record DialTargets(Set<String> endpoints) {
    public static final DialTargets NONE = new DialTargets(Set.of());

    public DialTargets {
        endpoints = Set.copyOf(endpoints);
    }

    /** What two features ask for. */
    public DialTargets and(DialTargets other) {
        if (endpoints.isEmpty() || other.endpoints.isEmpty()) {
            return endpoints.isEmpty() ? other : this;
        }
        var all = new TreeSet<>(endpoints);
        all.addAll(other.endpoints);
        return new DialTargets(all);
    }
}
