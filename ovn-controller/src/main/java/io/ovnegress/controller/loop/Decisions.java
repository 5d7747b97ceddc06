package io.ovnegress.controller.loop;

import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.feature.Decision;
import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.machine.PlannedTransaction;
import io.ovnegress.reconciler.machine.Reconciler;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The state machine that the loop drives. The loop must survive whatever goes wrong in it, so the loop's own contract is
 * this narrow one; {@link #of} is the machine that runs. Only the loop thread calls it.
 */
public interface Decisions {

    void connected(ServerSchema schema);

    void disconnected();

    /** Whether to decide anything, or only to follow. */
    void setLeader(boolean leads);

    void apply(InputChange change, Instant now);

    void apply(TableUpdates updates);

    Optional<PlannedTransaction> nextTransaction(Instant now);

    void complete(PlannedTransaction transaction, CommitOutcome outcome, Instant now);

    List<StatusChange> takeStatusChanges();

    /** What has been decided since the last call. */
    List<Decision> takeDecisions();

    Optional<Instant> nextDeadline();

    Reconciler.Progress progress();

    Shortfall shortfall();

    static Decisions of(Reconciler reconciler) {
        return new Decisions() {
            @Override
            public void connected(ServerSchema schema) {
                reconciler.connected(schema);
            }

            @Override
            public void disconnected() {
                reconciler.disconnected();
            }

            @Override
            public void setLeader(boolean leads) {
                reconciler.setLeader(leads);
            }

            @Override
            public void apply(InputChange change, Instant now) {
                reconciler.apply(change, now);
            }

            @Override
            public void apply(TableUpdates updates) {
                reconciler.apply(updates);
            }

            @Override
            public Optional<PlannedTransaction> nextTransaction(Instant now) {
                return reconciler.nextTransaction(now);
            }

            @Override
            public void complete(PlannedTransaction transaction, CommitOutcome outcome, Instant now) {
                reconciler.complete(transaction, outcome, now);
            }

            @Override
            public List<StatusChange> takeStatusChanges() {
                return reconciler.takeStatusChanges();
            }

            @Override
            public List<Decision> takeDecisions() {
                return reconciler.takeDecisions();
            }

            @Override
            public Optional<Instant> nextDeadline() {
                return reconciler.nextDeadline();
            }

            @Override
            public Reconciler.Progress progress() {
                return reconciler.progress();
            }

            @Override
            public Shortfall shortfall() {
                return reconciler.shortfall();
            }
        };
    }
}
