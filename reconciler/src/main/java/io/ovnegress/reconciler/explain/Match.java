package io.ovnegress.reconciler.explain;

import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * Whether a match of ovn-sb(5), table Logical_Flow, fits a packet of a new connection: addresses, networks, sets of both, protocols,
 * destination ports, the port by which it came, and marks. What else a match may ask for is not known, and what hangs on that is not
 * known either. Pure.
 */
public final class Match {
    private static final Pattern COMMENT = Pattern.compile("/\\*.*?\\*/");
    private static final Pattern TOKEN = Pattern.compile(
            "\\s*(&&|\\|\\||==|!=|<=|>=|<|>|!|\\(|\\)|\\{|\\}|,|\"[^\"]*\"|[$@]?[A-Za-z0-9_.:/\\-\\[\\]]+)");

    private final Packet packet;
    private final Function<String, Optional<Set<String>>> sets;
    private final List<String> tokens;
    private int next;

    /** Three values, since not everything of a packet is known. */
    public enum Fits {
        YES,
        NO,
        UNKNOWN;

        public static Fits of(boolean fits) {
            return fits ? YES : NO;
        }

        Fits and(Fits other) {
            return this == NO || other == NO ? NO : this == YES && other == YES ? YES : UNKNOWN;
        }

        Fits or(Fits other) {
            return this == YES || other == YES ? YES : this == NO && other == NO ? NO : UNKNOWN;
        }

        Fits not() {
            return this == YES ? NO : this == NO ? YES : UNKNOWN;
        }
    }

    /**
     * A packet of a pod that arrives at a router or a switch.
     *
     * @param inport by which it comes
     * @param protocol empty if it may be any, and {@code port} likewise
     */
    public record Packet(
            String inport,
            IpAddress source,
            IpAddress destination,
            Optional<String> protocol,
            Optional<Integer> port) {}

    private static final class NotUnderstood extends RuntimeException {
        private static final long serialVersionUID = 1;

        NotUnderstood() {
            super("not understood", null, false, false);
        }
    }

    private Match(Packet packet, Function<String, Optional<Set<String>>> sets, List<String> tokens) {
        this.packet = packet;
        this.sets = sets;
        this.tokens = tokens;
    }

    /** @param sets the members of address sets by name, and the ports of port groups by name after an {@code @}; empty if not known */
    public static Fits of(String text, Packet packet, Function<String, Optional<Set<String>>> sets) {
        var match = COMMENT.matcher(text).replaceAll(" ");
        var tokens = new ArrayList<String>();
        var matcher = TOKEN.matcher(match);
        int end = 0;
        while (end < match.length() && matcher.find(end) && matcher.start() == end) {
            tokens.add(matcher.group(1));
            end = matcher.end();
        }
        if (!match.substring(end).isBlank() || tokens.isEmpty()) {
            return Fits.UNKNOWN;
        }
        try {
            var reading = new Match(packet, sets, tokens);
            var fits = reading.any();
            return reading.next == tokens.size() ? fits : Fits.UNKNOWN;
        } catch (NotUnderstood e) {
            return Fits.UNKNOWN;
        }
    }

    private Fits any() {
        var fits = all();
        while (takes("||")) {
            fits = fits.or(all());
        }
        return fits;
    }

    private Fits all() {
        var fits = one();
        while (takes("&&")) {
            fits = fits.and(one());
        }
        return fits;
    }

    private Fits one() {
        if (takes("!")) {
            return one().not();
        }
        if (takes("(")) {
            var fits = any();
            if (!takes(")")) {
                throw new NotUnderstood();
            }
            return fits;
        }
        var field = take();
        if (next < tokens.size() && List.of("==", "!=", "<", ">", "<=", ">=").contains(tokens.get(next))) {
            return compared(field, take(), values());
        }
        return predicate(field);
    }

    private boolean takes(String token) {
        if (next < tokens.size() && tokens.get(next).equals(token)) {
            next++;
            return true;
        }
        return false;
    }

    private String take() {
        if (next >= tokens.size()) {
            throw new NotUnderstood();
        }
        return tokens.get(next++);
    }

