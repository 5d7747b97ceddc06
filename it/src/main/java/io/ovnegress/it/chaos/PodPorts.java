package io.ovnegress.it.chaos;

import static io.ovnegress.it.chaos.OtherClient.map;
import static io.ovnegress.it.chaos.OtherClient.named;
import static io.ovnegress.it.chaos.OtherClient.operation;
import static io.ovnegress.it.chaos.OtherClient.operations;
import static io.ovnegress.it.chaos.OtherClient.reference;
import static io.ovnegress.it.chaos.OtherClient.set;
import static io.ovnegress.it.chaos.OtherClient.uuid;
import static io.ovnegress.it.chaos.OtherClient.whereId;
import static io.ovnegress.it.chaos.OtherClient.whereName;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.ovnegress.it.chaos.OtherClient.Author;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * The logical switch ports of pods, as ovnkube-master writes them: sooner or later, in any order, each pod whose an address is has a
 * port with it, and others have none. So at times a pod has no port yet, or still that of its former address, or one whose pod is
 * gone. Not thread safe.
 */
final class PodPorts {
    /** All on one, which stays: nobody looks where a port is. */
    static final String SWITCH = "pods";

    private final Random random;
    /** How many of ten changes are made at once. */
    private final int diligence;

    private final Map<String, List<String>> written = new TreeMap<>();

    PodPorts(Random random) {
        this.random = random;
        this.diligence = List.of(1, 5, 9).get(random.nextInt(3));
    }

    private static Map<String, List<String>> wanted(Expectation now) {
        var ports = new TreeMap<String, List<String>>();
        now.holders()
                .forEach((address, pod) -> ports.computeIfAbsent(
                                pod.name().namespace() + "_" + pod.name().name(), unused -> new ArrayList<>())
                        .add(address));
        return ports;
    }

    /** Makes some of the changes that are due, in one transaction or in one each. */
    void follow(OtherClient client, Expectation now) {
        follow(client, now, diligence);
    }

    /** Makes all the changes that are due. */
    void catchUp(OtherClient client, Expectation now) {
        follow(client, now, 10);
    }

    private void follow(OtherClient client, Expectation now, int ofTen) {
        var wanted = wanted(now);
        var names = new ArrayList<String>(wanted.keySet());
        written.keySet().stream().filter(name -> !wanted.containsKey(name)).forEach(names::add);
        names.removeIf(name -> wanted.getOrDefault(name, List.of()).equals(written.getOrDefault(name, List.of())));
        Collections.shuffle(names, random);
        boolean together = random.nextBoolean();
        var operations = operations();
        for (var name : names) {
            if (random.nextInt(10) < ofTen) {
                change(client, operations, name, wanted.getOrDefault(name, List.of()));
                if (!together) {
                    client.transact(Author.TOPOLOGY, "", operations);
                    operations = operations();
                }
            }
        }
        if (!operations.isEmpty()) {
            client.transact(Author.TOPOLOGY, "", operations);
        }
    }

    private void change(OtherClient client, ArrayNode operations, String name, List<String> addresses) {
        var before = written.getOrDefault(name, List.of());
        boolean anew = random.nextInt(4) == 0;
        if (!before.isEmpty() && !addresses.isEmpty() && !anew) {
            var update = operation(operations, "update", "Logical_Switch_Port");
            update.set("where", whereName(name));
            update.putObject("row").set("addresses", set(text(addresses)));
        } else {
            if (!before.isEmpty()) {
                delete(client, operations, name);
            }
            if (!addresses.isEmpty()) {
                insert(operations, name, addresses);
            }
        }
        if (addresses.isEmpty()) {
            written.remove(name);
        } else {
            written.put(name, addresses);
        }
    }

    private static String text(List<String> addresses) {
        return "0a:58:0a:80:00:03 " + String.join(" ", addresses);
    }

    private static void insert(ArrayNode operations, String name, List<String> addresses) {
        var id = "p" + operations.size();
        var row = operation(operations, "insert", "Logical_Switch_Port")
                .put("uuid-name", id)
                .putObject("row");
        row.put("name", name).set("addresses", set(text(addresses)));
        row.set("external_ids", map("namespace", name.substring(0, name.indexOf('_')), "pod", "true"));
        reference(operations, "Logical_Switch", whereName(SWITCH), "ports", "insert", named(id));
    }

    private static void delete(OtherClient client, ArrayNode operations, String name) {
        for (var row : client.select(List.of("Logical_Switch_Port")).get(0)) {
            if (row.get("name").asText().equals(name)) {
                var id = Content.id(row);
                reference(operations, "Logical_Switch", whereName(SWITCH), "ports", "delete", uuid(id));
                operation(operations, "delete", "Logical_Switch_Port").set("where", whereId(id));
            }
        }
    }
}
