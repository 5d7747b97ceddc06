package io.ovnegress.it.chaos;

import static io.ovnegress.it.chaos.RandomObjects.APPS;
import static io.ovnegress.it.chaos.RandomObjects.TEAMS;
import static io.ovnegress.it.chaos.RandomObjects.addresses;
import static io.ovnegress.it.chaos.RandomObjects.beforeServed;
import static io.ovnegress.it.chaos.RandomObjects.limited;
import static io.ovnegress.it.chaos.RandomObjects.namespace;
import static io.ovnegress.it.chaos.RandomObjects.node;
import static io.ovnegress.it.chaos.RandomObjects.nodeChoice;
import static io.ovnegress.it.chaos.RandomObjects.onUnassigned;
import static io.ovnegress.it.chaos.RandomObjects.pick;
import static io.ovnegress.it.chaos.RandomObjects.selector;
import static io.ovnegress.it.chaos.RandomObjects.someEgressIps;
import static io.ovnegress.reconciler.NodeInputs.draining;
import static io.ovnegress.reconciler.NodeInputs.labelled;
import static io.ovnegress.reconciler.NodeInputs.ready;

import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressTrafficInput;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpItems;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.NodeReachability;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
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
 * The objects of a small cluster, and random changes to them. What the controller says of an EgressIP's status comes back as an input. Thread safe.
 */
final class ChaosInputs {
    static final List<String> NAMESPACES = List.of("ns1", "ns2", "ns3");
    private static final List<InputKind> KINDS =
            List.of(EgressIpInput.KIND, EgressTrafficInput.KIND, InputKind.NAMESPACE, InputKind.POD, InputKind.NODE);

    private static final int PODS = 9;
    private static final List<String> EGRESS_IPS = List.of("eip1", "eip2", "eip3", "eip4");
    private final Map<String, NodeInput> nodes = new TreeMap<>();
    private final Map<String, NamespaceInput> namespaces = new TreeMap<>();
    private final Map<String, PodInput> pods = new TreeMap<>();
    private final Map<String, EgressIpInput> egressIps = new TreeMap<>();
    private final Map<String, EgressTrafficInput> traffic = new TreeMap<>();
    private final Map<InputKind, Map<String, ? extends InputObject>> tables = Map.of(
            InputKind.NODE,
            nodes,
            InputKind.NAMESPACE,
            namespaces,
            InputKind.POD,
            pods,
            EgressIpInput.KIND,
            egressIps,
            EgressTrafficInput.KIND,
            traffic);
    private final Set<String> unreachable = new TreeSet<>();
    /** Statuses that were said but have not been written yet, by EgressIP. */
    private final Map<String, StatusChange> unwritten = new LinkedHashMap<>();

    private final boolean statusIsSlow;
    private final Forms forms;
    private final RandomTraffic randomTraffic;

    private Consumer<InputChange> sink = change -> {};
    private Companion companion = Companion.NONE;
    private long created;

    /** Whoever has more to say of the objects. Called with the lock of the inputs. */
    interface Companion {
        Companion NONE = new Companion() {
            @Override
            public NamespaceInput dressed(NamespaceInput namespace) {
                return namespace;
            }

            @Override
            public void changed(InputKind kind, String key) {}
        };

        /** The namespace with its other labels, and its annotations. */
        NamespaceInput dressed(NamespaceInput namespace);

        /** It was put or removed, and controllers know. */
        void changed(InputKind kind, String key);
    }

    /** @param statusIsSlow whether a status comes back only with {@link #writeStatuses}, and is lost with the controller */
    ChaosInputs(Random random, boolean statusIsSlow, Forms forms, RandomTraffic randomTraffic) {
        this.statusIsSlow = statusIsSlow;
        this.forms = forms;
        this.randomTraffic = randomTraffic;
        for (int n = 1; n <= Landscape.NODES; n++) {
            put(labelled(random.nextInt(5) > 0, node(n)));
        }
        NAMESPACES.forEach(name -> put(namespace(name, random)));
        for (int i = 0; i < 6; i++) {
            changePod(random);
        }
        for (int i = 0; i < 3; i++) {
            changeEgressIp(random);
        }
    }

    /** From now on this one is told of everything. */
    synchronized void accompany(Companion other) {
        companion = other;
        namespaces.replaceAll((name, namespace) -> other.dressed(namespace));
    }

