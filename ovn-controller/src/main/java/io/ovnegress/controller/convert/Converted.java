package io.ovnegress.controller.convert;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** What came out, in the order in which it can be applied, and what is to be said about it, in the order of what was read. */
public record Converted(List<JsonNode> objects, List<ReportLine> report) {
    public Converted {
        objects = List.copyOf(objects);
        report = List.copyOf(report);
    }

    public boolean hasLost() {
        return report.stream().anyMatch(line -> line.verdict() == Verdict.Lost);
    }
}
