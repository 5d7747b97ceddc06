package io.ovnegress.reconciler.feature.firewall.status;

import io.ovnegress.reconciler.feature.Shortfall;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Set;
import java.util.stream.Collectors;

/** Policies whose rules do not act as they are written. */
public final class FirewallShortfall {
    private static final Set<FirewallReason> NO_LACKS =
            Set.of(FirewallReason.RulesApplied, FirewallReason.NamesResolved, FirewallReason.Superseded);

    /** All that there can be. */
    public static final Set<Shortfall.Lack> LACKS = Arrays.stream(FirewallReason.values())
            .filter(reason -> !NO_LACKS.contains(reason))
            .map(Unapplied::new)
            .collect(Collectors.toUnmodifiableSet());

    private FirewallShortfall() {}

    private record Unapplied(FirewallReason why) implements Shortfall.Lack {
        private static final Shortfall.Measure POLICIES = new Shortfall.Measure(
                "unapplied.firewalls", "EgressFirewalls and EgressNetworkPolicies that do not act as they are written");

        @Override
        public Shortfall.Measure measure() {
            return POLICIES;
        }

        @Override
        public String reason() {
            return why.name();
        }
    }

    /** @param reasons of the conditions of each policy */
    public static Shortfall of(Collection<FirewallReason> reasons) {
        var counts = new HashMap<Shortfall.Lack, Integer>();
        reasons.stream()
                .filter(reason -> !NO_LACKS.contains(reason))
                .forEach(reason -> counts.merge(new Unapplied(reason), 1, Integer::sum));
        return new Shortfall(counts);
    }
}
