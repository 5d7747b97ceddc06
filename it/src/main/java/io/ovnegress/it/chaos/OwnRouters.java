package io.ovnegress.it.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The routers of egress IPs' own in a database, in words: what differs between two databases that are both right - their addresses on
 * the join switch, and who stands by - is left out. Immutable.
 */
final class OwnRouters {
    private static final String PREFIX = "egressip_";
    private static final String INSIDE = "rtoj-" + PREFIX;
    private static final String OUTSIDE = "rtoe-";

    private final Map<String, String> inWords = new TreeMap<>();
    /** By address on the join switch the router's name. */
    private final Map<String, String> byJoinAddress = new HashMap<>();

    private final List<String> groups = new ArrayList<>();

    /** @param tables the rows of each */
    OwnRouters(Map<String, JsonNode> tables) {
        var chassis = byId(tables.get("HA_Chassis"));
        var first = new HashMap<String, String>();
        for (var group : tables.get("HA_Chassis_Group")) {
            var members = new ArrayList<JsonNode>();
            Content.references(group.get("ha_chassis")).forEach(id -> members.add(chassis.get(id)));
            members.sort(Comparator.comparingInt(
                    (JsonNode member) -> -member.get("priority").asInt()));
            var best = members.isEmpty()
                    ? "no chassis"
                    : members.getFirst().get("chassis_name").asText() + " at "
                            + members.getFirst().get("priority").asInt();
            first.put(Content.id(group), best.replaceFirst(" at .*", ""));
            groups.add("HA_Chassis_Group " + group.get("name").asText() + " with " + best + ", of " + members.size());
        }
        var ports = byId(tables.get("Logical_Router_Port"));
        for (var router : tables.get("Logical_Router")) {
            var name = router.get("name").asText();
            if (name.startsWith(PREFIX)) {
                add(name, router, ports, first);
            }
        }
    }

    private void add(String name, JsonNode router, Map<String, JsonNode> ports, Map<String, String> first) {
        var addresses = new TreeSet<String>();
        var where = Content.map(router.get("options")).get("chassis");
        boolean isPinned = where != null;
        for (var id : Content.references(router.get("ports"))) {
            var port = ports.get(id);
            var portName = port.get("name").asText();
            for (var network : Content.texts(port.get("networks"))) {
                var address = network.substring(0, network.indexOf('/'));
                if (portName.startsWith(INSIDE)) {
                    byJoinAddress.put(address, name);
                } else {
                    addresses.add(address);
                }
            }
            var group = Content.references(port.get("ha_chassis_group"));
            if (portName.startsWith(OUTSIDE) && !isPinned && !group.isEmpty()) {
                where = first.get(group.getFirst());
            }
        }
        var object = name.substring(PREFIX.length(), name.indexOf('_', PREFIX.length()));
        inWords.put(name, inWords(object, addresses, String.valueOf(where), isPinned));
    }

    private static Map<String, JsonNode> byId(JsonNode rows) {
        var byId = new HashMap<String, JsonNode>();
        rows.forEach(row -> byId.put(Content.id(row), row));
        return byId;
    }

    /** As {@link Content#ways} says it, and {@link Expectation#ways}. */
    static String inWords(String object, Set<String> addresses, String chassis, boolean isPinned) {
        return "of %s with %s, on %s%s"
                .formatted(object, String.join(", ", addresses), chassis, isPinned ? ", pinned" : "");
    }

    List<String> all() {
        return List.copyOf(inWords.values());
    }

    /** A line for each group of chassis. */
    List<String> groups() {
        return List.copyOf(groups);
    }

    /** The routers with these addresses on the join switch; an address that none has stays what it is. */
    Set<String> ledTo(Set<String> nexthops) {
        var routers = new TreeSet<String>();
        nexthops.forEach(hop -> routers.add(inWords.getOrDefault(byJoinAddress.getOrDefault(hop, ""), hop)));
        return routers;
    }

    /** The text with a router's name in place of its address on the join switch. */
    String withoutJoinAddress(String text) {
        int slash = text.indexOf('/');
        var address = slash < 0 ? text : text.substring(0, slash);
        var router = byJoinAddress.get(address);
        return router == null ? text : text.replace(address, "J(" + router + ")");
    }

    /** The port's MAC address, if it does not follow from an address on the join switch. */
    static String mac(JsonNode port) {
        var mac = port.get("mac").asText();
        boolean isOfAddress = Content.texts(port.get("networks")).stream()
                .map(network -> network.substring(0, network.indexOf('/')))
                .anyMatch(address -> address.contains(":") ? mac.startsWith("0a:58:") : mac.equals(mac(address)));
        return port.get("name").asText().startsWith(INSIDE) && isOfAddress ? "of its address" : mac;
    }

    private static String mac(String address) {
        var bytes = address.split("\\.", -1);
        return "0a:58:%02x:%02x:%02x:%02x"
                .formatted(
                        Integer.parseInt(bytes[0]),
                        Integer.parseInt(bytes[1]),
                        Integer.parseInt(bytes[2]),
                        Integer.parseInt(bytes[3]));
    }
}
