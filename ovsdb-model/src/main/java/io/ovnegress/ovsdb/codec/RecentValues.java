package io.ovnegress.ovsdb.codec;

/**
 * Gives back an equal value seen before, if it was not long ago: one slot per hash, the latest value wins. So it shares what
 * repeats, never grows, and values that never repeat only pass through. Not thread safe.
 *
 * <p>Measured with 100,000 NATs of 200 egress IPs, each with a unique owner key among its external_ids and an
 * element of its router: 500 bytes per NAT all in all; with 512 slots for a column's keys and values together, 615.
 */
final class RecentValues {
    private static final int SLOT_BITS = 11;
    private static final int LONGEST_SHARED = 128;
    /** Spreads hashes over the slots (2^32 divided by the golden ratio). */
    private static final int SPREAD = 0x9E3779B9;

    /** Made when first needed: most columns of most tables never have a value. */
    private Object[] slots = {};

    Object shared(Object value) {
        if (value instanceof String text && text.length() > LONGEST_SHARED) {
            return value;
        }
        if (slots.length == 0) {
            slots = new Object[1 << SLOT_BITS];
        }
        int slot = (value.hashCode() * SPREAD) >>> (Integer.SIZE - SLOT_BITS);
        var known = slots[slot];
        if (value.equals(known)) {
            return known;
        }
        slots[slot] = value;
        return value;
    }
}
