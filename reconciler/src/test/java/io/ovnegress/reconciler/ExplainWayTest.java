package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.ip;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.network;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.LoadBalancer;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.LogicalRouterStaticRoute;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.explain.Answer;
import io.ovnegress.reconciler.explain.Departure;
import io.ovnegress.reconciler.explain.Destination;
import io.ovnegress.reconciler.explain.Explanation;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.explain.Reason;
import io.ovnegress.reconciler.feature.Features;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Protocol;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Target;
import io.ovnegress.reconciler.feature.egressrouter.Destinations;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput;
import io.ovnegress.reconciler.feature.firewall.AdminPolicyInput;
import io.ovnegress.reconciler.feature.firewall.FirewallInput;
import io.ovnegress.reconciler.feature.firewall.FirewallRule;
import io.ovnegress.reconciler.feature.firewall.FirewallRule.Port;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.input.PodName;
import io.ovnegress.reconciler.machine.Reconciler;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Asked for a destination, the machine says what decides on the way there: firewalls, administrators, Services, egress routers. */
class ExplainWayTest {
    private static final ReconcilerConfig CONFIG = new ReconcilerConfig(
                    List.of(network("10.128.0.0/14"), network("fd01::/48")),
                    List.of(network("100.64.0.0/16"), network("fd98::/64")),
                    false,
                    500)
            .edit()
            .otherSubnets(List.of(new ReservedSubnet(ReservedSubnet.Use.SERVICE, network("172.30.0.0/16"))))
            .firewall(true)
            .egressRouterVips(List.of(network("198.18.0.0/24")))
            .build();
    private static final String IP = "192.168.126.100";
    private static final String SOURCE = "192.168.126.200";
    private static final String VIP = "198.18.0.1";
    private static final PodName HOMER = new PodName("simpson", "homer");
    private static final PodName SELMA = new PodName("bouvier", "selma");

    private final TestCluster cluster = new TestCluster(
                    CONFIG,
                    new FakeNorthbound(FakeNorthbound.PINNED, new Reconciler(Features.of(CONFIG), 500).monitorSpec()))
            .topology(1, 2)
            .uplinks(1, 2)
            .routesBySource(1, 2);

    @BeforeEach
    void simpsonsAndBouviers() {
        cluster.portGroup("simpson");
        cluster.portGroup("bouvier");
    }

    private static NodeInput node(int n) {
        return TestCluster.node(n).edit().nextHops(Set.of(ip("192.168.126.1"))).build();
    }

    private void start(InputObject... objects) {
        cluster.start(Stream.concat(
                        Stream.of(
                                node(1),
                                node(2),
                                namespace("simpson", "house=simpson"),
                                namespace("bouvier", "house=bouvier"),
                                pod("simpson", "homer", 1, "10.128.0.5"),
                                pod("bouvier", "selma", 1, "10.128.0.6"),
                                TestCluster.egressIp("demo", where("house=simpson"), IP)),
                        Stream.of(objects))
                .toArray(InputObject[]::new));
        for (int i = 0; i < 5; i++) {
            cluster.after(Duration.ofSeconds(1));
        }
    }

    private static FirewallInput firewall(String namespace, FirewallRule... rules) {
        return new FirewallInput(
                FirewallInput.EGRESS_FIREWALL, namespace, "default", "uid-" + namespace, 1, List.of(rules));
    }

    private static FirewallRule rule(boolean allows, String network, Port... ports) {
        return new FirewallRule(allows, new FirewallRule.Destination.Network(network(network)), List.of(ports));
    }

    private static Port tcp(int port) {
        return new Port(FirewallRule.Protocol.tcp, OptionalInt.of(port));
    }

    private Explanation explain(Question question) {
        return ((Answer.Explained) cluster.reconciler.answer(question, cluster.now)).explanation();
    }

    private Explanation to(PodName pod, String to) {
        return explain(new Question.OfWay(pod, Destination.parse(to).orElseThrow()));
    }

    private static Departure now(Explanation explanation) {
        return explanation.parts().getFirst().now().orElseThrow();
    }

