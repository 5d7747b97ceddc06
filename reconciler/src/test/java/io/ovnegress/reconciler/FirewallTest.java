package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.groupOf;
import static io.ovnegress.reconciler.TestCluster.ip;
import static io.ovnegress.reconciler.TestCluster.network;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.PortGroup;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.FirewallMatch.Packet;
import io.ovnegress.reconciler.feature.Features;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.firewall.FirewallInput;
import io.ovnegress.reconciler.feature.firewall.FirewallRule;
import io.ovnegress.reconciler.feature.firewall.FirewallRule.Destination;
import io.ovnegress.reconciler.feature.firewall.FirewallRule.Port;
import io.ovnegress.reconciler.feature.firewall.FirewallRule.Protocol;
import io.ovnegress.reconciler.feature.firewall.NetNamespaceInput;
import io.ovnegress.reconciler.feature.firewall.status.FirewallReason;
import io.ovnegress.reconciler.feature.firewall.status.FirewallText;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.ResolvedName;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.machine.Reconciler;
import io.ovnegress.reconciler.northbound.Marks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** EgressFirewalls and EgressNetworkPolicies: what leaves a namespace, which rows that takes, and what is said of it. */
class FirewallTest {
    static final ReconcilerConfig CONFIG = config(500);
    private static final FirewallRule ALLOW_EXAMPLE = rule(true, "1.2.3.0/24");
    private static final FirewallRule DENY_ALL = rule(false, "0.0.0.0/0");

    private final TestCluster cluster = new TestCluster(
                    CONFIG,
                    new FakeNorthbound(FakeNorthbound.PINNED, new Reconciler(Features.of(CONFIG), 500).monitorSpec()))
            .topology(1, 2);

    private UUID group = new UUID(0, 0);

    @BeforeEach
    void namespaces() {
        group = cluster.portGroup("simpson");
        cluster.portGroup("bouvier");
    }

    static ReconcilerConfig config(int maxRowsPerTransaction) {
        return TestCluster.config(false, maxRowsPerTransaction)
                .edit()
                .otherSubnets(List.of(new ReservedSubnet(ReservedSubnet.Use.SERVICE, network("172.30.0.0/16"))))
                .firewall(true)
                .egressRouterVips(List.of(network("198.18.0.0/16")))
                .build();
    }

    static FirewallRule rule(boolean allows, String network, Port... ports) {
        return new FirewallRule(allows, new Destination.Network(network(network)), List.of(ports));
    }

    private static FirewallRule name(boolean allows, String name) {
        return new FirewallRule(allows, new Destination.Name(name), List.of());
    }

    private static FirewallInput firewall(String namespace, FirewallRule... rules) {
        return firewall(namespace, List.of(rules));
    }

    private static FirewallInput firewall(String namespace, List<FirewallRule> rules) {
        return new FirewallInput(
                FirewallInput.EGRESS_FIREWALL, namespace, "default", "uid-" + namespace, rules.size(), rules);
    }

    private static FirewallInput policy(String namespace, String name, FirewallRule... rules) {
        return new FirewallInput(
                FirewallInput.EGRESS_NETWORK_POLICY, namespace, name, "uid-" + name, 1, List.of(rules));
    }

    private FakeFirewall firewallOf(String namespace) {
        return FakeFirewall.of(cluster.database, groupOf(namespace));
    }

    private boolean passes(String namespace, String to) {
        return firewallOf(namespace).passes(new Packet(ip(to), "tcp", 80));
    }

    private List<Row> acls() {
        return cluster.database.rows(Acl.TABLE);
    }

    private List<Row> sets() {
        return cluster.database.rows(AddressSet.TABLE).stream()
                .filter(row ->
                        Marks.featureOf(row).filter("egress-firewall"::equals).isPresent())
                .toList();
    }

    /** With what hangs on the group. */
    private List<Object> rowsOfFirewalls() {
        return List.of(
                cells(acls()),
                Set.copyOf(cluster.database.children(PortGroup.ACLS, group).stream()
                        .map(Row::id)
                        .toList()),
                cells(sets()));
    }

