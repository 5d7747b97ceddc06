package io.ovnegress.controller.query;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ovnegress.reconciler.explain.AddressPlace;
import io.ovnegress.reconciler.explain.NodePlace;
import io.ovnegress.reconciler.explain.Outlook;
import io.ovnegress.reconciler.machine.Reconciler;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where all addresses are, as JSON, and what of it is another than before.
 *
 * @param nothingYet why nothing can be said
 * @param addresses by object and address
 */
record MapJson(
        Optional<String> nothingYet, boolean leads, Map<String, ObjectNode> nodes, Map<String, ObjectNode> addresses) {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    static final MapJson NOTHING = new MapJson(Optional.empty(), false, Map.of(), Map.of());

    /** What the loop hands out; words are made of it elsewhere. */
    record Seen(Optional<String> nothingYet, boolean leads, Outlook outlook) {
        static Seen of(Reconciler reconciler) {
            var nothingYet = reconciler.nothingYet();
            return new Seen(
                    nothingYet, reconciler.leads(), nothingYet.isPresent() ? new Outlook.None() : reconciler.outlook());
        }
    }

    static MapJson of(Seen seen) {
        var nodes = new LinkedHashMap<String, ObjectNode>();
        seen.outlook().nodePlaces().forEach(node -> nodes.put(node.name(), json(node)));
        var addresses = new LinkedHashMap<String, ObjectNode>();
        seen.outlook().places().forEach(place -> addresses.put(place.object() + " " + place.address(), json(place)));
        return new MapJson(seen.nothingYet(), seen.leads(), nodes, addresses);
    }

    private static ObjectNode json(NodePlace node) {
        var json = JSON.objectNode().put("name", node.name());
        node.why().ifPresent(why -> json.set("reason", ExplanationJson.reason(why)));
        return json;
    }

    private static ObjectNode json(AddressPlace place) {
        var json = JSON.objectNode()
                .put(
                        "object",
                        place.object().kind().word() + "/" + place.object().key())
                .put("address", place.address());
        place.node().ifPresent(node -> json.put("node", node));
        json.put("pods", place.pods()).put("namespaces", place.namespaces());
        if (place.pending()) {
            json.put("pending", true);
        }
        place.why().ifPresent(why -> json.set("reason", ExplanationJson.reason(why)));
        return json;
    }

    ObjectNode whole() {
        return json(true, List.copyOf(nodes.values()), List.copyOf(addresses.values()), List.of(), List.of());
    }

    /** Empty if nothing has changed. */
    Optional<ObjectNode> since(MapJson before) {
        if (nothingYet.isPresent() || before.nothingYet.isPresent() || leads != before.leads) {
            return equals(before) ? Optional.empty() : Optional.of(whole());
        }
        var changed = changed(addresses, before.addresses);
        var changedNodes = changed(nodes, before.nodes);
        var gone = gone(before.addresses, addresses);
        var goneNodes = gone(before.nodes, nodes);
        return changed.isEmpty() && changedNodes.isEmpty() && gone.isEmpty() && goneNodes.isEmpty()
                ? Optional.empty()
                : Optional.of(json(false, changedNodes, changed, goneNodes, gone));
    }

    private static List<ObjectNode> changed(Map<String, ObjectNode> now, Map<String, ObjectNode> before) {
        var changed = new ArrayList<ObjectNode>();
        now.forEach((key, each) -> {
            if (!each.equals(before.get(key))) {
                changed.add(each);
            }
        });
        return changed;
    }

    private static List<ObjectNode> gone(Map<String, ObjectNode> before, Map<String, ObjectNode> now) {
        var gone = new ArrayList<ObjectNode>();
        before.forEach((key, each) -> {
            if (!now.containsKey(key)) {
                gone.add(each);
            }
        });
        return gone;
    }

    private ObjectNode json(
            boolean whole,
            List<ObjectNode> someNodes,
            List<ObjectNode> someAddresses,
            List<ObjectNode> goneNodes,
            List<ObjectNode> gone) {
        var json =
                JSON.objectNode().put("whole", whole).put("answer", sentence()).put("leader", leads);
        nothingYet.ifPresent(why -> json.put("nothingYet", why));
        json.putArray("nodes").addAll(someNodes);
        json.putArray("addresses").addAll(someAddresses);
        if (!whole) {
            json.putArray("goneNodes").addAll(goneNodes);
            json.putArray("gone").addAll(gone);
        }
        return json;
    }

    private String sentence() {
        long placed =
                addresses.values().stream().filter(each -> each.has("node")).count();
        return nothingYet
                .map(why -> "nothing can be said yet: " + why)
                .orElseGet(() -> placed + " of " + addresses.size() + " addresses are on " + nodes.size() + " nodes");
    }
}
