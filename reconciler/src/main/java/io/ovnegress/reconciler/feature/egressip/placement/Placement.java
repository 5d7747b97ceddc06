package io.ovnegress.reconciler.feature.egressip.placement;

import io.ovnegress.reconciler.input.IpAddress;
import java.util.List;

/**
 * Where the egress IPs of one object are. Each of its IPs has either an assignment or a problem; a refused object has only
 * problems.
 *
 * @param assignments in the order of {@code spec.egressIPs}
 * @param problems in the order of {@code spec.egressIPs}
 * @param unknownNodes names that the object prefers, and no node has
 */
public record Placement(List<Assignment> assignments, List<PlacementProblem> problems, List<String> unknownNodes) {
    public Placement {
        assignments = List.copyOf(assignments);
        problems = List.copyOf(problems);
        unknownNodes = List.copyOf(unknownNodes);
    }

    /** Every preferred node is there. */
    public Placement(List<Assignment> assignments, List<PlacementProblem> problems) {
        this(assignments, problems, List.of());
    }

    /** An egress IP and the node that serves it. */
    public record Assignment(IpAddress egressIp, String node) {}
}
