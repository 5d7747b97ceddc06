package io.ovnegress.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** What would change, for people. */
final class PlanTable {
    /** Of more pods only the first are named: all are in the JSON. */
    private static final int PODS = 20;

    private PlanTable() {}

    static void of(JsonNode plan, TextTable table) {
        var seconds = plan.path("expectedSeconds");
        boolean takesTime = plan.path("changes").asBoolean() && seconds.isNumber();
        table.line(
                "",
                plan.path("answer").asText()
                        + (takesTime ? ", about " + Math.max(0.1, seconds.asDouble()) + " s" : ""));
        if (plan.has("unfinished")) {
            table.line("", plan.path("unfinished").asText());
        }
        if (plan.has("writesNothing")) {
            table.line("", "but " + plan.path("writesNothing").asText());
        }
        int due = plan.at("/due/rows").asInt();
        if (due > 0) {
            table.line("", due + " more rows are to be written anyway");
        }
        var addresses = new ArrayList<List<String>>();
        plan.path("addresses").forEach(change -> addresses.add(WhatIfTable.row(word(change), change)));
        table.columns("  ", addresses);
        pods(plan.path("pods"), table);
        plan.path("operations").forEach(transaction -> {
            table.line("", "transaction");
            transaction.forEach(operation -> table.line("  ", operation.toString()));
        });
    }

    private static String word(JsonNode change) {
        if (!change.has("from")) {
            return "gains";
        }
        return change.has("to") ? "moves" : "loses";
    }

    private static void pods(JsonNode pods, TextTable table) {
        if (pods.isEmpty()) {
            return;
        }
        table.line("", "pods");
        var cells = new ArrayList<List<String>>();
        for (var pod : pods) {
            if (cells.size() < PODS) {
                cells.add(List.of(
                        pod.path("pod").asText(),
                        pod.path("address").asText(),
                        pod.at("/before/answer").asText("is not there") + " -> "
                                + pod.at("/after/answer").asText("is gone")));
            }
        }
        table.columns("  ", cells);
        if (pods.size() > PODS) {
            table.line("  ", "and " + (pods.size() - PODS) + " more pod addresses: -o json has all");
        }
    }
}
