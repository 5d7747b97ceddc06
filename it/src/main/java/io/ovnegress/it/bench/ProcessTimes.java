package io.ovnegress.it.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;

/** Processor time that a controller's process has spent so far, in milliseconds, by what for: see proc(5). */
record ProcessTimes(Map<Part, Double> parts) {
    private static final double MILLISECONDS_PER_TICK = 10;

    /** Threads by their names, of which Linux keeps fifteen characters. */
    enum Part {
        LOOP("reconcile-loop"),
        DATABASE("ovsdb-.*"),
        /** The client's own pool decodes what the watches are told. */
        API("(watch-|OkHttp|status-|ask-api|lease|leader|-\\d+-po).*"),
        COLLECTOR("(GC Thread|ParGC|VM Thread).*"),
        /** What is left, too: its threads come and go. */
        COMPILER("C[12] Compiler.*"),
        OTHER(".*");

        private final String names;

        Part(String names) {
            this.names = names;
        }

        private static Part of(String thread) {
            for (var part : values()) {
                if (thread.strip().matches(part.names)) {
                    return part;
                }
            }
            return OTHER;
        }
    }

    static ProcessTimes now(long pid) {
        var parts = new EnumMap<Part, Double>(Part.class);
        for (var part : Part.values()) {
            parts.put(part, 0.0);
        }
        var process = Path.of("/proc", Long.toString(pid));
        double total = ticks(process) * MILLISECONDS_PER_TICK;
        double others = 0;
        try (var threads = Files.list(process.resolve("task"))) {
            for (var thread : threads.toList()) {
                var part = Part.of(text(thread.resolve("comm")));
                double spent = part == Part.COMPILER ? 0 : nanoseconds(thread) / 1e6;
                parts.merge(part, spent, Double::sum);
                others += spent;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        parts.put(Part.COMPILER, total - others);
        return new ProcessTimes(parts);
    }

    private static long ticks(Path process) throws UncheckedIOException {
        var fields = text(process.resolve("stat")).replaceFirst("^.*\\) ", "").split(" ", -1);
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }

    private static double nanoseconds(Path thread) {
        var schedule = text(thread.resolve("schedstat"));
        return schedule.isEmpty() ? 0 : Double.parseDouble(schedule.split(" ", -1)[0]);
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (NoSuchFileException e) {
            return ""; // a thread that has ended just now
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    ProcessTimes minus(ProcessTimes earlier) {
        var spent = new EnumMap<Part, Double>(Part.class);
        parts.forEach((part, time) -> spent.put(part, time - earlier.of(part)));
        return new ProcessTimes(spent);
    }

    double of(Part part) {
        return parts.get(part);
    }

    double total() {
        return parts.values().stream().mapToDouble(Double::doubleValue).sum();
    }
}
