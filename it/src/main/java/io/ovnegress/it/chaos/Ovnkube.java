package io.ovnegress.it.chaos;

import static io.ovnegress.it.chaos.OtherClient.map;
import static io.ovnegress.it.chaos.OtherClient.named;
import static io.ovnegress.it.chaos.OtherClient.operation;
import static io.ovnegress.it.chaos.OtherClient.operations;
import static io.ovnegress.it.chaos.OtherClient.reference;
import static io.ovnegress.it.chaos.OtherClient.uuid;
import static io.ovnegress.it.chaos.OtherClient.whereName;
import static io.ovnegress.it.chaos.RandomObjects.ip;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.ovnegress.it.chaos.Content.PodSnat;
import io.ovnegress.it.chaos.OtherClient.Author;
import io.ovnegress.it.chaos.OvnkubeSyncers.Features;
import io.ovnegress.reconciler.NumberedNode;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.PodInput;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * ovnkube-master under {@code --disable-snat-multiple-gws}: for each pod a node SNAT on its node's gateway router, written when the
 * pod is added unless there is one, removed when it goes with every other SNAT of its address there, written again when the node or
 * its router is made anew, and for all pods when ovnkube starts. What else it does to others' rows is {@link OvnkubeSyncers}'. Not
 * thread safe.
 */
final class Ovnkube {
    private final Map<String, Place> known = new TreeMap<>();
    private int transactions;

    /** Where an address is, and since when: another pod is another place. */
    private record Place(String node, Instant created) {
        private String router() {
            return "GR_" + node;
        }
    }

    private static Map<String, Place> places(Expectation now, Set<Integer> missingNodes) {
        var places = new TreeMap<String, Place>();
        now.holders().forEach((address, pod) -> {
            int n = Integer.parseInt(pod.node().substring("node".length()));
            if (now.nodes().contains(pod.node()) && !missingNodes.contains(n)) {
                places.put(address, place(pod));
            }
        });
        return places;
    }

    private static Place place(PodInput pod) {
        return new Place(pod.node(), pod.created());
    }

    /** Does what pods that came and went are about; whether there was anything to do. */
    boolean follow(OtherClient client, Expectation now, Set<Integer> missingNodes) {
        var places = places(now, missingNodes);
        if (places.equals(known)) {
            return false;
        }
        var table = new NodeSnats(client);
        var gone = new TreeMap<>(known);
        gone.entrySet().removeIf(entry -> {
            var place = places.get(entry.getKey());
            return place != null && place.node().equals(entry.getValue().node());
        });
        gone.forEach((address, place) -> table.removeAll(place.router(), address));
        places.forEach((address, place) -> {
            if (!place.equals(known.get(address))) {
                table.add(place.router(), address);
            }
        });
        known.clear();
        known.putAll(places);
        return table.commit(++transactions);
    }

    /** The router of this node has been made anew: all its pods are added again. */
    void forget(int node) {
        known.values().removeIf(place -> place.node().equals(Landscape.node(node)));
    }

    /** It starts again: it adds all pods there are. */
    void forgetAll() {
        known.clear();
    }

    /**
     * It starts again, with these features.
     *
     * @return the rows of the controller's that it has taken
     */
    List<String> start(OtherClient client, Features features) {
        var addresses = new TreeMap<String, Set<String>>();
        for (int n = 1; n <= Landscape.NODES; n++) {
            var node = new NumberedNode(n);
            addresses.put(node.gatewayRouter(), Set.of(node.address(IpFamily.V4), node.address(IpFamily.V6)));
        }
        var pods = new TreeMap<String, Set<String>>();
        known.forEach((address, place) ->
                pods.computeIfAbsent(place.router(), router -> new TreeSet<>()).add(address));
        var taken = syncers(client).start(features, new OvnkubeSyncers.Cluster(Set.of(), addresses, pods));
        forgetAll();
        return taken;
    }

    /**
     * A node goes, before its routers do.
     *
     * @return the rows of the controller's that it has taken along
     */
    List<String> removeNode(OtherClient client, int n) {
        var node = new NumberedNode(n);
        return syncers(client).nodeRemoved(Set.of(node.joinAddress(IpFamily.V4), node.joinAddress(IpFamily.V6)));
    }

    private static OvnkubeSyncers syncers(OtherClient client) {
        return new OvnkubeSyncers(client, Set.of("10.128.0.0/14", "fd01::/48"));
    }

