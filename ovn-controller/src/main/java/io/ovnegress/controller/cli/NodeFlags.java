package io.ovnegress.controller.cli;

import io.ovnegress.controller.reachability.ReachabilityConfig;
import java.time.Duration;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** How egress nodes are judged, and what moves egress IPs between them. */
final class NodeFlags {
    @Option(
            names = "--egressip-reachability-total-timeout",
            paramLabel = "SECONDS",
            order = 1,
            defaultValue = "1",
            converter = Converters.Seconds.class,
            description = {
                "An egress node that falls silent is noticed within this time; 0: nodes are not probed.",
                "Default: ${DEFAULT-VALUE}"
            })
    private Duration totalTimeout;

    @Option(
            names = "--egressip-node-healthcheck-port",
            paramLabel = "PORT",
            order = 2,
            defaultValue = "0",
            converter = Converters.PortOrNone.class,
            description = {
                "Where ovnkube-node serves gRPC health (its flag of the same name, usually 9107); 0: nodes are"
                        + " probed by a TCP dial of port 9, which need not be open.",
                "Default: ${DEFAULT-VALUE}"
            })
    private int healthCheckPort;

    @Option(
            names = "--egressip-reachability-interval",
            paramLabel = "TIME",
            order = 3,
            defaultValue = "250ms",
            converter = Converters.Period.class,
            description = {"Between two probes of a node.", "Default: ${DEFAULT-VALUE}"})
    private Duration interval;

    @Option(
            names = "--egressip-reachability-failures",
            paramLabel = "NUMBER",
            order = 4,
            defaultValue = "3",
            converter = Converters.Attempts.class,
            description = {"Probes in a row that a node must miss to be unreachable.", "Default: ${DEFAULT-VALUE}"})
    private int failures;

    @Option(
            names = "--egressip-reachability-recovery",
            paramLabel = "TIME",
            order = 5,
            defaultValue = "5s",
            converter = Converters.Time.class,
            description = {
                "How long a node that was unreachable must answer every probe before it serves again.",
                "Default: ${DEFAULT-VALUE}"
            })
    private Duration recovery;

    @Option(
            names = "--drain-unschedulable-nodes",
            order = 6,
            arity = "0..1",
            paramLabel = "true|false",
            fallbackValue = "true",
            converter = Converters.Truth.class,
            defaultValue = "false",
            description = "A node that is cordoned gives its egress IPs away at once. Without this flag only nodes with"
                    + " the annotation ovn-egress.io/drain: \"true\" do.")
    private boolean drainUnschedulable;

    @Option(
            names = "--egressip-rebalance-interval",
            order = 7,
            paramLabel = "TIME",
            defaultValue = "0",
            converter = Converters.Time.class,
            description = {
                "How often one egress IP moves from the node that serves the most to one that serves at least two"
                        + " fewer, as after a node has come back; 0: nothing moves by itself. Objects that ask for it go"
                        + " back to nodes that they prefer one in an interval, or in five seconds if this is 0.",
                "Default: ${DEFAULT-VALUE}"
            })
    private Duration rebalanceInterval;

    boolean drainUnschedulable() {
        return drainUnschedulable;
    }

    Duration rebalanceInterval() {
        return rebalanceInterval;
    }

    /** @throws ParameterException if the probes do not fit into the time */
    ReachabilityConfig reachability(CommandLine command) {
        try {
            return new ReachabilityConfig(totalTimeout, healthCheckPort, interval, failures, recovery);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(
                    command, "--egressip-reachability-total-timeout is too short: " + e.getMessage(), e);
        }
    }
}
