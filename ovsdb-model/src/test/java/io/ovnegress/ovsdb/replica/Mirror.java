package io.ovnegress.ovsdb.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Rebuilds a replica from nothing but its events, and insists that each event says something new and true. */
public final class Mirror implements ReplicaListener {
    private record Element(Column<?> column, UUID row, Object element) {}

    private final Map<UUID, Row> rows = new HashMap<>();
    private final Set<Element> elements = new HashSet<>();
    private int rowChanges;
    private int elementChanges;

    @Override
    public void rowChanged(Optional<Row> before, Optional<Row> after) {
        rowChanges++;
        assertThat(before).isNotEqualTo(after);
        var id = before.or(() -> after).orElseThrow().id();
        assertThat(Optional.ofNullable(rows.get(id))).isEqualTo(before);
        after.ifPresentOrElse(row -> rows.put(id, row), () -> rows.remove(id));
    }

    @Override
    public void elementAdded(Column<? extends Set<?>> column, UUID row, Object element) {
        elementChanges++;
        assertThat(elements.add(new Element(column, row, element))).isTrue();
    }

    @Override
    public void elementRemoved(Column<? extends Set<?>> column, UUID row, Object element) {
        elementChanges++;
        assertThat(elements.remove(new Element(column, row, element))).isTrue();
    }

    public int rowChanges() {
        return rowChanges;
    }

    public int elementChanges() {
        return elementChanges;
    }

    /** The events told so far add up to what the replica holds. */
    public void assertShows(Replica replica) {
        var held = new HashMap<UUID, Row>();
        var heldElements = new HashSet<Element>();
        for (var table : replica.spec().tables().values()) {
            for (var row : replica.rows(table.table())) {
                held.put(row.id(), row);
                for (var column : table.columns()) {
                    elements(replica, column, row.id())
                            .forEach(element -> heldElements.add(new Element(column, row.id(), element)));
                }
            }
        }
        assertThat(rows).isEqualTo(held);
        assertThat(elements).isEqualTo(heldElements);
    }

    @SuppressWarnings("unchecked") // only asked of element columns, which are sets
    static Set<Object> elements(Replica replica, Column<?> column, UUID row) {
        return replica.spec().isElementColumn(column) ? replica.elements((Column<Set<Object>>) column, row) : Set.of();
    }
}
