package io.ovnegress.controller.query;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ovnegress.reconciler.explain.Departure;
import io.ovnegress.reconciler.explain.Explanation;
import io.ovnegress.reconciler.explain.Reason;
import io.ovnegress.reconciler.explain.RowState;
import java.util.Collection;
import java.util.Map;

/** An explanation as JSON: what there is none of is left out. */
final class ExplanationJson {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private ExplanationJson() {}

    static ObjectNode of(Explanation explanation) {
        var json = JSON.objectNode()
                .put("kind", explanation.kind())
                .put("name", explanation.name())
                .put("answer", explanation.answer());
        if (!explanation.facts().isEmpty()) {
            json.set("facts", object(explanation.facts()));
        }
        explanation.now().ifPresent(now -> json.set("now", departure(now)));
        explanation.wanted().ifPresent(wanted -> json.set("wanted", departure(wanted)));
        var reasons = json.putArray("reasons");
        explanation.reasons().forEach(reason -> reasons.add(reason(reason)));
        if (!explanation.rows().isEmpty()) {
            var rows = json.putArray("rows");
            explanation.rows().forEach(row -> rows.add(row(row)));
        }
        if (!explanation.parts().isEmpty()) {
            var parts = json.putArray("parts");
            explanation.parts().forEach(part -> parts.add(of(part)));
        }
        return json;
    }

    static ObjectNode departure(Departure departure) {
        var json = JSON.objectNode().put("outcome", departure.outcome().name());
        var exits = json.putArray("exits");
        departure.exits().forEach(exit -> {
            var each = exits.addObject();
            exit.source().ifPresent(source -> each.put("source", source));
            each.put("node", exit.node());
        });
        if (!departure.droppedOn().isEmpty()) {
            json.set("droppedOn", array(departure.droppedOn()));
        }
        return json;
    }

    static ObjectNode reason(Reason reason) {
        return JSON.objectNode().put("code", reason.code().name()).put("message", reason.message());
    }

    static ObjectNode row(RowState row) {
        var json = JSON.objectNode()
                .put("table", row.table())
                .put("uuid", row.id().toString())
                .put("state", row.state().name());
        json.set("places", array(row.places()));
        json.set("columns", object(row.columns()));
        if (!row.differences().isEmpty()) {
            json.set("differences", array(row.differences()));
        }
        return json.put("command", row.command());
    }

    private static ObjectNode object(Map<String, String> pairs) {
        var json = JSON.objectNode();
        pairs.forEach(json::put);
        return json;
    }

    static ArrayNode array(Collection<String> texts) {
        var json = JSON.arrayNode();
        texts.forEach(json::add);
        return json;
    }
}
