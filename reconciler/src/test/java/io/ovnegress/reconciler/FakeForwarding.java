package io.ovnegress.reconciler;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.reconciler.safety.ForwardingRows;
import io.ovnegress.reconciler.safety.ForwardingRows.Policy;
import io.ovnegress.reconciler.safety.ForwardingRows.Snat;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;

/** What of a fake database the safety rules are about. */
final class FakeForwarding {
    private FakeForwarding() {}

    static ForwardingRows of(FakeNorthbound database) {
        var snats = new ArrayList<Snat>();
        var policies = new ArrayList<Policy>();
        var joinAddresses = new HashMap<String, String>();
        for (var router : database.rows(LogicalRouter.TABLE)) {
            var name = router.get(LogicalRouter.NAME);
            for (var nat : database.children(LogicalRouter.NAT, router.id())) {
                if (nat.get(Nat.TYPE).equals("snat")) {
                    snats.add(new Snat(
                            name,
                            nat.get(Nat.LOGICAL_IP),
                            nat.get(Nat.EXTERNAL_IP),
                            String.join("", nat.get(Nat.LOGICAL_PORT))));
                }
            }
            for (var port : database.children(LogicalRouter.PORTS, router.id())) {
                ForwardingRows.addJoinAddresses(
                        joinAddresses, name, port.get(LogicalRouterPort.NAME), port.get(LogicalRouterPort.NETWORKS));
            }
            if (name.equals(ForwardingRows.CLUSTER_ROUTER)) {
                for (var policy : database.children(LogicalRouter.POLICIES, router.id())) {
                    policies.add(new Policy(
                            policy.get(LogicalRouterPolicy.PRIORITY).intValue(),
                            policy.get(LogicalRouterPolicy.MATCH),
                            policy.get(LogicalRouterPolicy.ACTION),
                            List.copyOf(policy.get(LogicalRouterPolicy.NEXTHOPS))));
                }
            }
        }
        return new ForwardingRows(snats, policies, joinAddresses);
    }
}
