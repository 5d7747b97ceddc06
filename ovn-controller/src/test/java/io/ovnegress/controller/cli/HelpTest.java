package io.ovnegress.controller.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** Every command says to somebody who has never seen it what it does, by examples, and what its exit codes mean. */
class HelpTest {
    private static CommandLine commandLine() {
        return EgressCommand.commandLine(Map.of(), (config, changed) -> 0);
    }

    static Stream<CommandLine> commands() {
        var all = new ArrayList<CommandLine>();
        add(commandLine(), all);
        return all.stream();
    }

    private static void add(CommandLine command, List<CommandLine> all) {
        if (!command.getCommandName().equals("generate-completion")) { // picocli's own
            all.add(command);
            command.getSubcommands().values().forEach(each -> add(each, all));
        }
    }

    @ParameterizedTest
    @MethodSource("commands")
    void aCommandTeachesByExamplesThatItUnderstands(CommandLine command) {
        var name = command.getCommandSpec().qualifiedName();
        var help = command.getCommandSpec().usageMessage();

        assertThat(help.description()).as(name).isNotEmpty();
        assertThat(help.exitCodeList()).as("exit codes of " + name).containsKey("0");
        assertThat(help.exitCodeListHeading()).contains("Exit codes");
        assertThat(help.footerHeading()).contains("Examples");
        var examples = Stream.of(help.footer())
                .map(line -> line.strip().split("  |[|&>\\\\]", 2)[0].strip())
                .filter(line -> line.startsWith("ovn-egress ") && !line.contains("COMMAND"))
                .filter(line -> !line.endsWith("\\"))
                .toList();
        assertThat(examples)
                .as("examples of " + name)
                .isNotEmpty()
                .anyMatch(line -> line.startsWith(name + " ") || line.equals(name));
        for (var example : examples) {
            var words = List.of(example.split(" ")).subList(1, example.split(" ").length);
            try {
                commandLine().parseArgs(words.toArray(String[]::new));
            } catch (CommandLine.ParameterException e) { // files are not where the example is read
                assertThat(e).as(example).hasMessageContaining("must be a file that can be read");
            }
        }
        command.getCommandSpec()
                .options()
                .forEach(option -> assertThat(option.description())
                        .as(name + " " + option.longestName())
                        .isNotEmpty());
        command.getCommandSpec()
                .positionalParameters()
                .forEach(parameter -> assertThat(parameter.description())
                        .as(name + " " + parameter.paramLabel())
                        .isNotEmpty());
    }
}