    /** Goes on with another controller, which is told everything; statuses that were not written are lost. */
    synchronized void attach(Consumer<InputChange> newSink, Random random) {
        unwritten.clear();
        sink = newSink;
        var kinds = new ArrayList<>(KINDS);
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
        unreachable.forEach(node -> other.accept(new InputChange.Put(new NodeReachability(node, false))));
        for (var kind : KINDS) {
            other.accept(new InputChange.Listed(kind, objects(kind)));
        }
    }

    /** The controller is gone; changes go on. */
    synchronized void detach() {
        sink = change -> {};
    }

    private void postReachability() {
        unreachable.forEach(node -> sink.accept(new InputChange.Put(new NodeReachability(node, false))));
    }

    private void list(InputKind kind) {
        sink.accept(new InputChange.Listed(kind, objects(kind)));
    }

    private List<InputObject> objects(InputKind kind) {
        return List.copyOf(tables.getOrDefault(kind, Map.of()).values());
    }

    /** A watch breaks off and lists everything again, in another order. */
    synchronized String relist(Random random) {
        var kind = pick(KINDS, random);
        var objects = new ArrayList<>(objects(kind));
        var others = objects.stream().filter(ChaosInputs::isBeside).toList();
        objects.removeAll(others);
        Collections.shuffle(objects, random);
        objects.addAll(others); // how many there are must not change what is drawn
        sink.accept(new InputChange.Listed(kind, objects));
        return "list " + kind;
    }

    /** Whether pools have brought it. */
    private static boolean isBeside(InputObject object) {
        return switch (object) {
            case NamespaceInput namespace -> !NAMESPACES.contains(namespace.name());
            case EgressIpInput egressIp -> !EGRESS_IPS.contains(egressIp.name());
            default -> false;
        };
    }

    /** Any thread: what the controller says of objects; here only EgressIPs have a status. */
    synchronized void said(StatusChange status) {
        if (!status.object().kind().equals(EgressIpInput.KIND)) {
            return;
        }
        unwritten.put(status.object().key(), status);
        if (!statusIsSlow) {
            writeStatuses();
        }
    }

    /** Statuses reach the API server, and come back from there; whether there were any. */
    synchronized boolean writeStatuses() {
        boolean any = false;
        for (var status : unwritten.values()) {
            var before = egressIps.get(status.object().key());
            if (before != null && before.uid().equals(status.uid())) {
                any = true;
                put(withStatus(before, status));
            }
        }
        unwritten.clear();
        return any;
    }

    private static EgressIpInput withStatus(EgressIpInput egressIp, StatusChange status) {
        return egressIp.edit()
                .statusItems(EgressIpItems.of(status))
                .conditions(status.conditions())
                .build();
    }

    private void put(InputObject object) {
        var put = object;
        switch (object) {
            case NodeInput node -> nodes.put(node.name(), node);
            case NamespaceInput namespace -> {
                var dressed = companion.dressed(namespace);
                namespaces.put(namespace.name(), dressed);
                put = dressed;
            }
            case PodInput pod -> pods.put(pod.name().toString(), pod);
            case EgressIpInput egressIp -> egressIps.put(egressIp.name(), egressIp);
            case EgressTrafficInput listed -> traffic.put(listed.name(), listed);
            default -> throw new IllegalArgumentException("no " + object.kind());
        }
        sink.accept(new InputChange.Put(put));
        companion.changed(object.kind(), object.key());
    }

    private void remove(InputKind kind, String name) {
        tables.get(kind).remove(name);
        sink.accept(new InputChange.Removed(kind, name));
        if (kind.equals(InputKind.NODE)) {
            unreachable.remove(name);
            sink.accept(new InputChange.Removed(NodeReachability.KIND, name));
        }
        companion.changed(kind, name);
    }

    synchronized Map<String, NamespaceInput> namespaces() {
        return Map.copyOf(namespaces);
    }

    synchronized void putNamespace(NamespaceInput namespace) {
        put(namespace);
    }

    synchronized void removeNamespace(String name) {
        remove(InputKind.NAMESPACE, name);
    }

    synchronized Map<String, EgressIpInput> egressIps() {
        return Map.copyOf(egressIps);
    }

    synchronized Optional<EgressIpInput> egressIp(String name) {
        return Optional.ofNullable(egressIps.get(name));
    }

