package io.ovnegress.controller.loop;

import io.ovnegress.reconciler.feature.Decision;
import io.ovnegress.reconciler.feature.Decision.Left;
import io.ovnegress.reconciler.feature.Decision.Why;
import java.util.EnumSet;
import java.util.Set;
import org.slf4j.event.Level;

/** One line for each decision: {@code egressIp} is the object, {@code address} one of its egress IPs. */
final class DecisionLog {
    /** Somebody has asked for it: not a reason to worry. */
    private static final Set<Why> WANTED =
            EnumSet.of(Why.NotLabelled, Why.Draining, Why.Rebalanced, Why.NotRequested, Why.ObjectDeleted);

    private DecisionLog() {}

    static LogLine line(Decision decision) {
        return switch (decision) {
            case Decision.TakenUp taken ->
                LogLine.of(Level.INFO, "egress IPs taken up")
                        .with("egressIps", taken.egressIps())
                        .with("assigned", taken.assigned())
                        .with("unassigned", taken.unassigned())
                        .with("nodes", taken.nodes());
            case Decision.Assigned assigned ->
                LogLine.of(Level.INFO, "egress IP assigned")
                        .summing("egressIp", assigned.egressIp())
                        .with("address", assigned.address())
                        .summing("to", assigned.to())
                        .with("pods", assigned.pods());
            case Decision.Moved moved ->
                LogLine.of(level(moved.why()), "egress IP moved")
                        .summing("egressIp", moved.egressIp())
                        .with("address", moved.address())
                        .summing("from", moved.from())
                        .summing("to", moved.to())
                        .summing("why", moved.why())
                        .with("pods", moved.pods());
            case Decision.Unassigned unassigned ->
                LogLine.of(Level.WARN, "egress IP unassigned")
                        .summing("egressIp", unassigned.egressIp())
                        .with("address", unassigned.address())
                        .summing("from", unassigned.left().map(Left::node))
                        .summing("why", unassigned.left().map(Left::why))
                        .summing("reason", unassigned.reason())
                        .with("message", unassigned.message())
                        .summing("traffic", unassigned.dropped() ? "dropped" : "leaves with the nodes' addresses")
                        .with("pods", unassigned.pods());
            case Decision.Released released ->
                LogLine.of(level(released.why()), "egress IP released")
                        .summing("egressIp", released.egressIp())
                        .with("address", released.address())
                        .summing("from", released.from())
                        .summing("why", released.why());
            case Decision.ObjectRefused refused ->
                LogLine.of(Level.WARN, "EgressIP refused")
                        .summing("egressIp", refused.egressIp())
                        .summing("reason", refused.reason())
                        .with("message", refused.message());
            case Decision.MovedInParts moved ->
                LogLine.of(Level.WARN, "EgressIP is moved pod by pod, with a gap")
                        .summing("egressIp", moved.egressIp());
            case Decision.NodeAvailable(var node) ->
                LogLine.of(Level.INFO, "egress node available").summing("node", node);
            case Decision.NodeNotAvailable lost ->
                LogLine.of(level(lost.why()), "egress node not available")
                        .summing("node", lost.node())
                        .summing("why", lost.why())
                        .with("egressIps", lost.egressIps());
            case Decision.RouterMissing missing ->
                LogLine.of(Level.WARN, "egress node lacks a router, nothing leaves as its egress IPs")
                        .summing("node", missing.node())
                        .summing("missing", missing.routers())
                        .with("egressIps", TransactionLog.named(missing.egressIps()));
            case Decision.RouterBack(var node) ->
                LogLine.of(Level.INFO, "egress node lacks no router any more").summing("node", node);
            case Decision.RowsRefused refused ->
                LogLine.of(Level.WARN, "rows refused by the database, tried again later")
                        .with("owner", refused.owner())
                        .with("pod", refused.pod())
                        .summing("egressIp", refused.egressIp())
                        .summing("error", refused.error())
                        .with("retryInSeconds", refused.retryIn().toSeconds());
        };
    }

    private static Level level(Why why) {
        return WANTED.contains(why) ? Level.INFO : Level.WARN;
    }
}
