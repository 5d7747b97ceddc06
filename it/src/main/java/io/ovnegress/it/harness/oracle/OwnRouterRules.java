package io.ovnegress.it.harness.oracle;

import io.ovnegress.it.harness.oracle.DatabaseState.Row;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What must hold of routers of egress IPs' own after every single transaction, whatever a controller is in the middle of:
 *
 * <ul>
 *   <li>none is without chassis or group, or it would send everything with the addresses of pods, from every node;
 *   <li>each has an ACL that drops what would leave with the address of a pod;
 *   <li>what leads pods to a router leads to one that has everything;
 *   <li>no address is led two ways by policies of one priority, and no other router has its address on the join switch;
 *   <li>no name, priority or column is one for which a start of ovnkube-master would take the row away.
 * </ul>
 *
 * Works out for itself what a router needs. Stateless.
 */
public final class OwnRouterRules {
    /** Of egress IPs, and of EgressRouters. */
    private static final List<String> PREFIXES = List.of("egressip_", "egressrouter_");

    private static final String CLUSTER_ROUTER = "ovn_cluster_router";
    private static final String ID_KEY = "ovn-egress.io/id";

    private final DatabaseState state;
    private final List<String> broken = new ArrayList<>();
    private final Map<String, String> routerOfJoinAddress = new HashMap<>();
    private final Map<String, OwnRouter> routers = new HashMap<>();

    private OwnRouterRules(DatabaseState state) {
        this.state = state;
    }

    /** All rules that do not hold, each with the router or the pods that it is about. */
    public static List<String> broken(DatabaseState state) {
        var rules = new OwnRouterRules(state);
        rules.judge();
        return rules.broken.stream().distinct().toList();
    }

    /** The switch is the one that has the router's port, whatever it is called. */
    private record OwnRouter(Row row, Optional<Row> inside, Optional<Row> outside, Optional<Row> outsideSwitch) {
        private String name() {
            return row.text("name");
        }
    }

    private void judge() {
        for (var router : state.rows("Logical_Router")) {
            readRouter(router);
        }
        routers.values().forEach(this::judge);
        var setMembers = new HashMap<String, List<String>>();
        state.rows("Address_Set").forEach(set -> setMembers.put("$" + set.text("name"), set.texts("addresses")));
        var led = new HashSet<String>();
        for (var router : state.rows("Logical_Router")) {
            if (router.text("name").equals(CLUSTER_ROUTER)) {
                children(router, "policies", "Logical_Router_Policy").stream()
                        .filter(OwnRouterRules::isOurWay)
                        .forEach(policy -> judgeWay(policy, router, setMembers, led));
            }
        }
        for (var table : List.of("Logical_Router", "Logical_Switch")) {
            state.rows(table).stream().filter(OwnRouterRules::isOurs).forEach(this::judgeName);
        }
    }

    private static boolean isOwn(String name) {
        return PREFIXES.stream().anyMatch(name::startsWith);
    }

    private void readRouter(Row router) {
        var name = router.text("name");
        var ports = children(router, "ports", "Logical_Router_Port");
        var inside = named(ports, "rtoj-" + name);
        inside.ifPresent(port -> addresses(port).forEach(address -> {
            var other = routerOfJoinAddress.put(address, name);
            if (other != null && (isOwn(other) || isOwn(name))) {
                broken.add("%s and %s both have %s".formatted(other, name, address));
            }
        }));
        if (!isOwn(name)) {
            return;
        }
        var outside = named(ports, "rtoe-" + name);
        var outsideSwitch = state.rows("Logical_Switch").stream()
                .filter(each -> named(children(each, "ports", "Logical_Switch_Port"), "etor-" + name)
                        .isPresent())
                .findFirst();
        routers.put(name, new OwnRouter(router, inside, outside, outsideSwitch));
    }

    private void judge(OwnRouter router) {
        boolean isPinned = !option(router.row(), "chassis").isEmpty();
        var candidates = router.outside().stream()
                .flatMap(port -> port.references("ha_chassis_group").stream())
                .flatMap(id -> state.row("HA_Chassis_Group", id).references("ha_chassis").stream())
                .toList();
        if (!isPinned && candidates.isEmpty()) {
            broken.add(router.name() + " has neither a chassis nor a group with any");
        }
        var acls = router.outsideSwitch()
                .map(each -> children(each, "acls", "ACL"))
                .orElse(List.of());
        for (var nat : children(router.row(), "nat", "NAT")) {
            var family = family(nat.text("external_ip"));
            var fence =
                    "inport == \"etor-%s\" && %s.src == %s".formatted(router.name(), family, nat.text("logical_ip"));
            boolean isFenced = acls.stream()
                    .anyMatch(acl -> acl.text("match").equals(fence)
                            && acl.text("action").equals("drop")
                            && acl.text("direction").equals("from-lport"));
            if (!isFenced && router.outsideSwitch().isPresent()) {
                broken.add("%s has no ACL that drops what leaves from %s"
                        .formatted(router.name(), nat.text("logical_ip")));
            }
        }
    }

    private static boolean isOurs(Row row) {
        return row.columns().getOrDefault("external_ids", List.of()).stream()
                .anyMatch(pair -> pair.path(0).asText().equals(ID_KEY));
    }

