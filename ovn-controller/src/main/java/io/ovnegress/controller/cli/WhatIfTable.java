package io.ovnegress.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** What would become of addresses, for people. */
final class WhatIfTable {
    private WhatIfTable() {}

    static void of(JsonNode answer, TextTable table) {
        table.line("", answer.path("answer").asText());
        if (answer.has("lose")) {
            changes(answer, table);
        }
        var losses = new ArrayList<List<String>>();
        answer.path("losses").forEach(loss -> {
            boolean bad = !loss.path("unplaced").isEmpty();
            losses.add(List.of(bad ? "unplaced" : "ready", loss.path("answer").asText()));
        });
        table.columns("  ", losses);
    }

    private static void changes(JsonNode loss, TextTable table) {
        var cells = new ArrayList<List<String>>();
        loss.path("moved").forEach(change -> cells.add(row("moves", change)));
        loss.path("unplaced").forEach(change -> cells.add(row("unplaced", change)));
        table.columns("  ", cells);
    }

    static List<String> row(String word, JsonNode change) {
        var to = change.path("to").asText("no node");
        return List.of(
                word,
                change.path("address").asText(),
                change.path("object").asText(),
                change.path("from").asText("no node") + " -> " + to,
                change.path("pods").asInt() + " pods",
                change.path("reason").path("message").asText());
    }
}
