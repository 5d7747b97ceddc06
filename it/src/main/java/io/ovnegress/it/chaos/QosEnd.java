package io.ovnegress.it.chaos;

import static io.ovnegress.it.chaos.RandomObjects.ip;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether what limits and marks egress IPs is what the objects ask for, when there is nothing left to do: one QoS row for each egress
 * IP that has a node, by which it leaves, and no other. Works it out from the objects and their status. Not thread safe.
 */
final class QosEnd {
    private static final int PRIORITY = 1100;
    private static final String OWN_PREFIX = "egressip_";
    private static final List<String> TABLES = List.of("QoS", "Logical_Switch", "Logical_Router_Port");

    private final Expectation expectation;
    private final Map<String, JsonNode> tables = new HashMap<>();

    private QosEnd(OtherClient client, Expectation expectation) {
        this.expectation = expectation;
        var selected = client.select(TABLES);
        for (int i = 0; i < TABLES.size(); i++) {
            tables.put(TABLES.get(i), selected.get(i));
        }
    }

    static List<String> problems(OtherClient client, Expectation expectation) {
        var end = new QosEnd(client, expectation);
        var difference = Content.difference("in the database", end.there(), "by the objects", end.expected());
        return difference.isEmpty() ? List.of() : List.of("other egress IPs are limited or marked:" + difference);
    }

    /** In words, with the node's router or the object that has the router in place of its name. */
    private List<String> there() {
        var byId = new HashMap<String, JsonNode>();
        tables.get("QoS").forEach(row -> byId.put(Content.id(row), row));
        var rows = new ArrayList<String>();
        for (var parent : tables.get("Logical_Switch")) {
            for (var id : Content.references(parent.get("qos_rules"))) {
                var row = byId.get(id);
                if (row.get("priority").asInt() != PRIORITY) {
                    continue;
                }
                var name = parent.get("name").asText();
                boolean isOwn = name.startsWith(OWN_PREFIX);
                var router = isOwn ? name.replaceFirst("_outside$", "") : name.replaceFirst("^ext_", "GR_");
                var where = isOwn ? "router of " + name.split("_", -1)[1] : name;
                var match = row.get("match").asText();
                rows.add("%s%s %s %s %s"
                        .formatted(
                                where,
                                match.replace("inport == \"etor-" + router + "\"", "")
                                        + (!isOwn || has(router, match) ? "" : " that is not there"),
                                row.get("direction").asText(),
                                Content.texts(row.get("bandwidth")),
                                Content.texts(row.get("action"))));
            }
        }
        return rows;
    }

    /** Whether a router has the address that the match is about. */
    private boolean has(String router, String match) {
        var address = match.substring(match.lastIndexOf(' ') + 1);
        for (var row : tables.get("Logical_Router_Port")) {
            if (row.get("name").asText().equals("rtoe-" + router)) {
                return Content.texts(row.get("networks")).stream().anyMatch(each -> each.startsWith(address + "/"));
            }
        }
        return false;
    }

    private List<String> expected() {
        var rows = new ArrayList<String>();
        for (var object : expectation.egressIps()) {
            var bandwidth = object.qos()
                    .bandwidth()
                    .map(limit -> "[[\"burst\",%d], [\"rate\",%d]]".formatted(limit.burst(), limit.rate()))
                    .orElse("[]");
            var mark = object.qos().dscp().map("[[\"dscp\",%d]]"::formatted).orElse("[]");
            if (bandwidth.equals("[]") && mark.equals("[]")) {
                continue;
            }
            for (var item : object.statusItems()) {
                var address = ip(item.egressIp());
                var where =
                        expectation.forms().hasRouters(object) ? "router of " + object.name() : "ext_" + item.node();
                rows.add("%s && %s.src == %s from-lport %s %s"
                        .formatted(where, address.family().matchField(), address.text(), bandwidth, mark));
            }
        }
        return rows;
    }
}
