package io.ovnegress.reconciler.northbound;

import io.ovnegress.ovsdb.nb.NbGlobal;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.Operation.Condition;
import io.ovnegress.ovsdb.operation.Operation.Function;
import io.ovnegress.ovsdb.operation.Operation.Mutation;
import io.ovnegress.ovsdb.operation.Operation.Mutator;
import io.ovnegress.ovsdb.operation.Operation.Where;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.schema.ServerSchema;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Collects the changes of many owners into one transaction in as few operations as possible: rows are inserted and updated one by
 * one, but a parent is mutated once, whatever the number of its children that come and go.
 *
 * <p>Guards make it commit as a whole or not at all: every parent must still exist ({@code wait}), and so must every kept row. One
 * that hangs on a strong reference is attached again, so that the transaction fails (referential integrity) if somebody removed
 * it meanwhile, instead of skipping it; others are waited for like parents: what is not there is dropped from a weak reference.
 */
public final class TransactionPlanner {
    /** Finding rows by condition means that the server looks at every row of the table: not for a few. */
    private static final int FEWEST_FOR_ONE_OPERATION = 32;

    /** Rows in the table for each one that changes, above which the server is faster when it is told their UUIDs. */
    private static final int LARGEST_TABLE_FOR_ONE_OPERATION = 20;

    /** The group of operations that concern several groups. */
    public static final int SHARED = -1;

    /** The table has one row. */
    private static final Operation ASK = new Operation.Mutate(
            NbGlobal.TABLE, new Where.All(List.of()), List.of(new Mutation(NbGlobal.NB_CFG, Mutator.ADD, 1L)));

    private final ServerSchema schema;
    private final NorthboundView view;
    private final HiddenRows hidden;
    private final List<Operation> rowOperations = new ArrayList<>();
    private final List<Integer> groups = new ArrayList<>();
    private final Map<SetColumn, Elements> sets = new LinkedHashMap<>();
    private final Map<SameChange, List<GroupedUpdate>> sameChanges = new LinkedHashMap<>();
    private final Set<UUID> deleted = new HashSet<>();
    private final Map<UUID, Row> insistedOn = new LinkedHashMap<>();
    private int rows;
    private boolean asks;

    public TransactionPlanner(ServerSchema schema, NorthboundView view, HiddenRows hidden) {
        this.schema = schema;
        this.view = view;
        this.hidden = hidden;
    }

    private record SetColumn(Column<?> column, UUID row) {}

    /** Rows of one owner in which the same value gives way to the same other value. */
    private record SameChange(Column<Map<String, String>> externalIds, String owner, Cell<?> from, Cell<?> to) {}

