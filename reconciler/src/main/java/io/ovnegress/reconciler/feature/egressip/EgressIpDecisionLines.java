package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.reconciler.feature.LogLine;
import io.ovnegress.reconciler.feature.LogLine.Level;
import io.ovnegress.reconciler.feature.egressip.EgressIpDecision.Left;
import io.ovnegress.reconciler.feature.egressip.EgressIpDecision.Why;
import java.util.EnumSet;
import java.util.Set;

/** One line for each decision: {@code egressIp} is the object, {@code address} one of its egress IPs. */
final class EgressIpDecisionLines {
    /** Somebody has asked for it: not a reason to worry. */
    private static final Set<Why> WANTED = EnumSet.of(
            Why.NotLabelled,
            Why.NotSelected,
            Why.NotInRange,
            Why.PinnedElsewhere,
            Why.Draining,
            Why.RouterShared,
            Why.Preferred,
            Why.Rebalanced,
            Why.NotRequested,
            Why.ObjectDeleted);

    private EgressIpDecisionLines() {}

    static LogLine of(EgressIpDecision decision) {
        return switch (decision) {
            case EgressIpDecision.TakenUp taken ->
                LogLine.of(Level.INFO, "egress IPs taken up")
                        .with("egressIps", taken.egressIps())
                        .with("assigned", taken.assigned())
                        .with("unassigned", taken.unassigned())
                        .with("nodes", taken.nodes());
            case EgressIpDecision.Assigned assigned ->
                LogLine.of(Level.INFO, "egress IP assigned")
                        .summing("egressIp", assigned.egressIp())
                        .with("address", assigned.address())
                        .summing("to", assigned.to())
                        .with("pods", assigned.pods());
            case EgressIpDecision.Moved moved ->
                LogLine.of(level(moved.why()), "egress IP moved")
                        .summing("egressIp", moved.egressIp())
                        .with("address", moved.address())
                        .summing("from", moved.from())
                        .summing("to", moved.to())
                        .summing("why", moved.why())
                        .with("pods", moved.pods());
            case EgressIpDecision.Unassigned unassigned ->
                LogLine.of(Level.WARN, "egress IP unassigned")
                        .summing("egressIp", unassigned.egressIp())
                        .with("address", unassigned.address())
                        .summing("from", unassigned.left().map(Left::node))
                        .summing("why", unassigned.left().map(Left::why))
                        .summing("reason", unassigned.reason())
                        .with("message", unassigned.message())
                        .summing("traffic", unassigned.dropped() ? "dropped" : "leaves with the nodes' addresses")
                        .with("pods", unassigned.pods());
            case EgressIpDecision.Released released ->
                LogLine.of(level(released.why()), "egress IP released")
                        .summing("egressIp", released.egressIp())
                        .with("address", released.address())
                        .summing("from", released.from())
                        .summing("why", released.why());
            case EgressIpDecision.ObjectRefused refused ->
                LogLine.of(Level.WARN, "EgressIP refused")
                        .summing("egressIp", refused.egressIp())
                        .summing("reason", refused.reason())
                        .with("message", refused.message());
            case EgressIpDecision.MovedInParts moved ->
                LogLine.of(Level.WARN, "EgressIP is moved pod by pod, with a gap")
                        .summing("egressIp", moved.egressIp());
            case EgressIpDecision.NodeAvailable(var node) ->
                LogLine.of(Level.INFO, "egress node available").summing("node", node);
            case EgressIpDecision.NodeNotAvailable lost ->
                LogLine.of(level(lost.why()), "egress node not available")
                        .summing("node", lost.node())
                        .summing("why", lost.why())
                        .with("egressIps", lost.egressIps());
            case EgressIpDecision.RouterMissing missing ->
                LogLine.of(Level.WARN, "egress node lacks a router, nothing leaves as its egress IPs")
                        .summing("node", missing.node())
                        .summing("missing", missing.routers())
                        .with("egressIps", LogLine.named(missing.egressIps()));
            case EgressIpDecision.RouterBack(var node) ->
                LogLine.of(Level.INFO, "egress node lacks no router any more").summing("node", node);
            case EgressIpDecision.RowsRefused refused ->
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
