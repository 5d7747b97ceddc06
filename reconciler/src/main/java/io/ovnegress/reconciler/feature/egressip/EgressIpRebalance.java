package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.reconciler.feature.egressip.Placement.Assignment;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Evens out what placement, which leaves everything where it is, has let become uneven: one egress IP at a time goes from a node
 * to another one that serves at least two fewer. Every step makes the loads more even, so there is a last one. A pure function;
 * the same state gives the same answer.
 */
public final class EgressIpRebalance {
    /** A smaller difference would only be turned round. */
    private static final int WORTH_IT = 2;

    private final NodeIndex nodes;
    private final int[] load;

    private EgressIpRebalance(NodeIndex nodes, Map<String, Placement> placements) {
        this.nodes = nodes;
        load = new int[nodes.size()];
        placements
                .values()
                .forEach(placement -> placement
                        .assignments()
                        .forEach(assignment -> nodes.number(assignment.node()).ifPresent(number -> load[number]++)));
    }

    /** An egress IP of an object that would better be elsewhere. */
    public record Step(String object, Assignment from, String to) {

        /** The assignments after this step, by object. */
        public Map<String, List<Assignment>> appliedTo(Map<String, Placement> placements) {
            var after = new HashMap<String, List<Assignment>>();
            placements.forEach((name, placement) -> after.put(
                    name,
                    placement.assignments().stream()
                            .map(assignment -> name.equals(object) && assignment.equals(from)
                                    ? new Assignment(from.egressIp(), to)
                                    : assignment)
                            .toList()));
            return after;
        }
    }

    /**
     * The best next step: from the node that serves the most egress IPs to the one that serves the fewest.
     *
     * @param placements of all objects, on these nodes
     * @return empty if no step is worth it
     */
    static Optional<Step> next(NodeIndex nodes, Map<String, Placement> placements) {
        return new EgressIpRebalance(nodes, placements).next(new TreeMap<>(placements)); // by name
    }

    private Optional<Step> next(Map<String, Placement> placements) {
        Optional<Step> best = Optional.empty();
        int bestGain = WORTH_IT - 1;
        for (var entry : placements.entrySet()) {
            for (var assignment : entry.getValue().assignments()) {
                var from = nodes.number(assignment.node());
                var to = bestFor(assignment, entry.getValue());
                if (from.isPresent() && to.isPresent() && load[from.get()] - load[to.get()] > bestGain) {
                    bestGain = load[from.get()] - load[to.get()];
                    best = Optional.of(new Step(
                            entry.getKey(), assignment, nodes.node(to.get()).name()));
                }
            }
        }
        return best;
    }

    /** The node with a router that could serve it, serves none of its object's yet, and has the least to do. */
    private Optional<Integer> bestFor(Assignment assignment, Placement of) {
        var address = assignment.egressIp();
        return nodes.routed(nodes.hostsOf(address), address.family()).stream()
                .filter(number -> of.assignments().stream()
                        .noneMatch(
                                other -> other.node().equals(nodes.node(number).name())))
                .boxed()
                .min(Comparator.<Integer>comparingInt(number -> load[number]).thenComparing(Comparator.naturalOrder()));
    }
}
