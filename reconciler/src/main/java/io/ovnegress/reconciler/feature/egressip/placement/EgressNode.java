package io.ovnegress.reconciler.feature.egressip.placement;

import io.ovnegress.reconciler.feature.egressip.EgressIpDecision.Why;
import io.ovnegress.reconciler.input.EgressLimits;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.NodeInput;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What placement needs to know of a node.
 *
 * @param labels by which objects select their nodes
 * @param routers the families in which pods can be sent there: {@code GR_<name>} is in the database, and its join port has
 *     an address of the family
 * @param networks networks in which it can host egress IPs
 * @param addresses its own addresses: never egress IPs
 * @param nextHops the default gateways of its networks: never egress IPs
 * @param limits which egress IPs it may serve, and how many
 * @param draining whether its egress IPs are to move away
 */
public record EgressNode(
        String name,
        Map<String, String> labels,
        boolean ready,
        boolean reachable,
        Set<IpFamily> routers,
        List<IpNetwork> networks,
        Set<IpAddress> addresses,
        Set<IpAddress> nextHops,
        EgressLimits limits,
        boolean draining) {
    public EgressNode {
        labels = Map.copyOf(labels);
        routers = Set.copyOf(routers);
        networks = List.copyOf(networks);
        addresses = Set.copyOf(addresses);
        nextHops = Set.copyOf(nextHops);
    }

    /** A node with no label but that of egress nodes, that is not being drained, with a router for both families or none. */
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
                assignable ? Map.of(NodeInput.EGRESS_ASSIGNABLE, "") : Map.of(),
                ready,
                reachable,
                hasRouter ? EnumSet.allOf(IpFamily.class) : Set.of(),
                networks,
                addresses,
                Set.of(),
                EgressLimits.NONE,
                false);
    }

    /** The same one when it does not answer any more. */
    public EgressNode lost() {
        return new EgressNode(name, labels, ready, false, routers, networks, addresses, nextHops, limits, draining);
    }

    /** Where it fails together with others: {@code topology.kubernetes.io/zone}; empty if it has none. */
    String zone() {
        return labels.getOrDefault("topology.kubernetes.io/zone", "");
    }

    public boolean hasRouter(IpFamily family) {
        return routers.contains(family);
    }

    /** Whether what its pods and those of others send there finds a way out: a router, and a default gateway. */
    boolean leadsOut(IpFamily family) {
        return hasRouter(family) && nextHops.stream().anyMatch(hop -> hop.family() == family);
    }

    /** Why it must not serve egress IPs at the moment, whoever selects it; empty if it may. */
    public Optional<Why> problem() {
        if (draining) {
            return Optional.of(Why.Draining);
        }
        if (!ready) {
            return Optional.of(Why.NotReady);
        }
        return reachable ? Optional.empty() : Optional.of(Why.Unreachable);
    }

    /** Whether it may serve egress IPs of those that select it at the moment. */
    public boolean isUsable() {
        return problem().isEmpty();
    }
}
