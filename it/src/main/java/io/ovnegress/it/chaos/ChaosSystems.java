package io.ovnegress.it.chaos;

import static io.ovnegress.it.chaos.RandomObjects.ip;
import static io.ovnegress.it.chaos.RandomObjects.pick;
import static io.ovnegress.it.chaos.RandomObjects.selector;

import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.egressrouter.ConfigMapText;
import io.ovnegress.reconciler.feature.egressrouter.Destination;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Protocol;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Target;
import io.ovnegress.reconciler.feature.egressrouter.Destinations;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput.Clients;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput.ConfigMapKey;
import io.ovnegress.reconciler.feature.firewall.AdminPolicyInput;
import io.ovnegress.reconciler.feature.firewall.FirewallInput;
import io.ovnegress.reconciler.feature.firewall.FirewallRule;
import io.ovnegress.reconciler.feature.firewall.NetNamespaceInput;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.ResolvedName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * In a third of the histories there are egress routers and firewalls too, with names that are resolved and lines of ConfigMaps. What
 * happens to them is drawn from randomness of their own, so that everything else happens as without them. Thread safe.
 */
final class ChaosSystems {
    private static final List<InputKind> LISTED = List.of(
            EgressRouterInput.KIND,
            FirewallInput.EGRESS_FIREWALL,
            FirewallInput.EGRESS_NETWORK_POLICY,
            NetNamespaceInput.KIND,
            AdminPolicyInput.KIND);
    private static final List<String> ROUTERS = List.of("bank", "mint");
    /** Some of them egress IPs ask for too. */
    private static final List<String> SOURCES =
            List.of("192.168.126.150", "192.168.126.151", "192.168.126.152", "192.168.126.104");

    private static final List<String> SOURCES_V6 = List.of("fd00:126::150", "fd00:126::151", "fd00:126::152");

    private static final List<String> VIRTUAL_IPS = List.of("198.18.0.1", "198.18.0.2", "2001:2::1");
    private static final List<String> HOSTS = List.of("203.0.113.25", "203.0.113.26", "2001:db8::25", "10.128.0.5");
    private static final List<String> WEB = List.of("www.example.com", "db.example.com");
    private static final List<String> NETWORKS = List.of("0.0.0.0/0", "203.0.113.0/24", "203.0.113.25/32", "::/0");

    private final boolean areThere;
    private final Random random;
    /** By kind and key. */
    private final Map<InputKind, Map<String, InputObject>> objects = new LinkedHashMap<>();

    private final Map<String, StatusChange> statuses = new TreeMap<>();
    private Consumer<InputChange> sink = change -> {};
    private long created;

    ChaosSystems(long seed) {
        random = new Random(seed * 0xC2B2AE3D27D4EB4FL + 11);
        areThere = random.nextInt(3) == 0;
        if (areThere) {
            answer();
            write();
            for (int i = 0; i < 6; i++) {
                changeOne();
            }
        }
    }

    boolean areThere() {
        return areThere;
    }

    /** What controllers are told by their flags. */
    ReconcilerConfig with(ReconcilerConfig config) {
        return areThere
                ? config.edit()
                        .firewall(true)
                        .egressRouterVips(List.of(network("198.18.0.0/28"), network("2001:2::/124")))
                        .build()
                : config;
    }

    private static IpNetwork network(String text) {
        return IpNetwork.parse(text).orElseThrow();
    }

    /** Goes on with another controller, which is told everything. */
    synchronized void attach(Consumer<InputChange> newSink) {
        sink = newSink;
        tell(newSink);
    }

    synchronized void tell(Consumer<InputChange> other) {
        if (areThere) {
            LISTED.forEach(kind -> other.accept(new InputChange.Listed(kind, all(kind))));
            for (var kind : List.of(ResolvedName.KIND, ConfigMapText.KIND)) {
                all(kind).forEach(object -> other.accept(new InputChange.Put(object)));
            }
        }
    }

    synchronized void detach() {
        sink = change -> {};
    }

    private List<InputObject> all(InputKind kind) {
        return List.copyOf(objects.getOrDefault(kind, Map.of()).values());
    }

    /** The addresses that egress routers have. */
    synchronized Set<IpAddress> used() {
        return all(EgressRouterInput.KIND).stream()
                .flatMap(router -> router.uses().stream())
                .collect(Collectors.toSet());
    }

    /** Any thread: what the controller says. */
    synchronized void said(StatusChange status) {
        if (status.object().kind().equals(EgressRouterInput.KIND)) {
            statuses.put(status.object().key(), status);
        }
    }

    /** Changes one, often none; what happened. */
    synchronized String change() {
        return areThere && random.nextInt(3) == 0 ? changeOne() : "";
    }

    private String changeOne() {
        int what = random.nextInt(12);
        if (what < 6) {
            return changeRouter();
        }
        if (what < 9) {
            return changeFirewall();
        }
        return switch (what) {
            case 9 -> answer();
            case 10 -> write();
            default -> random.nextBoolean() ? changeProject() : changeAdmins();
        };
    }

