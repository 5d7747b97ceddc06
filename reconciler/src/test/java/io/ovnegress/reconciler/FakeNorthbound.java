package io.ovnegress.reconciler;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.NbGlobal;
import io.ovnegress.ovsdb.nb.OvnNorthbound;
import io.ovnegress.ovsdb.nb.Qos;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.Operation.Mutator;
import io.ovnegress.ovsdb.operation.Operation.Where;
import io.ovnegress.ovsdb.operation.OvsdbError;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.ovsdb.schema.OdlServerSchema;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.safety.InstalledRules;
import io.ovnegress.reconciler.safety.SafetyRules;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * A northbound database in memory, stricter than ovsdb-server: what the server would shrug off (an update that matches no row, a
 * row inserted that nothing refers to) fails the test. What references keep, and what goes with them, is as there, see
 * {@link FakeIntegrity}. Every commit is checked against {@link SafetyRules}: it may leave what was
 * unsafe before, but add nothing. Compared with the real server in {@code it}. Not thread safe.
 */
public final class FakeNorthbound {
    /** The greatest values of integer columns, see ovn-nb(5); the least are 0. */
    private static final Map<Column<?>, Long> GREATEST =
            Map.of(LogicalRouterPolicy.PRIORITY, 32767L, Qos.PRIORITY, 32767L);

    static final ServerSchema PINNED = pinnedSchema();

    private final ServerSchema schema;
    private final MonitorSpec monitored;
    /** The same rows have the same UUIDs in every database that is made like this one. */
    private final Random ids = new Random(1);

    private Map<Table, Map<UUID, Object[]>> tables = emptyTables();
    private Predicate<Operation> refusal = operation -> false;
    private Journal journal = Journal.NONE;
    private boolean canMark = true;
    private Optional<InstalledRules> installed = Optional.empty();
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

    /** A server with this schema, monitored by a reconciler. */
    public FakeNorthbound(ServerSchema schema) {
        this(schema, TestCluster.reconciler(TestCluster.CONFIG).monitorSpec());
    }

