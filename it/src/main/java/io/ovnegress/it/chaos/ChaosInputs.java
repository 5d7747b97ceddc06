package io.ovnegress.it.chaos;

import io.ovnegress.reconciler.StatusChange;
import io.ovnegress.reconciler.input.EgressIpInput;
import io.ovnegress.reconciler.input.EgressIpInput.OnUnassigned;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.LabelSelector.Operator;
import io.ovnegress.reconciler.input.LabelSelector.Requirement;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * The objects of a small cluster, and random changes to them: few enough names and addresses that everything collides with
 * everything sooner or later. What the controller says of an EgressIP's status comes back as an input. Thread safe.
 */
final class ChaosInputs {
    private static final List<String> NAMESPACES = List.of("ns1", "ns2", "ns3");
    private static final List<String> TEAMS = List.of("red", "blue");
    private static final List<String> APPS = List.of("web", "db");
    private static final int PODS = 9;
    private static final List<String> EGRESS_IPS = List.of("eip1", "eip2", "eip3", "eip4");
    private static final List<String> ADDRESSES = List.of(
            "192.168.126.100",
            "192.168.126.101",
            "192.168.126.102",
            "192.168.126.103",
            "192.168.126.104",
            "192.168.127.100",
            "fd00:126::100",
            "fd00:126::101",
            "fd00:0126:0::0101",
            "fd00:126::102",
            "192.168.126.12",
            "192.168.200.1");
    private static final int V4_ADDRESSES = 6;

    private final Map<String, NodeInput> nodes = new TreeMap<>();
    private final Map<String, NamespaceInput> namespaces = new TreeMap<>();
    private final Map<String, PodInput> pods = new TreeMap<>();
    private final Map<String, EgressIpInput> egressIps = new TreeMap<>();
    private final Set<String> unreachable = new TreeSet<>();
    /** Statuses that were said but have not been written yet, by EgressIP. */
    private final Map<String, StatusChange> unwritten = new LinkedHashMap<>();

    private final boolean statusIsSlow;
    private Consumer<InputChange> sink = change -> {};
    private long created;

    /** @param statusIsSlow whether a status comes back only with {@link #writeStatuses}, and is lost with the controller */
    ChaosInputs(Random random, boolean statusIsSlow) {
        this.statusIsSlow = statusIsSlow;
        for (int n = 1; n <= Landscape.NODES; n++) {
            put(node(n, random.nextInt(5) > 0, true, false));
        }
        NAMESPACES.forEach(name -> put(namespace(name, random)));
        for (int i = 0; i < 6; i++) {
            changePod(random);
        }
        for (int i = 0; i < 3; i++) {
            changeEgressIp(random);
        }
    }

    /** Goes on with another controller, which is told everything; statuses that were not written are lost. */
    synchronized void attach(Consumer<InputChange> newSink, Random random) {
        unwritten.clear();
        sink = newSink;
        var kinds = Arrays.asList(InputKind.values());
        Collections.shuffle(kinds, random);
        boolean reachabilityFirst = random.nextBoolean();
        if (reachabilityFirst) {
            postReachability();
        }
        kinds.forEach(this::list);
        if (!reachabilityFirst) {
            postReachability();
        }
    }

    /** Tells another controller everything, what is known of the nodes first. */
    synchronized void tell(Consumer<InputChange> other) {
        unreachable.forEach(node -> other.accept(new InputChange.Reachability(node, false)));
        for (var kind : InputKind.values()) {
            other.accept(new InputChange.Listed(kind, objects(kind)));
        }
    }

    /** The controller is gone; changes go on. */
    synchronized void detach() {
        sink = change -> {};
    }

    private void postReachability() {
        unreachable.forEach(node -> sink.accept(new InputChange.Reachability(node, false)));
    }

    private void list(InputKind kind) {
        sink.accept(new InputChange.Listed(kind, objects(kind)));
    }

    private List<InputObject> objects(InputKind kind) {
        Collection<? extends InputObject> objects = switch (kind) {
            case NODE -> nodes.values();
            case NAMESPACE -> namespaces.values();
            case POD -> pods.values();
            case EGRESS_IP -> egressIps.values();
        };
        return List.copyOf(objects);
    }

