package io.ovnegress.it.chaos;

import static io.ovnegress.it.chaos.RandomObjects.pick;
import static io.ovnegress.it.chaos.RandomObjects.selector;

import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.feature.PoolWrites;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.pool.PoolInput;
import io.ovnegress.reconciler.feature.pool.PooledEgressIp;
import io.ovnegress.reconciler.input.AddressRange;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NamespaceInput;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * In a third of the histories there are address pools too, and namespaces that have nothing but what pools give them. What happens to
 * them is drawn from randomness of its own, so that everything else happens as without them. What the controllers want of EgressIPs is
 * written at once, or later, and then lost with the controller. Thread safe: its lock is that of the inputs.
 */
final class ChaosPools implements ChaosInputs.Companion {
    /** It does not pass in a history. */
    static final Duration LONG_GRACE = Duration.ofDays(30);

    /** Nothing, a fraction of a second, and for ever. */
    private static final List<Duration> GRACES = List.of(Duration.ZERO, Duration.ofSeconds(30), LONG_GRACE);

    private static final List<String> POOLS = List.of("pool1", "pool2");
    private static final List<String> SHOPS = List.of("shop1", "shop2", "shop3");
    private static final List<String> NAMESPACES =
            Stream.concat(ChaosInputs.NAMESPACES.stream(), SHOPS.stream()).toList();

    /** Of each pool what it mostly has. */
    private static final List<List<String>> OWN_RANGES = List.of(
            List.of(
                    "192.168.126.160-192.168.126.162",
                    "192.168.126.160-192.168.126.165",
                    "192.168.126.161-192.168.126.162",
                    "fd00:126::160-fd00:126::162"),
            List.of("192.168.126.168/29", "192.168.126.170", "192.168.126.171-192.168.126.173", "fd00:126::168/125"));

    /** What others have too: users, nodes, egress routers, the other pool. */
    private static final List<String> RANGES = List.of(
            "192.168.126.100-192.168.126.104",
            "192.168.127.100-192.168.127.101",
            "192.168.126.11-192.168.126.15",
            "192.168.126.150-192.168.126.153",
            "192.168.126.164-192.168.126.169",
            "fd00:126::100-fd00:126::102");

    private static final List<String> EXCLUDED =
            List.of("192.168.126.161", "192.168.126.162", "192.168.126.170/31", "fd00:126::160", "192.168.126.102");

    private final ChaosInputs inputs;
    /** What egress routers have. */
    private final Supplier<Set<IpAddress>> used;

    private final boolean areThere;
    private final boolean isSlow;
    /** Whether controllers hear late of what has been written. */
    private final boolean isLate;

    private final boolean hasOneController;
    private final Random random;
    private final PoolWriters writers;
    private final PoolsKept kept = new PoolsKept();
    private final Map<String, PoolInput> pools = new TreeMap<>();
    /** Of namespaces, whether they are there or not. */
    private final Map<String, Map<String, String>> annotations = new HashMap<>();

    /** By controller and pool: of one that leads no longer the last word may come late. */
    private final Map<String, Map<String, StatusChange>> statuses = new TreeMap<>();

    private String leader = "";
    /** Whether something has been written since that was asked. */
    private boolean wrote;

    private final List<String> complaints = new ArrayList<>();
    /** EgressIPs of which the controllers' pools have not heard how they are. */
    private final Set<String> unheard = new LinkedHashSet<>();

    private Consumer<InputChange> sink = change -> {};
    private long made;

    ChaosPools(long seed, ChaosInputs inputs, Supplier<Set<IpAddress>> used, boolean hasOneController) {
        this.inputs = inputs;
        this.used = used;
        this.hasOneController = hasOneController;
        random = new Random(seed * 0xBF58476D1CE4E5B9L + 5);
        areThere = random.nextInt(3) == 0;
        isSlow = random.nextBoolean();
        isLate = random.nextBoolean();
        writers = new PoolWriters(inputs);
        if (areThere) {
            inputs.accompany(this);
            SHOPS.forEach(this::putShop);
            POOLS.forEach(name -> put(newPool(name)));
            for (int i = 0; i < 3; i++) {
                changeOne();
            }
        }
    }

