package io.ovnegress.ovsdb.codec;

/**
 * Gives back an equal value seen before, if it was not long ago: one slot per hash, the latest value wins. So it shares what
 * repeats, never grows, and values that never repeat only pass through. Not thread safe.
 */
final class RecentValues {
    private static final int SLOTS = 512;
    private static final int LONGEST_SHARED = 128;

    private final Object[] slots = new Object[SLOTS];

    Object shared(Object value) {
        if (value instanceof String text && text.length() > LONGEST_SHARED) {
            return value;
        }
        int hash = value.hashCode() * 0x9E3779B9;
        int slot = hash >>> 23;
        var known = slots[slot];
        if (value.equals(known)) {
            return known;
        }
        slots[slot] = value;
        return value;
    }
}
