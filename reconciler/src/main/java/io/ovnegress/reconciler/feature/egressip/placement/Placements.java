package io.ovnegress.reconciler.feature.egressip.placement;

import java.util.Map;

/**
 * Where the egress IPs of all objects are to be, by the names of the objects.
 *
 * @param placed where they belong
 * @param present where rows are to be now: without those that leave one router before they come to the next
 */
public record Placements(Map<String, Placement> placed, Map<String, Placement> present) {
    public static final Placements NONE = new Placements(Map.of(), Map.of());
}
