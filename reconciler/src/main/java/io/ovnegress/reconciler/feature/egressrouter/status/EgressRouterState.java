package io.ovnegress.reconciler.feature.egressrouter.status;

import io.ovnegress.reconciler.feature.StatusChange;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * {@code status} of an EgressRouter beside its conditions.
 *
 * @param virtualIps to which clients send, of each family one, IPv4 first; none while it has none
 * @param isLossKnown whether it has been found out what the loss of nodes would do: until then the object says what it said
 */
public record EgressRouterState(
        List<String> virtualIps, List<Source> sources, List<Line> destinations, boolean isLossKnown)
        implements StatusChange.Fields {
    public EgressRouterState {
        virtualIps = List.copyOf(virtualIps);
        sources = List.copyOf(sources);
        destinations = List.copyOf(destinations);
    }

    /** As which packets leave, and from where. */
    public record Source(String address, String node) {}

    /**
     * A destination as it is served.
     *
     * @param port of the virtual IP, or {@code *} for all others
     * @param protocol in capitals; empty for all
     * @param to as it is written
     * @param targetPort empty: the same
     * @param addresses for which that stands at present
     * @param since when these were found to be others than before; empty for what is an address already
     */
    public record Line(
            String port,
            String protocol,
            String to,
            Optional<Integer> targetPort,
            List<String> addresses,
            Optional<Instant> since) {
        public Line {
            addresses = List.copyOf(addresses);
        }
    }
}