    private static List<String> codes(Explanation explanation) {
        return explanation.allReasons().stream()
                .map(reason -> reason.code().name())
                .toList();
    }

    private static String message(Explanation explanation, String code) {
        return explanation.allReasons().stream()
                .filter(reason -> reason.code().name().equals(code))
                .map(Reason::message)
                .findFirst()
                .orElse("no " + code);
    }

    @Test
    void theRuleOfTheFirewallThatDecidesIsNamed() {
        start(firewall("simpson", rule(true, "8.8.8.0/24", tcp(443)), rule(false, "0.0.0.0/0")));

        var allowed = to(HOMER, "8.8.8.8:443/tcp");
        assertThat(allowed.answer()).isEqualTo("to 8.8.8.8:443/tcp: leaves as " + IP + " from node1 (EgressIP demo)");
        assertThat(message(allowed, "Allowed"))
                .startsWith("EgressFirewall simpson/default, rule 1 lets it pass: ovn-nbctl list ACL ");

        var denied = to(HOMER, "8.8.8.8:80/tcp");
        assertThat(denied.answer()).isEqualTo("to 8.8.8.8:80/tcp: is dropped");
        assertThat(message(denied, "Denied")).startsWith("EgressFirewall simpson/default, rule 2 drops it");
        assertThat(denied.parts().getFirst().wanted()).contains(Departure.dropped());

        assertThat(now(to(HOMER, "8.8.8.8")))
                .as("it depends on what is not said")
                .isEqualTo(Departure.unknown());
        assertThat(codes(to(HOMER, "8.8.8.8"))).contains("NotToldByFirewall");
        assertThat(now(to(HOMER, "9.9.9.9"))).as("that does not").isEqualTo(Departure.dropped());
        assertThat(now(to(SELMA, "9.9.9.9")).outcome())
                .as("of another namespace")
                .isEqualTo(Departure.Outcome.NodeAddress);
        assertThat(codes(to(HOMER, "10.128.2.9"))).as("inside of the cluster").contains("NotRuled");
    }

    @Test
    void aRuleThatIsNotInTheDatabaseDecidesNothingYet() {
        start(firewall("simpson", rule(false, "0.0.0.0/0")));
        cluster.reconciler.setLeader(false);
        cluster.tamper(() -> List.copyOf(cluster.database.rows(Acl.TABLE))
                .forEach(row -> cluster.database.delete(Acl.TABLE, row.id())));

        var answer = to(HOMER, "8.8.8.8:80/tcp");

        assertThat(now(answer).outcome()).isEqualTo(Departure.Outcome.EgressAddress);
        assertThat(answer.answer()).endsWith("at the moment; as decided it is dropped");
        assertThat(message(answer, "Denied")).startsWith("as decided: ");
    }

    @Test
    void administratorsDecideAfterFirewallsAboutWhatLeaves() {
        start(
                firewall("simpson", rule(true, "0.0.0.0/0")),
                new AdminPolicyInput(
                        "no-dns",
                        "uid-no-dns",
                        1,
                        where("house=simpson"),
                        List.of(new AdminPolicyInput.Rule(
                                AdminPolicyInput.Action.DROP,
                                Optional.of(network("8.8.8.0/24")),
                                List.of(),
                                false,
                                "info")),
                        Optional.empty(),
                        List.of()));

        assertThat(codes(to(HOMER, "8.8.8.8:53/udp"))).contains("Allowed", "Denied");
        assertThat(now(to(HOMER, "8.8.8.8:53/udp"))).isEqualTo(Departure.dropped());
        assertThat(now(to(HOMER, "9.9.9.9")).outcome()).isEqualTo(Departure.Outcome.EgressAddress);
        assertThat(now(to(SELMA, "8.8.8.8:53/udp")).outcome()).isEqualTo(Departure.Outcome.NodeAddress);
        assertThat(message(explain(homer()), "HasAdminPolicy")).contains("EgressAdminPolicy no-dns", "--to");
    }

