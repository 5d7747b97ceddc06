package io.ovnegress.controller.loop;

import io.ovnegress.controller.metrics.ControllerMetrics;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.machine.PlannedTransaction;
import io.ovnegress.reconciler.machine.Repair;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** One line per transaction: what an operator wants to read at 3 a.m. */
final class TransactionLog {
    private static final Logger LOG = LoggerFactory.getLogger(TransactionLog.class);

    /** More owners than this are counted, not named. */
    private static final int OWNERS_NAMED = 8;

    private TransactionLog() {}

    static void ended(PlannedTransaction transaction, int bytes, Duration duration, CommitOutcome outcome) {
        var line = LOG.atLevel(level(outcome))
                .addKeyValue("transaction", transaction.number())
                .addKeyValue("owners", named(transaction.owners()))
                .addKeyValue("rows", transaction.rows())
                .addKeyValue("operations", transaction.operations().size())
                .addKeyValue("bytes", bytes)
                .addKeyValue("milliseconds", duration.toMillis())
                .addKeyValue("outcome", ControllerMetrics.word(outcome));
        switch (outcome) {
            case CommitOutcome.Committed committed -> line.log("transaction committed");
            case CommitOutcome.Conflict(var error) ->
                line.addKeyValue("error", error).log("transaction not committed");
            case CommitOutcome.NotLeader(var error) ->
                line.addKeyValue("error", error).log("transaction not committed");
            case CommitOutcome.Lost(var reason) ->
                line.addKeyValue("error", reason).log("transaction lost");
            case CommitOutcome.Unable(var error) ->
                line.addKeyValue("error", error).log("transaction not committed");
            case CommitOutcome.Refused(var error, var operation) -> {
                if (operation.isPresent()
                        && operation.getAsInt() < transaction.operations().size()) {
                    line = line.addKeyValue(
                            "operation", transaction.operations().get(operation.getAsInt()));
                }
                line.addKeyValue("error", error).log("transaction not committed");
            }
        }
    }

    /** A line for each owner; of a transaction that repairs many only for the first few. */
    static void repaired(List<Repair> repairs) {
        for (var repair : repairs.subList(0, Math.min(OWNERS_NAMED, repairs.size()))) {
            LOG.atWarn()
                    .addKeyValue("owner", repair.owner())
                    .addKeyValue("egressIp", repair.egressIp().orElse(""))
                    .addKeyValue("damage", repair.damage())
                    .addKeyValue("times", repair.times())
                    .addKeyValue("nextNotBeforeSeconds", repair.pause().toSeconds())
                    .log("another writer's change repaired");
        }
        if (repairs.size() > OWNERS_NAMED) {
            LOG.atWarn()
                    .addKeyValue("owners", repairs.size() - OWNERS_NAMED)
                    .log("more changes of another writer repaired");
        }
    }

    private static Level level(CommitOutcome outcome) {
        return switch (outcome) {
            case CommitOutcome.Committed committed -> Level.INFO;
            case CommitOutcome.Conflict conflict -> Level.INFO;
            case CommitOutcome.NotLeader notLeader -> Level.WARN;
            case CommitOutcome.Lost lost -> Level.WARN;
            case CommitOutcome.Unable unable -> Level.WARN;
            case CommitOutcome.Refused refused -> Level.WARN;
        };
    }

    static String named(Set<String> owners) {
        var sorted = new TreeSet<>(owners);
        var first = String.join(",", sorted.stream().limit(OWNERS_NAMED).toList());
        return sorted.size() <= OWNERS_NAMED ? first : first + " and " + (sorted.size() - OWNERS_NAMED) + " more";
    }
}
