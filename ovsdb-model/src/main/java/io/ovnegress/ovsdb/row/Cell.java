package io.ovnegress.ovsdb.row;

/** A column and a value for it: what an insert writes, an update sets, or a desired row demands. */
public record Cell<T>(Column<T> column, T value) {
    public static <T> Cell<T> of(Column<T> column, T value) {
        return new Cell<>(column, value);
    }
}
