package io.ovnegress.reconciler;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.PortGroup;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.FirewallMatch.Packet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What the ACLs in the database do to packets of the pods of a port group. */
final class FakeFirewall {
    private final List<Row> acls;
    private final Map<String, Set<String>> sets;

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
        return FirewallMatch.matches(acl.get(Acl.MATCH), this::set, packet);
    }

    private Set<String> set(String name) {
        var members = sets.get(name);
        if (members == null) {
            throw new AssertionError("no such set: " + name);
        }
        return members;
    }
}
