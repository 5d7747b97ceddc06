package io.ovnegress.controller.convert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What is converted so far. */
final class Draft {
    private record Said(int position, ReportLine line) {}

    private final List<JsonNode> objects = new ArrayList<>();
    private final List<Said> report = new ArrayList<>();
    private final Set<Integer> told = new HashSet<>();
    private final Set<String> names = new HashSet<>();

    /** An object of a name that is taken gets another one. */
    void add(ObjectNode object) {
        var metadata = (ObjectNode) object.path("metadata");
        var name = metadata.path("name").asText();
        for (int i = 2; !names.add(key(object)); i++) {
            metadata.put("name", name + "-" + i);
        }
        objects.add(object);
    }

    private static String key(JsonNode object) {
        return object.path("kind") + "/" + object.at("/metadata/namespace") + "/" + object.at("/metadata/name");
    }

    void say(Manifest manifest, Verdict verdict, String text) {
        told.add(manifest.position());
        report.add(new Said(manifest.position(), new ReportLine(manifest.words(), verdict, text)));
    }

    boolean isTold(Manifest manifest) {
        return told.contains(manifest.position());
    }

    Converted converted() {
        return new Converted(
                objects,
                report.stream()
                        .sorted(Comparator.comparingInt(Said::position))
                        .map(Said::line)
                        .toList());
    }
}
