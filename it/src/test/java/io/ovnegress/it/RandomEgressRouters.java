package io.ovnegress.it;

import io.ovnegress.it.harness.process.LocalOvnCentral;
import io.ovnegress.it.harness.topology.Family;
import io.ovnegress.it.harness.topology.Topology;
import io.ovnegress.reconciler.TestCluster;
import io.ovnegress.reconciler.explain.Destination;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Protocol;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Target;
import io.ovnegress.reconciler.feature.egressrouter.Destinations;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput.Clients;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.ResolvedName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * EgressRouters that come of random changes, what somebody does to their rows, and questions about them: of one and of both families, in
 * pairs, with host names, fallbacks, selectors, and destinations that cannot be understood. Not thread safe.
 */
final class RandomEgressRouters {
    static final List<IpNetwork> VIRTUAL_IPS = Stream.of("198.18.0.0/24", "2001:2::/112")
            .flatMap(network -> IpNetwork.parse(network).stream())
            .toList();
    /** Nobody outside of the cluster is asked for them: what they stand for is an input too. */
    private static final String NAME = "bank.example";

    private static final Map<Family, List<String>> HOSTS = Map.of(
            Family.V4, List.of("203.0.113.25", "203.0.113.26", "8.8.8.8"),
            Family.V6, List.of("2001:db8:7::25", "2001:db8:7::26", "2001:db8::8"));
    private static final List<Integer> PORTS = List.of(80, 443, 8080);
    private static final int OBJECTS = 3;
    private static final Pattern VIP = Pattern.compile("\"([^\"]+)\"=");

    private final Random random;
    private final LocalOvnCentral central;
    private final Topology topology;
    private final List<String> namespaces;

    RandomEgressRouters(Random random, LocalOvnCentral central, Topology topology, List<String> namespaces) {
        this.random = random;
        this.central = central;
        this.topology = topology;
        this.namespaces = namespaces;
    }

    private <T> T one(List<T> several) {
        return several.get(random.nextInt(several.size()));
    }

