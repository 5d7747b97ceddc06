package io.ovnegress.it.chaos;

import static io.ovnegress.it.chaos.OtherClient.map;
import static io.ovnegress.it.chaos.OtherClient.operation;
import static io.ovnegress.it.chaos.OtherClient.operations;
import static io.ovnegress.it.chaos.OtherClient.whereId;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.ovnegress.it.chaos.OtherClient.Author;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Which chassis serves a router that floats, as OVN decides it and ovn-northd says it where the server's schema has a column for that
 * (OVN 24.03 and later). In between it says that none does, as where an ovn-controller stops in good order. Stateless.
 */
final class Hosting {
    private static final String COLUMN = "status";
    private static final String KEY = "hosting-chassis";

    /** A router fails over, though nobody has asked for that; what happened. */
    String choose(OtherClient client, Random random) {
        var candidates = new HashMap<>(candidates(client));
        candidates.values().removeIf(List::isEmpty);
        if (candidates.isEmpty()) {
            return "";
        }
        var ports = new ArrayList<JsonNode>(candidates.keySet());
        ports.sort(Comparator.comparing(port -> port.get("name").asText()));
        var port = RandomObjects.pick(ports, random);
        var chassis = RandomObjects.pick(candidates.get(port), random);
        var nobody = operations();
        say(port, map(), nobody);
        client.transact(Author.NORTHD, "", nobody);
        var operations = operations();
        say(port, map(KEY, chassis), operations);
        client.transact(Author.NORTHD, "", operations);
        return port.get("name").asText() + " is on " + chassis;
    }

    /** All are where they are to be; whether one was elsewhere. */
    boolean settle(OtherClient client) {
        var nobody = operations();
        var operations = operations();
        candidates(client).forEach((port, chassis) -> {
            if (!chassis.isEmpty()
                    && !chassis.getFirst().equals(Content.map(port.get(COLUMN)).getOrDefault(KEY, ""))) {
                say(port, map(), nobody);
                say(port, map(KEY, chassis.getFirst()), operations);
            }
        });
        if (!operations.isEmpty()) {
            client.transact(Author.NORTHD, "", nobody);
            client.transact(Author.NORTHD, "", operations);
        }
        return !operations.isEmpty();
    }

    private static void say(JsonNode port, JsonNode status, ArrayNode operations) {
        var update = operation(operations, "update", "Logical_Router_Port");
        update.set("where", whereId(Content.id(port)));
        update.putObject("row").set(COLUMN, status);
    }

    /** By port of a router that floats its chassis, the best first; empty where the schema lacks the column. */
    private static Map<JsonNode, List<String>> candidates(OtherClient client) {
        var tables = client.select(List.of("Logical_Router_Port", "HA_Chassis_Group", "HA_Chassis"));
        var chassis = new HashMap<String, JsonNode>();
        tables.get(2).forEach(row -> chassis.put(Content.id(row), row));
        var groups = new HashMap<String, List<String>>();
        tables.get(1)
                .forEach(group -> groups.put(
                        Content.id(group),
                        Content.references(group.get("ha_chassis")).stream()
                                .map(chassis::get)
                                .sorted(Comparator.comparingInt(
                                        (JsonNode each) -> -each.get("priority").asInt()))
                                .map(each -> each.get("chassis_name").asText())
                                .toList()));
        var candidates = new HashMap<JsonNode, List<String>>();
        for (var port : tables.get(0)) {
            var group = Content.references(port.get("ha_chassis_group"));
            if (port.has(COLUMN) && !group.isEmpty()) {
                candidates.put(port, groups.get(group.getFirst()));
            }
        }
        return candidates;
    }
}