    /** A watch breaks off and lists everything again, in another order. */
    synchronized String relist(Random random) {
        var kind = pick(List.of(InputKind.values()), random);
        var objects = new ArrayList<>(objects(kind));
        Collections.shuffle(objects, random);
        sink.accept(new InputChange.Listed(kind, objects));
        return "list " + kind;
    }

    /** Any thread: what the controller says of an EgressIP. */
    synchronized void said(StatusChange status) {
        unwritten.put(status.egressIp(), status);
        if (!statusIsSlow) {
            writeStatuses();
        }
    }

    /** Statuses reach the API server, and come back from there; whether there were any. */
    synchronized boolean writeStatuses() {
        boolean any = false;
        for (var status : unwritten.values()) {
            var before = egressIps.get(status.egressIp());
            if (before != null && before.uid().equals(status.uid())) {
                any = true;
                put(withStatus(before, status));
            }
        }
        unwritten.clear();
        return any;
    }

    private static EgressIpInput withStatus(EgressIpInput egressIp, StatusChange status) {
        return new EgressIpInput(
                egressIp.name(),
                egressIp.uid(),
                egressIp.created(),
                egressIp.generation(),
                egressIp.egressIps(),
                egressIp.namespaceSelector(),
                egressIp.podSelector(),
                egressIp.selectorError(),
                status.items(),
                status.conditions(),
                egressIp.onUnassigned());
    }

    private void put(InputObject object) {
        switch (object) {
            case NodeInput node -> nodes.put(node.name(), node);
            case NamespaceInput namespace -> namespaces.put(namespace.name(), namespace);
            case PodInput pod -> pods.put(pod.name().toString(), pod);
            case EgressIpInput egressIp -> egressIps.put(egressIp.name(), egressIp);
        }
        sink.accept(new InputChange.Put(object));
    }

    private void remove(InputKind kind, String name) {
        switch (kind) {
            case NODE -> {
                nodes.remove(name);
                unreachable.remove(name);
            }
            case NAMESPACE -> namespaces.remove(name);
            case POD -> pods.remove(name);
            case EGRESS_IP -> egressIps.remove(name);
        }
        sink.accept(new InputChange.Removed(kind, name));
    }

    /** Changes one object, or two that belong together; what happened. */
    synchronized String change(Random random) {
        int what = random.nextInt(20);
        if (what < 10) {
            return changePod(random);
        }
        if (what < 12) {
            return changeNamespace(random);
        }
        return what < 16 ? changeNode(random) : changeEgressIp(random);
    }

    private String changeNamespace(Random random) {
        var name = pick(NAMESPACES, random);
        if (random.nextInt(4) == 0) {
            remove(InputKind.NAMESPACE, name);
            return "remove namespace " + name;
        }
        var namespace = namespace(name, random);
        put(namespace);
        return "put " + namespace;
    }

    private static NamespaceInput namespace(String name, Random random) {
        return new NamespaceInput(name, Map.of("team", pick(TEAMS, random)));
    }

    private String changePod(Random random) {
        var name = pick(NAMESPACES, random) + "/pod" + random.nextInt(PODS);
        var pod = pods.get(name);
        if (pod == null) {
            return putPod(newPod(name, addresses(random), random));
        }
        return switch (random.nextInt(7)) {
            case 0 -> putPod(copy(pod, Map.of("app", pick(APPS, random)), pod.ips(), pod.finished()));
            case 1 -> putPod(copy(pod, pod.labels(), addresses(random), pod.finished()));
            case 2 -> putPod(copy(pod, pod.labels(), pod.ips(), true));
            case 3 -> {
                // Its address goes to another pod, whose events may come first.
                boolean goneFirst = random.nextBoolean();
                if (goneFirst) {
                    remove(InputKind.POD, name);
                }
                var heir = pick(NAMESPACES, random) + "/pod" + random.nextInt(PODS);
                if (heir.equals(name)) {
                    yield putPod(newPod(name, pod.ips(), random));
                }
                var text = putPod(newPod(heir, pod.ips(), random));
                if (!goneFirst) {
                    remove(InputKind.POD, name);
                }
                yield text + (goneFirst ? " after" : " before") + " the end of " + name;
            }
            case 4 -> putPod(newPod(name, addresses(random), random)); // deleted and made again, seen as one change
            default -> {
                remove(InputKind.POD, name);
                yield "remove pod " + name;
            }
        };
    }

