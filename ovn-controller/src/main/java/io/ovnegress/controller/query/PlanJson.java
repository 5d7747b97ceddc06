package io.ovnegress.controller.query;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ovnegress.ovsdb.codec.OperationEncoder;
import io.ovnegress.ovsdb.nb.NbGlobal;
import io.ovnegress.ovsdb.nb.OvnNorthbound;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.reconciler.explain.AddressChange;
import io.ovnegress.reconciler.explain.Departure;
import io.ovnegress.reconciler.explain.PodChange;
import io.ovnegress.reconciler.machine.Rehearsal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** What has been rehearsed, as JSON: the same outcome is the same text. */
final class PlanJson {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String UNFINISHED =
            "it did not come to an end within what is looked at: what is said here is the"
                    + " beginning, and what is not said may follow";

    private PlanJson() {}

    static ObjectNode of(Rehearsal.Outcome outcome, boolean withOperations) {
        var operations = operations(outcome.work());
        var json = JSON.objectNode().put("answer", sentence(outcome)).put("changes", outcome.changesAnything());
        json.set("addresses", WhatIfApi.changes(outcome.addresses()));
        json.set("objects", objects(outcome.addresses()));
        json.set("pods", pods(outcome.pods()));
        json.set("work", work(outcome.work()));
        json.set("due", work(outcome.due()));
        if (!outcome.due().ends() || !outcome.work().ends()) {
            json.put("unfinished", UNFINISHED);
        }
        json.put("digest", digest(json, operations));
        if (withOperations) {
            json.set("operations", operations);
        }
        return json;
    }

    private static String sentence(Rehearsal.Outcome outcome) {
        if (!outcome.changesAnything()) {
            return "nothing changes";
        }
        int addresses = outcome.addresses().size();
        long pods = outcome.pods().stream()
                .map(change -> change.address().pod())
                .distinct()
                .count();
        return count(addresses, "address is", "addresses are") + " elsewhere, "
                + count(pods, "pod leaves", "pods leave")
                + " otherwise: " + (outcome.work().ends() ? "" : "at least ")
                + count(outcome.work().transactions().size(), "transaction", "transactions") + ", "
                + count(outcome.work().rows(), "row", "rows");
    }

    private static String count(long number, String one, String many) {
        return number + " " + (number == 1 ? one : many);
    }

    /** The objects that gain or lose addresses. */
    private static ArrayNode objects(List<AddressChange> addresses) {
        var byObject = new TreeMap<String, ObjectNode>();
        for (var change : addresses) {
            if (change.from().isPresent() == change.to().isPresent()) {
                continue;
            }
            var name = change.object().kind().word() + "/" + change.object().key();
            var object =
                    byObject.computeIfAbsent(name, unused -> JSON.objectNode().put("object", name));
            object.withArray(change.isLoss() ? "loses" : "gains").add(change.address());
        }
        return JSON.arrayNode().addAll(byObject.values());
    }

    private static ArrayNode pods(List<PodChange> changes) {
        var pods = JSON.arrayNode();
        for (var change : changes) {
            var pod = pods.addObject()
                    .put("pod", change.address().pod())
                    .put("address", change.address().address());
            change.before().ifPresent(before -> pod.set("before", departure(before)));
            change.after().ifPresent(after -> pod.set("after", departure(after)));
        }
        return pods;
    }

    private static ObjectNode departure(Departure departure) {
        return ExplanationJson.departure(departure).put("answer", departure.toString());
    }

    private static ObjectNode work(Rehearsal.Work work) {
        return JSON.objectNode()
                .put("transactions", work.transactions().size())
                .put(
                        "operations",
                        work.transactions().stream().mapToInt(List::size).sum())
                .put("rows", work.rows())
                .put("waitsSeconds", seconds(work.waits().toMillis() / 1000.0));
    }

    /** As they would be sent, the elements of sets in an order of their own. */
    private static ArrayNode operations(Rehearsal.Work work) {
        var transactions = JSON.arrayNode();
        work.transactions().forEach(transaction -> transactions.add(encoded(transaction)));
        return transactions;
    }

    private static ArrayNode encoded(List<Operation> transaction) {
        try {
            var request = MAPPER.readTree(OperationEncoder.transact(0, OvnNorthbound.NAME, transaction));
            var operations = JSON.arrayNode();
            request.path("params").forEach(operations::add);
            operations.remove(0); // the name of the database
            operations.forEach(PlanJson::sortElements);
            return operations;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void sortElements(JsonNode json) {
        json.forEach(PlanJson::sortElements);
        if (json instanceof ArrayNode array
                && array.size() == 2
                && (array.get(0).asText().equals("set") || array.get(0).asText().equals("map"))
                && array.get(1) instanceof ArrayNode elements) {
            var sorted = new ArrayList<JsonNode>();
            elements.forEach(sorted::add);
            sorted.sort(Comparator.comparing(JsonNode::toString));
            elements.removeAll();
            elements.addAll(sorted);
        }
    }

    /** What a plan consists of, in whatever order it is done, and however often is asked on the way what is installed. */
    private static String digest(ObjectNode json, ArrayNode operations) {
        var lines = new ArrayList<String>();
        for (var part : List.of(json.path("addresses"), json.path("pods"))) {
            part.forEach(each -> lines.add(each.toString()));
        }
        for (var transaction : operations) {
            for (var operation : transaction) {
                if (!operation.path("table").asText().equals(NbGlobal.TABLE.name())) {
                    lines.add(operation.toString());
                }
            }
        }
        lines.sort(null);
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of()
                    .formatHex(digest.digest(String.join("\n", lines).getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A number of seconds with which something can be done. */
    static void putSeconds(ObjectNode json, Optional<Double> seconds) {
        seconds.ifPresent(value -> json.put("expectedSeconds", seconds(value)));
    }

    private static double seconds(double exact) {
        return Math.round(exact * 1000) / 1000.0;
    }
}