    private List<String> values() {
        if (!takes("{")) {
            return List.of(take());
        }
        var values = new ArrayList<String>();
        while (!takes("}")) {
            values.add(take());
            takes(",");
        }
        return values;
    }

    private Fits predicate(String name) {
        boolean v4 = packet.source().family().matchField().equals("ip4");
        return switch (name) {
            case "ip", "1" -> Fits.YES;
            case "0" -> Fits.NO;
            case "ip4" -> Fits.of(v4);
            case "ip6" -> Fits.of(!v4);
            case "tcp", "udp", "sctp", "icmp" -> protocol(name);
            case "icmp4" -> Fits.of(v4).and(protocol("icmp"));
            case "icmp6" -> Fits.of(!v4).and(protocol("icmp"));
            default -> Fits.UNKNOWN;
        };
    }

    private Fits protocol(String name) {
        return packet.protocol().map(known -> Fits.of(known.equals(name))).orElse(Fits.UNKNOWN);
    }

    private Fits compared(String field, String relation, List<String> values) {
        var family = packet.source().family().matchField();
        return switch (field) {
            case "ip4.src", "ip6.src", "ip4.dst", "ip6.dst" ->
                field.startsWith(family)
                        ? either(
                                relation,
                                addressed(field.endsWith("src") ? packet.source() : packet.destination(), values))
                        : Fits.NO;
            case "inport" -> either(relation, named(packet.inport(), values));
            case "pkt.mark" -> numeric(0, relation, values);
            case "tcp.dst", "udp.dst", "sctp.dst" -> {
                var known = protocol(field.substring(0, field.indexOf('.')));
                yield known.and(packet.port()
                        .map(port -> numeric(port, relation, values))
                        .orElse(Fits.UNKNOWN));
            }
            default -> Fits.UNKNOWN;
        };
    }

    private static Fits either(String relation, Fits equal) {
        return switch (relation) {
            case "==" -> equal;
            case "!=" -> equal.not();
            default -> Fits.UNKNOWN;
        };
    }

    private Fits addressed(IpAddress address, Collection<String> values) {
        var fits = Fits.NO;
        for (var value : values) {
            fits = fits.or(
                    value.startsWith("$")
                            ? sets.apply(value.substring(1))
                                    .map(members -> members.contains(address.text())
                                            ? Fits.YES
                                            : addressed(address, networks(members)))
                                    .orElse(Fits.UNKNOWN)
                            : contains(value, address));
        }
        return fits;
    }

    private static List<String> networks(Set<String> members) {
        return members.stream().filter(member -> member.contains("/")).toList();
    }

    private static Fits contains(String value, IpAddress address) {
        return IpNetwork.parse(value)
                .map(network -> Fits.of(network.contains(address)))
                .or(() -> IpAddress.parse(value).map(other -> Fits.of(other.equals(address))))
                .orElse(Fits.UNKNOWN);
    }

    private Fits named(String name, List<String> values) {
        var fits = Fits.NO;
        for (var value : values) {
            fits = fits.or(
                    value.startsWith("\"")
                            ? Fits.of(value.equals("\"" + name + "\""))
                            : value.startsWith("@")
                                    ? sets.apply(value)
                                            .map(ports -> Fits.of(ports.contains(name)))
                                            .orElse(Fits.UNKNOWN)
                                    : Fits.UNKNOWN);
        }
        return fits;
    }

    private static Fits numeric(int number, String relation, List<String> values) {
        var fits = relation.equals("!=") ? Fits.YES : Fits.NO;
        for (var value : values) {
            if (!value.matches("\\d{1,9}")) {
                return Fits.UNKNOWN;
            }
            int other = Integer.parseInt(value);
            fits = switch (relation) {
                case "==" -> fits.or(Fits.of(number == other));
                case "!=" -> fits.and(Fits.of(number != other));
                case "<" -> fits.or(Fits.of(number < other));
                case ">" -> fits.or(Fits.of(number > other));
                case "<=" -> fits.or(Fits.of(number <= other));
                default -> fits.or(Fits.of(number >= other));
            };
        }
        return fits;
    }
}
