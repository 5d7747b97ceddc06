package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.config;
import static io.ovnegress.reconciler.TestCluster.draining;
import static io.ovnegress.reconciler.TestCluster.dropping;
import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.ip;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.network;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.notLabelled;
import static io.ovnegress.reconciler.TestCluster.notReady;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.operation.OvsdbError;
import io.ovnegress.reconciler.feature.Decision;
import io.ovnegress.reconciler.feature.egressip.EgressIpDecision;
import io.ovnegress.reconciler.feature.egressip.EgressIpDecision.Left;
import io.ovnegress.reconciler.feature.egressip.EgressIpDecision.Why;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.NodeReachability;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is decided comes out as values: who, from where, to where, why. */
class DecisionTest {
    private static final String IP = "192.168.126.100";
    private static final EgressIpInput DEMO = egressIp("demo", where("house=simpson"), IP);

    private final TestCluster cluster = new TestCluster().topology(1, 2, 3);

    @BeforeEach
    void start() {
        cluster.start(
                node(1),
                node(2),
                notLabelled(node(3)),
                namespace("simpson", "house=simpson"),
                pod("simpson", "homer", 1, "10.128.0.5"),
                pod("simpson", "marge", 2, "10.128.2.5", "fd01::5"),
                DEMO);
    }

    private List<Decision> decisions() {
        var taken = List.copyOf(cluster.decisions);
        cluster.decisions.clear();
        return taken;
    }

    private static Decision moved(Why why) {
        return new EgressIpDecision.Moved("demo", ip(IP), "node1", "node2", why, 2);
    }

    private static Decision unassigned(Optional<Left> left, EgressIpReason reason, String message, boolean dropped) {
        return new EgressIpDecision.Unassigned("demo", ip(IP), left, reason, IP + message, dropped, 2);
    }

    @Test
    void theStartSaysWhatItFoundAndWhatItAssigns() {
        assertThat(decisions())
                .containsExactly(
                        new EgressIpDecision.TakenUp(1, 1, 0, 2),
                        new EgressIpDecision.Assigned("demo", ip(IP), "node1", 2));
    }

    @Test
    void aStartThatChangesNothingSaysOnlyWhatItFound() {
        decisions();
        cluster.restart(
                node(1),
                notReady(node(2)),
                namespace("simpson", "house=simpson"),
                pod("simpson", "homer", 1, "10.128.0.5"),
                pod("simpson", "marge", 2, "10.128.2.5", "fd01::5"),
                DEMO);

        assertThat(decisions())
                .containsExactly(
                        new EgressIpDecision.TakenUp(1, 1, 0, 1),
                        new EgressIpDecision.NodeNotAvailable("node2", Why.NotReady, 0));
    }

    @Test
    void aNodeThatIsNotReadyIsLostAndFound() {
        decisions();
        cluster.put(notReady(node(1)));
        assertThat(decisions())
                .containsExactly(new EgressIpDecision.NodeNotAvailable("node1", Why.NotReady, 1), moved(Why.NotReady));

        cluster.put(node(1));
        assertThat(decisions()).containsExactly(new EgressIpDecision.NodeAvailable("node1"));
    }

    @Test
    void aNodeThatDoesNotAnswerIsSaidOnceThoughItIsNotReadyLater() {
        decisions();
        cluster.reconciler.apply(new InputChange.Put(new NodeReachability("node1", false)), cluster.now);
        cluster.settle().put(notReady(node(1)));

        assertThat(decisions())
                .containsExactly(
                        new EgressIpDecision.NodeNotAvailable("node1", Why.Unreachable, 1), moved(Why.Unreachable));
    }

    @Test
    void aNodeIsDrained() {
        decisions();
        cluster.put(draining(node(1)));

        assertThat(decisions())
                .containsExactly(new EgressIpDecision.NodeNotAvailable("node1", Why.Draining, 1), moved(Why.Draining));
    }

    @Test
    void aNodeLosesItsLabelOrIsGone() {
        decisions();
        cluster.put(notLabelled(node(1)));
        assertThat(decisions())
                .containsExactly(
                        new EgressIpDecision.NodeNotAvailable("node1", Why.NotLabelled, 1), moved(Why.NotLabelled));

        cluster.put(node(1));
        cluster.remove(InputKind.NODE, "node2");
        assertThat(decisions())
                .containsExactly(
                        new EgressIpDecision.NodeAvailable("node1"),
                        new EgressIpDecision.NodeNotAvailable("node2", Why.NodeGone, 1),
                        new EgressIpDecision.Moved("demo", ip(IP), "node2", "node1", Why.NodeGone, 2));
    }

