package io.ovnegress.reconciler.feature.egressip.placement;

import io.ovnegress.reconciler.input.IpAddress;
import java.util.Optional;

/** Why an egress IP has no node: a closed set, the most important first. */
public sealed interface PlacementProblem {

    /** An entry is not an IP address: the object is refused as a whole. */
    record InvalidEgressIp(String text) implements PlacementProblem {}

    /** A selector is missing or cannot be understood: the object is refused as a whole. */
    record InvalidSelector(String error) implements PlacementProblem {}

    /** The object asks for what its form of rows cannot do: it is refused as a whole. */
    record UnsupportedForm() implements PlacementProblem {}

    /** The object names no egress IP. */
    record NoEgressIp() implements PlacementProblem {}

    /** The IP is an address of a node, whether or not that is an egress node. */
    record NodeAddressConflict(IpAddress ip, String node) implements PlacementProblem {}

    /**
     * The IP is a default gateway, lies in a subnet that the cluster uses itself, or is no address of a host.
     *
     * @param what a clause for people, with the remedy
     */
    record ReservedAddress(IpAddress ip, String what) implements PlacementProblem {}

    /** Another object lists the IP as well and has the claim to it, see {@link EgressIpPlacement}. */
    record InUseByAnotherObject(IpAddress ip, String object) implements PlacementProblem {}

    /**
     * No node is labelled, ready and reachable.
     *
     * @param ofItsOwn whether the object selects its nodes itself, instead of by their label
     * @param why a clause for people: each node with what excludes it
     */
    record NoEgressNode(IpAddress ip, boolean ofItsOwn, String why) implements PlacementProblem {}

    /**
     * There are egress nodes, but none for this IP.
     *
     * @param why a clause for people: each node with what excludes it
     */
    record NoMatchingNode(IpAddress ip, String why) implements PlacementProblem {}

    /** The egress IP that it is about; empty if the object is refused as a whole. */
    static Optional<IpAddress> addressOf(PlacementProblem problem) {
        return switch (problem) {
            case NodeAddressConflict(IpAddress ip, String node) -> Optional.of(ip);
            case ReservedAddress(IpAddress ip, String what) -> Optional.of(ip);
            case InUseByAnotherObject(IpAddress ip, String object) -> Optional.of(ip);
            case NoEgressNode(IpAddress ip, boolean ofItsOwn, String why) -> Optional.of(ip);
            case NoMatchingNode(IpAddress ip, String why) -> Optional.of(ip);
            case InvalidEgressIp p -> Optional.empty();
            case InvalidSelector p -> Optional.empty();
            case UnsupportedForm p -> Optional.empty();
            case NoEgressIp p -> Optional.empty();
        };
    }
}
