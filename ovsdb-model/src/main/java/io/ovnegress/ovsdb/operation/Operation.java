package io.ovnegress.ovsdb.operation;

import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Table;
import java.util.List;
import java.util.UUID;

/** One database operation of a transaction (RFC 7047 section 5.2) as a value. */
public sealed interface Operation {

    /**
     * Inserts a row under a UUID chosen by the client (ovsdb-server(7), the {@code uuid} member of {@code insert}): a repeat
     * is refused as a duplicate instead of silently doubling the row.
     */
    record Insert(Table table, UUID id, List<Cell<?>> cells) implements Operation {
        public Insert {
            cells = List.copyOf(cells);
        }
    }

    /** Sets columns of the rows that match. */
    record Update(Table table, Where where, List<Cell<?>> cells) implements Operation {
        public Update {
            cells = List.copyOf(cells);
        }
    }

    /** Adds elements to and removes elements from set or map columns of the rows that match. */
    record Mutate(Table table, Where where, List<Mutation> mutations) implements Operation {
        public Mutate {
            mutations = List.copyOf(mutations);
        }
    }

    /** Deletes the rows that match; a row that is strongly referenced elsewhere makes the transaction fail. */
    record Delete(Table table, Where where) implements Operation {}

    /**
     * Aborts the transaction with {@code timed out} unless the matching rows, cut to the given cells' columns, are exactly
     * one row with these cells. Never waits (timeout 0).
     */
    record Expect(Table table, Where where, List<Cell<?>> cells) implements Operation {
        public Expect {
            cells = List.copyOf(cells);
        }
    }

    /** Aborts the transaction with {@code not owner} unless this session holds the lock (RFC 7047 section 5.2.10). */
    record Assert(String lock) implements Operation {}

    /** A text for the server's log (RFC 7047 section 5.2.9). */
    record Comment(String text) implements Operation {}

    /** A change of a set or map column, {@code delete} first, then {@code insert}; or of a number. */
    record Mutation(Column<?> column, Mutator mutator, Object value) {
        /** @param value a {@code Set} (also of keys, to delete from a map) or a {@code Map} of the column's atoms */
        public Mutation {}
    }

    enum Mutator {
        INSERT("insert"),
        DELETE("delete"),
        /** Adds the value to a number. */
        ADD("+=");

        private final String text;

        Mutator(String text) {
            this.text = text;
        }

        public String text() {
            return text;
        }
    }

    /** Which rows an operation concerns. */
    sealed interface Where {
        /** The row with this UUID. */
        record Id(UUID id) implements Where {}

        /** The rows for which every condition holds (RFC 7047 section 5.1, {@code <condition>}). */
        record All(List<Condition> conditions) implements Where {
            public All {
                conditions = List.copyOf(conditions);
            }
        }
    }

    /** {@code [column, function, value]}. */
    record Condition(Column<?> column, Function function, Object value) {}

    enum Function {
        EQUALS("=="),
        INCLUDES("includes");

        private final String text;

        Function(String text) {
            this.text = text;
        }

        public String text() {
            return text;
        }
    }
}
