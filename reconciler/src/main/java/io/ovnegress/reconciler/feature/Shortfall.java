package io.ovnegress.reconciler.feature;

import java.util.HashMap;
import java.util.Map;

/**
 * What users have asked for and do not get, in numbers.
 *
 * @param unassigned egress IPs without a node, by reason; an object that is refused counts as all of its egress IPs, at least as
 *     one
 * @param unservedPods pods that are selected and leave with no egress IP, by reason
 */
public record Shortfall(Map<StatusCondition.Reason, Integer> unassigned, Map<Unserved, Integer> unservedPods) {
    public static final Shortfall NONE = new Shortfall(Map.of(), Map.of());

    /** Both together. */
    public Shortfall plus(Shortfall other) {
        return new Shortfall(sums(unassigned, other.unassigned), sums(unservedPods, other.unservedPods));
    }

    private static <K> Map<K, Integer> sums(Map<K, Integer> one, Map<K, Integer> other) {
        var sums = new HashMap<>(one);
        other.forEach((key, count) -> sums.merge(key, count, Integer::sum));
        return sums;
    }

    public Shortfall {
        unassigned = Map.copyOf(unassigned);
        unservedPods = Map.copyOf(unservedPods);
    }
}
