package io.ovnegress.reconciler.northbound;

import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Reference;
import java.util.Set;
import java.util.UUID;

/** A place that a row hangs on: it is an element of this reference column of the parent row. A strong one keeps it alive. */
public record Attachment(Column<Set<UUID>> column, UUID parent) {
    /** @throws IllegalArgumentException if the column holds no references */
    public Attachment {
        if (column.reference().isEmpty()) {
            throw new IllegalArgumentException(column + " refers to no table: nothing can hang on it");
        }
    }

    /** Whether a transaction fails that attaches a row that is not there. */
    boolean isStrong() {
        return column.reference().filter(Reference::isStrong).isPresent();
    }
}
