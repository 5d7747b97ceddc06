package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.reconciler.input.LabelSelector;
import java.util.List;
import java.util.Optional;

/**
 * For which destinations an EgressIP is, as it says itself; what that comes to is found by {@link Destinations}.
 *
 * @param areSome whether it is for some destinations only, even if none of them can be understood: what is for all others must never
 *     be taken for what is for all
 * @param traffic which {@link EgressTrafficInput}s list them: {@code spec.trafficSelector}
 * @param isMisunderstood whether that selector cannot be understood: the object is refused then
 * @param listed what annotation {@code ovn-egress.io/destinations} lists besides, as written by the user
 * @param excluded what annotation {@code ovn-egress.io/excluded-destinations} lists, likewise
 */
public record EgressDestinations(
        boolean areSome,
        Optional<LabelSelector> traffic,
        boolean isMisunderstood,
        List<String> listed,
        List<String> excluded) {
    /** What an object means that says nothing. */
    public static final EgressDestinations ALL =
            new EgressDestinations(false, Optional.empty(), false, List.of(), List.of());

    public EgressDestinations {
        listed = List.copyOf(listed);
        excluded = List.copyOf(excluded);
    }

    /** These and no others. */
    public static EgressDestinations of(String... listed) {
        return new EgressDestinations(true, Optional.empty(), false, List.of(listed), List.of());
    }

    /** Those that such objects list. */
    public static EgressDestinations of(LabelSelector traffic) {
        return new EgressDestinations(true, Optional.of(traffic), false, List.of(), List.of());
    }

    /** The same, but for these. */
    public EgressDestinations without(String... others) {
        return new EgressDestinations(areSome, traffic, isMisunderstood, listed, List.of(others));
    }
}
