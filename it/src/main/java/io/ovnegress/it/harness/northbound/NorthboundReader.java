package io.ovnegress.it.harness.northbound;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ovnegress.it.harness.process.DatabaseServer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Reads the rows that an egress IP consists of from a running database, each time anew and in one transaction, so that what is
 * returned existed at one moment. Independent of the controller's own code. Safe for any thread.
 */
public final class NorthboundReader {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final DatabaseServer server;

    public NorthboundReader(DatabaseServer server) {
        this.server = server;
    }

    /** A row of Logical_Router_Policy and the router that refers to it. */
    public record Policy(
            String uuid,
            String router,
            int priority,
            String match,
            String action,
            Set<String> nexthops,
            Map<String, String> options,
            Map<String, String> externalIds) {}

    /** A row of NAT and the router that refers to it; optional columns are empty texts where unset. */
    public record Nat(
            String uuid,
            String router,
            String type,
            String externalIp,
            String logicalIp,
            String logicalPort,
            Map<String, String> options,
            Map<String, String> externalIds) {}

    /** A row of QoS and the switch that refers to it. */
    public record Qos(
            String uuid, String onSwitch, int priority, String match, Map<String, Long> action, String direction) {}

    public record AddressSet(String name, Set<String> addresses, Map<String, String> externalIds) {}

    /** All rows at one moment, ordered by what they say. */
    public record Rows(List<Policy> policies, List<Nat> nats, List<AddressSet> addressSets, List<Qos> qos) {
        /** Policies of priority 100 on any router. */
        public List<Policy> reroutes() {
            return policies.stream().filter(policy -> policy.priority() == 100).toList();
        }

        /** SNAT rows whose logical port is a management port: those of egress IPs. */
        public List<Nat> egressNats() {
            return nats.stream()
                    .filter(nat ->
                            nat.type().equals("snat") && nat.logicalPort().startsWith("k8s-"))
                    .toList();
        }

        public Optional<AddressSet> addressSet(String name) {
            return addressSets.stream().filter(set -> set.name().equals(name)).findFirst();
        }
    }

    public Rows read() {
        var tables = List.of("Logical_Router", "Logical_Router_Policy", "NAT", "Address_Set", "Logical_Switch", "QoS");
        var request = JSON.createArrayNode().add(server.database());
        for (var table : tables) {
            var select = request.addObject().put("op", "select").put("table", table);
            select.putArray("where");
        }
        var reply = parse(server.client("transact", request.toString()));
        var owners = new HashMap<String, String>();
        for (var router : rows(reply, 0)) {
            uuids(router.get("policies")).forEach(uuid -> owners.put(uuid, text(router.get("name"))));
            uuids(router.get("nat")).forEach(uuid -> owners.put(uuid, text(router.get("name"))));
        }
        for (var onSwitch : rows(reply, 4)) {
            uuids(onSwitch.get("qos_rules")).forEach(uuid -> owners.put(uuid, text(onSwitch.get("name"))));
        }
        return new Rows(
                rows(reply, 1).stream()
                        .map(row -> policy(row, owners))
                        .sorted(java.util.Comparator.comparing(Policy::match).thenComparing(Policy::uuid))
                        .toList(),
                rows(reply, 2).stream()
                        .map(row -> nat(row, owners))
                        .sorted(java.util.Comparator.comparing(Nat::logicalIp)
                                .thenComparing(Nat::router)
                                .thenComparing(Nat::uuid))
                        .toList(),
                rows(reply, 3).stream()
                        .map(row -> new AddressSet(
                                text(row.get("name")), texts(row.get("addresses")), map(row.get("external_ids"))))
                        .toList(),
                rows(reply, 5).stream().map(row -> qos(row, owners)).toList());
    }

    private static Policy policy(JsonNode row, Map<String, String> owners) {
        var uuid = row.get("_uuid").get(1).asText();
        return new Policy(
                uuid,
                owners.getOrDefault(uuid, ""),
                row.get("priority").asInt(),
                text(row.get("match")),
                text(row.get("action")),
                texts(row.get("nexthops")),
                map(row.get("options")),
                map(row.get("external_ids")));
    }

    private static Nat nat(JsonNode row, Map<String, String> owners) {
        var uuid = row.get("_uuid").get(1).asText();
        return new Nat(
                uuid,
                owners.getOrDefault(uuid, ""),
                text(row.get("type")),
                text(row.get("external_ip")),
                text(row.get("logical_ip")),
                texts(row.get("logical_port")).stream().findFirst().orElse(""),
                map(row.get("options")),
                map(row.get("external_ids")));
    }

    private static Qos qos(JsonNode row, Map<String, String> owners) {
        var uuid = row.get("_uuid").get(1).asText();
        var action = new TreeMap<String, Long>();
        row.get("action")
                .get(1)
                .forEach(pair -> action.put(pair.get(0).asText(), pair.get(1).asLong()));
        return new Qos(
                uuid,
                owners.getOrDefault(uuid, ""),
                row.get("priority").asInt(),
                text(row.get("match")),
                action,
                text(row.get("direction")));
    }

    private static List<JsonNode> rows(JsonNode reply, int index) {
        var rows = new ArrayList<JsonNode>();
        reply.get(index).get("rows").forEach(rows::add);
        return rows;
    }

    private static JsonNode parse(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("not JSON: " + text, e);
        }
    }

    private static String text(JsonNode value) {
        return value.asText();
    }

    private static Set<String> uuids(JsonNode value) {
        var uuids = new HashSet<String>();
        for (var atom : OvsdbValue.atoms(value)) {
            uuids.add(atom.get(1).asText());
        }
        return uuids;
    }

    private static Set<String> texts(JsonNode value) {
        var texts = new TreeSet<String>();
        OvsdbValue.atoms(value).forEach(atom -> texts.add(atom.asText()));
        return texts;
    }

    private static Map<String, String> map(JsonNode value) {
        var map = new TreeMap<String, String>();
        value.get(1).forEach(pair -> map.put(pair.get(0).asText(), pair.get(1).asText()));
        return map;
    }
}
