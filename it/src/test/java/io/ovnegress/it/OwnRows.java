package io.ovnegress.it;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.oracle.DatabaseState;
import io.ovnegress.it.harness.oracle.DatabaseState.Row;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BinaryOperator;

/** The rows of one feature in a database, and those that are not of it. Immutable. */
final class OwnRows {
    /** Tables whose rows stay though nothing refers to them. */
    static final Set<String> ROOTS = Set.of("Logical_Router", "Logical_Switch", "Load_Balancer", "Address_Set");

    /** By table the columns that refer to rows. */
    private static final Map<String, List<String>> CHILDREN = Map.of(
            "Logical_Router", List.of("ports", "static_routes", "policies", "nat", "load_balancer"),
            "Logical_Switch", List.of("ports", "acls", "qos_rules"),
            "Port_Group", List.of("acls"),
            "HA_Chassis_Group", List.of("ha_chassis"));
    /** What OVN says itself. */
    private static final Set<String> STATUS = Set.of("status", "up", "hv_cfg");

    /**
     * Whose rows they are.
     *
     * @param key in external_ids
     * @param prefix of its value
     * @param ports what is in the names of switch ports of such routers
     */
    record Whose(String key, String prefix, String ports) {
        static final Whose EGRESS_IP = new Whose("ovn-egress.io/owner", "EgressIP/", "-egressip_");
        static final Whose EGRESS_ROUTER = new Whose("ovn-egress.io/feature", "egress-router", "-egressrouter_");
        static final Whose FIREWALL = new Whose("ovn-egress.io/feature", "egress-firewall", "none");

        /** Ports of switches are told by their names. */
        private boolean has(String table, Row row) {
            return table.equals("Logical_Switch_Port")
                    ? row.text("name").contains(ports)
                    : row.columns().getOrDefault("external_ids", List.of()).stream()
                            .anyMatch(pair -> pair.path(0).asText().equals(key)
                                    && pair.path(1).asText().startsWith(prefix));
        }
    }

    private final DatabaseState state;
    /** By UUID the table. */
    private final Map<String, String> ours = new HashMap<>();

    private OwnRows(DatabaseState state, Whose whose) {
        this.state = state;
        for (var table : state.tables()) {
            for (var row : state.rows(table)) {
                if (whose.has(table, row)) {
                    ours.put(row.uuid(), table);
                }
            }
        }
    }

    static OwnRows of(LiveCluster cluster) {
        return of(cluster, Whose.EGRESS_IP);
    }

    static OwnRows of(LiveCluster cluster, Whose whose) {
        return new OwnRows(cluster.transactions().replay((index, transaction, state) -> {}), whose);
    }

    Set<String> tables() {
        return new TreeSet<>(ours.values());
    }

    /** What is done to each, by table and UUID, where anything is. */
    List<String> all(BinaryOperator<String> done) {
        return ours.entrySet().stream()
                .map(row -> done.apply(row.getValue(), row.getKey()))
                .filter(command -> !command.isEmpty())
                .toList();
    }

    /** The command that takes the row from the one that refers to it; empty if none does. */
    String removal(String table, String uuid) {
        for (var parents : CHILDREN.entrySet()) {
            for (var parent : state.rows(parents.getKey())) {
                for (var column : parents.getValue()) {
                    if (parent.references(column).contains(uuid)) {
                        return "remove %s %s %s %s".formatted(parents.getKey(), parent.uuid(), column, uuid);
                    }
                }
            }
        }
        return "";
    }

    /** Every cell of every other row, but for what refers to these, and what OVN says. */
    Set<String> others() {
        var words = new TreeSet<String>();
        for (var table : state.tables()) {
            for (var row : state.rows(table)) {
                if (!ours.containsKey(row.uuid()) && !table.equals("NB_Global")) {
                    row.columns().forEach((column, atoms) -> {
                        var texts = new TreeSet<String>();
                        atoms.stream()
                                .filter(atom -> !ours.containsKey(atom.path(1).asText()))
                                .forEach(atom -> texts.add(atom.toString()));
                        if (!STATUS.contains(column) && !texts.isEmpty()) {
                            words.add("%s %s: %s = %s".formatted(table, row.uuid(), column, texts));
                        }
                    });
                }
            }
        }
        return words;
    }

    /** Every cell that is not empty, and who refers to whom, without UUIDs. */
    Set<String> inWords() {
        var words = new TreeSet<String>();
        ours.forEach((uuid, table) -> {
            var row = state.row(table, uuid);
            row.columns().forEach((column, atoms) -> {
                if (!STATUS.contains(column) && !isOfChildren(table, column)) {
                    var texts = new TreeSet<String>();
                    atoms.forEach(atom -> texts.add(text(atom)));
                    texts.remove("");
                    if (!texts.isEmpty() && !texts.equals(Set.of("false"))) {
                        words.add("%s: %s = %s".formatted(name(uuid), column, texts));
                    }
                }
            });
        });
        CHILDREN.forEach((table, columns) -> state.rows(table).forEach(parent -> {
            for (var column : columns) {
                var children = new ArrayList<>(parent.references(column));
                children.retainAll(ours.keySet());
                children.forEach(
                        child -> words.add("%s is in %s of %s".formatted(name(child), column, name(table, parent))));
            }
        }));
        return words;
    }

    private static boolean isOfChildren(String table, String column) {
        return CHILDREN.getOrDefault(table, List.of()).contains(column);
    }

    private String text(JsonNode atom) {
        boolean isReference = atom.isArray() && atom.path(0).asText().equals("uuid");
        return isReference ? name(atom.path(1).asText()) : atom.isTextual() ? atom.asText() : atom.toString();
    }

    private String name(String uuid) {
        var table = ours.get(uuid);
        return table == null ? "another row" : name(table, state.row(table, uuid));
    }

    private static String name(String table, Row row) {
        return table + " "
                + row.columns().getOrDefault("external_ids", List.of()).stream()
                        .filter(pair -> pair.path(0).asText().equals("ovn-egress.io/id"))
                        .map(pair -> pair.path(1).asText())
                        .findFirst()
                        .orElse(row.text("name"));
    }
}