    private static Question homer() {
        return new Question.OfObject(new ObjectRef(InputKind.POD, HOMER.toString()));
    }

    @Test
    void aServicesAddressIsNoDestinationOutside() {
        start();

        var answer = to(HOMER, "172.30.0.1:443/tcp");

        assertThat(now(answer)).isEqualTo(Departure.unknown());
        assertThat(message(answer, "ServiceAddress")).contains("--service-subnets", "kubectl get endpointslices");
    }

    @Test
    void whatIsSentToAVirtualIpLeavesByTheEgressRouter() {
        start(TestCluster.bank(SOURCE, 443));

        var answer = to(HOMER, VIP + ":443/tcp");
        assertThat(answer.answer()).isEqualTo("to " + VIP + ":443/tcp: leaves as " + SOURCE + " from node1");
        assertThat(message(answer, "VirtualIp")).contains("EgressRouter simpson/bank", "203.0.113.25:8443");

        assertThat(now(to(HOMER, VIP + ":80/tcp"))).isEqualTo(Departure.dropped());
        assertThat(message(to(HOMER, VIP + ":80/tcp"), "NoDestination")).contains("spec.destinations");
        assertThat(now(to(SELMA, VIP + ":443/tcp"))).isEqualTo(Departure.dropped());
        assertThat(message(to(SELMA, VIP + ":443/tcp"), "NoClient")).contains("spec.clients");
    }

    private static EgressRouterInput bank(Destinations destinations, String text, String... sources) {
        return new EgressRouterInput(
                "simpson",
                "bank",
                "uid-bank",
                Instant.ofEpochSecond(1),
                1,
                Stream.of(sources).map(TestCluster::ip).toList(),
                destinations,
                text,
                Optional.empty(),
                EgressRouterInput.Clients.OWN_NAMESPACE,
                LabelSelector.EVERYTHING,
                List.of(),
                Optional.empty(),
                sources.length > 1,
                false,
                Optional.empty(),
                Optional.empty(),
                List.of());
    }

    private static Destinations https(String host) {
        return new Destinations(
                List.of(new io.ovnegress.reconciler.feature.egressrouter.Destination(
                        443, Protocol.tcp, new Target.Address(ip(host)), 8443)),
                Optional.empty());
    }

    private static Departure as(String... exits) {
        return new Departure(
                Departure.Outcome.EgressAddress,
                Stream.of(exits)
                        .map(exit -> new Departure.Exit(
                                Optional.of(exit.substring(0, exit.indexOf(' '))),
                                exit.substring(exit.indexOf(' ') + 1)))
                        .toList());
    }

    @Test
    void whatDestinationsWereBeforeTheyCouldNotBeReadAnyMoreGoesOnDeciding() {
        start(bank(https("203.0.113.25"), "", SOURCE));
        cluster.put(bank(https("203.0.113.26"), "80 tcp nobody at all", SOURCE));

        assertThat(now(to(HOMER, VIP + ":80/tcp"))).isEqualTo(Departure.dropped());
        assertThat(to(HOMER, VIP + ":80/tcp").parts().getFirst().wanted()).contains(Departure.dropped());
        assertThat(message(to(HOMER, VIP + ":443/tcp"), "VirtualIp")).endsWith("to 203.0.113.25:8443");
    }

    @Test
    void aProtocolThatNoDestinationHasIsRefused() {
        start(TestCluster.bank(SOURCE, 443));

        assertThat(now(to(HOMER, VIP + ":443/sctp"))).isEqualTo(Departure.dropped());
        assertThat(codes(to(HOMER, VIP + ":443/sctp"))).contains("NoDestination");
    }

