package io.ovnegress.controller.reachability;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What the answers of one node add up to. It takes several unanswered probes in a row to make a node unreachable, and a while
 * in which none is missed to make it reachable again, so that a node that comes and goes stays away. Not thread safe.
 */
final class NodeHealth {
    private final int failuresAllowed;
    private final Duration recovery;
    private int failures;
    private boolean reachable = true;
    private Instant lastHeard;
    private Optional<Instant> heardSince = Optional.empty();

    NodeHealth(int failuresAllowed, Duration recovery, Instant now) {
        this.failuresAllowed = failuresAllowed;
        this.recovery = recovery;
        this.lastHeard = now;
    }

    boolean isReachable() {
        return reachable;
    }

    /** Since when the node has been silent, as far as we know. */
    Instant lastHeard() {
        return lastHeard;
    }

    /** True if that makes the node reachable again. */
    boolean heard(Instant now) {
        failures = 0;
        lastHeard = now;
        if (reachable) {
            return false;
        }
        var since = heardSince.orElse(now);
        heardSince = Optional.of(since);
        reachable = !now.isBefore(since.plus(recovery));
        return reachable;
    }

    /** True if that makes the node unreachable. */
    boolean missed() {
        failures++;
        heardSince = Optional.empty();
        boolean lost = reachable && failures >= failuresAllowed;
        reachable &= !lost;
        return lost;
    }
}
