package io.ovnegress.it.harness.oracle;

import io.ovnegress.it.harness.oracle.DatabaseState.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Which rows of ours a start of ovnkube-master would take away or make its own, as was measured beside version 1.3: policies of
 * priority 101, switches {@code ext_*} and routers {@code GR_*} of nodes that it does not know, switches with any
 * {@code other_config}, and rows that lack its key for another controller or have one of its own. Stateless.
 */
public final class OvnkubeStartRules {
    private static final String ID_KEY = "ovn-egress.io/id";
    private static final String CONTROLLER_KEY = "k8s.ovn.org/owner-controller";
    private static final Set<String> KEYS = Set.of(CONTROLLER_KEY, "k8s.ovn.org/network");

    private OvnkubeStartRules() {}

    /** A sentence for each. */
    public static List<String> broken(DatabaseState state) {
        var broken = new ArrayList<String>();
        for (var table : state.tables()) {
            for (var row : state.rows(table)) {
                var ids = externalIds(row);
                if (!ids.containsKey(ID_KEY)) {
                    continue;
                }
                var what = table + " " + ids.get(ID_KEY);
                if (!"ovn-egress".equals(ids.get(CONTROLLER_KEY))) {
                    broken.add(what + " is no other controller's");
                }
                ids.keySet().stream()
                        .filter(key -> !key.startsWith("ovn-egress.io/") && !KEYS.contains(key))
                        .forEach(key -> broken.add(what + " has key " + key));
                if (row.number("priority") == 101) {
                    broken.add(what + " has priority 101");
                }
                if (row.text("name").startsWith("GR_") || row.text("name").startsWith("ext_")) {
                    broken.add(what + " is named " + row.text("name"));
                }
                if (!row.texts("other_config").isEmpty()) {
                    broken.add(what + " has other_config");
                }
            }
        }
        return broken;
    }

    /** The tables that hold rows of ours. */
    public static Set<String> tables(DatabaseState state) {
        return state.tables().stream()
                .filter(table -> state.rows(table).stream()
                        .anyMatch(row -> externalIds(row).containsKey(ID_KEY)))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Map<String, String> externalIds(Row row) {
        var ids = new TreeMap<String, String>();
        row.columns()
                .getOrDefault("external_ids", List.of())
                .forEach(pair -> ids.put(pair.path(0).asText(), pair.path(1).asText()));
        return ids;
    }
}
