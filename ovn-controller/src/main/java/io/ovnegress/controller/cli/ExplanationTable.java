package io.ovnegress.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** An explanation for people: the answer first, then what it follows from. */
final class ExplanationTable {
    private static final String BOLD = "\u001b[1m";
    private static final String GREEN = "\u001b[32m";
    private static final String YELLOW = "\u001b[33m";
    private static final String RED = "\u001b[31m";
    private static final String PLAIN = "\u001b[0m";

    private static final Set<String> GOOD = Set.of("Present", "Programmed");
    private static final Set<String> ON_ITS_WAY = Set.of("Later", "Kept", "Pending", "BeingWritten", "InStep");
    private static final Set<String> WRONG = Set.of(
            "Missing",
            "Different",
            "Unwanted",
            "Refused",
            "Contested",
            "ServerTrouble",
            "SubnetsContradicted",
            "Fault");

    private final boolean colours;
    private final StringBuilder text = new StringBuilder();

    ExplanationTable(boolean colours) {
        this.colours = colours;
    }

    String of(JsonNode answer) {
        if (!answer.path("leader").asBoolean(true)) {
            line("", "this controller stands by, another one leads: it says what it would decide");
        }
        explanation(answer, "");
        return text.toString();
    }

    private void explanation(JsonNode explanation, String indent) {
        line(
                indent,
                coloured(BOLD, word(explanation, "kind") + " " + word(explanation, "name")) + " "
                        + word(explanation, "answer"));
        var inner = indent + "  ";
        pairs(inner, explanation.path("facts"));
        reasons(inner, explanation.path("reasons"));
        rows(inner, explanation.path("rows"));
        explanation.path("parts").forEach(part -> explanation(part, inner));
    }

    private void pairs(String indent, JsonNode facts) {
        var cells = new ArrayList<List<String>>();
        facts.properties()
                .forEach(
                        fact -> cells.add(List.of(fact.getKey(), fact.getValue().asText())));
        columns(indent, cells);
    }

    private void reasons(String indent, JsonNode reasons) {
        if (!reasons.isEmpty()) {
            line(indent, "because");
            var cells = new ArrayList<List<String>>();
            reasons.forEach(reason -> cells.add(List.of(word(reason, "code"), word(reason, "message"))));
            columns(indent + "  ", cells);
        }
    }

    private void rows(String indent, JsonNode rows) {
        if (rows.isEmpty()) {
            return;
        }
        line(indent, "rows");
        var cells = new ArrayList<List<String>>();
        rows.forEach(row -> {
            var columns = new ArrayList<String>();
            row.path("columns")
                    .properties()
                    .forEach(cell ->
                            columns.add(cell.getKey() + ": " + cell.getValue().asText()));
            var places = new ArrayList<String>();
            row.path("places").forEach(place -> places.add(place.asText()));
            cells.add(List.of(
                    word(row, "state"), word(row, "table"), String.join(", ", places), String.join("; ", columns)));
            row.path("differences").forEach(difference -> cells.add(List.of("", "", "", "but " + difference.asText())));
            cells.add(List.of("", "", "", word(row, "command")));
        });
        columns(indent + "  ", cells);
    }

    /** The last column takes what is left. */
    private void columns(String indent, List<List<String>> rows) {
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

    private void line(String indent, String line) {
        text.append((indent + line).stripTrailing()).append('\n');
    }

    private static String word(JsonNode json, String name) {
        return json.path(name).asText();
    }
}
