package io.ovnegress.reconciler;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.OvnNorthbound;
import io.ovnegress.ovsdb.nb.Qos;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.Operation.Mutator;
import io.ovnegress.ovsdb.operation.Operation.Where;
import io.ovnegress.ovsdb.operation.OvsdbError;
import io.ovnegress.ovsdb.replica.RowUpdate;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.ovsdb.schema.OdlServerSchema;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * A northbound database in memory, stricter than ovsdb-server: what the server would shrug off (an update that matches no row, a
 * row inserted that nothing refers to) fails the test. Every commit is checked against {@link SafetyRules}: it may leave what was
 * unsafe before, but add nothing. Compared with the real server in {@code it}. Not thread safe.
 */
public final class FakeNorthbound {
    private static final Map<Column<?>, Table> REFERENCES = Map.of(
            LogicalRouter.POLICIES, LogicalRouterPolicy.TABLE,
            LogicalRouter.NAT, Nat.TABLE,
            LogicalRouter.PORTS, LogicalRouterPort.TABLE,
            LogicalSwitch.QOS_RULES, Qos.TABLE,
            LogicalSwitch.PORTS, LogicalSwitchPort.TABLE);

    /** The greatest values of integer columns, see ovn-nb(5); the least are 0. */
    private static final Map<Column<?>, Long> GREATEST =
            Map.of(LogicalRouterPolicy.PRIORITY, 32767L, Qos.PRIORITY, 32767L);

    private static final ServerSchema PINNED = pinnedSchema();

    public static final List<Table> MONITORED = List.of(
            LogicalRouter.TABLE,
            LogicalRouterPort.TABLE,
            LogicalRouterPolicy.TABLE,
            Nat.TABLE,
            LogicalSwitch.TABLE,
            LogicalSwitchPort.TABLE,
            Qos.TABLE,
            AddressSet.TABLE);

    private final ServerSchema schema;
    private Map<Table, Map<UUID, Object[]>> tables = emptyTables();
    private Predicate<Operation> refusal = operation -> false;
    private Journal journal = Journal.NONE;
    private boolean canMark = true;
    /** Rows that the present transaction means to change and does not find. */
    private final List<String> vain = new ArrayList<>();

    int commits;

    /** Is told everything that is done to the database, in its order. */
    public interface Journal {
        Journal NONE = new Journal() {
            @Override
            public void committed(FakeNorthbound database, List<Operation> operations, CommitOutcome outcome) {}

            @Override
            public void tampered(FakeNorthbound database, List<Operation> operations) {}
        };

        /** A transaction of the reconciler's and how it ended. */
        void committed(FakeNorthbound database, List<Operation> operations, CommitOutcome outcome);

        /** What somebody else did, as the operations that do the same. */
        void tampered(FakeNorthbound database, List<Operation> operations);
    }

    FakeNorthbound() {
        this(PINNED);
    }

    /** A server with this schema. */
    public FakeNorthbound(ServerSchema schema) {
        this.schema = schema;
    }

