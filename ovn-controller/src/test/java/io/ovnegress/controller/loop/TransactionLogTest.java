package io.ovnegress.controller.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.OvsdbError;
import io.ovnegress.reconciler.feature.Decision;
import io.ovnegress.reconciler.feature.egressip.EgressIpDecision;
import io.ovnegress.reconciler.feature.egressip.EgressIpDecision.Left;
import io.ovnegress.reconciler.feature.egressip.EgressIpDecision.Why;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.machine.PlannedTransaction;
import io.ovnegress.reconciler.machine.Repair;
import io.ovnegress.reconciler.northbound.Damage;
import io.ovnegress.reconciler.northbound.Owner;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The lines as an operator reads them. */
class TransactionLogTest {
    private static final Instant NOW = Instant.parse("2026-01-01T03:00:00Z");

    private final CapturedLog captured = new CapturedLog();
    private final TransactionLog log = new TransactionLog();

    @AfterEach
    void close() {
        captured.close();
    }

    private static IpAddress ip(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    private List<String> linesOf(Decision... decisions) {
        log.decided(List.of(decisions), NOW);
        return captured.lines();
    }

    @Test
    void whatWasFoundIsOneLine() {
        assertThat(linesOf(new EgressIpDecision.TakenUp(20, 18, 2, 5)))
                .containsExactly("INFO egress IPs taken up egressIps=20 assigned=18 unassigned=2 nodes=5");
    }

    @Test
    void anAssignmentNamesObjectAddressNodeAndHowManyPods() {
        assertThat(linesOf(new EgressIpDecision.Assigned("demo", ip("192.0.2.1"), "worker-0", 3)))
                .containsExactly("INFO egress IP assigned egressIp=demo address=192.0.2.1 to=worker-0 pods=3");
    }

    @Test
    void aMoveSaysFromWhereToWhereAndWhy() {
        assertThat(linesOf(
                        new EgressIpDecision.Moved("demo", ip("192.0.2.1"), "worker-0", "worker-1", Why.NotReady, 3),
                        new EgressIpDecision.Moved("demo", ip("192.0.2.1"), "worker-1", "worker-0", Why.Draining, 3)))
                .containsExactly(
                        "WARN egress IP moved egressIp=demo address=192.0.2.1 from=worker-0 to=worker-1 why=NotReady pods=3",
                        "INFO egress IP moved egressIp=demo address=192.0.2.1 from=worker-1 to=worker-0 why=Draining pods=3");
    }

    @Test
    void whatHasNoNodeSaysWhyAndWhatBecomesOfTheTraffic() {
        assertThat(linesOf(
                        new EgressIpDecision.Unassigned(
                                "demo",
                                ip("192.0.2.1"),
                                Optional.of(new Left("worker-0", Why.Unreachable)),
                                EgressIpReason.NoEgressNode,
                                "192.0.2.1 is not assigned: no node",
                                false,
                                3),
                        new EgressIpDecision.Unassigned(
                                "other",
                                ip("192.0.2.2"),
                                Optional.empty(),
                                EgressIpReason.InUseByAnotherObject,
                                "192.0.2.2 is not assigned: EgressIP demo uses it",
                                true,
                                0)))
                .containsExactly(
                        "WARN egress IP unassigned egressIp=demo address=192.0.2.1 from=worker-0 why=Unreachable"
                                + " reason=NoEgressNode message=192.0.2.1 is not assigned: no node"
                                + " traffic=leaves with the nodes' addresses pods=3",
                        "WARN egress IP unassigned egressIp=other address=192.0.2.2 reason=InUseByAnotherObject"
                                + " message=192.0.2.2 is not assigned: EgressIP demo uses it traffic=dropped pods=0");
    }

    @Test
    void whatNobodyAsksForIsReleased() {
        assertThat(linesOf(
                        new EgressIpDecision.Released("demo", ip("192.0.2.1"), "worker-0", Why.ObjectDeleted),
                        new EgressIpDecision.Released("other", ip("192.0.2.2"), "worker-1", Why.ObjectRefused),
                        new EgressIpDecision.ObjectRefused(
                                "other", EgressIpReason.InvalidEgressIP, "\"x\" is not an IP address")))
                .containsExactly(
                        "INFO egress IP released egressIp=demo address=192.0.2.1 from=worker-0 why=ObjectDeleted",
                        "WARN egress IP released egressIp=other address=192.0.2.2 from=worker-1 why=ObjectRefused",
                        "WARN EgressIP refused egressIp=other reason=InvalidEgressIP message='x' is not an IP address");
    }

    @Test
    void nodesAreLostDrainedAndFound() {
        assertThat(linesOf(
                        new EgressIpDecision.NodeNotAvailable("worker-0", Why.NotReady, 12),
                        new EgressIpDecision.NodeNotAvailable("worker-1", Why.Draining, 3),
                        new EgressIpDecision.NodeAvailable("worker-0")))
                .containsExactly(
                        "WARN egress node not available node=worker-0 why=NotReady egressIps=12",
                        "INFO egress node not available node=worker-1 why=Draining egressIps=3",
                        "INFO egress node available node=worker-0");
    }

    @Test
    void aNodeThatLacksARouterIsToldWithWhatIsMissingAndWhoseEgressIpsItHas() {
        assertThat(linesOf(
                        new EgressIpDecision.RouterMissing("worker-0", Set.of("GR_worker-0"), Set.of("other", "demo")),
                        new EgressIpDecision.RouterBack("worker-0")))
                .containsExactly(
                        "WARN egress node lacks a router, nothing leaves as its egress IPs node=worker-0"
                                + " missing=[GR_worker-0] egressIps=demo,other",
                        "INFO egress node lacks no router any more node=worker-0");
    }

    @Test
    void whatTheDatabaseRefusesNamesThePod() {
        assertThat(linesOf(
                        new EgressIpDecision.RowsRefused(
                                "10.128.0.5",
                                Optional.of("demo"),
                                Optional.of("simpson/homer"),
                                "constraint violation: \"no\"",
                                Duration.ofSeconds(2)),
                        new EgressIpDecision.RowsRefused(
                                "baseline", Optional.empty(), Optional.empty(), "no", Duration.ofSeconds(1)),
                        new EgressIpDecision.MovedInParts("demo")))
                .containsExactly(
                        "WARN rows refused by the database, tried again later owner=10.128.0.5 pod=simpson/homer"
                                + " egressIp=demo error=constraint violation: 'no' retryInSeconds=2",
                        "WARN rows refused by the database, tried again later owner=baseline error=no retryInSeconds=1",
                        "WARN EgressIP is moved pod by pod, with a gap egressIp=demo");
    }

    @Test
    void aLostNodeWithAHundredAddressesIsAHandfulOfLines() {
        var decisions = new ArrayList<Decision>();
        decisions.add(new EgressIpDecision.NodeNotAvailable("worker-0", Why.NotReady, 100));
        for (int i = 0; i < 100; i++) {
            decisions.add(new EgressIpDecision.Moved(
                    "team" + i, ip("192.0.2." + i), "worker-0", i % 4 == 0 ? "worker-1" : "worker-2", Why.NotReady, 1));
        }
        log.decided(decisions, NOW);
        assertThat(captured.lines()).hasSize(1 + 8);

        log.tick(NOW.plus(Digest.WINDOW));
        assertThat(captured.lines())
                .hasSize(1 + 8 + 1)
                .last()
                .asString()
                .startsWith("WARN egress IP moved more=92 egressIp=team10 (1), team11 (1), ")
                .endsWith(" and 84 others from=worker-0 to=worker-2 (69), worker-1 (23) why=NotReady");
    }

    private static Repair repair(int pod, Damage... damage) {
        return new Repair(
                new EgressIpOwner.PodIp(ip("10.128." + pod / 250 + "." + pod % 250)),
                Optional.of(pod % 2 == 0 ? "demo" : "other"),
                Optional.of("simpson/pod-" + pod),
                1,
                Duration.ofSeconds(1),
                List.of(damage));
    }

    private static Damage damage(Damage.Kind kind) {
        return new Damage(kind, "NAT of 10.128.0.5 as 192.0.2.1 on GR_worker-0", "was damaged");
    }

    @Test
    void aRepairNamesThePodTheObjectAndTheDamage() {
        log.repaired(
                List.of(
                        repair(5, damage(Damage.Kind.Missing)),
                        new Repair(
                                new EgressIpOwner.Baseline(),
                                Optional.empty(),
                                Optional.empty(),
                                3,
                                Duration.ofSeconds(4),
                                Collections.nCopies(6, new Damage(Damage.Kind.Missing, "policy 102", "was missing")))),
                NOW);

        assertThat(captured.lines())
                .containsExactly(
                        "WARN another writer's change repaired owner=10.128.0.5 pod=simpson/pod-5 egressIp=other"
                                + " damage=NAT of 10.128.0.5 as 192.0.2.1 on GR_worker-0 was damaged times=1"
                                + " nextNotBeforeSeconds=1",
                        "WARN another writer's change repaired owner=baseline"
                                + " damage=policy 102 was missing; policy 102 was missing; policy 102 was missing;"
                                + " policy 102 was missing; and 2 more times=3 nextNotBeforeSeconds=4");
    }

    @Test
    void aRepairOfAnotherFeatureNamesItsObjectByTheWordForIt() {
        record Fence(String name) implements Owner {
            @Override
            public String feature() {
                return "garden-fence";
            }
        }

        log.repaired(
                List.of(new Repair(
                        new Fence("tall"),
                        Optional.of("tall"),
                        Optional.empty(),
                        1,
                        Duration.ofSeconds(1),
                        List.of(damage(Damage.Kind.Missing)))),
                NOW);

        assertThat(captured.lines()).singleElement().asString().contains(" gardenFence=tall ");
    }

    @Test
    void aRepairOfAThousandPodsIsAHandfulOfLines() {
        for (int transaction = 0; transaction < 4; transaction++) {
            var repairs = new ArrayList<Repair>();
            for (int pod = 0; pod < 250; pod++) {
                repairs.add(
                        pod % 5 == 0
                                ? repair(
                                        pod,
                                        damage(Damage.Kind.Missing),
                                        damage(Damage.Kind.Changed),
                                        damage(Damage.Kind.Missing))
                                : repair(pod, damage(Damage.Kind.Missing)));
            }
            log.repaired(repairs, NOW.plusSeconds(transaction));
        }
        log.tick(NOW.plus(Digest.WINDOW));

        assertThat(captured.lines())
                .hasSize(3 + 1)
                .last()
                .isEqualTo("WARN another writer's change repaired more=997 egressIp=other (499), demo (498)"
                        + " damage=Missing (798), Changed+Missing (199)");
    }

    private static PlannedTransaction transaction(long number) {
        return new PlannedTransaction(
                number, List.of(new Operation.Comment("a")), Set.of("demo"), 2, List.of(), List.of(), 0);
    }

    @Test
    void transactionsThatComeToNothingAreAHandfulOfLinesAndCommittedOnesAllOfThem() {
        var guard = new CommitOutcome.Conflict(new OvsdbError("timed out", "wait"));
        var disk = new CommitOutcome.Unable(new OvsdbError("I/O error", "disk full"));
        for (int i = 0; i < 100; i++) {
            log.ended(transaction(2L * i), 10, Duration.ZERO, i % 10 == 0 ? disk : guard, NOW);
            log.ended(transaction(2L * i + 1), 10, Duration.ZERO, new CommitOutcome.Committed(), NOW);
        }
        log.tick(NOW.plus(Digest.WINDOW));

        assertThat(captured.lines())
                .filteredOn(line -> line.contains("transaction committed"))
                .hasSize(100);
        assertThat(captured.lines())
                .filteredOn(line -> line.contains("not committed"))
                .hasSize(3 + 1 + 3 + 1)
                .contains(
                        "INFO transaction not committed more=87 outcome=conflict error=timed out: wait",
                        "WARN transaction not committed more=7 outcome=unable error=I/O error: disk full");
    }

    @Test
    void whatComesLaterIsSaidAgain() {
        var found = new EgressIpDecision.NodeAvailable("worker-0");
        for (int second = 0; second < 60; second++) {
            log.decided(List.of(found, found, found), NOW.plusSeconds(second));
            log.tick(NOW.plusSeconds(second));
        }
        log.end();

        assertThat(captured.lines())
                .hasSize(6 * (8 + 1))
                .filteredOn(line -> line.contains("more=22"))
                .hasSize(6);
    }

    @Test
    void whatIsStillToBeSaidIsSaidAtTheEnd() {
        for (int i = 0; i < 9; i++) {
            log.decided(List.of(new EgressIpDecision.NodeAvailable("worker-" + i)), NOW);
        }
        log.end();
        log.end();

        assertThat(captured.lines()).hasSize(9).last().isEqualTo("INFO egress node available more=1 node=worker-8");
    }

    @Test
    void aClockThatIsSetBackHoldsNothingUp() {
        for (int i = 0; i < 9; i++) {
            log.decided(List.of(new EgressIpDecision.NodeAvailable("worker-" + i)), NOW);
        }
        log.tick(NOW.minusSeconds(3600));

        assertThat(captured.lines()).hasSize(9);
    }
}
