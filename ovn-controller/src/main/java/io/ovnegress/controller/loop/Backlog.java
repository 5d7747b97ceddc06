package io.ovnegress.controller.loop;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Turns the size of the backlog over time into "so much of so much": a run of work begins when there is a backlog and ends
 * when there is none; what comes in meanwhile belongs to it. Not thread safe.
 */
public final class Backlog {
    /** How often a long run of work is reported. */
    static final Duration REPORT_INTERVAL = Duration.ofSeconds(5);

    private int backlog;
    private int total;
    private Instant began = Instant.MIN;
    private Instant reported = Instant.MIN;
    private boolean wasReported;

    /**
     * How much of the present run of work is done, in owners to be looked at and transactions to be answered.
     *
     * @param total zero while there is nothing to do
     */
    public record Work(int done, int total) {}

    /**
     * @param perSecond done per second since the run began
     * @param ended whether this is the last report of the run
     */
    record Report(Work work, long perSecond, boolean ended) {}

    /** Takes note of the backlog; a report if the run is long and the last one is a while ago, or if it has just ended. */
    Optional<Report> observe(int size, Instant now) {
        if (backlog == 0 && size > 0) {
            began = now;
            reported = now;
            wasReported = false;
            total = 0;
        }
        total += Math.max(0, size - backlog);
        backlog = size;
        var report = Optional.<Report>empty();
        if (size == 0) {
            report = wasReported ? Optional.of(report(now, true)) : Optional.empty();
            wasReported = false;
            total = 0;
        } else if (Duration.between(reported, now).compareTo(REPORT_INTERVAL) >= 0) {
            reported = now;
            wasReported = true;
            report = Optional.of(report(now, false));
        }
        return report;
    }

    Work work() {
        return new Work(total - backlog, total);
    }

    private Report report(Instant now, boolean ended) {
        long milliseconds = Math.max(1, Duration.between(began, now).toMillis());
        return new Report(work(), (total - backlog) * 1000L / milliseconds, ended);
    }
}
