package io.ovnegress.ovsdb.replica;

import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import java.util.Collection;
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

    public Replica(MonitorSpec spec) {
        this.spec = spec;
    }

    public void apply(TableUpdates updates, ReplicaListener listener) {
        throw new UnsupportedOperationException();
    }

    public Optional<Row> row(Table table, UUID id) {
        throw new UnsupportedOperationException();
    }

    public Collection<Row> rows(Table table) {
        throw new UnsupportedOperationException();
    }

    /** The elements of an element column of a row; empty if there is no such row. A live view: do not keep it. */
    public <E> Set<E> elements(Column<Set<E>> column, UUID row) {
        throw new UnsupportedOperationException();
    }

    public MonitorSpec spec() {
        return spec;
    }
}
