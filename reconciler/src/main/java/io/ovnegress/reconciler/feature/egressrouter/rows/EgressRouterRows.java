package io.ovnegress.reconciler.feature.egressrouter.rows;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LoadBalancer;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner.Clients;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner.Router;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner.Way;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.northbound.Attachment;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.RowIds;
import io.ovnegress.reconciler.router.OwnRouterRows;
import io.ovnegress.reconciler.router.TopologyNames;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * How each row looks. Proved with packets on OVN 23.03 and 25.03: load balancers work on a router that is pinned to a chassis, not on
 * one that floats; a bare virtual IP takes what no port of it does, and refuses it within milliseconds where it leads nowhere.
 */
public final class EgressRouterRows {
    /** Above what egress IPs lead away by destination (104 to 499), below ovn-kubernetes' own for nodes (501, 1004). */
    static final long WAY_PRIORITY = 500;
    /** By which our ACLs are found, and by what logs call them, if somebody has taken their marks off. */
    static final String ACL_NAME = "ovn-egress-router";

    /** Below what administrators want on this switch. */
    private static final long CLIENT_PRIORITY = 1901;

    private static final long STRANGER_PRIORITY = 1900;
    /** The join switch's port to the cluster router. */
    public static final String FROM_PORT = "jtor-" + TopologyNames.CLUSTER_ROUTER;

    private static final String FROM_CLUSTER_ROUTER = "inport == \"" + FROM_PORT + "\" && ";

    private static final long PASS_PRIORITY = 200;
    private static final long REST_PRIORITY = 100;
    private static final long VIRTUAL_PRIORITY = 300;

    private static final String REST = "rest";
    private static final String SET_PREFIX = "ovn_egress_router_";

    private EgressRouterRows() {}

    /**
     * Who may use the router, as match expressions say it; ovn-northd keeps a set of each port group's addresses.
     *
     * @param groups names of the port groups of namespaces
     * @param set of those pods that a selector chooses; empty: all of the namespaces
     */
    public record ClientMatch(Set<String> groups, Optional<String> set) {
        public ClientMatch {
            groups = Set.copyOf(groups);
        }

        /**
         * One for each group: what names a set that is gone, since its namespace is, cannot be read as a whole, and would refuse the
         * pods of all others. A set of ours keeps a deleted pod's address until we act, a port group's does not: both have to have it.
         */
        Map<String, String> texts(IpFamily family) {
            var texts = new TreeMap<String, String>();
            var source = family.matchField() + ".src == $";
            groups.forEach(group -> texts.put(
                    group,
                    source + group + "_" + family.matchField()
                            + set.map(name -> " && " + source + setName(name, family))
                                    .orElse("")));
            return texts;
        }
    }

    /**
     * What the load balancers say, without the virtual IPs: by port of these the addresses and ports behind it, of both families. A
     * port that is listed leads to those of the family of the virtual IP, or nowhere.
     *
     * @param rest where all other ports go; empty: nowhere, they are refused
     */
    public record Backends(Map<Integer, Set<String>> tcp, Map<Integer, Set<String>> udp, Set<String> rest) {
        public Backends {
            tcp = Map.copyOf(tcp);
            udp = Map.copyOf(udp);
            rest = Set.copyOf(rest);
        }

        /** The same ports with what is behind them of one family. */
        public Backends of(IpFamily family) {
            return new Backends(of(tcp, family), of(udp, family), of(rest, family));
        }

        private static Map<Integer, Set<String>> of(Map<Integer, Set<String>> ports, IpFamily family) {
            var some = new HashMap<Integer, Set<String>>();
            ports.forEach((port, behind) -> some.put(port, of(behind, family)));
            return some;
        }

        /** An IPv4 address has no colon, nor more than one with its port. */
        private static Set<String> of(Set<String> texts, IpFamily family) {
            return texts.stream()
                    .filter(text -> (text.indexOf(':') == text.lastIndexOf(':')) == (family == IpFamily.V4))
                    .collect(Collectors.toSet());
        }
    }

    /**
     * What a router has beside what every router of our own has.
     *
     * @param addresses by family the virtual IP, and the router's address on the join switch, to which services lead
     * @param virtualIps where virtual IPs are
     * @param backends empty if they are not known: load balancers stay as they are
     */
    public static List<DesiredRow> of(
            OwnRouterRows.Parts parts,
            Router key,
            Map<IpFamily, List<IpAddress>> addresses,
            List<IpNetwork> virtualIps,
            Optional<Backends> backends,
            ClientMatch clients) {
        var rows = new ArrayList<>(OwnRouterRows.of(parts));
        backends.ifPresent(known -> addBalancers(parts, key, addresses, known, rows));
        parts.addresses().stream()
                .map(IpNetwork::family)
                .forEach(family -> addPolicies(parts, key, family, virtualIps, clients, rows));
        return rows;
    }