    private static IpAddress ip(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    private static String virtualIp(int number, Family family) {
        return (family == Family.V4 ? "198.18.0.1" : "2001:2::1") + number;
    }

    private String namespaceOf(int number) {
        return namespaces.get(number % namespaces.size());
    }

    /** Another object, or none any more, or another answer of DNS servers. */
    InputChange change() {
        int number = random.nextInt(OBJECTS);
        return switch (random.nextInt(6)) {
            case 0 -> new InputChange.Removed(EgressRouterInput.KIND, namespaceOf(number) + "/bank-" + number);
            case 1 -> answered();
            default -> new InputChange.Put(object(number));
        };
    }

    InputChange answered() {
        var addresses = new HashSet<IpAddress>();
        for (var family : Family.values()) {
            for (int i = random.nextInt(3); i > 0; i--) {
                addresses.add(ip(one(HOSTS.get(family))));
            }
        }
        return new InputChange.Put(new ResolvedName(NAME, addresses, Optional.empty()));
    }

    EgressRouterInput object(int number) {
        boolean inPairs = random.nextInt(4) == 0;
        var families = one(
                List.of(List.of(Family.V4), List.of(Family.V6), List.of(Family.values()), List.of(Family.values())));
        var sources = new ArrayList<IpAddress>();
        for (var family : families) {
            for (int i = 0; i < (inPairs ? 2 : 1); i++) {
                sources.add(ip((family == Family.V4 ? "192.168.126.2" : "fd2e:6f44:5dd8:c956::2")
                        + number
                        + (random.nextInt(6) == 0 ? i + 5 : i)));
            }
        }
        return new EgressRouterInput(
                namespaceOf(number),
                "bank-" + number,
                "uid-bank-" + number,
                Instant.ofEpochSecond(number),
                1,
                sources,
                destinations(families),
                random.nextInt(8) == 0 ? "80 tcp nobody at all" : "",
                Optional.empty(),
                new Clients(
                        random.nextBoolean()
                                ? Optional.of(LabelSelector.EVERYTHING)
                                : one(List.of(
                                        Optional.empty(), Optional.of(TestCluster.where("house=" + one(namespaces))))),
                        random.nextInt(4) == 0
                                ? TestCluster.where(
                                        "on=" + one(topology.nodes()).name())
                                : LabelSelector.EVERYTHING),
                random.nextInt(6) == 0
                        ? TestCluster.where("kubernetes.io/hostname="
                                + one(topology.nodes()).name())
                        : LabelSelector.EVERYTHING,
                (random.nextInt(8) == 0 ? List.of(Family.values()) : families)
                        .stream().map(family -> ip(virtualIp(number, family))).toList(),
                Optional.empty(),
                inPairs,
                false,
                Optional.empty(),
                Optional.empty(),
                List.of());
    }

    private Destinations destinations(List<Family> families) {
        var listed = new ArrayList<io.ovnegress.reconciler.feature.egressrouter.Destination>();
        for (int port : PORTS) {
            if (random.nextInt(3) != 0) {
                listed.add(new io.ovnegress.reconciler.feature.egressrouter.Destination(
                        port,
                        one(List.of(Protocol.tcp, Protocol.tcp, Protocol.udp)),
                        target(families),
                        random.nextBoolean() ? port : 9000 + port));
            }
        }
        return new Destinations(listed, random.nextBoolean() ? Optional.empty() : Optional.of(target(families)));
    }

    private Target target(List<Family> families) {
        return random.nextInt(3) == 0 ? new Target.Name(NAME) : new Target.Address(ip(one(HOSTS.get(one(families)))));
    }

    /** Where to ask for: a virtual IP, an address to which Services lead, or what a destination is behind it. */
    Destination asked(Family family) {
        var address = random.nextInt(8) == 0
                ? one(HOSTS.get(family))
                : Optional.of(family)
                        .filter(unused -> random.nextInt(5) == 0)
                        .flatMap(this::insideAddress)
                        .orElseGet(() -> virtualIp(random.nextInt(OBJECTS), family));
        return new Destination(
                ip(address),
                random.nextInt(10) == 0 ? Optional.empty() : Optional.of(one(List.of(80, 80, 443, 8080, 9))),
                random.nextInt(10) == 0 ? Optional.empty() : Optional.of(one(List.of("tcp", "tcp", "udp", "sctp"))));
    }

    private Optional<String> insideAddress(Family family) {
        var routers = routers();
        if (routers.isEmpty()) {
            return Optional.empty();
        }
        return Stream.of(central.nbctl("--bare", "get", "Logical_Router_Port", "rtoj-" + one(routers), "networks")
                        .replaceAll("[\\[\\]\",]", " ")
                        .strip()
                        .split(" +"))
                .filter(network -> network.contains(":") == (family == Family.V6))
                .map(network -> network.substring(0, network.indexOf('/')))
                .findFirst();
    }

    private List<String> routers() {
        return central.nbctl(
                        "--bare", "--columns=name", "find", "Logical_Router", "external_ids:ovn-egress.io/state!=\"\"")
                .lines()
                .filter(name -> name.startsWith("egressrouter_"))
                .sorted()
                .toList();
    }

    private List<String> find(String table, String... conditions) {
        var words = new ArrayList<>(List.of("--bare", "--columns=_uuid", "find", table));
        words.add("external_ids:ovn-egress.io/feature=egress-router");
        words.addAll(List.of(conditions));
        return central.nbctl(words)
                .lines()
                .filter(line -> !line.isBlank())
                .sorted()
                .toList();
    }

    /** Somebody takes a row away, or writes something else into it; in words. */
    String damage() {
        var routers = routers();
        if (routers.isEmpty()) {
            return "nothing to damage";
        }
        var router = one(routers);
        switch (random.nextInt(11)) {
            case 0 -> {
                var balancers = find("Load_Balancer");
                return remove(
                        "Logical_Router",
                        router,
                        "load_balancer",
                        balancers.stream()
                                .filter(each -> central.nbctl("--bare", "get", "Load_Balancer", each, "name")
                                        .contains(router))
                                .toList());
            }
            case 1 -> {
                return redirect(find("Load_Balancer"));
            }
            case 2 -> {
                find("Load_Balancer").forEach(each -> central.nbctl("clear", "Load_Balancer", each, "options"));
                return "load balancers refuse nothing any more";
            }
            case 3 -> {
                return remove("Logical_Router", router, "policies", of(router, "policies"));
            }
            case 4 -> {
                central.nbctl("clear", "Logical_Router", router, "policies");
                return "policies of " + router + " taken away" + (random.nextBoolean() ? "" : ", " + removeAcl());
            }
            case 5 -> {
                return removeAcl();
            }
            case 6 -> {
                central.nbctl("clear", "Logical_Router", router, "nat");
                if (random.nextBoolean()) {
                    central.nbctl("clear", "Logical_Switch", router + "_outside", "acls");
                }
                return "SNATs of " + router + " taken away";
            }
            case 7 -> {
                var nats = of(router, "nat");
                nats.forEach(nat -> central.nbctl(
                        "set",
                        "NAT",
                        nat,
                        central.nbctl("get", "NAT", nat, "external_ip").contains(":")
                                ? "external_ip=\"fd2e:6f44:5dd8:c956::98\""
                                : "external_ip=192.168.126.98"));
                return "other SNATs on " + router;
            }
            case 8 -> {
                central.nbctl("--if-exists", "lr-route-del", router, "0.0.0.0/0");
                central.nbctl("--if-exists", "lr-route-del", router, "::/0");
                return "routes of " + router + " taken away";
            }
            case 9 -> {
                central.nbctl(
                        "set",
                        "Logical_Router",
                        router,
                        "options:chassis=" + one(topology.nodes()).chassis());
                return router + " elsewhere";
            }
            default -> {
                return remove(
                        "Logical_Router",
                        "ovn_cluster_router",
                        "policies",
                        find("Logical_Router_Policy", "priority=500"));
            }
        }
    }

    private List<String> of(String router, String column) {
        return Stream.of(central.nbctl("--bare", "get", "Logical_Router", router, column)
                        .replaceAll("[\\[\\]\",]", " ")
                        .strip()
                        .split(" +"))
                .filter(id -> !id.isBlank())
                .sorted()
                .toList();
    }

    private String removeAcl() {
        return remove("Logical_Switch", "join", "acls", find("ACL", "name=ovn-egress-router"));
    }

    private String remove(String table, String parent, String column, List<String> children) {
        if (children.isEmpty()) {
            return "nothing to take away";
        }
        var child = one(children);
        central.nbctl("remove", table, parent, column, child);
        return "of " + parent + "'s " + column + " taken away: " + child;
    }

    /** One of its virtual IPs leads to somebody else, or to nobody. */
    private String redirect(List<String> balancers) {
        if (balancers.isEmpty()) {
            return "nothing to redirect";
        }
        var balancer = one(balancers);
        var vips = VIP.matcher(central.nbctl("get", "Load_Balancer", balancer, "vips"))
                .results()
                .map(found -> found.group(1))
                .sorted()
                .toList();
        if (vips.isEmpty()) {
            return "nothing to redirect";
        }
        var vip = one(vips);
        boolean isV6 = vip.indexOf(':') != vip.lastIndexOf(':');
        var host = one(HOSTS.get(isV6 ? Family.V6 : Family.V4));
        var port = vip.matches("[0-9.]+:\\d+|\\[.*]:\\d+");
        var to = random.nextInt(3) == 0 ? "" : port ? (isV6 ? "[" + host + "]" : host) + ":7777" : host;
        central.nbctl("set", "Load_Balancer", balancer, "vips:\"" + vip + "\"=\"" + to + "\"");
        return vip + " leads to " + to;
    }
}
