package io.ovnegress.reconciler.feature;

import io.ovnegress.reconciler.input.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which nodes are to be asked whether they are alive.
 *
 * @param addresses for every node there is, where it is to be asked; none if it is not, but what is known of it may be of use
 *     again. What is not here is gone, and to be forgotten
 */
public record NodeProbes(Map<String, List<IpAddress>> addresses) {
    public static final NodeProbes NONE = new NodeProbes(Map.of());

    public NodeProbes {
        addresses = Map.copyOf(addresses);
    }

    /** What two features ask for. */
    public NodeProbes and(NodeProbes other) {
        if (addresses.isEmpty() || other.addresses.isEmpty()) {
            return addresses.isEmpty() ? other : this;
        }
        var all = new HashMap<>(addresses);
        other.addresses.forEach((node, more) -> all.merge(node, more, (some, others) -> {
            var both = new ArrayList<>(some);
            others.stream().filter(address -> !some.contains(address)).forEach(both::add);
            return both;
        }));
        return new NodeProbes(all);
    }
}
