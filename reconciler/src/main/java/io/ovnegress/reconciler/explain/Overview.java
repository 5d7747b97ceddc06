package io.ovnegress.reconciler.explain;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How things stand as a whole.
 *
 * @param assigned addresses that have a node
 * @param pending those of them of whose rows not all are in the database yet
 * @param unassigned how many addresses have no node, by reason
 * @param nodes that may have addresses, or have some
 * @param troubled some of those whose rows are not in the database as they are to be, with why
 */
public record Overview(
        int assigned, int pending, Map<Enum<?>, Integer> unassigned, List<Node> nodes, List<Troubled> troubled) {
    public static final Overview NONE = new Overview(0, 0, Map.of(), List.of(), List.of());

    /** @param why it can have no addresses at the moment; empty if it can */
    public record Node(String name, int addresses, Optional<Enum<?>> why) {}

    /**
     * @param owner as in the log
     * @param object that the rows serve, if it is one
     */
    public record Troubled(String owner, Optional<String> object, Reason standing) {}

    public Overview {
        unassigned = Map.copyOf(unassigned);
        nodes = List.copyOf(nodes);
        troubled = List.copyOf(troubled);
    }

    /** What another feature says. */
    public Overview and(Overview other) {
        var sums = new HashMap<>(unassigned);
        other.unassigned.forEach((reason, count) -> sums.merge(reason, count, Integer::sum));
        return new Overview(
                assigned + other.assigned,
                pending + other.pending,
                sums,
                Stream.concat(nodes.stream(), other.nodes.stream()).toList(),
                Stream.concat(troubled.stream(), other.troubled.stream()).toList());
    }
}
