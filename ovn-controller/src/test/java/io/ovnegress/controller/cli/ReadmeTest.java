package io.ovnegress.controller.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.controller.ControllerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** What the README says of the command line is so. */
class ReadmeTest {
    private static final Pattern FLAG = Pattern.compile("`(--[a-z0-9-]+)(?: ([^`]+))?`(?: \\(([^)]*)\\))?[:,]");
    private static final Pattern QUESTION = Pattern.compile("\\./ovn-egress explain (\\w+ \\S+)");
    private static final Set<String> FILES =
            Set.of("--kubeconfig", "--nb-client-privkey", "--nb-client-cert", "--nb-client-cacert");

    @TempDir
    private Path directory;

    private final List<ControllerConfig> launched = new ArrayList<>();
    private final CommandLine command = EgressCommand.commandLine(Map.of(), (config, changed) -> {
        launched.add(config);
        return 0;
    });

    private static String readme() throws IOException {
        return Files.readString(Path.of("../README.md"));
    }

    private static String section(String heading) throws IOException {
        var text = readme();
        int begin = text.indexOf("\n" + heading + "\n");
        return text.substring(begin, text.indexOf("\n#", begin + 1)).replaceAll("\\s+", " ");
    }

    /** What is said of each flag: its parameter and its default. */
    private static Map<String, String> toldFlags() throws IOException {
        var told = new TreeMap<String, String>();
        var flags = FLAG.matcher(section("### Flags"));
        while (flags.find()) {
            told.put(
                    flags.group(1),
                    Optional.ofNullable(flags.group(2)).orElse("") + " ("
                            + Optional.ofNullable(flags.group(3)).orElse("") + ")");
        }
        return told;
    }

    private Map<String, OptionSpec> flags() {
        return command.getSubcommands().get("run").getCommandSpec().options().stream()
                .filter(option -> !option.usageHelp() && !option.versionHelp())
                .collect(Collectors.toMap(OptionSpec::longestName, option -> option));
    }

    @Test
    void everyFlagIsToldOfAndNoOther() throws IOException {
        assertThat(toldFlags().keySet()).containsExactlyInAnyOrderElementsOf(flags().keySet());
    }

    @Test
    void flagsHaveTheDefaultsThatItSays() throws IOException {
        var told = toldFlags();
        flags().forEach((name, option) -> {
            if (option.defaultValue() != null) {
                assertThat(told.get(name)).as(name).contains("(`" + option.defaultValue() + "`)");
            }
        });
    }

    @Test
    void flagsTakeWhatItSays() throws IOException {
        var told = toldFlags();
        flags().forEach((name, option) -> {
            if (!option.typeInfo().isBoolean() && option.arity().min() > 0) {
                assertThat(told.get(name)).as(name).startsWith(option.paramLabel() + " ");
            }
        });
    }

    @Test
    void itsCommandIsUnderstood() throws IOException {
        var text = readme();
        int begin = text.indexOf("./ovn-egress run \\");
        var words = new ArrayList<>(Arrays.asList(text.substring(begin, text.indexOf("```", begin))
                .replace("\\\n", " ")
                .strip()
                .split("\\s+")));
        words.removeFirst();
        var file = Files.writeString(directory.resolve("file"), "text").toString();
        for (int i = 1; i < words.size(); i++) {
            if (FILES.contains(words.get(i - 1))) {
                words.set(i, file);
            }
        }

        assertThat(command.execute(words.toArray(String[]::new))).isZero();
        assertThat(launched).hasSize(1);
    }

    @Test
    void itsQuestionsAreUnderstoodAndNoneIsLeftOut() throws IOException {
        var questions = QUESTION.matcher(readme())
                .results()
                .map(question -> question.group(1).split(" "))
                .toList();

        assertThat(questions)
                .extracting(words -> words[0])
                .hasSameElementsAs(
                        command.getSubcommands().get("explain").getSubcommands().keySet());
        for (var words : questions) {
            var line = new ArrayList<>(List.of("explain"));
            line.addAll(List.of(words));
            assertThat(command.parseArgs(line.toArray(String[]::new)).errors()).isEmpty();
        }
    }
}
