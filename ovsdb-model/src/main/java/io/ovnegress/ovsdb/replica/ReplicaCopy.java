package io.ovnegress.ovsdb.replica;

import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * What a {@link Replica} held at one moment. Making it costs no more than going through it; rows are shared, since they are
 * immutable.
 *
 * @param elements by column and row, each array no longer changed
 */
public record ReplicaCopy(List<Row> rows, Map<Column<?>, Map<UUID, Object[]>> elements) {

    /** The complete update after which another replica holds the same. */
    public TableUpdates updates() {
        var updates = new ArrayList<RowUpdate>(rows.size());
        for (var row : rows) {
            var cells = row.copyOfCells();
            elements.forEach((column, byRow) -> {
                var those = column.table() == row.table() ? byRow.get(row.id()) : null;
                if (those != null) {
                    cells[column.index()] = Set.of(those);
                }
            });
            updates.add(new RowUpdate(row.table(), row.id(), RowUpdate.Kind.INITIAL, cells));
        }
        return new TableUpdates(true, TableUpdates.NO_TRANSACTION, updates);
    }

    static ReplicaCopy of(Iterable<TableReplica> tables, int size) {
        var rows = new ArrayList<Row>(size);
        var elements = new HashMap<Column<?>, Map<UUID, Object[]>>();
        tables.forEach(table -> table.copyTo(rows, elements));
        return new ReplicaCopy(rows, elements);
    }
}
