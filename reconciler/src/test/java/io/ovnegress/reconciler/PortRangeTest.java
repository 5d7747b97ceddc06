package io.ovnegress.reconciler;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpEventReason;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** SNATs keep away from node ports as ovnkube's do. */
final class PortRangeTest extends OnTheSeedCluster {
    private static final String USUAL = "32768-60999";
    private static final String OTHER = "40000-50000";

    private UUID nodeSnat(TestCluster of, int n, String logicalIp, String range) {
        var nat = of.database.insert(
                Nat.TABLE,
                Cell.of(Nat.TYPE, "snat"),
                Cell.of(Nat.EXTERNAL_IP, "192.168.126.1" + n),
                Cell.of(Nat.LOGICAL_IP, logicalIp),
                Cell.of(Nat.OPTIONS, Map.of("stateless", "false")),
                Cell.of(Nat.EXTERNAL_PORT_RANGE, range));
        of.database.addTo(LogicalRouter.NAT, of.routers.get("GR_node" + n), nat);
        return nat;
    }

    private List<UUID> ovnkubesSnats(String... ranges) {
        var rows = new ArrayList<UUID>();
        for (var range : ranges) {
            rows.add(nodeSnat(cluster, rows.size() + 1, "10.128.0.0/14", range));
        }
        return rows;
    }

    private static List<String> ranges(TestCluster of) {
        return of.database.rows(Nat.TABLE).stream()
                .filter(row -> row.get(Nat.EXTERNAL_IDS).containsKey("ovn-egress.io/id"))
                .map(row -> row.get(Nat.EXTERNAL_PORT_RANGE))
                .toList();
    }

    private void set(UUID nat, String range) {
        cluster.tamper(() -> cluster.database.set(Nat.TABLE, nat, Cell.of(Nat.EXTERNAL_PORT_RANGE, range)));
    }

    @Test
    void snatsHaveTheRangeThatOvnkubesShow() {
        ovnkubesSnats(USUAL, USUAL, OTHER);

        cluster.start(SEED);

        assertThat(ranges(cluster)).containsExactly(USUAL, USUAL);
    }

    @Test
    void snatsHaveNoneWhereOvnkubesShowNone() {
        ovnkubesSnats("", "", "");

        cluster.start(SEED);

        assertThat(ranges(cluster)).containsExactly("", "");
    }

    @Test
    void whatTheOperatorSaysCounts() {
        var told = new TestCluster(new ReconcilerConfig(
                                List.of(TestCluster.network("10.128.0.0/14")),
                                List.of(TestCluster.network("100.64.0.0/16")),
                                false,
                                500)
                        .edit()
                        .ephemeralPortRange(Optional.of(OTHER))
                        .build())
                .topology(1, 2, 3);
        nodeSnat(told, 1, "10.128.0.0/14", USUAL);

        told.start(SEED);

        assertThat(ranges(told)).containsExactly(OTHER, OTHER);
    }

    /** OVN has a port of a range taken at random, and so another one after a move: no connection would outlive it. */
    @Test
    void routersOfOurOwnMayUseAllPortsWhateverOvnkubesShow() {
        assertThat(ofOwnRouters(TestCluster.config(false, 500))).containsExactly("");
        assertThat(ofOwnRouters(TestCluster.config(false, 500)
                        .edit()
                        .ephemeralPortRange(Optional.of(OTHER))
                        .build()))
                .as("what the operator says counts")
                .containsExactly(OTHER);
    }

    private List<String> ofOwnRouters(ReconcilerConfig config) {
        var own = new TestCluster(config).topology(1, 2).uplinks(1, 2);
        nodeSnat(own, 1, "10.128.0.0/14", USUAL);
        own.start(
                TestCluster.node(1)
                        .edit()
                        .nextHops(Set.of(TestCluster.ip("192.168.126.1")))
                        .build(),
                TestCluster.namespace("simpson", "house=simpson"),
                TestCluster.pod("simpson", "homer", 1, "10.128.0.5"),
                TestCluster.egressIp("demo", TestCluster.where("house=simpson"), "192.168.126.100")
                        .edit()
                        .form(EgressForm.FLOATING)
                        .build());
        return ranges(own);
    }

    @Test
    void rowsThatWereThereWithoutOneGetItInPlace() {
        cluster.start(SEED);
        var ids = cluster.database.rows(Nat.TABLE).stream().map(Row::id).toList();
        assertThat(ranges(cluster)).containsExactly("", "");

        cluster.tamper(() -> ovnkubesSnats(USUAL));

        assertThat(ranges(cluster)).containsExactly(USUAL, USUAL);
        assertThat(cluster.database.rows(Nat.TABLE)).extracting(Row::id).containsAll(ids);
        assertThat(cluster.events).isEmpty();
    }

    @Test
    void rowsAreWrittenOnceWhileOvnkubeChangesItsOwnOneByOne() {
        var theirs = ovnkubesSnats(USUAL, USUAL, USUAL);
        cluster.start(SEED);
        int before = cluster.transactions.size();

        set(theirs.get(0), OTHER);
        set(theirs.get(1), OTHER);
        set(theirs.get(1), USUAL);
        set(theirs.get(1), OTHER);
        assertThat(cluster.transactions).hasSize(before);
        set(theirs.get(2), OTHER);

        assertThat(ranges(cluster)).containsExactly(OTHER, OTHER);
        assertThat(cluster.transactions).hasSize(before + 1);
        assertThat(cluster.events).isEmpty();
    }

