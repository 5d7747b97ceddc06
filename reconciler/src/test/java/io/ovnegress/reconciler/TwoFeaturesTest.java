package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.OnTheSeedCluster.SEED;
import static io.ovnegress.reconciler.TestCluster.CONFIG;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterStaticRoute;
import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.PortGroup;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.feature.Features;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.fence.FenceFeature;
import io.ovnegress.reconciler.feature.fence.FenceInput;
import io.ovnegress.reconciler.feature.fence.FenceStatus;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.machine.Reconciler;
import io.ovnegress.reconciler.northbound.Marks;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A feature that no other one knows, with a kind of its own, writes to the router that egress IPs write to. */
class TwoFeaturesTest {
    private final List<Feature> features = new ArrayList<>(Features.of(CONFIG));
    private TestCluster cluster;
    private UUID port1;
    private UUID port2;

    @BeforeEach
    void twoFeatures() {
        features.add(new FenceFeature());
        var spec = new Reconciler(features, 500).monitorSpec();
        cluster = new TestCluster(CONFIG, new FakeNorthbound(FakeNorthbound.PINNED, spec), features).topology(1, 2);
        cluster.database.tamper(() -> {
            port1 = cluster.database.insert(LogicalSwitchPort.TABLE, Cell.of(LogicalSwitchPort.NAME, "port1"));
            port2 = cluster.database.insert(LogicalSwitchPort.TABLE, Cell.of(LogicalSwitchPort.NAME, "port2"));
            var nodeSwitch = cluster.database
                    .rows(io.ovnegress.ovsdb.nb.LogicalSwitch.TABLE)
                    .get(0)
                    .id();
            cluster.database.addTo(io.ovnegress.ovsdb.nb.LogicalSwitch.PORTS, nodeSwitch, port1);
            cluster.database.addTo(io.ovnegress.ovsdb.nb.LogicalSwitch.PORTS, nodeSwitch, port2);
        });
    }

    private FenceInput fence(UUID... ports) {
        return new FenceInput("bank", Set.of(ports), "198.51.100.0/24", "100.64.0.2");
    }

    private static InputObject[] with(InputObject more) {
        return Stream.concat(Stream.of(SEED), Stream.of(more)).toArray(InputObject[]::new);
    }

    private List<Row> rows(Table table) {
        return cluster.database.rows(table);
    }

    private List<Row> rowsOfFences(Table table) {
        return rows(table).stream()
                .filter(row -> Marks.featureOf(row).filter("fence"::equals).isPresent())
                .toList();
    }

    private void assertFenced(UUID... ports) {
        var group = rowsOfFences(PortGroup.TABLE).get(0);
        assertThat(group.get(PortGroup.PORTS)).containsExactlyInAnyOrder(ports);
        assertThat(rowsOfFences(Acl.TABLE))
                .hasSize(1)
                .allSatisfy(acl -> assertThat(group.get(PortGroup.ACLS)).containsExactly(acl.id()));
        var router = rows(LogicalRouter.TABLE).stream()
                .filter(row -> row.get(LogicalRouter.NAME).equals("ovn_cluster_router"))
                .findFirst()
                .orElseThrow();
        assertThat(rowsOfFences(LogicalRouterStaticRoute.TABLE))
                .hasSize(1)
                .allSatisfy(route ->
                        assertThat(router.get(LogicalRouter.STATIC_ROUTES)).contains(route.id()));
    }

    /** What egress IPs have written, by row. */
    private Set<Object> egressIpRows() {
        var all = new HashSet<Object>();
        for (var table : List.of(LogicalRouterPolicy.TABLE, Nat.TABLE)) {
            rows(table).stream()
                    .filter(row ->
                            Marks.featureOf(row).filter("egress-ip"::equals).isPresent())
                    .forEach(row -> all.add(List.of(row.id(), row.toString())));
        }
        return all;
    }

    @Test
    void bothWriteInOneTransaction() {
        cluster.start(with(fence(port1)));

        assertFenced(port1);
        assertThat(egressIpRows()).isNotEmpty();
        assertThat(cluster.transactions).hasSize(1);
    }

    private StatusChange status() {
        return cluster.otherStatuses.get("bank");
    }

    @Test
    void itsStatusIsItsOwnAndFollowsTheCommit() {
        cluster.start(with(fence(port1, port2)));

        assertThat(status())
                .isEqualTo(new StatusChange(
                        new ObjectRef(FenceInput.KIND, "bank"),
                        "uid-of-bank",
                        1,
                        new FenceStatus.Ports(2),
                        List.of(new StatusCondition(
                                FenceStatus.Type.Fenced,
                                true,
                                FenceStatus.Reason.Fenced,
                                "every row is in the database",
                                1)),
                        List.of()));
        assertThat(cluster.statuses).containsKey("demo").doesNotContainKey("bank");
    }

    @Test
    void itsRefusalIsSaidInItsOwnWordsAndEgressIpsGoOn() {
        cluster.database.refuse(
                operation -> operation instanceof Operation.Insert insert && insert.table() == Acl.TABLE);

        cluster.start(with(fence(port1)));

        assertThat(status().fields()).isEqualTo(new FenceStatus.Ports(0));
        assertThat(status().conditions())
                .extracting(StatusCondition::reason)
                .containsExactly(FenceStatus.Reason.RefusedByDatabase);
        assertThat(status().events())
                .extracting(StatusChange.Event::reason)
                .containsExactly(FenceStatus.EventReason.FenceRefused);
        assertThat(egressIpRows()).isNotEmpty();
    }

    @Test
    void nothingIsDecidedBeforeTheNewKindIsListedToo() {
        var other = new Reconciler(features, 500);

        assertThat(other.progress().missing()).contains(FenceInput.KIND);
    }

    @Test
    void membersFollowTheObject() {
        cluster.start(with(fence(port1)));

        cluster.put(fence(port2));

        assertFenced(port2);
    }

    @Test
    void damageIsPutRight() {
        cluster.start(with(fence(port1)));
        var group = rowsOfFences(PortGroup.TABLE).get(0).id();

        cluster.tamper(() -> {
            cluster.database.removeFrom(PortGroup.PORTS, group, port1);
            cluster.database.addTo(PortGroup.PORTS, group, port2);
        });

        assertFenced(port1);
    }

    @Test
    void whatGoesTakesNothingOfTheOtherWithIt() {
        cluster.start(with(fence(port1)));
        var before = egressIpRows();

        cluster.remove(FenceInput.KIND, "bank");

        assertThat(rowsOfFences(PortGroup.TABLE)).isEmpty();
        assertThat(rowsOfFences(Acl.TABLE)).isEmpty();
        assertThat(rowsOfFences(LogicalRouterStaticRoute.TABLE)).isEmpty();
        assertThat(egressIpRows()).isEqualTo(before);
    }

    @Test
    void aMachineWithoutTheFeatureLeavesItsRowsAlone() {
        cluster.start(with(fence(port1)));
        features.removeLast();

        cluster.restart(SEED);

        assertFenced(port1);
        assertThat(cluster.transactions).isEmpty();
    }
}
