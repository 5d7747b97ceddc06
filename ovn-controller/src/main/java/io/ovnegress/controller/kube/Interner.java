package io.ovnegress.controller.kube;

/**
 * Remembers recently seen values so that equal ones share one instance: 50,000 pods have few distinct nodes, namespaces and
 * label maps. Bounded: a value may displace another, which costs memory but never correctness. Values must be immutable; any
 * thread may ask, and a race costs no more than a second instance.
 */
final class Interner<T> {
    private final Object[] slots;

    /**
     * @param size the number of values remembered, a power of two
     */
    Interner(int size) {
        if (Integer.bitCount(size) != 1) {
            throw new IllegalArgumentException("not a power of two: " + size);
        }
        slots = new Object[size];
    }

    @SuppressWarnings("unchecked") // only intern() writes slots
    T intern(T value) {
        int hash = value.hashCode();
        int slot = (hash ^ (hash >>> 16)) & (slots.length - 1);
        Object known = slots[slot];
        if (value.equals(known)) {
            return (T) known;
        }
        slots[slot] = value;
        return value;
    }
}
