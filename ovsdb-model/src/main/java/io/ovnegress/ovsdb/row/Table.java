package io.ovnegress.ovsdb.row;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * A table of the pinned schema. Its columns are registered by the generated class of the table while that class is
 * initialised, and never change afterwards; tables are compared by identity.
 */
public final class Table {
    private final String name;
    private final boolean root;
    private final List<Column<?>> columns = new ArrayList<>();
    private final Map<String, Column<?>> byName = new HashMap<>();
    private final List<List<Column<?>>> indexes = new ArrayList<>();
    private Optional<Column<String>> nameColumn = Optional.empty();
    private Optional<Column<Map<String, String>>> externalIds = Optional.empty();

    public Table(String name, boolean root) {
        this.name = name;
        this.root = root;
    }

    public String name() {
        return name;
    }

    /** Whether rows live without being referenced ({@code isRoot}, RFC 7047 section 3.2). */
    public boolean isRoot() {
        return root;
    }

    public List<Column<?>> columns() {
        return Collections.unmodifiableList(columns);
    }

    /** @throws IllegalArgumentException if the table has no such column */
    public Column<?> column(String columnName) {
        var column = byName.get(columnName);
        if (column == null) {
            throw new IllegalArgumentException(name + " has no column " + columnName);
        }
        return column;
    }

    /** Each a list of columns whose values together are another in every row ({@code indexes}, RFC 7047 section 3.2). */
    public List<List<Column<?>>> indexes() {
        return Collections.unmodifiableList(indexes);
    }

    /**
     * The column by which people, and other rows, call a row: {@code name}, where a table has one that always holds one text
     * (ovn-nb(5)). Whether no two rows share a name is what {@link #indexes()} says. Empty for tables without (routes,
     * policies, NAT), and where a name may be left out (ACLs).
     */
    public Optional<Column<String>> nameColumn() {
        return nameColumn;
    }

    /** The column {@code external_ids}, where a table has it (ovn-nb(5), "Common Columns"). */
    public Optional<Column<Map<String, String>>> externalIds() {
        return externalIds;
    }

    /** Registers a column with exactly one value; the default is RFC 7047's for the type. */
    @SuppressWarnings("unchecked") // the generated code names the Java class of the type
    public <T> Column<T> scalar(String columnName, BaseType type) {
        var column = add(columnName, type, Optional.empty(), 1, 1, (T) defaultAtom(type.atomic()));
        if (columnName.equals("name") && type.atomic() == AtomicType.STRING) {
            nameColumn = Optional.of((Column<String>) column);
        }
        return column;
    }

    /** Registers a set of {@code min} to {@code max} elements; the default of one that is never empty is a default atom. */
    @SuppressWarnings("unchecked") // as above
    public <T> Column<Set<T>> set(String columnName, BaseType type, int min, int max) {
        Set<T> defaultValue = min == 0 ? Set.of() : Set.of((T) defaultAtom(type.atomic()));
        return add(columnName, type, Optional.empty(), min, max, defaultValue);
    }

    private static Object defaultAtom(AtomicType type) {
        return switch (type) {
            case INTEGER -> 0L;
            case REAL -> 0.0;
            case BOOLEAN -> false;
            case STRING -> "";
            case UUID -> new UUID(0, 0);
        };
    }

    /** Registers a map of {@code min} to {@code max} pairs. */
    @SuppressWarnings("unchecked") // as above
    public <K, V> Column<Map<K, V>> map(String columnName, BaseType key, BaseType value, int min, int max) {
        Column<Map<K, V>> column = add(columnName, key, Optional.of(value), min, max, Map.of());
        if (columnName.equals("external_ids")) {
            externalIds = Optional.of((Column<Map<String, String>>) (Column<?>) column);
        }
        return column;
    }

    /** Registers columns whose values together are another in every row. */
    public void index(Column<?>... indexed) {
        indexes.add(List.of(indexed));
    }

    private <T> Column<T> add(
            String columnName, BaseType key, Optional<BaseType> value, int min, int max, T defaultValue) {
        var column = new Column<T>(this, columns.size(), columnName, key, value, min, max, defaultValue);
        columns.add(column);
        byName.put(columnName, column);
        return column;
    }

    @Override
    public String toString() {
        return name;
    }
}
