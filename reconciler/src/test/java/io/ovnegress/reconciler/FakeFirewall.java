package io.ovnegress.reconciler;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.PortGroup;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What the ACLs in the database do to packets of the pods of a port group; understands as much of ovn-sb(5) as these need. */
final class FakeFirewall {
    private final List<Row> acls;
    private final Map<String, Set<String>> sets;

    /** @param port 0 for a protocol without ports */
    record Packet(IpAddress to, String protocol, int port) {}

    private FakeFirewall(List<Row> acls, Map<String, Set<String>> sets) {
        this.acls = acls;
        this.sets = sets;
    }

    static FakeFirewall of(FakeNorthbound database, String group) {
        var acls = new ArrayList<Row>();
        for (var row : database.rows(PortGroup.TABLE)) {
            if (row.get(PortGroup.NAME).equals(group)) {
                acls.addAll(database.children(PortGroup.ACLS, row.id()));
            }
        }
        acls.sort(Comparator.comparing((Row row) -> row.get(Acl.PRIORITY)).reversed());
        return new FakeFirewall(
                acls,
                database.rows(AddressSet.TABLE).stream()
                        .collect(Collectors.toMap(
                                row -> row.get(AddressSet.NAME), row -> row.get(AddressSet.ADDRESSES))));
    }

    /** Whether the packet passes; what no ACL matches does. */
    boolean passes(Packet packet) {
        return acls.stream()
                .filter(acl -> matches(acl, packet))
                .findFirst()
                .map(acl -> acl.get(Acl.ACTION).equals("allow"))
                .orElse(true);
    }

    /** Whether an ACL says anything about it. */
    boolean isDecided(Packet packet) {
        return acls.stream().anyMatch(acl -> matches(acl, packet));
    }

    private boolean matches(Row acl, Packet packet) {
        var expression = new Expression(acl.get(Acl.MATCH), packet);
        boolean value = expression.or();
        if (expression.at != expression.text.length()) {
            throw new AssertionError("not understood: " + acl.get(Acl.MATCH).substring(expression.at));
        }
        return value;
    }

    private final class Expression {
        private final String text;
        private final Packet packet;
        private int at;

        private Expression(String text, Packet packet) {
            this.text = text;
            this.packet = packet;
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
                    throw new AssertionError("no end: " + text);
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
                throw new AssertionError("no end: " + text);
            }
            return words;
        }

        private boolean eat(String token) {
            while (at < text.length() && text.charAt(at) == ' ') {
                at++;
            }
            boolean there = text.startsWith(token, at);
            at += there ? token.length() : 0;
            return there;
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
                default -> throw new AssertionError("not understood: " + field);
            };
        }

        private boolean holds(String field, List<String> values) {
            return switch (field) {
                case "inport" -> true; // the group's ACLs are asked
                case "ip4.dst", "ip6.dst" ->
                    is(field.substring(0, 3)) && values.stream().anyMatch(this::isTo);
                case "tcp.dst", "udp.dst", "sctp.dst" ->
                    is(field.substring(0, field.indexOf('.'))) && values.contains(Integer.toString(packet.port()));
                default -> throw new AssertionError("not understood: " + field);
            };
        }

        private boolean isTo(String value) {
            if (value.startsWith("$")) {
                var members = sets.get(value.substring(1));
                if (members == null) {
                    throw new AssertionError("no such set: " + value);
                }
                return members.contains(packet.to().text());
            }
            return value.contains("/")
                    ? IpNetwork.parse(value).orElseThrow().contains(packet.to())
                    : value.equals(packet.to().text());
        }
    }
}