    /** What rows hold, each column. */
    static Set<Object> cells(List<Row> rows) {
        return rows.stream()
                .map(row -> row.table().columns().stream()
                        .map(column -> List.of(row.id(), column.name(), row.get(column)))
                        .collect(Collectors.toSet()))
                .collect(Collectors.toSet());
    }

    private FirewallReason reason(String key) {
        return (FirewallReason) status(key).conditions().getFirst().reason();
    }

    private StatusChange status(String key) {
        var change = cluster.otherStatuses.get(key);
        assertThat(change).as("status of %s in %s", key, cluster.otherStatuses).isNotNull();
        return change;
    }

    private String message(String key) {
        return status(key).conditions().getFirst().message();
    }

    private void start(InputObject... objects) {
        cluster.start(Stream.concat(Stream.of(TestCluster.node(1), TestCluster.node(2)), Stream.of(objects))
                .toArray(InputObject[]::new));
    }

    @Test
    void theFirstRuleThatMatchesDecidesAndWhatNoneMatchesPasses() {
        start(firewall("simpson", ALLOW_EXAMPLE, DENY_ALL), firewall("bouvier", rule(false, "1.2.3.0/24")));

        assertThat(passes("simpson", "1.2.3.4")).isTrue();
        assertThat(passes("simpson", "1.2.4.4")).isFalse();
        assertThat(passes("bouvier", "1.2.3.4")).isFalse();
        assertThat(passes("bouvier", "1.2.4.4")).isTrue();
    }

    @Test
    void theReversedOrderBlocksEverything() {
        start(firewall("simpson", DENY_ALL, ALLOW_EXAMPLE));

        assertThat(passes("simpson", "1.2.3.4")).isFalse();
    }

    @Test
    void nothingIsSaidAboutWhatStaysInTheCluster() {
        start(firewall("simpson", rule(true, "0.0.0.0/0"), rule(false, "10.128.0.0/14")));

        for (var inside :
                List.of("10.128.0.5", "10.131.255.255", "100.64.0.2", "172.30.0.1", "198.18.0.1", "224.0.0.5")) {
            assertThat(firewallOf("simpson").isDecided(new Packet(ip(inside), "tcp", 80)))
                    .as("%s, which a NetworkPolicy may have closed", inside)
                    .isFalse();
        }
        assertThat(message("simpson/default"))
                .contains("rule 2: 10.128.0.0/14 lies inside of the cluster", "use a NetworkPolicy");
    }

    @Test
    void dnsOfNodesIsExemptAndNothingElseOfThem() {
        start(firewall("simpson", DENY_ALL));

        var node = ip("192.168.126.12");
        assertThat(TestCluster.node(2).addresses()).contains(node);
        assertThat(firewallOf("simpson").passes(new Packet(node, "udp", 53))).isTrue();
        assertThat(firewallOf("simpson").passes(new Packet(node, "tcp", 53))).isTrue();
        assertThat(firewallOf("simpson").passes(new Packet(node, "tcp", 6443))).isFalse();
    }

    @Test
    void nodesAreSelectedByTheirLabelsAndFollowThem() {
        var infra = new FirewallRule(true, new Destination.Nodes(where("pool=infra")), List.of());
        var node = TestCluster.node(2);
        start(firewall("simpson", infra, DENY_ALL));
        assertThat(passes("simpson", "192.168.126.12")).isFalse();

        cluster.put(node.edit().labels(java.util.Map.of("pool", "infra")).build());

        assertThat(passes("simpson", "192.168.126.12")).isTrue();
        assertThat(passes("simpson", "192.168.126.11")).isFalse();
    }

    @Test
    void portsAndProtocolsNarrowARule() {
        start(firewall(
                "simpson",
                rule(
                        true,
                        "1.2.3.0/24",
                        new Port(Protocol.tcp, OptionalInt.of(443)),
                        new Port(Protocol.udp, OptionalInt.empty())),
                DENY_ALL));

        assertThat(firewallOf("simpson").passes(new Packet(ip("1.2.3.4"), "tcp", 443)))
                .isTrue();
        assertThat(firewallOf("simpson").passes(new Packet(ip("1.2.3.4"), "udp", 9)))
                .isTrue();
        assertThat(firewallOf("simpson").passes(new Packet(ip("1.2.3.4"), "tcp", 80)))
                .isFalse();
        assertThat(firewallOf("simpson").passes(new Packet(ip("1.2.3.4"), "icmp", 0)))
                .isFalse();
    }

