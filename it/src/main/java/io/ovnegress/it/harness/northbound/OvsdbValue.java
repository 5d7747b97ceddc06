package io.ovnegress.it.harness.northbound;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** RFC 7047 section 5.1 values as they stand in JSON. */
final class OvsdbValue {
    private OvsdbValue() {}

    /** The elements of a set, or the one atom that stands for a set of itself. */
    static List<JsonNode> atoms(JsonNode value) {
        if (!isTagged(value, "set")) {
            return List.of(value);
        }
        var atoms = new ArrayList<JsonNode>();
        value.get(1).forEach(atoms::add);
        return atoms;
    }

    static boolean isTagged(JsonNode value, String tag) {
        return value.isArray()
                && value.size() == 2
                && value.get(0).asText().equals(tag)
                && value.get(1).isArray();
    }
}
