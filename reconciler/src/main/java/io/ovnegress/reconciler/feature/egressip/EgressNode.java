package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import java.util.List;
import java.util.Set;

/**
 * What placement needs to know of a node.
 *
 * @param assignable whether it is labelled {@code k8s.ovn.org/egress-assignable}, and not being drained
 * @param hasRouter whether {@code GR_<name>} and its join port are in the database: a preference, never a requirement, since
 *     rows wait for their router
 * @param networks networks in which it can host egress IPs
 * @param addresses its own addresses: never egress IPs
 */
public record EgressNode(
        String name,
        boolean assignable,
        boolean ready,
        boolean reachable,
        boolean hasRouter,
        List<IpNetwork> networks,
        Set<IpAddress> addresses) {
    public EgressNode {
        networks = List.copyOf(networks);
        addresses = Set.copyOf(addresses);
    }

    /** Whether it may serve egress IPs at the moment. */
    public boolean isCandidate() {
        return assignable && ready && reachable;
    }
}