    @Test
    void aNodeThatServesNothingAndIsNoEgressNodeIsNotSpokenOf() {
        decisions();
        cluster.put(notLabelled(notReady(node(3)))).remove(InputKind.NODE, "node3");

        assertThat(decisions()).isEmpty();
    }

    @Test
    void aNodeLeavesItsNetwork() {
        decisions();
        cluster.put(NodeInput.named("node1")
                .egressAssignable(true)
                .egressNetworks(List.of(network("10.9.9.1/24")))
                .addresses(Set.of(ip("10.9.9.1")))
                .build());

        assertThat(decisions()).containsExactly(moved(Why.NotInNetwork));
    }

    @Test
    void theLastNodeIsLost() {
        cluster.put(notLabelled(node(2)));
        decisions();
        cluster.put(notReady(node(1)));

        assertThat(decisions())
                .containsExactly(
                        new EgressIpDecision.NodeNotAvailable("node1", Why.NotReady, 1),
                        unassigned(
                                Optional.of(new Left("node1", Why.NotReady)),
                                EgressIpReason.NoEgressNode,
                                " is not assigned: no node is labelled k8s.ovn.org/egress-assignable, ready and reachable"
                                        + " (node1: not ready; node2, node3: not labelled)",
                                false));
    }

    @Test
    void anotherReasonIsSaidAndTheSameOneIsNot() {
        cluster.put(notLabelled(node(2)), notReady(node(1)));
        decisions();
        cluster.put(notLabelled(notReady(node(3))));
        assertThat(decisions()).isEmpty();

        cluster.put(NodeInput.named("node4")
                .egressAssignable(true)
                .egressNetworks(List.of(network("10.9.9.1/24")))
                .addresses(Set.of(ip("10.9.9.1")))
                .build());
        assertThat(decisions())
                .hasSize(3)
                .contains(
                        new EgressIpDecision.NodeAvailable("node4"),
                        new EgressIpDecision.RouterMissing("node4", Set.of("GR_node4"), Set.of()))
                .filteredOn(EgressIpDecision.Unassigned.class::isInstance)
                .singleElement()
                .satisfies(decision -> assertThat(((EgressIpDecision.Unassigned) decision).reason())
                        .isEqualTo(EgressIpReason.NoMatchingNode));
    }

    @Test
    void anUnassignedOneSaysWhetherTrafficIsDropped() {
        cluster.put(dropping(DEMO));
        decisions();
        cluster.put(notLabelled(node(2)), notLabelled(node(1)));

        assertThat(decisions())
                .filteredOn(EgressIpDecision.Unassigned.class::isInstance)
                .singleElement()
                .satisfies(decision -> assertThat(((EgressIpDecision.Unassigned) decision).dropped())
                        .isTrue());
    }

    @Test
    void theAddressOfANodeIsTakenFromTheObject() {
        decisions();
        cluster.put(NodeInput.named("node3")
                .egressNetworks(List.of(network("192.168.126.13/24")))
                .addresses(Set.of(ip("192.168.126.13"), ip(IP)))
                .build());

        assertThat(decisions())
                .containsExactly(unassigned(
                        Optional.of(new Left("node1", Why.NodeAddressConflict)),
                        EgressIpReason.NodeAddressConflict,
                        " is not assigned: it is an address of node node3, choose an address of no node",
                        false));
    }

    @Test
    void anAddressGoesToTheNextObjectWhenItIsReleased() {
        cluster.put(egressIp("later", 10, where("house=simpson"), LabelSelector.EVERYTHING, IP));
        assertThat(decisions())
                .filteredOn(EgressIpDecision.Unassigned.class::isInstance)
                .singleElement()
                .satisfies(decision -> assertThat(((EgressIpDecision.Unassigned) decision).reason())
                        .isEqualTo(EgressIpReason.InUseByAnotherObject));

        cluster.remove(EgressIpInput.KIND, "demo");
        assertThat(decisions())
                .containsExactly(
                        new EgressIpDecision.Released("demo", ip(IP), "node1", Why.ObjectDeleted),
                        new EgressIpDecision.Assigned("later", ip(IP), "node1", 2));
    }

    @Test
    void anAddressIsReplacedByAnother() {
        decisions();
        cluster.put(egressIp("demo", where("house=simpson"), "192.168.126.101"));

        assertThat(decisions())
                .containsExactly(
                        new EgressIpDecision.Assigned("demo", ip("192.168.126.101"), "node1", 2),
                        new EgressIpDecision.Released("demo", ip(IP), "node1", Why.NotRequested));
    }