    boolean areThere() {
        return areThere;
    }

    /** For messages. */
    String manner() {
        return "written " + (isSlow ? "late" : "at once") + ", heard of " + (isLate ? "late" : "at once");
    }

    /** What controllers are told by their flags. */
    ReconcilerConfig with(ReconcilerConfig config) {
        return areThere ? config.edit().pools(true).build() : config;
    }

    /** Goes on with another controller, which is told everything; the inputs are told before. */
    void attach(Consumer<InputChange> newSink) {
        synchronized (inputs) {
            sink = newSink;
            unheard.clear();
            tell(newSink);
        }
    }

    void tell(Consumer<InputChange> other) {
        synchronized (inputs) {
            if (areThere) {
                other.accept(new InputChange.Listed(PoolInput.KIND, List.copyOf(pools.values())));
                other.accept(new InputChange.Listed(
                        PooledEgressIp.KIND,
                        inputs.egressIps().values().stream().map(writers::seen).collect(Collectors.toList())));
            }
        }
    }

    void detach() {
        synchronized (inputs) {
            sink = change -> {};
        }
    }

    @Override
    public NamespaceInput dressed(NamespaceInput namespace) {
        var labels = new HashMap<>(namespace.labels());
        labels.put(PoolWriters.NAME_LABEL, namespace.name());
        return new NamespaceInput(namespace.name(), labels, annotations.getOrDefault(namespace.name(), Map.of()));
    }

    @Override
    public void changed(InputKind kind, String key) {
        if (kind.equals(EgressIpInput.KIND)) {
            unheard.add(key);
            if (!isLate) {
                hear();
            }
        }
        kept.look(view());
    }

    /** Whether there was anything to hear of. */
    private boolean hear() {
        boolean any = !unheard.isEmpty();
        for (var name : unheard) {
            sink.accept(inputs.egressIp(name)
                    .<InputChange>map(egressIp -> new InputChange.Put(writers.seen(egressIp)))
                    .orElseGet(() -> new InputChange.Removed(PooledEgressIp.KIND, name)));
        }
        unheard.clear();
        return any;
    }

    private PoolsView view() {
        return new PoolsView(
                List.copyOf(pools.values()),
                inputs.namespaces(),
                inputs.egressIps(),
                writers.made(),
                inputs.nodes(),
                used.get());
    }

    /** Any thread: what a controller says of objects. */
    void said(String controller, StatusChange status) {
        synchronized (inputs) {
            if (status.object().kind().equals(PoolInput.KIND)) {
                statuses.computeIfAbsent(controller, name -> new TreeMap<>())
                        .put(status.object().key(), status);
            }
        }
    }

    /** Any thread: what a controller wants of EgressIPs. */
    void wanted(String controller, PoolWrites writes) {
        synchronized (inputs) {
            writers.want(controller, writes);
            if (!isSlow) {
                wrote |= writers.write(name -> true);
            }
        }
    }

    /** The controller has ended, and writes nothing any more. */
    void ended(String controller) {
        synchronized (inputs) {
            writers.forget(controller);
            statuses.remove(controller);
        }
    }

    /**
     * Writes what is wanted, takes away what belonged to pools that are no more, and tells of it; whether there was anything since the
     * last time.
     */
    boolean write() {
        synchronized (inputs) {
            boolean any = wrote;
            any |= writers.write(name -> true);
            any |= !collect().isEmpty();
            any |= hear();
            wrote = false;
            return any;
        }
    }

    private List<String> collect() {
        return writers.collect(pools.values().stream().map(PoolInput::uid).collect(Collectors.toSet()));
    }

    /** Nothing is left to do for the controller that leads. */
    void settled(String nameOfLeader) {
        synchronized (inputs) {
            if (areThere) {
                leader = nameOfLeader;
                complaints.addAll(kept.settled(view()));
            }
        }
    }

    /** Changes something, often nothing; what happened. */
    String change() {
        synchronized (inputs) {
            if (!areThere) {
                return "";
            }
            if (isLate && random.nextInt(4) == 0) {
                hear();
            }
            if (isSlow && random.nextInt(4) == 0) {
                writeSome();
            }
            return random.nextInt(3) == 0 ? changeOne() : "";
        }
    }

