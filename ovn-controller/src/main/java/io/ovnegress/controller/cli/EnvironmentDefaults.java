package io.ovnegress.controller.cli;

import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Every flag as an environment variable: {@code --nb-address} is {@code OVN_EGRESS_NB_ADDRESS}. A flag wins. */
final class EnvironmentDefaults implements IDefaultValueProvider {
    private static final String PREFIX = "OVN_EGRESS_";
    private static final String OF_THE_LAUNCHER = PREFIX + "JAVA_OPTS";
    private static final int MOST_TYPOS = 4;
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

    /** Variables that look like ours and are no flag's, in the order of their names, each with the one that may be meant. */
    Map<String, Optional<String>> unknown(CommandLine command) {
        var known = command.getCommandSpec().options().stream()
                .filter(EnvironmentDefaults::hasVariable)
                .map(EnvironmentDefaults::variable)
                .collect(Collectors.toSet());
        var unknown = new TreeMap<String, Optional<String>>();
        environment.forEach((name, value) -> {
            if (name.startsWith(PREFIX)
                    && !known.contains(name)
                    && !name.equals(OF_THE_LAUNCHER)
                    && !isOfAService(name, value)) {
                unknown.put(name, nearest(name, known));
            }
        });
        return unknown;
    }

    /** What the kubelet tells containers of a Service that is called {@code ovn-egress} or begins so. */
    private static boolean isOfAService(String name, String value) {
        return SERVICE.matcher(name).matches()
                || (SERVICE_PORT.matcher(name).matches()
                        && SERVICE_URL.matcher(value).matches());
    }

    /** picocli's own suggestions go by the letters that two names share, wherever they are. */
    private static Optional<String> nearest(String name, Set<String> known) {
        return known.stream()
                .filter(other -> distance(name, other) <= MOST_TYPOS)
                .min(Comparator.<String>comparingInt(other -> distance(name, other))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /** How many letters must be put in, left out or replaced to make one of the other (Levenshtein). */
    private static int distance(String one, String other) {
        var row = IntStream.rangeClosed(0, other.length()).toArray();
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= other.length(); j++) {
                int replaced = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[other.length()];
    }

    // picocli's contract: null where there is no default of ours
    @Override
    public String defaultValue(ArgSpec argument) {
        return argument instanceof OptionSpec option ? valueOf(option).orElse(null) : null;
    }
}
