package io.ovnegress.reconciler;

import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * A match of an ACL of a firewall: comparisons, {@code &&}, {@code ||} and parentheses, as much of ovn-sb(5) as these need. Whose
 * ports send the packet is not looked at: the ACLs of a port group are asked for its own. Throws for anything else.
 */
public final class FirewallMatch {
    private final String text;
    private final Function<String, Set<String>> sets;
    private final Packet packet;
    private int at;

    /** @param port 0 for a protocol without ports */
    public record Packet(IpAddress to, String protocol, int port) {}

    private FirewallMatch(String text, Function<String, Set<String>> sets, Packet packet) {
        this.text = text;
        this.sets = sets;
        this.packet = packet;
    }

    /** @param sets the addresses of an address set, by its name */
    public static boolean matches(String text, Function<String, Set<String>> sets, Packet packet) {
        var match = new FirewallMatch(text, sets, packet);
        boolean value = match.or();
        if (match.at != text.length()) {
            throw new IllegalStateException("not understood: " + text.substring(match.at));
        }
        return value;
    }

    private boolean or() {
        boolean value = and();
        while (eat("||")) {
            value |= and();
        }
        return value;
    }

    private boolean and() {
        boolean value = term();
        while (eat("&&")) {
            value &= term();
        }
        return value;
    }

    private boolean term() {
        if (eat("(")) {
            boolean value = or();
            if (!eat(")")) {
                throw new IllegalStateException("no end: " + text);
            }
            return value;
        }
        var field = word();
        return eat("==") ? holds(field, eat("{") ? list() : List.of(word())) : is(field);
    }

    private List<String> list() {
        var words = new ArrayList<String>();
        do {
            words.add(word());
        } while (eat(","));
        if (!eat("}")) {
            throw new IllegalStateException("no end: " + text);
        }
        return words;
    }

    private boolean eat(String token) {
        while (at < text.length() && text.charAt(at) == ' ') {
            at++;
        }
        boolean isThere = text.startsWith(token, at);
        at += isThere ? token.length() : 0;
        return isThere;
    }

    private String word() {
        eat("");
        int start = at;
        while (at < text.length() && " ,(){}=&|".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        return text.substring(start, at);
    }

    private boolean is(String field) {
        return switch (field) {
            case "ip4" -> packet.to().family() == IpFamily.V4;
            case "ip6" -> packet.to().family() == IpFamily.V6;
            case "tcp", "udp", "sctp" -> packet.protocol().equals(field);
            default -> throw new IllegalStateException("not understood: " + field + " in " + text);
        };
    }

    private boolean holds(String field, List<String> values) {
        return switch (field) {
            case "inport" -> true;
            case "ip4.dst", "ip6.dst" ->
                is(field.substring(0, 3)) && values.stream().anyMatch(this::isTo);
            case "tcp.dst", "udp.dst", "sctp.dst" ->
                is(field.substring(0, field.indexOf('.'))) && values.contains(Integer.toString(packet.port()));
            default -> throw new IllegalStateException("not understood: " + field + " in " + text);
        };
    }

    private boolean isTo(String value) {
        if (value.startsWith("$")) {
            return sets.apply(value.substring(1)).contains(packet.to().text());
        }
        return value.contains("/")
                ? IpNetwork.parse(value).orElseThrow().contains(packet.to())
                : value.equals(packet.to().text());
    }
}
