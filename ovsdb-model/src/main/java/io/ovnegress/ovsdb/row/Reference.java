package io.ovnegress.ovsdb.row;

import java.util.function.Supplier;

/**
 * Where the UUIDs of a column point ({@code refTable} and {@code refType}, RFC 7047 section 3.2).
 *
 * <p>A <em>strong</em> one keeps its row: a transaction that would leave one to a row that is not there fails, and a row of a
 * table that is no root goes with the last one. A <em>weak</em> one goes with its row, silently.
 */
public final class Reference {
    /** Asked late: the classes of the tables are initialised in any order. */
    private final Supplier<Table> target;

    private final boolean strong;

    Reference(Supplier<Table> target, boolean strong) {
        this.target = target;
        this.strong = strong;
    }

    /** The table of the rows that are pointed to. */
    public Table target() {
        return target.get();
    }

    public boolean isStrong() {
        return strong;
    }

    @Override
    public String toString() {
        return (strong ? "strong to " : "weak to ") + target();
    }
}
