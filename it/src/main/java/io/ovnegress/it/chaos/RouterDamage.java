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

/**
 * Damages one of the rows of egress IPs' own routers, as a person with {@code ovn-nbctl} might: in every table, each column that
 * matters, the row and its place. It can still be told for ours by its external_ids, or by its name.
 */
final class RouterDamage {
    private static final String ID_PREFIX = "router/";
    /** By table what refers to its rows; those of the others stand for themselves. */
    private static final Map<String, List<String>> PARENTS = Map.of(
            "Logical_Router_Port", List.of("Logical_Router", "ports"),
            "Logical_Switch_Port", List.of("Logical_Switch", "ports"),
            "Logical_Router_Static_Route", List.of("Logical_Router", "static_routes"),
            "Logical_Router_Policy", List.of("Logical_Router", "policies"),
            "NAT", List.of("Logical_Router", "nat"),
            "ACL", List.of("Logical_Switch", "acls"),
            "HA_Chassis", List.of("HA_Chassis_Group", "ha_chassis"));

    private static final List<String> TABLES = List.of(
            "Logical_Router",
            "Logical_Switch",
            "HA_Chassis_Group",
            "Logical_Router_Port",
            "Logical_Switch_Port",
            "Logical_Router_Static_Route",
            "Logical_Router_Policy",
            "NAT",
            "ACL",
            "HA_Chassis");

    private final Random random;
    private final Map<String, JsonNode> tables = new HashMap<>();
    private final Set<String> concerned = new TreeSet<>();
    private final ArrayNode operations = operations();

    private RouterDamage(OtherClient client, Random random) {
        this.random = random;
        var selected = client.select(TABLES);
        for (int i = 0; i < TABLES.size(); i++) {
            tables.put(TABLES.get(i), selected.get(i));
        }
    }

