package io.ovnegress.controller.loop;

import static io.ovnegress.controller.loop.ToyFeature.rowsOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.controller.loop.LoopState.SessionPhase;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.OvsdbError;
import io.ovnegress.reconciler.feature.LogLine;
import io.ovnegress.reconciler.feature.NodeProbes;
import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.feature.egressip.EgressIpDecision;
import io.ovnegress.reconciler.feature.egressip.EgressIpDecision.Why;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.rows.Unserved;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpShortfall;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReconcileLoopTest {
    private final LoopFixture given = new LoopFixture();

    private List<List<Operation>> submitted() {
        return given.database.submitted;
    }

    private double eventToCommitMilliseconds() {
        return given.registry.get("ovn.egress.event.to.commit").timer().max(TimeUnit.MILLISECONDS);
    }

    @Test
    void everythingPostedIsTakenInBeforeAnythingIsPlanned() {
        given.ready();

        given.put("a", "b", "c");
        given.turn();

        assertThat(given.toys.heard).containsExactly("put a", "put b", "put c", "planned a", "planned b", "planned c");
        assertThat(submitted()).containsExactly(rowsOf("a", "b", "c"));
    }

    @Test
    void whatChangesWhileTwoTransactionsAreInFlightIsTheNextOne() {
        given.ready().put("a");
        given.turn();
        given.put("b");
        given.turn();

        given.put("c");
        given.turn();
        given.put("d");
        given.turn();
        assertThat(submitted()).containsExactly(rowsOf("a"), rowsOf("b"));

        given.commit();
        given.turn();
        assertThat(submitted()).containsExactly(rowsOf("a"), rowsOf("b"), rowsOf("c", "d"));
    }

    @Test
    void updatesAreAppliedBeforeTheOutcomeThatFollowsThem() {
        given.ready().put("a");
        given.turn();

        given.written("a");
        given.commit();
        given.turn();

        assertThat(given.toys.heard).startsWith("put a", "planned a", "row a", "settled a");
    }

    @Test
    void nothingIsSubmittedBeforeTheSessionIsReadAndEveryKindIsListed() {
        given.put("a");
        given.turn();
        given.connect();
        given.turn();
        given.synchronise();
        given.turn();
        given.list(EgressIpInput.KIND);
        given.list(InputKind.NAMESPACE);
        given.list(InputKind.POD);
        given.turn();
        assertThat(submitted()).isEmpty();

        given.list(InputKind.NODE);
        given.turn();
        assertThat(submitted()).containsExactly(rowsOf("a"));
    }

    @Test
    void statusFollowsTheCommitAndIsHandedOverOnce() {
        given.ready().put("a");
        given.turn();
        assertThat(given.status).isEmpty();

        given.commit();
        given.turn();
        given.turn();

        assertThat(given.status).extracting(change -> change.object().key()).containsExactly("a");
    }

    @Test
    void whatHasNotBeenWrittenWhenItCeasesToLeadIsForTheNextLeaderToSay() {
        given.ready().put("a");
        given.turn();
        given.commit();
        given.turn();
        assertThat(given.status).hasSize(1);

        given.inbox.leads(false);
        given.turn();

        assertThat(given.status).isEmpty();
    }

    @Test
    void aDisconnectedSessionIsToldAndItsTransactionIsDecidedAgainAfterTheNextReading() {
        given.ready().put("a");
        given.turn();

        given.inbox.disconnected("connection lost");
        given.database.end(new CommitOutcome.Lost("connection lost"));
        given.turn();
        assertThat(submitted()).hasSize(1);
        assertThat(given.loop.state().database()).isEqualTo(SessionPhase.CONNECTING);
        assertThat(given.loop.state().lastError()).isEqualTo("connection lost");

        given.connect();
        given.turn();
        assertThat(given.loop.state().database()).isEqualTo(SessionPhase.SYNCHRONISING);

        given.synchronise();
        given.turn();
        assertThat(submitted()).containsExactly(rowsOf("a"), rowsOf("a"));
        assertThat(given.loop.state().database()).isEqualTo(SessionPhase.SYNCHRONISED);
    }

    @Test
    void theInitialDifferenceIsDoneOnceTheLastOwnerIsCommittedAndStaysDone() {
        given.put("a");
        given.ready();
        assertThat(given.loop.state().initialDifferenceDone()).isFalse();

        given.commit();
        given.turn();
        assertThat(given.loop.state().initialDifferenceDone()).isTrue();

        given.put("b");
        given.inbox.disconnected("gone");
        given.turn();
        assertThat(given.loop.state().initialDifferenceDone()).isTrue();
    }

    @Test
    void latencyIsMeasuredFromTheOldestChangeToTheCommitThatAnswersIt() {
        given.ready().put("a");
        given.clock.advance(Duration.ofMillis(100));
        given.put("b");
        given.turn();
        given.clock.advance(Duration.ofMillis(150));

        given.commit();
        given.turn();

        assertThat(eventToCommitMilliseconds()).isEqualTo(250);
    }

    @Test
    void aChangeWhoseFirstTransactionConflictsIsMeasuredToItsSecond() {
        given.ready().put("a");
        given.turn();
        given.clock.advance(Duration.ofMillis(100));
        given.database.end(new CommitOutcome.Conflict(new OvsdbError("timed out", "")));
        given.turn();
        given.clock.advance(Duration.ofMillis(100));
        given.turn();
        given.commit();
        given.turn();

        assertThat(eventToCommitMilliseconds()).isEqualTo(200);
    }

    @Test
    void aChangeThatNeedsNoTransactionIsNotMeasured() {
        given.ready().list(InputKind.POD);
        given.turn();
        given.clock.advance(Duration.ofHours(1));
        given.put("a");
        given.turn();
        given.clock.advance(Duration.ofMillis(10));
        given.commit();
        given.turn();

        assertThat(eventToCommitMilliseconds()).isEqualTo(10);
    }

    @Test
    void everyTransactionIsOneLine() {
        given.ready().put("b", "a");
        try (var log = new CapturedLog()) {
            given.turn();
            given.clock.advance(Duration.ofMillis(12));
            given.commit();
            given.turn();

            assertThat(log.lines())
                    .containsExactly("INFO transaction committed transaction=1 owners=a,b rows=2 operations=2 bytes=123"
                            + " milliseconds=12 outcome=committed");
        }
    }

    @Test
    void aRefusalNamesTheErrorAndTheOperation() {
        given.ready().put("a");
        given.turn();
        try (var log = new CapturedLog()) {
            given.database.end(new CommitOutcome.Refused(
                    new OvsdbError("constraint violation", "no such router"), OptionalInt.of(0)));
            given.turn();

            assertThat(log.lines())
                    .containsExactly(
                            "WARN transaction not committed transaction=1 owners=a rows=1 operations=1 bytes=123"
                                    + " milliseconds=0 outcome=refused operation="
                                    + rowsOf("a").getFirst()
                                    + " error=constraint violation: no such router");
        }
    }

    @Test
    void whatIsDecidedIsWrittenDownInTheSameTurn() {
        given.ready();
        given.toys.decided.add(new EgressIpDecision.NodeAvailable("worker-0"));
        try (var log = new CapturedLog()) {
            given.turn();

            assertThat(log.lines()).containsExactly("INFO egress node available node=worker-0");
        }
    }

    @Test
    void whatOvnHasMovedByItselfIsCounted() {
        given.ready();
        for (var why : List.of(Why.FailedOver, Why.Draining, Why.FailedOver)) {
            given.toys.decided.add(new EgressIpDecision.Moved(
                    "demo", new IpAddress("192.168.126.100"), "worker-0", "worker-1", why, 1));
        }
        given.turn();

        assertThat(given.registry.get("ovn.egress.failovers").counter().count()).isEqualTo(2);
    }

    @Test
    void whatIsSummedUpIsSaidBeforeTheEnd() {
        given.ready();
        for (int i = 0; i < 10; i++) {
            given.toys.decided.add(new EgressIpDecision.NodeAvailable("worker-0"));
        }
        given.inbox.stop();
        try (var log = new CapturedLog()) {
            given.turn();

            assertThat(log.lines()).hasSize(9).last().isEqualTo("INFO egress node available more=2 node=worker-0");
        }
    }

    @Test
    void whatIsShortIsMeasuredByReasonAsLongAsItLeads() {
        given.toys.shortfall = EgressIpShortfall.of(
                Map.of(EgressIpReason.NoEgressNode, 3), Map.of(Unserved.WaitingForRouter, 40), 0, Map.of(), 0);
        given.ready();
        assertThat(gauge("ovn.egress.unassigned.egress.ips", "NoEgressNode")).isEqualTo(3);
        assertThat(gauge("ovn.egress.unassigned.egress.ips", "NoMatchingNode")).isZero();
        assertThat(gauge("ovn.egress.unserved.pods", "WaitingForRouter")).isEqualTo(40);

        given.toys.shortfall = Shortfall.NONE;
        given.turn();
        assertThat(gauge("ovn.egress.unassigned.egress.ips", "NoEgressNode")).isZero();
        assertThat(gauge("ovn.egress.unserved.pods", "WaitingForRouter")).isZero();

        given.toys.shortfall = EgressIpShortfall.of(
                Map.of(EgressIpReason.NoEgressNode, 3), Map.of(Unserved.Refused, 1), 0, Map.of(), 0);
        given.inbox.leads(false);
        given.turn();
        assertThat(gauge("ovn.egress.unassigned.egress.ips", "NoEgressNode")).isZero();
        assertThat(gauge("ovn.egress.unserved.pods", "Refused")).isZero();
    }

    @Test
    void whoIsToBeProbedIsToldWhenItChanges() {
        given.inbox.leads(false); // who stands by has to know as well
        given.ready();
        assertThat(given.probes).isEmpty();

        var one = new NodeProbes(Map.of("node1", List.of(new IpAddress("10.0.0.1"))));
        given.toys.probes = one;
        given.turn();
        given.turn();
        assertThat(given.probes).containsExactly(one);

        given.toys.probes = NodeProbes.NONE;
        given.turn();
        assertThat(given.probes).containsExactly(one, NodeProbes.NONE);
    }

    private double gauge(String name, String reason) {
        return given.registry.get(name).tag("reason", reason).gauge().value();
    }

    @Test
    void manyOwnersAreCounted() {
        var owners =
                new TreeSet<>(IntStream.range(10, 30).mapToObj(i -> "ip" + i).toList());

        assertThat(LogLine.named(owners)).isEqualTo("ip10,ip11,ip12,ip13,ip14,ip15,ip16,ip17 and 12 more");
        assertThat(LogLine.named(Set.of())).isEmpty();
    }

    @Test
    void aLongRunOfWorkIsReportedEveryFiveSeconds() {
        given.ready();
        try (var log = new CapturedLog()) {
            given.put("a", "b", "c", "d");
            given.turn();
            given.clock.advance(Duration.ofSeconds(4));
            given.turn();
            assertThat(log.lines()).isEmpty();

            given.clock.advance(Duration.ofSeconds(1));
            given.put("e");
            given.turn();
            given.commit();
            given.clock.advance(Duration.ofSeconds(5));
            given.turn();

            assertThat(log.lines())
                    .filteredOn(line -> line.contains("bulk"))
                    .containsExactly(
                            "INFO bulk progress done=0 total=2 perSecond=0",
                            "INFO bulk progress done=1 total=2 perSecond=0");
        }
    }

    @Test
    void aStopWaitsForTheTransactionInFlightAndPlansNoOther() {
        given.ready().put("a");
        given.turn();

        given.inbox.stop();
        given.put("b");
        given.turn();
        assertThat(given.loop.hasEnded()).isFalse();

        given.commit();
        given.turn();
        assertThat(given.loop.hasEnded()).isTrue();
        assertThat(submitted()).containsExactly(rowsOf("a"));
        assertThat(given.status).hasSize(1);
    }

    @Test
    void aStopGivesUpATransactionThatDoesNotEnd() {
        given.ready().put("a");
        given.turn();
        given.inbox.stop();
        given.turn();

        given.clock.advance(ReconcileLoop.STOP_GRACE);

        assertThat(given.loop.hasEnded()).isTrue();
    }

    @Test
    void theThreadRunsUntilItIsClosed() {
        given.ready();
        given.loop.start();
        assertThat(given.loop.isAlive()).isTrue();

        given.loop.close();

        assertThat(given.loop.isAlive()).isFalse();
        assertThat(given.exit.isRequested()).isFalse();
    }

    @Test
    void withoutTheLockNothingIsPlannedAndWithItEverythingIs() {
        given.ready();
        given.inbox.leads(false);
        given.put("one");
        given.turn();

        assertThat(given.toys.heard).containsExactly("stands by", "put one");
        assertThat(given.loop.state().leader()).isFalse();

        given.inbox.leads(true);
        given.turn();

        assertThat(given.toys.heard).containsExactly("stands by", "put one", "leads", "planned one");
        assertThat(given.loop.state().leader()).isTrue();
    }

    @Test
    void whoStandsByHasNoBacklogAndWaitsForNothing() {
        given.connect();
        given.synchronise();
        given.inbox.leads(false);
        for (var kind : LoopFixture.KINDS) {
            given.list(kind);
        }
        given.put("one", "two");
        given.turn();

        assertThat(given.loop.state().work()).isEqualTo(new Backlog.Work(0, 0));
        assertThat(given.loop.state().initialDifferenceDone()).isFalse();
    }

    @Test
    void aQuestionFindsDecidedWhatWasPostedBeforeIt() {
        given.ready().put("a");
        var dirty = given.inbox.ask(reconciler -> reconciler.progress().dirty());
        var inFlight = given.inbox.ask(reconciler -> reconciler.progress().inFlight());
        given.turn();

        assertThat(dirty).isCompletedWithValue(0);
        assertThat(inFlight).isCompletedWithValue(1);
    }

    @Test
    void aTurnAnswersForSoLongAndWhatIsLeftWaitsForTheNextOne() {
        given.ready();
        var slow = given.inbox.ask(reconciler -> {
            given.clock.advance(Duration.ofMillis(11));
            return true;
        });
        var next = given.inbox.ask(reconciler -> true);
        given.turn();
        assertThat(slow).isCompleted();
        assertThat(next).isNotDone();

        given.turn();
        assertThat(next).isCompleted();
    }

    @Test
    void anErrorInAnAnswerIsNoFault() {
        given.ready();
        var failing = given.inbox.ask(reconciler -> {
            throw new IllegalStateException("no answer");
        });
        given.turn();

        assertThat(failing).isCompletedExceptionally();
        assertThat(given.database.resyncs).isEmpty();
        assertThat(given.relists).isEmpty();
    }
}
