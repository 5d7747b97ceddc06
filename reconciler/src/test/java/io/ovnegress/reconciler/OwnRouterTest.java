package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.groupOf;
import static io.ovnegress.reconciler.TestCluster.ip;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.notLabelled;
import static io.ovnegress.reconciler.TestCluster.notReady;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.HaChassis;
import io.ovnegress.ovsdb.nb.HaChassisGroup;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.LogicalRouterStaticRoute;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.NbGlobal;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.explain.Answer;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.feature.Decision;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.EgressIpDecision;
import io.ovnegress.reconciler.feature.egressip.EgressIpDecision.Why;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.feature.egressip.NodeChoice;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import io.ovnegress.reconciler.input.RouterHost;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An egress IP with a logical router of its own, in steps: the router, what leads there, and their ends. */
final class OwnRouterTest {
    private static final LabelSelector SIMPSON = where("house=simpson");
    private static final String EGRESS_IP = "192.168.126.100";
    private static final String ROUTER = "egressip_demo_192.168.126.100";
    private static final EgressIpInput PER_POD = egressIp("demo", SIMPSON, EGRESS_IP);
    private static final EgressIpInput FLOATING =
            PER_POD.edit().form(EgressForm.FLOATING).build();
    private static final EgressIpInput PINNED =
            PER_POD.edit().form(EgressForm.PINNED).build();
    /** Of the pods that demo's routers serve. */
    private static final String ROUTED = "ovn_egress_routed_b2285bb546f933e1_v4";

    private static final Set<Table> TABLES = Set.of(
            LogicalRouter.TABLE,
            LogicalRouterPort.TABLE,
            LogicalRouterStaticRoute.TABLE,
            LogicalSwitch.TABLE,
            LogicalSwitchPort.TABLE,
            Acl.TABLE,
            HaChassis.TABLE,
            HaChassisGroup.TABLE,
            Nat.TABLE);

    private final TestCluster cluster = TestCluster.inSteps(TestCluster.config(false, 500))
            .topology(1, 2, 3)
            .uplinks(1, 2, 3);

    @BeforeEach
    void ovnkubesGroup() {
        cluster.portGroup("simpson");
    }

    private static NodeInput node(int n) {
        return TestCluster.nodeWithGateways(n);
    }

    private static InputObject[] seed(InputObject... more) {
        var all = new ArrayList<InputObject>(List.of(
                node(1),
                node(2),
                node(3),
                namespace("simpson", "house=simpson"),
                namespace("bouvier", "house=bouvier"),
                pod("simpson", "homer", 1, "10.128.0.5"),
                pod("simpson", "marge", 3, "10.128.4.5"),
                pod("bouvier", "selma", 1, "10.128.0.6")));
        all.addAll(List.of(more));
        return all.toArray(InputObject[]::new);
    }

    private void seconds(InputObject... objects) {
        cluster.seconds(5, objects);
    }

    /** By name the rows of routers that are ours. */
    private Map<String, Row> ours() {
        var found = new TreeMap<String, Row>();
        for (var table : TABLES) {
            for (var row : cluster.database.rows(table)) {
                if (table == LogicalSwitchPort.TABLE) {
                    addPort(row, found);
                    continue;
                }
                var id = row.get(table.externalIds().orElseThrow()).getOrDefault("ovn-egress.io/id", "");
                if (id.startsWith("router/")) {
                    found.put(id.substring(id.indexOf('/', "router/demo/".length()) + 1), row);
                }
            }
        }
        return found;
    }

    /** They are told by their names. */
    private static void addPort(Row row, Map<String, Row> found) {
        var name = row.get(LogicalSwitchPort.NAME);
        var form = name.endsWith("_pinned") ? "pinned/" : "floating/";
        Map.of("jtor-egressip_", "join-port", "etor-egressip_", "outside-port", "physical-egressip_", "localnet")
                .forEach((prefix, part) -> {
                    if (name.startsWith(prefix)) {
                        found.put(form + part, row);
                    }
                });
    }

    private Row our(String part) {
        return ours().get("floating/" + part);
    }

    private List<Row> ways() {
        return cluster.clusterPolicies().stream()
                .filter(row -> row.get(LogicalRouterPolicy.ACTION).equals("reroute"))
                .toList();
    }

    /** The pods that have policies of their own. */
    private List<String> rerouted() {
        return cluster.reroutes().keySet().stream()
                .filter(pod -> !pod.startsWith("$"))
                .toList();
    }

    private static String match(Row policy) {
        return policy.get(LogicalRouterPolicy.MATCH);
    }

    private Map<String, Long> chassis() {
        return cluster.database.rows(HaChassis.TABLE).stream()
                .collect(Collectors.toMap(row -> row.get(HaChassis.CHASSIS_NAME), row -> row.get(HaChassis.PRIORITY)));
    }

    private List<StatusItem> items(String object) {
        return cluster.items(object);
    }

    /** Looks after every transaction. */
    private void after(Runnable look) {
        cluster.database.keep(new FakeNorthbound.Journal() {
            @Override
            public void committed(FakeNorthbound database, List<Operation> operations, CommitOutcome outcome) {
                look.run();
            }

            @Override
            public void tampered(FakeNorthbound database, List<Operation> operations) {}
        });
    }

    @Test
    void thoseWhoLeaveByItAreThoseItServes() {
        var inHost = pod("simpson", "inhost", 1, "192.168.126.11");
        var ended = pod("simpson", "ended", 1, "10.128.0.9");
        cluster.start(seed(
                FLOATING,
                egressIp("a-demo", SIMPSON, "10.9.9.9"), // older, on no node
                pod("simpson", "lisa", 1, "fd01::7"),
                new PodInput(inHost.name(), inHost.created(), Map.of(), "node1", inHost.ips(), true, false),
                new PodInput(ended.name(), ended.created(), Map.of(), "node1", ended.ips(), false, true)));

        assertThat(cluster.reconciler.sharing(ip(EGRESS_IP)))
                .extracting(PodName::toString)
                .containsExactlyInAnyOrder("simpson/homer", "simpson/marge");
    }

    @Test
    void podsAreInTheSetBeforeTheirRouterCanBe() {
        var noWayOut = node(1).edit().nextHops(Set.of()).build();
        var homers = FLOATING.edit().podSelector(where("app=homer")).build();
        cluster.start(
                noWayOut, namespace("simpson", "house=simpson"), pod("simpson", "homer", 1, "10.128.0.5"), homers);
        assertThat(our("router")).isNull();
        assertThat(ways()).isEmpty();

        seconds(node(1));

        assertThat(our("router")).isNotNull();
        assertThat(ways()).extracting(OwnRouterTest::match).containsExactly("ip4.src == $" + ROUTED);
        assertThat(cluster.members(ROUTED)).containsExactly("10.128.0.5");
    }

