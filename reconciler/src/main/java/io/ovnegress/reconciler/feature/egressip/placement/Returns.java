package io.ovnegress.reconciler.feature.egressip.placement;

import io.ovnegress.reconciler.feature.egressip.placement.Placement.Assignment;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * When egress IPs go back to nodes that their objects prefer: those of one object in an interval, and not before one has passed in
 * which there always was one that could. So a node that comes back to many is not given all at once, and one that comes and goes
 * is given nothing. Not thread safe.
 */
public final class Returns {
    private static final Duration USUAL_INTERVAL = Duration.ofSeconds(5);
    /** Chassis that have lost each other once may do so again, though Kubernetes takes the node for a good one all the time. */
    private static final Duration AFTER_FAILOVER = Duration.ofMinutes(1);

    private final RebalancePace pace;
    private Optional<Map<String, List<Assignment>>> next = Optional.empty();
    private Instant notBefore = Instant.MIN;
    private Optional<Instant> waiting = Optional.empty();

    /** @param rebalanceInterval how often an egress IP may move that need not; zero: nobody has said */
    public Returns(Duration rebalanceInterval) {
        pace = new RebalancePace(rebalanceInterval.isZero() ? USUAL_INTERVAL : rebalanceInterval);
    }

    /**
     * Egress IPs were placed anew.
     *
     * @param after where they would be after the next return; empty if there is none
     */
    public void placed(Optional<Map<String, List<Assignment>>> after) {
        next = after;
        if (after.isEmpty()) {
            pace.forget();
        }
    }

    /** Whether there are egress IPs that would go back. */
    public boolean arePossible() {
        return next.isPresent();
    }

    /** OVN has moved egress IPs by itself: nothing goes back for a while, since that could be to the node that they have left. */
    public void failedOver(Instant now) {
        notBefore = now.plus(AFTER_FAILOVER);
    }

    /** Where egress IPs are to be from now on, if some go back. */
    public Optional<Map<String, List<Assignment>>> due(Instant now) {
        waiting = Optional.of(notBefore).filter(now::isBefore);
        return waiting.isPresent() ? Optional.empty() : next.filter(after -> pace.isDue(now));
    }

    /** When {@link #due} should be asked again. */
    public Optional<Instant> nextDeadline() {
        return waiting.or(pace::next);
    }
}
