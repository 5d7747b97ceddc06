package io.ovnegress.reconciler.northbound;

import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** One step from the rows there are to the rows there should be. */
public sealed interface RowChange {
    /** A row is missing. */
    record Insert(DesiredRow row) implements RowChange {}

    /** Cells of a row are wrong. */
    record Update(Row row, List<Cell<?>> cells) implements RowChange {}

    /** A row must be an element of this column; also said of rows that are one already, to fail if they no longer exist. */
    record Attach(Attachment attachment, UUID child) implements RowChange {}

    /** Nothing changes there, but it makes no sense without this parent: to fail if it no longer exists. */
    record Rely(Attachment attachment) implements RowChange {}

    /** Nothing more changes in it, but it must be there: said of a kept row that no strong reference is asked for. */
    record Insist(Row row) implements RowChange {}

    /** A row must not be an element of this column; one that nobody refers to any more is gone. */
    record Detach(Attachment attachment, UUID child) implements RowChange {}

    /** A row of a root table must go. */
    record Delete(Row row) implements RowChange {}

    /**
     * Members of a set column must come or go: texts, or UUIDs of rows that are somebody else's. One that is gone by then is not
     * missed, it goes from a weak reference by itself.
     */
    record Members<E>(Column<Set<E>> column, UUID row, Set<E> add, Set<E> remove) implements RowChange {}
}
