package io.ovnegress.it.chaos;

import static io.ovnegress.it.chaos.OtherClient.map;
import static io.ovnegress.it.chaos.OtherClient.named;
import static io.ovnegress.it.chaos.OtherClient.operation;
import static io.ovnegress.it.chaos.OtherClient.operations;
import static io.ovnegress.it.chaos.OtherClient.reference;
import static io.ovnegress.it.chaos.OtherClient.set;
import static io.ovnegress.it.chaos.OtherClient.uuid;
import static io.ovnegress.it.chaos.OtherClient.whereId;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.ovnegress.it.chaos.OtherClient.Author;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Damages one of the rows of egress routers and firewalls, as a person with {@code ovn-nbctl} might: a column that matters, the row,
 * or its place. It can still be told for ours by its external_ids, or by its name.
 */
final class SystemsDamage {
    private static final List<String> MARKS = List.of("egress-router", "egress-firewall");
    /** By table where references to its rows are. */
    private static final Map<String, List<List<String>>> PARENTS = Map.of(
            "Logical_Router_Port", List.of(List.of("Logical_Router", "ports")),
            "Logical_Router_Static_Route", List.of(List.of("Logical_Router", "static_routes")),
            "Logical_Router_Policy", List.of(List.of("Logical_Router", "policies")),
            "Load_Balancer", List.of(List.of("Logical_Router", "load_balancer")),
            "NAT", List.of(List.of("Logical_Router", "nat")),
            "QoS", List.of(List.of("Logical_Switch", "qos_rules")),
            "ACL", List.of(List.of("Logical_Switch", "acls"), List.of("Port_Group", "acls")));

    private static final Set<String> ROOTS = Set.of("Logical_Router", "Logical_Switch", "Load_Balancer", "Address_Set");
    private static final Set<String> UNIQUE = Set.of("Address_Set", "Logical_Router_Port");
    private static final List<String> TABLES = List.of(
            "Logical_Router",
            "Logical_Switch",
            "Port_Group",
            "Logical_Router_Port",
            "Logical_Router_Static_Route",
            "Logical_Router_Policy",
            "Load_Balancer",
            "NAT",
            "QoS",
            "ACL",
            "Address_Set");
    private static final Pattern ADDRESS = Pattern.compile("\\d+\\.\\d+\\.\\d+\\.\\d+");

    private final Random random;
    private final Map<String, JsonNode> tables = new HashMap<>();
    private final Set<String> concerned = new TreeSet<>();
    private final ArrayNode operations = operations();

    private SystemsDamage(OtherClient client, Random random) {
        this.random = random;
        var selected = client.select(TABLES);
        for (int i = 0; i < TABLES.size(); i++) {
            tables.put(TABLES.get(i), selected.get(i));
        }
    }

    /** What was done; empty if there is nothing to damage. */
    static Optional<String> atRandom(OtherClient client, Random random) {
        var damage = new SystemsDamage(client, new Random(random.nextLong()));
        var done = damage.any();
        if (done.isPresent()) {
            try {
                client.transact(Author.DAMAGE, String.join(" ", damage.concerned), damage.operations);
            } catch (OtherClient.Refused e) {
                return Optional.of("too late for " + done.get()); // the row is gone meanwhile
            }
        }
        return done;
    }

    private Optional<String> any() {
        var table = RandomObjects.pick(TABLES, random);
        var targets = new ArrayList<JsonNode>();
        tables.get(table).forEach(row -> {
            if (MARKS.contains(ids(row).getOrDefault("ovn-egress.io/feature", ""))) {
                targets.add(row);
            }
        });
        if (targets.isEmpty()) {
            return Optional.empty();
        }
        var target = RandomObjects.pick(targets, random);
        var id = ids(target).getOrDefault("ovn-egress.io/id", "");
        var words = id.split("/", -1);
        if (id.startsWith("egress-router") && words.length > 2) {
            concerned.add("egressrouter_" + words[1] + "_" + words[2]);
        }
        concern(target);
        var what = random.nextInt(3) == 0 ? place(table, target) : column(table, target);
        return Optional.of("damage of " + table + " " + id + ": " + what);
    }

    private static Map<String, String> ids(JsonNode row) {
        return Content.map(row.get("external_ids"));
    }

    private void concern(JsonNode value) {
        var addresses = ADDRESS.matcher(value.toString());
        while (addresses.find()) {
            concerned.add(addresses.group());
        }
    }

