package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.groupOf;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LoadBalancer;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput.Clients;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterConditionType;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterReason;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterState;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.LabelSelector;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** EgressRouters: which rows they are, in which steps these come and go, and what is said of them. */
class EgressRouterTest extends EgressRouterFixture {
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
        cluster.commitWithoutAnswer();
        assertThat(ours(LogicalRouter.TABLE)).hasSize(1);
        assertThat(way().get(LogicalRouterPolicy.ACTION)).isEqualTo("drop");

        cluster.reconciler.apply(cluster.database.answer());
        cluster.commitWithoutAnswer();
        assertThat(way().get(LogicalRouterPolicy.ACTION)).isEqualTo("reroute");
    }

    @Test
    void aRouterGoesWhenNothingLeadsThereAndEveryChassisKnows() {
        start(Bank.simple().input());
        cluster.reconciler.apply(new InputChange.Removed(EgressRouterInput.KIND, "simpson/bank"), cluster.now);
        cluster.commitWithoutAnswer();
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
