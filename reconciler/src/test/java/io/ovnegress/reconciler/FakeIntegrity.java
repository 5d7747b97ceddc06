package io.ovnegress.reconciler;

import io.ovnegress.ovsdb.nb.OvnNorthbound;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Table;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * What the server looks after when a transaction ends, in its order (ovsdb_txn_precommit): strong references point to rows;
 * rows of tables that are no root go with their last strong reference, and what they alone referred to; weak references go with
 * their rows; indexes are unique. By the metadata of the pinned schema.
 */
final class FakeIntegrity {
    private static final List<Column<?>> STRONG = references(true);
    private static final List<Column<?>> WEAK = references(false);

    private FakeIntegrity() {}

    private static List<Column<?>> references(boolean strong) {
        var columns = new ArrayList<Column<?>>();
        for (var table : OvnNorthbound.TABLES) {
            for (var column : table.columns()) {
                if (column.valueReference().isPresent() || (column.reference().isPresent() && !column.isSet())) {
                    throw new AssertionError(column + " is a kind of reference that the fake does not know");
                }
                if (column.reference()
                        .filter(reference -> reference.isStrong() == strong)
                        .isPresent()) {
                    columns.add(column);
                }
            }
        }
        return columns;
    }

    /** @throws FakeFailure if the transaction must fail */
    static void checkAndCollect(Map<Table, Map<UUID, Object[]>> tables) {
        checkStrongReferences(tables);
        collectGarbage(tables);
        for (var column : WEAK) {
            keep(tables, column, tables.get(column.target())::containsKey);
        }
        checkIndexes(tables);
    }

    /** Takes a row out of every reference. */
    static void forget(Map<Table, Map<UUID, Object[]>> tables, Table table, UUID id) {
        for (var columns : List.of(STRONG, WEAK)) {
            for (var column : columns) {
                if (column.target() == table) {
                    keep(tables, column, element -> !element.equals(id));
                }
            }
        }
    }

    private static void keep(Map<Table, Map<UUID, Object[]>> tables, Column<?> column, Predicate<UUID> wanted) {
        for (var cells : tables.get(column.table()).values()) {
            var elements = elements(cells, column);
            if (!elements.stream().allMatch(wanted)) {
                cells[column.index()] =
                        Set.copyOf(elements.stream().filter(wanted).toList());
            }
        }
    }

    private static void checkStrongReferences(Map<Table, Map<UUID, Object[]>> tables) {
        for (var column : STRONG) {
            var targets = tables.get(column.target());
            for (var cells : tables.get(column.table()).values()) {
                for (var id : elements(cells, column)) {
                    if (!targets.containsKey(id)) {
                        throw new FakeFailure("referential integrity violation", column + " has " + id);
                    }
                }
            }
        }
    }

    /** Again and again, until nobody goes: what a row that goes referred to may go too. */
    private static void collectGarbage(Map<Table, Map<UUID, Object[]>> tables) {
        boolean goneOn = true;
        while (goneOn) {
            var referenced = new HashMap<Table, Set<UUID>>();
            for (var column : STRONG) {
                var targets = referenced.computeIfAbsent(column.target(), table -> new HashSet<>());
                tables.get(column.table()).values().forEach(cells -> targets.addAll(elements(cells, column)));
            }
            goneOn = false;
            for (var table : OvnNorthbound.TABLES) {
                if (!table.isRoot()) {
                    goneOn |= tables.get(table).keySet().retainAll(referenced.getOrDefault(table, Set.of()));
                }
            }
        }
    }

    private static void checkIndexes(Map<Table, Map<UUID, Object[]>> tables) {
        for (var table : OvnNorthbound.TABLES) {
            for (var index : table.indexes()) {
                var seen = new HashSet<List<Object>>();
                for (var cells : tables.get(table).values()) {
                    var values =
                            index.stream().map(column -> cells[column.index()]).toList();
                    if (!seen.add(values)) {
                        throw new FakeFailure("constraint violation", "two rows of " + table + " with " + values);
                    }
                }
            }
        }
    }

    @SuppressWarnings("unchecked") // of a column of references
    private static Collection<UUID> elements(Object[] cells, Column<?> column) {
        return (Set<UUID>) cells[column.index()];
    }
}
