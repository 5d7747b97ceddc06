package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.groupOf;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.network;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.Meter;
import io.ovnegress.ovsdb.nb.MeterBand;
import io.ovnegress.ovsdb.nb.Qos;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.Features;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.firewall.AdminPolicyInput;
import io.ovnegress.reconciler.feature.firewall.AdminPolicyInput.Action;
import io.ovnegress.reconciler.feature.firewall.AdminPolicyInput.Bandwidth;
import io.ovnegress.reconciler.feature.firewall.AdminPolicyInput.Rule;
import io.ovnegress.reconciler.feature.firewall.FirewallRule.Port;
import io.ovnegress.reconciler.feature.firewall.FirewallRule.Protocol;
import io.ovnegress.reconciler.feature.firewall.status.FirewallReason;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.machine.Reconciler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What administrators want done with what leaves: which rows that takes, and what is said of it. */
class AdminPolicyTest {
    private static final Rule DROP_SMTP = new Rule(
            Action.DROP, Optional.empty(), List.of(new Port(Protocol.tcp, OptionalInt.of(25))), true, "warning");
    private static final Rule LOG_NETWORK =
            new Rule(Action.LOG, Optional.of(network("198.51.100.7/24")), List.of(), true, "info");

    private final TestCluster cluster = new TestCluster(
                    FirewallTest.CONFIG,
                    new FakeNorthbound(
                            FakeNorthbound.PINNED, new Reconciler(Features.of(FirewallTest.CONFIG), 500).monitorSpec()))
            .topology(1, 2);

    private UUID join = new UUID(0, 0);

    @BeforeEach
    void switches() {
        join = cluster.database.insert(LogicalSwitch.TABLE, Cell.of(LogicalSwitch.NAME, "join"));
        cluster.portGroup("simpson");
        cluster.portGroup("bouvier");
    }

    private static AdminPolicyInput policy(Optional<Bandwidth> bandwidth, Rule... rules) {
        return new AdminPolicyInput("mail", "uid", 1, where("kind=tenant"), List.of(rules), bandwidth, List.of());
    }

    private void start(InputObject policy) {
        cluster.start(policy, namespace("simpson", "kind=tenant"), namespace("bouvier"));
    }

    private List<Row> acls() {
        return cluster.database.children(LogicalSwitch.ACLS, join);
    }

    private Set<Object> rows() {
        return FirewallTest.cells(
                Stream.concat(acls().stream(), cluster.database.children(LogicalSwitch.QOS_RULES, join).stream())
                        .toList());
    }

    private FirewallReason reason() {
        return (FirewallReason)
                cluster.otherStatuses.get("mail").conditions().getFirst().reason();
    }

    private String message() {
        return cluster.otherStatuses.get("mail").conditions().getFirst().message();
    }

    @Test
    void whereNodesHaveDatabasesOfTheirOwnNothingIsWrittenAndThatIsSaid() {
        cluster.database.insert(LogicalSwitch.TABLE, Cell.of(LogicalSwitch.NAME, "transit_switch"));
        start(policy(Optional.of(new Bandwidth(2000, Optional.empty())), DROP_SMTP));

        assertThat(rows()).isEmpty();
        assertThat(reason()).isEqualTo(FirewallReason.UnsupportedTopology);
        assertThat(message()).contains("interconnect", "not obeyed");
    }

    @Test
    void withoutAMeterNothingIsLoggedAndThatIsSaid() {
        start(policy(Optional.empty(), LOG_NETWORK));
        assertThat(logged().reason()).isEqualTo(FirewallReason.NoMeter);
        assertThat(logged().status()).isFalse();
        assertThat(reason()).isEqualTo(FirewallReason.RulesApplied);

        cluster.tamper(() -> meter("another"));
        assertThat(logged().reason()).isEqualTo(FirewallReason.NoMeter);
        cluster.tamper(() -> meter("acl-logging"));
        assertThat(logged().reason()).isEqualTo(FirewallReason.MeterThere);

        cluster.tamper(() -> cluster.database.rows(Meter.TABLE).stream()
                .filter(row -> row.get(Meter.NAME).equals("acl-logging"))
                .toList()
                .forEach(row -> cluster.database.delete(Meter.TABLE, row.id())));
        assertThat(logged().reason()).isEqualTo(FirewallReason.NoMeter);
    }

    @Test
    void ofWhatLogsNothingNoMeterIsAskedFor() {
        start(policy(Optional.empty(), new Rule(Action.DROP, Optional.empty(), List.of(), false, "info")));

        assertThat(cluster.otherStatuses.get("mail").conditions()).hasSize(1);
    }

