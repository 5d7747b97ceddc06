package io.ovnegress.reconciler.feature.firewall.rows;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.PortGroup;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.northbound.Attachment;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.Marks;
import io.ovnegress.reconciler.northbound.NamespaceGroups;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The rows, and nothing but these. ACLs are {@code to-lport}: where {@code from-lport} ones decide, one that allows would switch off
 * what a NetworkPolicy forbids the namespace's pods to send; here both have to let a packet through.
 */
public final class FirewallRows {
    /** By which they are found, and by what logs call them, if somebody has taken their marks off. */
    static final String ACL_NAME = "ovn-egress-firewall";

    /** That of ovnkube's NetworkPolicies; administrators' are before and after it. */
    private static final long TIER = 2;

    private FirewallRows() {}

    static DesiredRow acl(NamespaceGroups.Group group, String namespace, FirewallLine line) {
        var id = "firewall/" + namespace + "/" + line.priority();
        Cell<Long> priority = Cell.of(Acl.PRIORITY, line.priority());
        return new DesiredRow(
                Acl.TABLE,
                id,
                List.of(new Attachment(PortGroup.ACLS, group.id())),
                priority,
                List.of(
                        priority,
                        Cell.of(Acl.DIRECTION, "to-lport"),
                        Cell.of(Acl.MATCH, "inport == @" + group.name() + " && " + line.match()),
                        Cell.of(Acl.ACTION, line.allows() ? "allow" : "drop"),
                        Cell.of(Acl.NAME, Set.of(ACL_NAME)),
                        Cell.of(Acl.TIER, TIER)),
                List.of(),
                externalIds(id, new FirewallOwner.Namespace(namespace)));
    }

    static DesiredRow addressSet(String key, IpFamily family) {
        var name = Cell.of(AddressSet.NAME, AddressSource.setName(key, family));
        var id = setId(key, family);
        return new DesiredRow(
                AddressSet.TABLE,
                id,
                List.of(),
                name,
                List.of(name),
                List.of(),
                externalIds(id, new FirewallOwner.Source(key)));
    }

    static String setId(String key, IpFamily family) {
        return "firewall-set/" + key + "/" + family.suffix();
    }

    private static Map<String, String> externalIds(String id, FirewallOwner owner) {
        return Map.of(Marks.FEATURE_KEY, FirewallOwner.MARK, Marks.ID_KEY, id, Marks.OWNER_KEY, owner.text());
    }
}
