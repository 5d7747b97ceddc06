package io.ovnegress.reconciler;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.Nat;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What must hold after every single transaction: an egress IP is on one router, a pod address has one translation there, nothing
 * is rerouted to where it is not translated, and nothing is rerouted twice.
 */
final class SafetyRules {
    private static final String ON_TWO_ROUTERS = "egress IP ";

    private SafetyRules() {}

    /** A sentence for each rule that is broken somewhere. */
    static Set<String> violations(FakeNorthbound database) {
        var violations = new TreeSet<String>();
        var translated = translations(database, violations);
        var routerOfNexthop = routersByJoinAddress(database);
        var matches = new HashSet<String>();
        for (var policy : database.rows(LogicalRouterPolicy.TABLE)) {
            boolean drops = policy.get(LogicalRouterPolicy.ACTION).equals("drop");
            if (policy.get(LogicalRouterPolicy.PRIORITY) != 100 && !drops) {
                continue;
            }
            var match = policy.get(LogicalRouterPolicy.MATCH);
            if (!matches.add(match)) {
                violations.add("two policies " + match);
            }
            var pod = podOf(match);
            for (var nexthop : policy.get(LogicalRouterPolicy.NEXTHOPS)) {
                var router = routerOfNexthop.getOrDefault(nexthop, nexthop);
                if (!translated.getOrDefault(router, Set.of()).contains(pod)) {
                    violations.add(pod + " is rerouted to " + router + " without SNAT");
                }
            }
        }
        return violations;
    }

    /** Whether the sentence says that an egress IP is on two routers, as it is on purpose in the middle of a move in steps. */
    static boolean isOfTwoRouters(String violation) {
        return violation.startsWith(ON_TWO_ROUTERS);
    }

    /** The address in {@code ip4.src == ADDRESS}; the match itself if it is something else. */
    static String podOf(String match) {
        int operator = match.indexOf("== ");
        return operator < 0 ? match : match.substring(operator + "== ".length());
    }

    /** Under {@code --disable-snat-multiple-gws}: pods that have a node SNAT and an egress IP on one router. */
    static Set<String> competingNodeSnats(FakeNorthbound database) {
        var violations = new TreeSet<String>();
        var translated = translations(database, new TreeSet<>());
        for (var router : database.rows(LogicalRouter.TABLE)) {
            var name = router.get(LogicalRouter.NAME);
            for (var nat : database.children(LogicalRouter.NAT, router.id())) {
                var pod = nat.get(Nat.LOGICAL_IP);
                if (nat.get(Nat.LOGICAL_PORT).isEmpty()
                        && translated.getOrDefault(name, Set.of()).contains(pod)) {
                    violations.add("node SNAT of " + pod + " competes with an egress IP on " + name);
                }
            }
        }
        return violations;
    }

    /** The pod addresses that have an egress IP, by router. */
    static Map<String, Set<String>> translations(FakeNorthbound database, Set<String> violations) {
        var routerOfEgressIp = new HashMap<String, String>();
        var translated = new HashMap<String, Set<String>>();
        for (var router : database.rows(LogicalRouter.TABLE)) {
            var name = router.get(LogicalRouter.NAME);
            for (var nat : database.children(LogicalRouter.NAT, router.id())) {
                var pod = nat.get(Nat.LOGICAL_IP);
                if (nat.get(Nat.LOGICAL_PORT).isEmpty()) {
                    continue;
                }
                var other = routerOfEgressIp.putIfAbsent(nat.get(Nat.EXTERNAL_IP), name);
                if (other != null && !other.equals(name)) {
                    violations.add(ON_TWO_ROUTERS + nat.get(Nat.EXTERNAL_IP) + " is on " + other + " and on " + name);
                }
                if (!translated.computeIfAbsent(name, unused -> new HashSet<>()).add(pod)) {
                    violations.add("two SNATs of " + pod + " on " + name);
                }
            }
        }
        return translated;
    }

    static Map<String, String> routersByJoinAddress(FakeNorthbound database) {
        var routers = new HashMap<String, String>();
        for (var port : database.rows(LogicalRouterPort.TABLE)) {
            var name = port.get(LogicalRouterPort.NAME);
            if (name.startsWith("rtoj-GR_")) {
                port.get(LogicalRouterPort.NETWORKS)
                        .forEach(network -> routers.put(
                                network.substring(0, network.indexOf('/')), name.substring("rtoj-".length())));
            }
        }
        return routers;
    }
}
