package io.ovnegress.controller.convert;

import io.ovnegress.reconciler.input.AddressRange;
import io.ovnegress.reconciler.input.IpNetwork;
import java.util.List;
import java.util.Optional;

/**
 * What manifests do not say.
 *
 * @param namespace of objects that do not name theirs
 * @param isolation whether projects could not reach each other
 * @param clusterSubnets networks of pods
 * @param addresses for what got its address from somewhere that cannot be read
 */
public record Choices(
        Optional<String> namespace, Isolation isolation, List<IpNetwork> clusterSubnets, List<AddressRange> addresses) {
    public Choices {
        clusterSubnets = List.copyOf(clusterSubnets);
        addresses = List.copyOf(addresses);
    }

    public static final Choices NONE = new Choices(Optional.empty(), Isolation.auto, List.of(), List.of());

    /** Whether the plug-in was {@code ovs-multitenant}, which alone kept projects apart. */
    public enum Isolation {
        /** As ClusterNetwork says; without one, if projects are joined. */
        auto,
        yes,
        no
    }
}
