package io.ovnegress.reconciler.northbound;

import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Table;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A row as it should be. Columns not named here are not ours to compare or to change.
 *
 * @param name what it is among our rows; its UUID, if it has to be inserted, follows from it; an adopted row keeps its own
 * @param attachments everywhere that it hangs; none for a row of a root table that may be anywhere
 * @param identity the cell by which a row of another writer is recognised as this one
 * @param cells what the row holds, {@code external_ids} apart
 * @param ownCells what the row holds besides if we have inserted it; an adopted row keeps what it has
 * @param empty columns that must hold their default
 * @param externalIds pairs that {@code external_ids} must hold; pairs of others stay, those by which ovn-kubernetes knows its own
 *     excepted; none in tables that have no such column
 */
public record DesiredRow(
        Table table,
        String name,
        List<Attachment> attachments,
        Cell<?> identity,
        List<Cell<?>> cells,
        List<Cell<?>> ownCells,
        List<Column<?>> empty,
        Map<String, String> externalIds) {

    /** A row that has nothing of its own where it is adopted. */
    public DesiredRow(
            Table table,
            String name,
            List<Attachment> attachments,
            Cell<?> identity,
            List<Cell<?>> cells,
            List<Column<?>> empty,
            Map<String, String> externalIds) {
        this(table, name, attachments, identity, cells, List.of(), empty, externalIds);
    }

    public DesiredRow {
        if (!externalIds.isEmpty() && table.externalIds().isEmpty()) {
            throw new IllegalArgumentException(table + " has no external_ids to hold " + externalIds);
        }
    }

    /**
     * The place that it hangs on, of a row that hangs on one.
     *
     * @throws IllegalStateException if it hangs on none or on several
     */
    public Attachment attachment() {
        if (attachments.size() != 1) {
            throw new IllegalStateException(
                    table + " " + name + " hangs on " + attachments.size() + " rows, not on one");
        }
        return attachments.get(0);
    }

    /** The same under another name, where a row under this one is already there. */
    public DesiredRow named(String other) {
        return new DesiredRow(table, other, attachments, identity, cells, ownCells, empty, externalIds);
    }

    /** The same with one more pair in its {@code external_ids}. */
    public DesiredRow labelled(String key, String value) {
        var labels = new HashMap<>(externalIds);
        labels.put(key, value);
        return new DesiredRow(table, name, attachments, identity, cells, ownCells, empty, Map.copyOf(labels));
    }

    /** The UUID of the row if we insert it. Costs a digest: not computed before it is needed. */
    public UUID id() {
        return RowIds.of(name);
    }
}
