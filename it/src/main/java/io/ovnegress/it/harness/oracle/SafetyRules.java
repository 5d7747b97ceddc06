package io.ovnegress.it.harness.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.it.harness.oracle.DatabaseState.Row;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What must hold after every single transaction, whatever the controller is in the middle of:
 *
 * <ul>
 *   <li>no egress IP is on two routers at once, but for the middle of a move, see {@link StepRules};
 *   <li>no pod is rerouted to a gateway router that has no SNAT for it;
 *   <li>no pod has two reroute policies, and no router two SNAT rows for the same logical IP.
 * </ul>
 *
 * Egress SNAT rows are known by their logical port, a management port. Stateless.
 */
public final class SafetyRules {
    private static final String CLUSTER_ROUTER = "ovn_cluster_router";
    static final int REROUTE_PRIORITY = 100;
    private static final String JOIN_PORT_PREFIX = "rtoj-";

    private SafetyRules() {}

    /** A rule that did not hold after a transaction. */
    public record Violation(int transaction, Instant time, String rule, String comment) {
        @Override
        public String toString() {
            return "after transaction %d (%s): %s [%s]".formatted(transaction, time, rule, comment);
        }
    }

    /**
     * All violations after the transactions from an index on; what came before is replayed but not judged.
     *
     * @param from for example the log's size before the controller was started
     */
    public static List<Violation> violations(TransactionLog log, int from) {
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
                for (var rule : broken(state)) {
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

    /** The rules that do not hold in this state, each with whom it is about. */
    public static List<String> broken(DatabaseState state) {
        var broken = new ArrayList<String>();
        var natsOfRouter = new HashMap<String, Map<String, Row>>();
        for (var router : state.rows("Logical_Router")) {
            var name = router.text("name");
            var bySource = natsOfRouter.computeIfAbsent(name, key -> new HashMap<>());
            for (var reference : router.references("nat")) {
                var nat = state.row("NAT", reference);
                if (!nat.text("type").equals("snat")) {
                    continue;
                }
                var source = nat.text("logical_ip");
                var twin = bySource.put(source, nat);
                if (twin != null) {
                    broken.add("%s has two SNAT rows for %s: to %s and to %s"
                            .formatted(name, source, twin.text("external_ip"), nat.text("external_ip")));
                }
            }
        }
        checkReroutes(state, natsOfRouter, broken);
        return broken.stream().distinct().toList();
    }

    /** Each with where it is, in words. */
    static List<String> egressIpsOnTwoRouters(DatabaseState state) {
        var found = new ArrayList<String>();
        var routerOfEgressIp = new HashMap<String, String>();
        for (var router : state.rows("Logical_Router")) {
            var name = router.text("name");
            for (var reference : router.references("nat")) {
                var nat = state.row("NAT", reference);
                if (nat.text("type").equals("snat") && nat.text("logical_port").startsWith("k8s-")) {
                    var egressIp = nat.text("external_ip");
                    var other = routerOfEgressIp.put(egressIp, name);
                    if (other != null && !other.equals(name)) {
                        found.add("egress IP %s is on %s and on %s at once".formatted(egressIp, other, name));
                    }
                }
            }
        }
        return found.stream().distinct().toList();
    }

    private static void checkReroutes(
            DatabaseState state, Map<String, Map<String, Row>> natsOfRouter, List<String> broken) {
        var routerOfJoinAddress = routersByJoinAddress(state);
        for (var router : state.rows("Logical_Router")) {
            if (!router.text("name").equals(CLUSTER_ROUTER)) {
                continue;
            }
            var seen = new HashMap<String, String>();
            for (var reference : router.references("policies")) {
                var policy = state.row("Logical_Router_Policy", reference);
                if (policy.number("priority") != REROUTE_PRIORITY) {
                    continue;
                }
                var match = policy.text("match");
                if (seen.put(match, reference) != null) {
                    broken.add("two reroute policies match '%s'".formatted(match));
                }
                var source = match.substring(match.lastIndexOf(' ') + 1);
                for (var nexthop : policy.texts("nexthops")) {
                    var gateway = routerOfJoinAddress.getOrDefault(nexthop, "");
                    if (gateway.isEmpty()) {
                        broken.add("%s is rerouted to %s, which no router has".formatted(source, nexthop));
                    } else if (!natsOfRouter.get(gateway).containsKey(source)) {
                        broken.add("%s is rerouted to %s without a SNAT row there".formatted(source, gateway));
                    }
                }
            }
        }
    }

    static Map<String, String> routersByJoinAddress(DatabaseState state) {
        var routers = new HashMap<String, String>();
        for (var router : state.rows("Logical_Router")) {
            for (var reference : router.references("ports")) {
                var port = state.row("Logical_Router_Port", reference);
                if (port.text("name").startsWith(JOIN_PORT_PREFIX)) {
                    for (var network : port.texts("networks")) {
                        routers.put(network.substring(0, network.indexOf('/')), router.text("name"));
                    }
                }
            }
        }
        return routers;
    }
}
