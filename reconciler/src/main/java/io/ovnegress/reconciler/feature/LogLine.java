package io.ovnegress.reconciler.feature;

import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;

/**
 * A line of the log before somebody writes it. Not thread safe.
 *
 * @param sentence constant; what varies is in the pairs
 * @param pairs in the order in which they are written
 * @param summed of these the values are counted where many such lines are summed up
 */
public record LogLine(
        Level level, String sentence, SequencedMap<String, Object> pairs, SequencedMap<String, Object> summed) {
    /** More names than this are counted, not said. */
    private static final int NAMED = 8;

    /** Whether somebody should worry. */
    public enum Level {
        INFO,
        WARN
    }

    public static LogLine of(Level level, String sentence) {
        return new LogLine(level, sentence, new LinkedHashMap<>(), new LinkedHashMap<>());
    }

    public LogLine with(String key, Object value) {
        pairs.put(key, value);
        return this;
    }

    /** The pair is left out if there is no value. */
    public LogLine with(String key, Optional<?> value) {
        value.ifPresent(present -> pairs.put(key, present));
        return this;
    }

    /** One that says with whom or why: of many lines its values are counted. */
    public LogLine summing(String key, Object value) {
        return with(key, value).summedAs(key, value);
    }

    public LogLine summing(String key, Optional<?> value) {
        value.ifPresent(present -> summing(key, present));
        return this;
    }

    /** Where many are summed up this is counted, which the line itself says with more words. */
    public LogLine summedAs(String key, Object value) {
        summed.put(key, value);
        return this;
    }

    /** The names in their order, those after the first few as a number. */
    public static String named(Set<String> names) {
        var sorted = new TreeSet<>(names);
        var first = String.join(",", sorted.stream().limit(NAMED).toList());
        return sorted.size() <= NAMED ? first : first + " and " + (sorted.size() - NAMED) + " more";
    }
}
