package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.nodeWithGateways;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.audit.AuditReport;
import io.ovnegress.reconciler.audit.Finding;
import io.ovnegress.reconciler.audit.RowClass;
import io.ovnegress.reconciler.explain.Standing;
import io.ovnegress.reconciler.feature.firewall.FirewallInput;
import io.ovnegress.reconciler.feature.firewall.FirewallRule;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.northbound.Marks;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An audit says of each row how it stands to what is wanted. The machine stands by in most of these: nothing is repaired. */
class AuditTest {
    private static final String IP = "192.168.126.100";
    private static final String HOMER = "10.128.0.5";
    private static final String HOMERS_MATCH = "ip4.src == " + HOMER;
    private static final String MARGE = "10.128.2.5";

    private final TestCluster cluster = new TestCluster().topology(1, 2);

    @BeforeEach
    void start() {
        cluster.start(
                node(1),
                node(2),
                namespace("simpson", "house=simpson"),
                pod("simpson", "homer", 1, HOMER),
                pod("simpson", "marge", 2, MARGE),
                egressIp("demo", where("house=simpson"), IP));
    }

    private AuditReport audit() {
        return audit(100, Integer.MAX_VALUE);
    }

    /** @param slice how many rows at a time */
    private AuditReport audit(int most, int slice) {
        return audit(cluster, most, slice);
    }

    private static AuditReport audit(TestCluster cluster, int most, int slice) {
        var audit = cluster.reconciler.audit(Set.of(RowClass.values()), most);
        boolean done = false;
        while (!done) {
            var left = new int[] {slice};
            done = cluster.reconciler.goOn(audit, () -> --left[0] <= 0, cluster.now);
        }
        return audit.report();
    }

    /** However many rows there are: a slice that has no time left has looked at one row, or at what one owner has. */
    @Test
    void aSliceEndsAfterEachRow() {
        for (int i = 10; i < 200; i++) {
            cluster.reconciler.apply(new InputChange.Put(pod("simpson", "bart-" + i, 1, "10.128.0." + i)), cluster.now);
        }
        cluster.settle();
        var audit = cluster.reconciler.audit(Set.of(RowClass.values()), 100);
        var right = new ArrayList<Integer>();
        for (int before = 0; !cluster.reconciler.goOn(audit, () -> true, cluster.now); ) {
            int now = audit.report().rows().get(RowClass.Right);
            right.add(now - before);
            before = now;
        }

        assertThat(right.stream().filter(rows -> rows == 2))
                .as("a pod's policy and SNAT")
                .hasSizeGreaterThanOrEqualTo(192);
        assertThat(right.stream().filter(rows -> rows > 2))
                .as("what there is once for all")
                .hasSizeLessThan(3);
    }

    /**
     * Nothing is copied to be gone through, and no set of pods is read for what is there once for all: a copy takes four bytes a pod, and
     * to look up each of a set's members thirty and more. Only the table of those that have been seen is made in one slice.
     */
    @Test
    void whatASliceAllocatesDoesNotGrowWithThePods() {
        putPods(0, 500);
        long few = allocatedBySlices().getLast();
        putPods(500, 8_000);
        var many = allocatedBySlices();

        assertThat(many.get(many.size() - 2)).isLessThan(few + 8_000);
        assertThat(many.getLast()).isLessThan(few + 8_000 * 16);
    }

    private void putPods(int from, int to) {
        for (int i = from; i < to; i++) {
            var address = "10.129." + i / 200 + "." + (1 + i % 200);
            cluster.reconciler.apply(new InputChange.Put(pod("simpson", "bart-" + i, 1, address)), cluster.now);
        }
        cluster.settle();
    }

    /** Bytes by slices, most last, of that audit of some that had the least: what is loaded meanwhile is none of theirs. */
    private List<Long> allocatedBySlices() {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        var audits = new ArrayList<List<Long>>();
        for (int i = 0; i < 5; i++) {
            var audit = cluster.reconciler.audit(Set.of(RowClass.values()), 100);
            var slices = new ArrayList<Long>();
            for (boolean done = false; !done; ) {
                long before = threads.getCurrentThreadAllocatedBytes();
                done = cluster.reconciler.goOn(audit, () -> true, cluster.now);
                slices.add(threads.getCurrentThreadAllocatedBytes() - before);
            }
            Collections.sort(slices);
            audits.add(slices);
        }
        return Collections.min(audits, Comparator.comparing(slices -> slices.get(slices.size() - 2)));
    }

