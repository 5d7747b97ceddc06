package io.ovnegress.reconciler.input;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a node's annotations say of the egress IPs that it may serve.
 *
 * @param pinned {@code ovn-egress.io/egress-ips}: egress IPs that no other node may serve, unless it says so too
 * @param ranges {@code ovn-egress.io/egress-cidrs}: where the other egress IPs lie that it may serve; absent: anywhere
 * @param capacity {@code ovn-egress.io/egress-capacity} and {@code cloud.network.openshift.io/egress-ipconfig}
 * @param errors what cannot be understood, each naming the annotation and what is made of it
 */
public record EgressLimits(
        Set<IpAddress> pinned, Optional<List<IpNetwork>> ranges, EgressCapacity capacity, List<String> errors) {
    public static final EgressLimits NONE =
            new EgressLimits(Set.of(), Optional.empty(), EgressCapacity.UNLIMITED, List.of());

    public EgressLimits {
        pinned = Set.copyOf(pinned);
        ranges = ranges.map(List::copyOf);
        errors = List.copyOf(errors);
    }
}