    private static void addBalancers(
            OwnRouterRows.Parts parts,
            Router key,
            Map<IpFamily, List<IpAddress>> addresses,
            Backends backends,
            List<DesiredRow> rows) {
        var tcp = new HashMap<String, String>();
        var udp = new HashMap<String, String>();
        var rest = new HashMap<String, String>();
        addresses.forEach((family, ofFamily) -> {
            var behind = backends.of(family);
            tcp.putAll(vips(ofFamily, behind.tcp()));
            udp.putAll(vips(ofFamily, behind.udp()));
            ofFamily.forEach(address -> rest.put(address.text(), joined(behind.rest())));
        });
        addBalancer(parts, key, "tcp", tcp, rows);
        addBalancer(parts, key, "udp", udp, rows);
        addBalancer(parts, key, REST, rest, rows);
    }

    private static void addPolicies(
            OwnRouterRows.Parts parts,
            Router key,
            IpFamily family,
            List<IpNetwork> virtualIps,
            ClientMatch clients,
            List<DesiredRow> rows) {
        var destination = family.matchField() + ".dst == ";
        clients.texts(family)
                .forEach((group, text) -> rows.add(policy(
                        parts,
                        key,
                        ofFamily("clients/" + group, family),
                        PASS_PRIORITY,
                        from(key.insidePort()) + text,
                        "allow")));
        rows.add(policy(
                parts,
                key,
                ofFamily("answers", family),
                PASS_PRIORITY,
                from(key.outsidePort()) + "ct.rpl && " + destination + networks(parts.clusterSubnets(), family),
                "allow"));
        // What no load balancer has taken: whatever becomes of those, nothing leaves for a virtual IP.
        if (virtualIps.stream().anyMatch(network -> network.family() == family)) {
            rows.add(policy(
                    parts,
                    key,
                    ofFamily("virtual", family),
                    VIRTUAL_PRIORITY,
                    destination + networks(virtualIps, family),
                    "drop"));
        }
        // Whoever else comes, from inside or from outside: a router that nobody may use sends nothing.
        rows.add(policy(parts, key, ofFamily(REST, family), REST_PRIORITY, family.matchField(), "drop"));
    }

    /** IPv4 was there first: its rows are called as they were. */
    private static String ofFamily(String name, IpFamily family) {
        return family == IpFamily.V4 ? name : name + "/" + family.suffix();
    }

    private static String networks(List<IpNetwork> networks, IpFamily family) {
        return networks.stream()
                .filter(network -> network.family() == family)
                .map(IpNetwork::masked)
                .sorted()
                .collect(Collectors.joining(", ", "{", "}"));
    }

    private static String from(String port) {
        return "inport == \"" + port + "\" && ";
    }

    private static Map<String, String> vips(List<IpAddress> addresses, Map<Integer, Set<String>> backends) {
        var vips = new HashMap<String, String>();
        backends.forEach(
                (port, behind) -> addresses.forEach(address -> vips.put(address.withPort(port), joined(behind))));
        return vips;
    }

    private static String joined(Collection<String> texts) {
        return String.join(",", new TreeSet<>(texts));
    }

    private static void addBalancer(
            OwnRouterRows.Parts parts, Router key, String what, Map<String, String> vips, List<DesiredRow> rows) {
        if (vips.isEmpty()) {
            return;
        }
        var part = "balancer/" + what;
        var name = Cell.of(LoadBalancer.NAME, key.routerName() + "_" + what);
        rows.add(new DesiredRow(
                LoadBalancer.TABLE,
                key.id(part),
                List.of(new Attachment(LogicalRouter.LOAD_BALANCER, parts.id("router"))),
                name,
                List.of(
                        name,
                        Cell.of(LoadBalancer.PROTOCOL, what.equals(REST) ? Set.of() : Set.of(what)),
                        Cell.of(LoadBalancer.VIPS, Map.copyOf(vips)),
                        // what leads nowhere is refused, and not sent on
                        Cell.of(LoadBalancer.OPTIONS, Map.of("reject", "true"))),
                List.of(),
                key.externalIds(part)));
    }

    private static DesiredRow policy(
            OwnRouterRows.Parts parts, Router key, String what, long priority, String matchText, String action) {
        var part = "policy/" + what;
        return policy(key.id(part), parts.id("router"), priority, matchText, action, Set.of(), key.externalIds(part));
    }

