package io.ovnegress.ovsdb.replica;

import io.ovnegress.ovsdb.operation.Operation.Condition;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.ovsdb.schema.ServerSchema;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which tables, columns and rows are monitored, and which set columns are <em>element columns</em>: large sets that are kept
 * beside the row, element by element, so that a change costs what changed and not the size of the set. A server may lack the
 * <em>optional</em> columns. Immutable.
 */
public final class MonitorSpec {
    private final Map<Table, TableSpec> tables;
    private final Set<Column<?>> elementColumns;
    private final Set<Column<?>> optionalColumns;

    private MonitorSpec(Map<Table, TableSpec> tables, Set<Column<?>> elementColumns, Set<Column<?>> optionalColumns) {
        this.tables = Collections.unmodifiableMap(new LinkedHashMap<>(tables));
        this.elementColumns = Set.copyOf(elementColumns);
        this.optionalColumns = Set.copyOf(optionalColumns);
    }

    /**
     * @param conditions the rows wanted: those for which one of the conditions holds; none means all rows
     */
    public record TableSpec(Table table, List<Column<?>> columns, List<Condition> conditions) {
        public TableSpec {
            columns = List.copyOf(columns);
            conditions = List.copyOf(conditions);
        }
    }

    /** In the order in which they were asked for, in which they are read and told as well. */
    public Map<Table, TableSpec> tables() {
        return tables;
    }

    public boolean isElementColumn(Column<?> column) {
        return elementColumns.contains(column);
    }

    /** What is monitored and is no use without: tables and columns that the schema lacks, by name and in order. */
    public List<String> lackingIn(ServerSchema schema) {
        var lacking = new TreeSet<String>();
        for (var spec : tables.values()) {
            if (!schema.has(spec.table())) {
                lacking.add(spec.table().name());
                continue;
            }
            for (var column : spec.columns()) {
                if (!optionalColumns.contains(column) && !schema.has(column)) {
                    lacking.add(spec.table().name() + "." + column.name());
                }
            }
        }
        return List.copyOf(lacking);
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Collects a {@link MonitorSpec}. */
    public static final class Builder {
        private final Map<Table, TableSpec> tables = new LinkedHashMap<>();
        private final Set<Column<?>> elementColumns = new HashSet<>();
        private final Set<Column<?>> optionalColumns = new HashSet<>();

        public Builder table(Table table, List<Column<?>> columns) {
            return table(table, columns, List.of());
        }

        /**
         * Asks for a table. What was asked of it before is asked as well: columns and conditions are united, and whoever has no
         * condition wants all rows.
         */
        public Builder table(Table table, List<Column<?>> columns, List<Condition> anyOf) {
            var before = tables.get(table);
            if (before == null) {
                tables.put(table, new TableSpec(table, new ArrayList<>(columns), anyOf));
                return this;
            }
            var all = new LinkedHashSet<>(before.columns());
            all.addAll(columns);
            var conditions = new LinkedHashSet<Condition>();
            if (!before.conditions().isEmpty() && !anyOf.isEmpty()) {
                conditions.addAll(before.conditions());
                conditions.addAll(anyOf);
            }
            tables.put(table, new TableSpec(table, new ArrayList<>(all), List.copyOf(conditions)));
            return this;
        }

        /**
         * Marks a monitored set column as an element column.
         *
         * @throws IllegalArgumentException if the column cannot hold more than one element
         */
        public Builder elementsOf(Column<? extends Set<?>> column) {
            if (!column.isSet() || column.max() == 1) {
                throw new IllegalArgumentException(column + " never holds more than one element");
            }
            elementColumns.add(column);
            return this;
        }

        /** Marks columns that a server may lack. */
        public Builder optional(Column<?>... columns) {
            optionalColumns.addAll(List.of(columns));
            return this;
        }

        /** @throws IllegalStateException if an element column is not monitored */
        public MonitorSpec build() {
            for (var column : elementColumns) {
                var table = tables.get(column.table());
                if (table == null || !table.columns().contains(column)) {
                    throw new IllegalStateException(column + " is an element column but not monitored");
                }
            }
            return new MonitorSpec(tables, elementColumns, optionalColumns);
        }
    }
}
