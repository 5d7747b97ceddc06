package io.ovnegress.reconciler.explain;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * A pod address that would leave otherwise.
 *
 * @param before empty if there is none
 * @param after empty if there would be none
 */
public record PodChange(PodAddress address, Optional<Departure> before, Optional<Departure> after) {

    /** In the order of the pods' names. */
    public static List<PodChange> between(Map<PodAddress, Departure> before, Map<PodAddress, Departure> after) {
        var addresses = new TreeSet<>(before.keySet());
        addresses.addAll(after.keySet());
        var changes = new ArrayList<PodChange>();
        for (var address : addresses) {
            var change = new PodChange(
                    address, Optional.ofNullable(before.get(address)), Optional.ofNullable(after.get(address)));
            if (!change.before().equals(change.after())) {
                changes.add(change);
            }
        }
        return changes;
    }
}