    private static DesiredRow policy(
            String id,
            UUID router,
            long priority,
            String matchText,
            String action,
            Set<String> nextHops,
            Map<String, String> externalIds) {
        Cell<String> match = Cell.of(LogicalRouterPolicy.MATCH, matchText);
        return new DesiredRow(
                LogicalRouterPolicy.TABLE,
                id,
                List.of(new Attachment(LogicalRouter.POLICIES, router)),
                match,
                List.of(
                        Cell.of(LogicalRouterPolicy.PRIORITY, priority),
                        match,
                        Cell.of(LogicalRouterPolicy.ACTION, action),
                        Cell.of(LogicalRouterPolicy.NEXTHOPS, nextHops)),
                List.of(LogicalRouterPolicy.NEXTHOP, LogicalRouterPolicy.OPTIONS),
                externalIds);
    }

    /**
     * What leads to the routers, for one family.
     *
     * @param nextHops addresses of the routers on the join switch; none: what is sent to the virtual IP is dropped
     */
    public static List<DesiredRow> way(
            Way key,
            UUID clusterRouter,
            UUID joinSwitch,
            IpAddress virtualIp,
            Set<String> nextHops,
            ClientMatch clients) {
        var rows = new ArrayList<DesiredRow>();
        var family = virtualIp.family();
        var part = ofFamily("policy", family);
        var externalIds = new HashMap<>(key.externalIds(part));
        // ovnkube removes, with a node, policies that name no other network
        externalIds.put("k8s.ovn.org/network", "ovn-egress");
        rows.add(policy(
                key.id(part),
                clusterRouter,
                WAY_PRIORITY,
                family.matchField() + ".dst == " + virtualIp,
                nextHops.isEmpty() ? "drop" : "reroute",
                nextHops,
                externalIds));
        if (!nextHops.isEmpty()) {
            var to = new TreeSet<>(nextHops);
            to.add(virtualIp.text());
            var there = family.matchField() + ".dst == {" + String.join(", ", to) + "}";
            clients.texts(family)
                    .forEach((group, text) -> rows.add(acl(
                            key,
                            joinSwitch,
                            ofFamily("clients/" + group, family),
                            CLIENT_PRIORITY,
                            FROM_CLUSTER_ROUTER + text + " && " + there,
                            "allow")));
            rows.add(acl(
                    key,
                    joinSwitch,
                    ofFamily("strangers", family),
                    STRANGER_PRIORITY,
                    FROM_CLUSTER_ROUTER + there,
                    "reject"));
        }
        return rows;
    }

    private static DesiredRow acl(
            Way key, UUID joinSwitch, String what, long priority, String matchText, String action) {
        var part = "acl/" + what;
        var match = Cell.of(Acl.MATCH, matchText);
        return new DesiredRow(
                Acl.TABLE,
                key.id(part),
                List.of(new Attachment(LogicalSwitch.ACLS, joinSwitch)),
                match,
                List.of(
                        match,
                        Cell.of(Acl.NAME, Set.of(ACL_NAME)),
                        Cell.of(Acl.DIRECTION, "from-lport"),
                        Cell.of(Acl.PRIORITY, priority),
                        Cell.of(Acl.ACTION, action)),
                List.of(),
                key.externalIds(part));
    }

    /** The virtual IP that a row of {@link #way} was made for; empty if it is another row. */
    public static Optional<IpAddress> virtualIpOf(Row row) {
        if (row.table() != LogicalRouterPolicy.TABLE) {
            return Optional.empty();
        }
        var match = row.get(LogicalRouterPolicy.MATCH);
        for (var family : IpFamily.values()) {
            var prefix = family.matchField() + ".dst == ";
            if (match.startsWith(prefix)) {
                return IpAddress.parse(match.substring(prefix.length()));
            }
        }
        return Optional.empty();
    }

    /** The set's members are kept one by one, not as a cell. */
    public static DesiredRow set(Clients key, IpFamily family) {
        var name = Cell.of(AddressSet.NAME, setName(key, family));
        var id = ofFamily(key.id(), family);
        return new DesiredRow(AddressSet.TABLE, id, List.of(), name, List.of(name), List.of(), key.externalIds(id));
    }

    /** Matches take letters, digits and underscores only. */
    public static String setName(Clients key, IpFamily family) {
        return setName(setName(key), family);
    }

    private static String setName(String name, IpFamily family) {
        return family == IpFamily.V4 ? name : name + "_" + family.suffix();
    }

    /** Of IPv4; how the other one's begins, too. */
    public static String setName(Clients key) {
        return SET_PREFIX + RowIds.of(key.id()).toString().replace('-', '_');
    }

    /** Whether it is a row that must not be there without a set of clients. */
    public static boolean namesSet(Row row) {
        var name = "$" + SET_PREFIX;
        return (row.table() == LogicalRouterPolicy.TABLE
                        && row.get(LogicalRouterPolicy.MATCH).contains(name))
                || (row.table() == Acl.TABLE
                        && row.knows(Acl.MATCH)
                        && row.get(Acl.MATCH).contains(name));
    }
}
