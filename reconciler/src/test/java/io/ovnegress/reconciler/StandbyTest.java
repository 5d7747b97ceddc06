package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.notReady;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpItems;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.machine.Reconciler;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two controllers see the same inputs and the same database; one of them decides. */
class StandbyTest {
    private static final LabelSelector SIMPSON = where("house=simpson");
    private static final InputObject[] SEED = {
        node(1),
        node(2),
        namespace("simpson", "house=simpson"),
        pod("simpson", "homer", 1, "10.128.0.5"),
        pod("simpson", "marge", 2, "10.128.2.5"),
        egressIp("demo", SIMPSON, "192.168.126.100")
    };

    /** The one that leads first. */
    private final TestCluster cluster = new TestCluster().topology(1, 2, 3);

    private final Reconciler standby = TestCluster.reconciler(TestCluster.CONFIG);

    private void start() {
        cluster.start(SEED);
        standby.setLeader(false);
        standby.connected(cluster.database.schema());
        follow();
        for (var kind : TestCluster.KINDS) {
            var listed = new ArrayList<InputObject>();
            for (var object : SEED) {
                if (object.kind().equals(kind)) {
                    listed.add(object);
                }
            }
            standby.apply(new InputChange.Listed(kind, listed), cluster.now);
        }
    }

    /** What the leader has written reaches the one that stands by. */
    private void follow() {
        standby.apply(cluster.database.everything());
    }

    private void happens(InputObject... objects) {
        for (var object : objects) {
            standby.apply(new InputChange.Put(object), cluster.now);
        }
        cluster.put(objects);
        follow();
    }

    private void takeOver() {
        cluster.reconciler.setLeader(false);
        standby.setLeader(true);
    }

    /** How many transactions the standby had to send. */
    private int work(Reconciler reconciler) {
        int sent = 0;
        for (var planned = reconciler.nextTransaction(cluster.now);
                planned.isPresent();
                planned = reconciler.nextTransaction(cluster.now)) {
            var commit = cluster.database.commit(planned.get().operations());
            reconciler.apply(commit.updates());
            reconciler.complete(planned.get(), commit.outcome(), cluster.now);
            sent++;
        }
        return sent;
    }

    @Test
    void whoStandsByDecidesAndSaysNothing() {
        start();

        standby.apply(new InputChange.Put(notReady(node(1))), cluster.now);
        standby.apply(new InputChange.Removed(InputKind.POD, "simpson/homer"), cluster.now);

        assertThat(standby.nextTransaction(cluster.now)).isEmpty();
        assertThat(standby.takeStatusChanges()).isEmpty();
        assertThat(standby.nextDeadline()).isEmpty();
    }

    @Test
    void whoTakesOverWhatIsRightSendsNothing() {
        start();

        takeOver();

        assertThat(work(standby)).isZero();
        assertThat(standby.progress().dirty()).isZero();
    }

    @Test
    void whatIsWrittenInTheStatusIsNotWrittenAgain() {
        start();
        var said = cluster.statuses.get("demo");
        var demo = egressIp("demo", SIMPSON, "192.168.126.100");
        standby.apply(
                new InputChange.Put(demo.edit()
                        .statusItems(EgressIpItems.of(said))
                        .conditions(said.conditions())
                        .build()),
                cluster.now);

        takeOver();
        work(standby);

        assertThat(standby.takeStatusChanges()).isEmpty();
    }

    @Test
    void whatNobodyDidIsDoneByWhoTakesOver() {
        start();
        cluster.reconciler.setLeader(false);
        standby.apply(new InputChange.Removed(InputKind.POD, "simpson/homer"), cluster.now);
        standby.apply(new InputChange.Put(pod("simpson", "bart", 1, "10.128.0.7")), cluster.now);

        takeOver();

        assertThat(work(standby)).isEqualTo(1);
        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.2.5", "10.128.0.7");
    }

    @Test
    void anEgressIpStaysWhereTheOtherOnePutIt() {
        start();
        happens(notReady(node(1)));
        happens(node(1));
        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node2", "192.168.126.100"));

        takeOver();

        assertThat(work(standby)).isZero();
        assertThat(cluster.snats()).hasSize(2).allMatch(snat -> snat.startsWith("GR_node2"));
    }

    @Test
    void whoLedBeforeFollowsWhatTheOtherHasDoneMeanwhile() {
        start();
        takeOver();
        work(standby);
        standby.apply(new InputChange.Put(notReady(node(1))), cluster.now);
        cluster.reconciler.apply(new InputChange.Put(notReady(node(1))), cluster.now);
        assertThat(work(standby)).isEqualTo(1);
        standby.apply(new InputChange.Put(node(1)), cluster.now);
        cluster.reconciler.apply(new InputChange.Put(node(1)), cluster.now);
        assertThat(cluster.reconciler.nextTransaction(cluster.now)).isEmpty();
        cluster.reconciler.apply(cluster.database.everything());

        standby.setLeader(false);
        cluster.reconciler.setLeader(true);

        assertThat(work(cluster.reconciler)).isZero();
        assertThat(cluster.snats()).hasSize(2).allMatch(snat -> snat.startsWith("GR_node2"));
    }

    @Test
    void aTransactionThatEndsAfterTheLossOfLeadershipIsDecidedAgainByWhoReturns() {
        start();
        cluster.reconciler.apply(new InputChange.Put(pod("simpson", "bart", 1, "10.128.0.7")), cluster.now);
        var planned = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();
        cluster.reconciler.setLeader(false);
        cluster.reconciler.complete(
                planned,
                new CommitOutcome.NotLeader(new io.ovnegress.ovsdb.operation.OvsdbError("not owner", "")),
                cluster.now);
        assertThat(cluster.reconciler.nextTransaction(cluster.now)).isEmpty();

        cluster.reconciler.setLeader(true);
        cluster.now = cluster.now.plusSeconds(1);

        assertThat(work(cluster.reconciler)).isEqualTo(1);
        assertThat(cluster.reroutes()).containsKey("10.128.0.7");
    }

    @Test
    void addressesThatAPodHadWhileFollowingGoTogetherWithThoseItHas() {
        start();
        cluster.reconciler.setLeader(false);
        for (var address : List.of("10.128.0.21", "10.128.0.22", "10.128.0.23")) {
            standby.apply(new InputChange.Put(pod("simpson", "homer", 1, address)), cluster.now);
        }

        takeOver();

        assertThat(work(standby)).isEqualTo(1);
        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.0.23", "10.128.2.5");
    }
}
