package io.ovnegress.it.chaos;

import static io.ovnegress.it.chaos.OtherClient.named;
import static io.ovnegress.it.chaos.OtherClient.operation;
import static io.ovnegress.it.chaos.OtherClient.operations;
import static io.ovnegress.it.chaos.OtherClient.reference;
import static io.ovnegress.it.chaos.OtherClient.set;
import static io.ovnegress.it.chaos.OtherClient.uuid;
import static io.ovnegress.it.chaos.OtherClient.whereId;
import static io.ovnegress.it.chaos.OtherClient.whereName;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ovnegress.it.chaos.OtherClient.Author;
import io.ovnegress.it.harness.oracle.DatabaseState;
import io.ovnegress.reconciler.NumberedNode;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.feature.fence.FenceFeature;
import io.ovnegress.reconciler.feature.fence.FenceInput;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.northbound.RowIds;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * In a third of the histories the controllers have another feature, that of the reconciler's tests: it writes port groups with ACLs,
 * and routes on the router of the egress IPs. What happens to fences is drawn from randomness of their own, so that everything else
 * happens as without them. Not thread safe.
 */
final class Fences {
    private static final List<String> NAMES = List.of("bank", "mint");
    private static final List<String> SUBNETS = List.of("198.51.100.0/24", "203.0.113.0/24");
    private static final String SWITCH = "fenced";
    private static final List<UUID> PORTS =
            List.of(RowIds.of("chaos/port1"), RowIds.of("chaos/port2"), RowIds.of("chaos/port3"));
    private static final List<String> TABLES =
            List.of("Logical_Router", "Logical_Router_Static_Route", "Port_Group", "ACL");

    private final boolean areThere;
    private final Random random;
    private final Map<String, FenceInput> fences = new TreeMap<>();
    private Consumer<InputChange> sink = change -> {};

    Fences(long seed) {
        areThere = seed % 3 == 0;
        random = new Random(17 * seed + 3);
        if (areThere) {
            NAMES.forEach(this::put);
        }
    }

    boolean areThere() {
        return areThere;
    }

    /** What a controller has beside its own. */
    List<Feature> features() {
        return areThere ? List.of(new FenceFeature()) : List.of();
    }

    /** The ports behind them, always the same rows. */
    void furnish(OtherClient client) {
        if (!areThere) {
            return;
        }
        var operations = operations();
        operation(operations, "insert", "Logical_Switch").putObject("row").put("name", SWITCH);
        for (int i = 0; i < PORTS.size(); i++) {
            var id = PORTS.get(i).toString();
            operation(operations, "insert", "Logical_Switch_Port")
                    .put("uuid", id)
                    .putObject("row")
                    .put("name", "fenced" + i);
            reference(operations, "Logical_Switch", whereName(SWITCH), "ports", "insert", uuid(id));
        }
        client.transact(Author.TOPOLOGY, "", operations);
    }

    /** Goes on with another controller, which is told everything. */
    void attach(Consumer<InputChange> newSink) {
        sink = newSink;
        tell(newSink);
    }

    void tell(Consumer<InputChange> other) {
        if (areThere) {
            other.accept(new InputChange.Listed(FenceInput.KIND, List.copyOf(fences.values())));
        }
    }

    void detach() {
        sink = change -> {};
    }

    /** Changes one, often none; what happened. */
    String change() {
        if (!areThere || random.nextInt(3) > 0) {
            return "";
        }
        var name = RandomObjects.pick(NAMES, random);
        if (random.nextInt(4) == 0) {
            fences.remove(name);
            sink.accept(new InputChange.Removed(FenceInput.KIND, name));
            return "remove fence " + name;
        }
        put(name);
        sink.accept(new InputChange.Put(fences.get(name)));
        return "put " + fences.get(name);
    }

    private void put(String name) {
        var ports = new HashSet<UUID>();
        PORTS.stream().filter(port -> random.nextBoolean()).forEach(ports::add);
        var subnet = RandomObjects.pick(SUBNETS, random);
        fences.put(
                name,
                new FenceInput(name, ports, subnet, new NumberedNode(1 + random.nextInt(2)).joinAddress(IpFamily.V4)));
    }

