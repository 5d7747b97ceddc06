package io.ovnegress.reconciler.actual;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.Operation.Mutation;
import io.ovnegress.ovsdb.operation.Operation.Mutator;
import io.ovnegress.ovsdb.operation.Operation.Where;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.desired.DesiredRow;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Collects the changes of many owners into one transaction in as few operations as possible: rows are inserted and updated one by
 * one, but a parent is mutated once, whatever the number of its children that come and go.
 *
 * <p>Guards make it commit as a whole or not at all: every parent must still exist ({@code wait}), and every kept row is attached
 * again, so that a row that somebody removed meanwhile fails the transaction (referential integrity) instead of being skipped.
 */
public final class TransactionPlanner {
    /** The group of operations that concern several groups. */
    public static final int SHARED = -1;

    private final ServerSchema schema;
    private final NorthboundView view;
    private final List<Operation> rowOperations = new ArrayList<>();
    private final List<Integer> groups = new ArrayList<>();
    private final Map<SetColumn, Elements> sets = new LinkedHashMap<>();
    private final Set<UUID> insertedParents = new HashSet<>();
    private int rows;

    public TransactionPlanner(ServerSchema schema, NorthboundView view) {
        this.schema = schema;
        this.view = view;
    }

    private record SetColumn(Column<?> column, UUID row) {}

    private static final class Elements {
        private final Set<Object> add = new HashSet<>();
        private final Set<Object> remove = new HashSet<>();
    }

    /** Adds the changes of one group of owners, which a refused operation will be traced back to. */
    public void add(int group, List<RowChange> changes) {
        for (var change : changes) {
            add(group, change);
        }
    }

    private void add(int group, RowChange change) {
        switch (change) {
            case RowChange.Insert(DesiredRow row) -> {
                var id = row.id();
                rowOperation(group, new Operation.Insert(row.table(), id, insertCells(row)));
                if (row.table().isRoot()) {
                    insertedParents.add(id);
                }
                row.attachment()
                        .ifPresent(attachment -> elements(attachment.column(), attachment.parent())
                                .add
                                .add(row.id()));
            }
            case RowChange.Update(Row row, List<Cell<?>> cells) ->
                rowOperation(group, new Operation.Update(row.table(), new Where.Id(row.id()), cells));
            case RowChange.Attach(var attachment, UUID child) ->
                elements(attachment.column(), attachment.parent()).add.add(child);
            case RowChange.Detach(var attachment, UUID child) -> {
                elements(attachment.column(), attachment.parent()).remove.add(child);
                rows++;
            }
            case RowChange.Delete(Row row) ->
                rowOperation(group, new Operation.Delete(row.table(), new Where.Id(row.id())));
            case RowChange.Members(Column<Set<String>> column, UUID row, Set<String> add, Set<String> remove) -> {
                var elements = elements(column, row);
                elements.add.addAll(add);
                elements.remove.addAll(remove);
            }
        }
    }

    private void rowOperation(int group, Operation operation) {
        rowOperations.add(operation);
        groups.add(group);
        rows++;
    }

    private Elements elements(Column<?> column, UUID row) {
        return sets.computeIfAbsent(new SetColumn(column, row), unused -> new Elements());
    }

    private List<Cell<?>> insertCells(DesiredRow row) {
        List<Cell<?>> cells = new ArrayList<>(row.cells().size() + 1);
        for (var cell : row.cells()) {
            if (schema.has(cell.column()) && !cell.value().equals(cell.column().defaultValue())) {
                cells.add(cell);
            }
        }
        if (!row.externalIds().isEmpty()) {
            cells.add(Cell.of(row.externalIdsColumn(), row.externalIds()));
        }
        return cells;
    }

    /** Rows inserted, changed or removed so far. */
    public int rows() {
        return rows;
    }

    public boolean isEmpty() {
        return rowOperations.isEmpty() && sets.isEmpty();
    }

    /**
     * @param groups for each operation the group it was added for, or {@link #SHARED}
     */
    public record Plan(List<Operation> operations, List<Integer> groups) {}

    public Plan plan() {
        var operations = new ArrayList<Operation>();
        var operationGroups = new ArrayList<Integer>();
        for (var parent : parents()) {
            parentExists(parent).ifPresent(operations::add);
        }
        operationGroups.addAll(Collections.nCopies(operations.size(), SHARED));
        operations.addAll(rowOperations);
        operationGroups.addAll(groups);
        sets.forEach((set, elements) -> {
            var mutations = new ArrayList<Mutation>(2);
            elements.remove.removeAll(elements.add);
            if (!elements.remove.isEmpty()) {
                mutations.add(new Mutation(set.column(), Mutator.DELETE, elements.remove));
            }
            if (!elements.add.isEmpty()) {
                mutations.add(new Mutation(set.column(), Mutator.INSERT, elements.add));
            }
            operations.add(new Operation.Mutate(set.column().table(), new Where.Id(set.row()), mutations));
            operationGroups.add(SHARED);
        });
        return new Plan(operations, operationGroups);
    }

    private Set<Map.Entry<Table, UUID>> parents() {
        var parents = new java.util.LinkedHashSet<Map.Entry<Table, UUID>>();
        for (var set : sets.keySet()) {
            if (!insertedParents.contains(set.row())) {
                parents.add(Map.entry(set.column().table(), set.row()));
            }
        }
        return parents;
    }

    private Optional<Operation> parentExists(Map.Entry<Table, UUID> parent) {
        var table = parent.getKey();
        var id = parent.getValue();
        Column<String> name = table == LogicalRouter.TABLE
                ? LogicalRouter.NAME
                : table == LogicalSwitch.TABLE ? LogicalSwitch.NAME : AddressSet.NAME;
        return view.row(table, id)
                .map(row -> new Operation.Expect(table, new Where.Id(id), List.of(Cell.of(name, row.get(name)))));
    }
}
