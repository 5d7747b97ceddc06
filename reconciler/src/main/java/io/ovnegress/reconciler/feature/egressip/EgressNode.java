package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.reconciler.feature.egressip.EgressIpDecision.Why;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What placement needs to know of a node.
 *
 * @param assignable whether it is labelled {@code k8s.ovn.org/egress-assignable}
 * @param routers the families in which pods can be sent there: {@code GR_<name>} is in the database, and its join port has
 *     an address of the family
 * @param networks networks in which it can host egress IPs
 * @param addresses its own addresses: never egress IPs
 * @param nextHops the default gateways of its networks: never egress IPs
 * @param draining whether its egress IPs are to move away
 */
public record EgressNode(
        String name,
        boolean assignable,
        boolean ready,
        boolean reachable,
        Set<IpFamily> routers,
        List<IpNetwork> networks,
        Set<IpAddress> addresses,
        Set<IpAddress> nextHops,
        boolean draining) {
    public EgressNode {
        routers = Set.copyOf(routers);
        networks = List.copyOf(networks);
        addresses = Set.copyOf(addresses);
        nextHops = Set.copyOf(nextHops);
    }

    /** A node that is not being drained, with a router for both families or none. */
    public EgressNode(
            String name,
            boolean assignable,
            boolean ready,
            boolean reachable,
            boolean hasRouter,
            List<IpNetwork> networks,
            Set<IpAddress> addresses) {
        this(
                name,
                assignable,
                ready,
                reachable,
                hasRouter ? EnumSet.allOf(IpFamily.class) : Set.of(),
                networks,
                addresses,
                Set.of(),
                false);
    }

    boolean hasRouter(IpFamily family) {
        return routers.contains(family);
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
