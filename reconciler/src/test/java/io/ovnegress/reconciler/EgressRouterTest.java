package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.groupOf;
import static io.ovnegress.reconciler.TestCluster.ip;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.network;
import static io.ovnegress.reconciler.TestCluster.notReady;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LoadBalancer;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.LogicalRouterStaticRoute;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.feature.Features;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.NodeChoice;
import io.ovnegress.reconciler.feature.egressrouter.ConfigMapText;
import io.ovnegress.reconciler.feature.egressrouter.Destination;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Protocol;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Target;
import io.ovnegress.reconciler.feature.egressrouter.Destinations;
import io.ovnegress.reconciler.feature.egressrouter.DialResult;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput.Clients;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput.ConfigMapKey;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterConditionType;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterReason;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterState;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.ResolvedName;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.machine.Reconciler;
import io.ovnegress.reconciler.northbound.Marks;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** EgressRouters: which rows they are, in which steps these come and go, and what is said of them. */
class EgressRouterTest {
    private static final ReconcilerConfig CONFIG = new ReconcilerConfig(
                    List.of(network("10.128.0.0/14"), network("fd01::/48")),
                    List.of(network("100.64.0.0/16"), network("fd98::/64")),
                    false,
                    500)
            .edit()
            .otherSubnets(List.of(new ReservedSubnet(ReservedSubnet.Use.SERVICE, network("172.30.0.0/16"))))
            .egressRouterVips(List.of(network("198.18.0.0/24")))
            .build();
    private static final String SOURCE = "192.168.126.200";
    private static final String SECOND = "192.168.126.201";
    private static final String VIP = "198.18.0.1";
    private static final String ROUTER = "egressrouter_simpson_bank_" + SOURCE;
    private static final Clients RED = new Clients(Optional.empty(), where("app=red"));

    private final TestCluster cluster = new TestCluster(
                    CONFIG,
                    new FakeNorthbound(FakeNorthbound.PINNED, new Reconciler(Features.of(CONFIG), 500).monitorSpec()))
            .installInSteps()
            .topology(1, 2, 3)
            .uplinks(1, 2, 3);

    private final List<String> unsafe = new ArrayList<>();

    @BeforeEach
    void ovnkubesGroups() {
        cluster.portGroup("simpson");
        cluster.portGroup("bouvier");
        cluster.database.keep(new FakeNorthbound.Journal() {
            @Override
            public void committed(FakeNorthbound database, List<Operation> operations, CommitOutcome outcome) {
                judge();
            }

            @Override
            public void tampered(FakeNorthbound database, List<Operation> operations) {}
        });
    }

    /** Whoever is led to a router finds it whole, and a router lets nobody pass whom it does not know. */
    private void judge() {
        var insides = ours(LogicalRouterPort.TABLE).stream()
                .flatMap(port -> port.get(LogicalRouterPort.NETWORKS).stream())
                .map(text -> text.substring(0, text.indexOf('/')))
                .collect(Collectors.toSet());
        for (var way : ways()) {
            if (way.get(LogicalRouterPolicy.ACTION).equals("reroute")
                    && !insides.containsAll(way.get(LogicalRouterPolicy.NEXTHOPS))) {
                unsafe.add("led to a router that is not there: " + way);
            }
        }
        for (var router : ours(LogicalRouter.TABLE)) {
            boolean isClosed = cluster.database.children(LogicalRouter.POLICIES, router.id()).stream()
                    .anyMatch(row -> row.get(LogicalRouterPolicy.ACTION).equals("drop")
                            && row.get(LogicalRouterPolicy.MATCH).equals("ip4"));
            if (!isClosed) {
                unsafe.add("open to everybody: " + router);
            }
        }
        for (var outside : ours(LogicalSwitch.TABLE)) {
            if (cluster.database.children(LogicalSwitch.ACLS, outside.id()).isEmpty()) {
                unsafe.add("without a fence: " + outside);
            }
        }
    }

    private static NodeInput node(int n) {
        return TestCluster.node(n).edit().nextHops(Set.of(ip("192.168.126.1"))).build();
    }

    private static Destination tcp(int port, String to, int targetPort) {
        return new Destination(port, Protocol.tcp, new Target.Address(ip(to)), targetPort);
    }

    private static final Destinations LISTED = new Destinations(
            List.of(
                    tcp(80, "203.0.113.25", 80),
                    tcp(8080, "203.0.113.26", 443),
                    new Destination(53, Protocol.udp, new Target.Address(ip("203.0.113.53")), 53)),
            Optional.empty());

    /** An EgressRouter, of which some things are different. */
    private record Bank(
            String name,
            List<String> sources,
            Destinations destinations,
            String text,
            Optional<ConfigMapKey> from,
            Clients clients,
            Optional<String> virtualIp,
            long created) {
        static Bank simple() {
            return new Bank(
                    "bank", List.of(SOURCE), LISTED, "", Optional.empty(), Clients.OWN_NAMESPACE, Optional.empty(), 1);
        }

        Bank named(String other) {
            return new Bank(other, sources, destinations, text, from, clients, virtualIp, created);
        }

        Bank as(String... others) {
            return new Bank(name, List.of(others), destinations, text, from, clients, virtualIp, created);
        }

        Bank to(Destinations others) {
            return new Bank(name, sources, others, text, from, clients, virtualIp, created);
        }

        Bank from(String map, String key) {
            return new Bank(
                    name,
                    sources,
                    Destinations.NONE,
                    text,
                    Optional.of(new ConfigMapKey(map, key)),
                    clients,
                    virtualIp,
                    created);
        }

        Bank of(Clients others) {
            return new Bank(name, sources, destinations, text, from, others, virtualIp, created);
        }

        Bank at(String ip) {
            return new Bank(name, sources, destinations, text, from, clients, Optional.of(ip), created);
        }

        Bank createdAt(long second) {
            return new Bank(name, sources, destinations, text, from, clients, virtualIp, second);
        }

        EgressRouterInput input() {
            return new EgressRouterInput(
                    "simpson",
                    name,
                    "uid-" + name,
                    Instant.ofEpochSecond(created),
                    1,
                    sources.stream().map(TestCluster::ip).toList(),
                    destinations,
                    text,
                    from,
                    clients,
                    LabelSelector.EVERYTHING,
                    virtualIp.stream().map(TestCluster::ip).toList(),
                    Optional.of("bank"),
                    sources.size() > 1,
                    name.equals("dialled"),
                    Optional.empty(),
                    Optional.empty(),
                    List.of());
        }
    }

