package io.ovnegress.ovsdb.replica;

import io.ovnegress.ovsdb.replica.MonitorSpec.TableSpec;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.ovsdb.schema.ServerSchema;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** The rows of one table of a {@link Replica}. */
final class TableReplica {
    private final TableSpec spec;
    private final Table table;
    /** One thread changes and reads it, and goes on through it after changes: a copy to go through would cost as much as there is. */
    private final Map<UUID, Row> rows = new ConcurrentHashMap<>();

    private final List<ElementColumn> elementColumns = new ArrayList<>();
    /** Of a row of which the server says nothing but that it exists; null where it would say nothing in any case. */
    private Object[] defaults;

    TableReplica(TableSpec spec, MonitorSpec monitored) {
        this.spec = spec;
        this.table = spec.table();
        for (var column : spec.columns()) {
            if (monitored.isElementColumn(column)) {
                elementColumns.add(new ElementColumn(column));
            }
        }
        this.defaults = defaults(spec.columns());
    }

    void serve(ServerSchema schema) {
        defaults = defaults(spec.columns().stream().filter(schema::has).toList());
    }

    private Object[] defaults(List<Column<?>> served) {
        var cells = new Object[table.columns().size()];
        for (var column : served) {
            cells[column.index()] = column.defaultValue();
        }
        return cells;
    }

    Optional<Row> row(UUID id) {
        return Optional.ofNullable(rows.get(id));
    }

    Collection<Row> rows() {
        return Collections.unmodifiableCollection(rows.values());
    }

    void copyTo(List<Row> allRows, Map<Column<?>, Map<UUID, Object[]>> elements) {
        allRows.addAll(rows.values());
        elementColumns.forEach(column -> elements.put(column.column(), column.copy()));
    }

    Set<Object> elements(Column<?> column, UUID row) {
        for (var elementColumn : elementColumns) {
            if (elementColumn.column() == column) {
                return elementColumn.of(row);
            }
        }
        throw new IllegalArgumentException(column + " is not an element column");
    }

    void apply(RowUpdate update, ReplicaListener listener) {
        switch (update.kind()) {
            case INITIAL, INSERT -> {
                if (rows.containsKey(update.id())) {
                    throw new ReplicaFault("insert of " + table + " " + update.id() + ", which is there already");
                }
                replace(update, listener);
            }
            case MODIFY -> modify(update, known(update), listener);
            case DELETE -> delete(known(update), listener);
        }
    }

    /** Makes the table hold exactly these rows. */
    void resync(List<RowUpdate> updates, ReplicaListener listener) {
        var gone = new HashSet<>(rows.keySet());
        for (var update : updates) {
            gone.remove(update.id());
            replace(update, listener);
        }
        for (var id : gone) {
            delete(rows.get(id), listener);
        }
    }

    private Row known(RowUpdate update) {
        var row = rows.get(update.id());
        if (row == null) {
            throw new ReplicaFault(update.kind() + " of " + table + " " + update.id() + ", which is not there");
        }
        return row;
    }

    /** The row becomes what a complete update says, whether it was there or not. */
    private void replace(RowUpdate update, ReplicaListener listener) {
        var cells = update.cells().clone();
        for (int i = 0; i < cells.length; i++) {
            if (cells[i] == null) {
                cells[i] = defaults[i];
            }
        }
        var row = new Row(table, update.id(), withoutElements(cells));
        put(row, listener);
        for (var elementColumn : elementColumns) {
            elementColumn.replace(row.id(), elements(cells, elementColumn).orElse(Set.of()), listener);
        }
    }

    private void modify(RowUpdate update, Row before, ReplicaListener listener) {
        var cells = before.copyOfCells();
        for (var column : spec.columns()) {
            var difference = update.cells()[column.index()];
            if (difference != null && !isElementColumn(column)) {
                cells[column.index()] = Difference.apply(column, before.get(column), difference);
            }
        }
        put(new Row(table, update.id(), cells), listener);
        for (var elementColumn : elementColumns) {
            elements(update.cells(), elementColumn)
                    .ifPresent(difference -> elementColumn.toggle(update.id(), difference, listener));
        }
    }

    private void put(Row after, ReplicaListener listener) {
        var before = row(after.id());
        if (!before.equals(Optional.of(after))) {
            rows.put(after.id(), after);
            listener.rowChanged(before, Optional.of(after));
        }
    }

    private void delete(Row row, ReplicaListener listener) {
        rows.remove(row.id());
        for (var elementColumn : elementColumns) {
            elementColumn.remove(row.id(), listener);
        }
        listener.rowChanged(Optional.of(row), Optional.empty());
    }

    private boolean isElementColumn(Column<?> column) {
        return elementColumns.stream().anyMatch(elementColumn -> elementColumn.column() == column);
    }

    private static Optional<Set<?>> elements(Object[] cells, ElementColumn elementColumn) {
        return Optional.ofNullable((Set<?>) cells[elementColumn.column().index()]);
    }

    private Object[] withoutElements(Object[] cells) {
        if (elementColumns.isEmpty()) {
            return cells;
        }
        var others = cells.clone();
        for (var elementColumn : elementColumns) {
            others[elementColumn.column().index()] = null;
        }
        return others;
    }
}