    private String changeOne() {
        int what = random.nextInt(17);
        if (what < 6) {
            return changePool();
        }
        if (what < 11) {
            return annotate(pick(NAMESPACES, random));
        }
        if (what < 14) {
            return changeShop();
        }
        return switch (what) {
            case 14 -> takeName();
            case 15 -> meddle();
            default -> "collect " + collect();
        };
    }

    /** The server takes some, and refuses others for now. */
    private void writeSome() {
        var choices = new Random(random.nextLong()); // how much of it is used depends on what is wanted just now
        writers.write(name -> choices.nextInt(3) > 0);
    }

    private String put(PoolInput pool) {
        pools.put(pool.name(), pool);
        sink.accept(new InputChange.Put(pool));
        kept.look(view());
        return "put " + pool;
    }

    private String remove(String name) {
        pools.remove(name);
        statuses.values().forEach(said -> said.remove(name));
        sink.accept(new InputChange.Removed(PoolInput.KIND, name));
        kept.look(view());
        return "remove pool " + name;
    }

    private String changePool() {
        var name = pick(POOLS, random);
        var pool = pools.get(name);
        int what = random.nextInt(8);
        if (pool == null) {
            return put(newPool(name));
        }
        if (what == 0) {
            return remove(name);
        }
        var drawn = newPool(name);
        var changed = new PoolInput(
                name,
                pool.uid(),
                pool.created(),
                pool.generation() + 1,
                what == 1 || what == 2 ? drawn.ranges() : pool.ranges(),
                what == 3 || what == 4 ? drawn.exclusions() : pool.exclusions(),
                what == 5 ? drawn.namespaces() : pool.namespaces(),
                Optional.empty(),
                what == 6 ? drawn.each() : pool.each(),
                what == 6 ? drawn.most() : pool.most(),
                what == 7 ? drawn.grace() : pool.grace(),
                what == 7 ? drawn.annotations() : pool.annotations(),
                drawn.errors());
        return put(changed);
    }

    private PoolInput newPool(String name) {
        long second = ++made;
        var ranges = new ArrayList<AddressRange>();
        var own = OWN_RANGES.get(POOLS.indexOf(name));
        for (int i = 1 + random.nextInt(2); i > 0; i--) {
            ranges.add(range(pick(own, random)));
        }
        if (random.nextInt(3) == 0) {
            ranges.add(range(pick(RANGES, random)));
        }
        var exclusions = new ArrayList<AddressRange>();
        for (int i = random.nextInt(3); i > 0; i--) {
            exclusions.add(range(pick(EXCLUDED, random)));
        }
        return new PoolInput(
                name,
                "pool" + second,
                Instant.ofEpochSecond(second),
                1,
                ranges,
                exclusions,
                random.nextInt(4) == 0 ? Optional.empty() : Optional.of(selector("team", RandomObjects.TEAMS, random)),
                Optional.empty(),
                1 + random.nextInt(2),
                2 + random.nextInt(2),
                pick(GRACES, random),
                random.nextInt(4) == 0 ? Map.of("ovn-egress.io/on-unassigned", "Drop") : Map.of(),
                random.nextInt(15) == 0 ? List.of("spec.gracePeriod is 7: write a time") : List.of());
    }

    private static AddressRange range(String text) {
        return AddressRange.parse(text).orElseThrow();
    }

    private String annotate(String namespace) {
        var some = new TreeMap<String, String>();
        int which = random.nextInt(6);
        if (which < 3) {
            some.put(PooledEgressIp.POOL, which == 2 ? pick(List.of("", "nowhere"), random) : POOLS.get(which));
        }
        if (random.nextInt(3) == 0) {
            some.put(PooledEgressIp.HOW_MANY, pick(List.of("1", "2", "3", "9", "many"), random));
        }
        return annotate(namespace, some);
    }

    private String annotate(String namespace, Map<String, String> some) {
        annotations.put(namespace, some);
        Optional.ofNullable(inputs.namespaces().get(namespace)).ifPresent(inputs::putNamespace);
        return "annotate namespace " + namespace + " " + some;
    }