    private String put(InputObject object) {
        objects.computeIfAbsent(object.kind(), kind -> new TreeMap<>()).put(object.key(), object);
        sink.accept(new InputChange.Put(object));
        return "put " + object;
    }

    private String remove(InputKind kind, String key) {
        objects.getOrDefault(kind, new TreeMap<>()).remove(key);
        sink.accept(new InputChange.Removed(kind, key));
        return "remove " + kind + " " + key;
    }

    private Optional<InputObject> find(InputKind kind, String key) {
        return Optional.ofNullable(objects.getOrDefault(kind, Map.of()).get(key));
    }

    private String changeRouter() {
        var namespace = pick(ChaosInputs.NAMESPACES.subList(0, 2), random);
        var name = pick(ROUTERS, random);
        var before = find(EgressRouterInput.KIND, namespace + "/" + name).map(EgressRouterInput.class::cast);
        if (before.isPresent() && random.nextInt(5) == 0) {
            return remove(EgressRouterInput.KIND, namespace + "/" + name);
        }
        boolean isAnother = before.isEmpty() || random.nextInt(6) == 0;
        long second = isAnother ? ++created : before.get().created().getEpochSecond();
        boolean isDouble = random.nextInt(3) == 0;
        var first = random.nextInt(SOURCES.size());
        var sources = new ArrayList<>(List.of(ip(SOURCES.get(first))));
        if (isDouble) {
            sources.add(ip(SOURCES.get((first + 1) % SOURCES.size())));
        }
        addIpv6(sources);
        boolean keeps = !isAnother && random.nextBoolean();
        return put(new EgressRouterInput(
                namespace,
                name,
                "uid" + second,
                Instant.ofEpochSecond(second),
                isAnother ? 1 : before.get().generation() + 1,
                keeps ? before.get().sources() : sources,
                destinations(),
                random.nextInt(4) == 0 ? "9000 udp 203.0.113.27 9001\n" : random.nextInt(20) == 0 ? "80 tcp\n" : "",
                random.nextInt(4) == 0
                        ? Optional.of(new ConfigMapKey("routes", random.nextInt(8) == 0 ? "none" : "lines"))
                        : Optional.empty(),
                clients(),
                LabelSelector.EVERYTHING,
                random.nextInt(3) == 0 ? List.of(ip(pick(VIRTUAL_IPS, random))) : List.of(),
                Optional.empty(),
                keeps ? before.get().highlyAvailable() : isDouble,
                false,
                Optional.empty(),
                Optional.empty(),
                random.nextInt(20) == 0 ? List.of("spec.nodeSelector is 7") : List.of()));
    }

    /** To some that many of IPv6, which some have alone. */
    private void addIpv6(List<IpAddress> sources) {
        int of = random.nextInt(4);
        if (of > 1) {
            return;
        }
        int first = random.nextInt(SOURCES_V6.size());
        int many = sources.size();
        if (of == 0) {
            sources.clear();
        }
        for (int i = 0; i < many; i++) {
            sources.add(ip(SOURCES_V6.get((first + i) % SOURCES_V6.size())));
        }
    }

    private Destinations destinations() {
        var listed = new ArrayList<Destination>();
        for (int port = 80; port < 80 + random.nextInt(4); port++) {
            listed.add(new Destination(
                    port, random.nextInt(4) == 0 ? Protocol.udp : Protocol.tcp, target(), 8000 + random.nextInt(3)));
        }
        return new Destinations(listed, random.nextInt(3) == 0 ? Optional.of(target()) : Optional.empty());
    }

    private Target target() {
        if (random.nextInt(4) == 0) {
            return new Target.Name(pick(WEB, random));
        }
        // The last one is a pod's, and refused.
        return new Target.Address(
                ip(HOSTS.get(random.nextInt(30) == 0 ? 3 : random.nextInt(6) == 0 ? 2 : random.nextInt(2))));
    }

    private Clients clients() {
        return switch (random.nextInt(4)) {
            case 0 -> new Clients(Optional.empty(), selector("app", RandomObjects.APPS, random));
            case 1 -> new Clients(Optional.of(selector("team", RandomObjects.TEAMS, random)), LabelSelector.EVERYTHING);
            default -> Clients.OWN_NAMESPACE;
        };
    }

    private String changeFirewall() {
        var namespace = pick(ChaosInputs.NAMESPACES, random);
        boolean isUpstream = random.nextInt(3) > 0;
        var kind = isUpstream ? FirewallInput.EGRESS_FIREWALL : FirewallInput.EGRESS_NETWORK_POLICY;
        var name = isUpstream ? "default" : pick(List.of("default", "more"), random);
        if (find(kind, namespace + "/" + name).isPresent() && random.nextInt(3) == 0) {
            return remove(kind, namespace + "/" + name);
        }
        var rules = new ArrayList<FirewallRule>();
        for (int i = random.nextInt(5); i > 0; i--) {
            rules.add(rule());
        }
        return put(new FirewallInput(kind, namespace, name, "uid" + ++created, 1, rules));
    }

