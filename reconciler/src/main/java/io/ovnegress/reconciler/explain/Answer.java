package io.ovnegress.reconciler.explain;

import java.util.List;

/** What comes of a {@link Question}. */
public sealed interface Answer {

    /** @param leads whether this controller decides: otherwise it says what it would decide, and the rows are another one's */
    record Explained(Explanation explanation, boolean leads) implements Answer {}

    /**
     * There is nothing by that name.
     *
     * @param what as in {@code pod simpson/homre}
     * @param nearest names that may be meant, the likeliest first
     */
    record Unknown(String what, List<String> nearest) implements Answer {
        public Unknown {
            nearest = List.copyOf(nearest);
        }
    }

    /** Not everything is known yet that an answer would follow from. */
    record NotYet(String why) implements Answer {}
}
