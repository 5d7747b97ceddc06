package io.ovnegress.reconciler.feature.egressip.placement;

import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.NodeChoice;
import io.ovnegress.reconciler.feature.egressip.placement.Placement.Assignment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Evens out what placement, which leaves everything where it is, has let become uneven: one egress IP at a time goes from a node
 * to another one that serves at least two fewer. It never goes to a node that its object prefers less, nor to a zone where the
 * object has more, nor from a node with a default gateway for it to one without. Every step makes the loads more even, so there is a last one. A pure function; the same state gives the same
 * answer.
 */
public final class EgressIpRebalance {
    /** A smaller difference would only be turned round. */
    private static final int WORTH_IT = 2;

    private final NodeIndex nodes;
    private final NodeLoads loads;
    private final Map<String, Placement> placements;

    private EgressIpRebalance(NodeIndex nodes, Map<String, Placement> placements) {
        this.nodes = nodes;
        this.loads = new NodeLoads(nodes);
        this.placements = new TreeMap<>(placements); // by name
        placements
                .values()
                .forEach(placement -> placement
                        .assignments()
                        .forEach(assignment -> nodes.number(assignment.node())
                                .ifPresent(number ->
                                        loads.add(number, assignment.egressIp().family()))));
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
     * @param objects by name
     * @param placements of all objects, on these nodes
     * @return empty if no step is worth it
     */
    public static Optional<Step> next(
            NodeIndex nodes, Function<String, Optional<EgressIpInput>> objects, Map<String, Placement> placements) {
        return new EgressIpRebalance(nodes, placements).next(objects);
    }

    private Optional<Step> next(Function<String, Optional<EgressIpInput>> objects) {
        Optional<Step> best = Optional.empty();
        int bestGain = WORTH_IT - 1;
        for (var entry : placements.entrySet()) {
            for (var assignment : entry.getValue().assignments()) {
                if (sharesItsNode(assignment, entry.getValue())) {
                    continue;
                }
                var from = nodes.number(assignment.node());
                var to = objects.apply(entry.getKey())
                        .flatMap(object -> bestFor(object.nodes(), assignment, entry.getValue()));
                if (from.isPresent() && to.isPresent() && loads.of(from.get()) - loads.of(to.get()) > bestGain) {
                    bestGain = loads.of(from.get()) - loads.of(to.get());
                    best = Optional.of(new Step(
                            entry.getKey(), assignment, nodes.node(to.get()).name()));
                }
            }
        }
        return best;
    }

    /** Two that share a router stay: what their move would make even the next one would turn round. */
    private static boolean sharesItsNode(Assignment assignment, Placement of) {
        return of.assignments().stream()
                        .filter(other -> other.node().equals(assignment.node()))
                        .count()
                > 1;
    }

    /** The node with a router that could serve it as well, serves none of its object's yet, and has the least to do. */
    private Optional<Integer> bestFor(NodeChoice choice, Assignment assignment, Placement of) {
        var from = nodes.number(assignment.node());
        if (from.isEmpty() || choice.selector().isEmpty()) {
            return Optional.empty();
        }
        var address = assignment.egressIp();
        var hosts = nodes.routed(nodes.hostsOf(choice.selector().get(), address), address.family());
        hosts.andNot(loads.full(address.family()));
        if (nodes.node(from.get()).leadsOut(address.family())) {
            hosts.and(nodes.leadingOut(hosts, address.family()));
        }
        var zones = new HashMap<String, Integer>();
        for (var other : of.assignments()) {
            nodes.number(other.node()).ifPresent(number -> {
                hosts.clear(number);
                if (!other.equals(assignment)) {
                    zones.merge(nodes.node(number).zone(), 1, Integer::sum);
                }
            });
        }
        int inZone = zones.getOrDefault(nodes.node(from.get()).zone(), 0);
        return hosts.stream()
                .filter(number -> nodes.rank(choice, number) <= nodes.rank(choice, from.get()))
                .filter(number -> zones.getOrDefault(nodes.node(number).zone(), 0) <= inZone)
                .boxed()
                .min(loads::leastFirst);
    }
}
