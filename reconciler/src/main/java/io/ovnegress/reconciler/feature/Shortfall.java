package io.ovnegress.reconciler.feature;

import java.util.HashMap;
import java.util.Map;

/** What users have asked for and do not get, in numbers. */
public record Shortfall(Map<Lack, Integer> counts) {
    public static final Shortfall NONE = new Shortfall(Map.of());

    public Shortfall {
        counts = Map.copyOf(counts);
    }

    /** What is lacking, and why: a closed set of each feature. */
    public interface Lack {
        Measure measure();

        /** In the words of the conditions, where they have one for it. */
        String reason();
    }

    /**
     * What is counted.
     *
     * @param name in lower case, words separated by dots: the end of the metric's name
     * @param description of the metric
     */
    public record Measure(String name, String description) {}

    /** How much there is of a measure, for whatever reasons. */
    public int of(String measure) {
        return counts.entrySet().stream()
                .filter(count -> count.getKey().measure().name().equals(measure))
                .mapToInt(Map.Entry::getValue)
                .sum();
    }

    /** Both together. */
    public Shortfall plus(Shortfall other) {
        var sums = new HashMap<>(counts);
        other.counts.forEach((lack, count) -> sums.merge(lack, count, Integer::sum));
        return new Shortfall(sums);
    }
}