    /** @param monitored what of it is told: tables, and rows by condition */
    public FakeNorthbound(ServerSchema schema, MonitorSpec monitored) {
        this.schema = schema;
        this.monitored = monitored;
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
        journal.tampered(this, operations(emptyTables()));
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

    /**
     * From now on there is an ovn-northd, and chassis, that say how far rows have come; changes come in steps, and are judged by what
     * is installed.
     */
    void installInSteps() {
        insert(NbGlobal.TABLE);
        installed = Optional.of(new InstalledRules());
    }

    private Row global() {
        return rows(NbGlobal.TABLE).getFirst();
    }

    /** Whether somebody has asked how far rows have come. */
    boolean isAsked() {
        return installed.isPresent() && global().get(NbGlobal.NB_CFG) > global().get(NbGlobal.HV_CFG);
    }

    /** Nobody installs anything any more. */
    void installNothing() {
        installed = Optional.empty();
    }

    /** Everything is installed now, and it is said. */
    TableUpdates answer() {
        return answer(true, true);
    }

    /**
     * @param northd whether it has computed all
     * @param chassis whether each of them says that it has installed all; those that are alive have
     */
    TableUpdates answer(boolean northd, boolean chassis) {
        installed.ifPresent(rules -> rules.installed(FakeForwarding.of(this)));
        return tamper(() -> {
            var global = global();
            if (northd) {
                set(NbGlobal.TABLE, global.id(), Cell.of(NbGlobal.SB_CFG, global.get(NbGlobal.NB_CFG)));
            }
            if (chassis) {
                set(NbGlobal.TABLE, global.id(), Cell.of(NbGlobal.HV_CFG, global.get(NbGlobal.NB_CFG)));
            }
        });
    }

    /** Somebody sets what is asked back to nothing. */
    void setNumbersBack() {
        var global = global();
        set(NbGlobal.TABLE, global.id(), Cell.of(NbGlobal.NB_CFG, 0L));
        set(NbGlobal.TABLE, global.id(), Cell.of(NbGlobal.SB_CFG, 0L));
        set(NbGlobal.TABLE, global.id(), Cell.of(NbGlobal.HV_CFG, 0L));
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
        var unsafe = violations();
        var before = tables;
        tables = copy(before);
        for (int i = 0; i < operations.size(); i++) {
            try {
                if (refusal.test(operations.get(i))) {
                    throw new FakeFailure("constraint violation", "refused by the test");
                }
                perform(operations.get(i));
            } catch (FakeFailure failure) {
                tables = before;
                return failed(failure, OptionalInt.of(i));
            }
        }
        try {
            FakeIntegrity.checkAndCollect(tables);
        } catch (FakeFailure failure) {
            tables = before;
            return failed(failure, OptionalInt.empty());
        }
        if (!vain.isEmpty()) {
            throw new AssertionError("committed, but for rows that are not there: " + vain);
        }
        checkInserted(operations);
        commits++;
        var more = violations();
        more.removeAll(unsafe);
        if (!more.isEmpty()) {
            throw new AssertionError("unsafe since commit " + commits + ": " + more);
        }
        return new Commit(new CommitOutcome.Committed(), changes(before));
    }

    private Set<String> violations() {
        var rows = FakeForwarding.of(this);
        var violations = new TreeSet<>(SafetyRules.broken(rows));
        violations.addAll(installed
                .map(rules -> rules.broken(rows))
                .orElseGet(() -> SafetyRules.egressIpsOnTwoRouters(rows).stream()
                        .filter(overlap -> !SafetyRules.isOfOwnRouter(overlap))
                        .toList()));
        return violations;
    }

    private static Commit failed(FakeFailure failure, OptionalInt operation) {
        var error = new OvsdbError(failure.error(), String.valueOf(failure.getMessage()));
        var outcome = switch (failure.error()) {
            case "timed out", "duplicate uuid", "referential integrity violation" ->
                new CommitOutcome.Conflict(error, operation);
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
        FakeIntegrity.checkAndCollect(tables);
        journal.tampered(this, operations(before));
        return changes(before);
    }

    public TableUpdates everything() {
        return FakeChanges.everything(monitored, tables);
    }

    UUID insert(Table table, Cell<?>... cells) {
        var id = new UUID(ids.nextLong(), ids.nextLong());
        insert(table, id, List.of(cells));
        return id;
    }

    private void insert(Table table, UUID id, List<Cell<?>> cells) {
        if (tables.get(table).containsKey(id)) {
            throw new FakeFailure("duplicate uuid", id.toString());
        }
        var values = new Object[table.columns().size()];
        table.columns().forEach(column -> values[column.index()] = column.defaultValue());
        cells.forEach(cell -> values[cell.column().index()] = cell.value());
        tables.get(table).put(id, values);
    }

    void set(Table table, UUID id, Cell<?> cell) {
        cells(table, id)[cell.column().index()] = cell.value();
    }

    /** With every reference to it. */
    void delete(Table table, UUID id) {
        tables.get(table).remove(id);
        FakeIntegrity.forget(tables, table, id);
    }

    <E> void addTo(Column<Set<E>> column, UUID row, E element) {
        mutate(cells(column.table(), row), column, Mutator.INSERT, Set.of(element));
    }

    <E> void removeFrom(Column<Set<E>> column, UUID row, E element) {
        mutate(cells(column.table(), row), column, Mutator.DELETE, Set.of(element));
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
                .map(id -> row(column.target(), id))
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
                    mutations.forEach(mutation -> {
                        if (mutation.mutator() == Mutator.ADD) {
                            int index = mutation.column().index();
                            row[index] = (Long) row[index] + (Long) mutation.value();
                        } else {
                            mutate(row, mutation.column(), mutation.mutator(), mutation.value());
                        }
                    });
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
                    throw new FakeFailure("timed out", table + " " + id);
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

    static boolean holds(Object[] row, Operation.Condition condition) {
        var value = row[condition.column().index()];
        return switch (condition.function()) {
            case EQUALS -> value.equals(condition.value());
            case INCLUDES -> ((Map<?, ?>) value).entrySet().containsAll(((Map<?, ?>) condition.value()).entrySet());
        };
    }

    private static void mutate(Object[] row, Column<?> column, Mutator mutator, Object value) {
        if (value
                instanceof Map<?, ?> pairs) { // RFC 7047 5.1: of a key that is there the value stays, pairs go as pairs
            var map = new HashMap<Object, Object>((Map<?, ?>) row[column.index()]);
            if (mutator == Mutator.INSERT) {
                pairs.forEach(map::putIfAbsent);
            } else {
                pairs.forEach(map::remove);
            }
            row[column.index()] = Map.copyOf(map);
        } else {
            mutate(row, column, mutator, (Set<?>) value);
        }
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

    /** What the server's schema says about a value. */
    private void check(Cell<?> cell) {
        var column = cell.column();
        if (!schema().has(column)) {
            throw new FakeFailure("unknown column", column.toString());
        }
        Collection<?> atoms = switch (cell.value()) {
            case Set<?> set -> set;
            case Map<?, ?> map -> map.keySet();
            default -> List.of(cell.value());
        };
        if (atoms.size() < column.min() || atoms.size() > column.max()) {
            throw new FakeFailure("syntax error", atoms.size() + " elements for " + column);
        }
        for (var atom : atoms) {
            boolean isAllowed = switch (atom) {
                case String text -> schema().accepts(column, text);
                case Long number -> !GREATEST.containsKey(column) || (number >= 0 && number <= GREATEST.get(column));
                default -> true;
            };
            if (!isAllowed) {
                throw new FakeFailure("constraint violation", atom + " in " + column);
            }
        }
    }

    private List<Operation> operations(Map<Table, Map<UUID, Object[]>> before) {
        return FakeChanges.operations(schema, before, tables);
    }

    private TableUpdates changes(Map<Table, Map<UUID, Object[]>> before) {
        return FakeChanges.updates(monitored, before, tables);
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
}
