package io.ovnegress.reconciler.feature;

import java.util.Set;
import java.util.TreeSet;

/** Host names whose addresses are to be known; what is not here is to be forgotten. */
public record HostNames(Set<String> names) {
    public static final HostNames NONE = new HostNames(Set.of());

    public HostNames {
        names = Set.copyOf(names);
    }

    /** What two features ask for. */
    public HostNames and(HostNames other) {
        if (names.isEmpty() || other.names.isEmpty()) {
            return names.isEmpty() ? other : this;
        }
        var all = new TreeSet<>(names);
        all.addAll(other.names);
        return new HostNames(all);
    }
}
