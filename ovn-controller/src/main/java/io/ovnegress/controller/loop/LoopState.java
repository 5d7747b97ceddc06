package io.ovnegress.controller.loop;

import io.ovnegress.reconciler.machine.Reconciler;
import java.time.Instant;

/**
 * How the loop stood at the end of its last turn: what readiness is read from.
 *
 * @param lastTurn when the loop last did something, if only looking at the time
 * @param database what the session was last heard of
 * @param initialDifferenceDone whether everything was in the database at least once
 * @param leader whether this controller decides; false while it stands by
 * @param work how far the present run of work has come
 */
public record LoopState(
        Instant lastTurn,
        SessionPhase database,
        String lastError,
        Reconciler.Progress progress,
        boolean initialDifferenceDone,
        boolean leader,
        Backlog.Work work) {

    /** What the loop knows of the session. */
    public enum SessionPhase {
        CONNECTING,
        SYNCHRONISING,
        SYNCHRONISED
    }

    static LoopState initial(Instant now, Reconciler.Progress progress) {
        return new LoopState(now, SessionPhase.CONNECTING, "", progress, false, true, new Backlog.Work(0, 0));
    }
}
