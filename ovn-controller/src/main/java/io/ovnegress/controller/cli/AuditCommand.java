package io.ovnegress.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ovn-egress audit}: asks a running controller to compare all rows with what is wanted. */
@Command(
        name = "audit",
        description = {
            "Compares every row of ours, or of ovn-kubernetes' EgressIP, in the database with what is wanted: what is missing,"
                    + " wrong, superfluous, duplicate, on the wrong router, unreadable, and which rows of others decide about the"
                    + " same packets.",
            "Changes nothing; what is not right is put right by the controller that leads."
        },
        descriptionHeading = "%n",
        optionListHeading = "%n",
        sortOptions = false,
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        usageHelpWidth = 100,
        footerHeading = "%nExamples:%n",
        footer = {
            "  ovn-egress audit",
            "  ovn-egress audit --class Shadowing,Unreadable",
            "  ovn-egress audit -o json | jq .rows"
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every row is right, or on its way",
            "1:some are not",
            "2:a flag is wrong",
            "3:no controller answers, or not yet"
        })
final class AuditCommand implements Callable<Integer> {
    private static final int NOT_RIGHT = 1;

    @Mixin
    private AskFlags flags;

    @Option(
            names = "--class",
            paramLabel = "CLASS",
            split = ",",
            description =
                    "Tells rows of these classes only: Missing, Wrong, Superfluous, Duplicate, OnWrongRouter, Shadowing, Unreadable.")
    private List<String> classes = List.of();

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "1000",
            description = {"Tells at most so many rows; all are counted.", "Default: ${DEFAULT-VALUE}"})
    private int limit;

    @Option(names = "--fix-nothing", description = "Changes nothing, which an audit never does.")
    void fixNothing(boolean unused) {
        // For scripts that want to have it said.
    }

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        var parameters = new LinkedHashMap<String, String>();
        if (!classes.isEmpty()) {
            parameters.put("class", String.join(",", classes));
        }
        parameters.put("limit", Integer.toString(limit));
        return flags.show("audit", parameters, new Shown(), spec.commandLine());
    }

    private static final class Shown implements AskFlags.Table {
        @Override
        public void show(JsonNode answer, TextTable table) {
            table.line("", answer.path("answer").asText());
            if (!answer.path("connected").asBoolean(true)) {
                table.line("", "the database is not connected, or being read: of rows it is said what was known last");
            }
            var counts = new ArrayList<List<String>>();
            answer.path("rows")
                    .properties()
                    .forEach(count ->
                            counts.add(List.of(count.getKey(), count.getValue().asText())));
            table.columns("  ", counts);
            answer.path("findings").forEach(finding -> finding(finding, table));
            int told = answer.path("findings").size();
            int all = answer.path("rows").path("Right").asInt();
            int found = -all;
            for (var count : answer.path("rows")) {
                found += count.asInt();
            }
            if (told > 0 && told < found) {
                table.line("", "and " + (found - told) + " more: --limit, --class");
            }
        }

        private static void finding(JsonNode finding, TextTable table) {
            var row = finding.path("row");
            var columns = new ArrayList<String>();
            row.path("columns")
                    .properties()
                    .forEach(cell ->
                            columns.add(cell.getKey() + ": " + cell.getValue().asText()));
            var places = new ArrayList<String>();
            row.path("places").forEach(place -> places.add(place.asText()));
            var cells = new ArrayList<List<String>>();
            cells.add(List.of(
                    finding.path("class").asText(),
                    row.path("table").asText() + (places.isEmpty() ? "" : " on " + String.join(", ", places)) + ": "
                            + String.join("; ", columns)));
            row.path("differences").forEach(difference -> cells.add(List.of("", "but " + difference.asText())));
            cells.add(List.of(
                    "",
                    finding.path("message").asText() + named(finding, "object", "; of ")
                            + named(finding, "pod", " for ") + "; "
                            + finding.at("/standing/code").asText()));
            cells.add(List.of("", row.path("command").asText()));
            table.columns("", cells);
        }

        private static String named(JsonNode finding, String name, String before) {
            return finding.has(name) ? before + finding.path(name).asText() : "";
        }

        @Override
        public int exitCode(JsonNode answer) {
            return answer.path("right").asBoolean() ? CommandLine.ExitCode.OK : NOT_RIGHT;
        }
    }
}