    private void start(InputObject... objects) {
        cluster.start(Stream.concat(
                        Stream.of(
                                node(1),
                                node(2),
                                node(3),
                                namespace("simpson", "house=simpson"),
                                namespace("bouvier", "house=bouvier"),
                                pod("simpson", "homer", 1, Map.of("app", "red"), "10.128.0.5"),
                                pod("simpson", "marge", 3, Map.of("app", "blue"), "10.128.4.5"),
                                pod("bouvier", "selma", 1, Map.of("app", "red"), "10.128.0.6")),
                        Stream.of(objects))
                .toArray(InputObject[]::new));
    }

    private List<Row> ours(Table table) {
        return cluster.database.rows(table).stream()
                .filter(row ->
                        Marks.featureOf(row).filter("egress-router"::equals).isPresent())
                .toList();
    }

    private List<Row> ports() {
        return cluster.database.rows(LogicalSwitchPort.TABLE).stream()
                .filter(row -> row.get(LogicalSwitchPort.NAME).contains("egressrouter_"))
                .toList();
    }

    private List<Row> ways() {
        return cluster.clusterPolicies().stream()
                .filter(row -> row.get(LogicalRouterPolicy.MATCH).startsWith("ip4.dst == "))
                .toList();
    }

    private Row way() {
        assertThat(ways()).hasSize(1);
        return ways().get(0);
    }

    private Map<String, String> vips(String balancer) {
        return ours(LoadBalancer.TABLE).stream()
                .filter(row -> row.get(LoadBalancer.NAME).endsWith("_" + balancer))
                .findFirst()
                .map(row -> row.get(LoadBalancer.VIPS))
                .orElse(Map.of());
    }

    private String chassis() {
        return ours(LogicalRouter.TABLE).get(0).get(LogicalRouter.OPTIONS).get("chassis");
    }

    private StatusChange status(String name) {
        var change = cluster.otherStatuses.get("simpson/" + name);
        assertThat(change).as("status of %s in %s", name, cluster.otherStatuses).isNotNull();
        return change;
    }

    private EgressRouterReason reason(String name) {
        return (EgressRouterReason) status(name).conditions().get(0).reason();
    }

    private String message(String name) {
        return status(name).conditions().get(0).message();
    }

    private void assertNothingIsLeft() {
        for (var table : List.of(
                LogicalRouter.TABLE,
                LogicalRouterPort.TABLE,
                LogicalRouterPolicy.TABLE,
                LogicalRouterStaticRoute.TABLE,
                LogicalSwitch.TABLE,
                LoadBalancer.TABLE,
                Nat.TABLE,
                AddressSet.TABLE,
                Acl.TABLE)) {
            assertThat(ours(table)).as(table.name()).isEmpty();
        }
        assertThat(ports()).isEmpty();
        assertThat(unsafe).isEmpty();
    }

    private void moments() {
        for (int i = 0; i < 5; i++) {
            cluster.after(Duration.ofSeconds(1));
        }
    }

    @Test
    void aVirtualIpLeadsToARouterWithLoadBalancersAndItsOwnSource() {
        start(Bank.simple().input());

        var router = ours(LogicalRouter.TABLE).get(0);
        assertThat(router.get(LogicalRouter.NAME)).isEqualTo(ROUTER);
        assertThat(chassis()).isEqualTo("chassis-1");
        assertThat(vips("tcp"))
                .isEqualTo(Map.of(
                        VIP + ":80",
                        "203.0.113.25:80",
                        VIP + ":8080",
                        "203.0.113.26:443",
                        "100.64.255.254:80",
                        "203.0.113.25:80",
                        "100.64.255.254:8080",
                        "203.0.113.26:443"));
        assertThat(vips("udp"))
                .isEqualTo(Map.of(VIP + ":53", "203.0.113.53:53", "100.64.255.254:53", "203.0.113.53:53"));
        assertThat(vips("rest")).as("all others are refused").isEqualTo(Map.of(VIP, "", "100.64.255.254", ""));
        assertThat(ours(LoadBalancer.TABLE))
                .allSatisfy(row -> assertThat(row.get(LoadBalancer.OPTIONS)).containsEntry("reject", "true"));
        assertThat(cluster.database.children(LogicalRouter.LOAD_BALANCER, router.id()))
                .hasSize(3);
        assertThat(ours(Nat.TABLE)).singleElement().satisfies(nat -> {
            assertThat(nat.get(Nat.EXTERNAL_IP)).isEqualTo(SOURCE);
            assertThat(nat.get(Nat.LOGICAL_IP)).isEqualTo("10.128.0.0/14");
        });
        assertThat(way().get(LogicalRouterPolicy.PRIORITY)).isEqualTo(500);
        assertThat(way().get(LogicalRouterPolicy.MATCH)).isEqualTo("ip4.dst == " + VIP);
        assertThat(way().get(LogicalRouterPolicy.NEXTHOPS)).containsExactly("100.64.255.254");
        assertThat(unsafe).isEmpty();
    }

    @Test
    void onlyClientsPassAndOthersAreRefused() {
        start(Bank.simple().input());

        var clients = "ip4.src == $" + groupOf("simpson") + "_ip4";
        var join = cluster.database.rows(LogicalSwitch.TABLE).stream()
                .filter(row -> row.get(LogicalSwitch.NAME).equals("join"))
                .findFirst()
                .orElseThrow();
        assertThat(cluster.database.children(LogicalSwitch.ACLS, join.id()))
                .extracting(row -> row.get(Acl.PRIORITY) + " " + row.get(Acl.ACTION) + " " + row.get(Acl.MATCH))
                .containsExactlyInAnyOrder(
                        "1901 allow inport == \"jtor-ovn_cluster_router\" && " + clients
                                + " && ip4.dst == {100.64.255.254, " + VIP + "}",
                        "1900 reject inport == \"jtor-ovn_cluster_router\" && ip4.dst == {100.64.255.254, " + VIP
                                + "}");
        var router = ours(LogicalRouter.TABLE).get(0);
        assertThat(cluster.database.children(LogicalRouter.POLICIES, router.id()))
                .extracting(row -> row.get(LogicalRouterPolicy.PRIORITY) + " " + row.get(LogicalRouterPolicy.ACTION)
                        + " " + row.get(LogicalRouterPolicy.MATCH))
                .containsExactlyInAnyOrder(
                        "200 allow inport == \"rtoj-" + ROUTER + "\" && " + clients,
                        "200 allow inport == \"rtoe-" + ROUTER + "\" && ct.rpl && ip4.dst == {10.128.0.0/14}",
                        "300 drop ip4.dst == {198.18.0.0/24}",
                        "100 drop ip4");
    }