    @Test
    void aRouterHasEverythingAndOnePolicyLeadsTheNamespaceThere() {
        cluster.start(seed(FLOATING));

        var router = our("router");
        assertThat(router.get(LogicalRouter.NAME)).isEqualTo(ROUTER);
        assertThat(router.get(LogicalRouter.OPTIONS)).doesNotContainKey("chassis");
        var inside = our("inside");
        assertThat(inside.get(LogicalRouterPort.NETWORKS)).containsExactly("100.64.255.254/16");
        assertThat(inside.get(LogicalRouterPort.MAC)).isEqualTo("0a:58:64:40:ff:fe");
        var outside = our("outside");
        assertThat(outside.get(LogicalRouterPort.NETWORKS)).containsExactly(EGRESS_IP + "/24");
        assertThat(outside.get(LogicalRouterPort.MAC)).isEqualTo("0a:58:c0:a8:7e:64");
        assertThat(outside.get(LogicalRouterPort.HA_CHASSIS_GROUP))
                .containsExactly(our("group").id());
        assertThat(chassis()).isEqualTo(Map.of("chassis-1", 100L, "chassis-2", 50L, "chassis-3", 40L));
        assertThat(our("localnet").get(LogicalSwitchPort.OPTIONS)).isEqualTo(Map.of("network_name", "physnet"));
        assertThat(our("fence/10.128.0.0/14").get(Acl.MATCH))
                .isEqualTo("inport == \"etor-" + ROUTER + "\" && ip4.src == 10.128.0.0/14");
        assertThat(our("snat/10.128.0.0/14").get(Nat.EXTERNAL_IP)).isEqualTo(EGRESS_IP);
        assertThat(our("default/v4").get(LogicalRouterStaticRoute.NEXTHOP)).isEqualTo("192.168.126.1");
        assertThat(our("to-pods/10.128.0.0/14").get(LogicalRouterStaticRoute.NEXTHOP))
                .isEqualTo("100.64.0.1");
        assertThat(cluster.database.children(LogicalRouter.STATIC_ROUTES, cluster.routers.get("ovn_cluster_router")))
                .extracting(row -> row.get(LogicalRouterStaticRoute.IP_PREFIX))
                .containsExactly("100.64.255.254");
        assertThat(ways()).singleElement().satisfies(way -> {
            assertThat(match(way)).isEqualTo("ip4.src == $" + groupOf("simpson") + "_ip4");
            assertThat(way.get(LogicalRouterPolicy.PRIORITY)).isEqualTo(98);
            assertThat(way.get(LogicalRouterPolicy.NEXTHOPS)).containsExactly("100.64.255.254");
        });
        assertThat(items("demo")).containsExactly(new StatusItem("node1", EGRESS_IP));
    }

    @Test
    void whatLeadsThereComesWhenTheRouterIsInstalledEverywhere() {
        cluster.connect();
        cluster.start(seed());
        cluster.reconciler.apply(new InputChange.Put(FLOATING), cluster.now);
        commitWithoutAnswer();
        assertThat(our("router")).isNotNull();
        assertThat(ways()).isEmpty();

        cluster.reconciler.apply(cluster.database.answer());
        commitWithoutAnswer();
        assertThat(ways()).hasSize(1);
    }

    private void commitWithoutAnswer() {
        for (var next = cluster.reconciler.nextTransaction(cluster.now);
                next.isPresent();
                next = cluster.reconciler.nextTransaction(cluster.now)) {
            cluster.commit(next.get());
        }
    }

    @Test
    void aPlannedMoveChangesPrioritiesAndNothingElse() {
        cluster.start(seed(FLOATING));
        var before = ours();
        cluster.transactions.clear();

        seconds();
        cluster.put(node(1).edit().draining(true).build());
        assertThat(chassis())
                .as("the former one has a place until the next one has taken over")
                .isEqualTo(Map.of("chassis-2", 100L, "chassis-3", 50L, "chassis-1", 40L));
        seconds();

        assertThat(chassis()).containsEntry("chassis-2", 100L).doesNotContainKey("chassis-1");
        var after = ours();
        assertThat(after.keySet()).allSatisfy(part -> {
            if (!part.startsWith("floating/chassis/") && !part.equals("floating/group")) {
                assertThat(after.get(part)).isEqualTo(before.get(part));
            }
        });
        assertThat(items("demo")).containsExactly(new StatusItem("node2", EGRESS_IP));
    }

    /** Chassis that have not heard of each other yet do not believe that the next one is there. */
    @Test
    void aNodeThatIsNewDoesNotServeAtOnce() {
        cluster.start(seed(notLabelled(node(2)), notLabelled(node(3)), FLOATING));
        seconds();
        assertThat(chassis()).containsOnlyKeys("chassis-1");

        cluster.put(node(2), node(1).edit().draining(true).build());
        assertThat(chassis()).isEqualTo(Map.of("chassis-1", 100L, "chassis-2", 50L));

        seconds();
        assertThat(chassis()).isEqualTo(Map.of("chassis-2", 100L));
    }

    @Test
    void whenItsNodeDiesTheAddressBelongsToTheNextCandidateAndStaysThere() {
        cluster.start(seed(FLOATING));

        seconds(notReady(node(1)));
        assertThat(items("demo")).containsExactly(new StatusItem("node2", EGRESS_IP));
        assertThat(chassis()).containsEntry("chassis-2", 100L);

        seconds(node(1));
        assertThat(chassis()).isEqualTo(Map.of("chassis-2", 100L, "chassis-3", 50L, "chassis-1", 40L));
        assertThat(items("demo")).containsExactly(new StatusItem("node2", EGRESS_IP));
    }

    @Test
    void whereOvnHasMovedItByItselfItStays() {
        cluster.start(seed(FLOATING));
        seconds();
        hosted("chassis-1");
        seconds();
        assertThat(cluster.events).isEmpty();

        hosted("chassis-3");

        cluster.after(Duration.ofSeconds(1));
        assertThat(chassis()).containsEntry("chassis-3", 100L);
        assertThat(items("demo")).containsExactly(new StatusItem("node3", EGRESS_IP));
        assertThat(cluster.events)
                .extracting(event -> event.reason().toString())
                .contains("FailedOver");
        assertThat(cluster.decisions).filteredOn(Decision::isFailover).hasSize(1);
        seconds(node(3).edit().draining(true).build());
        assertThat(cluster.decisions)
                .as("what is planned is none")
                .filteredOn(Decision::isFailover)
                .hasSize(1);
    }

    /** OVN 23.03: only the southbound database says where it is. */
    @Test
    void whereOvnHasMovedItByItselfItStaysThoughOnlyTheSouthboundDatabaseSaysIt() {
        cluster.start(seed(FLOATING));
        seconds();
        seconds(heard("chassis-1"));
        assertThat(cluster.events).isEmpty();

        seconds(heard("chassis-3"));
        assertThat(chassis()).containsEntry("chassis-3", 100L);
        assertThat(items("demo")).containsExactly(new StatusItem("node3", EGRESS_IP));
        assertThat(cluster.events)
                .extracting(event -> event.reason().toString())
                .contains("FailedOver");
        assertThat(cluster.decisions).filteredOn(Decision::isFailover).hasSize(1);

        seconds(node(3).edit().draining(true).build());
        var planned = items("demo");
        seconds(heard(planned.getFirst().node().replace("node", "chassis-")));
        assertThat(cluster.decisions)
                .as("what is planned is none")
                .filteredOn(Decision::isFailover)
                .hasSize(1);
        assertThat(items("demo")).isEqualTo(planned);
    }