    private void meter(String name) {
        var band = cluster.database.insert(
                MeterBand.TABLE, Cell.of(MeterBand.ACTION, "drop"), Cell.of(MeterBand.RATE, 20L));
        cluster.database.insert(
                Meter.TABLE,
                Cell.of(Meter.NAME, name),
                Cell.of(Meter.UNIT, "pktps"),
                Cell.of(Meter.BANDS, Set.of(band)));
    }

    private StatusCondition logged() {
        var conditions = cluster.otherStatuses.get("mail").conditions();
        assertThat(conditions).hasSize(2);
        return conditions.get(1);
    }

    @Test
    void whatIsDroppedIsDroppedBeforeWhatIsLogged() {
        start(policy(Optional.empty(), LOG_NETWORK, DROP_SMTP));

        assertThat(acls()).hasSize(3); // both families of what has no network
        assertThat(acls()).anySatisfy(acl -> {
            assertThat(acl.get(Acl.NAME)).containsExactly("mail/1/v4");
            assertThat(acl.get(Acl.PRIORITY)).isEqualTo(2000L);
            assertThat(acl.get(Acl.ACTION)).isEqualTo("allow");
            assertThat(acl.get(Acl.DIRECTION)).isEqualTo("from-lport");
            assertThat(acl.get(Acl.LOG)).isTrue();
            assertThat(acl.get(Acl.SEVERITY)).containsExactly("info");
            assertThat(acl.get(Acl.METER)).containsExactly("acl-logging");
            assertThat(acl.get(Acl.MATCH))
                    .isEqualTo("inport == \"jtor-ovn_cluster_router\" && ip4.src == $" + groupOf("simpson")
                            + "_ip4 && ip4.dst == 198.51.100.0/24");
            assertThat(acl.get(Acl.EXTERNAL_IDS))
                    .as("as it always was: what is there stays when the controller is another one")
                    .isEqualTo(Map.of(
                            "ovn-egress.io/feature",
                            "egress-firewall",
                            "ovn-egress.io/id",
                            "admin/mail/1/simpson/v4",
                            "ovn-egress.io/owner",
                            "admin/mail"));
        });
        assertThat(acls()).anySatisfy(acl -> {
            assertThat(acl.get(Acl.NAME)).containsExactly("mail/2/v4");
            assertThat(acl.get(Acl.PRIORITY)).isEqualTo(2001L);
            assertThat(acl.get(Acl.ACTION)).isEqualTo("drop");
            assertThat(acl.get(Acl.MATCH)).contains("ip4.dst == {").endsWith(" && tcp.dst == 25");
        });
        assertThat(reason()).isEqualTo(FirewallReason.RulesApplied);
        assertThat(message()).isEqualTo("it is obeyed for 1 namespaces");
    }

    @Test
    void namespacesComeAndGoWithTheirLabels() {
        start(policy(Optional.empty(), LOG_NETWORK));

        cluster.put(namespace("bouvier", "kind=tenant"));
        assertThat(acls())
                .extracting(acl -> acl.get(Acl.MATCH))
                .containsExactlyInAnyOrder(logged("simpson"), logged("bouvier"));

        cluster.put(namespace("bouvier"), namespace("simpson"));
        assertThat(acls()).isEmpty();
    }

    private static String logged(String namespace) {
        return "inport == \"jtor-ovn_cluster_router\" && ip4.src == $" + groupOf(namespace)
                + "_ip4 && ip4.dst == 198.51.100.0/24";
    }

    /** A chassis cannot read a match that names the group, until the controller has seen to it: that may be long. */
    @Test
    void aGroupThatGoesTakesNothingFromTheRulesOfOtherNamespaces() {
        start(policy(Optional.empty(), LOG_NETWORK, DROP_SMTP));
        cluster.put(namespace("bouvier", "kind=tenant"));

        assertThat(acls())
                .hasSize(6)
                .allSatisfy(acl -> assertThat(Stream.of("simpson", "bouvier")
                                .filter(namespace -> acl.get(Acl.MATCH).contains("$" + groupOf(namespace) + "_")))
                        .hasSize(1));
    }

    /** Of the two rules, one of which has two families. */
    private static final int ROWS_OF_ONE = 3;

    private static final int MOST_ROWS = 10;