    /** Damages one of their rows, often none; what was done. */
    String damage(OtherClient client) {
        if (!areThere || random.nextInt(2) == 0) {
            return "";
        }
        var name = RandomObjects.pick(NAMES, random);
        int what = random.nextInt(8);
        var operations = operations();
        var group = whereName("fence_" + name);
        var route = RowIds.of("fence-route/" + name).toString();
        var acl = RowIds.of("fence-acl/" + name).toString();
        var router = whereName(Landscape.CLUSTER_ROUTER);
        switch (what) {
            case 0 -> update(operations, "Port_Group", group).set("ports", set());
            case 1 ->
                reference(
                        operations,
                        "Port_Group",
                        group,
                        "ports",
                        "insert",
                        uuid(PORTS.get(random.nextInt(3)).toString()));
            case 2 -> reference(operations, "Port_Group", group, "acls", "delete", uuid(acl));
            case 3 -> operation(operations, "delete", "Port_Group").set("where", group);
            case 4 -> update(operations, "ACL", whereId(acl)).put("priority", random.nextInt(2000));
            case 5 -> reference(operations, "Logical_Router", router, "static_routes", "delete", uuid(route));
            case 6 ->
                update(operations, "Logical_Router_Static_Route", whereId(route))
                        .put("nexthop", "100.64.0.9");
            default -> {
                var copy = operation(operations, "insert", "Logical_Router_Static_Route")
                        .put("uuid-name", "copy")
                        .putObject("row");
                copy.put("ip_prefix", SUBNETS.get(0)).put("nexthop", "100.64.0.2");
                copy.set(
                        "external_ids", OtherClient.map("ovn-egress.io/feature", "fence", "ovn-egress.io/owner", name));
                reference(operations, "Logical_Router", router, "static_routes", "insert", named("copy"));
            }
        }
        client.transact(Author.DAMAGE, name, operations);
        return "fence damage " + what + " of " + name;
    }

    private static ObjectNode update(ArrayNode operations, String table, ArrayNode where) {
        var update = operation(operations, "update", table);
        update.set("where", where);
        return update.putObject("row");
    }

    /** The rules that do not hold in this state, each with the fence that it is about. */
    static Set<String> broken(DatabaseState state) {
        var broken = new HashSet<String>();
        var groups = new HashSet<String>();
        for (var group : state.rows("Port_Group")) {
            if (!isFence(group.text("name"))) {
                continue;
            }
            groups.add(group.text("name"));
            if (group.references("acls").isEmpty()) {
                broken.add(group.text("name") + " has no ACL");
            }
        }
        for (var name : NAMES) {
            var route = state.row(
                    "Logical_Router_Static_Route",
                    RowIds.of("fence-route/" + name).toString());
            if (route != null && !groups.contains("fence_" + name)) {
                broken.add("the route of fence " + name + " has no port group beside it");
            }
        }
        return broken;
    }

    private static boolean isFence(String group) {
        return group.startsWith("fence_");
    }

    /** What the database has that was not asked for, and what it lacks. */
    List<String> problems(OtherClient client) {
        if (!areThere) {
            return List.of();
        }
        var expected = new ArrayList<String>();
        fences.values().forEach(fence -> {
            var ports = new ArrayList<String>();
            fence.ports().forEach(port -> ports.add(port.toString()));
            ports.sort(null);
            expected.add("fence_" + fence.name() + " " + ports + " [inport == @fence_" + fence.name()
                    + " && ip4.dst == " + fence.subnet() + ", 1000, drop]");
            expected.add("route " + fence.subnet() + " via " + fence.nexthop());
        });
        var difference = Content.difference("in the database", found(client), "by the fences", expected);
        return difference.isEmpty() ? List.of() : List.of("other fences:" + difference);
    }

    private static List<String> found(OtherClient client) {
        var tables = client.select(TABLES);
        var acls = byId(tables.get(3));
        var routes = byId(tables.get(1));
        var found = new ArrayList<String>();
        for (var group : tables.get(2)) {
            if (!isFence(group.get("name").asText())) {
                continue;
            }
            var text = new StringBuilder(group.get("name").asText() + " " + Content.references(group.get("ports")));
            for (var id : Content.references(group.get("acls"))) {
                var acl = acls.get(id);
                text.append(" [%s, %d, %s]"
                        .formatted(
                                acl.get("match").asText(),
                                acl.get("priority").asInt(),
                                acl.get("action").asText()));
            }
            found.add(text.toString());
        }
        for (var router : tables.get(0)) {
            for (var id : Content.references(router.get("static_routes"))) {
                var route = routes.get(id);
                var routeId = OvnkubeSyncers.externalIds(route).getOrDefault("ovn-egress.io/id", "");
                if (routeId.startsWith("router/") || routeId.startsWith("egress-router/")) {
                    continue; // to a router of an egress IP, or an egress router
                }
                found.add("route " + route.get("ip_prefix").asText() + " via "
                        + route.get("nexthop").asText());
            }
        }
        return found;
    }

    private static Map<String, JsonNode> byId(JsonNode rows) {
        var byId = new TreeMap<String, JsonNode>();
        rows.forEach(row -> byId.put(Content.id(row), row));
        return byId;
    }
}
