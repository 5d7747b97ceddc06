package io.ovnegress.ovsdb.row;

/** An {@code <atomic-type>} of RFC 7047 section 3.2, and the Java class that carries its values. */
public enum AtomicType {
    /** {@link Long}. */
    INTEGER,
    /** {@link Double}. */
    REAL,
    /** {@link Boolean}. */
    BOOLEAN,
    /** {@link String}. */
    STRING,
    /** {@link java.util.UUID}. */
    UUID
}