    @Test
    void aControllerThatStartsFindsItWhereTheSouthboundDatabaseSays() {
        cluster.start(seed(FLOATING));
        seconds();

        cluster.renew();
        cluster.reconciler.apply(new InputChange.Put(heard("chassis-2")), cluster.now);
        cluster.start(seed(FLOATING));

        assertThat(items("demo")).containsExactly(new StatusItem("node2", EGRESS_IP));
    }

    @Test
    void whatItHearsLateIsFollowedForRoutersThatWereThereBefore() {
        cluster.start(seed(FLOATING));
        seconds();
        cluster.restart(seed(FLOATING));
        assertThat(items("demo")).containsExactly(new StatusItem("node1", EGRESS_IP));

        seconds(heard("chassis-2"));
        assertThat(items("demo")).containsExactly(new StatusItem("node2", EGRESS_IP));
    }

    /** Chassis that have not heard of each other yet may each take it for a moment. */
    @Test
    void theFirstWordOfANewRouterIsNotFollowed() {
        cluster.start(seed(FLOATING));
        seconds(heard("chassis-2"));
        assertThat(items("demo")).containsExactly(new StatusItem("node1", EGRESS_IP));
    }

    @Test
    void whatTheNorthboundDatabaseSaysCounts() {
        cluster.start(seed(FLOATING));
        seconds();
        hosted("chassis-1");
        cluster.put(heard("chassis-1"));

        seconds(heard("chassis-3"));

        assertThat(items("demo")).containsExactly(new StatusItem("node1", EGRESS_IP));
    }

    private static RouterHost heard(String chassis) {
        return new RouterHost("rtoe-" + ROUTER, chassis);
    }

    /** ovn-northd says which chassis serves the router. */
    private void hosted(String chassis) {
        var port = our("outside").id();
        cluster.tamper(() -> cluster.database.set(
                LogicalRouterPort.TABLE, port, Cell.of(LogicalRouterPort.STATUS, Map.of("hosting-chassis", chassis))));
    }

    @Test
    void aDeletedObjectLeavesNothingAndItsRouterIsNeverWithoutItsGroup() {
        cluster.start(seed(FLOATING));
        var ends = new ArrayList<String>();
        after(() -> {
            if (ours().isEmpty()) {
                ends.add("gone");
            } else if (our("outside").get(LogicalRouterPort.HA_CHASSIS_GROUP).isEmpty()) {
                ends.add("without a group");
            }
        });

        cluster.remove(EgressIpInput.KIND, "demo");
        cluster.after(Duration.ofSeconds(1));

        assertThat(ours()).isEmpty();
        assertThat(ways()).isEmpty();
        assertThat(cluster.database.rows(AddressSet.TABLE))
                .noneMatch(row -> row.get(AddressSet.NAME).contains("routed"));
        assertThat(ends).doesNotContain("without a group");
        assertThat(cluster.database.rows(LogicalSwitchPort.TABLE))
                .noneMatch(row -> row.get(LogicalSwitchPort.NAME).contains("egressip"));
    }

    @Test
    void aRestartWritesNothing() {
        cluster.start(seed(FLOATING));

        cluster.restart(seed(FLOATING.edit()
                .statusItems(List.of(new StatusItem("node1", EGRESS_IP)))
                .build()));

        assertThat(cluster.transactions.stream().flatMap(List::stream))
                .as("it asks what is installed")
                .allMatch(
                        operation -> operation instanceof Operation.Mutate mutate && mutate.table() == NbGlobal.TABLE);
    }

    @Test
    void podsThatASelectorNarrowsAreInASet() {
        var lisas = FLOATING.edit().podSelector(where("app=marge")).build();
        cluster.start(seed(lisas));

        assertThat(ways()).singleElement().satisfies(way -> {
            assertThat(way.get(LogicalRouterPolicy.PRIORITY)).isEqualTo(100);
            var set = match(way).substring(match(way).indexOf('$') + 1);
            assertThat(cluster.members(set)).containsExactly("10.128.4.5");
        });
        cluster.put(pod("simpson", "marge", 3, Map.of("app", "other"), "10.128.4.5"));
        assertThat(cluster.database.rows(AddressSet.TABLE).stream()
                        .filter(row -> row.get(AddressSet.NAME).startsWith("ovn_egress_routed"))
                        .flatMap(row -> cluster.members(row.get(AddressSet.NAME)).stream()))
                .isEmpty();
    }

    /** A new pod of the older object must not leave as the younger one for a moment. */
    @Test
    void aNamespaceOfWhichAnOlderObjectServesSomeIsNotLedAwayAsAWhole() {
        var older = egressIp("older", -1, SIMPSON, where("app=homer"), "192.168.126.101");
        cluster.start(seed(FLOATING));
        assertThat(ways()).hasSize(1);

        seconds(older);

        assertThat(ways()).noneMatch(way -> match(way).contains(groupOf("simpson")));
        assertThat(rerouted()).containsExactly("10.128.0.5");
        assertThat(ways()).anySatisfy(way -> assertThat(match(way)).contains("$ovn_egress_routed_"));
        assertThat(routed()).containsExactly("10.128.4.5");
    }

