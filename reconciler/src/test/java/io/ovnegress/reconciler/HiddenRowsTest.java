package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.ip;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.nb.NbGlobal;
import io.ovnegress.ovsdb.nb.OvnNorthbound;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.feature.Features;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.machine.Reconciler;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rows of ours that somebody has changed so that our monitor does not find them: no new one could be made in their place. */
final class HiddenRowsTest {
    private static final InputObject[] SEED = {
        node(1),
        node(2),
        namespace("simpson", "house=simpson"),
        pod("simpson", "homer", 1, Map.of("app", "web"), "10.128.0.5"),
        pod("simpson", "marge", 2, Map.of("app", "web"), "10.128.2.5"),
        egressIp("demo", where("house=simpson"), "192.168.126.100")
                .edit()
                .podSelector(where("app=web"))
                .form(EgressForm.FLOATING)
                .build()
    };

    private static final ReconcilerConfig CONFIG = TestCluster.config(false, 500);

    private final TestCluster cluster = new TestCluster(
                    CONFIG,
                    new FakeNorthbound(FakeNorthbound.PINNED, new Reconciler(Features.of(CONFIG), 500).monitorSpec()))
            .installInSteps()
            .topology(1, 2)
            .uplinks(1, 2);
    private List<Row> whole = List.of();

    private static InputObject node(int n) {
        return TestCluster.node(n).edit().nextHops(Set.of(ip("192.168.126.1"))).build();
    }

    @BeforeEach
    void anObjectWithARouterOfItsOwn() {
        cluster.portGroup("simpson");
        cluster.start(SEED);
        settle();
        whole = everything();
        assertThat(cluster.members(set())).hasSize(2);
    }

    private void settle() {
        for (int i = 0; i < 5; i++) {
            cluster.after(Duration.ofMinutes(1));
        }
    }

    private List<Row> everything() {
        return OvnNorthbound.TABLES.stream()
                .filter(table -> table != NbGlobal.TABLE)
                .flatMap(table -> cluster.database.rows(table).stream())
                .toList();
    }

    private String set() {
        return row(AddressSet.TABLE, row -> row.get(AddressSet.NAME).startsWith("ovn_egress_routed_"))
                .get(AddressSet.NAME);
    }

    private Row row(Table table, Predicate<Row> which) {
        return cluster.database.rows(table).stream().filter(which).findFirst().orElseThrow();
    }

    private void damaged(Row row, Cell<?>... cells) {
        cluster.tamper(() -> {
            for (var cell : cells) {
                cluster.database.set(row.table(), row.id(), cell);
            }
        });
        settle();
        assertThat(everything()).containsExactlyInAnyOrderElementsOf(whole);
    }

    @Test
    void aSetOfPodsWithoutLabelsIsMadeWhatItWas() {
        damaged(
                row(AddressSet.TABLE, row -> row.get(AddressSet.NAME).equals(set())),
                Cell.of(AddressSet.EXTERNAL_IDS, Map.of()));
    }

    @Test
    void andHoldsNobodyElseAfterwards() {
        damaged(
                row(AddressSet.TABLE, row -> row.get(AddressSet.NAME).equals(set())),
                Cell.of(AddressSet.EXTERNAL_IDS, Map.of()),
                Cell.of(AddressSet.ADDRESSES, Set.of("10.128.0.5", "10.128.0.77")));
    }

    @Test
    void aPortOfAnotherTypeIsMadeWhatItWas() {
        for (var prefix : Set.of("physical-egressip_", "jtor-egressip_", "etor-egressip_")) {
            damaged(
                    row(
                            LogicalSwitchPort.TABLE,
                            row -> row.get(LogicalSwitchPort.NAME).startsWith(prefix)),
                    Cell.of(LogicalSwitchPort.TYPE, ""));
        }
    }

    @Test
    void aFenceWithAnotherPriorityAndNoLabelsIsMadeWhatItWas() {
        damaged(
                row(
                        Acl.TABLE,
                        row -> row.get(Acl.EXTERNAL_IDS)
                                .getOrDefault("ovn-egress.io/id", "")
                                .contains("fence")),
                Cell.of(Acl.EXTERNAL_IDS, Map.of()),
                Cell.of(Acl.PRIORITY, 7L));
    }

    /** What has become hidden and is deleted afterwards is made anew. */
    @Test
    void oneThatGoesBeforeItIsRestoredIsMadeAnew() {
        var set = row(AddressSet.TABLE, row -> row.get(AddressSet.NAME).equals(set()));
        damaged(set, Cell.of(AddressSet.EXTERNAL_IDS, Map.of()));

        cluster.tamper(() -> cluster.database.delete(set.table(), set.id()));
        settle();

        assertThat(everything()).containsExactlyInAnyOrderElementsOf(whole);
    }

    @Test
    void severalAtOnceAreMadeWhatTheyWere() {
        var set = row(AddressSet.TABLE, row -> row.get(AddressSet.NAME).equals(set()));
        cluster.tamper(() -> {
            for (var port : cluster.database.rows(LogicalSwitchPort.TABLE)) {
                if (port.get(LogicalSwitchPort.NAME).contains("-egressip_")) {
                    cluster.database.set(LogicalSwitchPort.TABLE, port.id(), Cell.of(LogicalSwitchPort.TYPE, ""));
                }
            }
        });
        damaged(set, Cell.of(AddressSet.EXTERNAL_IDS, Map.of()));
    }
}
