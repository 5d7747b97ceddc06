package io.ovnegress.controller.loop;

import com.google.common.base.CaseFormat;
import io.ovnegress.controller.metrics.ControllerMetrics;
import io.ovnegress.reconciler.feature.Decision;
import io.ovnegress.reconciler.feature.LogLine;
import io.ovnegress.reconciler.feature.LogLine.Level;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.machine.PlannedTransaction;
import io.ovnegress.reconciler.machine.Repair;
import io.ovnegress.reconciler.northbound.Damage;
import io.ovnegress.reconciler.northbound.Owner;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an operator wants to read at 3 a.m.: a line per transaction, per decision and per repair. Of many alike a few are written,
 * and their sum; of committed transactions all. Not thread safe.
 */
final class TransactionLog {
    private static final Logger LOG = LoggerFactory.getLogger(TransactionLog.class);

    /** Of decisions that are alike so many are written, then their sum. */
    private static final int DECISIONS_WRITTEN = 8;
    /** Of repairs, which are alike. */
    private static final int REPAIRS_WRITTEN = 3;
    /** Of transactions that have come to nothing. */
    private static final int FAILURES_WRITTEN = 3;
    /** Of one owner more damage than this is counted, not told. */
    private static final int DAMAGE_TOLD = 4;

    private final Digest digest = new Digest(LOG);

    private static final String NOT_COMMITTED = "transaction not committed";

    void ended(PlannedTransaction transaction, int bytes, Duration duration, CommitOutcome outcome, Instant now) {
        boolean committed = outcome instanceof CommitOutcome.Committed;
        if (committed && transaction.rows() == 0 && transaction.owners().isEmpty()) {
            LOG.atDebug().addKeyValue("transaction", transaction.number()).log("asked how far rows have come");
            return;
        }
        digest.write(
                line(transaction, bytes, duration, outcome), committed ? Integer.MAX_VALUE : FAILURES_WRITTEN, now);
    }

    private static LogLine line(PlannedTransaction transaction, int bytes, Duration duration, CommitOutcome outcome) {
        var line = LogLine.of(level(outcome), sentence(outcome))
                .with("transaction", transaction.number())
                .with("owners", LogLine.named(transaction.owners()))
                .with("rows", transaction.rows())
                .with("operations", transaction.operations().size())
                .with("bytes", bytes)
                .with("milliseconds", duration.toMillis())
                .summing("outcome", ControllerMetrics.word(outcome));
        return switch (outcome) {
            case CommitOutcome.Committed committed -> line;
            case CommitOutcome.Conflict conflict -> line.summing("error", conflict.error());
            case CommitOutcome.NotLeader(var error) -> line.summing("error", error);
            case CommitOutcome.Lost(var reason) -> line.summing("error", reason);
            case CommitOutcome.Unable(var error) -> line.summing("error", error);
            case CommitOutcome.Refused(var error, var operation) ->
                line.with(
                                "operation",
                                operation.stream()
                                        .filter(index ->
                                                index < transaction.operations().size())
                                        .mapToObj(index ->
                                                transaction.operations().get(index))
                                        .findFirst())
                        .summing("error", error);
        };
    }

    private static String sentence(CommitOutcome outcome) {
        return switch (outcome) {
            case CommitOutcome.Committed committed -> "transaction committed";
            case CommitOutcome.Lost lost -> "transaction lost";
            case CommitOutcome.Conflict conflict -> NOT_COMMITTED;
            case CommitOutcome.NotLeader notLeader -> NOT_COMMITTED;
            case CommitOutcome.Unable unable -> NOT_COMMITTED;
            case CommitOutcome.Refused refused -> NOT_COMMITTED;
        };
    }

    void decided(List<Decision> decisions, Instant now) {
        decisions.forEach(decision -> digest.write(decision.line(), DECISIONS_WRITTEN, now));
    }

    void repaired(List<Repair> repairs, Instant now) {
        repairs.forEach(repair -> digest.write(line(repair), REPAIRS_WRITTEN, now));
    }

    private static LogLine line(Repair repair) {
        var line = LogLine.of(Level.WARN, "another writer's change repaired")
                .with("owner", repair.owner())
                .with("pod", repair.pod())
                .summing(word(repair.owner()), repair.object())
                .with("damage", words(repair.damage()))
                .with("times", repair.times())
                .with("nextNotBeforeSeconds", repair.pause().toSeconds());
        return line.summedAs(
                "damage",
                repair.damage().stream()
                        .map(damage -> damage.kind().name())
                        .distinct()
                        .sorted()
                        .collect(Collectors.joining("+")));
    }

    /** What the log calls objects of the owner's feature: {@code egressIp}. */
    private static String word(Owner owner) {
        return CaseFormat.LOWER_HYPHEN.to(CaseFormat.LOWER_CAMEL, owner.feature());
    }

    private static String words(List<Damage> damage) {
        var first = damage.stream().limit(DAMAGE_TOLD).map(Damage::toString).collect(Collectors.joining("; "));
        return damage.size() <= DAMAGE_TOLD ? first : first + "; and " + (damage.size() - DAMAGE_TOLD) + " more";
    }

    /** Time has passed: what is summed up may be due. */
    void tick(Instant now) {
        digest.endWindows(now);
    }

    /** Nothing follows. */
    void end() {
        digest.end();
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
}
