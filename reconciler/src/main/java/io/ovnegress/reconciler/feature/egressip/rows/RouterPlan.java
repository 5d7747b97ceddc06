package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner.Router;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import java.util.List;
import java.util.stream.Stream;

/**
 * A router of an egress IP's own as it is to be.
 *
 * @param addresses one egress IP, or one of each family
 * @param node that is to serve it
 * @param standbys nodes that are to serve it when that one dies, the best first; none of one that is pinned
 */
public record RouterPlan(Router key, List<IpAddress> addresses, String node, List<String> standbys) {
    public RouterPlan {
        addresses = List.copyOf(addresses);
        standbys = List.copyOf(standbys);
    }

    boolean serves(IpFamily family) {
        return addresses.stream().anyMatch(address -> address.family() == family);
    }

    /** All nodes that may serve it, the best first. */
    Stream<String> nodes() {
        return Stream.concat(Stream.of(node), standbys.stream());
    }
}
