package io.ovnegress.reconciler.machine;

import com.google.common.collect.Sets;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.Operation.Condition;
import io.ovnegress.ovsdb.operation.Operation.Mutation;
import io.ovnegress.ovsdb.operation.Operation.Mutator;
import io.ovnegress.ovsdb.operation.Operation.Where;
import io.ovnegress.ovsdb.replica.RowUpdate;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.northbound.Attachment;
import io.ovnegress.reconciler.northbound.NorthboundView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * What a server would tell of a transaction of ours that it has committed: a function of the rows that there are. Of what a server
 * can do it knows what the planner asks for; rows that nothing refers to any more are gone.
 */
final class RehearsedCommit {
    private final NorthboundView view;
    private final Map<UUID, Change> changes = new LinkedHashMap<>();
    /** Of children that were attached or detached: where they are now. */
    private final Map<UUID, Child> children = new HashMap<>();

    private record Child(Table table, Set<Attachment> parents) {}

    /** A row that is another; {@code before} is absent if it is new. */
    private static final class Change {
        private final Table table;
        private final UUID id;
        private final Optional<Row> before;
        private final Object[] cells;
        private final Map<Column<?>, Set<Object>> toggled = new HashMap<>();
        private boolean isGone;

        private Change(Table table, UUID id, Optional<Row> before, Object[] cells) {
            this.table = table;
            this.id = id;
            this.before = before;
            this.cells = cells;
        }
    }

    private RehearsedCommit(NorthboundView view) {
        this.view = view;
    }

    static TableUpdates of(List<Operation> operations, NorthboundView view) {
        var commit = new RehearsedCommit(view);
        operations.forEach(commit::perform);
        commit.collect();
        return new TableUpdates(false, TableUpdates.NO_TRANSACTION, commit.updates());
    }

    private void perform(Operation operation) {
        switch (operation) {
            case Operation.Insert(Table table, UUID id, List<Cell<?>> cells) -> insert(table, id, cells);
            case Operation.Update(Table table, Where where, List<Cell<?>> cells) ->
                matching(table, where)
                        .forEach(change ->
                                cells.forEach(cell -> change.cells[cell.column().index()] = cell.value()));
            case Operation.Mutate(Table table, Where where, List<Mutation> mutations) ->
                matching(table, where).forEach(change -> mutations.forEach(mutation -> mutate(change, mutation)));
            case Operation.Delete(Table table, Where where) ->
                matching(table, where).forEach(change -> change.isGone = true);
            case Operation.Expect guard -> {} // it holds: nobody else writes here
            case Operation.Assert lock -> {}
            case Operation.Comment comment -> {}
        }
    }

    private void insert(Table table, UUID id, List<Cell<?>> cells) {
        var values = new Object[table.columns().size()];
        for (var column : view.columns(table)) {
            if (view.schema().orElseThrow().has(column)) {
                values[column.index()] = column.defaultValue();
            }
        }
        for (var cell : cells) {
            if (values[cell.column().index()] != null) {
                values[cell.column().index()] = cell.value();
            }
        }
        changes.put(id, new Change(table, id, Optional.empty(), values));
        children.putIfAbsent(id, new Child(table, new HashSet<>()));
    }

    private List<Change> matching(Table table, Where where) {
        return switch (where) {
            case Where.Id(UUID id) -> change(table, id).stream().toList();
            case Where.All(List<Condition> conditions) -> {
                var found = new ArrayList<Change>();
                for (var row : List.copyOf(view.rowsIn(table))) {
                    var cells = Optional.ofNullable(changes.get(row.id()))
                            .map(change -> change.cells)
                            .orElseGet(row::copyOfCells);
                    if (conditions.stream().allMatch(condition -> holds(cells, condition))) {
                        found.add(change(table, row.id()).orElseThrow());
                    }
                }
                yield found;
            }
        };
    }

    private static boolean holds(Object[] cells, Condition condition) {
        var cell = cells[condition.column().index()];
        var value = cell == null ? condition.column().defaultValue() : cell;
        return switch (condition.function()) {
            case EQUALS -> value.equals(condition.value());
            case INCLUDES -> ((Map<?, ?>) value).entrySet().containsAll(((Map<?, ?>) condition.value()).entrySet());
        };
    }

