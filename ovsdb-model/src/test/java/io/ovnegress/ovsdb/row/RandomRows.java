package io.ovnegress.ovsdb.row;

import io.ovnegress.ovsdb.nb.OvnNorthbound;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Any rows of any table, strings as hostile as the server takes them. */
public final class RandomRows {
    private static final int MOST_ELEMENTS = 5;

    private RandomRows() {}

    public static Arbitrary<Row> ofAnyTable() {
        return Arbitraries.of(OvnNorthbound.TABLES).flatMap(RandomRows::of);
    }

    /** One row of each table of the schema. */
    public static Arbitrary<List<Row>> ofEveryTable() {
        return Combinators.combine(
                        OvnNorthbound.TABLES.stream().map(RandomRows::of).toList())
                .as(rows -> rows);
    }

    /** A row all of whose columns are known. */
    public static Arbitrary<Row> of(Table table) {
        var values = table.columns().stream().map(RandomRows::value).toList();
        return ids().flatMap(id -> Combinators.combine(values).as(cells -> new Row(table, id, cells.toArray())));
    }

    public static List<Cell<?>> cells(Row row) {
        var cells = new ArrayList<Cell<?>>();
        for (var column : row.table().columns()) {
            cells.add(cell(row, column));
        }
        return cells;
    }

    private static <T> Cell<T> cell(Row row, Column<T> column) {
        return Cell.of(column, row.get(column));
    }

    public static Arbitrary<UUID> ids() {
        return Combinators.combine(Arbitraries.longs(), Arbitraries.longs()).as(UUID::new);
    }

    public static Arbitrary<String> texts() {
        return Arbitraries.oneOf(
                Arbitraries.strings()
                        .withChars("ab\\\"'/{}[],:\n\r\t\b\u0001\u001f\u007f\u00e9\u20ac ")
                        .ofMaxLength(12),
                Arbitraries.of(
                        "", "\\", "\"", "set", "map", "uuid", "x\\\\", "\ud83d\ude00", "\ufeff", "\uffff", "null"));
    }

    private static Arbitrary<Object> value(Column<?> column) {
        var keys = atom(column.keyType());
        int most = Math.min(column.max(), MOST_ELEMENTS);
        if (column.isScalar()) {
            return keys;
        }
        if (column.isMap()) {
            return Arbitraries.maps(keys, atom(column.valueType().orElseThrow()))
                    .ofMinSize(column.min())
                    .ofMaxSize(most)
                    .map(Map::copyOf);
        }
        return keys.set().ofMinSize(column.min()).ofMaxSize(most).map(Set::copyOf);
    }

    private static Arbitrary<Object> atom(AtomicType type) {
        return switch (type) {
            case INTEGER -> Arbitraries.longs().asGeneric();
            case REAL -> Arbitraries.doubles().asGeneric();
            case BOOLEAN -> Arbitraries.of(true, false).asGeneric();
            case STRING -> texts().asGeneric();
            case UUID -> ids().asGeneric();
        };
    }
}