    synchronized void putEgressIp(EgressIpInput egressIp) {
        put(egressIp);
    }

    synchronized void removeEgressIp(String name) {
        remove(EgressIpInput.KIND, name);
    }

    synchronized List<NodeInput> nodes() {
        return List.copyOf(nodes.values());
    }

    /** When the youngest object was created, in seconds. */
    synchronized long created() {
        return created;
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

    private String changeNode(Random random) {
        int n = 1 + random.nextInt(Landscape.NODES);
        var name = Landscape.node(n);
        var node = nodes.get(name);
        if (node == null) {
            node = node(n);
            put(node);
            return "put node " + name;
        }
        return switch (random.nextInt(8)) {
            case 7 -> {
                var limited = limited(node, random);
                put(limited);
                yield name + " " + limited.limits();
            }
            case 0, 1 -> {
                put(ready(!node.ready(), node));
                yield name + " ready=" + !node.ready();
            }
            case 2 -> {
                put(labelled(!node.egressAssignable(), node));
                yield name + " assignable=" + !node.egressAssignable();
            }
            case 3 -> {
                put(draining(!node.draining(), node));
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
                sink.accept(new InputChange.Put(new NodeReachability(name, reachable)));
                yield name + " reachable=" + reachable;
            }
        };
    }

    /** Changes an EgressIPTraffic, often none; what happened. */
    synchronized String changeTraffic() {
        var name = randomTraffic.nameOfChange();
        if (name.isEmpty()) {
            return "";
        }
        var next = randomTraffic.next(name);
        next.ifPresentOrElse(this::put, () -> remove(EgressTrafficInput.KIND, name));
        return next.map(put -> "put " + put).orElse("remove EgressIPTraffic " + name);
    }

    private String changeEgressIp(Random random) {
        var name = pick(EGRESS_IPS, random);
        var egressIp = egressIps.get(name);
        int what = random.nextInt(6);
        if (egressIp == null || what == 0) {
            long second = ++created;
            var made = EgressIpInput.named(name)
                    .uid("uid" + second)
                    .created(Instant.ofEpochSecond(second))
                    .egressIps(someEgressIps(random))
                    .namespaceSelector(selector("team", TEAMS, random))
                    .podSelector(selector("app", APPS, random))
                    .onUnassigned(onUnassigned(random))
                    .beforeServed(beforeServed(random))
                    .nodes(nodeChoice(random))
                    .form(forms.any())
                    .destinations(randomTraffic.destinations(name))
                    .qos(randomTraffic.qos())
                    .build();
            put(made);
            return "put " + made;
        }
        if (what == 1) {
            remove(EgressIpInput.KIND, name);
            return "remove EgressIP " + name;
        }
        var changed = egressIp.edit()
                .generation(egressIp.generation() + 1)
                .egressIps(what < 4 ? someEgressIps(random) : egressIp.egressIps())
                .namespaceSelector(
                        what == 4 ? Optional.of(selector("team", TEAMS, random)) : egressIp.namespaceSelector())
                .podSelector(what == 4 ? Optional.of(selector("app", APPS, random)) : egressIp.podSelector())
                .onUnassigned(what == 5 ? onUnassigned(random) : egressIp.onUnassigned())
                .beforeServed(what == 5 ? beforeServed(random) : egressIp.beforeServed())
                .nodes(what == 5 ? nodeChoice(random) : egressIp.nodes())
                .form(forms.next(egressIp.form()))
                .destinations(randomTraffic.next(name, egressIp.destinations()))
                .qos(randomTraffic.next(egressIp.qos()))
                .build();
        put(changed);
        return "put " + changed;
    }

    /** Namespaces that have neither pods nor a group of their ports are left out. */
    synchronized Expectation expectation() {
        var withPods = new TreeMap<>(namespaces);
        withPods.keySet().retainAll(NAMESPACES);
        return new Expectation(withPods, pods.values(), egressIps.values(), traffic.values(), nodes.keySet(), forms);
    }

    /** All objects, for messages. */
    synchronized String describe() {
        var text = new StringBuilder();
        for (var kind : KINDS) {
            objects(kind).forEach(object -> text.append("\n  ").append(object));
        }
        return text.append("\n  unreachable ").append(unreachable).toString();
    }
}