    private FirewallRule rule() {
        FirewallRule.Destination to = switch (random.nextInt(6)) {
            case 0 -> new FirewallRule.Destination.Name(pick(WEB, random));
            case 1 -> new FirewallRule.Destination.Nodes(selector("team", RandomObjects.TEAMS, random));
            default -> new FirewallRule.Destination.Network(network(pick(NETWORKS, random)));
        };
        return new FirewallRule(
                random.nextBoolean(),
                to,
                random.nextInt(3) == 0
                        ? List.of(new FirewallRule.Port(
                                FirewallRule.Protocol.tcp,
                                random.nextBoolean() ? OptionalInt.of(80) : OptionalInt.empty()))
                        : List.of());
    }

    private String answer() {
        var addresses = random.nextInt(6) == 0
                ? Set.<IpAddress>of()
                : Set.of(ip("203.0.113." + (50 + random.nextInt(4))), ip("2001:db8::" + (1 + random.nextInt(3))));
        return put(new ResolvedName(pick(WEB, random), addresses, Optional.empty()));
    }

    private String write() {
        var lines = random.nextInt(5) == 0
                ? "not a line\n"
                : "8080 tcp 203.0.113." + (30 + random.nextInt(3)) + " 80\n203.0.113.33\n";
        return put(new ConfigMapText(
                pick(ChaosInputs.NAMESPACES.subList(0, 2), random) + "/routes",
                random.nextInt(5) == 0 ? Optional.empty() : Optional.of(Map.of("lines", lines))));
    }

    private String changeProject() {
        var name = pick(ChaosInputs.NAMESPACES, random);
        return find(NetNamespaceInput.KIND, name).isPresent()
                ? remove(NetNamespaceInput.KIND, name)
                : put(new NetNamespaceInput(name, random.nextInt(3)));
    }

    private String changeAdmins() {
        if (find(AdminPolicyInput.KIND, "tenants").isPresent() && random.nextBoolean()) {
            return remove(AdminPolicyInput.KIND, "tenants");
        }
        return put(new AdminPolicyInput(
                "tenants",
                "uid" + ++created,
                1,
                selector("team", RandomObjects.TEAMS, random),
                List.of(new AdminPolicyInput.Rule(
                        random.nextBoolean() ? AdminPolicyInput.Action.DROP : AdminPolicyInput.Action.LOG,
                        random.nextBoolean() ? Optional.of(network("203.0.113.0/24")) : Optional.empty(),
                        List.of(),
                        random.nextBoolean(),
                        "info")),
                random.nextBoolean()
                        ? Optional.of(new AdminPolicyInput.Bandwidth(1000 + random.nextInt(2), Optional.empty()))
                        : Optional.empty(),
                List.of()));
    }

    /** Damages one of their rows, often none; what was done. */
    synchronized String damage(OtherClient client) {
        return areThere && random.nextInt(3) > 0
                ? SystemsDamage.atRandom(client, random).orElse("")
                : "";
    }

    /** What is wrong with the rows of egress routers and firewalls, by the objects and what is said of them. */
    synchronized List<String> problems(OtherClient client) {
        if (!areThere) {
            return List.of();
        }
        var routers = all(EgressRouterInput.KIND).stream()
                .map(EgressRouterInput.class::cast)
                .toList();
        var reasons = new TreeMap<String, String>();
        for (var object : routers) {
            var status = statuses.get(object.key());
            reasons.put(
                    object.key(),
                    status == null || !status.uid().equals(object.uid())
                            ? "nothing"
                            : status.conditions().getFirst().reason().name());
        }
        var problems = new ArrayList<>(new SystemsEnd(client, routers, reasons).problems());
        var policies = Stream.of(FirewallInput.EGRESS_FIREWALL, FirewallInput.EGRESS_NETWORK_POLICY)
                .flatMap(kind -> all(kind).stream())
                .map(FirewallInput.class::cast)
                .toList();
        problems.addAll(new FirewallEnd(
                        client,
                        policies,
                        all(NetNamespaceInput.KIND).stream()
                                .map(NetNamespaceInput.class::cast)
                                .toList(),
                        all(ResolvedName.KIND).stream()
                                .map(ResolvedName.class::cast)
                                .toList())
                .problems());
        return problems;
    }

    /** For messages. */
    synchronized String describe() {
        var text = new StringBuilder();
        objects.values()
                .forEach(kind ->
                        kind.values().forEach(object -> text.append("\n  ").append(object)));
        statuses.forEach((key, status) ->
                text.append("\n  status of ").append(key).append(": ").append(status.conditions()));
        return text.toString();
    }
}
