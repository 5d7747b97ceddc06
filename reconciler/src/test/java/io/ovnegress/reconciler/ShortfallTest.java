package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.notReady;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.operation.OvsdbError;
import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.rows.Unserved;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpShortfall;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** How many egress IPs have no node and how many selected pods leave without one, at any time. */
class ShortfallTest {
    private static final EgressIpInput DEMO = egressIp("demo", where("house=simpson"), "192.168.126.100");
    private static final PodInput HOMER = pod("simpson", "homer", 1, "10.128.0.5");
    private static final PodInput MARGE = pod("simpson", "marge", 2, "10.128.2.5", "fd01::5");

    private final TestCluster cluster = new TestCluster().topology(1, 2);

    private void start() {
        cluster.start(node(1), namespace("simpson", "house=simpson"), HOMER, MARGE, DEMO);
    }

    private Shortfall shortfall() {
        return cluster.reconciler.shortfall();
    }

    private static Shortfall of(Map<EgressIpReason, Integer> unassigned, Map<Unserved, Integer> unservedPods) {
        return EgressIpShortfall.of(unassigned, unservedPods, 0, Map.of(), 0);
    }

    private Map<Unserved, Integer> pods() {
        return EgressIpShortfall.unservedPods(shortfall());
    }

    @Test
    void whereAllIsWellNothingIsShort() {
        start();

        assertThat(shortfall()).isEqualTo(Shortfall.NONE);
    }

    @Test
    void whateverEgressIpsLackIsCounted() {
        start();
        cluster.put(egressIp("reserved", where("house=simpson"), "192.168.126.255"));

        assertThat(shortfall().counts().keySet())
                .isNotEmpty()
                .isSubsetOf(EgressIpShortfall.LACKS)
                .extracting(Shortfall.Lack::reason)
                .contains("ReservedAddress");
    }

    @Test
    void withoutANodeAllPodsOfTheObjectAreUnserved() {
        start();
        cluster.put(notReady(node(1)));
        assertThat(shortfall()).isEqualTo(of(Map.of(EgressIpReason.NoEgressNode, 1), Map.of(Unserved.Unassigned, 2)));

        cluster.put(pod("simpson", "bart", 1, "10.128.0.7")).remove(InputKind.POD, "simpson/homer");
        assertThat(pods()).isEqualTo(Map.of(Unserved.Unassigned, 2));

        cluster.put(node(1));
        assertThat(shortfall()).isEqualTo(Shortfall.NONE);
    }

    @Test
    void aPodThatNobodySelectsAnyMoreIsNotUnserved() {
        start();
        cluster.put(notReady(node(1)));
        cluster.remove(EgressIpInput.KIND, "demo");

        assertThat(shortfall()).isEqualTo(Shortfall.NONE);
    }

    @Test
    void aPodThatCannotBeServedAtAllIsNotUnserved() {
        start();
        cluster.put(notReady(node(1)));
        cluster.put(
                new PodInput(HOMER.name(), HOMER.created(), HOMER.labels(), HOMER.node(), HOMER.ips(), false, true));
        assertThat(pods()).isEqualTo(Map.of(Unserved.Unassigned, 1));

        cluster.put(namespace("simpson", "house=flanders"));
        assertThat(pods()).isEmpty();
    }

    @Test
    void whoeverIsServedByAnotherObjectIsNotUnserved() {
        start();
        cluster.put(egressIp("elsewhere", where("house=simpson"), "10.9.9.9"));

        assertThat(shortfall()).isEqualTo(of(Map.of(EgressIpReason.NoMatchingNode, 1), Map.of()));
    }

    @Test
    void aPodWithOneServedAddressIsServedAndOneWithNoneIsNot() {
        start();
        cluster.put(pod("simpson", "lisa", 1, "fd01::7"));
        assertThat(pods()).isEqualTo(Map.of(Unserved.NoEgressIPOfFamily, 1));

        cluster.put(egressIp("demo", where("house=simpson"), "192.168.126.100", "fd00:126::100"), node(2));
        assertThat(pods()).isEmpty();
    }

    @Test
    void aPodWaitsForTheRouterOfItsEgressNode() {
        start();
        cluster.put(node(3)); // its router is not there yet
        cluster.put(notReady(node(1)));
        assertThat(shortfall())
                .isEqualTo(EgressIpShortfall.of(Map.of(), Map.of(Unserved.WaitingForRouter, 2), 1, Map.of(), 0));

        cluster.tamper(() -> cluster.topology(3));
        assertThat(pods()).isEmpty();
    }

    @Test
    void withoutTheClustersRouterEverybodyWaits() {
        start();
        var router = cluster.routers.get("ovn_cluster_router");
        cluster.tamper(() -> cluster.database.delete(LogicalRouter.TABLE, router));

        assertThat(pods()).isEqualTo(Map.of(Unserved.WaitingForRouter, 2));
    }

    @Test
    void refusedRowsServeNobodyUntilTheyAreThere() {
        start();
        cluster.reconciler.apply(new InputChange.Put(pod("simpson", "bart", 1, "10.128.0.7")), cluster.now);
        for (int i = 0; i < 2; i++) {
            var planned = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();
            cluster.reconciler.complete(
                    planned,
                    new CommitOutcome.Refused(new OvsdbError("constraint violation", "no"), OptionalInt.empty()),
                    cluster.now);
            assertThat(pods()).isEqualTo(Map.of(Unserved.Refused, 1));
            cluster.now = cluster.now.plus(Duration.ofMinutes(1));
        }
        cluster.settle();

        assertThat(pods()).isEmpty();
    }

    @Test
    void aRefusedPodThatIsGoneOrNotSelectedIsNotUnserved() {
        start();
        cluster.reconciler.apply(new InputChange.Put(pod("simpson", "bart", 1, "10.128.0.7")), cluster.now);
        var planned = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();
        cluster.reconciler.complete(
                planned,
                new CommitOutcome.Refused(new OvsdbError("constraint violation", "no"), OptionalInt.empty()),
                cluster.now);
        assertThat(pods()).isEqualTo(Map.of(Unserved.Refused, 1));

        cluster.remove(EgressIpInput.KIND, "demo").remove(InputKind.POD, "simpson/bart");
        assertThat(pods()).isEmpty();
    }

    @Test
    void aRefusedObjectCountsAsItsAddresses() {
        start();
        cluster.put(
                egressIp("nonsense", where("house=flanders"), "nonsense", "192.168.126.101"),
                egressIp("empty", where("house=flanders")));

        assertThat(shortfall())
                .isEqualTo(of(Map.of(EgressIpReason.InvalidEgressIP, 2, EgressIpReason.NoEgressIP, 1), Map.of()));
    }

    @Test
    void whoTakesOverCountsWhatHasChangedMeanwhile() {
        start();
        cluster.put(notReady(node(1)));
        cluster.reconciler.setLeader(false);
        cluster.remove(InputKind.POD, "simpson/homer").put(pod("simpson", "bart", 1, "10.128.0.7"));
        cluster.put(pod("simpson", "lisa", 1, "10.128.0.8"));
        cluster.reconciler.setLeader(true);
        cluster.settle();

        assertThat(pods()).isEqualTo(Map.of(Unserved.Unassigned, 3));
    }
}
