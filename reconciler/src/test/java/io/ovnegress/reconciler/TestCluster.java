package io.ovnegress.reconciler;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.LogicalRouterStaticRoute;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.PortGroup;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.Decision;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.feature.Features;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.BeforeServed;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.OnUnassigned;
import io.ovnegress.reconciler.feature.egressip.EgressTrafficInput;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpItems;
import io.ovnegress.reconciler.feature.egressrouter.Destination;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Protocol;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Target;
import io.ovnegress.reconciler.feature.egressrouter.Destinations;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput;
import io.ovnegress.reconciler.input.AddressClaim.Kind;
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
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.machine.PlannedTransaction;
import io.ovnegress.reconciler.machine.Reconciler;
import io.ovnegress.reconciler.safety.ForwardingRows.Policy;
import io.ovnegress.reconciler.safety.ForwardingRows.Snat;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** A reconciler between inputs made by hand and a {@link FakeNorthbound} with ovnkube-master's topology. */
public final class TestCluster {
    /** Every kind that is read, in the order in which they are listed. */
    static final List<InputKind> KINDS =
            List.of(EgressIpInput.KIND, EgressTrafficInput.KIND, InputKind.NAMESPACE, InputKind.POD, InputKind.NODE);

    static final ReconcilerConfig CONFIG = config(false, 500);

    public final FakeNorthbound database;
    final Map<String, UUID> routers = new LinkedHashMap<>();
    /** Of EgressIPs, by name. */
    final Map<String, StatusChange> statuses = new LinkedHashMap<>();
    /** Of other objects, by their keys. */
    final Map<String, StatusChange> otherStatuses = new LinkedHashMap<>();

    final List<StatusChange.Event> events = new ArrayList<>();
    final List<Decision> decisions = new ArrayList<>();
    /** Who was named by the transactions so far. */
    final Set<String> owners = new TreeSet<>();

    final List<List<Operation>> transactions = new ArrayList<>();
    int statusChanges;
    Reconciler reconciler;
    public Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private ReconcilerConfig config;
    private List<Feature> features;
    private boolean inSteps;
    /** Of NB_Global, that are asked for from the next start on. */
    Map<String, String> options = Map.of();

    public TestCluster() {
        this(CONFIG);
    }

    TestCluster(ReconcilerConfig config) {
        this(config, new FakeNorthbound());
    }

    TestCluster(ReconcilerConfig config, FakeNorthbound database) {
        this(config, database, Features.of(config));
    }

    /** @param features what the machine does */
    TestCluster(ReconcilerConfig config, FakeNorthbound database, List<Feature> features) {
        this.config = config;
        this.features = features;
        this.database = database;
        this.reconciler = new Reconciler(features, config.maxRowsPerTransaction());
        router("ovn_cluster_router");
    }

    /** The machine with all features. */
    static Reconciler reconciler(ReconcilerConfig config) {
        return new Reconciler(Features.of(config), config.maxRowsPerTransaction());
    }

    /** One in which changes that packets must not see half done are made in steps; the chassis say when they have installed all. */
    static TestCluster inSteps(ReconcilerConfig config) {
        return new TestCluster(config).installInSteps();
    }

    /** From now on changes are made in steps, and the chassis say when they have installed all. */
    TestCluster installInSteps() {
        inSteps = true;
        database.installInSteps();
        renew();
        return this;
    }

    /** A controller that has only just started. */
    void renew() {
        reconciler = new Reconciler(features, config.maxRowsPerTransaction(), inSteps, options);
    }

    public static ReconcilerConfig config(boolean disableSnatMultipleGateways, int maxRows) {
        return new ReconcilerConfig(
                List.of(network("10.128.0.0/14"), network("fd01::/48")),
                List.of(network("100.64.0.0/16"), network("fd98::/64")),
                disableSnatMultipleGateways,
                maxRows);
    }

    static IpNetwork network(String text) {
        return IpNetwork.parse(text).orElseThrow();
    }

