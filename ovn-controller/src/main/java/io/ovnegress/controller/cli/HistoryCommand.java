package io.ovnegress.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ovn-egress history}: asks a running controller what it has programmed lately, and why. */
@Command(
        name = "history",
        description = {
            "What was programmed and decided, when, and by which cause: the object that changed with its version and fields, the"
                    + " node that was lost, the other writer's change that was put right; with rows before and after."
        },
        descriptionHeading = "%n",
        optionListHeading = "%n",
        parameterListHeading = "%n",
        sortOptions = false,
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        usageHelpWidth = 100,
        footerHeading = "%nExamples:%n",
        footer = {
            "  ovn-egress history --since 10m",
            "  ovn-egress history egressip egressip-demo",
            "  ovn-egress history egressrouter simpson/bank",
            "  ovn-egress history pod simpson/homer -o json"
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:answered", "2:the question, or a flag, is wrong", "3:no controller answers"})
final class HistoryCommand implements Callable<Integer> {
    @Mixin
    private AskFlags flags;

    @Parameters(
            arity = "0..2",
            paramLabel = "KIND NAME",
            description =
                    "What it is about: egressip NAME, egressrouter NAMESPACE/NAME, egressfirewall NAMESPACE/NAME or another kind"
                            + " that the controller reads; pod NAMESPACE/POD, ip ADDRESS or node NAME. Default: everything.")
    private List<String> about = List.of();

    @Option(
            names = "--since",
            paramLabel = "TIME",
            defaultValue = "1h",
            description = {"How long ago, such as 90s, 30m, 1h or 2d, or a time.", "Default: ${DEFAULT-VALUE}"})
    private String since;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "200",
            description = {"Tells at most the last N.", "Default: ${DEFAULT-VALUE}"})
    private int limit;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (about.size() == 1) {
            throw new ParameterException(
                    spec.commandLine(),
                    about.getFirst()
                            + ": say egressip NAME, egressrouter NAMESPACE/NAME, pod NAMESPACE/POD, ip ADDRESS or node NAME");
        }
        var parameters = new LinkedHashMap<String, String>();
        parameters.put("since", since);
        parameters.put("limit", Integer.toString(limit));
        return flags.show(
                about.isEmpty() ? "history/" : "history/" + String.join("/", about),
                parameters,
                HistoryCommand::show,
                spec.commandLine());
    }

    private static void show(JsonNode history, TextTable table) {
        if (history.has("completeSince")) {
            table.line(
                    "",
                    "nothing is known of the time before "
                            + history.path("completeSince").asText());
        }
        history.path("entries").forEach(entry -> {
            if (entry.path("kind").asText().equals("decision")) {
                var facts = new ArrayList<String>();
                entry.path("facts")
                        .properties()
                        .forEach(fact ->
                                facts.add(fact.getKey() + "=" + fact.getValue().asText()));
                table.line(
                        "",
                        entry.path("time").asText() + " "
                                + table.bold(entry.path("message").asText()) + " " + String.join(" ", facts));
                return;
            }
            table.line(
                    "",
                    entry.path("time").asText() + " "
                            + table.bold(entry.path("outcome").asText() + " "
                                    + entry.path("owner").asText())
                            + named(entry, "object", " of ") + named(entry, "pod", " for ")
                            + named(entry, "transaction", ", transaction ") + named(entry, "error", ": "));
            cause("  because ", entry.path("cause"), table);
            var rows = new ArrayList<List<String>>();
            entry.path("rows").forEach(row -> {
                var places = new ArrayList<String>();
                row.path("places").forEach(place -> places.add(place.asText()));
                rows.add(List.of(
                        row.path("change").asText(),
                        (row.path("table").asText() + " " + String.join(", ", places)).strip(),
                        cells(row)));
            });
            table.columns("  ", rows);
        });
        if (history.path("entries").isEmpty()) {
            table.line("", history.path("answer").asText());
        }
    }

    private static void cause(String before, JsonNode cause, TextTable table) {
        table.line(
                "",
                before
                        + cause.path("message").asText()
                        + named(cause, "version", " (version ")
                        + (cause.has("version") ? ")" : ""));
        cause.path("fields")
                .properties()
                .forEach(field -> table.line(
                        "    ", field.getKey() + ": " + field.getValue().asText()));
        cause.path("causes").forEach(each -> cause("    ", each, table));
    }

    private static String cells(JsonNode row) {
        var cells = new ArrayList<String>();
        var before = row.path("before");
        var after = row.path("after");
        after.properties().forEach(cell -> {
            var was = before.path(cell.getKey());
            cells.add(cell.getKey() + ": " + (was.isMissingNode() ? "" : was.asText() + " -> ")
                    + cell.getValue().asText());
        });
        before.properties().forEach(cell -> {
            if (!after.has(cell.getKey())) {
                cells.add(cell.getKey() + ": " + cell.getValue().asText());
            }
        });
        return String.join("; ", cells);
    }

    private static String named(JsonNode entry, String name, String before) {
        return entry.has(name) ? before + entry.path(name).asText() : "";
    }
}
