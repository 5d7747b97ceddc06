package io.ovnegress.controller.cli;

import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Flags as the user wrote them, on the command line or in the environment. */
final class Flags {
    private Flags() {}

    /** What the flag says: from the command line, the environment, or its default; empty if none of them says anything. */
    static Optional<String> text(OptionSpec option, CommandLine command) {
        return given(option, command).or(() -> Optional.ofNullable(option.defaultValue()));
    }

    static List<String> changed(CommandLine command) {
        return command.getCommandSpec().options().stream()
                .filter(option -> !option.usageHelp() && !option.versionHelp())
                .flatMap(option -> given(option, command)
                        .filter(text -> !text.equals(option.defaultValue()))
                        .map(text -> option.longestName() + "=" + text)
                        .stream())
                .toList();
    }

    /** A flag that was given several times, as one that was given once with all of it. */
    private static Optional<String> given(OptionSpec option, CommandLine command) {
        var parsed = command.getParseResult();
        if (parsed != null && parsed.hasMatchedOption(option)) {
            var texts = parsed.matchedOption(option.longestName()).originalStringValues();
            return Optional.of(texts.isEmpty() ? "true" : String.join(",", texts));
        }
        return command.getDefaultValueProvider() instanceof EnvironmentDefaults environment
                ? environment.valueOf(option)
                : Optional.empty();
    }
}
