package io.ovnegress.reconciler;

import io.ovnegress.ovsdb.nb.OvnNorthbound;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.Operation.Where;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.replica.RowUpdate;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.ovsdb.schema.ServerSchema;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/** The difference between two contents of the fake database, as somebody would be told of it, or would make it. */
final class FakeChanges {
    private FakeChanges() {}

    /** The operations of one transaction that make one content of the other. */
    static List<Operation> operations(
            ServerSchema schema, Map<Table, Map<UUID, Object[]>> before, Map<Table, Map<UUID, Object[]>> after) {
        var operations = new ArrayList<Operation>();
        for (var table : OvnNorthbound.TABLES) {
            var old = before.get(table);
            var current = after.get(table);
            old.forEach((id, cells) -> {
                if (!current.containsKey(id) && table.isRoot()) {
                    operations.add(new Operation.Delete(table, new Where.Id(id)));
                }
            });
            current.forEach((id, cells) -> {
                var was = old.get(id);
                var changed = new ArrayList<Cell<?>>();
                for (var column : table.columns()) {
                    var value = was == null ? column.defaultValue() : was[column.index()];
                    if (schema.has(column) && !cells[column.index()].equals(value)) {
                        changed.add(cell(column, cells[column.index()]));
                    }
                }
                if (was == null) {
                    operations.add(new Operation.Insert(table, id, changed));
                } else if (!changed.isEmpty()) {
                    operations.add(new Operation.Update(table, new Where.Id(id), changed));
                }
            });
        }
        return operations;
    }

    @SuppressWarnings("unchecked") // what is in a column's place is a value of the column
    private static <T> Cell<T> cell(Column<T> column, Object value) {
        return Cell.of(column, (T) value);
    }

    /** What a monitor tells at first. */
    static TableUpdates everything(MonitorSpec monitored, Map<Table, Map<UUID, Object[]>> tables) {
        var rows = new ArrayList<RowUpdate>();
        for (var table : OvnNorthbound.TABLES) {
            told(monitored, tables, table)
                    .forEach((id, cells) -> rows.add(new RowUpdate(table, id, RowUpdate.Kind.INITIAL, cells.clone())));
        }
        return new TableUpdates(true, TableUpdates.NO_TRANSACTION, rows);
    }

    /** The rows that are monitored: one of the conditions holds, if there are any. */
    private static Map<UUID, Object[]> told(
            MonitorSpec monitored, Map<Table, Map<UUID, Object[]>> tables, Table table) {
        var spec = monitored.tables().get(table);
        var rows = new TreeMap<UUID, Object[]>();
        if (spec != null) {
            tables.get(table).forEach((id, cells) -> {
                if (spec.conditions().isEmpty()
                        || spec.conditions().stream().anyMatch(condition -> FakeNorthbound.holds(cells, condition))) {
                    rows.put(id, cells);
                }
            });
        }
        return rows;
    }

    /** What a monitor tells of a change. */
    static TableUpdates updates(
            MonitorSpec monitored, Map<Table, Map<UUID, Object[]>> before, Map<Table, Map<UUID, Object[]>> after) {
        var updates = new ArrayList<RowUpdate>();
        for (var table : OvnNorthbound.TABLES) {
            var old = told(monitored, before, table);
            var current = told(monitored, after, table);
            old.forEach((id, cells) -> {
                if (!current.containsKey(id)) {
                    updates.add(new RowUpdate(table, id, RowUpdate.Kind.DELETE, new Object[cells.length]));
                }
            });
            current.forEach((id, cells) -> {
                if (!old.containsKey(id)) {
                    updates.add(new RowUpdate(table, id, RowUpdate.Kind.INSERT, cells.clone()));
                } else if (!Arrays.equals(old.get(id), cells)) {
                    updates.add(new RowUpdate(table, id, RowUpdate.Kind.MODIFY, difference(table, old.get(id), cells)));
                }
            });
        }
        return new TableUpdates(false, TableUpdates.NO_TRANSACTION, updates);
    }

    private static Object[] difference(Table table, Object[] before, Object[] after) {
        var difference = new Object[after.length];
        for (var column : table.columns()) {
            var old = before[column.index()];
            var current = after[column.index()];
            if (!old.equals(current)) {
                difference[column.index()] = column.max() == 1 ? current : toggles(column, old, current);
            }
        }
        return difference;
    }

    private static Object toggles(Column<?> column, Object old, Object current) {
        if (column.isMap()) {
            var toggles = new HashMap<Object, Object>();
            ((Map<?, ?>) current).forEach((key, value) -> {
                if (!value.equals(((Map<?, ?>) old).get(key))) {
                    toggles.put(key, value);
                }
            });
            ((Map<?, ?>) old).forEach((key, value) -> {
                if (!((Map<?, ?>) current).containsKey(key)) {
                    toggles.put(key, value);
                }
            });
            return Map.copyOf(toggles);
        }
        var toggles = new HashSet<Object>((Set<?>) old);
        for (var element : (Set<?>) current) {
            if (!toggles.remove(element)) {
                toggles.add(element);
            }
        }
        return Set.copyOf(toggles);
    }
}
