package io.ovnegress.controller.loop;

import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;
import org.slf4j.event.Level;

/**
 * A line of the log before it is written. Not thread safe.
 *
 * @param sentence constant; what varies is in the pairs
 * @param pairs in the order in which they are written
 * @param summed of these the values are counted where many such lines are summed up
 */
record LogLine(Level level, String sentence, SequencedMap<String, Object> pairs, SequencedMap<String, Object> summed) {

    static LogLine of(Level level, String sentence) {
        return new LogLine(level, sentence, new LinkedHashMap<>(), new LinkedHashMap<>());
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
        return with(key, value).summedAs(key, value);
    }

    LogLine summing(String key, Optional<?> value) {
        value.ifPresent(present -> summing(key, present));
        return this;
    }

    /** Where many are summed up this is counted, which the line itself says with more words. */
    LogLine summedAs(String key, Object value) {
        summed.put(key, value);
        return this;
    }
}
