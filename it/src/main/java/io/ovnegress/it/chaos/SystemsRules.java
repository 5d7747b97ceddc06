package io.ovnegress.it.chaos;

import io.ovnegress.it.harness.oracle.DatabaseState;
import io.ovnegress.it.harness.oracle.DatabaseState.Row;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

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
        var sources = new TreeMap<String, Set<String>>();
        for (var nat : children(state, router, "nat", "NAT")) {
            var source = nat.text("external_ip");
            sources.computeIfAbsent(source.contains(":") ? "ip6" : "ip4", family -> new HashSet<>())
                    .add(source);
        }
        // Of one of both families it has the name of the IPv4 source; who has the other one, what it is to be says.
        sources.entrySet().stream()
                .limit(1)
                .forEach(first -> first.getValue().stream()
                        .filter(source -> !name.endsWith("_" + source.replace(':', '.')))
                        .forEach(source -> broken.add("packets leave " + name + " as " + source)));
        var dropped = children(state, router, "policies", "Logical_Router_Policy").stream()
                .filter(policy -> policy.text("action").equals("drop"))
                .map(policy -> policy.text("match"))
                .toList();
        sources.forEach((family, ofFamily) -> {
            if (ofFamily.size() > 1) {
                broken.add("packets leave " + name + " as any of " + ofFamily);
            }
            if (!dropped.contains(family)) {
                broken.add(name + " is open to everybody over " + family);
            }
        });
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