    @Test
    void namesFollowTheirAnswersWithoutAChangeOfTheAcls() {
        start(firewall("simpson", name(true, "www.example.com"), DENY_ALL));
        assertThat(cluster.reconciler.names().names()).containsExactly("www.example.com");
        assertThat(passes("simpson", "10.11.12.13")).isFalse();
        assertThat(status("simpson/default").conditions().getLast().reason()).isEqualTo(FirewallReason.NamesUnresolved);

        cluster.put(new ResolvedName("www.example.com", Set.of(ip("10.11.12.13")), Optional.empty()));
        assertThat(passes("simpson", "10.11.12.13")).isTrue();
        assertThat(status("simpson/default").conditions().getLast().reason()).isEqualTo(FirewallReason.NamesResolved);

        var before = acls();
        cluster.put(new ResolvedName("www.example.com", Set.of(ip("20.21.22.23")), Optional.empty()));
        assertThat(passes("simpson", "10.11.12.13")).isFalse();
        assertThat(passes("simpson", "20.21.22.23")).isTrue();
        assertThat(acls()).isEqualTo(before);
    }

    @Test
    void whatIsOfTheClusterDoesNotStayInASetWhoseNameIsNotAnswered() {
        start(firewall("simpson", name(true, "www.example.com"), DENY_ALL));
        var set = cluster.database.rows(AddressSet.TABLE).stream()
                .filter(row -> row.get(AddressSet.EXTERNAL_IDS).toString().contains("www.example.com"))
                .filter(row -> row.get(AddressSet.NAME).endsWith("_v4"))
                .findFirst()
                .orElseThrow()
                .id();

        cluster.tamper(() -> cluster.database.addTo(AddressSet.ADDRESSES, set, "9.9.9.9"));
        cluster.tamper(() -> cluster.database.addTo(AddressSet.ADDRESSES, set, "10.128.0.9"));
        cluster.after(Duration.ofMinutes(2));

        assertThat(cluster.database.rows(AddressSet.TABLE).stream()
                        .filter(row -> row.id().equals(set))
                        .toList())
                .singleElement()
                .satisfies(row -> assertThat(row.get(AddressSet.ADDRESSES)).containsExactly("9.9.9.9"));
    }

    @Test
    void aNameThatStandsForAPodOpensNothing() {
        start(firewall("simpson", name(true, "www.example.com"), DENY_ALL));

        cluster.put(new ResolvedName("www.example.com", Set.of(ip("10.128.0.5")), Optional.empty()));

        assertThat(firewallOf("simpson").isDecided(new Packet(ip("10.128.0.5"), "tcp", 80)))
                .isFalse();
    }

    @Test
    void aNameThatIsNotAnsweredAfterARestartKeepsItsAddresses() {
        var objects = new InputObject[] {
            TestCluster.node(1), TestCluster.node(2), firewall("simpson", name(true, "www.example.com"), DENY_ALL)
        };
        cluster.start(objects);
        cluster.put(new ResolvedName("www.example.com", Set.of(ip("10.11.12.13")), Optional.empty()));

        cluster.restart(objects);
        assertThat(passes("simpson", "10.11.12.13")).isTrue();
        assertThat(cluster.transactions).isEmpty();

        cluster.put(new ResolvedName("www.example.com", Set.of(), Optional.of("SERVFAIL")));
        assertThat(passes("simpson", "10.11.12.13")).isTrue();
        assertThat(status("simpson/default").conditions().getLast().message()).contains("SERVFAIL", "--dns-servers");
    }

    @Test
    void theMaskOfAHostThatIsNoneIsTakenForEverything() {
        start(policy("simpson", "web", ALLOW_EXAMPLE, rule(false, "0.0.0.0/32")));

        assertThat(passes("simpson", "9.9.9.9")).isFalse();
        assertThat(passes("simpson", "1.2.3.4")).isTrue();
        assertThat(reason("simpson/web")).isEqualTo(FirewallReason.RulesApplied);
        assertThat(message("simpson/web")).contains("rule 2: 0.0.0.0/32 is taken for 0.0.0.0/0");
    }

