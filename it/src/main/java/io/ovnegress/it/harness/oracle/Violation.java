package io.ovnegress.it.harness.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.reconciler.safety.SafetyRules;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** A rule that did not hold after a transaction: one of {@link SafetyRules}, of {@link OwnRouterRules} or of {@link StepRules}. */
public record Violation(int transaction, Instant time, String rule, String comment) {
    @Override
    public String toString() {
        return "after transaction %d (%s): %s [%s]".formatted(transaction, time, rule, comment);
    }

    /**
     * All violations after the transactions from an index on; what came before is replayed but not judged.
     *
     * @param from for example the log's size before the controller was started
     */
    public static List<Violation> in(TransactionLog log, int from) {
        var violations = new ArrayList<Violation>();
        var steps = new StepRules();
        var unused = log.replay((index, transaction, state) -> {
            var broken = steps.after(index, transaction, state);
            if (index >= from && concernsRules(transaction)) {
                var time = Instant.ofEpochMilli(transaction.path("_date").asLong());
                var comment = transaction.path("_comment").asText("no comment");
                for (var rule : broken) {
                    violations.add(new Violation(index, time, rule, comment));
                }
                for (var rule : OwnRouterRules.broken(state)) {
                    violations.add(new Violation(index, time, rule, comment));
                }
                for (var rule : SafetyRules.broken(LoggedForwarding.of(state))) {
                    violations.add(new Violation(index, time, rule, comment));
                }
            }
        });
        steps.atTheEnd().forEach(rule -> violations.add(new Violation(log.size(), Instant.EPOCH, rule, "at the end")));
        return violations;
    }

    static boolean concernsRules(JsonNode transaction) {
        return transaction.has("NAT") || transaction.has("Logical_Router") || transaction.has("Logical_Router_Policy");
    }
}
