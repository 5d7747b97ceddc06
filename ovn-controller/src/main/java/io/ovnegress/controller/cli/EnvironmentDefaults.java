package io.ovnegress.controller.cli;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Every flag as an environment variable: {@code --nb-address} is {@code OVN_EGRESS_NB_ADDRESS}. A flag wins. */
final class EnvironmentDefaults implements IDefaultValueProvider {
    private static final String PREFIX = "OVN_EGRESS_";

    private final Map<String, String> environment;

    EnvironmentDefaults(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    static String variable(OptionSpec option) {
        return PREFIX + option.longestName().substring(2).replace('-', '_').toUpperCase(Locale.ROOT);
    }

    Optional<String> valueOf(OptionSpec option) {
        return option.longestName().startsWith("--")
                ? Optional.ofNullable(environment.get(variable(option)))
                : Optional.empty();
    }

    // picocli's contract: null where there is no default of ours
    @Override
    public String defaultValue(ArgSpec argument) {
        return argument instanceof OptionSpec option && !option.usageHelp() && !option.versionHelp()
                ? valueOf(option).orElse(null)
                : null;
    }
}
