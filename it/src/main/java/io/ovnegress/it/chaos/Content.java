package io.ovnegress.it.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Everything in the database apart from UUIDs, a line for each row and parent: two databases are the same if their lines are.
 * Immutable.
 *
 * @param ways how the rows let pods out, and keep them in: one {@code reroute}, {@code snat}, {@code drop} or {@code closed} for each
 *     of our rows, one {@code kept in} for each address of a set that is closed
 * @param podSnats node SNATs of single pods, if they are asked for: these are not in the lines
 */
record Content(List<String> lines, Set<String> ways, List<PodSnat> podSnats) {
    static final List<String> TABLES = List.of(
            "Logical_Router",
            "Logical_Switch",
            "Logical_Router_Policy",
            "NAT",
            "Logical_Router_Port",
            "QoS",
            "Address_Set",
            "Logical_Router_Static_Route",
            "Port_Group",
            "ACL",
            "Logical_Switch_Port",
            "HA_Chassis_Group",
            "HA_Chassis");
    private static final Map<String, String> CHILDREN = new TreeMap<>(Map.of(
            "policies",
            "Logical_Router_Policy",
            "nat",
            "NAT",
            "ports",
            "Logical_Router_Port",
            "qos_rules",
            "QoS",
            "static_routes",
            "Logical_Router_Static_Route",
            "acls",
            "ACL"));

    Content {
        lines = List.copyOf(lines);
        podSnats = List.copyOf(podSnats);
    }

    record PodSnat(String pod, String router, String externalIp) {}

    static Content of(OtherClient client, boolean withPodSnats) {
        var tables = new HashMap<String, JsonNode>();
        var selected = client.select(TABLES);
        for (int i = 0; i < TABLES.size(); i++) {
            tables.put(TABLES.get(i), selected.get(i));
        }
        var byId = new HashMap<String, JsonNode>();
        CHILDREN.values().forEach(table -> tables.get(table).forEach(row -> byId.put(id(row), row)));
        var routers = new OwnRouters(tables);
        var lines = new ArrayList<String>(routers.groups());
        var switchPorts = new HashMap<String, JsonNode>();
        tables.get("Logical_Switch_Port").forEach(row -> switchPorts.put(id(row), row));
        var ways = new TreeSet<String>();
        var podSnats = new ArrayList<PodSnat>();
        for (var table : List.of("Logical_Router", "Logical_Switch", "Port_Group")) {
            for (var parent : tables.get(table)) {
                var name = parent.get("name").asText();
                if (name.startsWith(Landscape.BARRIER) || isEgressRouters(parent)) {
                    continue;
                }
                lines.add(table + text(parent, routers));
                if (table.equals("Logical_Switch")) {
                    references(parent.get("ports")).stream()
                            .map(switchPorts::get)
                            .filter(port -> port.get("name").asText().contains("-egressip_"))
                            .forEach(port -> lines.add(name + " Logical_Switch_Port" + text(port, routers)));
                }
                CHILDREN.forEach((column, childTable) -> {
                    for (var reference : atoms(parent.path(column))) {
                        var child = byId.get(reference.get(1).asText());
                        if (child == null || isEgressRouters(child)) {
                            continue; // a port of a switch, or what the rows alone know
                        }
                        if (withPodSnats && childTable.equals("NAT") && isPodSnat(child)) {
                            podSnats.add(podSnat(child, name));
                        } else {
                            lines.add(name + " " + childTable + text(child, routers));
                            way(childTable, name, child, routers, ways);
                        }
                    }
                });
            }
        }
        tables.get("Address_Set").forEach(row -> {
            if (isEgressRouters(row)) {
                return;
            }
            lines.add("Address_Set" + text(row, routers));
            inSet(row, ways);
        });
        routers.all().forEach(router -> ways.add("router " + router));
        lines.sort(null);
        return new Content(lines, ways, podSnats);
    }

    /** Where one is, and its virtual IP, depends on what was before: see {@link SystemsEnd}. */
    private static boolean isEgressRouters(JsonNode row) {
        return map(row.path("external_ids"))
                .getOrDefault("ovn-egress.io/feature", "")
                .equals("egress-router");
    }

    static PodSnat podSnat(JsonNode nat, String router) {
        return new PodSnat(
                nat.get("logical_ip").asText(), router, nat.get("external_ip").asText());
    }

    /** As ovnkube-master writes it, and as the controller gives it back. */
    static boolean isPodSnat(JsonNode nat) {
        return nat.get("type").asText().equals("snat")
                && atoms(nat.get("logical_port")).isEmpty()
                && atoms(nat.get("external_ids")).isEmpty()
                && texts(nat.get("options")).equals(Set.of("[\"stateless\",\"false\"]"))
                && !nat.get("logical_ip").asText().contains("/");
    }