    private static ServerSchema pinnedSchema() {
        try (var stream = OvnNorthbound.class.getResourceAsStream("/ovn-nb.ovsschema")) {
            return OdlServerSchema.parse(OvnNorthbound.NAME, new ObjectMapper().readTree(stream));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<Table, Map<UUID, Object[]>> emptyTables() {
        var tables = new HashMap<Table, Map<UUID, Object[]>>();
        OvnNorthbound.TABLES.forEach(table -> tables.put(table, new TreeMap<>()));
        return tables;
    }

    /** From now on the journal is told; first of what there is. */
    public void keep(Journal newJournal) {
        journal = newJournal;
        journal.tampered(this, operations(emptyTables(), tables));
    }

    /** A server whose QoS action knows no mark, as OVN 23.03. */
    void refuseMarks() {
        canMark = false;
    }

    public ServerSchema schema() {
        return new ServerSchema() {
            @Override
            public boolean has(Table table) {
                return schema.has(table);
            }

            @Override
            public boolean has(Column<?> column) {
                return schema.has(column);
            }

            @Override
            public boolean accepts(Column<?> column, String text) {
                return schema.accepts(column, text) && (canMark || column != Qos.ACTION || !text.equals("mark"));
            }
        };
    }

    /** From now on operations like these are refused with a constraint violation. */
    void refuse(Predicate<Operation> operations) {
        refusal = operations;
    }

    /** How a transaction ended, and what a monitor tells of it. */
    public record Commit(CommitOutcome outcome, TableUpdates updates) {}

    /** @throws AssertionError if the transaction would pass on a server, but should not be */
    public Commit commit(List<Operation> operations) {
        var commit = perform(operations);
        journal.committed(this, operations, commit.outcome());
        return commit;
    }

    private Commit perform(List<Operation> operations) {
        vain.clear();
        var unsafe = SafetyRules.violations(this);
        var before = tables;
        tables = copy(before);
        for (int i = 0; i < operations.size(); i++) {
            try {
                if (refusal.test(operations.get(i))) {
                    throw new Failure("constraint violation", "refused by the test");
                }
                perform(operations.get(i));
            } catch (Failure failure) {
                tables = before;
                return failed(failure, OptionalInt.of(i));
            }
        }
        try {
            checkReferences();
            checkIndexes();
        } catch (Failure failure) {
            tables = before;
            return failed(failure, OptionalInt.empty());
        }
        collectGarbage();
        if (!vain.isEmpty()) {
            throw new AssertionError("committed, but for rows that are not there: " + vain);
        }
        checkInserted(operations);
        commits++;
        var more = SafetyRules.violations(this);
        more.removeAll(unsafe);
        if (!more.isEmpty()) {
            throw new AssertionError("unsafe since commit " + commits + ": " + more);
        }
        return new Commit(new CommitOutcome.Committed(), differences(before, tables));
    }

    private static Commit failed(Failure failure, OptionalInt operation) {
        var error = new OvsdbError(failure.error, String.valueOf(failure.getMessage()));
        var outcome = switch (failure.error) {
            case "timed out", "duplicate uuid", "referential integrity violation" -> new CommitOutcome.Conflict(error);
            default -> new CommitOutcome.Refused(error, operation);
        };
        return new Commit(outcome, new TableUpdates(false, TableUpdates.NO_TRANSACTION, List.of()));
    }

    /** A row that the server would collect at once is one that somebody forgot to attach. */
    private void checkInserted(List<Operation> operations) {
        for (var operation : operations) {
            if (operation instanceof Operation.Insert insert
                    && !tables.get(insert.table()).containsKey(insert.id())) {
                throw new AssertionError("nothing refers to what is inserted by " + insert);
            }
        }
    }

    /** A change that somebody else makes; unsafe ones are their business. */
    TableUpdates tamper(Runnable change) {
        var before = tables;
        tables = copy(before);
        change.run();
        collectGarbage();
        journal.tampered(this, operations(before, tables));
        return differences(before, tables);
    }

    public TableUpdates everything() {
        var rows = new ArrayList<RowUpdate>();
        for (var table : MONITORED) {
            told(tables, table)
                    .forEach((id, cells) -> rows.add(new RowUpdate(table, id, RowUpdate.Kind.INITIAL, cells.clone())));
        }
        return new TableUpdates(true, TableUpdates.NO_TRANSACTION, rows);
    }

    /** The rows that the monitor's condition holds for. */
    private static Map<UUID, Object[]> told(Map<Table, Map<UUID, Object[]>> tables, Table table) {
        var rows = new TreeMap<>(tables.get(table));
        if (table == LogicalSwitchPort.TABLE) {
            rows.values()
                    .removeIf(cells -> !((Map<?, ?>) cells[LogicalSwitchPort.EXTERNAL_IDS.index()])
                            .entrySet()
                            .containsAll(Map.of("pod", "true").entrySet()));
        }
        return rows;
    }

    UUID insert(Table table, Cell<?>... cells) {
        var id = UUID.randomUUID();
        insert(table, id, List.of(cells));
        return id;
    }

    private void insert(Table table, UUID id, List<Cell<?>> cells) {
        if (tables.get(table).containsKey(id)) {
            throw new Failure("duplicate uuid", id.toString());
        }
        var values = new Object[table.columns().size()];
        table.columns().forEach(column -> values[column.index()] = column.defaultValue());
        cells.forEach(cell -> values[cell.column().index()] = cell.value());
        tables.get(table).put(id, values);
    }

    void set(Table table, UUID id, Cell<?> cell) {
        cells(table, id)[cell.column().index()] = cell.value();
    }

    void delete(Table table, UUID id) {
        tables.get(table).remove(id);
        REFERENCES.forEach((column, child) -> {
            if (child == table) {
                tables.get(column.table())
                        .values()
                        .forEach(cells -> cells[column.index()] = without(cells, column, id));
            }
        });
    }

    <E> void addTo(Column<Set<E>> column, UUID row, E element) {
        mutate(cells(column.table(), row), column, Mutator.INSERT, Set.of(element));
    }

    <E> void removeFrom(Column<Set<E>> column, UUID row, E element) {
        mutate(cells(column.table(), row), column, Mutator.DELETE, Set.of(element));
    }

    private static Set<Object> without(Object[] cells, Column<?> column, Object element) {
        var left = new HashSet<Object>((Set<?>) cells[column.index()]);
        left.remove(element);
        return Set.copyOf(left);
    }

    private Object[] cells(Table table, UUID id) {
        var cells = tables.get(table).get(id);
        if (cells == null) {
            throw new AssertionError("no row " + id + " in " + table);
        }
        return cells;
    }

    Row row(Table table, UUID id) {
        return new Row(table, id, cells(table, id).clone());
    }

    /** All rows of the table, in the order of their UUIDs. */
    public List<Row> rows(Table table) {
        return tables.get(table).entrySet().stream()
                .map(entry -> new Row(table, entry.getKey(), entry.getValue().clone()))
                .toList();
    }

    /** The rows in a reference column of a parent. */
    List<Row> children(Column<Set<UUID>> column, UUID parent) {
        return row(column.table(), parent).get(column).stream()
                .map(id -> row(Objects.requireNonNull(REFERENCES.get(column)), id))
                .toList();
    }

    private void perform(Operation operation) {
        switch (operation) {
            case Operation.Insert(Table table, UUID id, List<Cell<?>> cells) -> {
                cells.forEach(this::check);
                insert(table, id, cells);
            }
            case Operation.Update(Table table, Where where, List<Cell<?>> cells) -> {
                cells.forEach(this::check);
                for (var row : matching(table, where)) {
                    cells.forEach(cell -> row[cell.column().index()] = cell.value());
                }
            }
            case Operation.Mutate(Table table, Where where, var mutations) -> {
                for (var row : matching(table, where)) {
                    mutations.forEach(
                            mutation -> mutate(row, mutation.column(), mutation.mutator(), (Set<?>) mutation.value()));
                }
            }
            case Operation.Delete(Table table, Where where) -> {
                if (!table.isRoot()) {
                    throw new AssertionError("rows of " + table + " go by losing their reference");
                }
                tables.get(table).remove(((Where.Id) where).id());
            }
            case Operation.Expect(Table table, Where where, List<Cell<?>> cells) -> {
                var id = ((Where.Id) where).id();
                var row = tables.get(table).get(id);
                if (row == null
                        || !cells.stream().allMatch(cell -> row[cell.column().index()].equals(cell.value()))) {
                    throw new Failure("timed out", table + " " + id);
                }
            }
            case Operation.Assert(String lock) -> throw new AssertionError("no locks here: " + lock);
            case Operation.Comment(String text) -> {}
        }
    }

    private Collection<Object[]> matching(Table table, Where where) {
        if (where instanceof Where.Id(UUID id)) {
            var row = tables.get(table).get(id);
            if (row == null) {
                vain.add(table + " " + id);
                return List.of();
            }
            return List.<Object[]>of(row);
        }
        var conditions = ((Where.All) where).conditions();
        return tables.get(table).values().stream()
                .filter(row -> conditions.stream().allMatch(condition -> holds(row, condition)))
                .toList();
    }

    private static boolean holds(Object[] row, Operation.Condition condition) {
        var value = row[condition.column().index()];
        return switch (condition.function()) {
            case EQUALS -> value.equals(condition.value());
            case INCLUDES -> ((Map<?, ?>) value).entrySet().containsAll(((Map<?, ?>) condition.value()).entrySet());
        };
    }

    private static void mutate(Object[] row, Column<?> column, Mutator mutator, Set<?> value) {
        var elements = new HashSet<Object>((Set<?>) row[column.index()]);
        if (mutator == Mutator.INSERT) {
            elements.addAll(value);
        } else {
            elements.removeAll(value);
        }
        row[column.index()] = Set.copyOf(elements);
    }

    private void checkIndexes() {
        var names = new HashSet<String>();
        for (var row : rows(AddressSet.TABLE)) {
            if (!names.add(row.get(AddressSet.NAME))) {
                throw new Failure("constraint violation", "two address sets " + row.get(AddressSet.NAME));
            }
        }
    }

    /** What the server's schema says about a value. */
    private void check(Cell<?> cell) {
        var column = cell.column();
        if (!schema().has(column)) {
            throw new Failure("unknown column", column.toString());
        }
        Collection<?> atoms = switch (cell.value()) {
            case Set<?> set -> set;
            case Map<?, ?> map -> map.keySet();
            default -> List.of(cell.value());
        };
        if (atoms.size() < column.min() || atoms.size() > column.max()) {
            throw new Failure("syntax error", atoms.size() + " elements for " + column);
        }
        for (var atom : atoms) {
            boolean isAllowed = switch (atom) {
                case String text -> schema().accepts(column, text);
                case Long number -> !GREATEST.containsKey(column) || (number >= 0 && number <= GREATEST.get(column));
                default -> true;
            };
            if (!isAllowed) {
                throw new Failure("constraint violation", atom + " in " + column);
            }
        }
    }

    private void checkReferences() {
        REFERENCES.forEach((column, child) -> tables.get(column.table())
                .values()
                .forEach(cells -> {
                    for (var id : (Set<?>) cells[column.index()]) {
                        if (!tables.get(child).containsKey((UUID) id)) {
                            throw new Failure("referential integrity violation", column + " has " + id);
                        }
                    }
                }));
    }

    private void collectGarbage() {
        var referenced = new HashSet<Object>();
        REFERENCES
                .keySet()
                .forEach(column -> tables.get(column.table())
                        .values()
                        .forEach(cells -> referenced.addAll((Set<?>) cells[column.index()])));
        REFERENCES.values().forEach(child -> tables.get(child).keySet().retainAll(referenced));
    }

    /** The operations of one transaction that make one content of the other. */
    private List<Operation> operations(Map<Table, Map<UUID, Object[]>> before, Map<Table, Map<UUID, Object[]>> after) {
        var operations = new ArrayList<Operation>();
        for (var table : MONITORED) {
            var old = before.get(table);
            var current = after.get(table);
            old.forEach((id, cells) -> {
                if (!current.containsKey(id) && table.isRoot()) {
                    operations.add(new Operation.Delete(table, new Where.Id(id)));
                }
            });
            current.forEach((id, cells) -> {
                var was = old.get(id);
                var changed = new ArrayList<Cell<?>>();
                for (var column : table.columns()) {
                    var value = was == null ? column.defaultValue() : was[column.index()];
                    if (schema.has(column) && !cells[column.index()].equals(value)) {
                        changed.add(cell(column, cells[column.index()]));
                    }
                }
                if (was == null) {
                    operations.add(new Operation.Insert(table, id, changed));
                } else if (!changed.isEmpty()) {
                    operations.add(new Operation.Update(table, new Where.Id(id), changed));
                }
            });
        }
        return operations;
    }

    @SuppressWarnings("unchecked") // what is in a column's place is a value of the column
    private static <T> Cell<T> cell(Column<T> column, Object value) {
        return Cell.of(column, (T) value);
    }

    private static Map<Table, Map<UUID, Object[]>> copy(Map<Table, Map<UUID, Object[]>> tables) {
        var copy = new HashMap<Table, Map<UUID, Object[]>>();
        tables.forEach((table, rows) -> {
            var copiedRows = new TreeMap<UUID, Object[]>();
            rows.forEach((id, cells) -> copiedRows.put(id, cells.clone()));
            copy.put(table, copiedRows);
        });
        return copy;
    }

    private static TableUpdates differences(
            Map<Table, Map<UUID, Object[]>> before, Map<Table, Map<UUID, Object[]>> after) {
        var updates = new ArrayList<RowUpdate>();
        for (var table : MONITORED) {
            var old = told(before, table);
            var current = told(after, table);
            old.forEach((id, cells) -> {
                if (!current.containsKey(id)) {
                    updates.add(new RowUpdate(table, id, RowUpdate.Kind.DELETE, new Object[cells.length]));
                }
            });
            current.forEach((id, cells) -> {
                if (!old.containsKey(id)) {
                    updates.add(new RowUpdate(table, id, RowUpdate.Kind.INSERT, cells.clone()));
                } else if (!Arrays.equals(old.get(id), cells)) {
                    updates.add(new RowUpdate(table, id, RowUpdate.Kind.MODIFY, difference(table, old.get(id), cells)));
                }
            });
        }
        return new TableUpdates(false, TableUpdates.NO_TRANSACTION, updates);
    }

    private static Object[] difference(Table table, Object[] before, Object[] after) {
        var difference = new Object[after.length];
        for (var column : table.columns()) {
            var old = before[column.index()];
            var current = after[column.index()];
            if (!old.equals(current)) {
                difference[column.index()] = column.max() == 1 ? current : toggles(column, old, current);
            }
        }
        return difference;
    }

    private static Object toggles(Column<?> column, Object old, Object current) {
        if (column.isMap()) {
            var toggles = new HashMap<Object, Object>();
            ((Map<?, ?>) current).forEach((key, value) -> {
                if (!value.equals(((Map<?, ?>) old).get(key))) {
                    toggles.put(key, value);
                }
            });
            ((Map<?, ?>) old).forEach((key, value) -> {
                if (!((Map<?, ?>) current).containsKey(key)) {
                    toggles.put(key, value);
                }
            });
            return Map.copyOf(toggles);
        }
        var toggles = new HashSet<Object>((Set<?>) old);
        for (var element : (Set<?>) current) {
            if (!toggles.remove(element)) {
                toggles.add(element);
            }
        }
        return Set.copyOf(toggles);
    }

    private static final class Failure extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final String error;

        private Failure(String error, String details) {
            super(details);
            this.error = error;
        }
    }
}
