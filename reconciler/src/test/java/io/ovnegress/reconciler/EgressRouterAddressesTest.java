package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.ip;
import static io.ovnegress.reconciler.TestCluster.network;
import static io.ovnegress.reconciler.TestCluster.notReady;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.LoadBalancer;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.NodeChoice;
import io.ovnegress.reconciler.feature.egressrouter.Destination;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Protocol;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Target;
import io.ovnegress.reconciler.feature.egressrouter.Destinations;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterConditionType;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterReason;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterState;
import io.ovnegress.reconciler.input.InputChange;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Virtual IPs and sources of EgressRouters: whose they are, on which nodes, and what becomes of them. */
class EgressRouterAddressesTest extends EgressRouterFixture {
    @Test
    void aRouterWhoseNodeDiesMovesByItsChassisAlone() {
        start(Bank.simple().input());
        var before = Set.copyOf(ours(LogicalRouterPort.TABLE));
        var balancers = Set.copyOf(ours(LoadBalancer.TABLE));
        assertThat(chassis()).isEqualTo("chassis-1");

        cluster.put(notReady(node(1)));
        moments();

        assertThat(chassis()).isEqualTo("chassis-2");
        assertThat(Set.copyOf(ours(LogicalRouterPort.TABLE))).isEqualTo(before);
        assertThat(Set.copyOf(ours(LoadBalancer.TABLE))).isEqualTo(balancers);
        assertThat(message("bank")).contains("by node node2");
        assertThat(unsafe).isEmpty();

        cluster.put(node(1));
        moments();
        assertThat(chassis()).as("it stays where it is").isEqualTo("chassis-2");
    }

    @Test
    void whereNoNodeIsLeftARouterStaysAndThatIsSaid() {
        start(Bank.simple().input());
        cluster.put(notReady(node(1)), notReady(node(2)), notReady(node(3)));
        moments();

        assertThat(chassis()).isNotEmpty();
        assertThat(way().get(LogicalRouterPolicy.ACTION)).isEqualTo("reroute");
        assertThat(reason("bank")).isEqualTo(EgressRouterReason.NoNode);
        assertThat(message("bank")).contains("none of the 3 nodes that it selects is alive");
    }

    @Test
    void routersAreSpreadOverNodes() {
        start(Bank.simple().input(), Bank.simple().named("shop").as(SECOND).input());

        assertThat(ours(LogicalRouter.TABLE))
                .extracting(row -> row.get(LogicalRouter.OPTIONS).get("chassis"))
                .containsExactlyInAnyOrder("chassis-1", "chassis-2");
        assertThat(ways()).hasSize(2);
    }

    @Test
    void twoSourcesAreOnTwoNodesAndAreDealtTo() {
        start(Bank.simple().as(SOURCE, SECOND).input());

        assertThat(ours(LogicalRouter.TABLE))
                .extracting(row -> row.get(LogicalRouter.OPTIONS).get("chassis"))
                .containsExactlyInAnyOrder("chassis-1", "chassis-2");
        assertThat(way().get(LogicalRouterPolicy.NEXTHOPS))
                .containsExactlyInAnyOrder("100.64.255.254", "100.64.255.253");

        cluster.put(notReady(node(1)));
        moments();
        assertThat(ours(LogicalRouter.TABLE))
                .extracting(row -> row.get(LogicalRouter.OPTIONS).get("chassis"))
                .containsExactlyInAnyOrder("chassis-3", "chassis-2");
        assertThat(way().get(LogicalRouterPolicy.NEXTHOPS))
                .as("next hops stay, so that connections do")
                .hasSize(2);
    }

    @Test
    void twoSourcesOnOneNodeAreNotHighlyAvailableAndThatIsSaid() {
        start(Bank.simple().as(SOURCE, SECOND).input());
        assertThat(condition(EgressRouterConditionType.HighlyAvailable)).isEqualTo(EgressRouterReason.OnTwoNodes);
        int lacks = cluster.reconciler.shortfall().of("unready.egress.routers");

        cluster.put(notReady(node(1)), notReady(node(2)));
        moments();

        assertThat(reason("bank")).as("it serves all the same").isEqualTo(EgressRouterReason.Serving);
        assertThat(condition(EgressRouterConditionType.HighlyAvailable)).isEqualTo(EgressRouterReason.NotOnTwoNodes);
        assertThat(said(EgressRouterConditionType.HighlyAvailable).message())
                .contains("by node node3", "none of the other 2 nodes");
        assertThat(said(EgressRouterConditionType.HighlyAvailable).status()).isFalse();
        assertThat(cluster.reconciler.shortfall().of("unready.egress.routers")).isEqualTo(lacks + 1);

        cluster.put(node(1));
        moments();
        assertThat(condition(EgressRouterConditionType.HighlyAvailable)).isEqualTo(EgressRouterReason.OnTwoNodes);
        assertThat(unsafe).isEmpty();
    }