    private Set<String> routed() {
        return cluster.database.rows(AddressSet.TABLE).stream()
                .filter(row -> row.get(AddressSet.NAME).startsWith("ovn_egress_routed"))
                .flatMap(row -> cluster.members(row.get(AddressSet.NAME)).stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Whether each pod of the Simpsons has a way at each moment, and where that leads there is a SNAT. */
    private List<String> gapsDuring(Runnable change) {
        var gaps = new ArrayList<String>();
        after(() -> {
            for (var address : List.of("10.128.0.5", "10.128.4.5")) {
                var leading = ways().stream()
                        .filter(way -> match(way).endsWith("== " + address)
                                || match(way).contains(groupOf("simpson"))
                                || (match(way).contains("$ovn_egress_routed_") && routed().contains(address)))
                        .max((one, other) -> Long.compare(
                                one.get(LogicalRouterPolicy.PRIORITY), other.get(LogicalRouterPolicy.PRIORITY)));
                if (leading.isEmpty()) {
                    gaps.add(address + " has no way");
                } else if (leading.get().get(LogicalRouterPolicy.NEXTHOPS).stream()
                        .noneMatch(hop -> leadsToASnat(hop, address))) {
                    gaps.add(address + " is sent to " + leading.get().get(LogicalRouterPolicy.NEXTHOPS));
                }
            }
        });
        change.run();
        after(() -> {});
        return gaps;
    }

    private boolean leadsToASnat(String hop, String address) {
        for (var router : cluster.database.rows(LogicalRouter.TABLE)) {
            boolean isThere = cluster.database.children(LogicalRouter.PORTS, router.id()).stream()
                    .anyMatch(port -> port.get(LogicalRouterPort.NETWORKS).stream()
                            .anyMatch(network -> network.startsWith(hop + "/")));
            if (isThere) {
                return cluster.database.children(LogicalRouter.NAT, router.id()).stream()
                        .anyMatch(nat -> nat.get(Nat.EXTERNAL_IP).equals(EGRESS_IP)
                                && (nat.get(Nat.LOGICAL_IP).equals(address)
                                        || nat.get(Nat.LOGICAL_IP).equals("10.128.0.0/14")));
            }
        }
        return false;
    }

    @Test
    void anObjectChangesItsFormAndBackAndNobodyIsWithoutAWay() {
        cluster.start(seed(PER_POD));
        assertThat(rerouted()).hasSize(2);

        assertThat(gapsDuring(() -> seconds(FLOATING))).isEmpty();
        assertThat(rerouted()).isEmpty();
        assertThat(cluster.snats()).noneMatch(snat -> snat.startsWith("GR_"));
        assertThat(ways()).hasSize(1);

        assertThat(gapsDuring(() -> seconds(PINNED))).isEmpty();
        assertThat(ours().keySet()).allMatch(part -> part.startsWith("pinned/"));
        assertThat(ours().get("pinned/router").get(LogicalRouter.OPTIONS)).containsEntry("chassis", "chassis-1");

        assertThat(gapsDuring(() -> seconds(PER_POD))).isEmpty();
        assertThat(ours()).isEmpty();
        assertThat(rerouted()).hasSize(2);
    }

    @Test
    void aNarrowedObjectChangesItsFormAndBackAndNobodyIsWithoutAWay() {
        var selector = new LabelSelector(
                List.of(new LabelSelector.Requirement("app", LabelSelector.Operator.IN, Set.of("homer", "marge"))));
        cluster.start(seed(PER_POD.edit().podSelector(selector).build()));

        assertThat(gapsDuring(
                        () -> seconds(FLOATING.edit().podSelector(selector).build())))
                .isEmpty();
        assertThat(rerouted()).isEmpty();
        assertThat(routed()).containsExactly("10.128.0.5", "10.128.4.5");

        assertThat(gapsDuring(() -> seconds(PER_POD.edit().podSelector(selector).build())))
                .isEmpty();
        assertThat(ours()).isEmpty();
        assertThat(routed()).isEmpty();
    }

    @Test
    void twoFamiliesShareARouter() {
        var dual =
                FLOATING.edit().egressIps(List.of(EGRESS_IP, "fd00:126::100")).build();
        cluster.start(seed(dual));

        assertThat(our("outside").get(LogicalRouterPort.NETWORKS))
                .containsExactlyInAnyOrder(EGRESS_IP + "/24", "fd00:126::100/64");
        assertThat(our("snat/fd01::/48").get(Nat.EXTERNAL_IP)).isEqualTo("fd00:126::100");
        assertThat(ways()).hasSize(2);
        assertThat(items("demo"))
                .containsExactly(new StatusItem("node1", EGRESS_IP), new StatusItem("node1", "fd00:126::100"));
    }

    @Test
    void severalAddressesAreSeveralRoutersOnDifferentNodes() {
        var two =
                FLOATING.edit().egressIps(List.of(EGRESS_IP, "192.168.126.101")).build();
        cluster.start(seed(two));

        assertThat(cluster.database.rows(LogicalRouter.TABLE))
                .filteredOn(row -> row.get(LogicalRouter.NAME).startsWith("egressip_"))
                .hasSize(2);
        assertThat(ways())
                .singleElement()
                .satisfies(way -> assertThat(way.get(LogicalRouterPolicy.NEXTHOPS))
                        .containsExactlyInAnyOrder("100.64.255.254", "100.64.255.253"));
    }

    @Test
    void aRouterThatCannotBeMadeDoesNotKeepPodsFromTheOthers() {
        var two =
                FLOATING.edit().egressIps(List.of(EGRESS_IP, "192.168.126.101")).build();
        var lacking = node(2).edit().nextHops(Set.of()).build();
        cluster.start(seed(two));
        cluster.remove(EgressIpInput.KIND, "demo");
        seconds(lacking, notLabelled(node(3)));

        seconds(two);

        assertThat(ways())
                .singleElement()
                .satisfies(
                        way -> assertThat(way.get(LogicalRouterPolicy.NEXTHOPS)).hasSize(1));
        assertThat(items("demo")).containsExactly(new StatusItem("node1", EGRESS_IP));
        assertThat(cluster.events)
                .anySatisfy(event ->
                        assertThat(event.message()).contains("a default gateway of node node2 for 192.168.126.101"));

        seconds(node(2));

        assertThat(items("demo")).hasSize(2);
        assertThat(ways())
                .singleElement()
                .satisfies(
                        way -> assertThat(way.get(LogicalRouterPolicy.NEXTHOPS)).hasSize(2));
    }

    @Test
    void itsSnatSaysWhichNamespacesLeaveByItAndNobodyWaitsForThat() {
        cluster.start(seed(FLOATING));
        assertThat(namespacesSaid()).isEqualTo("simpson");
        cluster.portGroup("moe");
        var without = new ArrayList<Integer>();
        after(() -> without.add(ways().size()));

        cluster.put(namespace("moe", "house=simpson"));
        assertThat(ways()).as("at once").hasSize(2);
        seconds();

        assertThat(namespacesSaid()).isEqualTo("moe,simpson");
        assertThat(without).doesNotContain(0);
        seconds(namespace("moe", "house=moe"));
        assertThat(namespacesSaid()).isEqualTo("simpson");
    }

    private String namespacesSaid() {
        return our("snat/10.128.0.0/14").get(Nat.EXTERNAL_IDS).get("ovn-egress.io/namespaces");
    }

    @Test
    void everyDamagedRowIsPutRight() {
        cluster.start(seed(FLOATING));
        var whole = new HashMap<>(ours());
        for (var part : whole.keySet()) {
            var row = whole.get(part);
            cluster.tamper(() -> cluster.database.delete(row.table(), row.id()));
            cluster.after(Duration.ofMinutes(2));
            seconds();
            assertThat(ours()).as("%s was deleted", part).isEqualTo(whole);
        }
        Stream.of(
                        Map.entry(
                                "inside",
                                Cell.of(LogicalRouterPort.NETWORKS, Set.of("100.64.255.254/16", "10.9.9.9/24"))),
                        Map.entry("outside", Cell.of(LogicalRouterPort.MAC, "0a:58:00:00:00:01")),
                        Map.entry("outside", Cell.of(LogicalRouterPort.HA_CHASSIS_GROUP, Set.<java.util.UUID>of())),
                        Map.entry("router", Cell.of(LogicalRouter.OPTIONS, Map.of("chassis", "chassis-2"))),
                        Map.entry("router", Cell.of(LogicalRouter.EXTERNAL_IDS, Map.<String, String>of())),
                        Map.entry("switch", Cell.of(LogicalSwitch.OTHER_CONFIG, Map.of("subnet", "10.0.0.0/8"))),
                        Map.entry("fence/10.128.0.0/14", Cell.of(Acl.ACTION, "allow")),
                        Map.entry("fence/10.128.0.0/14", Cell.of(Acl.EXTERNAL_IDS, Map.<String, String>of())),
                        Map.entry("snat/10.128.0.0/14", Cell.of(Nat.EXTERNAL_IP, "192.168.126.11")),
                        Map.entry("localnet", Cell.of(LogicalSwitchPort.OPTIONS, Map.of("network_name", "other"))),
                        Map.entry("default/v4", Cell.of(LogicalRouterStaticRoute.NEXTHOP, "192.168.126.2")),
                        Map.entry("chassis/chassis-1", Cell.of(HaChassis.PRIORITY, 1L)))
                .forEach(damage -> {
                    var row = whole.get("floating/" + damage.getKey());
                    cluster.tamper(() -> cluster.database.set(row.table(), row.id(), damage.getValue()));
                    cluster.after(Duration.ofMinutes(2));
                    seconds();
                    assertThat(ours()).as("%s", damage).isEqualTo(whole);
                });
    }

    /** By id the policies and sets that are ours, on whatever router. */
    private Map<String, Row> leading() {
        var found = new TreeMap<String, Row>();
        for (var table : List.of(LogicalRouterPolicy.TABLE, AddressSet.TABLE)) {
            for (var row : cluster.database.rows(table)) {
                var id = row.get(table.externalIds().orElseThrow()).get("ovn-egress.io/id");
                if (id != null) {
                    found.put(table.name() + "/" + id, row);
                }
            }
        }
        return found;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyDamageToWhatLeadsThereIsPutRight(boolean isNarrowed) {
        var object =
                isNarrowed ? FLOATING.edit().podSelector(where("app=homer")).build() : FLOATING;
        cluster.start(seed(object));
        seconds();
        var whole = leading();
        assertThat(whole.keySet()).anyMatch(id -> id.contains("strangers"));
        assertThat(ways()).hasSize(1);
        whole.forEach((id, row) -> {
            cluster.tamper(() -> cluster.database.delete(row.table(), row.id()));
            cluster.after(Duration.ofMinutes(2));
            seconds();
            assertThat(leading()).as("%s was deleted", id).isEqualTo(whole);
        });
        whole.values().stream()
                .filter(row -> row.table() == LogicalRouterPolicy.TABLE)
                .forEach(row -> Stream.of(
                                Cell.of(LogicalRouterPolicy.MATCH, "ip4.src == 10.128.0.0/14"),
                                Cell.of(LogicalRouterPolicy.PRIORITY, 42L),
                                Cell.of(LogicalRouterPolicy.NEXTHOPS, Set.of("100.64.0.9")),
                                Cell.of(LogicalRouterPolicy.ACTION, "allow"),
                                Cell.of(LogicalRouterPolicy.EXTERNAL_IDS, Map.<String, String>of()))
                        .filter(damage -> !damage.value().equals(row.get(damage.column())))
                        .forEach(damage -> {
                            cluster.tamper(() -> cluster.database.set(row.table(), row.id(), damage));
                            cluster.after(Duration.ofMinutes(2));
                            seconds();
                            assertThat(leading()).as("%s of %s", damage, row).isEqualTo(whole);
                        }));
    }

    /** Its packets are as long as those that leave by the node's gateway router. */
    @Test
    void itsPortsHaveTheMtuOfTheGatewayRoutersPortsAndFollowIt() {
        tellMtu("1400");
        cluster.start(seed(FLOATING));
        assertThat(our("inside").get(LogicalRouterPort.OPTIONS)).containsEntry("gateway_mtu", "1400");
        assertThat(our("outside").get(LogicalRouterPort.OPTIONS)).containsEntry("gateway_mtu", "1401");

        cluster.tamper(() -> tellMtu("1300"));
        seconds();

        assertThat(our("inside").get(LogicalRouterPort.OPTIONS)).containsEntry("gateway_mtu", "1300");
        assertThat(our("outside").get(LogicalRouterPort.OPTIONS)).containsEntry("gateway_mtu", "1301");
    }

    private void tellMtu(String mtu) {
        cluster.database.set(
                LogicalRouterPort.TABLE,
                cluster.portNamed("rtoj-GR_node1"),
                Cell.of(LogicalRouterPort.OPTIONS, Map.of("gateway_mtu", mtu)));
        cluster.database.set(
                LogicalRouterPort.TABLE,
                cluster.portNamed("rtoe-GR_node1"),
                Cell.of(LogicalRouterPort.OPTIONS, Map.of("gateway_mtu", mtu.substring(0, 3) + "1")));
    }

    @Test
    void addressesOfDeletedObjectsAreUsedAgain() {
        cluster.start(seed(FLOATING));
        cluster.remove(EgressIpInput.KIND, "demo");
        seconds(egressIp("next", SIMPSON, "192.168.126.102")
                .edit()
                .form(EgressForm.FLOATING)
                .build());

        assertThat(ways())
                .singleElement()
                .satisfies(
                        way -> assertThat(way.get(LogicalRouterPolicy.NEXTHOPS)).containsExactly("100.64.255.254"));
    }

    @Test
    void thePodKnowsByWhichRouterItLeaves() {
        cluster.start(seed(FLOATING));

        var answer = cluster.reconciler.answer(
                new Question.OfObject(new ObjectRef(InputKind.POD, "simpson/homer")), cluster.now);
        var explained = ((Answer.Explained) answer).explanation();

        assertThat(explained.answer()).isEqualTo("leaves as " + EGRESS_IP + " from node1 (EgressIP demo)");
        assertThat(explained.parts().getFirst().reasons())
                .anySatisfy(reason -> assertThat(reason.message()).contains("routers of its own"));
    }

    @Test
    void oneThatStandsBySaysByWhichRouterPodsLeaveAndTakesOverWithoutWriting() {
        cluster.start(seed(FLOATING));
        cluster.reconciler.setLeader(false);
        assertThat(leavesNow()).isEqualTo("leaves as " + EGRESS_IP + " from node1 (EgressIP demo)");
        cluster.transactions.clear();

        cluster.reconciler.setLeader(true);
        seconds();

        assertThat(cluster.transactions.stream().flatMap(List::stream))
                .allMatch(
                        operation -> operation instanceof Operation.Mutate mutate && mutate.table() == NbGlobal.TABLE);
        seconds(PER_POD);
        assertThat(ours()).as("it goes on where it was").isEmpty();
    }

    /** What another controller took away while this one stood by is made anew before anybody is sent there. */
    @Test
    void aRouterThatIsGoneWhenItTakesOverIsMadeBeforePodsAreSentThere() {
        cluster.start(seed(PER_POD));
        seconds(FLOATING);
        cluster.reconciler.setLeader(false);
        cluster.tamper(() -> ours().values().forEach(row -> cluster.database.delete(row.table(), row.id())));
        cluster.reconciler.setLeader(true);

        seconds();

        assertThat(ours()).containsKey("floating/router");
        assertThat(ways()).hasSize(1);
    }

    private String leavesNow() {
        var answer = cluster.reconciler.answer(
                new Question.OfObject(new ObjectRef(InputKind.POD, "simpson/homer")), cluster.now);
        return ((Answer.Explained) answer).explanation().answer();
    }

    @Test
    void aNamespaceThatIsSelectedLaterIsServedAsWell() {
        var narrowed = FLOATING.edit().podSelector(where("app=selma")).build();
        cluster.start(seed(narrowed));
        assertThat(routed()).isEmpty();

        seconds(namespace("bouvier", "house=simpson"));

        assertThat(routed()).containsExactly("10.128.0.6");
        assertThat(ways()).anySatisfy(way -> assertThat(match(way)).contains("$ovn_egress_routed_"));
    }

    /** The set of the older object leads nowhere before its router is there. */
    @Test
    void nobodyIsWithoutAWayWhileAnOlderObjectGetsARouter() {
        cluster.start(seed(FLOATING));
        var older = egressIp("older", -1, SIMPSON, where("app=homer"), "192.168.126.101")
                .edit()
                .form(EgressForm.FLOATING)
                .build();
        var homers = new ArrayList<String>();
        after(() -> {
            boolean isCarried = ways().stream().anyMatch(way -> match(way).contains(groupOf("simpson")));
            boolean isRouted = ways().stream()
                    .anyMatch(way -> match(way).contains("$ovn_egress_routed_")
                            && cluster.members(match(way).substring(match(way).indexOf('$') + 1))
                                    .contains("10.128.0.5"));
            if (!isCarried && !isRouted) {
                homers.add("homer has no way");
            }
        });

        seconds(older);

        assertThat(homers).isEmpty();
        assertThat(ways()).noneMatch(way -> match(way).contains(groupOf("simpson")));
    }

    @Test
    void whenAnObjectIsDeletedBehindWhichAnotherStandsByNobodyIsWithoutAWay() {
        var younger = egressIp("younger", 1, SIMPSON, LabelSelector.EVERYTHING, "192.168.126.101");
        cluster.start(seed(FLOATING, younger));
        var gaps = new ArrayList<String>();
        after(() -> {
            boolean isCarried = ways().stream().anyMatch(way -> match(way).contains(groupOf("simpson")));
            if (!isCarried && rerouted().size() < 2) {
                gaps.add("a pod has no way");
            }
        });

        cluster.remove(EgressIpInput.KIND, "demo");
        seconds();

        assertThat(gaps).isEmpty();
        assertThat(rerouted()).hasSize(2);
        assertThat(ours()).isEmpty();
    }

    @Test
    void whatKeepsPodsInDoesNotStopThemWhileTheyStillLeaveByTheirNamespace() {
        var dropping = TestCluster.dropping(FLOATING);
        cluster.start(seed(dropping));
        var stopped = new ArrayList<String>();
        after(() -> {
            if (!cluster.keptInByThemselves().isEmpty() && rerouted().isEmpty()) {
                stopped.add("kept in above its way");
            }
        });

        seconds(TestCluster.dropping(PER_POD));

        assertThat(stopped).isEmpty();
        assertThat(rerouted()).hasSize(2);
        assertThat(cluster.keptInByThemselves()).hasSize(2);
    }

    @Test
    void aNarrowedObjectThatLosesItsPlaceLeavesNothing() {
        var narrowed = FLOATING.edit().podSelector(where("app=homer")).build();
        cluster.start(seed(narrowed));
        assertThat(ours()).isNotEmpty();

        seconds(narrowed.edit().egressIps(List.of("10.9.9.9")).build());

        assertThat(ours()).isEmpty();
        assertThat(ways()).isEmpty();
    }

    @Test
    void whatLedAFamilyToARouterGoesWithItsPlaceThoughTheOtherFamilyHasOne() {
        var narrowed = FLOATING.edit()
                .podSelector(where("app=lisa"))
                .egressIps(List.of(EGRESS_IP, "fd00:126::100"))
                .build();
        cluster.start(seed(pod("simpson", "lisa", 1, Map.of("app", "lisa"), "10.128.0.7", "fd01::7"), narrowed));
        seconds();
        assertThat(ways()).hasSize(2);

        seconds(narrowed.edit().egressIps(List.of(EGRESS_IP, "fd99::1")).build());
        seconds();

        assertThat(ways())
                .singleElement()
                .satisfies(way -> assertThat(match(way)).startsWith("ip4"));
        assertThat(cluster.database.rows(AddressSet.TABLE))
                .extracting(row -> row.get(AddressSet.NAME))
                .filteredOn(name -> name.startsWith("ovn_egress_routed"))
                .singleElement()
                .satisfies(set -> assertThat(cluster.members(set)).containsExactly("10.128.0.7"));
    }

    /** Both families are on one router; the second one's address moves away alone. */
    @Test
    void aFamilyThatLeavesASharedRouterIsServedThereUntilItsPodsAreLedElsewhere() {
        var both =
                FLOATING.edit().egressIps(List.of(EGRESS_IP, "fd00:126::100")).build();
        cluster.start(seed(pod("simpson", "lisa", 1, "10.128.0.7", "fd01::7"), both));
        seconds();
        assertThat(items("demo")).extracting(StatusItem::node).containsExactly("node1", "node1");
        var nowhere = new ArrayList<String>();
        after(() -> ways().stream()
                .filter(way -> match(way).startsWith("ip6"))
                .flatMap(way -> way.get(LogicalRouterPolicy.NEXTHOPS).stream())
                .filter(hop -> !leadsToASnatOf(hop, "fd01::/48"))
                .forEach(nowhere::add));

        // Somebody else wants it as well: it has a router of its own, and goes to a node of its own in the end.
        seconds(egressIp("younger", 1, where("house=bouvier"), LabelSelector.EVERYTHING, "fd00:126::100"));
        seconds();
        seconds();

        assertThat(items("demo")).extracting(StatusItem::node).containsExactly("node1", "node2");
        assertThat(nowhere).isEmpty();
        var shared = cluster.database.rows(LogicalRouter.TABLE).stream()
                .filter(router -> router.get(LogicalRouter.NAME).equals(ROUTER))
                .findFirst()
                .orElseThrow();
        assertThat(shared.get(LogicalRouter.EXTERNAL_IDS)).containsEntry("ovn-egress.io/state", "serving");
        assertThat(cluster.database.children(LogicalRouter.NAT, shared.id()))
                .extracting(nat -> nat.get(Nat.EXTERNAL_IP))
                .containsExactly(EGRESS_IP);
    }

    /** The node that takes over has no network for the other family. */
    @Test
    void aSharedRouterMovesOnlyWhenTheFamilyThatCannotComeAlongIsLedElsewhere() {
        var both =
                FLOATING.edit().egressIps(List.of(EGRESS_IP, "fd00:126::100")).build();
        cluster.start(seed(
                onlyIn(2, "192.168.126.12/24"),
                onlyIn(3, "fd00:126::13/64"),
                pod("simpson", "lisa", 1, "10.128.0.7", "fd01::7"),
                both));
        seconds();
        assertThat(items("demo")).extracting(StatusItem::node).containsExactly("node1", "node1");
        var nowhere = new ArrayList<String>();
        after(() -> ways().stream()
                .filter(way -> way.get(LogicalRouterPolicy.NEXTHOPS).stream()
                        .anyMatch(hop ->
                                !leadsToASnatOf(hop, match(way).startsWith("ip6") ? "fd01::/48" : "10.128.0.0/14")))
                .forEach(way -> nowhere.add(match(way))));

        seconds(node(1).edit().draining(true).build());

        assertThat(items("demo")).extracting(StatusItem::node).containsExactlyInAnyOrder("node2", "node3");
        assertThat(nowhere).isEmpty();
        assertThat(ways()).hasSize(2);
    }

    /** What they are led to would change at once, and again when the node is lost again. */
    @Test
    void familiesThatHadToPartComeTogetherOnlyWhenANodeForBothHasStayedForAWhile() {
        var both =
                FLOATING.edit().egressIps(List.of(EGRESS_IP, "fd00:126::100")).build();
        cluster.start(seed(
                onlyIn(2, "192.168.126.12/24"),
                onlyIn(3, "fd00:126::13/64"),
                pod("simpson", "lisa", 1, "10.128.0.7", "fd01::7"),
                both));
        seconds(notReady(node(1)));
        seconds();
        var apart = items("demo");
        assertThat(apart).extracting(StatusItem::node).containsExactlyInAnyOrder("node2", "node3");

        for (int turn = 0; turn < 3; turn++) {
            cluster.put(node(1)).after(Duration.ofSeconds(3));
            assertThat(items("demo")).isEqualTo(apart);
            seconds(notReady(node(1)));
            assertThat(items("demo")).isEqualTo(apart);
        }
        seconds(node(1));
        seconds();
        seconds();

        assertThat(items("demo")).extracting(StatusItem::node).containsExactly("node1", "node1");
        assertThat(cluster.decisions)
                .contains(
                        new EgressIpDecision.Moved("demo", ip(EGRESS_IP), "node2", "node1", Why.RouterShared, 3),
                        new EgressIpDecision.Moved("demo", ip("fd00:126::100"), "node3", "node1", Why.RouterShared, 1));
    }

    /** Its pods would leave as the node, for as long as they are together. */
    @Test
    void familiesComeTogetherOnlyOnANodeThatLeadsBothOut() {
        var both =
                FLOATING.edit().egressIps(List.of(EGRESS_IP, "fd00:126::100")).build();
        cluster.start(seed(
                notReady(node(1)),
                onlyIn(2, "192.168.126.12/24"),
                onlyIn(3, "fd00:126::13/64"),
                pod("simpson", "lisa", 1, "10.128.0.7", "fd01::7"),
                both));
        seconds();
        var apart = items("demo");
        assertThat(apart).extracting(StatusItem::node).containsExactly("node2", "node3");
        assertThat(ways()).hasSize(2);
        var led = new HashSet<Boolean>();
        after(() -> led.add(ways().stream().anyMatch(way -> match(way).startsWith("ip6"))));

        for (int i = 0; i < 4; i++) {
            seconds(node(1).edit().nextHops(Set.of(ip("192.168.126.1"))).build());
        }
        assertThat(items("demo")).isEqualTo(apart);
        assertThat(ways()).hasSize(2);

        for (int i = 0; i < 4; i++) {
            seconds(node(1));
        }

        assertThat(items("demo")).extracting(StatusItem::node).containsExactly("node1", "node1");
        assertThat(led).containsExactly(true);
        assertThat(ways()).hasSize(2);
    }

    private static NodeInput onlyIn(int n, String network) {
        return node(n).edit()
                .egressNetworks(List.of(IpNetwork.parse(network).orElseThrow()))
                .build();
    }

    @Test
    void aFamilyThatJoinsARouterIsLedThereWhenTheRouterHasIt() {
        var small = TestCluster.inSteps(TestCluster.config(false, 2))
                .topology(1, 2, 3)
                .uplinks(1, 2, 3);
        small.portGroup("simpson");
        small.start(seed(pod("simpson", "lisa", 1, "10.128.0.7", "fd01::7"), FLOATING));
        for (int i = 0; i < 5; i++) {
            small.after(Duration.ofSeconds(1));
        }

        small.put(FLOATING.edit().egressIps(List.of(EGRESS_IP, "fd00:126::100")).build());
        for (int i = 0; i < 5; i++) {
            small.after(Duration.ofSeconds(1)); // every transaction is judged
        }

        assertThat(small.database.rows(LogicalRouterPolicy.TABLE))
                .filteredOn(policy -> policy.get(LogicalRouterPolicy.ACTION).equals("reroute"))
                .hasSize(2);
    }

    @Test
    void aFamilyWithoutAWayOutDoesNotTakeTheOtherOneDown() {
        var both =
                FLOATING.edit().egressIps(List.of(EGRESS_IP, "fd00:126::100")).build();
        var onlyV4 = Set.of(ip("192.168.126.1"));
        cluster.start(seed(
                node(1).edit().nextHops(onlyV4).build(),
                node(2).edit().nextHops(onlyV4).build(),
                node(3).edit().nextHops(onlyV4).build(),
                pod("simpson", "lisa", 1, "10.128.0.7", "fd01::7"),
                both));
        seconds();

        assertThat(our("outside").get(LogicalRouterPort.NETWORKS)).containsExactly(EGRESS_IP + "/24");
        assertThat(ways())
                .extracting(OwnRouterTest::match)
                .singleElement()
                .asString()
                .startsWith("ip4");

        seconds(node(1), node(2), node(3));

        assertThat(our("outside").get(LogicalRouterPort.NETWORKS))
                .containsExactlyInAnyOrder(EGRESS_IP + "/24", "fd00:126::100/64");
        assertThat(ways()).hasSize(2);
    }

    /** Its pods would leave as the node: the next one by name is as good for the other family, and has a way out for both. */
    @Test
    void aNewPairIsServedWhereBothHaveAWayOutAndElseByTwoRouters() {
        var both =
                FLOATING.edit().egressIps(List.of(EGRESS_IP, "fd00:126::100")).build();
        var onlyV4 = node(1).edit().nextHops(Set.of(ip("192.168.126.1"))).build();
        var onlyV6 = node(2).edit().nextHops(Set.of(ip("fd00:126::fe"))).build();
        cluster.start(seed(onlyV4, onlyV6, pod("simpson", "lisa", 1, "10.128.0.7", "fd01::7"), both));
        seconds();
        assertThat(items("demo")).extracting(StatusItem::node).containsExactly("node3", "node3");
        assertThat(our("outside").get(LogicalRouterPort.NETWORKS)).hasSize(2);
        assertThat(ways()).hasSize(2);

        cluster.remove(EgressIpInput.KIND, "demo");
        seconds(notReady(node(3)));
        seconds(both);

        assertThat(items("demo")).extracting(StatusItem::node).containsExactly("node1", "node2");
        assertThat(ways()).hasSize(2);
        assertThat(cluster.database.rows(LogicalRouter.TABLE))
                .filteredOn(row -> row.get(LogicalRouter.NAME).startsWith("egressip_"))
                .hasSize(2);
    }

    @Test
    void aRouterKeepsAFamilyWhoseWayOutIsNotThereForAMoment() {
        var both =
                FLOATING.edit().egressIps(List.of(EGRESS_IP, "fd00:126::100")).build();
        cluster.start(seed(pod("simpson", "lisa", 1, "10.128.0.7", "fd01::7"), both));
        seconds();
        assertThat(ways()).hasSize(2);

        seconds(node(1).edit().nextHops(Set.of(ip("192.168.126.1"))).build());

        assertThat(ways()).hasSize(2);
        assertThat(our("outside").get(LogicalRouterPort.NETWORKS))
                .containsExactlyInAnyOrder(EGRESS_IP + "/24", "fd00:126::100/64");
    }

    @Test
    void aSharedRouterMovesThoughTheOtherFamilysNextRouterCannotBe() {
        var both =
                FLOATING.edit().egressIps(List.of(EGRESS_IP, "fd00:126::100")).build();
        cluster.start(seed(
                onlyIn(2, "192.168.126.12/24"),
                onlyIn(3, "fd00:126::13/64")
                        .edit()
                        .nextHops(Set.of(ip("192.168.126.1")))
                        .build(),
                pod("simpson", "lisa", 1, "10.128.0.7", "fd01::7"),
                both));
        seconds();

        seconds(node(1).edit().ready(false).build());
        seconds();

        assertThat(chassis()).containsOnlyKeys("chassis-2");
    }

    /** That every node has lost its way out for one family keeps the other one nowhere. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSharedRouterLeavesALostNodeForOneThatLeadsOnlyOneFamilyOut(boolean isPinned) {
        var both = (isPinned ? PINNED : FLOATING)
                .edit()
                .egressIps(List.of(EGRESS_IP, "fd00:126::100"))
                .build();
        var onlyV4 = Set.of(ip("192.168.126.1"));
        cluster.start(seed(
                node(2).edit().nextHops(onlyV4).build(),
                node(3).edit().nextHops(onlyV4).build(),
                pod("simpson", "lisa", 1, "10.128.0.7", "fd01::7"),
                both));
        seconds();
        assertThat(items("demo")).extracting(StatusItem::node).containsExactly("node1", "node1");
        assertThat(ways()).hasSize(2);

        seconds(notReady(node(1)));
        seconds();

        assertThat(items("demo")).contains(new StatusItem("node2", EGRESS_IP));
        var kind = isPinned ? "pinned/" : "floating/";
        assertThat(ours().get(kind + "outside").get(LogicalRouterPort.NETWORKS)).containsExactly(EGRESS_IP + "/24");
        if (isPinned) {
            assertThat(ours().get(kind + "router").get(LogicalRouter.OPTIONS)).containsEntry("chassis", "chassis-2");
        } else {
            assertThat(chassis()).containsEntry("chassis-2", 100L);
        }
        assertThat(ways())
                .singleElement()
                .satisfies(way -> assertThat(match(way)).startsWith("ip4"));
    }

    /** Somebody gives a router an address of a family that the cluster does not have. */
    @Test
    void anAddressOfAFamilyWithoutAJoinSubnetIsTakenAway() {
        var subnets = TestCluster.config(false, 500);
        var onlyV4 = TestCluster.inSteps(new ReconcilerConfig(
                        subnets.clusterSubnets().subList(0, 1),
                        subnets.joinSubnets().subList(0, 1),
                        false,
                        500))
                .topology(1, 2, 3)
                .uplinks(1, 2, 3);
        onlyV4.portGroup("simpson");
        onlyV4.start(seed(FLOATING));
        onlyV4.seconds(5);
        var outside = onlyV4.database.rows(LogicalRouterPort.TABLE).stream()
                .filter(row -> row.get(LogicalRouterPort.NETWORKS).equals(Set.of(EGRESS_IP + "/24")))
                .findFirst()
                .orElseThrow();

        onlyV4.tamper(() -> onlyV4.database.set(
                LogicalRouterPort.TABLE,
                outside.id(),
                Cell.of(LogicalRouterPort.NETWORKS, Set.of(EGRESS_IP + "/24", "fd00::1/64"))));
        onlyV4.seconds(5);

        assertThat(onlyV4.database.row(LogicalRouterPort.TABLE, outside.id()).get(LogicalRouterPort.NETWORKS))
                .containsExactly(EGRESS_IP + "/24");
    }

    /** The node that takes over has no network for the other family, nor has another one: that family's packets are lost. */
    @Test
    void whatLeadsAFamilyToARouterThatMovesWithoutItIsNeverLedToNothing() {
        var narrowed = FLOATING.edit()
                .podSelector(where("app=lisa"))
                .egressIps(List.of(EGRESS_IP, "fd00:126::100"))
                .build();
        cluster.start(seed(
                onlyIn(2, "192.168.126.12/24"),
                onlyIn(3, "192.168.127.13/24"),
                pod("simpson", "lisa", 1, Map.of("app", "lisa"), "10.128.0.7", "fd01::7"),
                narrowed));
        seconds();
        assertThat(ways()).hasSize(2);
        var toNothing = new ArrayList<String>();
        after(() -> ways().stream()
                .flatMap(way -> way.get(LogicalRouterPolicy.NEXTHOPS).stream())
                .filter(hop -> routersAt(hop).findAny().isEmpty())
                .forEach(toNothing::add));

        seconds(node(1).edit().ready(false).build());
        seconds();

        assertThat(items("demo")).extracting(StatusItem::node).containsExactly("node2");
        assertThat(toNothing).isEmpty();
        assertThat(ways())
                .singleElement()
                .satisfies(way -> assertThat(match(way)).startsWith("ip4"));
        assertThat(our("inside").get(LogicalRouterPort.NETWORKS)).hasSize(1);
    }

    private Stream<Row> routersAt(String hop) {
        return cluster.database.rows(LogicalRouter.TABLE).stream()
                .filter(router -> cluster.database.children(LogicalRouter.PORTS, router.id()).stream()
                        .anyMatch(port -> port.get(LogicalRouterPort.NETWORKS).stream()
                                .anyMatch(network -> network.startsWith(hop + "/"))));
    }

    private boolean leadsToASnatOf(String hop, String pods) {
        return routersAt(hop)
                .flatMap(router -> cluster.database.children(LogicalRouter.NAT, router.id()).stream())
                .anyMatch(nat -> nat.get(Nat.LOGICAL_IP).equals(pods));
    }

    /** Somebody has given it the address of a node, or of another router. */
    @Test
    void aRouterDoesNotKeepAnAddressOnTheJoinSwitchThatAnotherRouterHas() {
        cluster.start(seed(FLOATING));

        var port = our("inside").id();
        cluster.tamper(() -> cluster.database.set(
                LogicalRouterPort.TABLE, port, Cell.of(LogicalRouterPort.NETWORKS, Set.of("100.64.0.3/16"))));
        seconds();

        assertThat(our("inside").get(LogicalRouterPort.NETWORKS)).containsExactly("100.64.255.254/16");
        assertThat(ways())
                .singleElement()
                .satisfies(
                        way -> assertThat(way.get(LogicalRouterPolicy.NEXTHOPS)).containsExactly("100.64.255.254"));
    }

    /** Who stands by is asked each time anything is placed: the answer must not depend on what else there is. */
    @Test
    void whoStandsByKeepsItsPlaceThoughOthersWouldBeLessBusy() {
        cluster.start(seed(FLOATING));
        assertThat(chassis()).isEqualTo(Map.of("chassis-1", 100L, "chassis-2", 50L, "chassis-3", 40L));

        seconds(egressIp("other", where("house=bouvier"), "192.168.126.101"));

        assertThat(candidates()).isEqualTo(Map.of("chassis-1", 100L, "chassis-2", 50L, "chassis-3", 40L));
    }

    @Test
    void theOrderOfThoseThatStandByDoesNotDependOnWhoStoodByBefore() {
        var choosy = FLOATING.edit()
                .nodes(new NodeChoice(Optional.of(NodeChoice.LABELLED), List.of("node3"), false, List.of()))
                .build();
        cluster.start(seed(node(3).edit().ready(false).build(), choosy));
        seconds(node(3));
        var chosen = candidates();

        seconds(egressIp("other", where("house=bouvier"), "192.168.126.101"));

        assertThat(chosen).hasSize(3);
        assertThat(candidates()).isEqualTo(chosen);
    }

    private Map<String, Long> candidates() {
        return cluster.database.children(HaChassisGroup.HA_CHASSIS, our("group").id()).stream()
                .collect(Collectors.toMap(row -> row.get(HaChassis.CHASSIS_NAME), row -> row.get(HaChassis.PRIORITY)));
    }
}