    @Test
    void anObjectIsRefusedOnce() {
        decisions();
        cluster.put(egressIp("demo", where("house=simpson"), IP, "nonsense"));
        cluster.put(egressIp("demo", where("house=simpson"), IP, "nonsense", "192.168.126.102"));

        assertThat(decisions())
                .hasSize(2)
                .contains(new EgressIpDecision.Released("demo", ip(IP), "node1", Why.ObjectRefused))
                .filteredOn(EgressIpDecision.ObjectRefused.class::isInstance)
                .singleElement()
                .satisfies(decision -> {
                    var refused = (EgressIpDecision.ObjectRefused) decision;
                    assertThat(refused.reason()).isEqualTo(EgressIpReason.InvalidEgressIP);
                    assertThat(refused.message()).startsWith("\"nonsense\" is not an IP address");
                });
    }

    @Test
    void oneOfTwoOnTheSameNodeMoves() {
        var other = "192.168.126.101";
        var both = egressIp("demo", where("house=simpson"), IP, other);
        var given = new TestCluster().topology(1, 2);
        given.start(
                node(1),
                node(2),
                both.edit()
                        .statusItems(List.of(new StatusItem("node1", IP), new StatusItem("node1", other)))
                        .conditions(List.of())
                        .build());

        assertThat(given.decisions)
                .containsExactly(
                        new EgressIpDecision.TakenUp(1, 2, 0, 2),
                        new EgressIpDecision.Moved("demo", ip(other), "node1", "node2", Why.NodeTaken, 0));
    }

    @Test
    void whatIsEvenedOutSaysSo() {
        var given = new TestCluster(new ReconcilerConfig(
                                List.of(network("10.128.0.0/14")), List.of(network("100.64.0.0/16")), false, 500)
                        .edit()
                        .rebalanceInterval(Duration.ofMinutes(1))
                        .build())
                .topology(1, 2);
        given.start(
                node(1),
                namespace("simpson", "house=simpson"),
                pod("simpson", "homer", 1, "10.128.0.5"),
                egressIp("a", where("house=simpson"), "192.168.126.101"),
                egressIp("b", where("house=bouvier"), "192.168.126.102"));
        given.put(node(2));
        given.decisions.clear();
        given.after(Duration.ofMinutes(1));

        assertThat(given.decisions)
                .containsExactly(
                        new EgressIpDecision.Moved("a", ip("192.168.126.101"), "node1", "node2", Why.Rebalanced, 1));
    }

    @Test
    void whoDidNotLeadSaysWhatTheOtherOneLeft() {
        decisions();
        cluster.reconciler.setLeader(false);
        cluster.put(notReady(node(1)));
        assertThat(decisions()).isEmpty();

        cluster.reconciler.setLeader(true);
        cluster.settle();
        assertThat(decisions())
                .containsExactly(
                        new EgressIpDecision.TakenUp(1, 1, 0, 1),
                        new EgressIpDecision.NodeNotAvailable("node1", Why.NotReady, 1),
                        moved(Why.NotReady));
    }

    @Test
    void refusedRowsNameThePodTheObjectAndTheRetry() {
        decisions();
        cluster.reconciler.apply(new InputChange.Put(pod("simpson", "bart", 1, "10.128.0.7")), cluster.now);
        var planned = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();
        cluster.reconciler.complete(
                planned,
                new CommitOutcome.Refused(new OvsdbError("constraint violation", "no"), OptionalInt.empty()),
                cluster.now);

        assertThat(cluster.reconciler.takeDecisions())
                .containsExactly(new EgressIpDecision.RowsRefused(
                        "10.128.0.7",
                        Optional.of("demo"),
                        Optional.of("simpson/bart"),
                        "constraint violation: no",
                        Duration.ofSeconds(1)));
    }

    @Test
    void aLostNodeIsOneDecisionForEachOfItsAddresses() {
        var given = new TestCluster(config(false, 500)).topology(1, 2);
        given.start(node(1));
        for (int i = 0; i < 100; i++) {
            given.put(egressIp("team" + i, where("team=" + i), "192.168.126." + (100 + i)));
        }
        given.decisions.clear();
        given.put(node(2)).put(notReady(node(1)));

        var moves = new ArrayList<Decision>(given.decisions);
        assertThat(moves.removeFirst()).isEqualTo(new EgressIpDecision.NodeAvailable("node2"));
        assertThat(moves.removeFirst()).isEqualTo(new EgressIpDecision.NodeNotAvailable("node1", Why.NotReady, 100));
        assertThat(moves).hasSize(100).allMatch(EgressIpDecision.Moved.class::isInstance);
    }
}