    @Test
    void sourcesPartThoughOneOfThemHasNoChoice() {
        var both = node(1).edit()
                .egressNetworks(List.of(network("192.168.126.11/24"), network("192.168.127.11/24")))
                .nextHops(Set.of(ip("192.168.126.1"), ip("192.168.127.1")))
                .build();
        start(Bank.simple().as(SOURCE, "192.168.127.200").input());
        assertThat(condition(EgressRouterConditionType.HighlyAvailable)).isEqualTo(EgressRouterReason.NotOnTwoNodes);
        assertThat(chassis()).as("of the only one").isEqualTo("chassis-1");

        cluster.put(both);
        moments();

        assertThat(reason("bank")).isEqualTo(EgressRouterReason.Serving);
        assertThat(condition(EgressRouterConditionType.HighlyAvailable)).isEqualTo(EgressRouterReason.OnTwoNodes);
        assertThat(((EgressRouterState) status("bank").fields()).sources())
                .extracting(EgressRouterState.Source::node)
                .containsExactly("node2", "node1");
        assertThat(unsafe).isEmpty();
    }

    @Test
    void whatIsNowhereIsNotCalledHighlyAvailable() {
        start(Bank.simple().as(SOURCE, SECOND).input());

        cluster.put(notReady(node(1)), notReady(node(2)), notReady(node(3)));
        moments();

        assertThat(reason("bank")).isEqualTo(EgressRouterReason.NoNode);
        assertThat(condition(EgressRouterConditionType.HighlyAvailable)).isEqualTo(EgressRouterReason.NotOnTwoNodes);
    }

    @Test
    void whatDoesNotDoWhatItIsToIsNotCalledHighlyAvailable() {
        var events = cluster.events.size();
        start(Bank.simple()
                .as(SOURCE, SECOND)
                .to(new Destinations(List.of(tcp(80, "10.128.0.6", 80)), Optional.empty()))
                .input());

        assertThat(reason("bank")).isEqualTo(EgressRouterReason.InvalidDestinations);
        assertThat(condition(EgressRouterConditionType.HighlyAvailable)).isEqualTo(EgressRouterReason.NotReady);
        assertThat(said(EgressRouterConditionType.HighlyAvailable).status()).isFalse();
        assertThat(said(EgressRouterConditionType.HighlyAvailable).message())
                .isEqualTo("its sources are on two nodes, but it does not do what it is to: condition Ready says why"
                        + " (InvalidDestinations)");
        assertThat(lacks())
                .as("counted once")
                .containsEntry("InvalidDestinations", 1)
                .doesNotContainKey("NotReady");
        assertThat(cluster.events.subList(events, cluster.events.size()))
                .extracting(StatusChange.Event::reason)
                .doesNotContain(EgressRouterReason.NotReady);

        cluster.put(Bank.simple().as(SOURCE, SECOND).input());
        moments();
        assertThat(condition(EgressRouterConditionType.HighlyAvailable)).isEqualTo(EgressRouterReason.OnTwoNodes);
    }

    @Test
    void aVirtualIpStaysOverRestartsAndOthersDoNotTakeIt() {
        var first = Bank.simple().createdAt(5).input();
        start(first);
        var older = Bank.simple().named("shop").as(SECOND).createdAt(1).input();
        restartWith(first, older);

        assertThat(ways())
                .extracting(row -> row.get(LogicalRouterPolicy.MATCH))
                .containsExactlyInAnyOrder("ip4.dst == " + VIP, "ip4.dst == 198.18.0.2");
        assertThat(((EgressRouterState) status("bank").fields()).virtualIps()).contains(VIP);
    }

    @Test
    void nobodyLosesAVirtualIpToOneThatNamesItLater() {
        start(Bank.simple().createdAt(5).input());
        cluster.put(Bank.simple().named("thief").as(SECOND).at(VIP).createdAt(1).input());
        moments();

        assertThat(reason("thief")).isEqualTo(EgressRouterReason.VirtualIPConflict);
        assertThat(message("thief")).contains(VIP, "simpson/bank");
        assertThat(((EgressRouterState) status("bank").fields()).virtualIps()).contains(VIP);

        cluster.remove(EgressRouterInput.KIND, "simpson/bank");
        moments();
        assertThat(reason("thief")).isEqualTo(EgressRouterReason.Serving);
    }

    @Test
    void theAddressOfAnEgressIpThatHasNoNodeIsNobodyElses() {
        start(
                Bank.simple().input(),
                TestCluster.egressIp("demo", where("house=bouvier"), SOURCE)
                        .edit()
                        .nodes(new NodeChoice(Optional.of(where("zone=none")), List.of(), false, List.of()))
                        .build());

        assertThat(reason("bank")).isEqualTo(EgressRouterReason.AddressConflict);
        assertThat(cluster.items("demo")).isEmpty();
        cluster.remove(EgressIpInput.KIND, "demo");
        moments();
        assertThat(reason("bank")).isEqualTo(EgressRouterReason.Serving);
    }