    public static IpAddress ip(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    UUID router(String name) {
        var id = database.insert(LogicalRouter.TABLE, Cell.of(LogicalRouter.NAME, name));
        routers.put(name, id);
        return id;
    }

    /** The gateway router, join port and switch of a node, as ovnkube-master writes them. */
    public TestCluster topology(int... nodes) {
        for (int n : nodes) {
            var node = new NumberedNode(n);
            var router = router(node.gatewayRouter());
            port(router, node.joinPort(), node.joinNetworks().toArray(String[]::new));
            port(router, node.externalPort(), node.networks().toArray(String[]::new));
            database.insert(LogicalSwitch.TABLE, Cell.of(LogicalSwitch.NAME, node.name()));
        }
        return this;
    }

    /** What the nodes' routers are connected with: the join switch, and for each node a switch with a port to its network. */
    public TestCluster uplinks(int... nodes) {
        switchOf("join");
        port(routers.get("ovn_cluster_router"), "rtoj-ovn_cluster_router", "100.64.0.1/16", "fd98::1/64");
        for (int n : nodes) {
            var node = new NumberedNode(n);
            var router = routers.get(node.gatewayRouter());
            database.set(
                    LogicalRouter.TABLE, router, Cell.of(LogicalRouter.OPTIONS, Map.of("chassis", "chassis-" + n)));
            var localnet = database.insert(
                    LogicalSwitchPort.TABLE,
                    Cell.of(LogicalSwitchPort.NAME, "br-ex_" + node.name()),
                    Cell.of(LogicalSwitchPort.TYPE, "localnet"),
                    Cell.of(LogicalSwitchPort.OPTIONS, Map.of("network_name", "physnet")));
            database.addTo(LogicalSwitch.PORTS, switchOf("ext_" + node.name()), localnet);
            var outside = database.insert(
                    LogicalSwitchPort.TABLE,
                    Cell.of(LogicalSwitchPort.NAME, "etor-" + node.gatewayRouter()),
                    Cell.of(LogicalSwitchPort.TYPE, "router"),
                    Cell.of(LogicalSwitchPort.OPTIONS, Map.of("router-port", node.externalPort())));
            database.addTo(LogicalSwitch.PORTS, switchOf("ext_" + node.name()), outside);
        }
        return this;
    }

    /** What ovnkube has of each node: what no policy sends elsewhere leaves by the node of the pod. */
    TestCluster routesBySource(int... nodes) {
        for (int n : nodes) {
            var route = database.insert(
                    LogicalRouterStaticRoute.TABLE,
                    Cell.of(LogicalRouterStaticRoute.IP_PREFIX, "10.128." + 2 * (n - 1) + ".0/23"),
                    Cell.of(LogicalRouterStaticRoute.NEXTHOP, "100.64.0." + (n + 1)),
                    Cell.of(LogicalRouterStaticRoute.POLICY, Set.of("src-ip")));
            database.addTo(LogicalRouter.STATIC_ROUTES, routers.get("ovn_cluster_router"), route);
        }
        return this;
    }

    void routerPort(String router, String name, String... networks) {
        port(routers.get(router), name, networks);
    }

    void port(UUID router, String name, String... networks) {
        var port = database.insert(
                LogicalRouterPort.TABLE,
                Cell.of(LogicalRouterPort.NAME, name),
                Cell.of(LogicalRouterPort.MAC, "0a:58:64:40:00:01"),
                Cell.of(LogicalRouterPort.NETWORKS, Set.of(networks)));
        database.addTo(LogicalRouter.PORTS, router, port);
    }

    /** What ovnkube gives a pod under {@code --disable-snat-multiple-gws}: a SNAT of its own as its node. */
    void nodeSnat(String router, String pod, String nodeAddress) {
        var nat = database.insert(
                Nat.TABLE,
                Cell.of(Nat.TYPE, "snat"),
                Cell.of(Nat.EXTERNAL_IP, nodeAddress),
                Cell.of(Nat.LOGICAL_IP, pod),
                Cell.of(Nat.OPTIONS, Map.of("stateless", "false")));
        database.addTo(LogicalRouter.NAT, routers.get(router), nat);
    }

    /** From now on, and instead of whoever has looked before. */
    void afterEachTransaction(Consumer<List<Operation>> look) {
        database.keep(new FakeNorthbound.Journal() {
            @Override
            public void committed(FakeNorthbound unused, List<Operation> operations, CommitOutcome outcome) {
                look.accept(operations);
            }

            @Override
            public void tampered(FakeNorthbound unused, List<Operation> operations) {}
        });
    }

    /** Everything that can be written now is, and no chassis says that it has installed it. */
    void commitWithoutAnswer() {
        for (var next = reconciler.nextTransaction(now); next.isPresent(); next = reconciler.nextTransaction(now)) {
            commit(next.get());
        }
    }

    /** These are there now; then so many seconds pass, one by one. */
    void seconds(int many, InputObject... objects) {
        put(objects);
        for (int i = 0; i < many; i++) {
            after(Duration.ofSeconds(1));
        }
    }

    /** The router port of this name. */
    UUID portNamed(String name) {
        return database.rows(LogicalRouterPort.TABLE).stream()
                .filter(row -> row.get(LogicalRouterPort.NAME).equals(name))
                .findFirst()
                .orElseThrow()
                .id();
    }

    /** A node that can host egress IPs in 192.168.126.0/24 and fd00:126::/64. */
    public static NodeInput node(int n) {
        return new NumberedNode(n).input();
    }

    /** The same with default gateways of both families: routers of egress IPs' own find a way out there. */
    public static NodeInput nodeWithGateways(int n) {
        return node(n).edit()
                .nextHops(Set.of(ip("192.168.126.1"), ip("fd00:126::fe")))
                .build();
    }

    public static NodeInput notReady(NodeInput node) {
        return NodeInputs.ready(false, node);
    }

    /** One that may not host egress IPs. */
    public static NodeInput notLabelled(NodeInput node) {
        return NodeInputs.labelled(false, node);
    }

    /** The node with a management port of this address. */
    static NodeInput probedAt(NodeInput node, String address) {
        return NodeInputs.probedAt(ip(address), node);
    }

    static NodeInput draining(NodeInput node) {
        return NodeInputs.draining(true, node);
    }

    public static NamespaceInput namespace(String name, String... labels) {
        return new NamespaceInput(name, labels(labels));
    }

    public static PodInput pod(String namespace, String name, int node, String... ips) {
        return pod(namespace, name, node, Map.of("app", name), ips);
    }

    public static PodInput pod(String namespace, String name, int node, Map<String, String> labels, String... ips) {
        var addresses = new ArrayList<IpAddress>();
        for (var text : ips) {
            addresses.add(ip(text));
        }
        return new PodInput(
                new PodName(namespace, name),
                Instant.EPOCH,
                labels,
                node == 0 ? "" : new NumberedNode(node).name(),
                addresses,
                false,
                false);
    }

    static PodInput finished(PodInput pod) {
        return new PodInput(pod.name(), pod.created(), pod.labels(), pod.node(), pod.ips(), pod.hostNetwork(), true);
    }

    /** What the pod's object says of its addresses is of this kind. */
    static PodInput saying(Kind kind, PodInput pod) {
        var named = Set.of(Kind.AGREED, Kind.ANNOTATION_ONLY, Kind.STATUS_ONLY).contains(kind);
        return new PodInput(
                pod.name(),
                pod.created(),
                pod.labels(),
                pod.node(),
                named ? pod.ips() : List.of(),
                kind,
                pod.hostNetwork(),
                pod.finished());
    }

    static PodInput createdAt(PodInput pod, long second) {
        return new PodInput(
                pod.name(),
                Instant.ofEpochSecond(second),
                pod.labels(),
                pod.node(),
                pod.ips(),
                pod.hostNetwork(),
                pod.finished());
    }

    public static LabelSelector where(String... labels) {
        var requirements = new ArrayList<Requirement>();
        labels(labels).forEach((key, value) -> requirements.add(new Requirement(key, Operator.IN, Set.of(value))));
        return new LabelSelector(requirements);
    }

    /** An EgressRouter of namespace simpson: a port leads to another one of a host outside. */
    static EgressRouterInput bank(String source, int port) {
        return new EgressRouterInput(
                "simpson",
                "bank",
                "uid-bank",
                Instant.ofEpochSecond(1),
                1,
                List.of(ip(source)),
                new Destinations(
                        List.of(new Destination(port, Protocol.tcp, new Target.Address(ip("203.0.113.25")), 8443)),
                        Optional.empty()),
                "",
                Optional.empty(),
                EgressRouterInput.Clients.OWN_NAMESPACE,
                LabelSelector.EVERYTHING,
                List.of(),
                Optional.empty(),
                false,
                false,
                Optional.empty(),
                Optional.empty(),
                List.of());
    }

    public static EgressIpInput egressIp(String name, LabelSelector namespaces, String... ips) {
        return egressIp(name, 0, namespaces, LabelSelector.EVERYTHING, ips);
    }

    public static EgressIpInput egressIp(
            String name, long created, LabelSelector namespaces, LabelSelector pods, String... ips) {
        return EgressIpInput.named(name)
                .uid("uid-" + name)
                .created(Instant.ofEpochSecond(created))
                .egressIps(List.of(ips))
                .namespaceSelector(namespaces)
                .podSelector(pods)
                .build();
    }

    static EgressIpInput droppingBeforeServed(EgressIpInput egressIp) {
        return egressIp.edit().beforeServed(BeforeServed.DROP).build();
    }

    static EgressIpInput dropping(EgressIpInput egressIp) {
        return egressIp.edit().onUnassigned(OnUnassigned.DROP).build();
    }

    /** One whose {@code onUnassigned} is this, which is nothing that it may be. */
    static EgressIpInput withUnknownOnUnassigned(EgressIpInput egressIp, String value) {
        return egressIp.edit()
                .onUnassigned(OnUnassigned.DROP, Optional.of(value))
                .build();
    }

    private static Map<String, String> labels(String... pairs) {
        var labels = new LinkedHashMap<String, String>();
        for (var pair : pairs) {
            int equals = pair.indexOf('=');
            labels.put(pair.substring(0, equals), pair.substring(equals + 1));
        }
        return labels;
    }

    /** Starts with these objects as the first lists of every kind, and works until idle. */
    public TestCluster start(InputObject... objects) {
        connect();
        var kinds = new LinkedHashSet<>(KINDS);
        kinds.addAll(reconciler.progress().missing());
        for (var kind : kinds) {
            var listed = new ArrayList<InputObject>();
            for (var object : objects) {
                if (object.kind().equals(kind)) {
                    listed.add(object);
                }
            }
            reconciler.apply(new InputChange.Listed(kind, listed), now);
        }
        return settle();
    }

    void connect() {
        reconciler.connected(database.schema());
        reconciler.apply(database.everything());
    }

    TestCluster put(InputObject... objects) {
        for (var object : objects) {
            reconciler.apply(new InputChange.Put(object), now);
        }
        return settle();
    }

    TestCluster remove(InputKind kind, String name) {
        reconciler.apply(new InputChange.Removed(kind, name), now);
        return settle();
    }

    TestCluster tamper(Runnable change) {
        reconciler.apply(database.tamper(change));
        return settle();
    }

    /** Writes the port of a pod on its node's switch, as ovnkube-master does. */
    void insertPort(PodInput pod, String... ips) {
        insertPort(pod.name().namespace() + "_" + pod.name().name(), "pods", ips);
    }

    void insertPort(String name, String nodeSwitch, String... ips) {
        var addresses = Set.of("0a:58:0a:80:00:03 " + String.join(" ", ips));
        var port = database.insert(
                LogicalSwitchPort.TABLE,
                Cell.of(LogicalSwitchPort.NAME, name),
                Cell.of(LogicalSwitchPort.ADDRESSES, addresses),
                Cell.of(
                        LogicalSwitchPort.EXTERNAL_IDS,
                        Map.of("namespace", name.substring(0, Math.max(0, name.indexOf('_'))), "pod", "true")));
        database.addTo(LogicalSwitch.PORTS, switchOf(nodeSwitch), port);
    }

    void deletePort(PodInput pod) {
        port(pod).ifPresent(port -> database.delete(LogicalSwitchPort.TABLE, port.id()));
    }

    Optional<Row> port(PodInput pod) {
        var name = pod.name().namespace() + "_" + pod.name().name();
        return database.rows(LogicalSwitchPort.TABLE).stream()
                .filter(row -> row.get(LogicalSwitchPort.NAME).equals(name))
                .findAny();
    }

    /** Made if it is not there: nobody looks where a port is. */
    private UUID switchOf(String node) {
        return database.rows(LogicalSwitch.TABLE).stream()
                .filter(row -> row.get(LogicalSwitch.NAME).equals(node))
                .findAny()
                .map(Row::id)
                .orElseGet(() -> database.insert(LogicalSwitch.TABLE, Cell.of(LogicalSwitch.NAME, node)));
    }

    /** Works until there is nothing more to do at this moment. */
    TestCluster settle() {
        for (int i = 0; i < 1000; i++) {
            var planned = reconciler.nextTransaction(now);
            if (planned.isEmpty()) {
                take();
                if (!database.isAsked()) {
                    return this;
                }
                reconciler.apply(database.answer());
                continue;
            }
            transactions.add(planned.get().operations());
            owners.addAll(planned.get().owners());
            commit(planned.get());
            take();
        }
        throw new AssertionError(
                "does not settle: " + transactions.subList(Math.max(0, transactions.size() - 2), transactions.size()));
    }

    void commit(PlannedTransaction planned) {
        var commit = database.commit(planned.operations());
        reconciler.apply(commit.updates());
        reconciler.complete(planned, commit.outcome(), now);
    }

    private void take() {
        for (var change : reconciler.takeStatusChanges()) {
            (change.object().kind().equals(EgressIpInput.KIND) ? statuses : otherStatuses)
                    .put(change.object().key(), change);
            statusChanges++;
            events.addAll(change.events());
        }
        decisions.addAll(reconciler.takeDecisions());
    }

    /** Lets time pass, then works until idle. */
    TestCluster after(Duration duration) {
        now = now.plus(duration);
        return settle();
    }

    /** A new controller on the same database, with these objects. */
    TestCluster restart(InputObject... objects) {
        renew();
        transactions.clear();
        statuses.clear();
        return start(objects);
    }

    /** A new controller with other flags. */
    TestCluster restart(ReconcilerConfig flags, InputObject... objects) {
        config = flags;
        features = Features.of(flags);
        return restart(objects);
    }

    /** The reroute policies: pod address to nexthops. */
    Map<String, Set<String>> reroutes() {
        var reroutes = new TreeMap<String, Set<String>>();
        for (var policy : FakeForwarding.of(database).policies()) {
            if (policy.isReroute()) {
                reroutes.put(policy.pod(), new TreeSet<>(policy.nexthops()));
            }
        }
        return reroutes;
    }

    List<Row> clusterPolicies() {
        var router = routers.get("ovn_cluster_router");
        return router == null ? List.of() : database.children(LogicalRouter.POLICIES, router);
    }

    /** The addresses that must not leave. */
    Set<String> dropped() {
        return drops().stream()
                .filter(policy -> !policy.match().contains("$"))
                .map(Policy::pod)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Known addresses that must not leave whenever they are not rerouted. */
    Set<String> keptInByThemselves() {
        var keptIn = new TreeSet<String>();
        for (var policy : drops()) {
            if (policy.match().contains("$ovn_egress_cut_off_pods")) {
                keptIn.addAll(members(policy.match().substring(policy.match().indexOf('$') + 1)));
            }
        }
        return keptIn;
    }

    /** What is kept in whenever it is not rerouted. */
    private List<Policy> drops() {
        return FakeForwarding.of(database).policies().stream()
                .filter(Policy::isDrop)
                .toList();
    }

    /** The namespaces of which nothing leaves that is not rerouted, with the family: {@code simpson/v4}. */
    Set<String> keptIn() {
        var keptIn = new TreeSet<String>();
        for (var row : database.rows(PortGroup.TABLE)) {
            var namespace = row.get(PortGroup.EXTERNAL_IDS).get("k8s.ovn.org/name");
            for (var family : IpFamily.values()) {
                var field = family.matchField();
                var match = field + ".src == $" + row.get(PortGroup.NAME) + "_" + field;
                if (drops().stream().anyMatch(policy -> policy.match().equals(match))) {
                    keptIn.add(namespace + "/" + family.suffix());
                }
            }
        }
        return keptIn;
    }

    /** The port group of a namespace, as ovnkube makes it. */
    UUID portGroup(String namespace) {
        return database.insert(
                PortGroup.TABLE,
                Cell.of(PortGroup.NAME, groupOf(namespace)),
                Cell.of(
                        PortGroup.EXTERNAL_IDS,
                        Map.of(
                                "k8s.ovn.org/id",
                                "default-network-controller:Namespace:" + namespace,
                                "k8s.ovn.org/name",
                                namespace,
                                "k8s.ovn.org/owner-controller",
                                "default-network-controller",
                                "k8s.ovn.org/owner-type",
                                "Namespace")));
    }

    /** Its name, which is a hash of something. */
    static String groupOf(String namespace) {
        return "a" + Integer.toUnsignedString(namespace.hashCode());
    }

    /** The SNAT rows of egress IPs: {@code GR_node1 10.128.0.5 192.168.126.100}. */
    Set<String> snats() {
        return FakeForwarding.of(database).snats().stream()
                .filter(Snat::isOfEgressIp)
                .map(snat -> snat.router() + " " + snat.logicalIp() + " " + snat.externalIp())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The addresses of an address set of ours. */
    Set<String> members(String name) {
        return database.rows(AddressSet.TABLE).stream()
                .filter(row -> row.get(AddressSet.NAME).equals(name))
                .findAny()
                .map(row -> (Set<String>) new TreeSet<>(row.get(AddressSet.ADDRESSES)))
                .orElse(Set.of());
    }

    Set<String> servedV4() {
        return members("ovn_egress_served_pods_" + IpFamily.V4.suffix());
    }

    /** Everything in the database apart from UUIDs. */
    Set<String> content() {
        var content = new HashSet<String>();
        routers.forEach((name, id) -> {
            if (database.rows(LogicalRouter.TABLE).stream()
                    .noneMatch(row -> row.id().equals(id))) {
                return;
            }
            database.children(LogicalRouter.NAT, id).forEach(row -> content.add(name + " " + text(row)));
            database.children(LogicalRouter.POLICIES, id).forEach(row -> content.add(name + " " + text(row)));
        });
        for (var row : database.rows(AddressSet.TABLE)) {
            content.add(row.get(AddressSet.NAME) + new TreeSet<>(row.get(AddressSet.ADDRESSES)));
        }
        for (var row : database.rows(LogicalSwitch.TABLE)) {
            database.children(LogicalSwitch.QOS_RULES, row.id())
                    .forEach(qos -> content.add(row.get(LogicalSwitch.NAME) + " " + text(qos)));
        }
        return content;
    }

    /** The cells of a row in a defined order. */
    private static String text(Row row) {
        var text = new StringBuilder();
        for (var column : row.table().columns()) {
            Object value = row.get(column);
            if (value instanceof Set<?> set) {
                value = new TreeSet<>(set);
            } else if (value instanceof Map<?, ?> map) {
                value = new TreeMap<>(map);
            }
            text.append(' ').append(column.name()).append('=').append(value);
        }
        return text.toString();
    }

    List<EgressIpInput.StatusItem> items(String egressIp) {
        return EgressIpItems.of(statuses.get(egressIp));
    }
}
