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
import io.ovnegress.reconciler.northbound.RowIds;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/**
 * Damages one of the controller's rows at random, as a person with {@code ovn-nbctl} might. Every damage is one that the
 * controller promises to repair: the row can still be told for ours by its external_ids, by its UUID or by its place.
 */
final class Damage {
    private static final String ID_KEY = "ovn-egress.io/id";
    private static final List<String> TABLES = List.of("Logical_Router", "Logical_Router_Policy", "NAT", "Address_Set");

    private final Random random;
    private final List<JsonNode> tables;
    private final Set<String> concerned = new TreeSet<>();
    private final ArrayNode operations = operations();

    private Damage(OtherClient client, Random random) {
        this.random = random;
        this.tables = client.select(TABLES);
    }

    /** What was done; empty if there was nothing of the controller's. */
    static Optional<String> atRandom(OtherClient client, Random random) {
        var damage = new Damage(client, random);
        int what = random.nextInt(10);
        var done = what < 4 ? damage.policy() : what < 8 ? damage.nat() : damage.addressSet();
        if (done.isPresent()) {
            try {
                client.transact(Author.DAMAGE, String.join(" ", damage.concerned), damage.operations);
            } catch (OtherClient.Refused e) {
                return Optional.of("too late for " + done.get()); // the row is gone meanwhile
            }
        }
        return done;
    }

    private record Target(JsonNode row, String id, String name) {}

    /** One of our rows, by its external_ids. */
    private Optional<Target> target(String table, boolean withBaseline) {
        var targets = new ArrayList<Target>();
        for (var row : tables.get(TABLES.indexOf(table))) {
            for (var pair : Content.atoms(row.get("external_ids"))) {
                var name = pair.get(1).asText();
                if (pair.get(0).asText().equals(ID_KEY) && (withBaseline || !name.startsWith("allow/"))) {
                    targets.add(new Target(row, Content.id(row), name));
                }
            }
        }
        if (targets.isEmpty()) {
            return Optional.empty();
        }
        var target = targets.get(random.nextInt(targets.size()));
        // Whom it concerns: the addresses in its name, and in its cells.
        var name = target.name().split("/", -1);
        if (name[0].equals("destined")) { // of words that are in every sentence
            concerned.add(name[1]);
            return Optional.of(target);
        }
        concerned.addAll(
                name[0].equals("router")
                        ? List.of("egressip_" + name[1] + "_" + name[2].replace(':', '.'))
                        : List.of(name).subList(1, name.length));
        concerned.removeAll(List.of("v4", "v6", "namespace", "pods"));
        for (var column : List.of("logical_ip", "external_ip", "match")) {
            var value = target.row().path(column).asText();
            concerned.add(value.substring(value.lastIndexOf(' ') + 1));
        }
        return Optional.of(target);
    }

    private void update(String table, Target target, String column, JsonNode value) {
        var update = operation(operations, "update", table);
        update.set("where", whereId(target.id()));
        update.putObject("row").set(column, value);
    }

    private static JsonNode text(String text) {
        return OtherClient.JSON.getNodeFactory().textNode(text);
    }

    private static JsonNode number(int number) {
        return OtherClient.JSON.getNodeFactory().numberNode(number);
    }

    private String anyPod() {
        var pod = "10.128.0." + (5 + random.nextInt(10));
        concerned.add(pod);
        return pod;
    }

    private String routerId(String name) {
        for (var router : tables.get(0)) {
            if (router.get("name").asText().equals(name)) {
                return Content.id(router);
            }
        }
        return "";
    }

    private Optional<String> policy() {
        var table = "Logical_Router_Policy";
        int what = random.nextInt(9);
        var found = target(table, what >= 4 && what <= 7);
        var clusterRouter = routerId(Landscape.CLUSTER_ROUTER);
        if (found.isEmpty() || clusterRouter.isEmpty()) {
            return Optional.empty();
        }
        var target = found.get();
        switch (what) {
            case 0 -> update(table, target, "nexthops", set("100.64.0." + (2 + random.nextInt(9))));
            case 1 -> update(table, target, "match", text("ip4.src == " + anyPod()));
            case 2 -> update(table, target, "priority", number(random.nextBoolean() ? 99 : 5));
            case 3 -> update(table, target, "action", text("drop"));
            case 4 -> {
                return wiped(table, target);
            }
            case 5, 6 -> copied(table, target, clusterRouter, "policies");
            case 7 ->
                reference(
                        operations, "Logical_Router", whereId(clusterRouter), "policies", "delete", uuid(target.id()));
            default -> {
                var router = routerId(Landscape.gateway(1 + random.nextInt(Landscape.NODES)));
                if (router.isEmpty()) {
                    return Optional.empty();
                }
                moved(target, clusterRouter, router, "policies");
            }
        }
        return Optional.of("policy damage " + what + " of " + target.name());
    }

