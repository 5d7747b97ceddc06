package io.ovnegress.ovsdb.schema;

import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Table;

/** What the connected server's database can hold, read from its schema (RFC 7047 section 4.1.2), never from its version. */
public interface ServerSchema {
    boolean has(Table table);

    boolean has(Column<?> column);

    /** Whether the column's key (of a map or set) or value (of a scalar) may be this text: it has no enum, or lists it. */
    boolean accepts(Column<?> column, String text);
}