    @Test
    void aVirtualIpIsTakenFromTheRangesOnly() {
        start(
                Bank.simple().at("198.18.0.77").input(),
                Bank.simple().named("thief").as(SECOND).at("8.8.8.8").input());

        assertThat(way().get(LogicalRouterPolicy.MATCH)).isEqualTo("ip4.dst == 198.18.0.77");
        assertThat(reason("thief")).isEqualTo(EgressRouterReason.VirtualIPConflict);
        assertThat(message("thief")).contains("8.8.8.8", "--egress-router-vips");
        assertThat(cluster.events)
                .extracting(StatusChange.Event::reason)
                .containsExactly(EgressRouterReason.VirtualIPConflict);
    }

    @Test
    void ofTwoWithTheSameSourceTheOlderHasIt() {
        start(
                Bank.simple().createdAt(2).input(),
                Bank.simple().named("older").createdAt(1).input());

        assertThat(reason("older")).isEqualTo(EgressRouterReason.Serving);
        assertThat(reason("bank")).isEqualTo(EgressRouterReason.AddressConflict);
        assertThat(message("bank")).contains("EgressRouter simpson/older, which has had it before");

        cluster.remove(EgressRouterInput.KIND, "simpson/older");
        moments();
        assertThat(reason("bank")).isEqualTo(EgressRouterReason.Serving);
        assertThat(unsafe).isEmpty();
    }

    @Test
    void whatIsSomebodyElsesIsNoSource() {
        start(
                Bank.simple().named("node").as("192.168.126.12").input(),
                Bank.simple().named("gateway").as("192.168.126.1").input(),
                Bank.simple().named("pods").as("10.128.7.7").input(),
                Bank.simple().named("far").as("10.99.0.1").input());

        assertThat(message("node")).contains("192.168.126.12 is used by node node2");
        assertThat(message("gateway")).contains("192.168.126.1 is used by the default gateway of node");
        assertThat(message("pods")).contains("10.128.7.7 is used by the cluster itself");
        assertThat(reason("far")).isEqualTo(EgressRouterReason.NoNode);
        assertThat(ours(LogicalRouter.TABLE)).isEmpty();
        assertThat(ways())
                .as("what is sent there does not leave the cluster either")
                .allSatisfy(
                        row -> assertThat(row.get(LogicalRouterPolicy.ACTION)).isEqualTo("drop"));
    }

    @Test
    void anEgressIpGoesFirst() {
        start(Bank.simple().input());
        cluster.put(TestCluster.egressIp("demo", where("house=bouvier"), SOURCE));
        moments();

        assertThat(reason("bank")).isEqualTo(EgressRouterReason.AddressConflict);
        assertThat(message("bank")).contains(SOURCE + " is used by EgressIP demo");
        assertThat(ours(LogicalRouter.TABLE)).isEmpty();
    }

    @Test
    void aChangedSourceIsAnotherRouterAndTheFormerServesUntilItIsThere() {
        start(Bank.simple().input());
        cluster.put(Bank.simple().as(SECOND).input());
        moments();

        assertThat(ours(LogicalRouter.TABLE))
                .extracting(row -> row.get(LogicalRouter.NAME))
                .containsExactly("egressrouter_simpson_bank_" + SECOND);
        assertThat(way().get(LogicalRouterPolicy.ACTION)).isEqualTo("reroute");
        assertThat(unsafe).isEmpty();
    }

    @Test
    void whileTheFormerServesItIsPutRight() {
        start(Bank.simple().input());
        cluster.reconciler.apply(new InputChange.Put(Bank.simple().as(SECOND).input()), cluster.now);
        cluster.commitWithoutAnswer();
        assertThat(ours(LogicalRouter.TABLE)).hasSize(2);
        var nat = ours(Nat.TABLE).stream()
                .filter(row -> row.get(Nat.EXTERNAL_IP).equals(SOURCE))
                .findFirst()
                .orElseThrow();
        cluster.reconciler.apply(cluster.database.tamper(
                () -> cluster.database.set(Nat.TABLE, nat.id(), Cell.of(Nat.EXTERNAL_IP, "192.168.126.77"))));
        cluster.commitWithoutAnswer();

        assertThat(ours(Nat.TABLE))
                .extracting(row -> row.get(Nat.EXTERNAL_IP))
                .containsExactlyInAnyOrder(SOURCE, SECOND);
        assertThat(vips("tcp")).isNotEmpty();
    }

    /** It is somebody else's to have. */
    @Test
    void aSourceThatWasTakenAwayIsNotUsedWhileWhatTakesItsPlaceCannotCome() {
        start(Bank.simple().input());
        var unanswered = new Destination(80, Protocol.tcp, new Target.Name("db.example.com"), 80);
        cluster.put(Bank.simple()
                .as(SECOND)
                .to(new Destinations(List.of(unanswered), Optional.empty()))
                .input());
        moments();

        assertThat(way().get(LogicalRouterPolicy.ACTION)).isEqualTo("drop");
        assertThat(ours(LogicalRouter.TABLE)).isEmpty();
    }
}
