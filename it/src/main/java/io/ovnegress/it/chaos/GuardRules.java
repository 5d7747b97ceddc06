package io.ovnegress.it.chaos;

import io.ovnegress.it.harness.oracle.DatabaseState;
import io.ovnegress.it.harness.oracle.LoggedForwarding;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What must hold where gateway routers are guarded, whatever a controller is in the middle of: a router that drops what it does not
 * serve has all that it serves in its set, and nothing else, since what a router lets by without a SNAT leaves with its node's
 * address. Stateless.
 */
final class GuardRules {
    private static final String ROUTER_PREFIX = "GR_";

    private GuardRules() {}

    /** All rules that do not hold, each with whom it is about. */
    static List<String> broken(DatabaseState state) {
        var members = new HashMap<String, Set<String>>();
        state.rows("Address_Set").forEach(set -> members.put(set.text("name"), Set.copyOf(set.texts("addresses"))));
        var translated = LoggedForwarding.of(state).translated();
        var broken = new ArrayList<String>();
        for (var router : state.rows("Logical_Router")) {
            var name = router.text("name");
            if (!name.startsWith(ROUTER_PREFIX)) {
                continue;
            }
            for (var reference : router.references("policies")) {
                var policy = state.row("Logical_Router_Policy", reference);
                if (policy.text("action").equals("drop")) {
                    var family = policy.text("match").contains("ip4.src") ? IpFamily.V4 : IpFamily.V6;
                    compare(name, family, translated.getOrDefault(name, Set.of()), members, broken);
                }
            }
        }
        return broken;
    }

    private static void compare(
            String router,
            IpFamily family,
            Set<String> translated,
            Map<String, Set<String>> members,
            List<String> broken) {
        var set = "ovn_egress_at_" + router.substring(ROUTER_PREFIX.length()) + "_" + family.suffix();
        var served = new HashSet<>(translated);
        served.removeIf(pod -> IpAddress.parse(pod)
                .filter(address -> address.family() == family)
                .isEmpty());
        var let = members.getOrDefault(set, Set.of());
        served.stream()
                .filter(pod -> !let.contains(pod))
                .forEach(pod ->
                        broken.add("%s drops %s, which has an egress IP there (%s)".formatted(router, pod, set)));
        let.stream()
                .filter(pod -> !served.contains(pod))
                .forEach(pod ->
                        broken.add("%s lets %s by, which has no egress IP there (%s)".formatted(router, pod, set)));
    }
}
