package io.ovnegress.reconciler;

import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What must hold whenever chassis install what is in the database, each at its own moment: nothing is rerouted to a router that
 * may not have its SNAT yet, and no SNAT goes while something may still be rerouted to it, unless the reroute goes with it.
 */
final class InstalledRules {
    /** As the chassis have it: the pod addresses that each router translates, and the routers to which each is sent. */
    private Map<String, Set<String>> translated = Map.of();

    private Map<String, Set<String>> sent = Map.of();

    /** All chassis have what the database holds. */
    void installed(FakeNorthbound database) {
        translated = SafetyRules.translations(database, new TreeSet<>());
        sent = reroutes(database);
    }

    /** A sentence for each rule that is broken somewhere. */
    Set<String> violations(FakeNorthbound database) {
        var violations = new TreeSet<String>();
        var translates = SafetyRules.translations(database, new TreeSet<>());
        var sends = reroutes(database);
        sends.forEach((pod, routers) -> {
            for (var router : routers) {
                if (!translated.getOrDefault(router, Set.of()).contains(pod)) {
                    violations.add(pod + " is rerouted to " + router + ", which may not have its SNAT yet");
                }
            }
        });
        sent.forEach((pod, routers) -> {
            for (var router : routers) {
                if (sends.containsKey(pod)
                        && !translates.getOrDefault(router, Set.of()).contains(pod)) {
                    violations.add(pod + " may still be rerouted to " + router + ", which has no SNAT any more");
                }
            }
        });
        return violations;
    }

    private static Map<String, Set<String>> reroutes(FakeNorthbound database) {
        var routerOfNexthop = SafetyRules.routersByJoinAddress(database);
        var reroutes = new HashMap<String, Set<String>>();
        for (var policy : database.rows(LogicalRouterPolicy.TABLE)) {
            if (policy.get(LogicalRouterPolicy.PRIORITY) == 100) {
                var pod = SafetyRules.podOf(policy.get(LogicalRouterPolicy.MATCH));
                for (var nexthop : policy.get(LogicalRouterPolicy.NEXTHOPS)) {
                    reroutes.computeIfAbsent(pod, unused -> new HashSet<>())
                            .add(routerOfNexthop.getOrDefault(nexthop, nexthop));
                }
            }
        }
        return reroutes;
    }
}
