package io.ovnegress.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ovn-egress plan verify PLAN}: whether the same would still be done. */
@Command(
        name = "verify",
        description = {
            "Whether a plan that was written with --out still holds: it is planned again, and has to come to the same addresses,"
                    + " pods and operations, whatever else has changed since."
        },
        descriptionHeading = "%n",
        optionListHeading = "%n",
        footerHeading = "%nExamples:%n",
        footer = {"  ovn-egress plan verify plan.json"},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:the plan holds",
            "1:it does not: what is different is said",
            "2:a flag is wrong, or the file is no plan",
            "3:no controller answers, or not yet"
        },
        usageHelpAutoWidth = true,
        usageHelpWidth = 100,
        mixinStandardHelpOptions = true)
final class PlanVerifyCommand implements Callable<Integer> {
    @Parameters(paramLabel = "PLAN", description = "The file.")
    private Path file;

    @Mixin
    private AskFlags flags;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        var plan = PlanFile.read(file, spec.commandLine());
        var before = plan.path("answer");
        flags.notFoundIs(PlanCommand.CHANGES);
        return flags.show(
                PlanFile.question((ObjectNode) plan.path("request"), false), new Verdict(before), spec.commandLine());
    }

    private record Verdict(JsonNode before) implements AskFlags.Table {
        @Override
        public void show(JsonNode now, TextTable table) {
            compare(before, now, table);
        }

        @Override
        public int exitCode(JsonNode now) {
            return holds(before, now) ? CommandLine.ExitCode.OK : PlanCommand.CHANGES;
        }
    }

    private static boolean holds(JsonNode before, JsonNode now) {
        return before.path("digest").equals(now.path("digest"));
    }

    private static void compare(JsonNode before, JsonNode now, TextTable table) {
        var database = before.path("database").equals(now.path("database"))
                ? "nothing has been written to the database since"
                : "the database was at " + before.path("database").asText() + ", and is at "
                        + now.path("database").asText();
        if (holds(before, now)) {
            table.line("", "the plan holds: the same would be done; " + database);
            changed(before, now).forEach(object -> table.line("  ", object));
            return;
        }
        table.line("", "the plan does not hold any more; " + database);
        var cells = new ArrayList<List<String>>();
        cells.add(List.of("then", before.path("answer").asText()));
        cells.add(List.of("now", now.path("answer").asText()));
        table.columns("  ", cells);
        changed(before, now).forEach(object -> table.line("  ", object));
        PlanTable.of(now, table);
    }

    /** Objects that the plan was made from and that are not as they were; in words. */
    private static List<String> changed(JsonNode before, JsonNode now) {
        var then = versions(before);
        if (then.isEmpty()) {
            return List.of(); // earlier versions of this program did not write them down
        }
        var later = versions(now);
        var objects = new TreeSet<>(then.keySet());
        objects.addAll(later.keySet());
        return objects.stream()
                .filter(object -> !then.getOrDefault(object, "").equals(later.getOrDefault(object, "")))
                .map(object -> object
                        + (!then.containsKey(object)
                                ? " has come in"
                                : !later.containsKey(object)
                                        ? " does not matter any more"
                                        : then.get(object).isEmpty()
                                                ? " is there now"
                                                : later.get(object).isEmpty()
                                                        ? " is not there any more"
                                                        : " is another version"))
                .toList();
    }

    private static Map<String, String> versions(JsonNode answer) {
        var versions = new HashMap<String, String>();
        answer.path("versions").forEach(object -> {
            if (object.has("version")) {
                versions.put(
                        object.path("object").asText(), object.path("version").asText());
            }
        });
        return versions;
    }
}
