package io.ovnegress.ovsdb.replica;

import io.ovnegress.ovsdb.row.Table;
import java.util.UUID;

/**
 * A {@code <row-update2>} (ovsdb-server(7), section 4.1.14): what happened to one row.
 *
 * @param cells one per column of the table, null where the update does not name the column; for {@link Kind#MODIFY} of a
 *     column with more than one possible element the difference (elements to toggle), else the new value
 */
@SuppressWarnings("ArrayRecordComponent") // one per row of a 50,000-pod load: never compared, never copied
public record RowUpdate(Table table, UUID id, Kind kind, Object[] cells) {
    public enum Kind {
        INITIAL,
        INSERT,
        MODIFY,
        DELETE
    }
}
