package io.ovnegress.reconciler.feature.egressip.explain;

import io.ovnegress.reconciler.explain.Reason;
import io.ovnegress.reconciler.feature.egressip.Destinations;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpSelection;
import io.ovnegress.reconciler.feature.egressip.rows.OwnRouters;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.PodInput;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** To which destinations a pod leaves otherwise than it does as a rule. */
final class DestinationWords {
    private final EgressIpSelection selection;
    private final Destinations destinations;
    private final OwnRouters routers;

    DestinationWords(EgressIpSelection selection, Destinations destinations, OwnRouters routers) {
        this.selection = selection;
        this.destinations = destinations;
        this.routers = routers;
    }

    /** Whether there are any. */
    boolean isSome(PodInput pod) {
        return pod.isOnNetwork()
                && Stream.concat(selection.selectingForSome(pod).stream(), excluding(pod).stream())
                        .anyMatch(object -> !routers.plansOf(object.name()).isEmpty());
    }

    /** One for each object that selects the pod for some destinations, and for those that the object excludes that serves it. */
    List<Reason> reasons(PodInput pod) {
        return Stream.concat(
                        selection.selectingForSome(pod).stream().map(object -> reason(object, pod)),
                        excluding(pod).stream()
                                .map(object -> new Reason(
                                        EgressIpFinding.ByDestination,
                                        "EgressIP " + object.name() + " excludes destinations, to which it leaves with"
                                                + " its node's address: "
                                                + words(destinations.of(object.name()).excluded().stream()))))
                .toList();
    }

    /** The object that serves the pod, if it excludes destinations. */
    private Optional<EgressIpInput> excluding(PodInput pod) {
        return selection.selecting(pod).stream()
                .filter(object -> !routers.plansOf(object.name()).isEmpty())
                .findFirst()
                .filter(object -> !destinations.of(object.name()).excluded().isEmpty());
    }

    private Reason reason(EgressIpInput object, PodInput pod) {
        var listed = destinations.of(object.name()).networks().keySet();
        var exits = Stream.of(IpFamily.values())
                .filter(family -> pod.ips().stream().anyMatch(ip -> ip.family() == family))
                .flatMap(family -> routers.exitsOf(object.name(), family).stream())
                .map(exit -> exit.egressIp() + " from " + exit.node())
                .collect(Collectors.joining(", "));
        var seniors = destinations
                .standingBy(pod, name -> !routers.plansOf(name).isEmpty())
                .getOrDefault(object.name(), Set.of());
        return new Reason(
                EgressIpFinding.ByDestination,
                "EgressIP " + object.name() + " selects it for destinations (the longest network decides): to "
                        + words(listed.stream())
                        + (exits.isEmpty() ? " it has no egress IP with a node and a router" : " it leaves as " + exits)
                        + (seniors.isEmpty()
                                ? ""
                                : ", but for those that older ones list too: " + String.join(", ", seniors)));
    }

    private static String words(Stream<IpNetwork> networks) {
        var words = networks.map(IpNetwork::text).collect(Collectors.joining(", "));
        return words.isEmpty() ? "none" : words;
    }
}
