package io.ovnegress.reconciler.northbound;

/**
 * What was wrong with one row.
 *
 * @param row for people: its table, what it is for, and where it is
 * @param detail what was wrong, after the row; what somebody else wrote is in it, in printable characters, cut short
 */
public record Damage(Kind kind, String row, String detail) {

    public enum Kind {
        /** There was no such row. */
        Missing,
        /** A column held something else. */
        Changed,
        /** It was on another router or switch. */
        Misplaced,
        /** Nobody wants it. */
        Unwanted
    }

    @Override
    public String toString() {
        return row + " " + detail;
    }
}
