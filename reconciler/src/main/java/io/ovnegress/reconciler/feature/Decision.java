package io.ovnegress.reconciler.feature;

/**
 * Something that was decided and that an operator would ask about: a value of each feature. It is said when it is decided; that it
 * is in the database is said by the transaction.
 */
public interface Decision {
    /** How it reads in the log. */
    LogLine line();

    /** Whether it only follows what OVN has done by itself when a node fell silent. */
    default boolean isFailover() {
        return false;
    }
}
