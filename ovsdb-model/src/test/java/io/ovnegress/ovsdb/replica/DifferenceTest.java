package io.ovnegress.ovsdb.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.replica.RowUpdate.Kind;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.RandomRows;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The laws of differences, over rows of all tables, with and without element columns. */
class DifferenceTest {
    record Pair(Row before, Row after) {}

    @Property(tries = 500)
    void applyingTheDifferenceGivesTheOtherRow(@ForAll("pairs") Pair pair, @ForAll boolean elements) {
        var replica = new Replica(spec(pair.before().table(), elements));
        var mirror = new Mirror();
        replica.apply(updates(false, insert(pair.before())), mirror);
        replica.apply(updates(false, modify(pair.before(), pair.after())), mirror);

        assertHolds(replica, pair.after());
        mirror.assertShows(replica);
    }

    @Property(tries = 300)
    void differenceToItselfTellsNothing(@ForAll("pairs") Pair pair, @ForAll boolean elements) {
        var replica = new Replica(spec(pair.before().table(), elements));
        replica.apply(updates(false, insert(pair.before())), new Mirror());
        var mirror = new Mirror();
        replica.apply(updates(false, modify(pair.before(), pair.before())), mirror);
        replica.apply(updates(true, insert(pair.before())), mirror);

        assertThat(mirror.rowChanges() + mirror.elementChanges()).isZero();
    }

    @Property(tries = 300)
    void resyncFromAnyStateEqualsAFreshStart(@ForAll("states") List<List<Row>> states, @ForAll boolean elements) {
        var spec = spec(states.getFirst().getFirst().table(), elements);
        var replica = new Replica(spec);
        var mirror = new Mirror();
        for (var state : states) {
            var complete =
                    updates(true, state.stream().map(DifferenceTest::insert).toArray(RowUpdate[]::new));
            replica.apply(complete, mirror);
            mirror.assertShows(replica);
            assertThat(replica.rows(spec.tables().keySet().iterator().next())).hasSameSizeAs(state);
            state.forEach(row -> assertHolds(replica, row));
        }
    }

    @Provide
    Arbitrary<Pair> pairs() {
        return RandomRows.ofAnyTable()
                .flatMap(before -> RandomRows.of(before.table())
                        .map(after -> new Pair(
                                before,
                                new Row(
                                        after.table(),
                                        before.id(),
                                        mixed(before, after).copyOfCells()))));
    }

    /** Several states of one table, whose rows partly have the same UUIDs. */
    @Provide
    Arbitrary<List<List<Row>>> states() {
        return RandomRows.ofAnyTable().flatMap(any -> {
            var rows = Combinators.combine(Arbitraries.longs().between(1, 4), RandomRows.of(any.table()))
                    .as((id, row) -> new Row(row.table(), new java.util.UUID(id, id), row.copyOfCells()));
            return rows.list()
                    .uniqueElements(Row::id)
                    .ofMinSize(1)
                    .ofMaxSize(4)
                    .list()
                    .ofMinSize(1)
                    .ofMaxSize(3);
        });
    }

    /** Half of the columns changed; of sets and maps something is kept. */
    private static Row mixed(Row before, Row after) {
        var cells = after.copyOfCells();
        for (var column : before.table().columns()) {
            int i = column.index();
            var old = before.get(column);
            if (i % 2 == 0) {
                cells[i] = old;
            } else if (cells[i] instanceof Set<?> set && column.max() > 1) {
                var union = new HashSet<Object>(set);
                union.addAll((Set<?>) old);
                cells[i] = Set.copyOf(union);
            } else if (cells[i] instanceof Map<?, ?> map) {
                var union = new HashMap<Object, Object>((Map<?, ?>) old);
                union.putAll(map);
                cells[i] = Map.copyOf(union);
            }
        }
        return new Row(after.table(), after.id(), cells);
    }

    private static void assertHolds(Replica replica, Row expected) {
        var held = replica.row(expected.table(), expected.id()).orElseThrow();
        for (var column : expected.table().columns()) {
            var value = replica.spec().isElementColumn(column)
                    ? Mirror.elements(replica, column, expected.id())
                    : held.get(column);
            assertThat(value).as("%s", column).isEqualTo(expected.get(column));
        }
    }

    @SuppressWarnings("unchecked") // set columns hold sets
    private static MonitorSpec spec(Table table, boolean elements) {
        var builder = MonitorSpec.builder().table(table, table.columns());
        for (var column : table.columns()) {
            if (elements && column.isSet() && column.max() > 1) {
                builder.elementsOf((Column<Set<Object>>) column);
            }
        }
        return builder.build();
    }

    private static TableUpdates updates(boolean complete, RowUpdate... updates) {
        return new TableUpdates(complete, TableUpdates.NO_TRANSACTION, List.of(updates));
    }

    /** As the server writes it: columns that hold their default are left out. */
    private static RowUpdate insert(Row row) {
        var cells = row.copyOfCells();
        for (var column : row.table().columns()) {
            if (row.get(column).equals(column.defaultValue())) {
                cells[column.index()] = null;
            }
        }
        return new RowUpdate(row.table(), row.id(), Kind.INSERT, cells);
    }

    /** As ovsdb-server(7), section 4.1.14 says; an own account of it, not the replica's. */
    private static RowUpdate modify(Row before, Row after) {
        var cells = new Object[before.table().columns().size()];
        for (var column : before.table().columns()) {
            if (!before.get(column).equals(after.get(column))) {
                cells[column.index()] = difference(column, before.get(column), after.get(column));
            }
        }
        return new RowUpdate(before.table(), before.id(), Kind.MODIFY, cells);
    }

    private static Object difference(Column<?> column, Object before, Object after) {
        if (column.max() == 1) {
            return after;
        }
        if (before instanceof Map<?, ?> old) {
            var now = (Map<?, ?>) after;
            var keys = new HashSet<Object>(old.keySet());
            keys.addAll(now.keySet());
            var pairs = new HashMap<Object, Object>();
            for (var key : keys) {
                if (!now.containsKey(key)) {
                    pairs.put(key, old.get(key));
                } else if (!now.get(key).equals(old.get(key))) {
                    pairs.put(key, now.get(key));
                }
            }
            return Map.copyOf(pairs);
        }
        var old = (Set<?>) before;
        var now = (Set<?>) after;
        var elements = new ArrayList<Object>();
        old.stream().filter(element -> !now.contains(element)).forEach(elements::add);
        now.stream().filter(element -> !old.contains(element)).forEach(elements::add);
        return Set.copyOf(elements);
    }
}
