package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.groupOf;
import static io.ovnegress.reconciler.TestCluster.ip;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.network;
import static io.ovnegress.reconciler.TestCluster.nodeWithGateways;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.explain.Answer;
import io.ovnegress.reconciler.explain.Departure;
import io.ovnegress.reconciler.explain.Destination;
import io.ovnegress.reconciler.explain.Explanation;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Protocol;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Target;
import io.ovnegress.reconciler.feature.egressrouter.DestinationText;
import io.ovnegress.reconciler.feature.egressrouter.Destinations;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput.Clients;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterReason;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterState;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.PodName;
import io.ovnegress.reconciler.input.ResolvedName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** EgressRouters with sources of IPv6, and of both families on one router. */
class EgressRouterFamiliesTest extends EgressRouterCluster {
    private static final ReconcilerConfig CONFIG = new ReconcilerConfig(
                    List.of(network("10.128.0.0/14"), network("fd01::/48")),
                    List.of(network("100.64.0.0/16"), network("fd98::/64")),
                    false,
                    500)
            .edit()
            .egressRouterVips(List.of(network("198.18.0.0/24"), network("2001:2::/112")))
            .build();
    private static final String V4 = "192.168.126.200";
    private static final String SECOND_V4 = "192.168.126.201";
    private static final String V6 = "fd00:126::200";
    private static final String SECOND_V6 = "fd00:126::201";
    private static final String VIP = "198.18.0.1";
    private static final String VIP_V6 = "2001:2::1";
    private static final String JOIN_V6 = "fd98::ffff:ffff:ffff:fffe";
    private static final Clients RED = new Clients(Optional.empty(), where("app=red"));

    EgressRouterFamiliesTest() {
        super(CONFIG);
    }

    private static EgressRouterInput bank(String lines, Clients clients, List<String> virtualIps, String... sources) {
        return new EgressRouterInput(
                "simpson",
                "bank",
                "uid-bank",
                Instant.ofEpochSecond(1),
                1,
                Stream.of(sources).map(TestCluster::ip).toList(),
                Destinations.NONE,
                lines,
                Optional.empty(),
                clients,
                LabelSelector.EVERYTHING,
                virtualIps.stream().map(TestCluster::ip).toList(),
                Optional.of("bank"),
                sources.length > 2,
                false,
                Optional.empty(),
                Optional.empty(),
                List.of());
    }

    private static final String MIXED = "80 tcp 203.0.113.25\n443 tcp 2001:db8::25 8443\n53 udp 2001:db8::53\n";

    private static EgressRouterInput named(String name, EgressRouterInput like) {
        return new EgressRouterInput(
                like.namespace(),
                name,
                "uid-" + name,
                Instant.ofEpochSecond(2),
                like.generation(),
                like.sources(),
                like.destinations(),
                like.destinationsText(),
                like.destinationsFrom(),
                like.clients(),
                like.nodes(),
                like.virtualIps(),
                Optional.of(name),
                like.highlyAvailable(),
                like.dialled(),
                like.poolClaim(),
                like.notes(),
                like.errors());
    }

    private static EgressRouterInput bank(String... sources) {
        return bank(MIXED, Clients.OWN_NAMESPACE, List.of(), sources);
    }

    private static EgressRouterInput bankV6(String... sources) {
        return bank("443 tcp 2001:db8::25 8443\n53 udp 2001:db8::53\n", Clients.OWN_NAMESPACE, List.of(), sources);
    }

    private void start(EgressRouterInput... objects) {
        cluster.start(world(objects));
    }

    private static InputObject[] world(EgressRouterInput... objects) {
        return Stream.concat(
                        Stream.of(
                                nodeWithGateways(1),
                                nodeWithGateways(2),
                                nodeWithGateways(3),
                                namespace("simpson", "house=simpson"),
                                pod("simpson", "homer", 1, Map.of("app", "red"), "10.128.0.5", "fd01::5"),
                                pod("simpson", "marge", 3, Map.of("app", "blue"), "10.128.4.5", "fd01:0:0:2::5")),
                        Stream.of(objects))
                .toArray(InputObject[]::new);
    }

    private void put(EgressRouterInput object) {
        cluster.put(object);
        moments();
    }