    /** While another one is under way nothing is lost: what is there from its beginning to its end is looked at once. */
    @Test
    void whatComesAndGoesBetweenSlicesHidesNothing() {
        putPods(0, 300);
        var audit = cluster.reconciler.audit(Set.of(RowClass.values()), 100);
        int slices = 0;
        while (!cluster.reconciler.goOn(audit, () -> true, cluster.now)) {
            if (slices++ % 7 == 0) {
                int i = 300 + slices;
                putPods(i, i + 1);
                if (slices % 2 == 0) {
                    cluster.reconciler.apply(new InputChange.Removed(InputKind.POD, "simpson/bart-" + i), cluster.now);
                    cluster.settle();
                }
            }
        }

        assertThat(slices).isGreaterThan(1_000);
        assertThat(audit.report().notRight()).isZero();
        assertThat(audit.report().rows().get(RowClass.Right)).isGreaterThanOrEqualTo(2 * 302);
        assertThat(audit().notRight()).isZero();
    }

    /** Somebody else writes while this controller stands by. */
    private void damage(Runnable change) {
        cluster.reconciler.setLeader(false);
        cluster.tamper(change);
    }

    private Finding only(RowClass rowClass) {
        var report = audit();
        assertThat(report.notRight()).isEqualTo(1);
        assertThat(report.rows().get(rowClass)).isEqualTo(1);
        var finding = report.findings().getFirst();
        assertThat(finding.rowClass()).isEqualTo(rowClass);
        return finding;
    }

    private Row homersSnat() {
        return cluster.database.rows(Nat.TABLE).stream()
                .filter(row -> row.get(Nat.LOGICAL_IP).equals(HOMER))
                .findFirst()
                .orElseThrow();
    }

    private Row homersPolicy() {
        return cluster.database.rows(LogicalRouterPolicy.TABLE).stream()
                .filter(row -> row.get(LogicalRouterPolicy.MATCH).equals(HOMERS_MATCH))
                .findFirst()
                .orElseThrow();
    }

    private String routerOfTheSnat() {
        return cluster.routers.entrySet().stream()
                .filter(router -> cluster.database.children(LogicalRouter.NAT, router.getValue()).stream()
                        .anyMatch(homersSnat()::equals))
                .findFirst()
                .orElseThrow()
                .getKey();
    }

    private UUID policy(long priority, String match, String action, Set<String> nexthops, Map<String, String> ids) {
        var policy = cluster.database.insert(
                LogicalRouterPolicy.TABLE,
                Cell.of(LogicalRouterPolicy.PRIORITY, priority),
                Cell.of(LogicalRouterPolicy.MATCH, match),
                Cell.of(LogicalRouterPolicy.ACTION, action),
                Cell.of(LogicalRouterPolicy.NEXTHOPS, nexthops),
                Cell.of(LogicalRouterPolicy.EXTERNAL_IDS, ids));
        cluster.database.addTo(LogicalRouter.POLICIES, cluster.routers.get("ovn_cluster_router"), policy);
        return policy;
    }

    @Test
    void whereNothingIsWrongEveryRowIsRight() {
        var report = audit();

        assertThat(report.notRight()).isZero();
        assertThat(report.findings()).isEmpty();
        int ours = cluster.database.rows(Nat.TABLE).size()
                + cluster.database.rows(LogicalRouterPolicy.TABLE).size()
                + cluster.database.rows(AddressSet.TABLE).size();
        assertThat(report.rows().get(RowClass.Right)).isGreaterThanOrEqualTo(ours);
    }

    @Test
    void aRowThatIsGoneIsMissing() {
        damage(() -> {
            var snat = homersSnat().id();
            var router = cluster.routers.get(routerOfTheSnat());
            var left = new HashSet<>(Set.of(snat));
            cluster.database.children(LogicalRouter.NAT, router).forEach(row -> left.add(row.id()));
            left.remove(snat);
            cluster.database.set(LogicalRouter.TABLE, router, Cell.of(LogicalRouter.NAT, left));
            cluster.database.delete(Nat.TABLE, snat);
        });

        var missing = only(RowClass.Missing);
        assertThat(missing.owner()).isEqualTo(HOMER);
        assertThat(missing.object()).contains("demo");
        assertThat(missing.pod()).contains("simpson/homer");
        assertThat(missing.row().places()).containsExactly("GR_node1");
        assertThat(missing.row().columns()).containsEntry("external_ip", IP);
        assertThat(missing.standing().code()).isEqualTo(Standing.StandsBy);
    }

