package io.ovnegress.controller.proxy;

import com.google.common.net.InternetDomainName;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.northbound.PrintableText;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Where a proxy lets its clients, as {@code EGRESS_HTTP_PROXY_DESTINATION} of OpenShift's egress router says it: a line each, an IP
 * address, a CIDR, a host name, or {@code *.domain} for a domain and all below it; {@code !} before it denies; blank lines and lines
 * that begin with {@code #} say nothing. The first that fits decides; a last line {@code *} allows the rest, else it is denied. Pure.
 *
 * @param allowsTheRest what becomes of destinations that no rule names
 */
public record ProxyRules(List<Rule> rules, boolean allowsTheRest) {
    private static final String WILDCARD = "*";
    private static final String DOMAIN_PREFIX = "*.";
    /** What is shown of a line. */
    private static final int QUOTED = 80;

    public ProxyRules {
        rules = List.copyOf(rules);
    }

    /** One line. */
    public record Rule(boolean allows, Destination destination) {}

    /** What a line names. */
    public sealed interface Destination {
        /** An address is a network of one. */
        record Network(IpNetwork network) implements Destination {}

        record Host(String name) implements Destination {}

        /** The domain itself and all names below it. */
        record Domain(String name) implements Destination {}
    }

    /** What became of reading a text. */
    public sealed interface Reading {
        record Read(ProxyRules rules) implements Reading {}

        /** @param problems each with its line and the reason; at least one */
        record Refused(List<String> problems) implements Reading {
            public Refused {
                problems = List.copyOf(problems);
            }
        }
    }

    /** Reads all lines: what is wrong with any of them makes the whole be refused, and never half obeyed. */
    public static Reading read(String text) {
        var rules = new ArrayList<Rule>();
        var problems = new ArrayList<String>();
        Optional<Boolean> rest = Optional.empty();
        boolean says = false;
        int number = 0;
        for (var raw : text.lines().toList()) {
            number++;
            var line = raw.strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            says = true;
            var where = "line " + number + " \"" + quoted(line) + "\": ";
            if (rest.isPresent()) {
                problems.add(
                        where + "comes after \"*\", which decides about all that is left: it must be the last line");
                continue;
            }
            boolean allows = !line.startsWith("!");
            var named = allows ? line : line.substring(1).strip();
            if (named.equals(WILDCARD)) {
                rest = Optional.of(allows);
                continue;
            }
            destination(named)
                    .ifPresentOrElse(
                            destination -> rules.add(new Rule(allows, destination)),
                            () -> problems.add(where + "is no IP address, CIDR, host name or *.domain"));
        }
        if (!says) {
            problems.add("no destination: a proxy without one denies everything (write \"*\" to allow everything)");
        }
        return problems.isEmpty()
                ? new Reading.Read(new ProxyRules(rules, rest.orElse(false)))
                : new Reading.Refused(problems);
    }

    private static Optional<Destination> destination(String text) {
        if (text.startsWith(DOMAIN_PREFIX)) {
            return host(text.substring(DOMAIN_PREFIX.length())).map(Destination.Domain::new);
        }
        var network = IpAddress.parse(text)
                .flatMap(address ->
                        IpNetwork.parse(address.text() + "/" + address.family().bits()))
                .or(() -> IpNetwork.parse(text));
        return network.isPresent()
                ? network.map(Destination.Network::new)
                : host(text).map(Destination.Host::new);
    }

    /** In lower case; a last label of digits is a mistyped address. */
    private static Optional<String> host(String text) {
        var name = text.toLowerCase(Locale.ROOT);
        if (!name.chars().allMatch(c -> (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.')
                || name.endsWith(".")
                || !InternetDomainName.isValid(name)) {
            return Optional.empty();
        }
        var last = name.substring(name.lastIndexOf('.') + 1);
        return last.chars().allMatch(Character::isDigit) ? Optional.empty() : Optional.of(name);
    }

    private static String quoted(String line) {
        return PrintableText.of(line, QUOTED);
    }
}
