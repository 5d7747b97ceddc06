package io.ovnegress.controller.reachability;

import java.time.Duration;

/**
 * How it is found out whether egress nodes are alive.
 *
 * @param totalTimeout ovnkube's {@code --egressip-reachability-total-timeout}: a node that falls silent is noticed within
 *     this time. Zero: nodes are not probed, and all taken for reachable
 * @param healthCheckPort ovnkube's {@code --egressip-node-healthcheck-port}: where nodes serve gRPC health; 0: they do not, and
 *     a TCP dial has to do
 * @param interval from the beginning of one probe of a node to that of the next
 * @param failures unanswered probes in a row that make a node unreachable
 * @param recovery how long every probe must be answered before the node is reachable again
 */
public record ReachabilityConfig(
        Duration totalTimeout, int healthCheckPort, Duration interval, int failures, Duration recovery) {
    /** No probing at all. */
    public static final ReachabilityConfig OFF =
            new ReachabilityConfig(Duration.ZERO, 0, Duration.ofMillis(250), 3, Duration.ofSeconds(5));

    public ReachabilityConfig {
        if (!totalTimeout.isZero() && interval.multipliedBy(failures).compareTo(totalTimeout) >= 0) {
            throw new IllegalArgumentException(failures + " probes, one every " + interval.toMillis()
                    + " ms, do not fit into " + totalTimeout.toMillis() + " ms");
        }
    }

    public boolean isOn() {
        return !totalTimeout.isZero();
    }

    /**
     * How long one probe may take. A node may die right after it has answered: the first probe that it misses begins an
     * interval later, the last one {@code failures} intervals later, and must have ended within the total. A fifth of what
     * is left is kept for the machine's own delays.
     */
    Duration probeTimeout() {
        var left = totalTimeout.minus(interval.multipliedBy(failures));
        if (left.compareTo(interval) > 0) {
            // Probes of one node do not overlap: each begins when the one before has timed out.
            left = totalTimeout.minus(interval).dividedBy(failures);
        }
        return left.multipliedBy(4).dividedBy(5);
    }
}
