package io.ovnegress.controller.query;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.inject.Inject;
import io.ovnegress.reconciler.explain.AddressChange;
import io.ovnegress.reconciler.explain.Nearest;
import io.ovnegress.reconciler.explain.NodeLoss;
import io.ovnegress.reconciler.explain.Outlook;
import io.ovnegress.reconciler.machine.Reconciler;
import java.util.Arrays;
import java.util.Collection;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;

/**
 * {@code GET /api/v1/whatif?lose=NODE[,NODE...]}: what would become of addresses if these nodes were lost together; without
 * {@code lose} what would if each node that has addresses were, alone. The loop only hands out where everything is; one question at
 * a time is thought about.
 */
public final class WhatIfApi implements Api {
    public static final String PATH = "/api/v1/whatif";

    private final Asking asking;
    private final ReentrantLock thinking = new ReentrantLock();

    @Inject
    public WhatIfApi(Asking asking) {
        this.asking = asking;
    }

    private record Seen(Optional<String> nothingYet, boolean leads, Outlook outlook) {
        static Seen of(Reconciler reconciler) {
            var nothingYet = reconciler.nothingYet();
            return new Seen(
                    nothingYet, reconciler.leads(), nothingYet.isPresent() ? new Outlook.None() : reconciler.outlook());
        }
    }

    @Override
    public String path() {
        return PATH;
    }

    @Override
    public Reply answer(Request request) {
        return asking.ask("whatif " + request.parameters(), Seen::of, seen -> reply(request, seen));
    }

    private Reply reply(Request request, Seen seen) {
        if (seen.nothingYet().isPresent()) {
            return Reply.refused(
                    503, "nothing can be said yet: " + seen.nothingYet().get());
        }
        thinking.lock();
        try {
            return request.parameter("lose")
                    .map(nodes -> lose(nodes, seen))
                    .orElseGet(() -> new Reply(200, each(seen.outlook()).put("leader", seen.leads())));
        } finally {
            thinking.unlock();
        }
    }

    private static Reply lose(String nodes, Seen seen) {
        var lost = Arrays.stream(nodes.split(","))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .collect(Collectors.toCollection(TreeSet::new));
        var known = seen.outlook().allNodes();
        for (var name : lost) {
            if (!known.contains(name)) {
                var error = Reply.error("there is no node " + name);
                error.set("nearest", ExplanationJson.array(Nearest.to(name, known)));
                return new Reply(404, error);
            }
        }
        return new Reply(200, json(seen.outlook().without(lost)).put("leader", seen.leads()));
    }

    private static ObjectNode each(Outlook outlook) {
        var each = outlook.eachAlone();
        long bad = each.stream().filter(loss -> !loss.unplaced().isEmpty()).count();
        var json = JsonNodeFactory.instance
                .objectNode()
                .put("answer", sentence(each.size(), bad))
                .put("ready", bad == 0);
        each.stream().findFirst().ifPresent(worst -> json.put("worst", String.join(",", worst.nodes())));
        var losses = json.putArray("losses");
        each.forEach(loss -> losses.add(json(loss)));
        return json;
    }

    private static String sentence(int nodes, long bad) {
        if (nodes == 0) {
            return "no node has an address";
        }
        return bad == 0
                ? "any one of the " + nodes
                        + " nodes that have addresses can be lost: every address has another node to go to"
                : "the loss of " + bad + " of the " + nodes
                        + " nodes that have addresses would leave some without a node";
    }

    private static ObjectNode json(NodeLoss loss) {
        var json = JsonNodeFactory.instance.objectNode();
        json.set("lose", ExplanationJson.array(new TreeSet<>(loss.nodes())));
        json.put("answer", loss.sentence()).put("pods", loss.podsUnplaced());
        json.set("moved", changes(loss.moved()));
        json.set("unplaced", changes(loss.unplaced()));
        return json;
    }

    static ArrayNode changes(Collection<AddressChange> changes) {
        var array = JsonNodeFactory.instance.arrayNode();
        for (var change : changes) {
            var json = array.addObject()
                    .put(
                            "object",
                            change.object().kind().word() + "/"
                                    + change.object().key())
                    .put("address", change.address());
            change.from().ifPresent(from -> json.put("from", from));
            change.to().ifPresent(to -> json.put("to", to));
            json.put("pods", change.pods());
            change.why().ifPresent(why -> json.set("reason", ExplanationJson.reason(why)));
        }
        return array;
    }
}