    @Test
    void rowsStayAsTheyAreWhileNoneOfOvnkubesIsThere() {
        var theirs = ovnkubesSnats(USUAL);
        cluster.start(SEED);
        int before = cluster.transactions.size();

        cluster.tamper(
                () -> cluster.database.removeFrom(LogicalRouter.NAT, cluster.routers.get("GR_node1"), theirs.get(0)));

        assertThat(ranges(cluster)).containsExactly(USUAL, USUAL);
        assertThat(cluster.transactions).hasSize(before);
    }

    @Test
    void adoptedRowsKeepTheirs() {
        ovnkubesSnats(USUAL);
        var names = Map.of("name", "demo");
        var policy = cluster.database.insert(
                LogicalRouterPolicy.TABLE,
                Cell.of(LogicalRouterPolicy.PRIORITY, 100L),
                Cell.of(LogicalRouterPolicy.MATCH, "ip4.src == 10.128.0.5"),
                Cell.of(LogicalRouterPolicy.ACTION, "reroute"),
                Cell.of(LogicalRouterPolicy.NEXTHOPS, Set.of("100.64.0.3")),
                Cell.of(LogicalRouterPolicy.EXTERNAL_IDS, names));
        cluster.database.addTo(LogicalRouter.POLICIES, cluster.routers.get("ovn_cluster_router"), policy);
        var nat = cluster.database.insert(
                Nat.TABLE,
                Cell.of(Nat.TYPE, "snat"),
                Cell.of(Nat.EXTERNAL_IP, "192.168.126.100"),
                Cell.of(Nat.LOGICAL_IP, "10.128.0.5"),
                Cell.of(Nat.LOGICAL_PORT, Set.of("k8s-node2")),
                Cell.of(Nat.OPTIONS, Map.of("stateless", "false")),
                Cell.of(Nat.EXTERNAL_PORT_RANGE, OTHER),
                Cell.of(Nat.EXTERNAL_IDS, names));
        cluster.database.addTo(LogicalRouter.NAT, cluster.routers.get("GR_node2"), nat);

        cluster.start(SEED);

        assertThat(cluster.database.row(Nat.TABLE, nat).get(Nat.EXTERNAL_PORT_RANGE))
                .isEqualTo(OTHER);
        assertThat(ranges(cluster)).containsExactlyInAnyOrder(OTHER, USUAL);
    }

    @Test
    void damageToItIsRepaired() {
        ovnkubesSnats(USUAL);
        cluster.start(SEED);

        cluster.tamper(() -> List.copyOf(cluster.database.rows(Nat.TABLE)).stream()
                .filter(row -> row.get(Nat.EXTERNAL_IDS).containsKey("ovn-egress.io/id"))
                .forEach(row -> cluster.database.set(Nat.TABLE, row.id(), Cell.of(Nat.EXTERNAL_PORT_RANGE, OTHER))));

        assertThat(ranges(cluster)).containsExactly(USUAL, USUAL);
        assertThat(cluster.events)
                .extracting(StatusChange.Event::reason)
                .containsExactly(EgressIpEventReason.RowsRepaired);
    }

    @Test
    void aNodeSnatThatIsGivenBackIsAsOvnkubeWouldWriteIt() {
        var podSnats = new TestCluster(TestCluster.config(true, 500)).topology(1, 2, 3);
        nodeSnat(podSnats, 1, "10.128.0.5", USUAL);
        nodeSnat(podSnats, 2, "10.128.2.9", USUAL);
        podSnats.start(SEED);
        assertThat(givenBack(podSnats)).isEmpty();

        podSnats.put(TestCluster.notLabelled(TestCluster.node(1)));

        assertThat(givenBack(podSnats)).singleElement().satisfies(row -> {
            assertThat(row.get(Nat.EXTERNAL_PORT_RANGE)).isEqualTo(USUAL);
            assertThat(row.get(Nat.EXTERNAL_IDS)).isEmpty();
            assertThat(row.get(Nat.OPTIONS)).isEqualTo(Map.of("stateless", "false"));
        });
    }

    @Test
    void aServerWhoseSchemaKnowsNoRangeIsWrittenWithoutOne() {
        var whole = new FakeNorthbound().schema();
        var older = new TestCluster(
                        TestCluster.config(false, 500), new FakeNorthbound(without(whole, Nat.EXTERNAL_PORT_RANGE)))
                .topology(1, 2, 3);

        older.start(SEED);

        assertThat(older.snats()).hasSize(2);
        assertThat(ranges(older)).containsExactly("", "");
    }

    private static ServerSchema without(ServerSchema schema, Column<?> missing) {
        return new ServerSchema() {
            @Override
            public boolean has(Table table) {
                return schema.has(table);
            }

            @Override
            public boolean has(Column<?> column) {
                return column != missing && schema.has(column);
            }

            @Override
            public boolean accepts(Column<?> column, String text) {
                return schema.accepts(column, text);
            }
        };
    }

    private static List<Row> givenBack(TestCluster of) {
        return of.database.rows(Nat.TABLE).stream()
                .filter(row -> row.get(Nat.LOGICAL_IP).equals("10.128.0.5")
                        && row.get(Nat.LOGICAL_PORT).isEmpty())
                .toList();
    }
}
