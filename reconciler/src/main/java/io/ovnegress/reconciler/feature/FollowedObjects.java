package io.ovnegress.reconciler.feature;

import java.util.Set;
import java.util.TreeSet;

/**
 * ConfigMaps that are to be known, by {@code namespace/name}; what is not here is to be forgotten. There are too many others to watch
 * them all.
 */
public record FollowedObjects(Set<String> configMaps) {
    public static final FollowedObjects NONE = new FollowedObjects(Set.of());

    public FollowedObjects {
        configMaps = Set.copyOf(configMaps);
    }

    /** What two features ask for. */
    public FollowedObjects and(FollowedObjects other) {
        if (configMaps.isEmpty() || other.configMaps.isEmpty()) {
            return configMaps.isEmpty() ? other : this;
        }
        var all = new TreeSet<>(configMaps);
        all.addAll(other.configMaps);
        return new FollowedObjects(all);
    }
}