    private static void way(String table, String parent, JsonNode row, OwnRouters routers, Set<String> ways) {
        if (table.equals("NAT")) {
            var ports = atoms(row.get("logical_port"));
            if (!ports.isEmpty() && ports.get(0).asText().startsWith("k8s-")) {
                ways.add("snat " + row.get("logical_ip").asText() + " "
                        + row.get("external_ip").asText() + " " + parent);
            }
        } else if (table.equals("Logical_Router_Policy")) {
            var match = row.get("match").asText();
            var pod = match.substring(match.lastIndexOf(' ') + 1);
            int priority = row.get("priority").asInt();
            boolean ours = atoms(row.get("external_ids")).stream()
                    .anyMatch(pair -> pair.get(0).asText().equals("ovn-egress.io/id"));
            var nexthops = texts(row.get("nexthops"));
            if (ours && priority == 100 && pod.startsWith("$")) {
                ways.add("routed " + pod + " by " + routers.ledTo(nexthops));
            } else if (ours && priority == 100) {
                ways.add("reroute " + pod + " " + nexthops);
            } else if (ours && priority == 98) {
                ways.add("carried " + pod + " by " + routers.ledTo(nexthops));
            } else if (ours && priority == 99) {
                ways.add((pod.startsWith("$") ? "closed " : "drop ") + pod);
            }
        }
    }

    /** A set whose addresses a policy keeps in, or leads to routers. */
    private static void inSet(JsonNode set, Set<String> ways) {
        var pods = texts(set.get("addresses"));
        if (ways.remove("closed $" + set.get("name").asText())) {
            pods.forEach(pod -> ways.add("kept in " + pod));
        }
        var way = "routed $" + set.get("name").asText() + " ";
        ways.stream().filter(some -> some.startsWith(way)).toList().forEach(some -> {
            ways.remove(some);
            pods.forEach(pod -> ways.add("routed " + pod + " " + some.substring(way.length())));
        });
    }

    static String id(JsonNode row) {
        return row.get("_uuid").get(1).asText();
    }

    /** The elements of a set, the pairs of a map, or the one value. */
    static List<JsonNode> atoms(JsonNode value) {
        var atoms = new ArrayList<JsonNode>();
        if (value.isArray() && value.size() == 2 && value.get(1).isArray()) {
            value.get(1).forEach(atoms::add);
        } else if (!value.isMissingNode()) {
            atoms.add(value);
        }
        return atoms;
    }

    static Set<String> texts(JsonNode value) {
        var texts = new TreeSet<String>();
        atoms(value).forEach(atom -> texts.add(atom.isTextual() ? atom.asText() : atom.toString()));
        return texts;
    }

    /** The UUIDs in a column, in their order. */
    static List<String> references(JsonNode column) {
        return atoms(column).stream()
                .map(atom -> atom.isArray() ? atom.get(1).asText() : atom.asText())
                .sorted()
                .toList();
    }

    /** Of a column of texts by texts. */
    static Map<String, String> map(JsonNode column) {
        var map = new TreeMap<String, String>();
        atoms(column).forEach(pair -> map.put(pair.get(0).asText(), pair.get(1).asText()));
        return map;
    }

    private static String text(JsonNode row, OwnRouters routers) {
        var columns = new TreeMap<String, Object>();
        for (var column : row.properties()) {
            if (!column.getKey().startsWith("_")
                    && !column.getKey().equals("status") // what OVN says, not what anybody writes
                    && !CHILDREN.containsKey(column.getKey())) {
                var texts = new TreeSet<String>();
                texts(column.getValue()).forEach(text -> texts.add(routers.withoutJoinAddress(text)));
                columns.put(column.getKey(), texts);
            }
        }
        if (row.has("mac") && row.has("networks")) {
            columns.put("mac", OwnRouters.mac(row));
        }
        return columns.toString();
    }

    /** What one has and the other has not, for messages; empty if they are the same. */
    static String difference(String nameOfOne, List<String> one, String nameOfOther, List<String> other) {
        var text = new StringBuilder();
        var onlyOne = new ArrayList<>(one);
        other.forEach(onlyOne::remove);
        var onlyOther = new ArrayList<>(other);
        one.forEach(onlyOther::remove);
        onlyOne.forEach(
                line -> text.append("\n  only ").append(nameOfOne).append(": ").append(line));
        onlyOther.forEach(line ->
                text.append("\n  only ").append(nameOfOther).append(": ").append(line));
        return text.toString();
    }
}