    /** A cluster of thirty tenants with few rows in a transaction. */
    private TestCluster ofManyTenants() {
        var config = FirewallTest.config(MOST_ROWS);
        var many = new TestCluster(
                        config,
                        new FakeNorthbound(
                                FakeNorthbound.PINNED, new Reconciler(Features.of(config), MOST_ROWS).monitorSpec()))
                .topology(1, 2);
        join = many.database.insert(LogicalSwitch.TABLE, Cell.of(LogicalSwitch.NAME, "join"));
        tenants().forEach(tenant -> many.portGroup(tenant.key()));
        many.portGroup("late");
        return many;
    }

    private static Stream<NamespaceInput> tenants() {
        return IntStream.range(0, 30).mapToObj(i -> namespace("tenant" + i, "kind=tenant"));
    }

    private static InputObject[] withTenants(InputObject policy) {
        return Stream.concat(Stream.of(policy), tenants()).toArray(InputObject[]::new);
    }

    /** However many namespaces there are: a transaction that is large holds up everybody. */
    @Test
    void rulesAreWrittenNamespaceByNamespace() {
        var many = ofManyTenants();

        many.start(withTenants(policy(Optional.empty(), LOG_NETWORK, DROP_SMTP)));

        assertThat(many.database.children(LogicalSwitch.ACLS, join)).hasSize(30 * ROWS_OF_ONE);
        assertThat(many.transactions)
                .isNotEmpty()
                .allSatisfy(operations -> assertThat(operations.stream()
                                .filter(Operation.Insert.class::isInstance)
                                .count())
                        .isLessThan(MOST_ROWS + ROWS_OF_ONE));

        many.reconciler.apply(new InputChange.Put(namespace("late", "kind=tenant")), many.now);
        assertThat(many.reconciler.progress().dirty())
                .as("what is looked at: the namespace, and the limit of all")
                .isEqualTo(2);
        many.settle();
        assertThat(many.database.children(LogicalSwitch.ACLS, join)).hasSize(31 * ROWS_OF_ONE);
    }

    @Test
    void aPolicyIsNotSaidToBeObeyedBeforeEveryNamespaceHasItsRows() {
        var many = ofManyTenants();
        many.start(tenants().toArray(InputObject[]::new));

        many.reconciler.apply(new InputChange.Put(policy(Optional.empty(), LOG_NETWORK, DROP_SMTP)), many.now);
        var rowsWhenSaid = new ArrayList<Integer>();
        int transactions = 0;
        for (var next = many.reconciler.nextTransaction(many.now);
                next.isPresent();
                next = many.reconciler.nextTransaction(many.now)) {
            many.commit(next.get());
            transactions++;
            many.reconciler
                    .takeStatusChanges()
                    .forEach(said -> rowsWhenSaid.add(
                            many.database.children(LogicalSwitch.ACLS, join).size()));
        }

        assertThat(transactions).isGreaterThan(5);
        assertThat(rowsWhenSaid).containsExactly(30 * ROWS_OF_ONE);
    }

    /** As versions before had them: they act until every namespace has rows of its own. */
    @Test
    void rowsOfAllNamespacesTogetherGoWhenEachHasItsOwn() {
        var many = ofManyTenants();
        var former = many.database.insert(
                Acl.TABLE,
                Cell.of(Acl.NAME, Set.of("mail/2/v4")),
                Cell.of(Acl.MATCH, "ip4.src == {$a1_ip4, $a2_ip4} && tcp.dst == 25"),
                Cell.of(Acl.ACTION, "drop"),
                Cell.of(Acl.DIRECTION, "from-lport"),
                Cell.of(Acl.PRIORITY, 2001L),
                Cell.of(
                        Acl.EXTERNAL_IDS,
                        Map.of(
                                "ovn-egress.io/feature",
                                "egress-firewall",
                                "ovn-egress.io/id",
                                "admin/mail/2/v4",
                                "ovn-egress.io/owner",
                                "admin/mail")));
        many.database.addTo(LogicalSwitch.ACLS, join, former);

        many.start(withTenants(policy(Optional.empty(), LOG_NETWORK, DROP_SMTP)));

        assertThat(many.database.children(LogicalSwitch.ACLS, join))
                .hasSize(30 * ROWS_OF_ONE)
                .noneMatch(row -> row.id().equals(former));
        assertThat(many.transactions.getLast().stream().noneMatch(Operation.Insert.class::isInstance))
                .as("the last one takes it away and inserts nothing")
                .isTrue();
    }