    private Optional<String> nat() {
        var table = "NAT";
        var found = target(table, false);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        var target = found.get();
        var parent = parentOfNat(target.id());
        var router = routerId(Landscape.gateway(1 + random.nextInt(Landscape.NODES)));
        int what = random.nextInt(9);
        if (parent.isEmpty() || router.isEmpty()) {
            return Optional.empty();
        }
        switch (what) {
            case 0 -> {
                var other = "192.168.126." + (100 + random.nextInt(5));
                concerned.add(other);
                update(table, target, "external_ip", text(other));
            }
            case 1 -> update(table, target, "logical_ip", text(anyPod()));
            case 2 -> update(table, target, "logical_port", set(random.nextBoolean() ? "k8s-node9" : "eth0"));
            case 3 -> update(table, target, "options", map("stateless", "true"));
            case 4 -> {
                return wiped(table, target);
            }
            case 5 -> copied(table, target, random.nextBoolean() ? router : parent, "nat");
            case 6 -> reference(operations, "Logical_Router", whereId(parent), "nat", "delete", uuid(target.id()));
            case 7 -> update(table, target, "type", text("dnat"));
            default -> moved(target, parent, router, "nat");
        }
        return Optional.of("NAT damage " + what + " of " + target.name());
    }

    private String parentOfNat(String id) {
        for (var router : tables.get(0)) {
            for (var reference : Content.atoms(router.get("nat"))) {
                if (reference.get(1).asText().equals(id)) {
                    return Content.id(router);
                }
            }
        }
        return "";
    }

    /** The external_ids of a row that is otherwise as we wrote it, under the UUID that only we choose. */
    private Optional<String> wiped(String table, Target target) {
        var row = target.row();
        boolean isAsWritten = RowIds.of(target.name()).toString().equals(target.id());
        if (table.equals("NAT")) {
            isAsWritten &= ("snat/" + row.get("logical_ip").asText() + "/"
                                    + row.get("external_ip").asText())
                            .equals(target.name())
                    && row.get("type").asText().equals("snat")
                    && Content.texts(row.get("logical_port")).toString().startsWith("[k8s-");
        } else {
            var match = row.get("match").asText();
            int priority = row.get("priority").asInt();
            var action = row.get("action").asText();
            boolean isPolicyOfPod = target.name().endsWith("/" + match.substring(match.lastIndexOf(' ') + 1))
                    && ((priority == 100 && action.equals("reroute")) || (priority == 99 && action.equals("drop")));
            isAsWritten &= target.name().startsWith("allow/") || isPolicyOfPod;
        }
        if (!isAsWritten) {
            return Optional.empty();
        }
        update(table, target, "external_ids", map());
        return Optional.of("external_ids of " + target.name() + " wiped");
    }

    /** The same row once more. */
    private void copied(String table, Target target, String router, String column) {
        var copy = operation(operations, "insert", table).put("uuid-name", "copy");
        var row = copy.putObject("row");
        for (var cell : target.row().properties()) {
            if (!cell.getKey().startsWith("_")) {
                row.set(cell.getKey(), cell.getValue());
            }
        }
        reference(operations, "Logical_Router", whereId(router), column, "insert", named("copy"));
    }

    /** To another router, or to another one as well. */
    private void moved(Target target, String from, String to, String column) {
        if (from.equals(to)) {
            return;
        }
        reference(operations, "Logical_Router", whereId(to), column, "insert", uuid(target.id()));
        if (random.nextBoolean()) {
            reference(operations, "Logical_Router", whereId(from), column, "delete", uuid(target.id()));
        }
    }

    private Optional<String> addressSet() {
        var sets = new ArrayList<JsonNode>();
        for (var row : tables.get(3)) {
            if (row.get("name").asText().startsWith("ovn_egress_")) {
                sets.add(row);
            }
        }
        if (sets.isEmpty()) {
            return Optional.empty();
        }
        var row = sets.get(random.nextInt(sets.size()));
        var name = row.get("name").asText();
        var target = new Target(row, Content.id(row), name);
        concerned.add(name);
        int what = random.nextInt(5);
        switch (what) {
            case 0 -> update("Address_Set", target, "addresses", set());
            case 1 -> update("Address_Set", target, "addresses", set(anyPod(), "no address"));
            case 2 -> {
                if (name.startsWith("ovn_egress_at_")
                        || name.startsWith("ovn_egress_routed_")
                        || name.startsWith("ovn_egress_destined_")) {
                    return Optional.empty(); // a monitor cannot ask for it by a name that only its node or object makes
                }
                update("Address_Set", target, "external_ids", map());
            }
            case 3 -> {
                if (Content.atoms(row.get("external_ids")).isEmpty()) {
                    return Optional.empty(); // nothing would tell it for ours any more
                }
                update("Address_Set", target, "name", text("ovn_egress_renamed" + random.nextInt(1000)));
            }
            default -> operation(operations, "delete", "Address_Set").set("where", whereId(target.id()));
        }
        return Optional.of("address set damage " + what + " of " + name);
    }
}
