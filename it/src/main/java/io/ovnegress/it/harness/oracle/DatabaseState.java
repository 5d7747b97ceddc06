package io.ovnegress.it.harness.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The rows of a database while its log is replayed. A column's value is a list of atoms, for maps a list of pairs; a column that
 * was never written has the empty list. Not thread safe.
 */
public final class DatabaseState {
    private final JsonNode schema;
    private final Map<String, Map<String, Row>> tables = new HashMap<>();

    DatabaseState(JsonNode schema) {
        this.schema = schema;
    }

    /** One row; texts are the atoms' texts, references the referred rows' UUIDs. */
    public static final class Row {
        private final String uuid;
        private final Map<String, List<JsonNode>> columns = new LinkedHashMap<>();

        private Row(String uuid) {
            this.uuid = uuid;
        }

        public String uuid() {
            return uuid;
        }

        /** The first atom as text, or the empty text. */
        public String text(String column) {
            var atoms = atoms(column);
            return atoms.isEmpty() ? "" : atoms.get(0).asText();
        }

        public long number(String column) {
            var atoms = atoms(column);
            return atoms.isEmpty() ? 0 : atoms.get(0).asLong();
        }

        public List<String> texts(String column) {
            return atoms(column).stream().map(JsonNode::asText).toList();
        }

        public List<String> references(String column) {
            return atoms(column).stream().map(atom -> atom.get(1).asText()).toList();
        }

        /** All columns that were ever written; a map's atoms are pairs, a reference's a pair of "uuid" and the UUID. */
        public Map<String, List<JsonNode>> columns() {
            return Collections.unmodifiableMap(columns);
        }

        private List<JsonNode> atoms(String column) {
            return columns.getOrDefault(column, List.of());
        }
    }

    public Collection<Row> rows(String table) {
        return tables.getOrDefault(table, Map.of()).values();
    }

    public Set<String> tables() {
        return Collections.unmodifiableSet(tables.keySet());
    }

    /** The row of a reference; the log never refers to a row that does not exist. */
    public Row row(String table, String uuid) {
        return tables.getOrDefault(table, Map.of()).get(uuid);
    }

    void apply(JsonNode transaction) {
        boolean difference = transaction.path("_is_diff").asBoolean(false);
        for (var table : transaction.properties()) {
            if (table.getKey().startsWith("_")) {
                continue;
            }
            var rows = tables.computeIfAbsent(table.getKey(), name -> new LinkedHashMap<>());
            for (var change : table.getValue().properties()) {
                if (change.getValue().isNull()) {
                    rows.remove(change.getKey());
                } else {
                    var row = rows.computeIfAbsent(change.getKey(), Row::new);
                    update(table.getKey(), row, change.getValue(), difference);
                }
            }
        }
    }

    private void update(String table, Row row, JsonNode values, boolean difference) {
        for (var value : values.properties()) {
            var column = value.getKey();
            var type = schema.path("tables")
                    .path(table)
                    .path("columns")
                    .path(column)
                    .path("type");
            var atoms = atoms(value.getValue());
            if (difference && isComposite(type)) {
                atoms = type.has("value") ? mapPlus(row.atoms(column), atoms) : setPlus(row.atoms(column), atoms);
            }
            row.columns.put(column, atoms);
        }
    }

    /** Differences are written for columns of more than one element only; others hold the new value. */
    private static boolean isComposite(JsonNode type) {
        var max = type.path("max");
        return max.asText().equals("unlimited") || max.asInt(1) > 1;
    }

    /** An element of the difference goes if it was there and comes if it was not. */
    private static List<JsonNode> setPlus(List<JsonNode> old, List<JsonNode> difference) {
        Set<JsonNode> result = new LinkedHashSet<>(old);
        for (var atom : difference) {
            if (!result.remove(atom)) {
                result.add(atom);
            }
        }
        return List.copyOf(result);
    }

    /** A pair of the difference goes if it was there as it is; otherwise it sets the key's value. */
    private static List<JsonNode> mapPlus(List<JsonNode> old, List<JsonNode> difference) {
        var result = new LinkedHashMap<JsonNode, JsonNode>();
        old.forEach(pair -> result.put(pair.get(0), pair));
        for (var pair : difference) {
            if (!result.remove(pair.get(0), pair)) {
                result.put(pair.get(0), pair);
            }
        }
        return List.copyOf(result.values());
    }

    private static List<JsonNode> atoms(JsonNode value) {
        boolean tagged = value.isArray() && value.size() == 2 && value.get(1).isArray();
        if (!tagged) {
            return List.of(value);
        }
        var atoms = new ArrayList<JsonNode>();
        value.get(1).forEach(atoms::add);
        return List.copyOf(atoms);
    }
}
