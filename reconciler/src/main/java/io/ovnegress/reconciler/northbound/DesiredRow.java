package io.ovnegress.reconciler.northbound;

import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Table;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * A row as it should be. Columns not named here are not ours to compare or to change.
 *
 * @param name what it is among our rows; its UUID, if it has to be inserted, follows from it; an adopted row keeps its own
 * @param attachment empty for a row of a root table
 * @param identity the cell by which a row of another writer is recognised as this one
 * @param cells what the row holds, {@code external_ids} apart
 * @param ownCells what the row holds besides if we have inserted it; an adopted row keeps what it has
 * @param empty columns that must hold their default
 * @param externalIds pairs that {@code external_ids} must hold; pairs of others stay, those by which ovn-kubernetes knows its own excepted
 */
public record DesiredRow(
        Table table,
        String name,
        Optional<Attachment> attachment,
        Cell<?> identity,
        List<Cell<?>> cells,
        List<Cell<?>> ownCells,
        List<Column<?>> empty,
        Column<Map<String, String>> externalIdsColumn,
        Map<String, String> externalIds) {

    /** A row that has nothing of its own where it is adopted. */
    public DesiredRow(
            Table table,
            String name,
            Optional<Attachment> attachment,
            Cell<?> identity,
            List<Cell<?>> cells,
            List<Column<?>> empty,
            Column<Map<String, String>> externalIdsColumn,
            Map<String, String> externalIds) {
        this(table, name, attachment, identity, cells, List.of(), empty, externalIdsColumn, externalIds);
    }

    /** The UUID of the row if we insert it. Costs a digest: not computed before it is needed. */
    public UUID id() {
        return RowIds.of(name);
    }
}
