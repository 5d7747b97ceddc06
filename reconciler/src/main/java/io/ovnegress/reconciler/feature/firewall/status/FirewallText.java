package io.ovnegress.reconciler.feature.firewall.status;

import io.ovnegress.reconciler.feature.StatusChange;

/**
 * {@code status.status} of an EgressFirewall, as ovn-kubernetes words it; an EgressNetworkPolicy has none.
 *
 * @param applied whether all rules act as they are written
 */
public record FirewallText(boolean applied) implements StatusChange.Fields {
    public String text() {
        return applied ? "EgressFirewall Rules applied" : "EgressFirewall Rules not correctly added";
    }
}
