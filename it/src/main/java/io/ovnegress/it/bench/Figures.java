package io.ovnegress.it.bench;

import java.util.List;

/** Arithmetic of several rounds. */
final class Figures {
    private Figures() {}

    static double ratio(long one, long other) {
        return (double) one / other;
    }

    static double median(List<Double> values) {
        var sorted = values.stream().sorted().toList();
        return sorted.get(sorted.size() / 2);
    }

    /** The value that this share of the sorted values does not exceed. */
    static double percentile(List<Long> sorted, int percent) {
        return sorted.get(Math.min(sorted.size() - 1, sorted.size() * percent / 100));
    }
}
