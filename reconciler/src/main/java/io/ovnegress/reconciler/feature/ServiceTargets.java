package io.ovnegress.reconciler.feature;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Services without selectors that are to lead to addresses of ours, by {@code namespace/name}; one that is not here any more is to lead
 * nowhere.
 */
public record ServiceTargets(Map<String, Target> services) {
    public static final ServiceTargets NONE = new ServiceTargets(Map.of());

    public ServiceTargets {
        services = Map.copyOf(services);
    }

    /**
     * @param addresses to which each port of the Service leads, with its target's number
     * @param owner the object that has asked for it
     */
    public record Target(Set<String> addresses, Owner owner) {
        public Target {
            addresses = Set.copyOf(addresses);
        }
    }

    /** An object in the Service's namespace, as owner references have it. */
    public record Owner(String apiVersion, String kind, String name, String uid) {}

    /** What two features ask for; they do not ask for the same Service. */
    public ServiceTargets and(ServiceTargets other) {
        if (services.isEmpty() || other.services.isEmpty()) {
            return services.isEmpty() ? other : this;
        }
        var all = new HashMap<>(other.services);
        all.putAll(services);
        return new ServiceTargets(all);
    }
}