    private record GroupedUpdate(int group, Row row, List<Cell<?>> cells) {}

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
                rows++;
                if (hidden.has(id)) {
                    restore(group, row);
                } else {
                    rowOperation(group, new Operation.Insert(row.table(), id, insertCells(row)));
                }
                for (var attachment : row.attachments()) {
                    elements(attachment.column(), attachment.parent()).add.add(id);
                }
            }
            case RowChange.Update(Row row, List<Cell<?>> cells) -> {
                rows++;
                var update = new GroupedUpdate(group, row, cells);
                sameChange(row, cells)
                        .ifPresentOrElse(
                                same -> sameChanges
                                        .computeIfAbsent(same, unused -> new ArrayList<>())
                                        .add(update),
                                () -> rowOperation(update));
            }
            case RowChange.Attach(var attachment, UUID child) ->
                elements(attachment.column(), attachment.parent()).add.add(child);
            case RowChange.Rely(var attachment) -> elements(attachment.column(), attachment.parent());
            case RowChange.Insist(Row row) -> insistedOn.put(row.id(), row);
            case RowChange.Detach(var attachment, UUID child) -> {
                elements(attachment.column(), attachment.parent()).remove.add(child);
                rows++;
            }
            case RowChange.Delete(Row row) -> {
                rows++;
                deleted.add(row.id());
                rowOperation(group, new Operation.Delete(row.table(), new Where.Id(row.id())));
            }
            case RowChange.Members<?> members -> {
                var elements = elements(members.column(), members.row());
                elements.add.addAll(members.add());
                elements.remove.addAll(members.remove());
            }
        }
    }

    /** Makes a row that is there, and of which nothing else is known, what it should be; fails if it has gone. */
    private void restore(int group, DesiredRow row) {
        var there = new Where.Id(row.id());
        var cells = new ArrayList<Cell<?>>();
        Stream.of(
                        row.cells(),
                        row.ownCells(),
                        row.empty().stream().map(RowDiffer::defaultOf).toList())
                .flatMap(List::stream)
                .filter(cell -> schema.has(cell.column()))
                .forEach(cells::add);
        row.table().externalIds().ifPresent(column -> cells.add(Cell.of(column, row.externalIds())));
        rowOperation(group, new Operation.Expect(row.table(), there, List.of()));
        rowOperation(group, new Operation.Update(row.table(), there, cells));
    }

    private void rowOperation(int group, Operation operation) {
        rowOperations.add(operation);
        groups.add(group);
    }

    private void rowOperation(GroupedUpdate update) {
        rowOperation(
                update.group(),
                new Operation.Update(
                        update.row().table(), new Where.Id(update.row().id()), update.cells()));
    }

    /** What a row's update has in common with others: it changes one column besides external_ids, and the row names its owner. */
    private static Optional<SameChange> sameChange(Row row, List<Cell<?>> cells) {
        if (cells.size() != 1 || cells.get(0).column().isMap()) {
            return Optional.empty();
        }
        return row.table()
                .externalIds()
                .flatMap(externalIds -> Optional.ofNullable(row.get(externalIds).get(Marks.OWNER_KEY))
                        .map(owner -> new SameChange(
                                externalIds, owner, present(row, cells.get(0).column()), cells.get(0))));
    }

    private static <T> Cell<T> present(Row row, Column<T> column) {
        return Cell.of(column, row.get(column));
    }

    private Elements elements(Column<?> column, UUID row) {
        return sets.computeIfAbsent(new SetColumn(column, row), unused -> new Elements());
    }

    private List<Cell<?>> insertCells(DesiredRow row) {
        List<Cell<?>> cells =
                new ArrayList<>(row.cells().size() + row.ownCells().size() + 1);
        addKnown(row.cells(), cells);
        addKnown(row.ownCells(), cells);
        if (!row.externalIds().isEmpty()) {
            row.table().externalIds().ifPresent(column -> cells.add(Cell.of(column, row.externalIds())));
        }
        return cells;
    }

    private void addKnown(List<Cell<?>> from, List<Cell<?>> to) {
        for (var cell : from) {
            if (schema.has(cell.column()) && !cell.value().equals(cell.column().defaultValue())) {
                to.add(cell);
            }
        }
    }

    /** Asks when ovn-northd and the chassis have what is in the database with this transaction ({@code nb_cfg}, ovn-nb(5)). */
    public void askWhenInstalled() {
        asks = true;
    }

    public boolean asksWhenInstalled() {
        return asks;
    }

    /** Rows inserted, changed or removed so far. */
    public int rows() {
        return rows;
    }

    public boolean isEmpty() {
        return rowOperations.isEmpty() && sameChanges.isEmpty() && sets.isEmpty() && !asks;
    }

    /**
     * @param groups for each operation the group it was added for, or {@link #SHARED}
     */
    public record Plan(List<Operation> operations, List<Integer> groups) {}

    public Plan plan() {
        var operations = new ArrayList<Operation>();
        var operationGroups = new ArrayList<Integer>();
        var changesOfMany = new ArrayList<Operation>();
        // Before the single rows: a row that changes hands in the same transaction has the last word about itself.
        sameChanges.forEach((same, updates) -> {
            if (updates.size() < FEWEST_FOR_ONE_OPERATION
                    || updates.size() * LARGEST_TABLE_FOR_ONE_OPERATION
                            < view.rows(same.to().column().table())
                    || becomesWhatAnotherWas(same)
                    || findsOthers(same, updates.size())) {
                updates.forEach(this::rowOperation);
            } else {
                changesOfMany.add(inOneOperation(same));
                updates.forEach(update -> isThereAnyway(update.row()));
            }
        });
        guards().forEach(row -> operations.add(isThere(row)));
        operations.addAll(changesOfMany);
        operationGroups.addAll(Collections.nCopies(operations.size(), SHARED));
        operations.addAll(rowOperations);
        operationGroups.addAll(groups);
        sets.forEach((set, elements) -> {
            boolean goesAnyway = elements.add.isEmpty() && deleted.contains(set.row());
            if (goesAnyway || (elements.add.isEmpty() && elements.remove.isEmpty())) {
                return;
            }
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
        if (asks) {
            operations.add(ASK);
            operationGroups.add(SHARED);
        }
        return new Plan(operations, operationGroups);
    }

    /** The other's operation would find these rows as well, if it came after this one. */
    private boolean becomesWhatAnotherWas(SameChange same) {
        return sameChanges.keySet().stream()
                .anyMatch(other ->
                        other.owner().equals(same.owner()) && other.from().equals(same.to()));
    }

    /** Rows of the owner that are to stay as they are, or whose turn comes later. */
    private boolean findsOthers(SameChange same, int updates) {
        var changing = same.from();
        return view.rowsIn(changing.column().table()).stream()
                        .filter(row ->
                                same.owner().equals(row.get(same.externalIds()).get(Marks.OWNER_KEY)))
                        .filter(row -> present(row, changing.column()).equals(changing))
                        .count()
                != updates;
    }

    private static Operation inOneOperation(SameChange same) {
        return new Operation.Update(
                same.to().column().table(),
                new Where.All(List.of(
                        new Condition(same.externalIds(), Function.INCLUDES, Map.of(Marks.OWNER_KEY, same.owner())),
                        new Condition(
                                same.from().column(),
                                Function.EQUALS,
                                same.from().value()))),
                List.of(same.to()));
    }

    /** A row that the condition does not find any more is not changed either: no need to insist on its being there. */
    private void isThereAnyway(Row row) {
        insistedOn.remove(row.id());
        for (var attachment : view.parentsOf(row.id())) {
            var elements = sets.get(new SetColumn(attachment.column(), attachment.parent()));
            if (elements != null) {
                elements.add.remove(row.id());
            }
        }
    }

    private Collection<Row> guards() {
        var guards = new LinkedHashMap<UUID, Row>();
        for (var set : sets.keySet()) {
            // What is inserted in the same transaction is not there yet.
            view.row(set.column().table(), set.row()).ifPresent(parent -> guards.put(parent.id(), parent));
        }
        guards.putAll(insistedOn);
        return guards.values();
    }

    /** Fails unless the row is there, under its present name if rows of its table have one. */
    private static Operation isThere(Row row) {
        List<Cell<?>> name = row.table()
                .nameColumn()
                .<List<Cell<?>>>map(column -> List.of(present(row, column)))
                .orElse(List.of());
        return new Operation.Expect(row.table(), new Where.Id(row.id()), name);
    }
}