    @Test
    void whatIsNotSaidOfAVirtualIpsPortIsNotGuessed() {
        start(TestCluster.bank(SOURCE, 443));

        for (var open : List.of(VIP, VIP + ":443", VIP + "/tcp")) {
            assertThat(now(to(HOMER, open))).as(open).isEqualTo(Departure.unknown());
            assertThat(message(to(HOMER, open), "NotToldByEgressRouter")).contains("say both");
        }
        assertThat(now(to(HOMER, VIP + ":80"))).as("refused anyway").isEqualTo(Departure.dropped());
        assertThat(now(to(SELMA, VIP))).as("no client anyway").isEqualTo(Departure.dropped());

        cluster.put(bank(new Destinations(List.of(), Optional.of(new Target.Address(ip("203.0.113.25")))), "", SOURCE));
        assertThat(now(to(HOMER, VIP))).as("all ports go there").isEqualTo(as(SOURCE + " node1"));
    }

    @Test
    void rowsOfAnEgressRouterThatSomebodyHasChangedAreSaidAsTheyAre() {
        start(TestCluster.bank(SOURCE, 443));
        cluster.reconciler.setLeader(false);
        var nat = only(Nat.TABLE, row -> row.get(Nat.EXTERNAL_IP).equals(SOURCE));
        cluster.tamper(() -> cluster.database.set(Nat.TABLE, nat.id(), Cell.of(Nat.EXTERNAL_IP, "192.168.126.99")));

        var answer = to(HOMER, VIP + ":443/tcp").parts().getFirst();
        assertThat(answer.now()).contains(as("192.168.126.99 node1"));
        assertThat(answer.wanted()).contains(as(SOURCE + " node1"));

        var balancer =
                only(LoadBalancer.TABLE, row -> row.get(LoadBalancer.PROTOCOL).contains("tcp"));
        cluster.tamper(() -> cluster.database.set(
                LoadBalancer.TABLE, balancer.id(), Cell.of(LoadBalancer.VIPS, Map.of(VIP + ":443", ""))));
        assertThat(now(to(HOMER, VIP + ":443/tcp"))).isEqualTo(Departure.dropped());
    }

    @Test
    void whatAnEgressRouterLacksIsNamed() {
        start(TestCluster.bank(SOURCE, 443));
        cluster.reconciler.setLeader(false);
        var route = only(
                LogicalRouterStaticRoute.TABLE,
                row -> row.get(LogicalRouterStaticRoute.IP_PREFIX).equals("0.0.0.0/0")
                        && row.get(LogicalRouterStaticRoute.EXTERNAL_IDS)
                                .toString()
                                .contains("bank"));
        cluster.tamper(() -> cluster.database.delete(LogicalRouterStaticRoute.TABLE, route.id()));

        assertThat(now(to(HOMER, VIP + ":443/tcp"))).isEqualTo(Departure.dropped());
        assertThat(message(to(HOMER, VIP + ":443/tcp"), "RouterLacks")).contains("a route to the outside");
    }

    @Test
    void aPolicyThatAnEgressRouterHasNotDropsItsClients() {
        start(TestCluster.bank(SOURCE, 443));
        cluster.reconciler.setLeader(false);
        var policy = only(
                LogicalRouterPolicy.TABLE,
                row -> row.get(LogicalRouterPolicy.MATCH).contains("rtoj-egressrouter_")
                        && row.get(LogicalRouterPolicy.ACTION).equals("allow"));
        cluster.tamper(() -> cluster.database.delete(LogicalRouterPolicy.TABLE, policy.id()));

        assertThat(now(to(HOMER, VIP + ":443/tcp"))).isEqualTo(Departure.dropped());
        assertThat(message(to(HOMER, VIP + ":443/tcp"), "RouterLacks"))
                .contains("ovn-nbctl list Logical_Router_Policy ");
    }

    @Test
    void whoIsNoClientIsRefusedOnTheWayToElsewhereToo() {
        start(TestCluster.bank(SOURCE, 443));
        cluster.reconciler.setLeader(false);
        var way = only(
                LogicalRouterPolicy.TABLE,
                row -> row.get(LogicalRouterPolicy.MATCH).equals("ip4.dst == " + VIP));
        cluster.tamper(() -> cluster.database.delete(LogicalRouterPolicy.TABLE, way.id()));

        assertThat(now(to(SELMA, VIP + ":443/tcp"))).isEqualTo(Departure.dropped());
        assertThat(now(to(HOMER, VIP + ":443/tcp"))).isEqualTo(as(IP + " node1"));
    }

