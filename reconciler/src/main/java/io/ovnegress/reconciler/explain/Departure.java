package io.ovnegress.reconciler.explain;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * How what a pod sends to the outside leaves the cluster. A value: as decided, or as the rows in the database have it.
 *
 * @param exits of several each takes its share of the connections; none if nothing leaves
 * @param droppedOn nodes to whose gateway routers a share is sent, and is dropped there
 */
public record Departure(Outcome outcome, List<Exit> exits, List<String> droppedOn) {

    /** What becomes of a packet. */
    public enum Outcome {
        /** It leaves with an address that a feature has given it. */
        EgressAddress,
        /** It leaves with the address of a node. */
        NodeAddress,
        /** It does not leave. */
        Dropped,
        /** It stays in the cluster, with the pod's own address. */
        Inside,
        /** It is sent to where no gateway router is: what becomes of it there is not known. */
        Elsewhere,
        /** Cannot be told from what is asked, or from what is known here. */
        Unknown
    }

    /**
     * @param source the source address on the wire; empty if it is the node's and that is not known
     * @param node whose gateway router it leaves by
     */
    public record Exit(Optional<String> source, String node) {
        @Override
        public String toString() {
            return source.orElse("its address") + " from " + node;
        }
    }

    public Departure {
        exits = exits.stream()
                .distinct()
                .sorted(Comparator.comparing(Exit::toString))
                .toList();
        droppedOn = droppedOn.stream().distinct().sorted().toList();
    }

    /** No gateway router drops anything of it. */
    public Departure(Outcome outcome, List<Exit> exits) {
        this(outcome, exits, List.of());
    }

    public static Departure dropped() {
        return new Departure(Outcome.Dropped, List.of());
    }

    public static Departure inside() {
        return new Departure(Outcome.Inside, List.of());
    }

    public static Departure elsewhere() {
        return new Departure(Outcome.Elsewhere, List.of());
    }

    public static Departure unknown() {
        return new Departure(Outcome.Unknown, List.of());
    }

    /** How it is, and where that is not how it is to be, how that is. */
    public static String sentence(Departure now, Departure wanted) {
        return now.equals(wanted) ? now.toString() : now + " at the moment; as decided it " + wanted;
    }

    /** As in {@code leaves as 192.168.126.100 from worker-0}. */
    @Override
    public String toString() {
        var from = exits.stream().map(Exit::toString).collect(Collectors.joining(" or as "));
        var on = String.join(" and ", droppedOn);
        var but = on.isEmpty() ? "" : "; its share for " + on + " is dropped there";
        return switch (outcome) {
            case EgressAddress -> "leaves as " + from + but;
            case NodeAddress -> "leaves with the node's address, as " + from + but;
            case Dropped -> on.isEmpty() ? "is dropped" : "is dropped on " + on;
            case Inside -> "stays in the cluster, and arrives with its own address";
            case Elsewhere -> "is sent to a next hop that is no gateway router's";
            case Unknown -> "goes where cannot be told from what is asked and known";
        };
    }
}
