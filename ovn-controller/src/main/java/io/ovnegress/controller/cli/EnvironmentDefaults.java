package io.ovnegress.controller.cli;

import io.ovnegress.reconciler.explain.Nearest;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Every flag as an environment variable: {@code --nb-address} is {@code OVN_EGRESS_NB_ADDRESS}. A flag wins. */
final class EnvironmentDefaults implements IDefaultValueProvider {
    private static final String PREFIX = "OVN_EGRESS_";
    private static final String OF_THE_LAUNCHER = PREFIX + "JAVA_OPTS";
    private static final Pattern SERVICE = Pattern.compile("OVN_EGRESS(_\\w+)?_SERVICE_(HOST|PORT(_\\w+)?)"
            + "|OVN_EGRESS(_\\w+)?_PORT_\\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?");
    private static final Pattern SERVICE_PORT = Pattern.compile("OVN_EGRESS(_\\w+)?_PORT");
    private static final Pattern SERVICE_URL = Pattern.compile("(tcp|udp|sctp)://.*");

    private final Map<String, String> environment;

    EnvironmentDefaults(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    static String variable(OptionSpec option) {
        return PREFIX + option.longestName().substring(2).replace('-', '_').toUpperCase(Locale.ROOT);
    }

    private static boolean hasVariable(OptionSpec option) {
        return option.longestName().startsWith("--") && !option.usageHelp() && !option.versionHelp();
    }

    Optional<String> valueOf(OptionSpec option) {
        return hasVariable(option) ? Optional.ofNullable(environment.get(variable(option))) : Optional.empty();
    }

    /**
     * Variables that look like ours and are no flag's, of this command or of another one, in the order of their names, each with
     * the one of this command that may be meant.
     */
    Map<String, Optional<String>> unknown(CommandLine command) {
        var top = command;
        while (top.getParent() != null) {
            top = top.getParent();
        }
        var known = withSubcommands(top).flatMap(EnvironmentDefaults::variables).collect(Collectors.toSet());
        var meant = variables(command).collect(Collectors.toSet());
        var unknown = new TreeMap<String, Optional<String>>();
        environment.forEach((name, value) -> {
            if (name.startsWith(PREFIX)
                    && !known.contains(name)
                    && !name.equals(OF_THE_LAUNCHER)
                    && !isOfAService(name, value)) {
                unknown.put(name, nearest(name, meant));
            }
        });
        return unknown;
    }

    private static Stream<String> variables(CommandLine command) {
        return command.getCommandSpec().options().stream()
                .filter(EnvironmentDefaults::hasVariable)
                .map(EnvironmentDefaults::variable);
    }

    private static Stream<CommandLine> withSubcommands(CommandLine command) {
        return Stream.concat(
                Stream.of(command),
                command.getSubcommands().values().stream().flatMap(EnvironmentDefaults::withSubcommands));
    }

    /** What the kubelet tells containers of a Service that is called {@code ovn-egress} or begins so. */
    private static boolean isOfAService(String name, String value) {
        return SERVICE.matcher(name).matches()
                || (SERVICE_PORT.matcher(name).matches()
                        && SERVICE_URL.matcher(value).matches());
    }

    /** picocli's own suggestions go by the letters that two names share, wherever they are. */
    private static Optional<String> nearest(String name, Set<String> known) {
        return Nearest.to(name, known).stream().findFirst();
    }

    // picocli's contract: null where there is no default of ours
    @Override
    public String defaultValue(ArgSpec argument) {
        return argument instanceof OptionSpec option ? valueOf(option).orElse(null) : null;
    }
}