    @Test
    void ofAWrongRowTheColumnIsSaid() {
        damage(() -> cluster.database.set(
                LogicalRouterPolicy.TABLE,
                homersPolicy().id(),
                Cell.of(LogicalRouterPolicy.NEXTHOPS, Set.of("100.64.0.9"))));

        assertThat(only(RowClass.Wrong).row().differences())
                .containsExactly("nexthops: 100.64.0.9 instead of 100.64.0.2");
    }

    @Test
    void anAddressThatASetLacksIsAWrongSet() {
        damage(() -> cluster.database.rows(AddressSet.TABLE).stream()
                .filter(row -> row.get(AddressSet.ADDRESSES).contains(HOMER))
                .forEach(row -> cluster.database.set(
                        AddressSet.TABLE, row.id(), Cell.of(AddressSet.ADDRESSES, Set.of(MARGE)))));

        var wrong = only(RowClass.Wrong);
        assertThat(wrong.row().table()).isEqualTo("Address_Set");
        assertThat(wrong.row().columns()).containsEntry("addresses", HOMER);
    }

    @Test
    void aRowOfAPodThatIsNotThereIsSuperfluous() {
        damage(() -> policy(
                100,
                "ip4.src == 10.128.0.77",
                "reroute",
                Set.of("100.64.0.2"),
                Map.of("name", "gone"))); // as ovn-kubernetes writes it

        assertThat(only(RowClass.Superfluous).message()).isEqualTo("is to be removed");
    }

    @Test
    void theSecondOfARowIsADuplicate() {
        damage(() -> policy(100, HOMERS_MATCH, "reroute", Set.of("100.64.0.2"), Map.of("name", "demo")));

        assertThat(only(RowClass.Duplicate).owner()).isEqualTo(HOMER);
    }

    @Test
    void aSnatOnAnotherRouterIsOnTheWrongOne() {
        damage(() -> {
            var snat = homersSnat().id();
            var from = routerOfTheSnat();
            var to = from.equals("GR_node1") ? "GR_node2" : "GR_node1";
            var left = new HashSet<UUID>();
            cluster.database
                    .children(LogicalRouter.NAT, cluster.routers.get(from))
                    .forEach(row -> left.add(row.id()));
            left.remove(snat);
            cluster.database.set(LogicalRouter.TABLE, cluster.routers.get(from), Cell.of(LogicalRouter.NAT, left));
            cluster.database.addTo(LogicalRouter.NAT, cluster.routers.get(to), snat);
        });

        // One that stands by places egress IPs where it finds them: marge's row says which node that is.
        var finding = audit().findings().stream()
                .filter(each -> each.rowClass() == RowClass.OnWrongRouter)
                .findFirst()
                .orElseThrow();
        assertThat(finding.row().differences()).anyMatch(difference -> difference.startsWith("place: GR_"));
    }

    @Test
    void anothersPolicyOfTheSameMatchAndAHigherPriorityShadowsOurs() {
        damage(() -> policy(101, HOMERS_MATCH, "reroute", Set.of("10.128.0.2"), Map.of("by", "EgressService")));

        var shadowing = only(RowClass.Shadowing);
        assertThat(shadowing.message()).contains("its priority is 101, ours 100");
        assertThat(shadowing.object()).contains("demo");
    }

    @Test
    void anothersPolicyOfTheSamePriorityIsAmbiguousUnlessItDoesTheSame() {
        damage(() -> policy(100, HOMERS_MATCH, "drop", Set.of(), Map.of("by", "somebody")));
        assertThat(only(RowClass.Shadowing).message()).endsWith("either may decide");

        cluster.tamper(() -> cluster.database.set(
                LogicalRouterPolicy.TABLE, homersForeignPolicy(), Cell.of(LogicalRouterPolicy.PRIORITY, 99L)));
        assertThat(audit().notRight()).as("a lower priority decides later").isZero();
    }

    private UUID homersForeignPolicy() {
        return cluster.database.rows(LogicalRouterPolicy.TABLE).stream()
                .filter(row -> row.get(LogicalRouterPolicy.ACTION).equals("drop"))
                .findFirst()
                .orElseThrow()
                .id();
    }

    @Test
    void anothersSnatOfTheSameAddressOnTheSameRouterShadowsOurs() {
        damage(() -> {
            var snat = cluster.database.insert(
                    Nat.TABLE,
                    Cell.of(Nat.TYPE, "dnat_and_snat"),
                    Cell.of(Nat.LOGICAL_IP, HOMER),
                    Cell.of(Nat.EXTERNAL_IP, "192.168.126.55"));
            cluster.database.addTo(LogicalRouter.NAT, cluster.routers.get(routerOfTheSnat()), snat);
        });

        assertThat(only(RowClass.Shadowing).message()).contains("192.168.126.55 where ours gives " + IP);
    }

