package io.ovnegress.it.chaos;

import io.ovnegress.it.harness.oracle.DatabaseState;
import io.ovnegress.it.harness.oracle.DatabaseState.Row;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What must hold of egress routers after every transaction, beside what holds of every router of our own: packets leave as the source
 * in its name and no other one, on the node that we say, and whom it does not know it sends nowhere. Stateless.
 */
final class SystemsRules {
    private static final String PREFIX = "egressrouter_";

    private SystemsRules() {}

    /** The rules that do not hold in this state, each with the router that it is about. */
    static Set<String> broken(DatabaseState state) {
        var broken = new HashSet<String>();
        for (var router : state.rows("Logical_Router")) {
            var name = router.text("name");
            if (name.startsWith(PREFIX)) {
                judge(state, router, name, broken);
            }
        }
        return broken;
    }

    private static void judge(DatabaseState state, Row router, String name, Set<String> broken) {
        for (var nat : children(state, router, "nat", "NAT")) {
            if (!name.endsWith("_" + nat.text("external_ip"))) {
                broken.add("packets leave " + name + " as " + nat.text("external_ip"));
            }
        }
        boolean isClosed = children(state, router, "policies", "Logical_Router_Policy").stream()
                .anyMatch(policy -> policy.text("match").equals("ip4")
                        && policy.text("action").equals("drop"));
        if (!isClosed) {
            broken.add(name + " is open to everybody");
        }
        var columns = router.columns().getOrDefault("options", List.of());
        if (columns.stream().noneMatch(pair -> pair.path(0).asText().equals("chassis"))) {
            broken.add(name + " is on no chassis");
        }
    }

    private static List<Row> children(DatabaseState state, Row parent, String column, String table) {
        return parent.references(column).stream()
                .map(id -> state.row(table, id))
                .toList();
    }
}
