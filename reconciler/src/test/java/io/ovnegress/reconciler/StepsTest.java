package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.draining;
import static io.ovnegress.reconciler.TestCluster.dropping;
import static io.ovnegress.reconciler.TestCluster.droppingBeforeServed;
import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.notLabelled;
import static io.ovnegress.reconciler.TestCluster.notReady;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.NbGlobal;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.NodeReachability;
import io.ovnegress.reconciler.machine.PlannedTransaction;
import io.ovnegress.reconciler.machine.Silence;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What packets must not see half done: every step waits until the one before is installed. On a strict fake database that judges
 * every commit by what the chassis have.
 */
final class StepsTest extends OnTheSeedCluster {
    private static final String HOMER = "10.128.0.5";
    private static final String ON_NODE_1 = "GR_node1 10.128.0.5 192.168.126.100";
    private static final String ON_NODE_2 = "GR_node2 10.128.0.5 192.168.126.100";
    private static final String ON_NODE_3 = "GR_node3 10.128.0.5 192.168.126.100";
    private static final Set<String> TO_NODE_1 = Set.of("100.64.0.2");
    private static final Set<String> TO_NODE_2 = Set.of("100.64.0.3");
    private static final Set<String> TO_NODE_3 = Set.of("100.64.0.4");

    private final TestCluster stepping =
            TestCluster.inSteps(TestCluster.config(false, 500)).topology(1, 2, 3);

    private static final InputObject[] HOMER_ALONE = {
        node(1),
        node(2),
        namespace("simpson", "house=simpson"),
        pod("simpson", "homer", 1, HOMER),
        egressIp("demo", SIMPSON, "192.168.126.100")
    };

