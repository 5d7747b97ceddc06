package io.ovnegress.reconciler.machine;

import com.google.common.collect.ImmutableSortedMap;
import java.util.Map;

/**
 * How the options of {@code NB_Global} stand that are asked for.
 *
 * @param ours those that are there since we have set them
 * @param inTheWay those that somebody else has set to something else than is asked for: they stay
 */
public record OptionsStanding(Map<String, String> ours, Map<String, String> inTheWay) {
    /** None is asked for, and none is ours. */
    public static final OptionsStanding NONE = new OptionsStanding(Map.of(), Map.of());

    public OptionsStanding {
        ours = ImmutableSortedMap.copyOf(ours);
        inTheWay = ImmutableSortedMap.copyOf(inTheWay);
    }
}