    /** By match. */
    private Map<String, Row> ways() {
        var ways = new TreeMap<String, Row>();
        cluster.clusterPolicies().stream()
                .filter(row -> row.get(LogicalRouterPolicy.MATCH).matches("ip[46]\\.dst == .*"))
                .forEach(row -> ways.put(row.get(LogicalRouterPolicy.MATCH), row));
        return ways;
    }

    private Set<String> leavesAs() {
        return ours(Nat.TABLE).stream()
                .map(row -> row.get(Nat.EXTERNAL_IP))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private List<String> routers() {
        return ours(LogicalRouter.TABLE).stream()
                .map(row -> row.get(LogicalRouter.NAME))
                .sorted()
                .toList();
    }

    private List<String> policies() {
        var router = ours(LogicalRouter.TABLE).get(0);
        return cluster.database.children(LogicalRouter.POLICIES, router.id()).stream()
                .map(row -> row.get(LogicalRouterPolicy.PRIORITY) + " " + row.get(LogicalRouterPolicy.ACTION) + " "
                        + row.get(LogicalRouterPolicy.MATCH))
                .toList();
    }

    @Test
    void anIpv6SourceHasARouterWithRowsOfThatFamilyAlone() {
        start(bankV6(V6));

        var name = "egressrouter_simpson_bank_fd00.126..200";
        assertThat(routers()).containsExactly(name);
        assertThat(leavesAs()).containsExactly(V6);
        assertThat(vips("tcp"))
                .isEqualTo(Map.of(
                        "[" + VIP_V6 + "]:443", "[2001:db8::25]:8443", "[" + JOIN_V6 + "]:443", "[2001:db8::25]:8443"));
        assertThat(vips("udp"))
                .isEqualTo(Map.of(
                        "[" + VIP_V6 + "]:53", "[2001:db8::53]:53", "[" + JOIN_V6 + "]:53", "[2001:db8::53]:53"));
        assertThat(vips("rest")).isEqualTo(Map.of(VIP_V6, "", JOIN_V6, ""));
        assertThat(ways()).containsOnlyKeys("ip6.dst == " + VIP_V6);
        assertThat(ways().get("ip6.dst == " + VIP_V6).get(LogicalRouterPolicy.NEXTHOPS))
                .containsExactly(JOIN_V6);
        var clients = "ip6.src == $" + groupOf("simpson") + "_ip6";
        assertThat(policies())
                .containsExactlyInAnyOrder(
                        "200 allow inport == \"rtoj-" + name + "\" && " + clients,
                        "200 allow inport == \"rtoe-" + name + "\" && ct.rpl && ip6.dst == {fd01::/48}",
                        "300 drop ip6.dst == {2001:2::/112}",
                        "100 drop ip6");
        assertThat(ours(Acl.TABLE))
                .extracting(row -> row.get(Acl.PRIORITY) + " " + row.get(Acl.ACTION) + " " + row.get(Acl.MATCH))
                .contains(
                        "1901 allow inport == \"jtor-ovn_cluster_router\" && " + clients + " && ip6.dst == {" + VIP_V6
                                + ", " + JOIN_V6 + "}",
                        "1900 reject inport == \"jtor-ovn_cluster_router\" && ip6.dst == {" + VIP_V6 + ", " + JOIN_V6
                                + "}");
        assertThat(reason("bank")).isEqualTo(EgressRouterReason.Serving);
        assertThat(message("bank")).contains(VIP_V6, V6 + " by node node1");
        assertThat(unsafe).isEmpty();

        cluster.remove(EgressRouterInput.KIND, "simpson/bank");
        moments();
        assertNothingIsLeft();
    }

    @Test
    void bothFamiliesShareARouterThatIsCalledAsOfIpv4() {
        start(bank(V6, V4));

        assertThat(routers()).containsExactly("egressrouter_simpson_bank_" + V4);
        assertThat(leavesAs()).containsExactly(V4, V6);
        assertThat(ways()).containsOnlyKeys("ip4.dst == " + VIP, "ip6.dst == " + VIP_V6);
        assertThat(vips("tcp"))
                .as("a listed port leads to its own family, and nowhere in the other one")
                .containsEntry(VIP + ":80", "203.0.113.25:80")
                .containsEntry("[" + VIP_V6 + "]:80", "")
                .containsEntry(VIP + ":443", "")
                .containsEntry("[" + VIP_V6 + "]:443", "[2001:db8::25]:8443");
        var state = (EgressRouterState) status("bank").fields();
        assertThat(state.virtualIps()).containsExactly(VIP, VIP_V6);
        assertThat(state.sources())
                .containsExactly(new EgressRouterState.Source(V4, "node1"), new EgressRouterState.Source(V6, "node1"));
        assertThat(message("bank")).contains(VIP + " and " + VIP_V6, V4 + " and " + V6 + " by node node1");
    }

    @Test
    void anIpv4RouterHasTheSameRowsWhereIpv6IsPossibleToo() {
        start(bank("80 tcp 203.0.113.25\n", Clients.OWN_NAMESPACE, List.of(), V4));

        assertThat(policies()).noneMatch(text -> text.contains("ip6"));
        assertThat(ours(Acl.TABLE)).noneMatch(row -> row.get(Acl.MATCH).contains("ip6"));
        assertThat(policies()).contains("300 drop ip4.dst == {198.18.0.0/24}");
        assertThat(vips("rest")).isEqualTo(Map.of(VIP, "", "100.64.255.254", ""));
    }

    @Test
    void twoOfEachFamilyAreTwoRoutersInTheirOrder() {
        start(bank(V4, SECOND_V4, V6, SECOND_V6));

        assertThat(routers())
                .containsExactly("egressrouter_simpson_bank_" + V4, "egressrouter_simpson_bank_" + SECOND_V4);
        assertThat(((EgressRouterState) status("bank").fields()).sources())
                .containsExactly(
                        new EgressRouterState.Source(V4, "node1"),
                        new EgressRouterState.Source(V6, "node1"),
                        new EgressRouterState.Source(SECOND_V4, "node2"),
                        new EgressRouterState.Source(SECOND_V6, "node2"));
        assertThat(ways().get("ip6.dst == " + VIP_V6).get(LogicalRouterPolicy.NEXTHOPS))
                .hasSize(2);
    }

    @Test
    void aFamilyThatIsAddedLeavesTheOtherOneAsItIs() {
        start(bank("80 tcp 203.0.113.25\n", Clients.OWN_NAMESPACE, List.of(), V4));
        var router = ours(LogicalRouter.TABLE).get(0).id();
        var nat = ours(Nat.TABLE).get(0);
        cluster.reconciler.apply(new InputChange.Put(bank(V4, V6)), cluster.now);
        cluster.commitWithoutAnswer();
        assertThat(ways().get("ip4.dst == " + VIP).get(LogicalRouterPolicy.ACTION))
                .isEqualTo("reroute");
        assertThat(ways().get("ip6.dst == " + VIP_V6).get(LogicalRouterPolicy.ACTION))
                .as("until every chassis has it")
                .isEqualTo("drop");

        cluster.reconciler.apply(cluster.database.answer());
        moments();
        assertThat(ours(LogicalRouter.TABLE)).extracting(Row::id).containsExactly(router);
        assertThat(ours(Nat.TABLE)).contains(nat).hasSize(2);
        assertThat(ways().get("ip6.dst == " + VIP_V6).get(LogicalRouterPolicy.ACTION))
                .isEqualTo("reroute");
        assertThat(unsafe).isEmpty();
    }

    /** What is translated once goes on leaving as that as long as the router remembers it. */
    @Test
    void aRouterThatLosesASourceIsMadeAnew() {
        start(bank(V4, V6));
        cluster.reconciler.apply(new InputChange.Put(bank(V4, SECOND_V6)), cluster.now);
        cluster.commitWithoutAnswer();
        assertThat(ways().values())
                .extracting(row -> row.get(LogicalRouterPolicy.ACTION))
                .as("nothing is led to it any more")
                .containsOnly("drop");
        assertThat(leavesAs()).as("it is as it was until every chassis knows").containsExactly(V4, V6);

        var anew = new ArrayList<Boolean>();
        cluster.afterEachTransaction(unused -> {
            judge();
            anew.add(ours(LogicalRouter.TABLE).isEmpty());
        });
        cluster.reconciler.apply(cluster.database.answer());
        moments();
        assertThat(anew).as("there was none for a moment").contains(true);
        assertThat(leavesAs()).containsExactly(V4, SECOND_V6);
        assertThat(ways().values())
                .extracting(row -> row.get(LogicalRouterPolicy.ACTION))
                .containsOnly("reroute");
        assertThat(reason("bank")).isEqualTo(EgressRouterReason.Serving);
        assertThat(unsafe).isEmpty();

        put(bank("80 tcp 203.0.113.25\n", Clients.OWN_NAMESPACE, List.of(), V4));
        assertThat(leavesAs()).containsExactly(V4);
        assertThat(ways()).containsOnlyKeys("ip4.dst == " + VIP);
        assertThat(reason("bank")).isEqualTo(EgressRouterReason.Serving);
        assertThat(unsafe).isEmpty();
    }

    @Test
    void aDestinationOfAFamilyWithoutASourceIsSaidAndNothingOfThatActs() {
        start(bank(V4));

        assertThat(reason("bank")).isEqualTo(EgressRouterReason.NoSourceOfFamily);
        assertThat(message("bank")).contains("2001:db8::25 is IPv6, and it has no IPv6 source", "2001:db8::53");
        assertThat(ours(LogicalRouter.TABLE)).isEmpty();
        assertThat(ways().get("ip4.dst == " + VIP).get(LogicalRouterPolicy.ACTION))
                .isEqualTo("drop");

        put(bank(V4, V6));
        assertThat(reason("bank")).isEqualTo(EgressRouterReason.Serving);
    }

    @Test
    void aVirtualIpOfAFamilyWithoutASourceIsSaid() {
        start(bank("80 tcp 203.0.113.25\n", Clients.OWN_NAMESPACE, List.of("2001:2::9"), V4));
        assertThat(reason("bank")).isEqualTo(EgressRouterReason.NoSourceOfFamily);
        assertThat(message("bank")).contains("virtual IP 2001:2::9 is IPv6");

        put(bank(MIXED, Clients.OWN_NAMESPACE, List.of("2001:2::9", "198.18.0.9"), V4, V6));
        assertThat(reason("bank")).isEqualTo(EgressRouterReason.Serving);
        assertThat(ways()).containsOnlyKeys("ip4.dst == 198.18.0.9", "ip6.dst == 2001:2::9");
    }

    @Test
    void aVirtualIpIsAnothersWhenNothingLeadsToTheFormerOneAnyMore() {
        var lines = "80 tcp 203.0.113.25\n";
        var mint = named("mint", bank(lines, Clients.OWN_NAMESPACE, List.of("198.18.0.9"), SECOND_V4));
        start(bank(lines, Clients.OWN_NAMESPACE, List.of("198.18.0.9"), V4), mint);
        assertThat(cluster.otherStatuses.get("simpson/mint").toString()).contains("VirtualIPConflict");

        cluster.reconciler.apply(new InputChange.Put(bankV6(V6)), cluster.now);
        var next = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();
        assertThat(next.operations().toString())
                .as("in one transaction with what led there before, or later")
                .doesNotContain("198.18.0.9");
        cluster.commit(next);
        moments();
        assertThat(ways()).containsOnlyKeys("ip4.dst == 198.18.0.9", "ip6.dst == " + VIP_V6);
        assertThat(cluster.otherStatuses.get("simpson/mint").toString()).contains("Serving");
        assertThat(unsafe).isEmpty();
    }

    @Test
    void aNameLeadsToItsAddressesOfTheFamilyOfTheVirtualIp() {
        cluster.reconciler.apply(new InputChange.Put(name("203.0.113.7", "2001:db8::7", "fd01::7")), cluster.now);
        var named = new Destinations(
                List.of(new io.ovnegress.reconciler.feature.egressrouter.Destination(
                        80, Protocol.tcp, new Target.Name("www.example.com"), 8080)),
                Optional.empty());
        start(withDestinations(bank("", Clients.OWN_NAMESPACE, List.of(), V4, V6), named));

        assertThat(vips("tcp"))
                .as("none inside of the cluster")
                .containsEntry(VIP + ":80", "203.0.113.7:8080")
                .containsEntry("[" + VIP_V6 + "]:80", "[2001:db8::7]:8080");

        cluster.put(name("203.0.113.7"));
        moments();
        assertThat(vips("tcp")).containsEntry(VIP + ":80", "203.0.113.7:8080").containsEntry("[" + VIP_V6 + "]:80", "");
        assertThat(reason("bank")).isEqualTo(EgressRouterReason.Serving);
    }

    private static ResolvedName name(String... addresses) {
        return new ResolvedName(
                "www.example.com",
                Stream.of(addresses).map(TestCluster::ip).collect(Collectors.toSet()),
                Optional.empty());
    }

    private static EgressRouterInput withDestinations(EgressRouterInput like, Destinations destinations) {
        return new EgressRouterInput(
                like.namespace(),
                like.name(),
                like.uid(),
                like.created(),
                like.generation(),
                like.sources(),
                destinations,
                like.destinationsText(),
                like.destinationsFrom(),
                like.clients(),
                like.nodes(),
                like.virtualIps(),
                like.service(),
                like.highlyAvailable(),
                like.dialled(),
                like.poolClaim(),
                like.notes(),
                like.errors());
    }

    @Test
    void chosenPodsAreInASetOfEachFamily() {
        start(bank(MIXED, RED, List.of(), V4, V6));
        var sets = ours(AddressSet.TABLE);
        assertThat(sets)
                .extracting(row -> row.get(AddressSet.ADDRESSES))
                .containsExactlyInAnyOrder(Set.of("10.128.0.5"), Set.of("fd01::5"));
        for (var set : sets) {
            var name = set.get(AddressSet.NAME);
            var field = name.endsWith("_v6") ? "ip6.src" : "ip4.src";
            assertThat(policies())
                    .filteredOn(text -> text.endsWith("$" + name))
                    .singleElement()
                    .satisfies(text -> assertThat(text).contains(field + " == $" + name));
        }

        put(bank("80 tcp 203.0.113.25\n", RED, List.of(), V4));
        assertThat(ours(AddressSet.TABLE)).hasSize(1);
        cluster.remove(EgressRouterInput.KIND, "simpson/bank");
        moments();
        assertNothingIsLeft();
    }

    @Test
    void whereNoRangeIsOfTheFamilyThatIsSaid() {
        assertThat(DestinationText.read("443 tcp 2001:db8::25 8443\n2001:db8::1")
                        .errors())
                .isEmpty();
        start(bank(MIXED, Clients.OWN_NAMESPACE, List.of("fd00:9::1"), V4, V6));
        assertThat(reason("bank")).isEqualTo(EgressRouterReason.VirtualIPConflict);
        assertThat(message("bank")).contains("fd00:9::1 is outside of", "--egress-router-vips");
        assertThat(ours(LogicalRouter.TABLE)).isEmpty();
    }

    @Test
    void whatIsSentToAnIpv6VirtualIpIsExplained() {
        start(bank(V4, V6));
        assertThat(explain(new Question.OfAddress(ip(VIP_V6))).answer())
                .contains("is the virtual IP of EgressRouter simpson/bank", V4 + " and " + V6);

        assertThat(to("[" + VIP_V6 + "]:443/tcp").exits())
                .extracting(exit -> exit.source().orElseThrow())
                .containsExactly(V6);
        assertThat(to(VIP + ":80/tcp").exits())
                .extracting(exit -> exit.source().orElseThrow())
                .containsExactly(V4);
        assertThat(to("[" + VIP_V6 + "]:80/tcp").outcome())
                .as("listed, and nowhere in this family")
                .isEqualTo(Departure.Outcome.Dropped);
    }

    private Explanation explain(Question question) {
        return ((Answer.Explained) cluster.reconciler.answer(question, cluster.now)).explanation();
    }

    private Departure to(String destination) {
        return explain(new Question.OfWay(
                        new PodName("simpson", "homer"),
                        Destination.parse(destination).orElseThrow()))
                .parts()
                .stream()
                .flatMap(part -> part.now().stream())
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aRestartFindsWhatIsThere() {
        start(bank(V4, V6));
        var before = ours(LogicalRouterPolicy.TABLE);
        cluster.restart(world(bank(V4, V6)));
        moments();
        assertThat(ours(LogicalRouterPolicy.TABLE)).containsExactlyInAnyOrderElementsOf(before);
        assertThat(leavesAs()).containsExactly(V4, V6);
        assertThat(unsafe).isEmpty();
    }
}
