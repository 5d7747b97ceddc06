package io.ovnegress.controller.cli;

import io.ovnegress.controller.ConfigurationException;
import io.ovnegress.controller.Version;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The program's command line: {@code ovn-egress run|explain|whatif|plan|audit|status|history|whois|convert|version}. */
@Command(
        name = "ovn-egress",
        description = "Gives Kubernetes workloads behind OVN a predictable source IP.",
        descriptionHeading = "%n",
        mixinStandardHelpOptions = true,
        versionProvider = EgressCommand.Lines.class,
        usageHelpAutoWidth = true,
        commandListHeading = "%nCommands:%n",
        usageHelpWidth = 100,
        footerHeading = "%nExamples:%n",
        footer = {
            "  ovn-egress run --nb-address tcp:127.0.0.1:6641    starts a controller",
            "  ovn-egress status                                asks it how it is",
            "  ovn-egress explain pod simpson/homer             and why a pod leaves as it does",
            "  ovn-egress plan -f egressip.yaml                 what would change if that were applied",
            "  ovn-egress whatif                                what the loss of each node would do",
            "",
            "  ovn-egress COMMAND --help has the flags of each, more examples, and what its exit codes say.",
            "  Questions go to --server (http://127.0.0.1:9409), or with -n NAMESPACE to the leader in the cluster."
        },
        exitCodeListHeading = "%nExit codes (what more there are, each command says):%n",
        exitCodeList = {"0:done, or answered", "2:a command, a flag or the configuration is wrong: one line says which"
        })
public final class EgressCommand implements Runnable {
    private static final String RUN = "run";

    @Spec
    private CommandSpec spec;

    private EgressCommand() {}

    /** The command line, with its environment. Output goes where the command line's own writers go. */
    public static CommandLine commandLine(Map<String, String> environment, Launch launch) {
        return commandLine(environment, commands(environment, launch).values());
    }

    /**
     * The same, for these arguments alone: if they name a question, that is the only command there is. To read the flags of all takes
     * longer than to ask. {@code run} has all: it says which variables of the environment are nobody's.
     */
    public static CommandLine commandLine(Map<String, String> environment, Launch launch, List<String> arguments) {
        var commands = commands(environment, launch);
        var name = arguments.isEmpty() ? RUN : arguments.getFirst();
        return commandLine(
                environment,
                name.equals(RUN) || !commands.containsKey(name) ? commands.values() : List.of(commands.get(name)));
    }

    /** By their names; that of completions is not among them: it has to know all. */
    private static Map<String, Supplier<Object>> commands(Map<String, String> environment, Launch launch) {
        var commands = new LinkedHashMap<String, Supplier<Object>>();
        commands.put(RUN, () -> new RunCommand(environment, launch));
        commands.put("explain", ExplainCommand::new);
        commands.put("whatif", WhatIfCommand::new);
        commands.put("plan", PlanCommand::new);
        commands.put("audit", AuditCommand::new);
        commands.put("status", StatusCommand::new);
        commands.put("history", HistoryCommand::new);
        commands.put("whois", WhoisCommand::new);
        commands.put("convert", ConvertCommand::new);
        commands.put("version", VersionCommand::new);
        return commands;
    }

    private static CommandLine commandLine(Map<String, String> environment, Collection<Supplier<Object>> commands) {
        var command = new CommandLine(new EgressCommand());
        commands.forEach(each -> command.addSubcommand(each.get()));
        if (commands.size() > 1) {
            command.addSubcommand(new AutoComplete.GenerateCompletion());
        }
        // An argument that is not understood is quoted, and @FILE would be read for arguments.
        command.setExpandAtFiles(false);
        command.setDefaultValueProvider(new EnvironmentDefaults(environment));
        command.setParameterExceptionHandler((error, arguments) -> refuse(error.getCommandLine(), sentence(error)));
        command.setExecutionExceptionHandler((error, failed, parsed) -> {
            if (error instanceof ConfigurationException) {
                return refuse(failed, error.getMessage());
            }
            throw error;
        });
        return command;
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "a command is missing: " + String.join(", ", spec.subcommands().keySet()));
    }

    @Command(
            name = "version",
            description = "Prints the version.",
            mixinStandardHelpOptions = true,
            footerHeading = "%nExamples:%n",
            footer = "  ovn-egress version",
            exitCodeListHeading = "%nExit codes:%n",
            exitCodeList = "0:always")
    static final class VersionCommand implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            spec.commandLine().getOut().println(Version.line());
            return CommandLine.ExitCode.OK;
        }
    }

    static final class Lines implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {Version.line()};
        }
    }

    /** One line that names the flag, what it was given and what is allowed. */
    private static int refuse(CommandLine command, String sentence) {
        command.getErr().println("ovn-egress: " + sentence);
        return CommandLine.ExitCode.USAGE;
    }

    private static String sentence(ParameterException error) {
        return switch (error) {
            case UnmatchedArgumentException unmatched -> unknown(unmatched);
            case MissingParameterException missing
            when missing.getMissing().getFirst() instanceof OptionSpec option ->
                option.longestName() + ": a value is missing: " + option.paramLabel();
            case ParameterException invalid
            when invalid.getArgSpec() instanceof OptionSpec option
                    && invalid.getCause() instanceof TypeConversionException cause -> {
                var text = Optional.ofNullable(invalid.getValue()).orElse("");
                yield option.longestName() + "=" + text + origin(option, text, invalid) + ": " + cause.getMessage();
            }
            default -> error.getMessage();
        };
    }

    private static String unknown(UnmatchedArgumentException error) {
        var argument = error.getUnmatched().getFirst();
        var kind = argument.startsWith("-") ? "flag" : "command";
        return "unknown " + kind + " " + argument
                + error.getSuggestions().stream()
                        .findFirst()
                        .map(suggestion -> ": did you mean " + suggestion + "?")
                        .orElse("");
    }

    private static String origin(OptionSpec option, String text, ParameterException error) {
        return error.getCommandLine().getDefaultValueProvider() instanceof EnvironmentDefaults environment
                        && environment.valueOf(option).filter(text::equals).isPresent()
                ? " (from " + EnvironmentDefaults.variable(option) + ")"
                : "";
    }
}
