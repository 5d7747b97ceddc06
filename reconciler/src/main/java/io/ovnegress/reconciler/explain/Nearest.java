package io.ovnegress.reconciler.explain;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Names that may be meant where one is not known. */
public final class Nearest {
    private static final int MOST_TYPOS = 4;
    private static final int MOST_NAMES = 3;
    /** Of more names than this not all are looked at: an answer must not take long. */
    private static final int LOOKED_AT = 2000;

    private Nearest() {}

    /** The likeliest first; none if nothing is like it. */
    public static List<String> to(String name, Collection<String> known) {
        record Candidate(String name, int distance) {}
        return known.stream()
                .limit(LOOKED_AT)
                .filter(other -> Math.abs(other.length() - name.length()) <= MOST_TYPOS)
                .map(other -> new Candidate(other, distance(name, other)))
                .filter(other -> other.distance() <= MOST_TYPOS)
                .sorted(Comparator.comparingInt(Candidate::distance).thenComparing(Candidate::name))
                .limit(MOST_NAMES)
                .map(Candidate::name)
                .toList();
    }

    /** How many letters must be put in, left out or replaced to make one of the other (Levenshtein). */
    private static int distance(String one, String other) {
        var row = IntStream.rangeClosed(0, other.length()).toArray();
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= other.length(); j++) {
                int replaced = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[other.length()];
    }
}