    @Test
    void whatIsSentToTheVirtualIpIsDroppedUntilTheRouterIsInstalledEverywhere() {
        cluster.connect();
        start();
        cluster.reconciler.apply(new InputChange.Put(Bank.simple().input()), cluster.now);
        commitWithoutAnswer();
        assertThat(ours(LogicalRouter.TABLE)).hasSize(1);
        assertThat(way().get(LogicalRouterPolicy.ACTION)).isEqualTo("drop");

        cluster.reconciler.apply(cluster.database.answer());
        commitWithoutAnswer();
        assertThat(way().get(LogicalRouterPolicy.ACTION)).isEqualTo("reroute");
    }

    private void commitWithoutAnswer() {
        for (var next = cluster.reconciler.nextTransaction(cluster.now);
                next.isPresent();
                next = cluster.reconciler.nextTransaction(cluster.now)) {
            cluster.commit(next.get());
        }
    }

    @Test
    void aRouterGoesWhenNothingLeadsThereAndEveryChassisKnows() {
        start(Bank.simple().input());
        cluster.reconciler.apply(new InputChange.Removed(EgressRouterInput.KIND, "simpson/bank"), cluster.now);
        commitWithoutAnswer();
        assertThat(ways()).isEmpty();
        assertThat(ours(LogicalRouter.TABLE)).hasSize(1);

        cluster.reconciler.apply(cluster.database.answer());
        moments();
        assertNothingIsLeft();
    }

    @Test
    void anObjectThatGoesWhileNobodyLooksLeavesNothing() {
        start(Bank.simple().of(RED).input());
        cluster.restart();
        moments();

        assertNothingIsLeft();
    }

    @Test
    void theStatusTellsVirtualIpSourceNodeAndDestinations() {
        start(Bank.simple().input());

        assertThat(reason("bank")).isEqualTo(EgressRouterReason.Serving);
        assertThat(message("bank")).contains(VIP, SOURCE + " by node node1");
        assertThat(status("bank").fields())
                .isEqualTo(new EgressRouterState(
                        List.of(VIP),
                        List.of(new EgressRouterState.Source(SOURCE, "node1")),
                        List.of(
                                line("80", "TCP", "203.0.113.25", 80),
                                line("8080", "TCP", "203.0.113.26", 443),
                                line("53", "UDP", "203.0.113.53", 53)),
                        false));
        assertThat(cluster.events).isEmpty();
    }

    private static EgressRouterState.Line line(String port, String protocol, String to, int targetPort) {
        return new EgressRouterState.Line(port, protocol, to, Optional.of(targetPort), List.of(to), Optional.empty());
    }

    @Test
    void aRouterWhoseNodeDiesMovesByItsChassisAlone() {
        start(Bank.simple().input());
        var before = Set.copyOf(ours(LogicalRouterPort.TABLE));
        var balancers = Set.copyOf(ours(LoadBalancer.TABLE));
        assertThat(chassis()).isEqualTo("chassis-1");

        cluster.put(notReady(node(1)));
        moments();

        assertThat(chassis()).isEqualTo("chassis-2");
        assertThat(Set.copyOf(ours(LogicalRouterPort.TABLE))).isEqualTo(before);
        assertThat(Set.copyOf(ours(LoadBalancer.TABLE))).isEqualTo(balancers);
        assertThat(message("bank")).contains("by node node2");
        assertThat(unsafe).isEmpty();

        cluster.put(node(1));
        moments();
        assertThat(chassis()).as("it stays where it is").isEqualTo("chassis-2");
    }

    @Test
    void whereNoNodeIsLeftARouterStaysAndThatIsSaid() {
        start(Bank.simple().input());
        cluster.put(notReady(node(1)), notReady(node(2)), notReady(node(3)));
        moments();

        assertThat(chassis()).isNotEmpty();
        assertThat(way().get(LogicalRouterPolicy.ACTION)).isEqualTo("reroute");
        assertThat(reason("bank")).isEqualTo(EgressRouterReason.NoNode);
        assertThat(message("bank")).contains("none of the 3 nodes that it selects is alive");
    }

    @Test
    void routersAreSpreadOverNodes() {
        start(Bank.simple().input(), Bank.simple().named("shop").as(SECOND).input());

        assertThat(ours(LogicalRouter.TABLE))
                .extracting(row -> row.get(LogicalRouter.OPTIONS).get("chassis"))
                .containsExactlyInAnyOrder("chassis-1", "chassis-2");
        assertThat(ways()).hasSize(2);
    }

    @Test
    void twoSourcesAreOnTwoNodesAndAreDealtTo() {
        start(Bank.simple().as(SOURCE, SECOND).input());

        assertThat(ours(LogicalRouter.TABLE))
                .extracting(row -> row.get(LogicalRouter.OPTIONS).get("chassis"))
                .containsExactlyInAnyOrder("chassis-1", "chassis-2");
        assertThat(way().get(LogicalRouterPolicy.NEXTHOPS))
                .containsExactlyInAnyOrder("100.64.255.254", "100.64.255.253");

        cluster.put(notReady(node(1)));
        moments();
        assertThat(ours(LogicalRouter.TABLE))
                .extracting(row -> row.get(LogicalRouter.OPTIONS).get("chassis"))
                .containsExactlyInAnyOrder("chassis-3", "chassis-2");
        assertThat(way().get(LogicalRouterPolicy.NEXTHOPS))
                .as("next hops stay, so that connections do")
                .hasSize(2);
    }

