package io.ovnegress.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** An explanation for people: the answer first, then what it follows from. */
final class ExplanationTable {
    private final TextTable table;

    private ExplanationTable(TextTable table) {
        this.table = table;
    }

    static void of(JsonNode answer, TextTable table) {
        new ExplanationTable(table).explanation(answer, "");
    }

    private void explanation(JsonNode explanation, String indent) {
        table.line(
                indent,
                table.bold(word(explanation, "kind") + " " + word(explanation, "name")) + " "
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
        table.columns(indent, cells);
    }

    private void reasons(String indent, JsonNode reasons) {
        if (!reasons.isEmpty()) {
            table.line(indent, "because");
            var cells = new ArrayList<List<String>>();
            reasons.forEach(reason -> cells.add(List.of(word(reason, "code"), word(reason, "message"))));
            table.columns(indent + "  ", cells);
        }
    }

    private void rows(String indent, JsonNode rows) {
        if (rows.isEmpty()) {
            return;
        }
        table.line(indent, "rows");
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
            if (row.has("since")) {
                var since = row.path("since");
                cells.add(List.of(
                        "",
                        "",
                        "",
                        "since "
                                + (since.has("time")
                                        ? word(since, "time") + ", transaction " + word(since, "transaction") + ": "
                                        : "")
                                + word(since, "message")));
            }
            cells.add(List.of("", "", "", word(row, "command")));
        });
        table.columns(indent + "  ", cells);
    }

    private static String word(JsonNode json, String name) {
        return json.path(name).asText();
    }
}