    @Test
    void aRowThatIsMarkedAsOursAndSaysNothingIsUnreadable() {
        damage(() -> policy(100, "ip4.src == 1.2.3.4/31", "drop", Set.of(), Map.of(Marks.OWNER_KEY, "EgressIP/demo")));

        assertThat(only(RowClass.Unreadable).message()).isEqualTo("is to be removed");
    }

    @Test
    void aRowOfAFeatureOfAnotherVersionIsUnreadableAndStays() {
        damage(() -> policy(100, "ip4.src == 1.2.3.4", "drop", Set.of(), Map.of(Marks.FEATURE_KEY, "from-tomorrow")));

        assertThat(only(RowClass.Unreadable).message()).contains("left as it is");
    }

    @Test
    void slicesOfOneRowFindTheSameAsOneLook() {
        damage(() -> {
            policy(100, HOMERS_MATCH, "reroute", Set.of("100.64.0.2"), Map.of("name", "demo"));
            policy(101, "ip4.src == " + MARGE, "drop", Set.of(), Map.of("by", "somebody"));
        });

        assertThat(audit(100, 1)).isEqualTo(audit());
        assertThat(audit().rows()).containsEntry(RowClass.Duplicate, 1).containsEntry(RowClass.Shadowing, 1);
    }

    @Test
    void allAreCountedAndOnlyAsManyToldAsAskedFor() {
        damage(() -> {
            for (int i = 0; i < 5; i++) {
                policy(100, HOMERS_MATCH, "reroute", Set.of("100.64.0.2"), Map.of("name", "demo"));
            }
        });

        var report = audit(2, Integer.MAX_VALUE);
        assertThat(report.rows().get(RowClass.Duplicate)).isEqualTo(5);
        assertThat(report.findings()).hasSize(2);
    }

    @Test
    void whatIsToBeWrittenNextIsOnItsWay() {
        cluster.reconciler.apply(new InputChange.Put(pod("simpson", "bart", 1, "10.128.0.6")), cluster.now);

        var report = audit();
        assertThat(report.rows()).containsEntry(RowClass.Missing, 2).containsEntry(RowClass.Wrong, 1);
        assertThat(report.onTheirWay()).isEqualTo(report.notRight());
        assertThat(report.findings().getFirst().standing().code()).isEqualTo(Standing.Pending);

        cluster.settle();
        assertThat(audit().notRight()).isZero();
    }

    @Test
    void anAuditChangesNothing() {
        cluster.reconciler.setLeader(false);
        cluster.reconciler.setLeader(true);
        int before = cluster.transactions.size();
        audit();
        cluster.settle();

        assertThat(cluster.transactions).hasSize(before);
        assertThat(cluster.reconciler.progress().dirty()).isZero();
        assertThat(new HashMap<>(cluster.reroutes())).containsOnlyKeys(HOMER, MARGE);
    }

    /** Also while another one decides, who may have written nothing. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void rowsOfFirewallsAndEgressRoutersAreMissedBeforeThereAreAny(boolean leads) {
        var config = TestCluster.CONFIG
                .edit()
                .firewall(true)
                .egressRouterVips(List.of(TestCluster.network("198.18.0.0/24")))
                .build();
        var given = new TestCluster(
                        config,
                        new FakeNorthbound(
                                FakeNorthbound.PINNED,
                                TestCluster.reconciler(config).monitorSpec()))
                .topology(1, 2)
                .uplinks(1, 2);
        given.portGroup("simpson");
        given.reconciler.setLeader(leads);
        given.database.refuse(Operation.Insert.class::isInstance);
        given.start(
                nodeWithGateways(1),
                namespace("simpson", "house=simpson"),
                new FirewallInput(
                        FirewallInput.EGRESS_FIREWALL,
                        "simpson",
                        "default",
                        "uid-firewall",
                        1,
                        List.of(new FirewallRule(
                                false,
                                new FirewallRule.Destination.Network(TestCluster.network("203.0.113.0/24")),
                                List.of()))),
                TestCluster.bank("192.168.126.200", 443));

        var owners = audit(given, 1000, Integer.MAX_VALUE).findings().stream()
                .filter(finding -> finding.rowClass() == RowClass.Missing)
                .map(Finding::owner)
                .toList();

        assertThat(owners).anyMatch(owner -> owner.contains("simpson/bank"));
        assertThat(owners).anyMatch(owner -> owner.equals("firewall of namespace simpson"));
    }
}