    /** Removes the node SNATs of pods that are gone, as it does when it starts; whether there were any. */
    boolean cleanUp(OtherClient client) {
        var table = new NodeSnats(client);
        for (var snat : table.all()) {
            var place = known.get(snat.pod());
            if (place == null || !place.router().equals(snat.router())) {
                table.remove(snat.router(), snat.pod());
            }
        }
        return table.commit(++transactions);
    }

    /** The node SNATs that have to be there: those of pods that have no egress IP on their own node. */
    List<PodSnat> expected(Content content) {
        var expected = new ArrayList<PodSnat>();
        known.forEach((address, place) -> {
            boolean served = content.ways().stream()
                    .anyMatch(way -> way.startsWith("snat " + address + " ") && way.endsWith(" " + place.router()));
            if (!served) {
                expected.add(new PodSnat(address, place.router(), nodeAddress(place.router(), address)));
            }
        });
        return expected;
    }

    private static String nodeAddress(String router, String pod) {
        int n = Integer.parseInt(router.substring("GR_node".length()));
        return new NumberedNode(n).address(ip(pod).family());
    }

    /** The node SNATs of single pods as they are at one moment, and changes to them in one transaction. */
    private static final class NodeSnats {
        private final OtherClient client;
        private final JsonNode routers;
        private final Map<String, JsonNode> nats = new TreeMap<>();
        private final ArrayNode operations = operations();
        private final Set<String> concerned = new TreeSet<>();
        /** Whether rows of others go along. */
        private boolean takes;

        private NodeSnats(OtherClient client) {
            this.client = client;
            var selected = client.select(List.of("Logical_Router", "NAT"));
            routers = selected.get(0);
            selected.get(1).forEach(nat -> nats.put(Content.id(nat), nat));
        }

        private List<PodSnat> all() {
            var all = new ArrayList<PodSnat>();
            routers.forEach(router -> rows(router).forEach(nat -> all.add(Content.podSnat(nat, name(router)))));
            return all;
        }

        private List<JsonNode> rows(JsonNode router) {
            return children(router).filter(Content::isPodSnat).toList();
        }

        private Stream<JsonNode> children(JsonNode router) {
            return Content.atoms(router.get("nat")).stream()
                    .map(reference -> nats.get(reference.get(1).asText()));
        }

        private static String name(JsonNode router) {
            return router.get("name").asText();
        }

        private List<JsonNode> rows(String routerName, String pod) {
            var found = new ArrayList<JsonNode>();
            for (var router : routers) {
                if (name(router).equals(routerName)) {
                    rows(router).stream()
                            .filter(nat -> nat.get("logical_ip").asText().equals(pod))
                            .forEach(found::add);
                }
            }
            return found;
        }

        private void remove(String router, String pod) {
            concerned.add(pod); // even if there is nothing yet: the controller may just be giving it back
            rows(router, pod).forEach(nat -> {
                reference(operations, "Logical_Router", whereName(router), "nat", "delete", uuid(Content.id(nat)));
            });
        }

        /** Whoever's they are. */
        private void removeAll(String routerName, String pod) {
            concerned.add(pod);
            for (var router : routers) {
                if (name(router).equals(routerName)) {
                    children(router)
                            .filter(nat -> nat.get("type").asText().equals("snat")
                                    && nat.get("logical_ip").asText().equals(pod))
                            .forEach(nat -> {
                                takes |= !Content.isPodSnat(nat);
                                reference(
                                        operations,
                                        "Logical_Router",
                                        whereName(routerName),
                                        "nat",
                                        "delete",
                                        uuid(Content.id(nat)));
                            });
                }
            }
        }

        private void add(String router, String pod) {
            concerned.add(pod);
            if (!rows(router, pod).isEmpty()) {
                return;
            }
            var name = "n" + operations.size();
            var row = operation(operations, "insert", "NAT")
                    .put("uuid-name", name)
                    .putObject("row");
            row.put("type", "snat").put("logical_ip", pod).put("external_ip", nodeAddress(router, pod));
            row.put("external_port_range", Landscape.PORT_RANGE);
            row.set("options", map("stateless", "false"));
            reference(operations, "Logical_Router", whereName(router), "nat", "insert", named(name));
        }

        private boolean commit(int number) {
            if (!concerned.isEmpty()) {
                Landscape.trace(operations, number);
                client.transact(takes ? Author.OVNKUBE_TAKES : Author.OVNKUBE, String.join(" ", concerned), operations);
            }
            return !concerned.isEmpty();
        }
    }
}