    @Test
    void twoSourcesOnOneNodeAreNotHighlyAvailableAndThatIsSaid() {
        start(Bank.simple().as(SOURCE, SECOND).input());
        assertThat(condition(EgressRouterConditionType.HighlyAvailable)).isEqualTo(EgressRouterReason.OnTwoNodes);
        int lacks = cluster.reconciler.shortfall().of("unready.egress.routers");

        cluster.put(notReady(node(1)), notReady(node(2)));
        moments();

        assertThat(reason("bank")).as("it serves all the same").isEqualTo(EgressRouterReason.Serving);
        assertThat(condition(EgressRouterConditionType.HighlyAvailable)).isEqualTo(EgressRouterReason.NotOnTwoNodes);
        assertThat(said(EgressRouterConditionType.HighlyAvailable).message())
                .contains("by node node3", "none of the other 2 nodes");
        assertThat(said(EgressRouterConditionType.HighlyAvailable).status()).isFalse();
        assertThat(cluster.reconciler.shortfall().of("unready.egress.routers")).isEqualTo(lacks + 1);

        cluster.put(node(1));
        moments();
        assertThat(condition(EgressRouterConditionType.HighlyAvailable)).isEqualTo(EgressRouterReason.OnTwoNodes);
        assertThat(unsafe).isEmpty();
    }

    @Test
    void sourcesPartThoughOneOfThemHasNoChoice() {
        var both = node(1).edit()
                .egressNetworks(List.of(network("192.168.126.11/24"), network("192.168.127.11/24")))
                .nextHops(Set.of(ip("192.168.126.1"), ip("192.168.127.1")))
                .build();
        start(Bank.simple().as(SOURCE, "192.168.127.200").input());
        assertThat(condition(EgressRouterConditionType.HighlyAvailable)).isEqualTo(EgressRouterReason.NotOnTwoNodes);
        assertThat(chassis()).as("of the only one").isEqualTo("chassis-1");

        cluster.put(both);
        moments();

        assertThat(reason("bank")).isEqualTo(EgressRouterReason.Serving);
        assertThat(condition(EgressRouterConditionType.HighlyAvailable)).isEqualTo(EgressRouterReason.OnTwoNodes);
        assertThat(((EgressRouterState) status("bank").fields()).sources())
                .extracting(EgressRouterState.Source::node)
                .containsExactly("node2", "node1");
        assertThat(unsafe).isEmpty();
    }

    private Map<String, Integer> lacks() {
        return cluster.reconciler.shortfall().counts().entrySet().stream()
                .collect(Collectors.toMap(lack -> lack.getKey().reason(), Map.Entry::getValue));
    }

    @Test
    void whatIsRefusedIsCountedAsThatAlone() {
        start(Bank.simple().input());
        var before = lacks();

        cluster.put(Bank.simple().named("late").as(SOURCE, SECOND).createdAt(9).input());
        moments();

        assertThat(reason("late")).isEqualTo(EgressRouterReason.AddressConflict);
        var expected = new HashMap<>(before);
        expected.put("AddressConflict", 1);
        assertThat(lacks()).isEqualTo(expected);
    }

    @Test
    void whatIsNowhereIsNotCalledHighlyAvailable() {
        start(Bank.simple().as(SOURCE, SECOND).input());

        cluster.put(notReady(node(1)), notReady(node(2)), notReady(node(3)));
        moments();

        assertThat(reason("bank")).isEqualTo(EgressRouterReason.NoNode);
        assertThat(condition(EgressRouterConditionType.HighlyAvailable)).isEqualTo(EgressRouterReason.NotOnTwoNodes);
    }

    @Test
    void whatDoesNotDoWhatItIsToIsNotCalledHighlyAvailable() {
        var events = cluster.events.size();
        start(Bank.simple()
                .as(SOURCE, SECOND)
                .to(new Destinations(List.of(tcp(80, "10.128.0.6", 80)), Optional.empty()))
                .input());

        assertThat(reason("bank")).isEqualTo(EgressRouterReason.InvalidDestinations);
        assertThat(condition(EgressRouterConditionType.HighlyAvailable)).isEqualTo(EgressRouterReason.NotReady);
        assertThat(said(EgressRouterConditionType.HighlyAvailable).status()).isFalse();
        assertThat(said(EgressRouterConditionType.HighlyAvailable).message())
                .isEqualTo("its sources are on two nodes, but it does not do what it is to: condition Ready says why"
                        + " (InvalidDestinations)");
        assertThat(lacks())
                .as("counted once")
                .containsEntry("InvalidDestinations", 1)
                .doesNotContainKey("NotReady");
        assertThat(cluster.events.subList(events, cluster.events.size()))
                .extracting(StatusChange.Event::reason)
                .doesNotContain(EgressRouterReason.NotReady);

        cluster.put(Bank.simple().as(SOURCE, SECOND).input());
        moments();
        assertThat(condition(EgressRouterConditionType.HighlyAvailable)).isEqualTo(EgressRouterReason.OnTwoNodes);
    }

    @Test
    void anAnnotationThatIsRefusedIsNotCalledObeyed() {
        start(annotated());
        assertThat(condition(EgressRouterConditionType.AnnotationObeyed))
                .isEqualTo(EgressRouterReason.AnnotationObeyed);

        cluster.put(annotated("it has a selector"));
        moments();

        assertThat(reason("bank")).isEqualTo(EgressRouterReason.InvalidSpec);
        assertThat(said(EgressRouterConditionType.AnnotationObeyed))
                .extracting(StatusCondition::status, StatusCondition::reason, StatusCondition::message)
                .containsExactly(false, EgressRouterReason.AnnotationRefused, "it has a selector");
    }

    private static EgressRouterInput annotated(String... errors) {
        var plain = Bank.simple().input();
        return new EgressRouterInput(
                plain.namespace(),
                plain.name(),
                plain.uid(),
                plain.created(),
                plain.generation(),
                plain.sources(),
                plain.destinations(),
                plain.destinationsText(),
                plain.destinationsFrom(),
                plain.clients(),
                plain.nodes(),
                plain.virtualIps(),
                plain.service(),
                plain.highlyAvailable(),
                plain.dialled(),
                plain.poolClaim(),
                Optional.of("image is not needed"),
                List.of(errors));
    }

