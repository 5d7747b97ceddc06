package io.ovnegress.ovsdb.row;

import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A column of a table of the pinned schema.
 *
 * <p>The Java type of its values follows from the column's {@code <type>} (RFC 7047 section 3.2): exactly one key is the
 * atom itself, any other number of keys is a {@link Set} (an optional value is a set of at most one), and keys with
 * values are a {@link Map}. Immutable; columns are compared by identity.
 *
 * @param <T> {@code String}, {@code Long}, {@code Boolean}, {@code Double}, {@code UUID}, a {@code Set} or a {@code Map}
 *     of those
 */
public final class Column<T> {
    private final Table table;
    private final int index;
    private final String name;
    private final BaseType key;
    private final Optional<BaseType> value;
    private final int min;
    private final int max;
    private final T defaultValue;

    Column(
            Table table,
            int index,
            String name,
            BaseType key,
            Optional<BaseType> value,
            int min,
            int max,
            T defaultValue) {
        this.table = table;
        this.index = index;
        this.name = name;
        this.key = key;
        this.value = value;
        this.min = min;
        this.max = max;
        this.defaultValue = defaultValue;
    }

    public Table table() {
        return table;
    }

    /** Position of the column's cell in a {@link Row} of its table. */
    public int index() {
        return index;
    }

    public String name() {
        return name;
    }

    public AtomicType keyType() {
        return key.atomic();
    }

    /** The type of the values of a map; empty for scalars and sets. */
    public Optional<AtomicType> valueType() {
        return value.map(BaseType::atomic);
    }

    /** Where the column's UUIDs point: those of a scalar or a set, the keys of a map. Empty if they are no references. */
    public Optional<Reference> reference() {
        return key.reference();
    }

    /** Where the values of a map point; empty if they are no references. */
    public Optional<Reference> valueReference() {
        return value.flatMap(BaseType::reference);
    }

    /**
     * The table that the column's UUIDs point to.
     *
     * @throws IllegalArgumentException if they are no references: to ask is a mistake
     */
    public Table target() {
        return key.reference()
                .orElseThrow(() -> new IllegalArgumentException(this + " refers to no table"))
                .target();
    }

    /** The least number of elements. */
    public int min() {
        return min;
    }

    /** The greatest number of elements; {@link Integer#MAX_VALUE} for {@code "unlimited"}. */
    public int max() {
        return max;
    }

    public boolean isMap() {
        return value.isPresent();
    }

    /** Whether the column always holds exactly one atom. */
    public boolean isScalar() {
        return min == 1 && max == 1 && value.isEmpty();
    }

    public boolean isSet() {
        return !isScalar() && !isMap();
    }

    /** What the server stores when an insert does not name the column (RFC 7047 section 5.2.1). */
    public T defaultValue() {
        return defaultValue;
    }

    @Override
    public String toString() {
        return table.name() + "." + name;
    }
}
