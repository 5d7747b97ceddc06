package io.ovnegress.ovsdb.replica;

import io.ovnegress.ovsdb.row.Column;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The elements of one element column, by row, changed in place: a change costs its own size. Whoever goes through them may go on after
 * changes. Not thread safe.
 */
final class ElementColumn {
    private final Column<? extends Set<?>> column;
    private final Map<UUID, Set<Object>> elements = new HashMap<>();

    @SuppressWarnings("unchecked") // an element column is a set column, see MonitorSpec
    ElementColumn(Column<?> column) {
        this.column = (Column<? extends Set<?>>) column;
    }

    Column<?> column() {
        return column;
    }

    Set<Object> of(UUID row) {
        return Collections.unmodifiableSet(elements.getOrDefault(row, Set.of()));
    }

    Map<UUID, Object[]> copy() {
        var copy = new HashMap<UUID, Object[]>();
        elements.forEach((row, held) -> copy.put(row, held.toArray()));
        return copy;
    }

    void toggle(UUID row, Set<?> difference, ReplicaListener listener) {
        var held = elements.computeIfAbsent(row, id -> ConcurrentHashMap.newKeySet());
        for (var element : difference) {
            if (held.remove(element)) {
                listener.elementRemoved(column, row, element);
            } else {
                held.add(element);
                listener.elementAdded(column, row, element);
            }
        }
        if (held.isEmpty()) {
            elements.remove(row);
        }
    }

    /** Makes the row's elements these. */
    void replace(UUID row, Set<?> wanted, ReplicaListener listener) {
        var difference = new HashSet<Object>(wanted);
        for (var element : elements.getOrDefault(row, Set.of())) {
            if (!difference.remove(element)) {
                difference.add(element);
            }
        }
        toggle(row, difference, listener);
    }

    void remove(UUID row, ReplicaListener listener) {
        var gone = elements.remove(row);
        if (gone != null) {
            gone.forEach(element -> listener.elementRemoved(column, row, element));
        }
    }
}
