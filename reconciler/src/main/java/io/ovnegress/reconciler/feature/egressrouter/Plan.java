package io.ovnegress.reconciler.feature.egressrouter;

import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner.Router;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterRows.Backends;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterRows.ClientMatch;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterReason;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What an EgressRouter is to be, as decided from everything at once.
 *
 * @param seats its routers; none if it is not to have any
 * @param backends empty if they are not known, or cannot be understood: what was there last stays
 * @param names the host names among its destinations
 * @param namespaces of its clients
 * @param problem why it does not, or not in all, what it is to
 * @param alone of one that is to be highly available why the loss of a node would be felt; empty if it would not
 */
record Plan(
        EgressRouterInput object,
        Map<IpFamily, IpAddress> virtualIps,
        List<Seat> seats,
        Destinations destinations,
        Optional<Backends> backends,
        Set<String> names,
        ClientMatch clients,
        Set<String> namespaces,
        Optional<Problem> problem,
        Optional<String> alone) {
    Plan {
        virtualIps = Map.copyOf(virtualIps);
        seats = List.copyOf(seats);
        names = Set.copyOf(names);
        namespaces = Set.copyOf(namespaces);
    }

    /** {@code namespace/name} of the Service that is to lead there. */
    Optional<String> serviceKey() {
        return object.service().map(service -> object.namespace() + "/" + service);
    }

    /** IPv4 first. */
    Stream<IpAddress> inOrder() {
        return Arrays.stream(IpFamily.values()).flatMap(family -> Optional.ofNullable(virtualIps.get(family)).stream());
    }

    /**
     * A router, and the node where it is.
     *
     * @param sources at most one of a family
     */
    record Seat(Router key, List<IpAddress> sources, String node) {
        Seat {
            sources = List.copyOf(sources);
        }

        /** What it is of an object: of its first source it has the name. */
        static Router keyOf(EgressRouterInput object, List<IpAddress> sources) {
            return new Router(object.key(), sources.getFirst().text());
        }

        boolean serves(IpFamily family) {
            return source(family).isPresent();
        }

        Optional<IpAddress> source(IpFamily family) {
            return sources.stream().filter(source -> source.family() == family).findFirst();
        }
    }

    /** @param what about whom, as sentences without full stops */
    record Problem(EgressRouterReason reason, String what) {}
}
