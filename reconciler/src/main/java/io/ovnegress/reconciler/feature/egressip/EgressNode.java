package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.reconciler.feature.egressip.EgressIpDecision.Why;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What placement needs to know of a node.
 *
 * @param assignable whether it is labelled {@code k8s.ovn.org/egress-assignable}
 * @param hasRouter whether {@code GR_<name>} and its join port are in the database: a preference, never a requirement, since
 *     rows wait for their router
 * @param networks networks in which it can host egress IPs
 * @param addresses its own addresses: never egress IPs
 * @param draining whether its egress IPs are to move away
 */
public record EgressNode(
        String name,
        boolean assignable,
        boolean ready,
        boolean reachable,
        boolean hasRouter,
        List<IpNetwork> networks,
        Set<IpAddress> addresses,
        boolean draining) {
    public EgressNode {
        networks = List.copyOf(networks);
        addresses = Set.copyOf(addresses);
    }

    /** A node that is not being drained. */
    public EgressNode(
            String name,
            boolean assignable,
            boolean ready,
            boolean reachable,
            boolean hasRouter,
            List<IpNetwork> networks,
            Set<IpAddress> addresses) {
        this(name, assignable, ready, reachable, hasRouter, networks, addresses, false);
    }

    /** Why it must not serve egress IPs at the moment; empty if it may. */
    public Optional<Why> problem() {
        if (!assignable) {
            return Optional.of(Why.NotLabelled);
        }
        if (draining) {
            return Optional.of(Why.Draining);
        }
        if (!ready) {
            return Optional.of(Why.NotReady);
        }
        return reachable ? Optional.empty() : Optional.of(Why.Unreachable);
    }

    /** Whether it may serve egress IPs at the moment. */
    public boolean isCandidate() {
        return problem().isEmpty();
    }
}
