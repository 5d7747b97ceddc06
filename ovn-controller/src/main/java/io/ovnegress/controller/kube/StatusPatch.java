package io.ovnegress.controller.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.StatusCondition;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The difference between the status that an object has and the one it should have, as a JSON patch (RFC 6902) of the fields that
 * are ours, of {@code status.conditions} and of nothing else. Conditions of types that are not ours are not touched, also those
 * that come while the patch is on its way. (A merge patch could only replace all of them.)
 *
 * @param live the status as it is
 * @param fields to be written, by name
 * @param conditions the conditions that will be there, those of others included
 * @param ourTypes the types of ours
 */
record StatusPatch(JsonNode live, Map<String, JsonNode> fields, ArrayNode conditions, Set<String> ourTypes) {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /**
     * @param live the object's status as it is
     * @param now the time of conditions that change
     */
    static StatusPatch of(StatusChange change, StatusShape<?> shape, JsonNode live, Instant now) {
        var conditions = JSON.arrayNode();
        var time = now.truncatedTo(ChronoUnit.SECONDS).toString();
        for (var condition : change.conditions()) {
            conditions.add(
                    condition(condition, liveCondition(live, condition.type().name()), time));
        }
        var ourTypes = shape.conditionTypes();
        var said = change.conditions().stream()
                .map(condition -> condition.type().name())
                .collect(Collectors.toSet());
        for (var condition : live.path("conditions")) {
            var type = condition.path("type").asText();
            if (!ourTypes.contains(type) || (!said.contains(type) && shape.stays(type, change))) {
                conditions.add(condition);
            }
        }
        return new StatusPatch(live, shape.fields(change.fields()), conditions, ourTypes);
    }

    /** The time is that of the last change of status, as {@code metav1.Condition} has it. */
    private static ObjectNode condition(StatusCondition condition, JsonNode live, String now) {
        var status = condition.status() ? "True" : "False";
        boolean unchanged = live.path("status").asText().equals(status)
                && live.path("lastTransitionTime").isTextual();
        return JSON.objectNode()
                .put("type", condition.type().name())
                .put("status", status)
                .put("observedGeneration", condition.observedGeneration())
                .put(
                        "lastTransitionTime",
                        unchanged ? live.path("lastTransitionTime").asText() : now)
                .put("reason", condition.reason().name())
                .put("message", condition.message());
    }

    private static JsonNode liveCondition(JsonNode live, String type) {
        for (var condition : live.path("conditions")) {
            if (condition.path("type").asText().equals(type)) {
                return condition;
            }
        }
        return JSON.missingNode();
    }

    /** Numbers are the same if they are the same number, whatever they were read as. */
    private static int compare(JsonNode wanted, JsonNode found) {
        if (wanted.isNumber() && found.isNumber()) {
            return wanted.decimalValue().compareTo(found.decimalValue());
        }
        return wanted.equals(found) ? 0 : 1;
    }

    /** Whether the status holds these fields; an empty list or object is as good as none. */
    boolean hasFields(JsonNode status) {
        return fields.entrySet().stream().allMatch(field -> isSame(field.getValue(), status.path(field.getKey())));
    }

    private static boolean isSame(JsonNode wanted, JsonNode found) {
        return wanted.equals(StatusPatch::compare, found)
                || (wanted.isContainerNode() && wanted.isEmpty() && found.isEmpty() && !found.isValueNode());
    }

    /**
     * Whether the status holds these conditions, in any order.
     *
     * @param ofAnyGeneration whatever generation they observed
     */
    boolean hasConditions(JsonNode status, boolean ofAnyGeneration) {
        var mine = new HashSet<JsonNode>();
        conditions.forEach(condition -> mine.add(normal(condition, ofAnyGeneration)));
        var found = new HashSet<JsonNode>();
        status.path("conditions").forEach(condition -> found.add(normal(condition, ofAnyGeneration)));
        return mine.equals(found);
    }

    /** Integers compare by value, whatever they were read as. */
    private static JsonNode normal(JsonNode condition, boolean ofAnyGeneration) {
        if (condition.isObject() && ofAnyGeneration) {
            return condition.<ObjectNode>deepCopy().without("observedGeneration");
        }
        if (condition.isObject() && condition.path("observedGeneration").isIntegralNumber()) {
            return condition
                    .<ObjectNode>deepCopy()
                    .put(
                            "observedGeneration",
                            condition.path("observedGeneration").longValue());
        }
        return condition;
    }

    /**
     * The patch. Refused unless the object has this uid and our conditions are where they were; whatever else happens to the
     * object meanwhile neither stops it nor is undone by it.
     *
     * @param version that it must have too; empty: any
     */
    String json(String uid, Optional<String> version) {
        var patch = JSON.arrayNode();
        add(patch, "test", "/metadata/uid", JSON.textNode(uid));
        version.ifPresent(known -> add(patch, "test", "/metadata/resourceVersion", JSON.textNode(known)));
        if (!live.isObject()) {
            var status = JSON.objectNode();
            fields.forEach(status::set);
            status.set("conditions", conditions);
            add(patch, "add", "/status", status);
            return patch.toString();
        }
        fields.forEach((name, value) -> add(patch, "add", "/status/" + name, value));
        if (live.path("conditions").isArray()) {
            patchConditions(patch);
        } else {
            add(patch, "add", "/status/conditions", conditions);
        }
        return patch.toString();
    }

    /** Ours one by one, the last first, so that those before it stay where they are. */
    private void patchConditions(ArrayNode patch) {
        var wanted = new LinkedHashMap<String, JsonNode>();
        conditions.forEach(condition -> wanted.put(condition.path("type").asText(), condition));
        var found = live.path("conditions");
        for (int i = found.size() - 1; i >= 0; i--) {
            var type = found.path(i).path("type").asText();
            var path = "/status/conditions/" + i;
            var condition = wanted.remove(type);
            if (ourTypes.contains(type)) {
                add(patch, "test", path + "/type", JSON.textNode(type));
                if (condition == null) {
                    patch.addObject().put("op", "remove").put("path", path);
                } else {
                    add(patch, "replace", path, condition);
                }
            }
        }
        wanted.values().forEach(condition -> add(patch, "add", "/status/conditions/-", condition));
    }

    private static void add(ArrayNode patch, String operation, String path, JsonNode value) {
        patch.addObject().put("op", operation).put("path", path).set("value", value);
    }
}
