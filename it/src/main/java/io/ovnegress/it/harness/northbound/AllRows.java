package io.ovnegress.it.harness.northbound;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ovnegress.it.harness.process.DatabaseServer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Every row of every table of a northbound database at one moment, each as a text with its UUID; without the columns in which OVN says
 * how far it is. Immutable.
 */
public record AllRows(SortedSet<String> rows) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** ovn-nb(5): written by ovn-northd and ovsdb-server while nobody changes what is wanted. */
    private static final Map<String, Set<String>> NEWS = Map.of(
            "NB_Global",
            Set.of("nb_cfg", "nb_cfg_timestamp", "sb_cfg", "sb_cfg_timestamp", "hv_cfg", "hv_cfg_timestamp"),
            "Connection",
            Set.of("status", "is_connected"),
            "Logical_Switch_Port",
            Set.of("up"),
            "Logical_Router_Port",
            Set.of("status"));

    public AllRows {
        rows = Collections.unmodifiableSortedSet(new TreeSet<>(rows));
    }

    public static AllRows of(DatabaseServer server) {
        var columns = parse(server.client("get-schema", server.database())).get("tables");
        var request = JSON.createArrayNode().add(server.database());
        var tables = new ArrayList<String>();
        for (var table : columns.properties()) {
            tables.add(table.getKey());
            var select = request.addObject().put("op", "select").put("table", table.getKey());
            select.putArray("where");
            var asked = select.putArray("columns").add("_uuid");
            table.getValue().get("columns").fieldNames().forEachRemaining(column -> {
                if (!NEWS.getOrDefault(table.getKey(), Set.of()).contains(column)) {
                    asked.add(column);
                }
            });
        }
        var reply = parse(server.client("transact", request.toString()));
        var rows = new TreeSet<String>();
        for (int i = 0; i < tables.size(); i++) {
            for (var row : reply.get(i).get("rows")) {
                rows.add(tables.get(i) + " " + ordered(row));
            }
        }
        return new AllRows(rows);
    }

    /** The same text for the same row: a server gives the columns of a row in any order. */
    private static String ordered(JsonNode row) {
        var cells = new TreeSet<String>();
        row.properties().forEach(cell -> cells.add(cell.getKey() + "=" + cell.getValue()));
        return cells.toString();
    }

    private static JsonNode parse(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("not JSON: " + text, e);
        }
    }

    /** What is in one of the two only: {@code + } what has come since, {@code - } what has gone. */
    public List<String> differenceTo(AllRows later) {
        var difference = new ArrayList<String>();
        rows.stream().filter(row -> !later.rows().contains(row)).forEach(row -> difference.add("- " + row));
        later.rows().stream().filter(row -> !rows.contains(row)).forEach(row -> difference.add("+ " + row));
        return difference;
    }
}
