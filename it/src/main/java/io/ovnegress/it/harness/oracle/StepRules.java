package io.ovnegress.it.harness.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.reconciler.safety.SafetyRules;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What must hold between transactions where an ovn-northd says what it has computed ({@code NB_Global.sb_cfg}):
 *
 * <ul>
 *   <li>no pod is sent to a gateway router whose SNAT for it was not computed before;
 *   <li>an egress IP is on two routers for a short time only, in the middle of a move;
 *   <li>no policy by destination leads to a router that is not there, not installed, or another object's ({@link DestinationRules}).
 * </ul>
 *
 * Where nobody asks when a SNAT is installed there are no steps: an egress IP is on one router, but for those of its own. Judges one log, from its first transaction on. Not
 * thread safe.
 */
public final class StepRules {
    /** Much longer than a move takes. */
    static final Duration LONGEST_OVERLAP = Duration.ofSeconds(60);

    private static final int REROUTE_PRIORITY = 100;

    private static final Set<String> WHAT_A_SNAT_DOES = Set.of("external_ip", "logical_ip", "logical_port", "type");

    /** After which a controller does not wait any longer for an ovn-northd that has not answered yet; for one that has it is more. */
    private static final Duration PATIENCE = Duration.ofMillis(1900);
    /** What it has decided then may be committed a little after the answer. */
    private static final Duration AFTER_SILENCE = Duration.ofSeconds(5);

    private final Duration patience;

    /** By number of {@code nb_cfg} the transaction that asked. */
    private final TreeMap<Long, Integer> asked = new TreeMap<>();

    /** By the same number when it was asked, until it is answered. */
    private final TreeMap<Long, Instant> open = new TreeMap<>();

    private final DestinationRules destinations = new DestinationRules();

    private Instant silentUntil = Instant.MIN;
    private int computed = -1;
    private boolean answered;
    /** Whether somebody makes changes in steps: writes SNATs and asks. */
    private boolean stepped;
    /** The SNATs, by the transaction that made them what they are. */
    private final Map<String, Integer> snats = new HashMap<>();

    private final Map<String, Instant> overlaps = new HashMap<>();

    public StepRules() {
        this(PATIENCE);
    }

    /** @param patience how long a controller surely waits for an ovn-northd that does not answer */
    public StepRules(Duration patience) {
        this.patience = patience;
    }

    /** A controller may have waited in vain until this moment: answers did not reach it. */
    public void unheard(Instant until) {
        silentUntil = until.plus(AFTER_SILENCE);
    }

    /** The rules that this transaction breaks, each with whom it is about. */
    public List<String> after(int index, JsonNode transaction, DatabaseState state) {
        transaction.path("NAT").properties().forEach(row -> {
            if (row.getValue().isNull()) {
                snats.remove(row.getKey());
            } else if (row.getValue().properties().stream()
                    .anyMatch(column -> WHAT_A_SNAT_DOES.contains(column.getKey()))) {
                snats.put(row.getKey(), index);
            }
        });
        var time = Instant.ofEpochMilli(transaction.path("_date").asLong());
        if (!open.isEmpty()
                && Duration.between(open.firstEntry().getValue(), time).compareTo(patience) > 0) {
            silentUntil = time.plus(AFTER_SILENCE);
        }
        transaction.path("NB_Global").properties().forEach(row -> {
            if (row.getValue().has("nb_cfg")) {
                stepped |= transaction.has("NAT");
                asked.put(row.getValue().get("nb_cfg").asLong(), index);
                open.put(row.getValue().get("nb_cfg").asLong(), time);
            }
            if (row.getValue().has("sb_cfg")) {
                open.headMap(row.getValue().get("sb_cfg").asLong(), true).clear();
                var reached = asked.floorEntry(row.getValue().get("sb_cfg").asLong());
                answered |= reached != null;
                computed = reached == null ? computed : Math.max(computed, reached.getValue());
            }
        });
        var broken = new ArrayList<String>();
        overlaps(transaction, time, state, broken);
        boolean isWaitedFor = stepped && answered && time.isAfter(silentUntil);
        if (isWaitedFor) {
            tooEarly(transaction, state, broken);
        }
        broken.addAll(destinations.after(index, transaction, state, made -> !isWaitedFor || made <= computed));
        return broken;
    }

    private void overlaps(JsonNode transaction, Instant time, DatabaseState state, List<String> broken) {
        if (!Violation.concernsRules(transaction)) {
            return;
        }
        var now = new HashSet<>(SafetyRules.egressIpsOnTwoRouters(LoggedForwarding.of(state)));
        overlaps.keySet().retainAll(now);
        for (var overlap : now) {
            var since = overlaps.computeIfAbsent(overlap, unused -> time);
            boolean isOneTransaction = !stepped && !SafetyRules.isOfOwnRouter(overlap);
            if (isOneTransaction || Duration.between(since, time).compareTo(LONGEST_OVERLAP) > 0) {
                broken.add(overlap);
            }
        }
    }

    /** What is still so at the end of the log. */
    public List<String> atTheEnd() {
        return overlaps.keySet().stream()
                .filter(overlap -> stepped || SafetyRules.isOfOwnRouter(overlap)) // else it was said when it began
                .toList();
    }

    private void tooEarly(JsonNode transaction, DatabaseState state, List<String> broken) {
        var changed = new HashSet<String>();
        transaction.path("Logical_Router_Policy").properties().forEach(row -> {
            if (row.getValue().has("nexthops")) {
                changed.add(row.getKey());
            }
        });
        if (changed.isEmpty()) {
            return;
        }
        var routers = LoggedForwarding.of(state);
        var natsOfRouter = new HashMap<String, List<String>>();
        state.rows("Logical_Router").forEach(router -> natsOfRouter.put(router.text("name"), router.references("nat")));
        for (var id : changed) {
            var policy = state.row("Logical_Router_Policy", id);
            if (policy == null || policy.number("priority") != REROUTE_PRIORITY || !isOurs(policy)) {
                continue;
            }
            var match = policy.text("match");
            var source = match.substring(match.lastIndexOf(' ') + 1);
            for (var nexthop : policy.texts("nexthops")) {
                var router = routers.routerOf(nexthop);
                for (var nat : natsOfRouter.getOrDefault(router, List.of())) {
                    var row = state.row("NAT", nat);
                    boolean isOfEgressIp = row.text("logical_ip").equals(source)
                            && row.text("logical_port").startsWith("k8s-");
                    if (isOfEgressIp && snats.getOrDefault(nat, -1) > computed) {
                        broken.add("%s is sent to %s before its SNAT there is installed".formatted(source, router));
                    }
                }
            }
        }
    }

    private static boolean isOurs(DatabaseState.Row policy) {
        return policy.columns().getOrDefault("external_ids", List.of()).stream()
                .anyMatch(pair -> pair.path(0).asText().equals("ovn-egress.io/id"));
    }
}
