package io.ovnegress.reconciler.machine;

import io.ovnegress.reconciler.explain.OwnerRows;
import io.ovnegress.reconciler.explain.Reason;
import io.ovnegress.reconciler.explain.Standing;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import io.ovnegress.reconciler.northbound.PrintableText;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** How far the rows of owners are at this moment. Looks only. */
final class OwnersNow implements OwnerRows {
    private static final int ERROR_LIMIT = 400;

    private final NorthboundView view;
    private final Batch.Work work;
    private final Outcomes outcomes;
    private final boolean leads;
    private final boolean synchronised;
    private final Instant now;
    private final WantedDiffer differ;
    private final RowStates states;

    OwnersNow(Batch.Work work, Outcomes outcomes, boolean leads, boolean synchronised, Instant now) {
        this.view = work.features().world().northbound();
        this.work = work;
        this.outcomes = outcomes;
        this.leads = leads;
        this.synchronised = synchronised;
        this.now = now;
        this.differ = new WantedDiffer(view);
        this.states = new RowStates(view);
    }

    @Override
    public State of(Owner owner, List<DesiredRow> inTheEnd) {
        return of(owner, work.features().want(owner), inTheEnd);
    }

    @Override
    public State ofShared(Owner owner, List<DesiredRow> wanted) {
        return of(owner, Wanted.rows(wanted, view.rowsOf(owner), Optional::empty), wanted);
    }

    private State of(Owner owner, Wanted wanted, List<DesiredRow> inTheEnd) {
        boolean isAsWanted = differ.changes(wanted).isEmpty();
        return new State(
                states.of(view.rowsOf(owner), wanted, inTheEnd),
                standing(owner, wanted, isAsWanted),
                isAsWanted && wanted.next().isEmpty());
    }

    boolean leads() {
        return leads;
    }

    boolean isSynchronised() {
        return synchronised;
    }

    /** @param isAsWanted whether the rows are what is wanted in the present step */
    Reason standing(Owner owner, Wanted wanted, boolean isAsWanted) {
        var subnets = work.features().subnets();
        if (!leads) {
            return new Reason(
                    Standing.StandsBy,
                    "this controller does not write: it says what it would decide, and what is there");
        }
        if (!synchronised) {
            return new Reason(
                    Standing.NotConnected,
                    "the database is not connected, or is being read: of rows it is said what was known last");
        }
        if (subnets.writesNothing()) {
            return new Reason(Standing.SubnetsContradicted, subnets.sentence());
        }
        if (work.inFlight().isInFlight(owner)) {
            return new Reason(Standing.BeingWritten, "a transaction with its rows is on its way to the database");
        }
        var refusal = work.dirty().refusal(owner).filter(refused -> !isAsWanted);
        if (refusal.isPresent()) {
            return refused(refusal.get());
        }
        if (isAsWanted) {
            return wanted.next()
                    .map(OwnersNow::step)
                    .orElseGet(() -> new Reason(Standing.Programmed, "everything is in the database as it is to be"));
        }
        if (work.dirty().isSetAside(owner)) {
            return new Reason(
                    Standing.Fault, "looking at it has failed, which is an error of the controller: see its log");
        }
        if (work.dirty().isPaused(owner)) {
            return new Reason(
                    Standing.Contested,
                    "another writer keeps changing its rows, and they were put right only just: the next repair waits,"
                            + " a minute at most");
        }
        var trouble = Optional.of(outcomes.serverTrouble()).filter(error -> !error.isEmpty());
        return trouble.map(error ->
                        new Reason(Standing.ServerTrouble, "the server cannot write (is its disk full?): " + error))
                .orElseGet(() -> new Reason(Standing.Pending, "its rows are to be written next"));
    }

    private Reason refused(DirtyOwners.Refusal refusal) {
        var wait = Duration.between(now, refusal.due());
        return new Reason(
                Standing.Refused,
                "the database refused its rows ("
                        + (refusal.times() == 1 ? "once" : refusal.times() + " times") + "), they are tried again "
                        + (wait.isPositive() ? "in " + Math.max(1, wait.toSeconds()) + " s" : "now") + ": "
                        + PrintableText.of(refusal.error(), ERROR_LIMIT));
    }

    private static Reason step(Wanted.Step step) {
        var installed = switch (step.reach()) {
            case EVERYWHERE -> "every chassis has installed";
            case ANNOUNCED -> "every chassis has installed and announced";
            case FORWARDED -> "every chassis has installed, and forwards by,";
            case PRESUMED -> "the chassis that are alive have had the time to install";
        };
        return new Reason(
                Standing.InStep,
                (step.serves() ? "written; what it took the place of is withdrawn" : "prepared; traffic is switched")
                        + " when " + installed + " its rows of " + step.table().name());
    }
}