    @Test
    void nothingIsLetThroughByWhatIsNotUnderstood() {
        var unknown = new Destination.Unknown("*.example.com is a wildcard, name hosts");
        start(
                firewall("simpson", new FirewallRule(true, unknown, List.of()), rule(true, "1.2.3.0/24"), DENY_ALL),
                firewall("bouvier", rule(true, "1.2.3.0/24"), new FirewallRule(false, unknown, List.of())));

        assertThat(passes("simpson", "1.2.3.4")).isTrue();
        assertThat(passes("simpson", "9.9.9.9")).isFalse();
        assertThat(passes("bouvier", "1.2.3.4")).isTrue();
        assertThat(passes("bouvier", "9.9.9.9")).isFalse();
        assertThat(passes("bouvier", "2001:db8::1")).isFalse();
        assertThat(reason("simpson/default")).isEqualTo(FirewallReason.InvalidRule);
        assertThat(message("simpson/default")).contains("rule 1: *.example.com is a wildcard");
        assertThat(status("bouvier/default").fields()).isEqualTo(new FirewallText(false));
        assertThat(new FirewallText(false).text()).isEqualTo("EgressFirewall Rules not correctly added");
        assertThat(cluster.events).extracting(StatusChange.Event::reason).contains(FirewallReason.InvalidRule);
    }

    @Test
    void severalPoliciesOfANamespaceLetNothingOut() {
        start(policy("simpson", "one", ALLOW_EXAMPLE), policy("simpson", "two", ALLOW_EXAMPLE));

        assertThat(passes("simpson", "1.2.3.4")).isFalse();
        assertThat(passes("simpson", "2001:db8::1")).isFalse();
        assertThat(reason("simpson/one")).isEqualTo(FirewallReason.SeveralPolicies);
        assertThat(message("simpson/one")).contains("EgressNetworkPolicy simpson/two", "delete");

        cluster.remove(FirewallInput.EGRESS_NETWORK_POLICY, "simpson/two");
        assertThat(passes("simpson", "1.2.3.4")).isTrue();
        assertThat(reason("simpson/one")).isEqualTo(FirewallReason.RulesApplied);
    }

    @Test
    void aPolicyOfAGlobalProjectIsIgnored() {
        cluster.portGroup("default");
        start(
                policy("default", "web", DENY_ALL),
                new NetNamespaceInput("bouvier", 0),
                policy("bouvier", "web", DENY_ALL));

        assertThat(acls()).isEmpty();
        assertThat(reason("default/web")).isEqualTo(FirewallReason.GlobalProject);
        assertThat(reason("bouvier/web")).isEqualTo(FirewallReason.GlobalProject);
    }

    @Test
    void nothingLeavesProjectsThatAreJoinedUntilTheyAreIsolated() {
        start(
                new NetNamespaceInput("simpson", 17),
                new NetNamespaceInput("bouvier", 17),
                policy("simpson", "web", ALLOW_EXAMPLE));

        assertThat(passes("simpson", "1.2.3.4")).isFalse();
        assertThat(passes("bouvier", "1.2.3.4")).isFalse();
        assertThat(reason("simpson/web")).isEqualTo(FirewallReason.JoinedProjects);
        assertThat(message("simpson/web")).contains("bouvier");

        cluster.put(new NetNamespaceInput("bouvier", 18));
        assertThat(passes("simpson", "1.2.3.4")).isTrue();
        assertThat(passes("bouvier", "9.9.9.9")).isTrue();
        assertThat(reason("simpson/web")).isEqualTo(FirewallReason.RulesApplied);
    }

    @Test
    void anEgressFirewallCountsInThePlaceOfNetworkPolicies() {
        start(policy("simpson", "web", DENY_ALL), firewall("simpson", rule(false, "1.2.3.0/24")));

        assertThat(passes("simpson", "9.9.9.9")).isTrue();
        assertThat(passes("simpson", "1.2.3.4")).isFalse();
        assertThat(reason("simpson/default")).isEqualTo(FirewallReason.RulesApplied);
        assertThat(status("simpson/default").fields()).isEqualTo(new FirewallText(true));
        assertThat(new FirewallText(true).text()).isEqualTo("EgressFirewall Rules applied");
        assertThat(reason("simpson/web")).isEqualTo(FirewallReason.Superseded);
    }

