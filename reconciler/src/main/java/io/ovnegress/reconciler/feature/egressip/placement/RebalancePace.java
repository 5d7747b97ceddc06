package io.ovnegress.reconciler.feature.egressip.placement;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** When an egress IP may move that need not: once in an interval, and not before one has passed since the first time asked. */
public final class RebalancePace {
    private final Duration interval;
    private Optional<Instant> next = Optional.empty();

    /** @param interval zero: never */
    public RebalancePace(Duration interval) {
        this.interval = interval;
    }

    /** Whether one may move now; if so, the next one an interval later. */
    public boolean isDue(Instant now) {
        if (interval.isZero()) {
            return false;
        }
        boolean due = next.filter(time -> !now.isBefore(time)).isPresent();
        if (due || next.isEmpty() || next.get().isAfter(now.plus(interval))) {
            next = Optional.of(now.plus(interval));
        }
        return due;
    }

    /** There is nothing that may move: what comes later waits for its own interval. */
    public void forget() {
        next = Optional.empty();
    }

    public Optional<Instant> next() {
        return next;
    }
}