    private Optional<Change> change(Table table, UUID id) {
        var known = changes.get(id);
        if (known != null) {
            return Optional.of(known);
        }
        var change = view.row(table, id).map(row -> new Change(table, id, Optional.of(row), row.copyOfCells()));
        change.ifPresent(started -> changes.put(id, started));
        return change;
    }

    private void mutate(Change change, Mutation mutation) {
        var column = mutation.column();
        if (mutation.mutator() == Mutator.ADD) {
            change.cells[column.index()] = (Long) change.cells[column.index()] + (Long) mutation.value();
            return;
        }
        boolean adds = mutation.mutator() == Mutator.INSERT;
        for (var element : (Set<?>) mutation.value()) {
            if (contains(change, column, element) != adds) {
                toggle(change, column, element);
                column.reference().ifPresent(reference -> attach(change, column, (UUID) element, adds));
            }
        }
    }

    @SuppressWarnings("unchecked") // an element column is a set column
    private boolean contains(Change change, Column<?> column, Object element) {
        if (!view.isElementColumn(column) || change.before.isEmpty()) {
            return change.cells[column.index()] instanceof Set<?> there && there.contains(element);
        }
        boolean was = ((Set<?>) view.elements((Column<Set<Object>>) column, change.id)).contains(element);
        return was ^ change.toggled.getOrDefault(column, Set.of()).contains(element);
    }

    private void toggle(Change change, Column<?> column, Object element) {
        if (!view.isElementColumn(column) || change.before.isEmpty()) {
            var elements = change.cells[column.index()] instanceof Set<?> there
                    ? new HashSet<Object>(there)
                    : new HashSet<Object>();
            flip(elements, element);
            change.cells[column.index()] = Set.copyOf(elements);
        } else {
            flip(change.toggled.computeIfAbsent(column, unused -> new HashSet<>()), element);
        }
    }

    private static void flip(Set<Object> elements, Object element) {
        if (!elements.remove(element)) {
            elements.add(element);
        }
    }

    @SuppressWarnings("unchecked") // references are UUIDs
    private void attach(Change parent, Column<?> column, UUID id, boolean adds) {
        var attachment = new Attachment((Column<Set<UUID>>) column, parent.id);
        var child =
                children.computeIfAbsent(id, unused -> new Child(column.target(), new HashSet<>(view.parentsOf(id))));
        if (adds) {
            child.parents().add(attachment);
        } else {
            child.parents().remove(attachment);
        }
    }

    /** What hangs on nothing goes, unless it needs not. */
    private void collect() {
        children.forEach((id, child) -> {
            if (!child.table().isRoot() && child.parents().isEmpty()) {
                change(child.table(), id).ifPresent(change -> change.isGone = true);
            }
        });
    }

    private List<RowUpdate> updates() {
        var updates = new ArrayList<RowUpdate>();
        changes.forEach((id, change) -> {
            var nothing = new Object[change.table.columns().size()];
            if (change.isGone) {
                if (change.before.isPresent()) {
                    updates.add(new RowUpdate(change.table, id, RowUpdate.Kind.DELETE, nothing));
                }
            } else if (change.before.isEmpty()) {
                updates.add(new RowUpdate(change.table, id, RowUpdate.Kind.INSERT, change.cells));
            } else {
                updates.add(new RowUpdate(change.table, id, RowUpdate.Kind.MODIFY, differences(change)));
            }
        });
        return updates;
    }

    private static Object[] differences(Change change) {
        var before = change.before.orElseThrow().copyOfCells();
        var differences = new Object[before.length];
        for (var column : change.table.columns()) {
            int index = column.index();
            var was = before[index];
            var is = change.cells[index];
            if (was != null && is != null && !was.equals(is)) {
                differences[index] = difference(column, was, is);
            }
        }
        change.toggled.forEach((column, elements) -> differences[column.index()] = elements);
        return differences;
    }

    private static Object difference(Column<?> column, Object was, Object is) {
        if (column.max() == 1) {
            return is;
        }
        if (!column.isMap()) {
            return Set.copyOf(Sets.symmetricDifference((Set<?>) was, (Set<?>) is));
        }
        var pairs = new HashMap<Object, Object>((Map<?, ?>) was);
        pairs.entrySet().removeAll(((Map<?, ?>) is).entrySet());
        ((Map<?, ?>) is).forEach((key, value) -> {
            if (!value.equals(((Map<?, ?>) was).get(key))) {
                pairs.put(key, value);
            }
        });
        return pairs;
    }
}
