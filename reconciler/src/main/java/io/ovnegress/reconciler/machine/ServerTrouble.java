package io.ovnegress.reconciler.machine;

import java.time.Duration;
import java.time.Instant;

/** A server that answers but cannot write: nothing is sent for a while, longer every time, until it can. Not thread safe. */
final class ServerTrouble {
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private int times;
    private String error = "";

    /** Until when to leave the server alone that has answered so. */
    Instant pauseAfter(String newError, Instant now) {
        error = newError;
        var pause = FIRST_PAUSE.multipliedBy(1L << Math.min(times++, 10));
        return now.plus(pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE);
    }

    void isOver() {
        times = 0;
        error = "";
    }

    /** The last one; empty if there is no trouble. */
    String error() {
        return error;
    }
}