    @Test
    void theFallbackTakesAllOtherPorts() {
        start(Bank.simple()
                .to(new Destinations(LISTED.listed(), Optional.of(new Target.Address(ip("203.0.113.99")))))
                .input());

        assertThat(vips("rest")).isEqualTo(Map.of(VIP, "203.0.113.99", "100.64.255.254", "203.0.113.99"));
    }

    @Test
    void aVirtualIpStaysOverRestartsAndOthersDoNotTakeIt() {
        var first = Bank.simple().createdAt(5).input();
        start(first);
        var older = Bank.simple().named("shop").as(SECOND).createdAt(1).input();
        restartWith(first, older);

        assertThat(ways())
                .extracting(row -> row.get(LogicalRouterPolicy.MATCH))
                .containsExactlyInAnyOrder("ip4.dst == " + VIP, "ip4.dst == 198.18.0.2");
        assertThat(((EgressRouterState) status("bank").fields()).virtualIps()).contains(VIP);
    }

    @Test
    void nobodyLosesAVirtualIpToOneThatNamesItLater() {
        start(Bank.simple().createdAt(5).input());
        cluster.put(Bank.simple().named("thief").as(SECOND).at(VIP).createdAt(1).input());
        moments();

        assertThat(reason("thief")).isEqualTo(EgressRouterReason.VirtualIPConflict);
        assertThat(message("thief")).contains(VIP, "simpson/bank");
        assertThat(((EgressRouterState) status("bank").fields()).virtualIps()).contains(VIP);

        cluster.remove(EgressRouterInput.KIND, "simpson/bank");
        moments();
        assertThat(reason("thief")).isEqualTo(EgressRouterReason.Serving);
    }

    @Test
    void theAddressOfAnEgressIpThatHasNoNodeIsNobodyElses() {
        start(
                Bank.simple().input(),
                TestCluster.egressIp("demo", where("house=bouvier"), SOURCE)
                        .edit()
                        .nodes(new NodeChoice(Optional.of(where("zone=none")), List.of(), false, List.of()))
                        .build());

        assertThat(reason("bank")).isEqualTo(EgressRouterReason.AddressConflict);
        assertThat(cluster.items("demo")).isEmpty();
        cluster.remove(EgressIpInput.KIND, "demo");
        moments();
        assertThat(reason("bank")).isEqualTo(EgressRouterReason.Serving);
    }

    private void restartWith(InputObject... objects) {
        cluster.restart(Stream.concat(
                        Stream.of(
                                node(1),
                                node(2),
                                node(3),
                                namespace("simpson", "house=simpson"),
                                namespace("bouvier", "house=bouvier"),
                                pod("simpson", "homer", 1, Map.of("app", "red"), "10.128.0.5")),
                        Stream.of(objects))
                .toArray(InputObject[]::new));
    }

    @Test
    void aRestartWritesNothing() {
        start(Bank.simple().of(RED).input());
        restartWith(Bank.simple().of(RED).input());
        moments();

        assertThat(cluster.transactions.stream()
                        .flatMap(List::stream)
                        .filter(operation -> !operation.toString().contains("nb_cfg")))
                .isEmpty();
        assertThat(reason("bank")).isEqualTo(EgressRouterReason.Serving);
    }

    @Test
    void aVirtualIpIsTakenFromTheRangesOnly() {
        start(
                Bank.simple().at("198.18.0.77").input(),
                Bank.simple().named("thief").as(SECOND).at("8.8.8.8").input());

        assertThat(way().get(LogicalRouterPolicy.MATCH)).isEqualTo("ip4.dst == 198.18.0.77");
        assertThat(reason("thief")).isEqualTo(EgressRouterReason.VirtualIPConflict);
        assertThat(message("thief")).contains("8.8.8.8", "--egress-router-vips");
        assertThat(cluster.events)
                .extracting(StatusChange.Event::reason)
                .containsExactly(EgressRouterReason.VirtualIPConflict);
    }

    @Test
    void ofTwoWithTheSameSourceTheOlderHasIt() {
        start(
                Bank.simple().createdAt(2).input(),
                Bank.simple().named("older").createdAt(1).input());

        assertThat(reason("older")).isEqualTo(EgressRouterReason.Serving);
        assertThat(reason("bank")).isEqualTo(EgressRouterReason.AddressConflict);
        assertThat(message("bank")).contains("EgressRouter simpson/older, which has had it before");

        cluster.remove(EgressRouterInput.KIND, "simpson/older");
        moments();
        assertThat(reason("bank")).isEqualTo(EgressRouterReason.Serving);
        assertThat(unsafe).isEmpty();
    }

    @Test
    void whatIsSomebodyElsesIsNoSource() {
        start(
                Bank.simple().named("node").as("192.168.126.12").input(),
                Bank.simple().named("gateway").as("192.168.126.1").input(),
                Bank.simple().named("pods").as("10.128.7.7").input(),
                Bank.simple().named("far").as("10.99.0.1").input());

        assertThat(message("node")).contains("192.168.126.12 is used by node node2");
        assertThat(message("gateway")).contains("192.168.126.1 is used by the default gateway of node");
        assertThat(message("pods")).contains("10.128.7.7 is used by the cluster itself");
        assertThat(reason("far")).isEqualTo(EgressRouterReason.NoNode);
        assertThat(ours(LogicalRouter.TABLE)).isEmpty();
        assertThat(ways())
                .as("what is sent there does not leave the cluster either")
                .allSatisfy(
                        row -> assertThat(row.get(LogicalRouterPolicy.ACTION)).isEqualTo("drop"));
    }

    @Test
    void anEgressIpGoesFirst() {
        start(Bank.simple().input());
        cluster.put(TestCluster.egressIp("demo", where("house=bouvier"), SOURCE));
        moments();

        assertThat(reason("bank")).isEqualTo(EgressRouterReason.AddressConflict);
        assertThat(message("bank")).contains(SOURCE + " is used by EgressIP demo");
        assertThat(ours(LogicalRouter.TABLE)).isEmpty();
    }

