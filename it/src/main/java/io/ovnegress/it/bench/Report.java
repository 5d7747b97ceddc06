package io.ovnegress.it.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The figures of one run, as a table for people and as JSON for machines. */
final class Report {
    private final List<Map<String, Object>> rows = new ArrayList<>();
    private final PrintStream out;

    Report(PrintStream out) {
        this.out = out;
        out.printf(Locale.ROOT, "%-72s %14s  %-28s %s%n", "figure", "value", "target", "");
    }

    /** @param target what was set out to be reached, as text; empty where there is no target */
    void figure(String name, double value, String unit, String target, boolean reached) {
        var row = new LinkedHashMap<String, Object>();
        row.put("figure", name);
        row.put("value", value);
        row.put("unit", unit);
        row.put("target", target);
        row.put("reached", reached);
        rows.add(row);
        out.printf(
                Locale.ROOT,
                "%-72s %11.2f %-3s %-28s %s%n",
                name,
                value,
                unit,
                target,
                target.isEmpty() ? "" : reached ? "reached" : "MISSED");
    }

    void figure(String name, double value, String unit) {
        figure(name, value, unit, "", true);
    }

    void count(String name, long count) {
        figure(name, (double) count, "");
    }

    /** Of what there shall be none. */
    void none(String name, long count) {
        atMost(name, (double) count, "", 0);
    }

    void milliseconds(String name, long milliseconds) {
        figure(name, (double) milliseconds, "ms");
    }

    void atMost(String name, double value, String unit, double limit) {
        figure(
                name,
                value,
                unit,
                String.format(Locale.ROOT, "at most %.2f %s", limit, unit).strip(),
                value <= limit);
    }

    void write(Path file) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(
                    file, new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(rows));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        out.println("written to " + file);
    }
}
