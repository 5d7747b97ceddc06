package io.ovnegress.reconciler;

/** The ways in which the same history may reach the controller; the end is the same for all of them. */
enum ScenarioOrder {
    /** The inputs of a step together, in the order of the file. */
    AS_WRITTEN,
    /** The inputs of each step in the opposite order. */
    REVERSED,
    /** A transaction after each input. */
    SPLIT,
    /** The inputs of all steps at once; only the last {@code then} is looked at. */
    SQUASHED,
    /** Every input twice. */
    DUPLICATED,
    /** Complete lists of everything in the middle and at the end of each step. */
    RESYNCED,
    /** The controller is restarted after each step, and finds nothing to do. */
    RESTARTED,
    /** The same, and nobody has kept its statuses: what it finds in the database must do. */
    RESTARTED_WITHOUT_STATUS,
    /** Each step but the first happens while the controller is down. */
    MISSED,
    /** The connection is lost after each input, and everything is read again. */
    RECONNECTED,
    /** The reply of every other transaction is lost after it was committed. */
    REPLY_LOST,
    /** Every other transaction is lost on its way to the server. */
    REQUEST_LOST,
    /** Transactions as small as they can be. */
    SMALLEST,
    /** Transactions are on their way while the next input comes in. */
    OVERLAPPING,
    /** The installed CRD keeps no conditions, as ovn-kubernetes' own. */
    PRUNED,
    /** Pods have ports, which are seen before their pods; what pods say of themselves is not enough. */
    PORTS_FIRST,
    /** Pods have ports, which are seen after their pods. */
    PORTS_LAST;

    /** Whether the events of each step are the same as when nothing goes wrong. */
    boolean hasSameEvents() {
        return switch (this) {
            case SPLIT, SQUASHED, RESTARTED_WITHOUT_STATUS, MISSED, SMALLEST, OVERLAPPING -> false;
            default -> true;
        };
    }

    boolean hasPorts() {
        return this == PORTS_FIRST || this == PORTS_LAST;
    }

    /** Whether a row that the file speaks of may not be there yet when it is damaged. */
    boolean mayComeTooEarly() {
        return this == SQUASHED || this == OVERLAPPING;
    }
}
