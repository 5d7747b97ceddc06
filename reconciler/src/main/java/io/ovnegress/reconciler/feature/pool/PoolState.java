package io.ovnegress.reconciler.feature.pool;

import io.ovnegress.reconciler.feature.PoolWrites.Usage;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How it is with a pool.
 *
 * @param details what the reason is about
 * @param notes what is not as somebody has asked for, though nothing is wrong
 */
record PoolState(PoolReason reason, List<String> details, List<String> notes, Usage usage) {
    private static final int NAMED = 5;

    PoolState {
        details = List.copyOf(details);
        notes = List.copyOf(notes);
    }

    String message() {
        var message = switch (reason) {
            case Ready -> "every namespace that is to have addresses has them";
            case InvalidPool -> some(details) + ": correct it; until then everything stays as it is";
            case Overlaps ->
                "the older pool " + some(details)
                        + " has some of these addresses: take them out of one of the two (exclusions); until then"
                        + " everything stays as it is";
            case Exhausted ->
                "no addresses are left for " + some(details)
                        + ": add a range, or take namespaces out of the pool; those of deleted namespaces are free after"
                        + " spec.gracePeriod";
            case NameTaken ->
                "EgressIPs of the names that the pool needs are somebody else's (they lack the label "
                        + PooledEgressIp.POOL + "): " + some(details) + ": delete or rename them";
            case UnsupportedTopology ->
                "the nodes have databases of their own (interconnect), which is not served yet: nothing is made";
        };
        return notes.isEmpty() ? message : message + "; " + some(notes);
    }

    private static String some(List<String> texts) {
        var first = texts.stream().limit(NAMED).collect(Collectors.joining(", "));
        return texts.size() > NAMED ? first + " and " + (texts.size() - NAMED) + " more" : first;
    }
}