    @BeforeEach
    void start() {
        stepping.start(HOMER_ALONE);
        assertThat(stepping.snats()).containsExactly(ON_NODE_1);
        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_1);
    }

    /** Commits what can be committed, without anybody saying what is installed. */
    private void commitAll() {
        for (var next = next(); next.isPresent(); next = next()) {
            stepping.commit(next.get());
        }
        stepping.reconciler
                .takeStatusChanges()
                .forEach(change -> stepping.statuses.put(change.object().key(), change));
    }

    private Optional<PlannedTransaction> next() {
        return stepping.reconciler.nextTransaction(stepping.now);
    }

    private void put(InputObject object) {
        stepping.reconciler.apply(new InputChange.Put(object), stepping.now);
        commitAll();
    }

    private void installed() {
        stepping.reconciler.apply(stepping.database.answer());
        commitAll();
    }

    /** And nobody forwards as before any more. */
    private void forwarded() {
        installed();
        after(Duration.ofMillis(500));
    }

    private void computed() {
        stepping.reconciler.apply(stepping.database.answer(true, false));
        commitAll();
    }

    private void after(Duration duration) {
        stepping.now = stepping.now.plus(duration);
        commitAll();
    }

    private boolean isWaiting() {
        return stepping.reconciler.progress().inSteps() > 0;
    }

    @Test
    void aNewPodIsReroutedWhenItsSnatIsInstalled() {
        put(pod("simpson", "lisa", 3, "10.128.4.9"));
        assertThat(stepping.snats()).contains("GR_node1 10.128.4.9 192.168.126.100");
        assertThat(stepping.reroutes()).doesNotContainKey("10.128.4.9");

        computed();
        assertThat(stepping.reroutes()).doesNotContainKey("10.128.4.9");

        installed();
        assertThat(stepping.reroutes()).containsEntry("10.128.4.9", TO_NODE_1);
        assertThat(isWaiting()).isFalse();
    }

    @Test
    void aNewPodThatMustNotLeaveOtherwiseIsKeptInFromItsFirstTransaction() {
        put(droppingBeforeServed(egressIp("demo", SIMPSON, "192.168.126.100")));
        put(pod("simpson", "lisa", 3, "10.128.4.9"));
        assertThat(stepping.snats()).contains("GR_node1 10.128.4.9 192.168.126.100");
        assertThat(stepping.keptInByThemselves()).containsExactly(HOMER, "10.128.4.9");

        installed();
        assertThat(stepping.reroutes()).containsEntry("10.128.4.9", TO_NODE_1);
    }

    @Test
    void aPodThatIsToBeKeptInLosesItsWayOutWhenThatIsInstalled() {
        stepping.reconciler.apply(
                new InputChange.Put(dropping(egressIp("demo", SIMPSON, "192.168.126.100"))), stepping.now);
        stepping.reconciler.apply(new InputChange.Put(notLabelled(node(2))), stepping.now);
        put(notLabelled(node(1)));
        assertThat(stepping.members("ovn_egress_cut_off_pods_v4")).containsExactly(HOMER);
        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_1);
        assertThat(stepping.snats()).containsExactly(ON_NODE_1);

        installed();
        assertThat(stepping.reroutes()).isEmpty();

        forwarded();
        assertThat(stepping.snats()).isEmpty();
        assertThat(isWaiting()).isFalse();
        assertThat(stepping.dropped()).containsExactly(HOMER);
    }

    @Test
    void aPlannedMoveTakesThreeSteps() {
        stepping.reconciler.takeEndOfSteps();
        var began = stepping.now;
        put(draining(node(1)));
        assertThat(stepping.snats()).containsExactly(ON_NODE_1, ON_NODE_2);
        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_1);

        installed();
        assertThat(stepping.reroutes()).as("before it is announced").containsEntry(HOMER, TO_NODE_1);

        after(Duration.ofMillis(999));
        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_1);
        assertThat(stepping.items("demo")).containsExactly(new StatusItem("node1", "192.168.126.100"));

        after(Duration.ofMillis(1));
        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_2);
        assertThat(stepping.snats()).containsExactly(ON_NODE_1, ON_NODE_2);
        assertThat(stepping.items("demo")).containsExactly(new StatusItem("node2", "192.168.126.100"));

        assertThat(stepping.reconciler.takeEndOfSteps()).as("not yet").isEmpty();
        installed();
        after(Duration.ofMillis(499));
        assertThat(stepping.snats()).as("some may still be forwarded as before").containsExactly(ON_NODE_1, ON_NODE_2);
        after(Duration.ofMillis(1));
        assertThat(stepping.snats()).containsExactly(ON_NODE_2);
        assertThat(isWaiting()).isFalse();
        assertThat(stepping.reconciler.takeEndOfSteps()).contains(began);
        assertThat(stepping.reconciler.takeEndOfSteps()).isEmpty();
    }

    @Test
    void theSwitchSetsOutAsLongBeforeTheAnnouncementAsTheSnatWasOnItsWay() {
        put(draining(node(1)));
        after(Duration.ofMillis(30));
        installed();
        after(Duration.ofMillis(969));
        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_1);

        after(Duration.ofMillis(1));
        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_2);
    }

    @Test
    void aSnatThatWasHeldUpIsAnnouncedAsMuchLater() {
        put(draining(node(1)));
        after(Duration.ofSeconds(3));
        installed();
        after(Duration.ofMillis(499));
        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_1);

        after(Duration.ofMillis(1));
        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_2);
    }

    @Test
    void aMoveThatIsTakenBackInTheMiddleGoesBackInSteps() {
        put(draining(node(1)));
        installed();
        put(node(1));
        put(draining(node(2)));

        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_1);
        installed();
        after(Duration.ofSeconds(2));
        installed();
        assertThat(stepping.snats()).containsExactly(ON_NODE_1);
        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_1);
    }

    @Test
    void aDeadNodeIsNotWaitedFor() {
        put(notReady(node(1)));
        assertThat(stepping.snats()).containsExactly(ON_NODE_1, ON_NODE_2);
        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_1);

        computed();
        after(Duration.ofMillis(200));
        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_2);

        computed();
        after(Duration.ofMillis(200));
        assertThat(stepping.snats()).containsExactly(ON_NODE_2);
    }

    /** A third node takes over from the one to which the egress IP was on its way. */
    private void putThirdNode() {
        put(node(3));
        assertThat(stepping.snats()).containsExactly(ON_NODE_1);
    }

    @Test
    void whereTheOldNodeIsLostAfterTheFirstStepTheSecondComesAtOnce() {
        put(draining(node(1)));
        put(notReady(node(1)));
        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_1);

        computed();
        after(Duration.ofMillis(200));
        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_2);
    }

    @Test
    void whereTheNextNodeIsLostAfterTheFirstStepTrafficStaysUntilAnotherIsReady() {
        putThirdNode();
        put(draining(node(1)));
        forwarded();
        assertThat(stepping.snats()).containsExactly(ON_NODE_1, ON_NODE_2);

        put(notReady(node(2)));
        assertThat(stepping.snats()).containsExactly(ON_NODE_1, ON_NODE_3);
        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_1);

        installed();
        after(Duration.ofMillis(1050));
        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_3);
        forwarded();
        assertThat(stepping.snats()).containsExactly(ON_NODE_3);
    }

    @Test
    void whereTheNextNodeIsLostAfterTheSecondStepAnotherOneIsNotWaitedForLonger() {
        putThirdNode();
        put(draining(node(1)));
        installed();
        after(Duration.ofMillis(1050));
        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_2);
        assertThat(stepping.snats()).containsExactly(ON_NODE_1, ON_NODE_2);

        put(notReady(node(2)));
        assertThat(stepping.snats()).contains(ON_NODE_3);
        computed(); // the switch, which was asked about before
        computed();
        after(Duration.ofMillis(200));
        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_3);

        forwarded();
        assertThat(stepping.snats()).containsExactly(ON_NODE_3);
    }

    @Test
    void whereTheOldNodeIsLostAfterTheSecondStepItsSnatGoes() {
        put(draining(node(1)));
        installed();
        after(Duration.ofMillis(1050));
        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_2);

        put(notReady(node(1)));
        computed();
        after(Duration.ofMillis(200));
        assertThat(stepping.snats()).containsExactly(ON_NODE_2);
        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_2);
    }

    @Test
    void aRestartInTheMiddleGoesOnWhereItWas() {
        put(draining(node(1)));
        installed();
        after(Duration.ofSeconds(1));
        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_2);
        assertThat(stepping.snats()).containsExactly(ON_NODE_1, ON_NODE_2);

        HOMER_ALONE[0] = draining(node(1));
        try {
            stepping.restart(HOMER_ALONE);
        } finally {
            HOMER_ALONE[0] = node(1);
        }
        stepping.after(Duration.ofSeconds(2));

        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_2);
        assertThat(stepping.snats()).containsExactly(ON_NODE_2);
    }

    @Test
    void aRestartBetweenSwitchAndStatusDoesNotTakeTheMoveBack() {
        put(draining(node(1)));
        installed();
        after(Duration.ofSeconds(1));
        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_2);
        assertThat(stepping.snats()).containsExactly(ON_NODE_1, ON_NODE_2);

        var demo = egressIp("demo", SIMPSON, "192.168.126.100");
        var beforeTheMove = demo.edit()
                .statusItems(List.of(new StatusItem("node1", "192.168.126.100")))
                .conditions(List.of())
                .build();
        stepping.restart(HOMER_ALONE[0], HOMER_ALONE[1], HOMER_ALONE[2], HOMER_ALONE[3], beforeTheMove);
        stepping.after(Duration.ofSeconds(2));

        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_2);
        assertThat(stepping.snats()).containsExactly(ON_NODE_2);
    }

    @Test
    void aPodThatIsNoLongerSelectedLosesItsPolicyFirst() {
        put(namespace("simpson", "house=none"));
        assertThat(stepping.reroutes()).isEmpty();
        assertThat(stepping.snats()).containsExactly(ON_NODE_1);

        forwarded();
        assertThat(stepping.snats()).isEmpty();
    }

    @Test
    void theRowsOfAPodThatIsGoneGoAtOnce() {
        stepping.reconciler.apply(new InputChange.Removed(InputKind.POD, "simpson/homer"), stepping.now);
        commitAll();

        assertThat(stepping.reroutes()).isEmpty();
        assertThat(stepping.snats()).isEmpty();
    }

    @Test
    void anAddressThatIsGivenToAnotherPodLeavesWithNoEgressIpOfTheFormerOne() {
        stepping.put(
                namespace("bouvier", "house=bouvier"), egressIp("other", where("house=bouvier"), "192.168.126.200"));
        stepping.reconciler.apply(new InputChange.Removed(InputKind.POD, "simpson/homer"), stepping.now);
        put(pod("bouvier", "selma", 1, HOMER));

        assertThat(stepping.reroutes()).isEmpty();
        assertThat(stepping.snats()).doesNotContain(ON_NODE_1).hasSize(1);
        installed();
        assertThat(stepping.reroutes()).containsKey(HOMER);
    }

    @Test
    void aChassisThatNeverAnswersHoldsUpOneStepOnly() {
        put(pod("simpson", "lisa", 3, "10.128.4.9"));
        computed();
        after(Duration.ofMillis(4999));
        assertThat(stepping.reroutes()).doesNotContainKey("10.128.4.9");
        assertThat(stepping.reconciler.nextDeadline()).contains(stepping.now.plus(Duration.ofMillis(1)));

        after(Duration.ofMillis(1));
        assertThat(stepping.reroutes()).as("the answer may be here, unread").doesNotContainKey("10.128.4.9");
        after(Duration.ofMillis(50));
        assertThat(stepping.reroutes()).containsKey("10.128.4.9");
        assertThat(stepping.reconciler.progress().silence()).isEqualTo(Silence.CHASSIS);

        put(pod("simpson", "bart", 3, "10.128.4.10"));
        computed();
        assertThat(stepping.reroutes()).doesNotContainKey("10.128.4.10");
        after(Duration.ofMillis(200));
        assertThat(stepping.reroutes()).containsKey("10.128.4.10");

        installed();
        assertThat(stepping.reconciler.progress().silence()).isEqualTo(Silence.NONE);
    }

    @Test
    void aNorthdThatDoesNotAnswerHoldsUpOneStepOnly() {
        put(pod("simpson", "lisa", 3, "10.128.4.9"));
        stepping.database.installNothing();
        after(Duration.ofSeconds(30));
        after(Duration.ofMillis(50));
        assertThat(stepping.reroutes()).containsKey("10.128.4.9");
        assertThat(stepping.reconciler.progress().silence()).isEqualTo(Silence.NORTHD);

        put(pod("simpson", "bart", 3, "10.128.4.10"));
        assertThat(stepping.reroutes()).containsKey("10.128.4.10");
    }

    private void takeAway(String pod, String router) {
        tamper(() -> stepping.database.delete(Nat.TABLE, snatOf(pod, router).id()));
        commitAll();
    }

    @Test
    void whoWaitsDoesNotWaitForAPodWhoseRepairIsPutOff() {
        put(pod("simpson", "lisa", 3, "10.128.4.9"));
        installed();
        put(draining(node(1)));
        for (int seconds = 1; seconds <= 8; seconds *= 2) {
            takeAway("10.128.4.9", "GR_node2");
            after(Duration.ofSeconds(seconds));
        }
        takeAway("10.128.4.9", "GR_node2");
        takeAway("10.128.4.9", "GR_node2");
        assertThat(stepping.reconciler.progress().contested()).isEqualTo(1);

        stepping.reconciler.apply(new InputChange.Put(new NodeReachability("node9", false)), stepping.now);
        commitAll();
        installed();
        after(Duration.ofSeconds(1));

        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_2);
    }

    private void tamper(Runnable damage) {
        stepping.reconciler.apply(stepping.database.tamper(damage));
    }

    private Row snatOf(String pod, String router) {
        return stepping.database.children(LogicalRouter.NAT, stepping.routers.get(router)).stream()
                .filter(row -> row.get(Nat.LOGICAL_IP).equals(pod))
                .findFirst()
                .orElseThrow();
    }

    private void removeAllOf(String pod) {
        var policy = stepping.clusterPolicies().stream()
                .filter(row -> row.get(LogicalRouterPolicy.MATCH).contains(pod))
                .findFirst();
        policy.ifPresent(row -> stepping.database.delete(LogicalRouterPolicy.TABLE, row.id()));
        stepping.database.delete(Nat.TABLE, snatOf(pod, "GR_node1").id());
    }

    @Test
    void aRepairInTwoStepsIsOneAndTheNextIsPutOff() {
        tamper(() -> removeAllOf(HOMER));
        var first = next().orElseThrow();
        assertThat(first.repairs()).hasSize(1);
        stepping.commit(first);
        stepping.reconciler.apply(stepping.database.answer());
        var second = next().orElseThrow();
        assertThat(second.repairs()).as("goes on").isEmpty();
        stepping.commit(second);
        commitAll();
        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_1);

        tamper(() -> removeAllOf(HOMER));
        commitAll();

        assertThat(stepping.snats()).isEmpty();
        assertThat(stepping.reconciler.progress().contested()).isEqualTo(1);
        after(Duration.ofSeconds(1));
        assertThat(stepping.snats()).containsExactly(ON_NODE_1);
        installed();
        assertThat(stepping.reroutes()).as("not paced").containsEntry(HOMER, TO_NODE_1);
    }

    @Test
    void whatAnotherWriterAddsIsARepairAlthoughItIsTakenAwayLater() {
        tamper(() -> {
            var ours = snatOf(HOMER, "GR_node1");
            var snat = stepping.database.insert(
                    Nat.TABLE,
                    Cell.of(Nat.TYPE, "snat"),
                    Cell.of(Nat.LOGICAL_IP, ours.get(Nat.LOGICAL_IP)),
                    Cell.of(Nat.EXTERNAL_IP, ours.get(Nat.EXTERNAL_IP)),
                    Cell.of(Nat.LOGICAL_PORT, Set.of("k8s-node2")),
                    Cell.of(Nat.EXTERNAL_IDS, Map.of("name", "demo")));
            stepping.database.addTo(LogicalRouter.NAT, stepping.routers.get("GR_node2"), snat);
            var policy = stepping.database.insert(
                    LogicalRouterPolicy.TABLE,
                    Cell.of(LogicalRouterPolicy.PRIORITY, 100L),
                    Cell.of(LogicalRouterPolicy.MATCH, "ip4.src == " + HOMER),
                    Cell.of(LogicalRouterPolicy.ACTION, "reroute"),
                    Cell.of(LogicalRouterPolicy.NEXTHOPS, TO_NODE_2),
                    Cell.of(LogicalRouterPolicy.EXTERNAL_IDS, Map.of("name", "demo")));
            stepping.database.addTo(LogicalRouter.POLICIES, stepping.routers.get("ovn_cluster_router"), policy);
        });
        commitAll();
        assertThat(stepping.snats()).containsExactly(ON_NODE_1, ON_NODE_2);

        installed();
        stepping.now = stepping.now.plus(Duration.ofSeconds(1));
        var first = next().orElseThrow();
        assertThat(first.repairs()).hasSize(1);
        stepping.commit(first);
        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_1);

        stepping.reconciler.apply(stepping.database.answer());
        assertThat(next()).isEmpty();
        stepping.now = stepping.now.plusMillis(500);
        var last = next().orElseThrow();
        assertThat(last.repairs()).as("goes on").isEmpty();
        stepping.commit(last);
        assertThat(stepping.snats()).containsExactly(ON_NODE_1);
    }

    @Test
    void aNorthdThatIsBackAfterAReconnectionIsWaitedForAgain() {
        put(pod("simpson", "lisa", 3, "10.128.4.9"));
        stepping.database.installNothing();
        after(Duration.ofSeconds(30));
        after(Duration.ofMillis(50));
        assertThat(stepping.reconciler.progress().silence()).isEqualTo(Silence.NORTHD);

        stepping.reconciler.disconnected();
        stepping.database.answer();
        stepping.connect();
        commitAll();

        assertThat(stepping.reconciler.progress().silence()).isEqualTo(Silence.NONE);
        put(pod("simpson", "bart", 3, "10.128.4.10"));
        assertThat(stepping.reroutes()).doesNotContainKey("10.128.4.10");
        installed();
        assertThat(stepping.reroutes()).containsKey("10.128.4.10");
    }

    @Test
    void whoWaitsAsksAgainWhereTheNumbersWereSetBack() {
        put(pod("simpson", "lisa", 3, "10.128.4.9"));
        assertThat(isWaiting()).isTrue();

        stepping.reconciler.apply(stepping.database.tamper(stepping.database::setNumbersBack));
        commitAll();
        installed();

        assertThat(stepping.reroutes()).containsKey("10.128.4.9");
    }

    @Test
    void nothingIsDueWhileNothingCanBeWritten() {
        put(pod("simpson", "lisa", 3, "10.128.4.9"));
        computed();
        assertThat(stepping.reconciler.nextDeadline()).isPresent();

        stepping.reconciler.disconnected();

        assertThat(stepping.reconciler.nextDeadline()).isEmpty();
    }

    @Test
    void manyPodsShareAQuestion() {
        for (int i = 0; i < 50; i++) {
            stepping.reconciler.apply(
                    new InputChange.Put(pod("simpson", "pod-" + i, 3, "10.128.5." + (i + 1))), stepping.now);
        }
        long before = asked();
        commitAll();
        installed();

        assertThat(stepping.reroutes()).hasSize(51);
        assertThat(asked() - before).isEqualTo(1);
    }

    private long asked() {
        return stepping.database.rows(NbGlobal.TABLE).getFirst().get(NbGlobal.NB_CFG);
    }

    @Test
    void whatIsRepairedWaitsForNothingThatIsInstalledAnyway() {
        var policy = stepping.clusterPolicies().stream()
                .filter(row -> row.get(LogicalRouterPolicy.PRIORITY) == 100)
                .findFirst()
                .orElseThrow();
        stepping.reconciler.apply(
                stepping.database.tamper(() -> stepping.database.delete(LogicalRouterPolicy.TABLE, policy.id())));
        commitAll();

        assertThat(stepping.reroutes()).containsEntry(HOMER, TO_NODE_1);
    }

    @Test
    void whatIsWrittenDoesNotCountAsRepaired() {
        put(draining(node(1)));
        installed();
        after(Duration.ofSeconds(1));
        installed();

        assertThat(stepping.reconciler.takeDecisions().stream().map(Object::toString))
                .noneMatch(text -> text.contains("epair"));
        assertThat(stepping.statuses.get("demo").events()).isEmpty();
    }

    @Test
    void aQuestionAloneChangesNothingElse() {
        put(draining(node(1)));
        stepping.restart(HOMER_ALONE[0], node(2), HOMER_ALONE[2], HOMER_ALONE[3], HOMER_ALONE[4]);
        assertThat(stepping.transactions.stream().filter(StepsTest::isQuestion)).hasSizeLessThanOrEqualTo(1);
    }

    private static boolean isQuestion(java.util.List<Operation> operations) {
        return operations.size() == 1
                && operations.getFirst() instanceof Operation.Mutate mutate
                && mutate.table() == NbGlobal.TABLE;
    }
}