    private static boolean isOurWay(Row policy) {
        return isOurs(policy) && policy.text("action").equals("reroute");
    }

    private void judgeWay(Row policy, Row clusterRouter, Map<String, List<String>> setMembers, Set<String> led) {
        var match = policy.text("match");
        var terms = match.indexOf(" && ") < 0 ? match.length() : match.indexOf(" && ");
        var source = match.substring(match.lastIndexOf(' ', terms - 1) + 1, terms);
        var destination = match.substring(terms);
        for (var pod : setMembers.getOrDefault(source, List.of(source))) {
            if (!led.add(policy.number("priority") + " " + pod + destination)) {
                broken.add("%s is led two ways by policies of priority %d".formatted(pod, policy.number("priority")));
            }
        }
        for (var hop : policy.texts("nexthops")) {
            var router = routers.get(routerOfJoinAddress.getOrDefault(hop, ""));
            if (router != null) {
                lacking(router, hop, clusterRouter)
                        .forEach(part ->
                                broken.add("%s is led to %s, which has no %s".formatted(source, router.name(), part)));
            }
        }
    }

    /** What of everything that a router needs for the family of its address on the join switch is not there. */
    private Set<String> lacking(OwnRouter router, String joinAddress, Row clusterRouter) {
        var family = family(joinAddress);
        var lacking = new TreeSet<String>();
        boolean isOnJoinSwitch = state.rows("Logical_Switch").stream()
                .filter(each -> each.text("name").equals("join"))
                .flatMap(each -> children(each, "ports", "Logical_Switch_Port").stream())
                .anyMatch(port -> isPortOf(port, "rtoj-" + router.name()));
        if (!isOnJoinSwitch) {
            lacking.add("port on the join switch");
        }
        var egressIps = router.outside().stream()
                .flatMap(port -> addresses(port).stream())
                .filter(address -> family(address).equals(family))
                .toList();
        if (egressIps.isEmpty()) {
            lacking.add("address of the family");
        }
        var ports = router.outsideSwitch()
                .map(each -> children(each, "ports", "Logical_Switch_Port"))
                .orElse(List.of());
        if (ports.stream().noneMatch(port -> isPortOf(port, "rtoe-" + router.name()))) {
            lacking.add("switch of its own");
        }
        if (ports.stream()
                .noneMatch(port -> port.text("type").equals("localnet")
                        && !option(port, "network_name").isEmpty())) {
            lacking.add("localnet port");
        }
        // Egress routers have policies that let through their clients and nobody else.
        if (router.name().startsWith("egressip_")
                && children(router.row(), "policies", "Logical_Router_Policy").stream()
                        .noneMatch(policy -> policy.text("action").equals("drop")
                                && policy.text("match").startsWith("inport == \"rtoe-" + router.name() + "\""))) {
            lacking.add("policy that keeps out strangers");
        }
        var routes = children(router.row(), "static_routes", "Logical_Router_Static_Route");
        var nats = children(router.row(), "nat", "NAT").stream()
                .filter(nat -> nat.text("type").equals("snat") && egressIps.contains(nat.text("external_ip")))
                .toList();
        if (nats.isEmpty()) {
            lacking.add("SNAT");
        }
        for (var nat : nats) {
            if (!hasRoute(routes, nat.text("logical_ip"))) {
                lacking.add("route back to " + nat.text("logical_ip"));
            }
        }
        if (!hasRoute(routes, family.equals("ip4") ? "0.0.0.0/0" : "::/0")) {
            lacking.add("default route");
        }
        if (!hasRoute(children(clusterRouter, "static_routes", "Logical_Router_Static_Route"), joinAddress)) {
            lacking.add("route of the cluster router to " + joinAddress);
        }
        return lacking;
    }

    private static boolean hasRoute(List<Row> routes, String prefix) {
        return routes.stream().anyMatch(route -> route.text("ip_prefix").equals(prefix));
    }

    private static boolean isPortOf(Row switchPort, String routerPort) {
        return switchPort.text("type").equals("router")
                && option(switchPort, "router-port").equals(routerPort)
                && switchPort.texts("addresses").equals(List.of("router"));
    }

    private void judgeName(Row row) {
        var name = row.text("name");
        if (name.startsWith("GR_") || name.startsWith("ext_") || name.startsWith("join")) {
            broken.add(name + " is named like one of ovnkube's");
        }
        if (!row.texts("other_config").isEmpty()) {
            broken.add(name + " has other_config");
        }
    }

    private List<Row> children(Row parent, String column, String table) {
        return parent.references(column).stream()
                .map(id -> state.row(table, id))
                .filter(row -> row != null)
                .toList();
    }

    private static Optional<Row> named(Collection<Row> rows, String name) {
        return rows.stream().filter(row -> row.text("name").equals(name)).findFirst();
    }

    private static List<String> addresses(Row port) {
        return port.texts("networks").stream()
                .map(network -> network.split("/", 2)[0])
                .toList();
    }

    private static String option(Row row, String key) {
        return row.columns().getOrDefault("options", List.of()).stream()
                .filter(pair -> pair.path(0).asText().equals(key))
                .map(pair -> pair.path(1).asText())
                .findFirst()
                .orElse("");
    }

    private static String family(String address) {
        return address.contains(":") ? "ip6" : "ip4";
    }
}