    @Test
    void aRefusalOfOneNamespacesRowsIsSaidUntilTheyAreThere() {
        cluster.database.refuse(operation -> operation instanceof Operation.Insert insert
                && insert.cells().stream()
                        .anyMatch(cell -> cell.value().toString().contains(groupOf("bouvier"))));
        cluster.start(
                policy(Optional.empty(), DROP_SMTP),
                namespace("simpson", "kind=tenant"),
                namespace("bouvier", "kind=tenant"));

        assertThat(reason()).isEqualTo(FirewallReason.RefusedByDatabase);
        assertThat(acls()).as("those of the other one").hasSize(2);

        cluster.database.refuse(unused -> false);
        cluster.after(Duration.ofMinutes(2));
        assertThat(reason()).isEqualTo(FirewallReason.RulesApplied);
        assertThat(acls()).hasSize(4);
    }

    /** On the join switch nobody sees where a router sends it. */
    @Test
    void whatIsSentToEgressRoutersIsLeftAlone() {
        start(policy(Optional.of(new Bandwidth(2000, Optional.empty())), DROP_SMTP));

        var vip = FirewallTest.CONFIG.egressRouterVips().getFirst();
        assertThat(acls()).hasSize(2);
        assertThat(Stream.concat(
                                acls().stream().map(acl -> acl.get(Acl.MATCH)),
                                cluster.database.children(LogicalSwitch.QOS_RULES, join).stream()
                                        .map(row -> row.get(Qos.MATCH)))
                        .filter(match -> match.contains("ip4.dst"))
                        .toList())
                .hasSize(2)
                .allSatisfy(match -> assertThat(networks(match)).noneMatch(network -> network.overlaps(vip)));
    }

    /** What the match says about destinations of IPv4. */
    private static List<IpNetwork> networks(String match) {
        var to = match.substring(match.indexOf("ip4.dst == {") + "ip4.dst == {".length());
        return Stream.of(to.substring(0, to.indexOf('}')).split(", "))
                .map(text -> IpNetwork.parse(text.contains("/") ? text : text + "/32")
                        .orElseThrow())
                .toList();
    }

    @Test
    void bandwidthIsLimitedForBothFamilies() {
        start(policy(Optional.of(new Bandwidth(2000, Optional.of(200L)))));

        assertThat(cluster.database.children(LogicalSwitch.QOS_RULES, join))
                .hasSize(2)
                .allSatisfy(row -> assertThat(row.get(Qos.BANDWIDTH)).isEqualTo(Map.of("rate", 2000L, "burst", 200L)));
    }

    @Test
    void damageIsRepairedAndNothingIsLeft() {
        start(policy(Optional.of(new Bandwidth(2000, Optional.empty())), DROP_SMTP, LOG_NETWORK));
        var rows = rows();
        assertThat(rows).hasSize(5);

        var acl = acls().getFirst().id();
        cluster.tamper(() -> cluster.database.removeFrom(LogicalSwitch.ACLS, join, acl));
        assertThat(rows()).isEqualTo(rows);
        cluster.tamper(
                () -> cluster.database.set(Acl.TABLE, acls().getFirst().id(), Cell.of(Acl.SEVERITY, Set.of("alert"))));
        cluster.after(Duration.ofMinutes(2));
        assertThat(rows()).isEqualTo(rows);

        cluster.restart(
                policy(Optional.of(new Bandwidth(2000, Optional.empty())), DROP_SMTP, LOG_NETWORK),
                namespace("simpson", "kind=tenant"),
                namespace("bouvier"));
        assertThat(cluster.transactions).isEmpty();

        cluster.remove(AdminPolicyInput.KIND, "mail");
        assertThat(rows()).isEmpty();
        assertThat(cluster.database.rows(Acl.TABLE)).isEmpty();
        assertThat(cluster.database.rows(Qos.TABLE)).isEmpty();
    }

    @Test
    void whatIsWrongWithAPolicyIsSaidAndNoneOfItObeyed() {
        start(new AdminPolicyInput(
                "mail",
                "uid",
                1,
                where("kind=tenant"),
                List.of(DROP_SMTP),
                Optional.empty(),
                List.of("spec.rules[1].action is \"Reject\"")));

        assertThat(acls()).isEmpty();
        assertThat(reason()).isEqualTo(FirewallReason.InvalidRule);
        assertThat(message()).contains("spec.rules[1].action", "correct it");
    }

    @Test
    void aSelectedNamespaceWithoutAGroupIsNamed() {
        start(policy(Optional.empty(), DROP_SMTP));

        cluster.put(namespace("flanders", "kind=tenant"));

        assertThat(reason()).isEqualTo(FirewallReason.NoPortGroup);
        assertThat(message()).contains("flanders");
        assertThat(acls()).isNotEmpty();
    }
}
