package io.ovnegress.reconciler.feature.egressip.placement;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An object of which something else is to be said, or whose pods are to be looked at, since egress IPs were placed anew.
 *
 * @param placement where they belong now
 * @param wasServed whether it had egress IPs with a node before
 * @param reroutes whether its pods may have another way out
 */
public record PlacementChange(String egressIp, Placement placement, boolean wasServed, boolean reroutes) {

    /**
     * What else is different since egress IPs were placed last.
     *
     * @param renewed objects that were not there then, though others may have been by their names
     * @param reselected objects whose pods are others: that they are served is to be said once it is committed
     * @param regated nodes to whose routers pods are sent otherwise
     */
    public record Besides(Set<String> renewed, Set<String> reselected, Set<String> regated) {
        private boolean concerns(String egressIp, Placement placement) {
            return reselected.contains(egressIp)
                    || (!regated.isEmpty()
                            && placement.assignments().stream()
                                    .anyMatch(assignment -> regated.contains(assignment.node())));
        }
    }

    /** In the order of the placements after. */
    public static List<PlacementChange> between(Placements before, Placements after, Besides besides) {
        var changes = new ArrayList<PlacementChange>();
        after.placed().forEach((egressIp, placement) -> {
            var old = besides.renewed().contains(egressIp)
                    ? null
                    : before.placed().get(egressIp);
            boolean reroutes = old == null
                    || !isSame(egressIp, before.present(), after.present())
                    || besides.concerns(egressIp, placement);
            if (reroutes || !old.equals(placement)) {
                boolean wasServed = old != null && !old.assignments().isEmpty();
                changes.add(new PlacementChange(egressIp, placement, wasServed, reroutes));
            }
        });
        return changes;
    }

    private static boolean isSame(String egressIp, Map<String, Placement> before, Map<String, Placement> after) {
        return before.get(egressIp).assignments().equals(after.get(egressIp).assignments());
    }
}
