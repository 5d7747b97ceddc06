package io.ovnegress.controller.kube;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.reconciler.feature.StatusChange;
import java.util.Map;
import java.util.Set;

/** What the status of objects of one kind looks like. Stateless. */
public interface StatusShape<T> {
    /** The object's status as it is; missing where it has none. */
    JsonNode read(T object);

    /** The fields that are ours beside {@code conditions}, by name: all of them, those that are to be empty too. */
    Map<String, JsonNode> fields(StatusChange.Fields fields);

    /** The types of the conditions that are ours; others are left alone. */
    Set<String> conditionTypes();

    /** Whether a condition of ours that the change says nothing of is still to be found out, and stays on the object meanwhile. */
    default boolean stays(String conditionType, StatusChange change) {
        return false;
    }

    /** Whether some of its fields are written elsewhere: one that appears meanwhile is not overwritten. */
    default boolean isShared() {
        return false;
    }
}