    @Test
    void rowsAreWhatOvnkubeWouldHaveMade() {
        start(firewall("simpson", rule(false, "1.2.3.4/24")));

        assertThat(acls()).hasSize(2).allSatisfy(acl -> {
            assertThat(acl.get(Acl.DIRECTION)).isEqualTo("to-lport");
            assertThat(acl.get(Acl.TIER)).isEqualTo(2L);
            assertThat(acl.get(Acl.EXTERNAL_IDS))
                    .containsEntry("ovn-egress.io/feature", "egress-firewall")
                    .containsEntry("ovn-egress.io/owner", "namespace/simpson");
        });
        assertThat(acls()).anySatisfy(acl -> {
            assertThat(acl.get(Acl.PRIORITY)).isEqualTo(10_000L);
            assertThat(acl.get(Acl.ACTION)).isEqualTo("drop");
            assertThat(acl.get(Acl.MATCH)).isEqualTo("inport == @" + groupOf("simpson") + " && ip4.dst == 1.2.3.0/24");
        });
    }

    @Test
    void whatGoesLeavesNothing() {
        var before = cluster.content();
        start(firewall("simpson", name(true, "www.example.com"), DENY_ALL), firewall("bouvier", DENY_ALL));

        cluster.remove(FirewallInput.EGRESS_FIREWALL, "simpson/default");
        assertThat(sets()).hasSize(2);
        cluster.remove(FirewallInput.EGRESS_FIREWALL, "bouvier/default");

        assertThat(acls()).isEmpty();
        assertThat(sets()).isEmpty();
        assertThat(cluster.reconciler.names().names()).isEmpty();
        assertThat(cluster.content()).containsAll(before);
    }

    @Test
    void damageIsRepaired() {
        start(firewall("simpson", ALLOW_EXAMPLE, DENY_ALL));
        var before = rowsOfFirewalls();
        var acl = acls().getFirst().id();

        cluster.tamper(() -> cluster.database.removeFrom(PortGroup.ACLS, group, acl));
        assertThat(rowsOfFirewalls()).isEqualTo(before);
        cluster.tamper(() -> cluster.database.set(Acl.TABLE, acl, Cell.of(Acl.MATCH, "ip4")));
        cluster.after(Duration.ofMinutes(2));
        assertThat(rowsOfFirewalls()).isEqualTo(before);
        cluster.tamper(() -> cluster.database.set(Acl.TABLE, acl, Cell.of(Acl.EXTERNAL_IDS, java.util.Map.of())));
        cluster.after(Duration.ofMinutes(2));
        assertThat(rowsOfFirewalls()).isEqualTo(before);
        cluster.tamper(() ->
                cluster.database.addTo(AddressSet.ADDRESSES, sets().getFirst().id(), "9.9.9.9"));
        cluster.after(Duration.ofMinutes(2));
        assertThat(rowsOfFirewalls()).isEqualTo(before);
    }

    @Test
    void aGroupThatIsMadeAnewHasTheAclsAgain() {
        start(firewall("simpson", DENY_ALL));

        cluster.tamper(() -> cluster.database.delete(PortGroup.TABLE, group));
        assertThat(acls()).isEmpty();
        assertThat(reason("simpson/default")).isEqualTo(FirewallReason.NoPortGroup);

        cluster.tamper(() -> cluster.portGroup("simpson"));
        assertThat(passes("simpson", "9.9.9.9")).isFalse();
        assertThat(reason("simpson/default")).isEqualTo(FirewallReason.RulesApplied);
    }

    @Test
    void aControllerThatStartsAnewFindsNothingToDo() {
        var objects = new InputObject[] {
            TestCluster.node(1), TestCluster.node(2), firewall("simpson", ALLOW_EXAMPLE, DENY_ALL)
        };
        cluster.start(objects);

        cluster.restart(objects);

        assertThat(cluster.transactions).isEmpty();
        assertThat(reason("simpson/default")).isEqualTo(FirewallReason.RulesApplied);
    }

    @Test
    void aRefusalIsToldAndTriedAgain() {
        cluster.database.refuse(
                operation -> operation instanceof Operation.Insert insert && insert.table() == Acl.TABLE);
        start(firewall("simpson", DENY_ALL));
        assertThat(reason("simpson/default")).isEqualTo(FirewallReason.RefusedByDatabase);
    }

