package io.ovnegress.reconciler.machine;

import io.ovnegress.ovsdb.operation.OvsdbError;
import java.util.OptionalInt;

/** How a planned transaction ended: a closed set, each with one answer. */
public sealed interface CommitOutcome {
    /** In the database. */
    record Committed() implements CommitOutcome {}

    /**
     * The database was not what the transaction expected: read again, decide again.
     *
     * @param operation index of the operation that failed, empty if the error is about the transaction as a whole
     */
    record Conflict(OvsdbError error, OptionalInt operation) implements CommitOutcome {
        public Conflict(OvsdbError error) {
            this(error, OptionalInt.empty());
        }
    }

    /** The server is not the leader of its cluster, or the lock is not ours (any more): nothing was written. */
    record NotLeader(OvsdbError error) implements CommitOutcome {}

    /** The reply never came: it may have been committed. Decided again after the replica has caught up, never resent. */
    record Lost(String reason) implements CommitOutcome {}

    /** The server cannot write at all, its disk is full for example: nothing was written, and it is nobody's fault here. */
    record Unable(OvsdbError error) implements CommitOutcome {}

    /**
     * The server will not have it.
     *
     * @param operation index of the refused operation, empty if the error is about the transaction as a whole
     */
    record Refused(OvsdbError error, OptionalInt operation) implements CommitOutcome {}
}
