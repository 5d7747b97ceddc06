package io.ovnegress.reconciler.feature.egressip.placement;

import java.util.Map;
import java.util.Optional;

/**
 * A placement, and what it was decided from.
 *
 * @param placements by the names of the objects
 */
public record Placed(Map<String, Placement> placements, NodeIndex nodes) {

    public Optional<Placement> of(String egressIp) {
        return Optional.ofNullable(placements.get(egressIp));
    }
}
