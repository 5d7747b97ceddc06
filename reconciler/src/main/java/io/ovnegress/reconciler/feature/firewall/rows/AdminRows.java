package io.ovnegress.reconciler.feature.firewall.rows;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.Qos;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.reconciler.feature.firewall.AdminPolicyInput;
import io.ovnegress.reconciler.feature.firewall.rows.FirewallOwner.AdminNamespace;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.northbound.Attachment;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.Marks;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What administrators want done with what leaves, on the join switch, where it passes with the pods' own addresses after every
 * firewall has decided, and where nobody else has ACLs: one that lets a packet through to log it opens nothing. It passes there on the
 * pod's node.
 */
public final class AdminRows {
    public static final String JOIN_SWITCH = "join";
    /** The join switch's port to the cluster router. */
    public static final String FROM_PORT = "jtor-ovn_cluster_router";

    private static final String FROM_CLUSTER_ROUTER = "inport == \"" + FROM_PORT + "\" && ";
    /** What drops goes before what logs, whichever policies they are of. */
    private static final long DROP_PRIORITY = 2001;

    private static final long LOG_PRIORITY = 2000;
    private static final long QOS_PRIORITY = 2000;
    /** ovnkube's, which limits the lines of all ACLs: 20 a second on a node, or what its flag says. */
    public static final String METER = "acl-logging";

    /** As long as the names of ACLs may be. */
    private static final int LONGEST_NAME = 63;

    private AdminRows() {}

    /**
     * What is dropped or logged of what a namespace sends. Each has rows of its own: a match that names a port group which has gone
     * meanwhile cannot be read by any chassis, and would let pass what the others send too.
     *
     * @param group name of the namespace's port group
     */
    public static List<DesiredRow> acls(
            UUID joinSwitch, AdminPolicyInput policy, AdminNamespace owner, String group, Matches matches) {
        var rows = new ArrayList<DesiredRow>();
        for (int i = 0; i < policy.rules().size(); i++) {
            var rule = policy.rules().get(i);
            for (var family : IpFamily.values()) {
                int number = i + 1;
                matches.to(rule.to().orElse(everything(family)))
                        .filter(unused -> rule.to().map(IpNetwork::family).orElse(family) == family)
                        .map(match -> Matches.on(rule.ports(), match))
                        .ifPresent(match -> rows.add(acl(
                                joinSwitch,
                                owner,
                                number,
                                family,
                                rule,
                                from(family, addresses(family, group)) + match)));
            }
        }
        return rows;
    }

    /**
     * Bandwidth is limited for all namespaces together, which takes one row of each family.
     *
     * @param groups names of the port groups of the selected namespaces; at least one
     */
    public static List<DesiredRow> bandwidth(
            UUID joinSwitch,
            AdminPolicyInput policy,
            AdminPolicyInput.Bandwidth bandwidth,
            SortedSet<String> groups,
            Matches matches) {
        return Stream.of(IpFamily.values())
                .map(family -> qos(
                        joinSwitch,
                        policy,
                        family,
                        bandwidth,
                        from(
                                        family,
                                        groups.stream()
                                                .map(group -> addresses(family, group))
                                                .collect(Collectors.joining(", ", "{", "}")))
                                + matches.to(everything(family)).orElseThrow()))
                .toList();
    }

    private static IpNetwork everything(IpFamily family) {
        return IpNetwork.parse(family == IpFamily.V4 ? "0.0.0.0/0" : "::/0").orElseThrow();
    }

    private static String from(IpFamily family, String addresses) {
        return FROM_CLUSTER_ROUTER + family.matchField() + ".src == " + addresses + " && ";
    }

    /** ovn-northd keeps a set of each family's addresses for every port group. */
    private static String addresses(IpFamily family, String group) {
        return "$" + group + "_" + family.matchField();
    }

    private static DesiredRow acl(
            UUID joinSwitch,
            AdminNamespace owner,
            int number,
            IpFamily family,
            AdminPolicyInput.Rule rule,
            String match) {
        var id = owner.id(number, family);
        var matchCell = Cell.of(Acl.MATCH, match);
        boolean drops = rule.action() == AdminPolicyInput.Action.DROP;
        boolean logs = !drops || rule.logs();
        return new DesiredRow(
                Acl.TABLE,
                id,
                List.of(new Attachment(LogicalSwitch.ACLS, joinSwitch)),
                matchCell,
                List.of(
                        matchCell,
                        Cell.of(Acl.NAME, Set.of(name(owner.policy(), number, family))),
                        Cell.of(Acl.PRIORITY, drops ? DROP_PRIORITY : LOG_PRIORITY),
                        Cell.of(Acl.DIRECTION, "from-lport"),
                        Cell.of(Acl.ACTION, drops ? "drop" : "allow"),
                        Cell.of(Acl.LOG, logs),
                        Cell.of(Acl.SEVERITY, logs ? Set.of(rule.severity()) : Set.of()),
                        Cell.of(Acl.METER, logs ? Set.of(METER) : Set.of())),
                List.of(),
                externalIds(id, owner));
    }

    /** Of a policy whose name is too long its end, which differs more often than its beginning. */
    private static String name(String policy, int number, IpFamily family) {
        var end = "/" + number + "/" + family.suffix();
        int most = LONGEST_NAME - end.length();
        return (policy.length() > most ? policy.substring(policy.length() - most) : policy) + end;
    }

    private static DesiredRow qos(
            UUID joinSwitch,
            AdminPolicyInput policy,
            IpFamily family,
            AdminPolicyInput.Bandwidth bandwidth,
            String match) {
        var id = "admin-bandwidth/" + policy.name() + "/" + family.suffix();
        var matchCell = Cell.of(Qos.MATCH, match);
        var limits = new HashMap<String, Long>();
        limits.put("rate", bandwidth.rate());
        bandwidth.burst().ifPresent(burst -> limits.put("burst", burst));
        return new DesiredRow(
                Qos.TABLE,
                id,
                List.of(new Attachment(LogicalSwitch.QOS_RULES, joinSwitch)),
                matchCell,
                List.of(
                        matchCell,
                        Cell.of(Qos.PRIORITY, QOS_PRIORITY),
                        Cell.of(Qos.DIRECTION, "from-lport"),
                        Cell.of(Qos.BANDWIDTH, Map.copyOf(limits))),
                List.of(),
                externalIds(id, new FirewallOwner.Admin(policy.name())));
    }

    private static Map<String, String> externalIds(String id, FirewallOwner owner) {
        return Map.of(Marks.FEATURE_KEY, FirewallOwner.MARK, Marks.ID_KEY, id, Marks.OWNER_KEY, owner.text());
    }
}
