package io.ovnegress.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Set;

/** Lines for people: columns that are aligned, words in colours where there are any. */
final class TextTable {
    private static final String BOLD = "\u001b[1m";
    private static final String GREEN = "\u001b[32m";
    private static final String YELLOW = "\u001b[33m";
    private static final String RED = "\u001b[31m";
    private static final String PLAIN = "\u001b[0m";

    private static final Set<String> GOOD =
            Set.of("Present", "Programmed", "stays", "gains", "ready", "Right", "ok", "Available");
    private static final Set<String> ON_ITS_WAY = Set.of("Later", "Kept", "Pending", "BeingWritten", "InStep", "moves");
    private static final Set<String> WRONG = Set.of(
            "Missing",
            "Different",
            "Unwanted",
            "Refused",
            "Contested",
            "ServerTrouble",
            "SubnetsContradicted",
            "Fault",
            "loses",
            "unplaced",
            "missing",
            "NotReady",
            "Unreachable",
            "Wrong",
            "Superfluous",
            "Duplicate",
            "OnWrongRouter",
            "Shadowing",
            "Unreadable");

    private final boolean colours;
    private final StringBuilder text = new StringBuilder();

    TextTable(boolean colours) {
        this.colours = colours;
    }

    String text() {
        return text.toString();
    }

    void line(String indent, String line) {
        text.append((indent + line).stripTrailing()).append('\n');
    }

    /** What everybody has to know of an answer before the answer. */
    void leader(JsonNode answer) {
        if (!answer.path("leader").asBoolean(true)) {
            line("", "this controller stands by, another one leads: it says what it would decide");
        }
    }

    String bold(String word) {
        return coloured(BOLD, word);
    }

    /** The last column takes what is left; the first is coloured by what it says. */
    void columns(String indent, List<List<String>> rows) {
        if (rows.isEmpty()) {
            return;
        }
        var widths = new int[rows.getFirst().size()];
        rows.forEach(row -> {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        });
        for (var row : rows) {
            var cells = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                boolean last = i == widths.length - 1;
                var cell = row.get(i);
                cells.append(i == 0 ? coloured(colourOf(cell), cell) : cell);
                cells.append(last ? "" : " ".repeat(widths[i] - cell.length() + 2));
            }
            line(indent, cells.toString());
        }
    }

    private static String colourOf(String word) {
        if (GOOD.contains(word)) {
            return GREEN;
        }
        if (WRONG.contains(word)) {
            return RED;
        }
        return ON_ITS_WAY.contains(word) ? YELLOW : "";
    }

    private String coloured(String colour, String word) {
        return colours && !colour.isEmpty() ? colour + word + PLAIN : word;
    }
}