    @Test
    void aConfigMapThatChangesActsAtOnceAndAWrongOneNotAtAll() {
        start(Bank.simple().from("routes", "destination").input());
        assertThat(reason("bank")).isEqualTo(EgressRouterReason.Pending);
        assertThat(cluster.reconciler.followed().configMaps()).containsExactly("simpson/routes");
        assertThat(ours(LogicalRouter.TABLE)).isEmpty();

        cluster.put(map("80 tcp 203.0.113.25"));
        assertThat(reason("bank")).isEqualTo(EgressRouterReason.Serving);
        assertThat(vips("tcp")).containsEntry(VIP + ":80", "203.0.113.25:80");

        cluster.transactions.clear();
        cluster.put(map("80 tcp 203.0.113.26 8080\n203.0.113.27"));
        assertThat(vips("tcp")).containsEntry(VIP + ":80", "203.0.113.26:8080");
        assertThat(vips("rest")).containsEntry(VIP, "203.0.113.27");
        assertThat(cluster.transactions.stream()
                        .filter(operations -> operations.toString().contains("Load_Balancer")))
                .as("one transaction")
                .hasSize(1);

        cluster.put(map("80 tcp 203.0.113.99\n80 udp 203.0.113.26"));
        assertThat(vips("tcp")).as("what was valid stays").containsEntry(VIP + ":80", "203.0.113.26:8080");
        assertThat(reason("bank")).isEqualTo(EgressRouterReason.InvalidDestinations);
        assertThat(message("bank"))
                .contains("ConfigMap simpson/routes, key destination, line 2: port 80 is already used in line 1");

        cluster.put(new ConfigMapText("simpson/routes", Optional.empty()));
        assertThat(reason("bank")).isEqualTo(EgressRouterReason.NoConfigMap);
        assertThat(vips("tcp")).containsEntry(VIP + ":80", "203.0.113.26:8080");
    }

    private static ConfigMapText map(String text) {
        return new ConfigMapText("simpson/routes", Optional.of(Map.of("destination", text)));
    }

    @Test
    void namesAreFollowedAndChangeInOneTransaction() {
        var name = new Target.Name("db.example.com");
        start(Bank.simple()
                .to(new Destinations(
                        List.of(new Destination(5432, Protocol.tcp, name, 5432), tcp(80, "203.0.113.25", 80)),
                        Optional.empty()))
                .input());
        assertThat(cluster.reconciler.names().names()).containsExactly("db.example.com");
        assertThat(ours(LogicalRouter.TABLE)).as("not before the name is known").isEmpty();

        cluster.put(new ResolvedName(
                "db.example.com", Set.of(ip("203.0.113.7"), ip("203.0.113.8"), ip("10.128.0.5")), Optional.empty()));
        assertThat(vips("tcp"))
                .as("not to a pod, whoever answers")
                .containsEntry(VIP + ":5432", "203.0.113.7:5432,203.0.113.8:5432");
        assertThat(condition(EgressRouterConditionType.NamesResolved)).isEqualTo(EgressRouterReason.NamesResolved);

        cluster.put(new ResolvedName("db.example.com", Set.of(ip("203.0.113.9")), Optional.empty()));
        assertThat(vips("tcp")).containsEntry(VIP + ":5432", "203.0.113.9:5432");

        cluster.put(new ResolvedName("db.example.com", Set.of(ip("203.0.113.9")), Optional.of("SERVFAIL")));
        assertThat(vips("tcp")).as("the last answer stays").containsEntry(VIP + ":5432", "203.0.113.9:5432");
        assertThat(condition(EgressRouterConditionType.NamesResolved)).isEqualTo(EgressRouterReason.NamesUnresolved);
    }

    @Test
    void anAnswerThatIsNotRenewedCountsForADay() {
        var name = new Target.Name("db.example.com");
        start(Bank.simple()
                .to(new Destinations(List.of(new Destination(5432, Protocol.tcp, name, 5432)), Optional.empty()))
                .input());
        cluster.put(new ResolvedName("db.example.com", Set.of(ip("203.0.113.9")), Optional.empty()));
        cluster.put(new ResolvedName("db.example.com", Set.of(ip("203.0.113.9")), Optional.of("SERVFAIL")));

        cluster.after(Duration.ofHours(23));
        assertThat(vips("tcp")).containsEntry(VIP + ":5432", "203.0.113.9:5432");
        assertThat(cluster.reconciler.nextDeadline()).isPresent();

        cluster.after(Duration.ofHours(1));
        assertThat(vips("tcp")).as("refused").containsEntry(VIP + ":5432", "");

        cluster.put(new ResolvedName("db.example.com", Set.of(ip("203.0.113.9")), Optional.empty()));
        assertThat(vips("tcp")).containsEntry(VIP + ":5432", "203.0.113.9:5432");
    }

    @Test
    void destinationsAreTriedWhereThatIsAskedFor() {
        start(
                Bank.simple().named("dialled").input(),
                Bank.simple().named("shop").as(SECOND).input());
        assertThat(cluster.reconciler.dials().endpoints())
                .containsExactlyInAnyOrder("203.0.113.25:80", "203.0.113.26:443");
        assertThat(reachable("dialled")).contains(EgressRouterReason.Pending);
        assertThat(reachable("shop")).isEmpty();

        cluster.put(
                new DialResult("203.0.113.25:80", Optional.empty()),
                new DialResult("203.0.113.26:443", Optional.of("Connection refused")));
        assertThat(reachable("dialled")).contains(EgressRouterReason.DestinationsUnreachable);
        assertThat(status("dialled").conditions())
                .anySatisfy(condition -> assertThat(condition.message())
                        .contains("203.0.113.26:443: Connection refused")
                        .doesNotContain("203.0.113.25"));
        assertThat(reason("dialled")).as("it serves all the same").isEqualTo(EgressRouterReason.Serving);

        cluster.put(new DialResult("203.0.113.26:443", Optional.empty()));
        assertThat(reachable("dialled")).contains(EgressRouterReason.DestinationsReachable);
    }

    private Optional<EgressRouterReason> reachable(String name) {
        return status(name).conditions().stream()
                .filter(condition -> condition.type() == EgressRouterConditionType.DestinationsReachable)
                .map(condition -> (EgressRouterReason) condition.reason())
                .findFirst();
    }

    private EgressRouterReason condition(EgressRouterConditionType type) {
        return (EgressRouterReason) said(type).reason();
    }