    /** What was done; empty if there are no routers. */
    static Optional<String> atRandom(OtherClient client, Random random) {
        var damage = new RouterDamage(client, random);
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

    private record Target(String table, JsonNode row) {
        private String id() {
            return Content.id(row);
        }
    }

    private Optional<String> any() {
        var table = RandomObjects.pick(TABLES, random);
        var targets = new ArrayList<Target>();
        tables.get(table).forEach(row -> {
            if (!router(row).isEmpty()) {
                targets.add(new Target(table, row));
            }
        });
        if (targets.isEmpty()) {
            return Optional.empty();
        }
        var target = RandomObjects.pick(targets, random);
        concerned.add(router(target.row()));
        for (var column : List.of("networks", "ip_prefix", "nexthop", "logical_ip", "external_ip")) {
            Content.texts(target.row().path(column)).forEach(text -> concerned.add(text.replaceFirst("/.*", "")));
        }
        var what = random.nextInt(4) == 0 ? place(target) : column(target);
        return Optional.of("damage of " + router(target.row()) + ", " + table + " " + name(target.row()) + ": " + what);
    }

    /** The name of the router that the row is of, empty if it is of none: by its id, and switch ports by their names. */
    private static String router(JsonNode row) {
        var id = Content.map(row.get("external_ids")).getOrDefault("ovn-egress.io/id", "");
        if (id.startsWith(ID_PREFIX)) {
            var words = id.split("/", 5);
            return "egressip_" + words[1] + "_" + words[2].replace(':', '.')
                    + (words[3].equals("pinned") ? "_pinned" : "");
        }
        var name = row.path("name").asText();
        int start = name.indexOf("-egressip_");
        return row.has("tag_request") && start > 0 ? name.substring(start + 1) : "";
    }

    private static String name(JsonNode row) {
        return Content.map(row.get("external_ids"))
                .getOrDefault("ovn-egress.io/id", row.path("name").asText());
    }

    /** It goes, or comes once more. */
    private String place(Target target) {
        var parent = PARENTS.get(target.table());
        if (parent == null && random.nextBoolean() && !target.table().equals("HA_Chassis_Group")) {
            operation(operations, "delete", target.table()).set("where", whereId(target.id()));
            return "deleted";
        }
        var unique = target.row().has("name")
                && !target.table().equals("Logical_Router")
                && !target.table().equals("Logical_Switch");
        if (parent != null && (unique || random.nextInt(3) > 0)) {
            reference(
                    operations,
                    parent.get(0),
                    whereId(parentOf(target, parent)),
                    parent.get(1),
                    "delete",
                    uuid(target.id()));
            return "taken away";
        }
        if (unique) { // no other one may be called so
            return column(target);
        }
        var row = operation(operations, "insert", target.table())
                .put("uuid-name", "copy")
                .putObject("row");
        for (var cell : target.row().properties()) {
            if (!cell.getKey().startsWith("_") && !isOfChildren(cell.getKey())) {
                row.set(cell.getKey(), cell.getValue());
            }
        }
        if (parent != null) {
            reference(
                    operations,
                    parent.get(0),
                    whereId(parentOf(target, parent)),
                    parent.get(1),
                    "insert",
                    named("copy"));
        }
        return "copied";
    }

    private static boolean isOfChildren(String column) {
        return Set.of("ports", "static_routes", "nat", "acls", "policies", "ha_chassis")
                .contains(column);
    }

    private String parentOf(Target target, List<String> parent) {
        for (var row : tables.get(parent.get(0))) {
            if (Content.references(row.get(parent.get(1))).contains(target.id())) {
                return Content.id(row);
            }
        }
        throw new IllegalStateException("no parent of " + target.row());
    }

    private String column(Target target) {
        return switch (target.table()) {
            case "Logical_Router" ->
                switch (random.nextInt(4)) {
                    case 0 -> update(target, "options", map());
                    case 1 -> update(target, "options", map("chassis", Landscape.chassis(1 + random.nextInt(5))));
                    case 2 -> update(target, "name", text(renamed()));
                    default -> update(target, "options", map("lb_force_snat_ip", "router_ip"));
                };
            case "Logical_Switch" ->
                random.nextBoolean()
                        ? update(target, "other_config", map("mcast_snoop", "true"))
                        : update(target, "name", text(renamed()));
            case "HA_Chassis_Group" ->
                random.nextBoolean() ? update(target, "ha_chassis", set()) : update(target, "name", text(renamed()));
            case "Logical_Router_Port" -> routerPort(target);
            case "Logical_Switch_Port" ->
                random.nextBoolean()
                        ? update(target, "options", random.nextBoolean() ? map() : map("router-port", "rtoj-GR_node1"))
                        : update(target, "addresses", set("0a:58:0a:80:00:09 10.128.0.9"));
            case "Logical_Router_Policy" ->
                random.nextBoolean()
                        ? update(target, "action", text("allow"))
                        : update(target, "match", text("ip4.src == 192.168.126.77"));
            case "Logical_Router_Static_Route" ->
                random.nextBoolean()
                        ? update(target, "nexthop", text("192.168.126.77"))
                        : update(target, "ip_prefix", text("198.51.100.0/24"));
            case "NAT" ->
                switch (random.nextInt(4)) {
                    case 0 -> update(target, "external_ip", text("192.168.126." + (100 + random.nextInt(5))));
                    case 1 -> update(target, "logical_ip", text("10.128.0." + (5 + random.nextInt(10))));
                    case 2 -> update(target, "logical_port", set("k8s-node1"));
                    default -> update(target, "type", text("dnat"));
                };
            case "ACL" ->
                switch (random.nextInt(4)) {
                    case 0 -> update(target, "action", text("allow"));
                    case 1 -> update(target, "match", text("ip4.src == 10.128.0.5"));
                    case 2 -> update(target, "direction", text("to-lport"));
                    default -> update(target, "priority", number(random.nextInt(1000)));
                };
            default ->
                random.nextBoolean()
                        ? update(target, "priority", number(1 + random.nextInt(100)))
                        : update(target, "chassis_name", text(Landscape.chassis(1 + random.nextInt(5))));
        };
    }

    private String routerPort(Target target) {
        return switch (random.nextInt(5)) {
            case 0 -> update(target, "ha_chassis_group", set());
            case 1 -> update(target, "mac", text("0a:58:00:00:00:01"));
            case 2 -> update(target, "options", map("gateway_mtu", "900"));
            case 3 -> {
                // Of a node, of another router perhaps, or of nobody.
                var hosts = List.of("100.64.0." + (2 + random.nextInt(4)), "100.64.255.254", "100.64.9.9");
                yield update(target, "networks", set(RandomObjects.pick(hosts, random) + "/16"));
            }
            default -> update(target, "networks", set("192.168.126." + (100 + random.nextInt(5)) + "/24"));
        };
    }

    private String renamed() {
        var name = "renamed" + random.nextInt(1000);
        concerned.add(name);
        return name;
    }

    private String update(Target target, String column, JsonNode value) {
        Content.texts(value).forEach(text -> concerned.add(text.replaceFirst("/.*", "")));
        var update = operation(operations, "update", target.table());
        update.set("where", whereId(target.id()));
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
