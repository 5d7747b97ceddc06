package io.ovnegress.reconciler;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.Nat;
import java.util.HashMap;
import java.util.HashSet;

/** What must hold after every single transaction. */
final class SafetyRules {
    private SafetyRules() {}

    static void check(FakeNorthbound database) {
        var routerOfEgressIp = new HashMap<String, String>();
        var natsByRouter = new HashMap<String, HashSet<String>>();
        for (var router : database.rows(LogicalRouter.TABLE)) {
            var name = router.get(LogicalRouter.NAME);
            for (var nat : database.children(LogicalRouter.NAT, router.id())) {
                if (nat.get(Nat.LOGICAL_PORT).isEmpty()) {
                    continue;
                }
                var other = routerOfEgressIp.put(nat.get(Nat.EXTERNAL_IP), name);
                if (other != null && !other.equals(name)) {
                    throw new AssertionError(
                            "egress IP " + nat.get(Nat.EXTERNAL_IP) + " is on " + other + " and on " + name);
                }
                var translation = nat.get(Nat.LOGICAL_IP);
                if (!natsByRouter
                        .computeIfAbsent(name, unused -> new HashSet<>())
                        .add(translation)) {
                    throw new AssertionError("two SNATs of " + translation + " on " + name);
                }
            }
        }
        var routerOfNexthop = new HashMap<String, String>();
        for (var port : database.rows(LogicalRouterPort.TABLE)) {
            var name = port.get(LogicalRouterPort.NAME);
            if (name.startsWith("rtoj-GR_")) {
                port.get(LogicalRouterPort.NETWORKS)
                        .forEach(network -> routerOfNexthop.put(
                                network.substring(0, network.indexOf('/')), name.substring("rtoj-".length())));
            }
        }
        var matches = new HashSet<String>();
        for (var policy : database.rows(LogicalRouterPolicy.TABLE)) {
            boolean drops = policy.get(LogicalRouterPolicy.ACTION).equals("drop");
            if (policy.get(LogicalRouterPolicy.PRIORITY) != 100 && !drops) {
                continue;
            }
            var match = policy.get(LogicalRouterPolicy.MATCH);
            if (!matches.add(match)) {
                throw new AssertionError("two policies " + match);
            }
            var pod = match.substring(match.indexOf("== ") + 3);
            for (var nexthop : policy.get(LogicalRouterPolicy.NEXTHOPS)) {
                var router = routerOfNexthop.get(nexthop);
                if (!natsByRouter.getOrDefault(router, new HashSet<>()).contains(pod)) {
                    throw new AssertionError(pod + " is rerouted to " + router + " without SNAT");
                }
            }
        }
    }
}