    @Test
    void whereNodesHaveDatabasesOfTheirOwnNothingIsWrittenAndThatIsSaid() {
        cluster.database.insert(LogicalSwitch.TABLE, Cell.of(LogicalSwitch.NAME, "transit_switch"));

        start(firewall("simpson", DENY_ALL));

        assertThat(acls()).isEmpty();
        assertThat(sets()).isEmpty();
        assertThat(reason("simpson/default")).isEqualTo(FirewallReason.UnsupportedTopology);
    }

    @Test
    void eightThousandRulesAreDecidedOverAndChangedInTheMiddle() {
        var rules = new ArrayList<FirewallRule>();
        IntStream.range(0, 7_999).forEach(i -> rules.add(rule(true, "20." + i / 250 + "." + i % 250 + ".0/24")));
        rules.add(DENY_ALL);
        start(firewall("simpson", rules));
        assertThat(passes("simpson", "20.31.248.1")).isTrue();
        assertThat(passes("simpson", "20.31.249.1")).isFalse();
        assertThat(reason("simpson/default")).isEqualTo(FirewallReason.RulesApplied);

        rules.remove(4_000);
        cluster.put(firewall("simpson", rules));
        assertThat(passes("simpson", "20.16.0.1")).isFalse();
        assertThat(passes("simpson", "20.31.248.1")).isTrue();
        assertThat(acls()).hasSize(8_000);

        rules.add(4_000, rule(true, "30.0.0.0/24"));
        rules.add(0, rule(true, "30.0.1.0/24"));
        cluster.put(firewall("simpson", rules));
        assertThat(passes("simpson", "20.31.248.1")).isTrue();
        assertThat(passes("simpson", "40.0.0.1"))
                .as("denied by what comes in the place of the rest")
                .isFalse();
        assertThat(reason("simpson/default")).isEqualTo(FirewallReason.TooManyRules);
    }

    /** What many rules change alike must not reach those that were alike and stay. */
    @Test
    void whenMostRulesAllowWhatTheyDeniedTheLastOneDeniesAsBefore() {
        start(firewall("simpson", flipped(false)));
        assertThat(passes("simpson", "20.0.3.1")).isFalse();
        var let = new ArrayList<Boolean>();
        cluster.database.keep(new FakeNorthbound.Journal() {
            @Override
            public void committed(FakeNorthbound database, List<Operation> operations, CommitOutcome outcome) {
                let.add(passes("simpson", "40.0.0.1"));
            }

            @Override
            public void tampered(FakeNorthbound database, List<Operation> operations) {}
        });

        cluster.put(firewall("simpson", flipped(true)));

        assertThat(passes("simpson", "20.0.3.1")).isTrue();
        assertThat(let).isNotEmpty().containsOnly(false);
    }

    private static List<FirewallRule> flipped(boolean allows) {
        var rules = new ArrayList<FirewallRule>();
        IntStream.range(0, 40).forEach(i -> rules.add(rule(allows, "20.0." + i + ".0/24")));
        rules.add(DENY_ALL);
        return rules;
    }

    @Test
    void whoHasNoFirewallsHasNoRowsOfThem() {
        var without = new TestCluster().topology(1, 2);
        without.start(TestCluster.node(1), firewall("simpson", DENY_ALL));

        assertThat(without.reconciler.progress().missing()).isEmpty();
        assertThat(without.database.rows(Acl.TABLE)).isEmpty();
        assertThat(without.otherStatuses).isEmpty();
    }

    @Test
    void nothingIsDecidedBeforeEveryKindIsListed() {
        assertThat(cluster.reconciler.progress().missing())
                .contains(
                        FirewallInput.EGRESS_FIREWALL,
                        FirewallInput.EGRESS_NETWORK_POLICY,
                        NetNamespaceInput.KIND,
                        InputKind.NODE);
    }

    @Test
    void whatDoesNotActIsCounted() {
        start(policy("simpson", "one"), policy("simpson", "two"), firewall("bouvier", name(true, "www.example.com")));

        assertThat(cluster.reconciler.shortfall().of("unapplied.firewalls")).isEqualTo(3);
    }
}
