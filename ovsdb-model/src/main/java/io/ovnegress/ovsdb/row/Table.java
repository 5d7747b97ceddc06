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

    public Optional<Column<?>> column(String columnName) {
        return Optional.ofNullable(byName.get(columnName));
    }

    /** Registers a column with exactly one value; the default is RFC 7047's for the type. */
    @SuppressWarnings("unchecked") // the generated code names the Java class of the type
    public <T> Column<T> scalar(String columnName, AtomicType type) {
        return add(columnName, type, Optional.empty(), 1, 1, (T) defaultAtom(type));
    }

    /** Registers a set of {@code min} to {@code max} elements; the default of one that is never empty is a default atom. */
    @SuppressWarnings("unchecked") // as above
    public <T> Column<Set<T>> set(String columnName, AtomicType type, int min, int max) {
        Set<T> defaultValue = min == 0 ? Set.of() : Set.of((T) defaultAtom(type));
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
    public <K, V> Column<Map<K, V>> map(String columnName, AtomicType key, AtomicType value, int min, int max) {
        return add(columnName, key, Optional.of(value), min, max, Map.of());
    }

    private <T> Column<T> add(
            String columnName, AtomicType key, Optional<AtomicType> value, int min, int max, T defaultValue) {
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