    private String changeShop() {
        var name = pick(SHOPS, random);
        if (inputs.namespaces().containsKey(name) && random.nextInt(3) == 0) {
            inputs.removeNamespace(name);
            return "remove namespace " + name;
        }
        return putShop(name);
    }

    private String putShop(String name) {
        var shop = RandomObjects.namespace(name, random);
        inputs.putNamespace(shop);
        return "put " + shop;
    }

    /** A user's EgressIP is called as a pool would call its own, or is so no more. */
    private String takeName() {
        var name = pick(POOLS, random) + "." + pick(NAMESPACES, random);
        var address = pick(List.of("192.168.126.161", "192.168.126.171", "192.168.126.190"), random);
        if (writers.made().containsKey(name)) {
            return "";
        }
        if (inputs.egressIp(name).isPresent()) {
            writers.delete(name);
            return "remove EgressIP " + name;
        }
        inputs.putEgressIp(EgressIpInput.named(name)
                .uid("taken" + ++made)
                .created(Instant.ofEpochSecond(inputs.created()))
                .egressIps(List.of(address))
                .namespaceSelector(Optional.of(LabelSelector.EVERYTHING))
                .build());
        return "put EgressIP " + name + " with " + address;
    }

    /** Somebody deletes what a pool has made, or makes it his own. */
    private String meddle() {
        boolean isDeleted = random.nextInt(3) > 0;
        var choices = new Random(random.nextLong()); // which there are depends on what has been written
        var all = List.copyOf(writers.made().keySet());
        if (all.isEmpty()) {
            return "";
        }
        var name = pick(all, choices);
        kept.excuse(name);
        if (isDeleted) {
            writers.delete(name);
        } else {
            writers.unlabel(name);
        }
        return (isDeleted ? "somebody deletes " : "somebody takes ") + name;
    }

    /** Whether something is kept for a time that passes soon. */
    boolean isWaiting() {
        synchronized (inputs) {
            var now = view();
            var frozen = now.frozen();
            return now.made().values().stream()
                    .filter(object -> object.annotations().containsKey(PooledEgressIp.RELEASED))
                    .flatMap(object -> now.pool(object.label().orElseThrow()).stream())
                    .anyMatch(pool ->
                            !frozen.containsKey(pool.name()) && pool.grace().compareTo(LONG_GRACE) < 0);
        }
    }

    /** What is wrong with what namespaces have, by the objects and what is said of them. */
    List<String> problems() {
        synchronized (inputs) {
            if (!areThere) {
                return List.of();
            }
            var problems = new ArrayList<>(new PoolsEnd(view(), statuses.getOrDefault(leader, Map.of())).problems());
            problems.addAll(complaints);
            if (hasOneController) {
                problems.addAll(writers.complaints());
            }
            return problems;
        }
    }

    /** No namespace wants anything any more; the EgressIPs that are to be kept for them nevertheless. */
    Set<String> leave() {
        synchronized (inputs) {
            var now = view();
            var staying = new TreeSet<String>();
            now.made()
                    .forEach((name, object) -> now.pool(object.label().orElseThrow())
                            .filter(pool -> now.frozen().containsKey(pool.name())
                                    || pool.grace().equals(LONG_GRACE))
                            .ifPresent(pool -> staying.add(name)));
            NAMESPACES.forEach(namespace -> annotate(namespace, Map.of(PooledEgressIp.POOL, "")));
            return staying;
        }
    }

    void removeAll() {
        synchronized (inputs) {
            List.copyOf(pools.keySet()).forEach(this::remove);
        }
    }

    /** What pools have made. */
    Set<String> left() {
        synchronized (inputs) {
            return writers.made().keySet();
        }
    }

    /** For messages. */
    String describe() {
        synchronized (inputs) {
            var text = new StringBuilder();
            pools.values().forEach(pool -> text.append("\n  ").append(pool));
            writers.made().values().forEach(object -> text.append("\n  ").append(object));
            statuses.forEach((controller, said) ->
                    said.forEach((pool, status) -> text.append("\n  status of pool %s by controller %s: %s %s"
                            .formatted(pool, controller, status.fields(), status.conditions()))));
            return text.toString();
        }
    }
}