    private StatusCondition said(EgressRouterConditionType type) {
        return status("bank").conditions().stream()
                .filter(condition -> condition.type() == type)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void destinationsInTheClusterAreRefused() {
        start(Bank.simple()
                .to(new Destinations(List.of(tcp(80, "10.128.0.6", 80)), Optional.empty()))
                .input());

        assertThat(reason("bank")).isEqualTo(EgressRouterReason.InvalidDestinations);
        assertThat(message("bank")).contains("10.128.0.6 belongs to the cluster itself");

        for (var nobody : List.of("127.0.0.1", "169.254.169.254", "198.18.0.2", "224.0.0.1")) {
            cluster.put(Bank.simple()
                    .to(new Destinations(List.of(tcp(80, nobody, 80)), Optional.empty()))
                    .input());
            assertThat(message("bank")).contains(nobody + " belongs to the cluster itself, or is nobody's");
        }
    }

    @Test
    void podsThatASelectorChoosesAreInASetThatFollowsThem() {
        start(Bank.simple().of(RED).input());
        assertThat(clients()).containsExactly("10.128.0.5");
        assertThat(ours(Acl.TABLE))
                .anySatisfy(row -> assertThat(row.get(Acl.MATCH))
                        .contains("ip4.src == $" + groupOf("simpson") + "_ip4 && ip4.src == $ovn_egress_router_"));

        cluster.put(pod("simpson", "bart", 2, Map.of("app", "red"), "10.128.2.9"));
        assertThat(clients()).containsExactlyInAnyOrder("10.128.0.5", "10.128.2.9");

        cluster.put(pod("simpson", "homer", 1, Map.of("app", "blue"), "10.128.0.5"));
        assertThat(clients()).containsExactly("10.128.2.9");

        cluster.put(Bank.simple().input());
        moments();
        assertThat(ours(AddressSet.TABLE)).isEmpty();
    }

    private Set<String> clients() {
        return ours(AddressSet.TABLE).get(0).get(AddressSet.ADDRESSES);
    }

    @Test
    void otherNamespacesAreClientsIfTheyAreSelected() {
        start(Bank.simple()
                .of(new Clients(Optional.of(where("house=bouvier")), LabelSelector.EVERYTHING))
                .input());

        assertThat(ours(Acl.TABLE))
                .anySatisfy(row -> assertThat(row.get(Acl.MATCH)).contains("$" + groupOf("bouvier") + "_ip4"));

        cluster.put(namespace("simpson", "house=bouvier"));
        var bouvier = "$" + groupOf("bouvier") + "_ip4";
        var simpson = "$" + groupOf("simpson") + "_ip4";
        assertThat(allowing(bouvier)).hasSize(2).noneMatch(match -> match.contains(simpson));
        assertThat(allowing(simpson))
                .as("what names a namespace that is gone takes no other one along")
                .hasSize(2)
                .noneMatch(match -> match.contains(bouvier));

        var kept = allowing(bouvier);
        cluster.remove(InputKind.NAMESPACE, "simpson");
        assertThat(allowing(simpson)).isEmpty();
        assertThat(allowing(bouvier)).isEqualTo(kept);
    }

    /** What lets clients pass, on the join switch and on the router. */
    private List<String> allowing(String group) {
        return Stream.concat(
                        ours(Acl.TABLE).stream()
                                .filter(row -> row.get(Acl.ACTION).equals("allow"))
                                .map(row -> row.get(Acl.MATCH)),
                        ours(LogicalRouterPolicy.TABLE).stream()
                                .filter(row ->
                                        row.get(LogicalRouterPolicy.ACTION).equals("allow"))
                                .map(row -> row.get(LogicalRouterPolicy.MATCH)))
                .filter(match -> match.contains(group))
                .sorted()
                .toList();
    }

    @Test
    void whatSomebodyElseChangesIsPutRight() {
        start(Bank.simple().input());
        var before = ours(LoadBalancer.TABLE).stream().map(Row::toString).collect(Collectors.toSet());
        var balancer = ours(LoadBalancer.TABLE).get(0);
        cluster.tamper(() -> cluster.database.set(
                LoadBalancer.TABLE, balancer.id(), Cell.of(LoadBalancer.VIPS, Map.of("1.1.1.1:1", "2.2.2.2:2"))));
        cluster.tamper(() -> cluster.database.delete(LogicalRouterPolicy.TABLE, way().id()));
        moments();

        assertThat(ours(LoadBalancer.TABLE).stream().map(Row::toString).collect(Collectors.toSet()))
                .isEqualTo(before);
        assertThat(way().get(LogicalRouterPolicy.ACTION)).isEqualTo("reroute");

        cluster.tamper(() -> cluster.database.delete(
                LogicalRouter.TABLE, ours(LogicalRouter.TABLE).get(0).id()));
        moments();
        assertThat(ours(LogicalRouter.TABLE)).hasSize(1);
        assertThat(way().get(LogicalRouterPolicy.NEXTHOPS))
                .isEqualTo(ours(LogicalRouterPort.TABLE).stream()
                        .filter(port -> port.get(LogicalRouterPort.NAME).startsWith("rtoj-"))
                        .flatMap(port -> port.get(LogicalRouterPort.NETWORKS).stream())
                        .map(text -> text.substring(0, text.indexOf('/')))
                        .collect(Collectors.toSet()));
    }

    @Test
    void inAClusterOfManyDatabasesItSaysSo() {
        cluster.database.insert(LogicalSwitch.TABLE, Cell.of(LogicalSwitch.NAME, "transit_switch"));
        start(Bank.simple().input());

        assertThat(reason("bank")).isEqualTo(EgressRouterReason.UnsupportedTopology);
        assertThat(ours(LogicalRouter.TABLE)).isEmpty();
    }

    @Test
    void aChangedSourceIsAnotherRouterAndTheFormerServesUntilItIsThere() {
        start(Bank.simple().input());
        cluster.put(Bank.simple().as(SECOND).input());
        moments();

        assertThat(ours(LogicalRouter.TABLE))
                .extracting(row -> row.get(LogicalRouter.NAME))
                .containsExactly("egressrouter_simpson_bank_" + SECOND);
        assertThat(way().get(LogicalRouterPolicy.ACTION)).isEqualTo("reroute");
        assertThat(unsafe).isEmpty();
    }

    @Test
    void whileTheFormerServesItIsPutRight() {
        start(Bank.simple().input());
        cluster.reconciler.apply(new InputChange.Put(Bank.simple().as(SECOND).input()), cluster.now);
        commitWithoutAnswer();
        assertThat(ours(LogicalRouter.TABLE)).hasSize(2);
        var nat = ours(Nat.TABLE).stream()
                .filter(row -> row.get(Nat.EXTERNAL_IP).equals(SOURCE))
                .findFirst()
                .orElseThrow();
        cluster.reconciler.apply(cluster.database.tamper(
                () -> cluster.database.set(Nat.TABLE, nat.id(), Cell.of(Nat.EXTERNAL_IP, "192.168.126.77"))));
        commitWithoutAnswer();

        assertThat(ours(Nat.TABLE))
                .extracting(row -> row.get(Nat.EXTERNAL_IP))
                .containsExactlyInAnyOrder(SOURCE, SECOND);
        assertThat(vips("tcp")).isNotEmpty();
    }

    /** It is somebody else's to have. */
    @Test
    void aSourceThatWasTakenAwayIsNotUsedWhileWhatTakesItsPlaceCannotCome() {
        start(Bank.simple().input());
        var unanswered = new Destination(80, Protocol.tcp, new Target.Name("db.example.com"), 80);
        cluster.put(Bank.simple()
                .as(SECOND)
                .to(new Destinations(List.of(unanswered), Optional.empty()))
                .input());
        moments();

        assertThat(way().get(LogicalRouterPolicy.ACTION)).isEqualTo("drop");
        assertThat(ours(LogicalRouter.TABLE)).isEmpty();
    }

    @Test
    void whatGoesWhileTheJoinSwitchIsNotThereComesBackWithIt() {
        start(Bank.simple().input(), TestCluster.egressIp("demo", where("house=bouvier"), SOURCE));
        assertThat(way().get(LogicalRouterPolicy.ACTION)).isEqualTo("drop");
        var join = cluster.database.rows(LogicalSwitch.TABLE).stream()
                .filter(row -> row.get(LogicalSwitch.NAME).equals("join"))
                .findFirst()
                .orElseThrow();
        cluster.tamper(() -> cluster.database.delete(LogicalSwitch.TABLE, join.id()));
        cluster.tamper(() -> cluster.database.delete(LogicalRouterPolicy.TABLE, way().id()));
        assertThat(ways()).isEmpty();
        cluster.tamper(() -> cluster.database.insert(LogicalSwitch.TABLE, Cell.of(LogicalSwitch.NAME, "join")));
        moments();

        assertThat(way().get(LogicalRouterPolicy.ACTION)).isEqualTo("drop");
    }

    @Test
    void servicesLeadToRoutersThatAreInstalled() {
        start(Bank.simple().input());

        assertThat(cluster.reconciler.services().orElseThrow().services())
                .containsOnlyKeys("simpson/bank")
                .satisfies(services ->
                        assertThat(services.get("simpson/bank").addresses()).containsExactly("100.64.255.254"));

        cluster.remove(EgressRouterInput.KIND, "simpson/bank");
        assertThat(cluster.reconciler.services().orElseThrow().services()).isEmpty();
    }

    @Test
    void theYoungerOfTwoThatNameAServiceIsToldWhoseItIs() {
        start(
                Bank.simple().input(),
                Bank.simple().named("younger").as(SECOND).createdAt(9).input());

        assertThat(serviceOf("younger").reason()).isEqualTo(EgressRouterReason.ServiceUnusable);
        assertThat(serviceOf("younger").message())
                .isEqualTo("Service simpson/bank leads to EgressRouter simpson/bank, which is older: name another one");
        assertThat(serviceOf("bank").reason()).isEqualTo(EgressRouterReason.Pending);

        cluster.remove(EgressRouterInput.KIND, "simpson/bank");
        assertThat(serviceOf("younger").reason()).isEqualTo(EgressRouterReason.Pending);
        assertThat(cluster.reconciler
                        .services()
                        .orElseThrow()
                        .services()
                        .get("simpson/bank")
                        .owner()
                        .name())
                .isEqualTo("younger");
    }

    private StatusCondition serviceOf(String name) {
        return status(name).conditions().stream()
                .filter(condition -> condition.type() == EgressRouterConditionType.ServiceFilled)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void anAnswerChangesTheRoutersThatUseTheNameAlone() {
        var name = new Target.Name("db.example.com");
        start(
                Bank.simple()
                        .to(new Destinations(
                                List.of(new Destination(5432, Protocol.tcp, name, 5432)), Optional.empty()))
                        .input(),
                Bank.simple().named("other").as(SECOND).createdAt(9).input());
        cluster.put(new ResolvedName("db.example.com", Set.of(ip("203.0.113.7")), Optional.empty()));
        cluster.put(new ResolvedName("nobodys.example.com", Set.of(ip("203.0.113.9")), Optional.empty()));
        var others = ours(LoadBalancer.TABLE).stream()
                .filter(row -> row.get(LoadBalancer.NAME).contains("_other_"))
                .toList();

        cluster.put(new ResolvedName("db.example.com", Set.of(ip("203.0.113.8")), Optional.empty()));
        assertThat(ours(LoadBalancer.TABLE))
                .containsAll(others)
                .anySatisfy(row -> assertThat(row.get(LoadBalancer.VIPS)).containsValue("203.0.113.8:5432"));
    }

    @Test
    void aNamespaceWithoutPortGroupIsNamed() {
        start(
                Bank.simple()
                        .of(new Clients(Optional.of(where("house=flanders")), LabelSelector.EVERYTHING))
                        .input(),
                namespace("flanders", "house=flanders"));

        assertThat(reason("bank")).isEqualTo(EgressRouterReason.NoPortGroup);
        assertThat(ours(Acl.TABLE).stream().filter(row -> row.get(Acl.ACTION).equals("allow")))
                .as("nobody passes")
                .isEmpty();
        assertThat(cluster.reconciler.progress().missing()).doesNotContain(InputKind.POD);
    }
}
