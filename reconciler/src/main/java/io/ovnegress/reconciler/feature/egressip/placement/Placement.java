package io.ovnegress.reconciler.feature.egressip.placement;

import io.ovnegress.reconciler.input.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Set;

/**
 * Where the egress IPs of one object are. Each of its IPs has either an assignment or a problem; a refused object has only
 * problems.
 *
 * @param assignments in the order of {@code spec.egressIPs}
 * @param problems in the order of {@code spec.egressIPs}
 * @param unknownNodes names that the object prefers, and no node has
 * @param followers those that share a router with the one before them
 */
public record Placement(
        List<Assignment> assignments,
        List<PlacementProblem> problems,
        List<String> unknownNodes,
        Set<IpAddress> followers) {
    public Placement {
        assignments = List.copyOf(assignments);
        problems = List.copyOf(problems);
        unknownNodes = List.copyOf(unknownNodes);
        followers = Set.copyOf(followers);
    }

    /** Every preferred node is there, and each egress IP is for itself. */
    public Placement(List<Assignment> assignments, List<PlacementProblem> problems) {
        this(assignments, problems, List.of(), Set.of());
    }

    /** The egress IPs that go together, in their order. */
    public List<List<Assignment>> together() {
        var together = new ArrayList<List<Assignment>>();
        for (var assignment : assignments) {
            if (together.isEmpty() || !followers.contains(assignment.egressIp())) {
                together.add(new ArrayList<>(2));
            }
            together.getLast().add(assignment);
        }
        return together;
    }

    /** The first of those that go together, where others are on their node, in their order. */
    public List<IpAddress> guests() {
        var firsts = together().stream().map(List::getFirst).toList();
        var there = new HashMap<String, Integer>();
        firsts.forEach(assignment -> there.merge(assignment.node(), 1, Integer::sum));
        return firsts.stream()
                .filter(assignment -> there.get(assignment.node()) > 1)
                .map(Assignment::egressIp)
                .toList();
    }

    /** An egress IP and the node that serves it. */
    public record Assignment(IpAddress egressIp, String node) {}
}