    private String putPod(PodInput pod) {
        put(pod);
        return "put " + pod;
    }

    private PodInput newPod(String name, List<IpAddress> ips, Random random) {
        int slash = name.indexOf('/');
        return new PodInput(
                new PodName(name.substring(0, slash), name.substring(slash + 1)),
                Instant.ofEpochSecond(++created),
                Map.of("app", pick(APPS, random)),
                random.nextInt(12) == 0 ? "" : Landscape.node(1 + random.nextInt(Landscape.NODES)),
                ips,
                random.nextInt(20) == 0,
                false);
    }

    private static PodInput copy(PodInput pod, Map<String, String> labels, List<IpAddress> ips, boolean finished) {
        return new PodInput(pod.name(), pod.created(), labels, pod.node(), ips, pod.hostNetwork(), finished);
    }

    private static List<IpAddress> addresses(Random random) {
        var addresses = new ArrayList<IpAddress>();
        int which = random.nextInt(10);
        if (which < 8) {
            addresses.add(ip("10.128.0." + (5 + random.nextInt(10))));
        }
        if (which > 5) {
            addresses.add(ip("fd01::" + (5 + random.nextInt(5))));
        }
        return addresses;
    }

    private static IpAddress ip(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    private String changeNode(Random random) {
        int n = 1 + random.nextInt(Landscape.NODES);
        var name = Landscape.node(n);
        var node = nodes.get(name);
        if (node == null) {
            node = node(n, true, true, false);
            put(node);
            return "put node " + name;
        }
        return switch (random.nextInt(7)) {
            case 0, 1 -> {
                put(node(n, node.egressAssignable(), !node.ready(), node.draining()));
                yield name + " ready=" + !node.ready();
            }
            case 2 -> {
                put(node(n, !node.egressAssignable(), node.ready(), node.draining()));
                yield name + " assignable=" + !node.egressAssignable();
            }
            case 3 -> {
                put(node(n, node.egressAssignable(), node.ready(), !node.draining()));
                yield name + " draining=" + !node.draining();
            }
            case 4 -> {
                remove(InputKind.NODE, name);
                yield "remove node " + name;
            }
            default -> {
                boolean reachable = unreachable.remove(name);
                if (!reachable) {
                    unreachable.add(name);
                }
                sink.accept(new InputChange.Reachability(name, reachable));
                yield name + " reachable=" + reachable;
            }
        };
    }

    /** The fourth node can host another network as well, and nothing of IPv6. */
    private static NodeInput node(int n, boolean assignable, boolean ready, boolean draining) {
        var v4 = "192.168.126.1" + n;
        var v6 = "fd00:126::1" + n;
        var last = n == Landscape.NODES;
        return new NodeInput(
                Landscape.node(n),
                assignable,
                ready,
                List.of(network(v4 + "/24"), network(last ? "192.168.127.14/24" : v6 + "/64")),
                Set.of(ip(v4), ip(v6)),
                List.of(ip(v4), ip(v6)),
                List.of(),
                draining);
    }

    private static IpNetwork network(String text) {
        return IpNetwork.parse(text).orElseThrow();
    }

    private String changeEgressIp(Random random) {
        var name = pick(EGRESS_IPS, random);
        var egressIp = egressIps.get(name);
        int what = random.nextInt(6);
        if (egressIp == null || what == 0) {
            long second = ++created;
            var made = new EgressIpInput(
                    name,
                    "uid" + second,
                    Instant.ofEpochSecond(second),
                    1,
                    someEgressIps(random),
                    Optional.of(selector("team", TEAMS, random)),
                    Optional.of(selector("app", APPS, random)),
                    "",
                    List.of(),
                    List.of(),
                    onUnassigned(random));
            put(made);
            return "put " + made;
        }
        if (what == 1) {
            remove(InputKind.EGRESS_IP, name);
            return "remove EgressIP " + name;
        }
        var changed = new EgressIpInput(
                name,
                egressIp.uid(),
                egressIp.created(),
                egressIp.generation() + 1,
                what < 4 ? someEgressIps(random) : egressIp.egressIps(),
                what == 4 ? Optional.of(selector("team", TEAMS, random)) : egressIp.namespaceSelector(),
                what == 4 ? Optional.of(selector("app", APPS, random)) : egressIp.podSelector(),
                "",
                egressIp.statusItems(),
                egressIp.conditions(),
                what == 5 ? onUnassigned(random) : egressIp.onUnassigned());
        put(changed);
        return "put " + changed;
    }

    private static OnUnassigned onUnassigned(Random random) {
        return random.nextInt(3) == 0 ? OnUnassigned.DROP : OnUnassigned.NODE_ADDRESS;
    }

    private static List<String> someEgressIps(Random random) {
        if (random.nextInt(40) == 0) {
            return List.of("not an address");
        }
        var addresses = new TreeSet<String>();
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            addresses.add(
                    random.nextInt(3) > 0 ? ADDRESSES.get(random.nextInt(V4_ADDRESSES)) : pick(ADDRESSES, random));
        }
        var list = new ArrayList<>(addresses);
        Collections.shuffle(list, random);
        return list;
    }

