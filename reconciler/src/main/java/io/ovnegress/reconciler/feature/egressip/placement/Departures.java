package io.ovnegress.reconciler.feature.egressip.placement;

import com.google.common.collect.Maps;
import io.ovnegress.reconciler.northbound.Holds;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Egress IPs that have to be off every router before they come to the next, since they cannot go there at once. Not thread safe. */
public final class Departures {
    private final Holds holds;
    private final Set<String> leaving = new HashSet<>();

    public Departures(Holds holds) {
        this.holds = holds;
    }

    /**
     * Those of the egress IPs leave that are on a router but not on the one given, or not on it alone.
     *
     * @param places by egress IP the router on which it is to be
     * @return whether some do that did not before
     */
    public boolean begin(Map<String, UUID> places) {
        boolean some = false;
        for (var place : places.entrySet()) {
            var present = holds.placesOf(place.getKey());
            if (!present.isEmpty() && !present.equals(Set.of(place.getValue()))) {
                some |= leaving.add(place.getKey());
            }
        }
        return some;
    }

    /** Whether some are off every router now: they leave no more. */
    public boolean arrive() {
        return leaving.removeIf(egressIp -> holds.placesOf(egressIp).isEmpty());
    }

    public void clear() {
        leaving.clear();
    }

    public Map<String, Placement> without(Map<String, Placement> placements) {
        return leaving.isEmpty() ? placements : Map.copyOf(Maps.transformValues(placements, this::without));
    }

    private Placement without(Placement placement) {
        var staying = placement.assignments().stream()
                .filter(assignment -> !leaving.contains(assignment.egressIp().text()))
                .toList();
        return new Placement(staying, placement.problems(), placement.unknownNodes(), placement.followers());
    }
}
