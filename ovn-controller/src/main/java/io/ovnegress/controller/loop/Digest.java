package io.ovnegress.controller.loop;

import io.ovnegress.reconciler.feature.LogLine;
import io.ovnegress.reconciler.feature.LogLine.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Writes log lines so that a thousand of a kind are a handful: of each sentence the first few in ten seconds are written as they
 * are, the rest in one line when the ten seconds are over, with how many there were and what they had in common. A sentence that is
 * said at two levels counts as two. Not thread safe.
 */
final class Digest {
    static final Duration WINDOW = Duration.ofSeconds(10);

    /** Of so many values the most frequent are named, the others counted. */
    private static final int VALUES_NAMED = 8;
    /** Values past these are not told apart. */
    private static final int VALUES_KEPT = 1000;

    private final Logger log;
    private final Map<Sentence, Window> windows = new LinkedHashMap<>();

    private record Sentence(Level level, String text) {}

    Digest(Logger log) {
        this.log = log;
    }

    /** How many lines of one sentence were written since then, and how many only summed up. */
    private static final class Window {
        private final Instant begin;
        private int written;
        private int summed;
        private final Map<String, Map<Object, Integer>> sums = new LinkedHashMap<>();

        private Window(Instant begin) {
            this.begin = begin;
        }

        private boolean isOver(Instant now) {
            return !now.isBefore(begin.plus(WINDOW)) || now.isBefore(begin);
        }

        private void sum(LogLine line) {
            summed++;
            line.summed().forEach((key, value) -> {
                var counts = sums.computeIfAbsent(key, unused -> new LinkedHashMap<>());
                if (counts.size() < VALUES_KEPT || counts.containsKey(value)) {
                    counts.merge(value, 1, Integer::sum);
                }
            });
        }
    }

    /** @param most how many lines of this sentence are written as they are */
    void write(LogLine line, int most, Instant now) {
        endWindows(now);
        var window = windows.computeIfAbsent(new Sentence(line.level(), line.sentence()), unused -> new Window(now));
        if (window.written < most) {
            window.written++;
            write(line);
        } else {
            window.sum(line);
        }
    }

    /** Writes the sums that are due. To be called at least every second. */
    void endWindows(Instant now) {
        windows.entrySet().removeIf(entry -> {
            boolean over = entry.getValue().isOver(now);
            if (over) {
                writeSum(entry.getKey(), entry.getValue());
            }
            return over;
        });
    }

    /** Writes all sums that are due or not. */
    void end() {
        windows.forEach(this::writeSum);
        windows.clear();
    }

    private void write(LogLine line) {
        var event = at(line.level());
        for (var pair : line.pairs().entrySet()) {
            event = event.addKeyValue(pair.getKey(), pair.getValue().toString().replace('"', '\''));
        }
        event.log(line.sentence());
    }

    private LoggingEventBuilder at(Level level) {
        return switch (level) {
            case INFO -> log.atInfo();
            case WARN -> log.atWarn();
        };
    }

    private void writeSum(Sentence sentence, Window window) {
        if (window.summed > 0) {
            var event = at(sentence.level()).addKeyValue("more", window.summed);
            for (var sum : window.sums.entrySet()) {
                event = event.addKeyValue(sum.getKey(), named(sum.getValue()));
            }
            event.log(sentence.text());
        }
    }

    /** {@code worker-1 (120), worker-2 (88) and 12 others}; a single value without its count. */
    private static String named(Map<Object, Integer> counts) {
        if (counts.size() == 1) {
            return counts.keySet().iterator().next().toString();
        }
        var named = counts.entrySet().stream()
                .sorted(Map.Entry.<Object, Integer>comparingByValue()
                        .reversed()
                        .thenComparing(entry -> entry.getKey().toString(), Comparator.naturalOrder()))
                .limit(VALUES_NAMED)
                .map(entry -> entry.getKey() + " (" + entry.getValue() + ")")
                .collect(Collectors.joining(", "));
        int others = counts.size() - VALUES_NAMED;
        return others > 0
                ? named + " and " + others + (counts.size() < VALUES_KEPT ? "" : " or more") + " others"
                : named;
    }
}
