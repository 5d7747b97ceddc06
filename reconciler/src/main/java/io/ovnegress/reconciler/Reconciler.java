package io.ovnegress.reconciler;

import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.input.InputChange;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The whole of the decisions as a state machine without I/O: inputs and database updates in; transactions and status changes
 * out. The same inputs in any order end in the same rows. Not thread safe: one thread drives it.
 */
public final class Reconciler {

    public Reconciler(ReconcilerConfig config) {}

    /** What a session must monitor on a server with this schema. */
    public static MonitorSpec monitorSpec(ServerSchema schema) {
        throw new UnsupportedOperationException();
    }

    /** A session is up: what follows in {@link #apply(TableUpdates)} comes from a server with this schema. */
    public void connected(ServerSchema schema) {
        throw new UnsupportedOperationException();
    }

    /** The session is gone; no transaction is planned until it is back and has caught up. */
    public void disconnected() {
        throw new UnsupportedOperationException();
    }

    public void apply(InputChange change, Instant now) {
        throw new UnsupportedOperationException();
    }

    public void apply(TableUpdates updates) {
        throw new UnsupportedOperationException();
    }

    /** The next transaction to submit; empty if there is nothing to do, or not before another one has ended. */
    public Optional<PlannedTransaction> nextTransaction(Instant now) {
        throw new UnsupportedOperationException();
    }

    /** Ends a transaction. Its updates must have been applied before if it was committed. */
    public void complete(PlannedTransaction transaction, CommitOutcome outcome, Instant now) {
        throw new UnsupportedOperationException();
    }

    /** The status changes since the last call, each once. */
    public List<StatusChange> takeStatusChanges() {
        throw new UnsupportedOperationException();
    }

    /** When {@link #nextTransaction} should be asked again although nothing happened: a retry is due then. */
    public Optional<Instant> nextDeadline() {
        throw new UnsupportedOperationException();
    }

    public Progress progress() {
        throw new UnsupportedOperationException();
    }

    /**
     * @param missing the input kinds not listed yet
     * @param dirty owners to be looked at
     */
    public record Progress(
            boolean synchronised,
            java.util.Set<io.ovnegress.reconciler.input.InputKind> missing,
            int dirty,
            int inFlight,
            int backedOff) {}
}
