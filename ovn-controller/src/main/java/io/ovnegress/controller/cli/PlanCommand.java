package io.ovnegress.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ovn-egress plan}: asks a running controller what would change, before anything is. */
@Command(
        name = "plan",
        description = {
            "What would change if these manifests were applied, or deleted: addresses that move, pods that leave otherwise,"
                    + " what is written, and how long that takes. Nothing is changed.",
            "Read are the kinds that the controller watches; others are named, and not looked at. What a manifest leaves"
                    + " to others stays as it is: status, labels and annotations of nodes, namespaces and pods that it"
                    + " does not name."
        },
        descriptionHeading = "%n",
        optionListHeading = "%n",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        usageHelpWidth = 100,
        commandListHeading = "%nOther questions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  ovn-egress plan -f egressip.yaml --out plan.json && ovn-egress plan verify plan.json",
            "  ovn-egress plan -f manifests/ --delete",
            "  ovn-egress plan node worker-1 --drain",
            "  ovn-egress plan pod simpson/homer --label app=web"
        },
        exitCodeListHeading = "%nExit codes (as kubectl diff):%n",
        exitCodeList = {
            "0:nothing changes; of verify: the plan holds",
            "1:something changes; of verify: it does not hold",
            "2:what is asked, or a manifest, is wrong, or names what is not there",
            "3:no controller answers, or not yet"
        },
        subcommands = {PlanCommand.OfNode.class, PlanCommand.OfPod.class, PlanVerifyCommand.class})
final class PlanCommand implements Callable<Integer> {
    static final int CHANGES = 1;

    @Option(
            names = {"-f", "--filename"},
            paramLabel = "FILE|DIR|-",
            description =
                    "Manifests, YAML or JSON; of a directory all .yaml, .yml and .json; - reads the standard input.")
    private List<String> files = List.of();

    @Option(names = "--delete", description = "They are deleted.")
    private boolean delete;