    private static LabelSelector selector(String key, List<String> values, Random random) {
        return random.nextInt(3) == 0
                ? LabelSelector.EVERYTHING
                : new LabelSelector(List.of(new Requirement(key, Operator.IN, Set.of(pick(values, random)))));
    }

    private static <T> T pick(List<T> list, Random random) {
        return list.get(random.nextInt(list.size()));
    }

    /**
     * How pods leave, as it follows from the objects and the nodes in their status; worked out in another way than the
     * controller does, in the words of {@link Content#ways}.
     */
    synchronized Set<String> ways() {
        var ways = new TreeSet<String>();
        holders().forEach((address, pod) -> {
            var selecting = egressIps.values().stream()
                    .filter(egressIp -> selects(egressIp, pod))
                    .sorted(Comparator.comparing(EgressIpInput::created).thenComparing(EgressIpInput::name))
                    .toList();
            var family = ip(address).family();
            var items = selecting.stream()
                    .map(EgressIpInput::statusItems)
                    .filter(some -> !some.isEmpty())
                    .findFirst()
                    .orElse(List.of())
                    .stream()
                    .filter(item -> ip(item.egressIp()).family() == family)
                    .toList();
            if (!items.isEmpty()) {
                var nexthops = new TreeSet<String>();
                for (var item : items) {
                    int n = Integer.parseInt(item.node().substring("node".length()));
                    nexthops.add(Landscape.joinAddress(n, family == IpFamily.V4));
                    ways.add("snat " + address + " " + ip(item.egressIp()).text() + " " + Landscape.gateway(n));
                }
                ways.add("reroute " + address + " " + nexthops);
            } else if (selecting.stream().anyMatch(egressIp -> egressIp.onUnassigned() == OnUnassigned.DROP)) {
                ways.add("drop " + address);
            }
        });
        return ways;
    }

    /** Whether the pod with this address runs on the node of this gateway router. */
    synchronized boolean isOnItsNode(String address, String router) {
        var pod = holders().get(address);
        return pod != null && router.equals("GR_" + pod.node());
    }

    private Map<String, PodInput> holders() {
        var holders = new TreeMap<String, PodInput>();
        pods.values().stream()
                .filter(PodInput::isServable)
                .sorted(Comparator.comparing(PodInput::created)
                        .thenComparing(PodInput::name, Comparator.reverseOrder()))
                .forEach(pod -> pod.ips().forEach(ip -> holders.put(ip.text(), pod)));
        return holders;
    }

    private boolean selects(EgressIpInput egressIp, PodInput pod) {
        var namespace = namespaces.get(pod.name().namespace());
        return namespace != null
                && egressIp.namespaceSelector()
                        .filter(selector -> selector.matches(namespace.labels()))
                        .isPresent()
                && egressIp.podSelector()
                        .filter(selector -> selector.matches(pod.labels()))
                        .isPresent();
    }

    /** All objects, for messages. */
    synchronized String describe() {
        var text = new StringBuilder();
        for (var kind : InputKind.values()) {
            objects(kind).forEach(object -> text.append("\n  ").append(object));
        }
        return text.append("\n  unreachable ").append(unreachable).toString();
    }
}
