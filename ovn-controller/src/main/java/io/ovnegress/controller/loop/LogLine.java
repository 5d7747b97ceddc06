package io.ovnegress.controller.loop;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SequencedSet;
import org.slf4j.event.Level;

/**
 * A line of the log before it is written. Not thread safe.
 *
 * @param sentence constant; what varies is in the pairs
 * @param pairs in the order in which they are written
 * @param summed the keys whose values are counted where many such lines are summed up
 */
record LogLine(Level level, String sentence, SequencedMap<String, Object> pairs, SequencedSet<String> summed) {

    static LogLine of(Level level, String sentence) {
        return new LogLine(level, sentence, new LinkedHashMap<>(), new LinkedHashSet<>());
    }

    LogLine with(String key, Object value) {
        pairs.put(key, value);
        return this;
    }

    /** The pair is left out if there is no value. */
    LogLine with(String key, Optional<?> value) {
        value.ifPresent(present -> pairs.put(key, present));
        return this;
    }

    /** One that says with whom or why: of many lines its values are counted. */
    LogLine summing(String key, Object value) {
        pairs.put(key, value);
        summed.add(key);
        return this;
    }

    LogLine summing(String key, Optional<?> value) {
        value.ifPresent(present -> summing(key, present));
        return this;
    }

    Map<String, Object> summedPairs() {
        var sums = new LinkedHashMap<String, Object>();
        summed.forEach(key -> sums.put(key, pairs.get(key)));
        return sums;
    }
}