    @Mixin
    private Output output;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        var command = spec.commandLine();
        if (files.isEmpty()) {
            throw new ParameterException(
                    command, "say what to plan: -f FILE, node NAME --drain, pod NAMESPACE/POD, or verify PLAN");
        }
        var request = JsonNodeFactory.instance.objectNode();
        var manifests = request.putArray(delete ? "delete" : "apply");
        files.forEach(file -> ManifestFiles.read(file, command).forEach(manifests::add));
        return output.show(request, command);
    }

    /** What every plan has in common. */
    static final class Output {
        @Option(names = "--operations", description = "Also the operations that would be sent to the database.")
        private boolean operations;

        @Option(
                names = "--out",
                paramLabel = "PLAN",
                description = "Writes the plan there, for ovn-egress plan verify PLAN.")
        private Path out;

        @Mixin
        private AskFlags flags;

        int show(ObjectNode request, CommandLine command) {
            flags.notFoundIs(CommandLine.ExitCode.USAGE);
            return flags.show(PlanFile.question(request, operations), new Shown(request, command), command);
        }

        private final class Shown implements AskFlags.Table {
            private final ObjectNode request;
            private final CommandLine command;

            private Shown(ObjectNode request, CommandLine command) {
                this.request = request;
                this.command = command;
            }

            @Override
            public void show(JsonNode answer, TextTable table) {
                PlanTable.of(answer, table);
            }

            @Override
            public int exitCode(JsonNode answer) {
                var kinds = new ArrayList<String>();
                answer.path("notLookedAt").forEach(kind -> kinds.add(kind.asText()));
                if (!kinds.isEmpty()) {
                    command.getErr().println("not looked at: " + String.join(", ", kinds));
                }
                if (out != null) {
                    PlanFile.write(out, request, answer, command);
                }
                return answer.path("changes").asBoolean() ? CHANGES : CommandLine.ExitCode.OK;
            }
        }
    }

    @Command(
            name = "node",
            description = "What would change if the node gave its addresses away, or did not answer any more.",
            descriptionHeading = "%n",
            optionListHeading = "%n",
            footerHeading = "%nExamples:%n",
            footer = {"  ovn-egress plan node worker-1 --drain", "  ovn-egress plan node worker-1 --lose --operations"},
            exitCodeListHeading = "%nExit codes (as kubectl diff):%n",
            exitCodeList = {
                "0:nothing changes",
                "1:something changes",
                "2:what is asked is wrong, or names what is not there",
                "3:no controller answers, or not yet"
            },
            usageHelpAutoWidth = true,
            usageHelpWidth = 100,
            mixinStandardHelpOptions = true)
    static final class OfNode implements Callable<Integer> {
        @Parameters(paramLabel = "NAME", description = "The node.")
        private String name;

        @Option(names = "--drain", description = "It is cordoned and drained (annotation ovn-egress.io/drain).")
        private boolean drain;

        @Option(names = "--lose", description = "It is lost.")
        private boolean lose;

        @Mixin
        private Output output;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            if (drain == lose) {
                throw new ParameterException(spec.commandLine(), "say one of --drain and --lose");
            }
            var request = JsonNodeFactory.instance.objectNode();
            request.putArray(drain ? "drain" : "lose").add(name);
            return output.show(request, spec.commandLine());
        }
    }

    @Command(
            name = "pod",
            description = "What would change if the pod had other labels, or were deleted.",
            descriptionHeading = "%n",
            optionListHeading = "%n",
            footerHeading = "%nExamples:%n",
            footer = {
                "  ovn-egress plan pod simpson/homer --label app=web",
                "  ovn-egress plan pod simpson/homer --label app-",
                "  ovn-egress plan pod simpson/homer --delete"
            },
            exitCodeListHeading = "%nExit codes (as kubectl diff):%n",
            exitCodeList = {
                "0:nothing changes",
                "1:something changes",
                "2:what is asked is wrong, or names what is not there",
                "3:no controller answers, or not yet"
            },
            usageHelpAutoWidth = true,
            usageHelpWidth = 100,
            mixinStandardHelpOptions = true)
    static final class OfPod implements Callable<Integer> {
        @Parameters(paramLabel = "NAMESPACE/POD", description = "The pod.")
        private String pod;

        @Option(
                names = "--label",
                paramLabel = "KEY=VALUE|KEY-",
                description = "It has this label, or has it no more; as kubectl label has it. May be said again.")
        private List<String> labels = List.of();

        @Option(names = "--delete", description = "It is deleted.")
        private boolean delete;

        @Mixin
        private Output output;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            var command = spec.commandLine();
            int slash = pod.indexOf('/');
            if (slash <= 0 || slash == pod.length() - 1) {
                throw new ParameterException(command, pod + ": say NAMESPACE/POD, as in simpson/homer");
            }
            if (delete != labels.isEmpty()) {
                throw new ParameterException(command, "say one of --label and --delete");
            }
            var request = JsonNodeFactory.instance.objectNode();
            if (delete) {
                request.putArray("delete")
                        .addObject()
                        .put("apiVersion", "v1")
                        .put("kind", "Pod")
                        .putObject("metadata")
                        .put("namespace", pod.substring(0, slash))
                        .put("name", pod.substring(slash + 1));
            } else {
                var wanted = request.putObject("labels").putObject(pod);
                labels.forEach(label -> put(label, wanted, command));
            }
            return output.show(request, command);
        }

        private static void put(String label, ObjectNode wanted, CommandLine command) {
            int equals = label.indexOf('=');
            if (equals > 0) {
                wanted.put(label.substring(0, equals), label.substring(equals + 1));
            } else if (equals < 0 && label.length() > 1 && label.endsWith("-")) {
                wanted.putNull(label.substring(0, label.length() - 1));
            } else {
                throw new ParameterException(command, "--label=" + label + ": say KEY=VALUE, or KEY- to take it away");
            }
        }
    }
}
