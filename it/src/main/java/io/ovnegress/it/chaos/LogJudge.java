package io.ovnegress.it.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.it.chaos.OtherClient.Author;
import io.ovnegress.it.harness.oracle.DatabaseState;
import io.ovnegress.it.harness.oracle.LoggedForwarding;
import io.ovnegress.it.harness.oracle.OwnRouterRules;
import io.ovnegress.it.harness.oracle.StepRules;
import io.ovnegress.it.harness.oracle.TransactionLog;
import io.ovnegress.reconciler.safety.SafetyRules;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Judges a history by its transaction log: no transaction of the controller breaks a rule that held before it, and none touches a
 * row of somebody else. While damage done by others has not been repaired, rules about those whom it concerns do not count: the
 * controller may have decided before it saw the damage.
 */
final class LogJudge {
    /** The columns of others' rows that the controller changes elements of. */
    private static final Map<String, Set<String>> SHARED = Map.of(
            "Logical_Router",
            Set.of("policies", "nat", "static_routes"),
            "Logical_Switch",
            Set.of("qos_rules", "ports", "acls"),
            "Port_Group",
            Set.of("acls"));

    private static final Pattern TWIN_OF_NODE_SNAT =
            Pattern.compile("two SNAT rows for (.*): .*to (192\\.168\\.126\\.|fd00:126::)1[1-4]\\b");

    /** Of a transaction in a verdict, characters. */
    private static final int LONGEST = 8_000;

    private final Set<String> foreign = new HashSet<>();
    private final Set<String> damaged = new HashSet<>();
    private final List<String> verdicts = new ArrayList<>();
    /** Addresses whose node SNATs ovnkube may have touched without the controller knowing of it. */
    private final Set<String> withNewNodeSnat = new HashSet<>();

    /** Verdicts that fall if ovnkube was only late to take away the node SNAT of a pod that is gone, by address. */
    private final Map<String, List<String>> twins = new TreeMap<>();

    private final NodeSnatJudge nodeSnats = new NodeSnatJudge();
    private final StepRules steps = new StepRules(ChaosController.NORTHD_PATIENCE);
    private Set<String> before = Set.of();
    private List<String> ownRouters = List.of();
    private int ours;
    /** The only controller that may write; empty if any one may. */
    private String leader = "";

    private LogJudge() {}

    /** What is to be said against the controller; empty if nothing is. */
    static List<String> verdicts(TransactionLog log) {
        var judge = new LogJudge();
        var unused = log.replay(judge::after);
        judge.twins.values().forEach(judge.verdicts::addAll);
        judge.verdicts.addAll(judge.steps.atTheEnd());
        judge.ownRouters.forEach(rule -> judge.verdicts.add("at the end: " + rule));
        return judge.verdicts;
    }

    private void after(int index, JsonNode transaction, DatabaseState state) {
        var comment = transaction.path("_comment").asText();
        var broken = new HashSet<>(SafetyRules.broken(LoggedForwarding.of(state)));
        broken.addAll(Fences.broken(state));
        broken.addAll(SystemsRules.broken(state));
        broken.addAll(GuardRules.broken(state));
        ownRouters = OwnRouterRules.broken(state);
        broken.addAll(ownRouters);
        broken.addAll(steps.after(index, transaction, state));
        var wrong = nodeSnats.after(state);
        var words = Arrays.asList(comment.split(" "));
        var author = Author.valueOf(words.get(0));
        if (author == Author.CONTROLLER) {
            ours++;
            if (!leader.isEmpty() && !leader.equals(words.get(1))) {
                verdicts.add("transaction %d is by controller %s, but %s leads".formatted(index, words.get(1), leader));
            }
            wrong.addAll(broken);
            wrong.removeIf(rule -> before.contains(rule) || damaged.stream().anyMatch(rule::contains));
            for (var rule : wrong) {
                verdict(
                        rule,
                        "transaction %d (the controller's %d.): %s%nwhich was %s"
                                .formatted(index, ours, rule, cut(transaction)));
            }
            touched(transaction)
                    .forEach(row -> verdicts.add("transaction %d changes what is not ours: %s".formatted(index, row)));
        } else {
            switch (author) {
                case PARTED ->
                    steps.unheard(Instant.ofEpochMilli(transaction.path("_date").asLong()));
                case LEADS -> leader = words.size() > 1 ? words.get(1) : "";
                case DAMAGE -> damaged.addAll(words.subList(1, words.size()));
                case OVNKUBE -> {
                    withNewNodeSnat.addAll(words.subList(1, words.size()));
                    words.forEach(twins::remove);
                }
                case OVNKUBE_TAKES -> {
                    damaged.addAll(words.subList(1, words.size()));
                    withNewNodeSnat.addAll(words.subList(1, words.size()));
                    words.forEach(twins::remove);
                }
                case SETTLED -> {
                    twins.values().forEach(verdicts::addAll);
                    twins.clear();
                    damaged.clear();
                    withNewNodeSnat.clear();
                }
                case TOPOLOGY -> {
                    damaged.addAll(words.subList(1, words.size())); // what went with it, and was not heard of yet
                    rows(transaction, (table, id, row) -> {
                        if (!row.isNull()) {
                            foreign.add(id); // not those of ours that went with their router
                        }
                    });
                }
                case BARRIER, NORTHD, CONTROLLER -> {}
            }
        }
        before = broken;
    }

    private static String cut(JsonNode transaction) {
        var text = transaction.toString();
        return text.substring(0, Math.min(LONGEST, text.length()));
    }

    private void verdict(String rule, String text) {
        var twin = TWIN_OF_NODE_SNAT.matcher(rule);
        if (!twin.find()) {
            verdicts.add(text);
        } else if (!withNewNodeSnat.contains(twin.group(1))) {
            twins.computeIfAbsent(twin.group(1), address -> new ArrayList<>()).add(text);
        }
    }

    @FunctionalInterface
    private interface RowConsumer {
        void accept(String table, String id, JsonNode row);
    }

    private static void rows(JsonNode transaction, RowConsumer action) {
        for (var table : transaction.properties()) {
            if (!table.getKey().startsWith("_")) {
                table.getValue()
                        .properties()
                        .forEach(row -> action.accept(table.getKey(), row.getKey(), row.getValue()));
            }
        }
    }

    private List<String> touched(JsonNode transaction) {
        var touched = new ArrayList<String>();
        rows(transaction, (table, id, row) -> {
            var shared = SHARED.getOrDefault(table, Set.of());
            boolean onlyShared =
                    !row.isNull() && row.properties().stream().allMatch(column -> shared.contains(column.getKey()));
            if (foreign.contains(id) && !onlyShared) {
                touched.add(table + " " + id + " " + row);
            }
        });
        return touched;
    }
}
