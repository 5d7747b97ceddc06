package io.ovnegress.ovsdb.row;

import java.util.List;
import java.util.Objects;
import java.util.UUID;

/**
 * One row as the replica knows it: its UUID and a cell for each monitored column of its table. Immutable; sets and maps
 * in the cells are immutable too. A column that is not monitored (or that the server lacks, or whose elements the replica
 * keeps beside the row) reads as its default.
 */
public final class Row {
    private final Table table;
    private final UUID id;
    private final Object[] cells;

    /**
     * @param cells one per column of the table in the order of {@link Column#index()}, null where the column is not known;
     *     owned by the row from now on
     */
    public Row(Table table, UUID id, Object[] cells) {
        this.table = table;
        this.id = id;
        this.cells = cells;
    }

    /** A row with the given cells, every other column unknown. */
    public static Row of(UUID id, Table table, List<Cell<?>> cells) {
        var values = new Object[table.columns().size()];
        for (var cell : cells) {
            values[cell.column().index()] = cell.value();
        }
        return new Row(table, id, values);
    }

    public Table table() {
        return table;
    }

    public UUID id() {
        return id;
    }

    @SuppressWarnings("unchecked")
    public <T> T get(Column<T> column) {
        var value = cells[column.index()];
        return value == null ? column.defaultValue() : (T) value;
    }

    /** Whether the value of the column is known: it is monitored and the server has it. */
    public boolean knows(Column<?> column) {
        return cells[column.index()] != null;
    }

    /** A copy of the cells, for whoever computes the next state of the row. */
    public Object[] copyOfCells() {
        return cells.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Row row
                && row.table == table
                && row.id.equals(id)
                && java.util.Arrays.equals(cells, row.cells);
    }

    @Override
    public int hashCode() {
        return Objects.hash(table.name(), id);
    }

    @Override
    public String toString() {
        var text = new StringBuilder(table.name()).append(' ').append(id);
        for (var column : table.columns()) {
            if (knows(column)) {
                text.append(' ').append(column.name()).append('=').append(get(column));
            }
        }
        return text.toString();
    }
}