    /** It goes, or comes once more. */
    private String place(String table, JsonNode target) {
        var id = Content.id(target);
        if (ROOTS.contains(table) && random.nextBoolean()) {
            operation(operations, "delete", table).set("where", whereId(id));
            return "deleted";
        }
        var parents = PARENTS.getOrDefault(table, List.of());
        for (var parent : parents) {
            for (var row : tables.get(parent.get(0))) {
                if (Content.references(row.get(parent.get(1))).contains(id)) {
                    if (UNIQUE.contains(table) || random.nextBoolean()) {
                        reference(
                                operations, parent.get(0), whereId(Content.id(row)), parent.get(1), "delete", uuid(id));
                        return "taken away";
                    }
                    copy(table, target);
                    reference(
                            operations,
                            parent.get(0),
                            whereId(Content.id(row)),
                            parent.get(1),
                            "insert",
                            named("copy"));
                    return "copied";
                }
            }
        }
        return column(table, target);
    }

    private void copy(String table, JsonNode target) {
        var row =
                operation(operations, "insert", table).put("uuid-name", "copy").putObject("row");
        for (var cell : target.properties()) {
            if (!cell.getKey().startsWith("_")) {
                row.set(cell.getKey(), cell.getValue());
            }
        }
    }

    private String column(String table, JsonNode target) {
        return switch (table) {
            case "Logical_Router" ->
                switch (random.nextInt(3)) {
                    case 0 -> update(table, target, "options", map());
                    case 1 ->
                        update(table, target, "options", map("chassis", Landscape.chassis(1 + random.nextInt(5))));
                    default -> update(table, target, "name", renamed());
                };
            case "Logical_Switch" -> update(table, target, "name", renamed());
            case "Logical_Router_Port" ->
                random.nextBoolean()
                        ? update(table, target, "networks", set("100.64." + random.nextInt(256) + ".9/16"))
                        : update(table, target, "mac", text("0a:58:00:00:00:01"));
            case "Logical_Router_Static_Route" -> update(table, target, "nexthop", text("192.168.126.77"));
            case "Logical_Router_Policy" ->
                switch (random.nextInt(4)) {
                    case 0 -> update(table, target, "action", text("allow"));
                    case 1 -> update(table, target, "match", text("ip4.dst == 198.18.0." + random.nextInt(4)));
                    case 2 -> update(table, target, "nexthops", set("100.64.0.9"));
                    default -> update(table, target, "priority", number(random.nextInt(1000)));
                };
            case "Load_Balancer" ->
                switch (random.nextInt(4)) {
                    case 0 -> update(table, target, "vips", map());
                    case 1 -> update(table, target, "vips", map("198.18.0.1:80", "203.0.113.99:80"));
                    case 2 -> update(table, target, "options", map());
                    default -> update(table, target, "name", renamed());
                };
            case "NAT" ->
                switch (random.nextInt(3)) {
                    case 0 -> update(table, target, "external_ip", text("192.168.126." + (150 + random.nextInt(3))));
                    case 1 -> update(table, target, "logical_ip", text("10.128.0." + (5 + random.nextInt(10))));
                    default -> update(table, target, "type", text("dnat"));
                };
            case "ACL" ->
                switch (random.nextInt(4)) {
                    case 0 -> update(table, target, "action", text("allow"));
                    case 1 -> update(table, target, "match", text("ip4.src == 10.128.0.5"));
                    case 2 -> update(table, target, "direction", text("from-lport"));
                    default -> update(table, target, "priority", number(random.nextInt(1000)));
                };
            case "QoS" -> update(table, target, "match", text("ip4.src == 10.128.0.5"));
            default ->
                random.nextBoolean()
                        ? update(table, target, "addresses", set())
                        : update(table, target, "addresses", set("10.128.0.9"));
        };
    }

    private JsonNode renamed() {
        var name = "renamed" + random.nextInt(1000);
        concerned.add(name);
        return text(name);
    }

    private String update(String table, JsonNode target, String column, JsonNode value) {
        concern(value);
        var update = operation(operations, "update", table);
        update.set("where", whereId(Content.id(target)));
        update.putObject("row").set(column, value);
        return column + " = " + value;
    }

    private static JsonNode text(String text) {
        return OtherClient.JSON.getNodeFactory().textNode(text);
    }

    private static JsonNode number(int number) {
        return OtherClient.JSON.getNodeFactory().numberNode(number);
    }
}
