package io.ovnegress.ovsdb.replica;

import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.ovsdb.schema.ServerSchema;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The monitored part of the database in memory: the only "actual" state there is.
 *
 * <p>Rows are immutable and replaced as a whole; the element columns of the {@link MonitorSpec} are kept beside them. Not
 * thread safe: one thread applies and reads.
 */
public final class Replica {
    private final MonitorSpec spec;
    private final Map<Table, TableReplica> tables = new HashMap<>();

    public Replica(MonitorSpec spec) {
        this.spec = spec;
        for (var table : spec.tables().values()) {
            tables.put(table.table(), new TableReplica(table, spec));
        }
    }

    /**
     * Says what the server has from which the next complete update comes: a column that it lacks is unknown
     * ({@link Row#knows}). Until told, every monitored column is taken to be there.
     */
    public void serve(ServerSchema schema) {
        tables.values().forEach(table -> table.serve(schema));
    }

    /**
     * Applies the updates row by row, and tells the listener of each row after it changed; other rows of the same message
     * may not have changed yet. A complete update tells only what differs from before.
     *
     * @throws ReplicaFault if an update does not fit what is held; the rows before it are applied, the others are not
     */
    public void apply(TableUpdates updates, ReplicaListener listener) {
        if (updates.complete()) {
            resync(updates.rows(), listener);
        } else {
            for (var update : updates.rows()) {
                table(update.table()).apply(update, listener);
            }
        }
    }

    private void resync(List<RowUpdate> updates, ReplicaListener listener) {
        var byTable = new HashMap<Table, List<RowUpdate>>();
        for (var update : updates) {
            if (update.kind() == RowUpdate.Kind.MODIFY || update.kind() == RowUpdate.Kind.DELETE) {
                throw new ReplicaFault(
                        update.kind() + " of " + update.table() + " " + update.id() + " in a complete update");
            }
            byTable.computeIfAbsent(update.table(), table -> new ArrayList<>()).add(update);
        }
        for (var table : spec.tables().keySet()) {
            table(table).resync(byTable.getOrDefault(table, List.of()), listener);
        }
    }

    public Optional<Row> row(Table table, UUID id) {
        return table(table).row(id);
    }

    /** A live view in no particular order: an iterator tells no row twice, and of rows that come or go meanwhile some or none. */
    public Collection<Row> rows(Table table) {
        return table(table).rows();
    }

    /** The elements of an element column of a row; empty if there is no such row. A live view, likewise. */
    @SuppressWarnings("unchecked") // the decoder gives a column's set elements of the column's type
    public <E> Set<E> elements(Column<Set<E>> column, UUID row) {
        return (Set<E>) table(column.table()).elements(column, row);
    }

    /** All of it as it is now. */
    public ReplicaCopy copy() {
        return ReplicaCopy.of(
                tables.values(),
                tables.values().stream().mapToInt(table -> table.rows().size()).sum());
    }

    public MonitorSpec spec() {
        return spec;
    }

    /** @throws IllegalArgumentException if the table is not monitored: asking for its rows is a mistake, not an empty table */
    private TableReplica table(Table table) {
        var replica = tables.get(table);
        if (replica == null) {
            throw new IllegalArgumentException(table + " is not monitored");
        }
        return replica;
    }
}
