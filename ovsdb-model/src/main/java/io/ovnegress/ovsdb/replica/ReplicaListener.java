package io.ovnegress.ovsdb.replica;

import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Is told what changed in a {@link Replica}, after it changed, on the thread that applies the updates. */
public interface ReplicaListener {
    /** A row appeared (no before), changed, or went away (no after). Never both empty, never equal. */
    void rowChanged(Optional<Row> before, Optional<Row> after);

    /**
     * Elements of an element column of the {@link MonitorSpec} were added or removed; also told for the elements of a row
     * that appeared or went away.
     */
    void elementAdded(Column<? extends Set<?>> column, UUID row, Object element);

    void elementRemoved(Column<? extends Set<?>> column, UUID row, Object element);
}