    @Test
    void oneOfTwoRoutersThatLacksSomethingDropsItsShare() {
        start(bank(https("203.0.113.25"), "", SOURCE, "192.168.126.201"));
        assertThat(now(to(HOMER, VIP + ":443/tcp"))).isEqualTo(as(SOURCE + " node1", "192.168.126.201 node2"));
        cluster.reconciler.setLeader(false);
        var router =
                only(LogicalRouter.TABLE, row -> row.get(LogicalRouter.NAME).endsWith("bank_" + SOURCE));
        cluster.tamper(() ->
                cluster.database.set(LogicalRouter.TABLE, router.id(), Cell.of(LogicalRouter.STATIC_ROUTES, Set.of())));

        assertThat(now(to(HOMER, VIP + ":443/tcp")))
                .isEqualTo(new Departure(
                        Departure.Outcome.EgressAddress,
                        List.of(new Departure.Exit(Optional.of("192.168.126.201"), "node2")),
                        List.of("node1")));
    }

    /** An endpoint of the Service that leads to the egress router. */
    @Test
    void whatIsSentToARoutersAddressOnTheJoinSwitchLeavesByIt() {
        start(TestCluster.bank(SOURCE, 443));
        var inside = only(
                        LogicalRouterPort.TABLE,
                        row -> row.get(LogicalRouterPort.NAME).startsWith("rtoj-egressrouter_"))
                .get(LogicalRouterPort.NETWORKS)
                .iterator()
                .next()
                .replaceAll("/.*", "");

        assertThat(now(to(HOMER, inside + ":443/tcp"))).isEqualTo(as(SOURCE + " node1"));
        assertThat(now(to(HOMER, inside + ":80/tcp"))).isEqualTo(Departure.dropped());
        assertThat(now(to(SELMA, inside + ":443/tcp"))).isEqualTo(Departure.dropped());
    }

    private Row only(Table table, Predicate<Row> which) {
        return cluster.database.rows(table).stream().filter(which).findFirst().orElseThrow();
    }

    @Test
    void anEgressRouterItsAddressesAndItsNodeAreExplained() {
        start(TestCluster.bank(SOURCE, 443));

        var router = explain(new Question.OfObject(new ObjectRef(EgressRouterInput.KIND, "simpson/bank")));
        assertThat(router.answer()).contains(VIP, SOURCE + " by node node1");
        assertThat(router.facts()).containsEntry("clients", "simpson").containsEntry("virtualIp", VIP);
        assertThat(router.rows()).isNotEmpty();
        assertThat(explain(new Question.OfAddress(ip(VIP))).answer())
                .contains("is the virtual IP of EgressRouter simpson/bank", SOURCE + " from node1");
        assertThat(explain(new Question.OfAddress(ip(SOURCE))).answer())
                .contains("is the source of EgressRouter simpson/bank on node node1");
        assertThat(explain(new Question.OfObject(new ObjectRef(InputKind.NODE, "node1")))
                        .answer())
                .endsWith("has 1; has 1 router of EgressRouters");
    }

    @Test
    void firewallsAndPodsBehindThemAreExplained() {
        start(firewall("simpson", rule(false, "0.0.0.0/0")));

        var firewall = explain(new Question.OfObject(new ObjectRef(FirewallInput.EGRESS_FIREWALL, "simpson/default")));
        assertThat(firewall.answer()).isEqualTo("1 rules are in the database");
        assertThat(firewall.facts()).isEqualTo(Map.of("rules", "1"));
        assertThat(firewall.rows()).extracting(row -> row.state().name()).containsOnly("Present");
        var pod = explain(homer());
        assertThat(pod.answer()).isEqualTo("leaves as " + IP + " from node1 (EgressIP demo)");
        assertThat(message(pod, "HasFirewall")).contains("EgressFirewall simpson/default", "--to");
    }
}
