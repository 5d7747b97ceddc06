package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.OvsdbError;
import io.ovnegress.ovsdb.replica.ReplicaFault;
import io.ovnegress.ovsdb.replica.RowUpdate;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditionType;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.machine.PlannedTransaction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a server may answer to a transaction, and what it may tell. On a strict fake database; every commit is checked for safety. */
final class ServerAnswersTest extends OnTheSeedCluster {
    @Test
    void aServerThatCannotWriteIsAskedLessAndLessOftenAndNothingIsLost() {
        cluster.connect();
        for (var kind : TestCluster.KINDS) {
            var listed = Stream.of(SEED).filter(object -> object.kind().equals(kind));
            cluster.reconciler.apply(new InputChange.Listed(kind, listed.toList()), cluster.now);
        }
        var start = cluster.now;
        var asked = new ArrayList<Long>();
        for (int i = 0; i < 8; i++) {
            var planned = nextInTime();
            asked.add(Duration.between(start, cluster.now).toSeconds());
            cluster.reconciler.complete(
                    planned, new CommitOutcome.Unable(new OvsdbError("I/O error", "no space")), cluster.now);
            assertThat(cluster.reconciler.nextTransaction(cluster.now)).isEmpty();
            assertThat(cluster.reconciler.progress().serverTrouble()).isEqualTo("I/O error: no space");
        }
        assertThat(asked).containsExactly(0L, 1L, 3L, 7L, 15L, 31L, 61L, 91L);

        cluster.commit(nextInTime());
        cluster.settle();

        assertThat(cluster.reconciler.progress().serverTrouble()).isEmpty();
        assertThat(cluster.reroutes()).isNotEmpty();
        assertThat(cluster.snats()).hasSameSizeAs(cluster.reroutes().keySet());
        assertThat(reason("demo", EgressIpConditionType.Programmed)).isEqualTo(EgressIpReason.Programmed);
    }

    @Test
    void aServerThatGivesUpHalfWayIsNotAskedInALoop() {
        cluster.start(SEED);
        cluster.reconciler.apply(new InputChange.Removed(InputKind.POD, "simpson/homer"), cluster.now);
        var planned = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();

        cluster.reconciler.complete(planned, new CommitOutcome.Lost("cluster error"), cluster.now);

        assertThat(cluster.reconciler.nextTransaction(cluster.now)).isEmpty();
        cluster.now = cluster.reconciler.nextDeadline().orElseThrow();
        assertThat(cluster.reconciler.nextTransaction(cluster.now)).isPresent();
    }

    @Test
    void refusedPodDoesNotHoldBackTheOthers() {
        cluster.database.refuse(operation -> operation instanceof Operation.Insert insert
                && insert.cells().stream().anyMatch(cell -> cell.value().equals("10.128.4.5")));

        cluster.start(SEED);

        assertThat(cluster.snats()).containsExactly("GR_node1 10.128.0.5 192.168.126.100");
        assertThat(reason("demo", EgressIpConditionType.Programmed)).isEqualTo(EgressIpReason.Refused);
        assertThat(cluster.items("demo")).hasSize(1);

        cluster.database.refuse(operation -> false);
        cluster.after(Duration.ofMinutes(2));

        assertThat(cluster.snats()).hasSize(2);
        assertThat(reason("demo", EgressIpConditionType.Programmed)).isEqualTo(EgressIpReason.Programmed);
    }

    @Test
    void refusalThatNamesNobodyIsIsolatedByHalves() {
        // Shared operations belong to no pod: the error does not say whose fault it is.
        cluster.database.refuse(operation -> operation instanceof Operation.Mutate mutate
                && mutate.mutations().stream()
                        .anyMatch(mutation -> ((Set<?>) mutation.value()).contains("10.128.4.5")));

        cluster.start(SEED);

        assertThat(cluster.snats()).containsExactly("GR_node1 10.128.0.5 192.168.126.100");
        assertThat(policies(102)).hasSize(7);
    }

    @Test
    void lostReplyIsDecidedAgainAndNothingIsDoubled() {
        cluster.connect();
        for (var kind : TestCluster.KINDS) {
            cluster.reconciler.apply(
                    new InputChange.Listed(
                            kind,
                            List.of(SEED).stream()
                                    .filter(object -> object.kind().equals(kind))
                                    .toList()),
                    cluster.now);
        }
        var planned = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();
        cluster.database.commit(planned.operations());
        cluster.reconciler.disconnected();
        cluster.reconciler.complete(planned, new CommitOutcome.Lost("connection reset"), cluster.now);
        assertThat(cluster.reconciler.nextTransaction(cluster.now)).isEmpty();
        int commits = cluster.database.commits;

        cluster.connect();
        cluster.settle();

        assertThat(cluster.database.commits).isEqualTo(commits);
        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node1", "192.168.126.100"));
    }

    @Test
    void conflictIsDecidedAgain() {
        cluster.start(SEED);
        var gateway = cluster.routers.get("GR_node1");
        cluster.reconciler.apply(new InputChange.Put(pod("simpson", "bart", 1, "10.128.0.8")), cluster.now);
        var planned = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();
        // The router goes, with everything on it, before the transaction arrives.
        var gone = cluster.database.tamper(() -> cluster.database.delete(LogicalRouter.TABLE, gateway));
        var commit = cluster.database.commit(planned.operations());
        assertThat(commit.outcome()).isInstanceOf(CommitOutcome.Conflict.class);
        cluster.reconciler.apply(gone);
        cluster.reconciler.complete(planned, commit.outcome(), cluster.now);
        cluster.routers.remove("GR_node1");
        cluster.after(Duration.ofSeconds(1));

        assertThat(cluster.snats()).hasSize(3).allMatch(snat -> snat.startsWith("GR_node2 "));
    }

    @Test
    void updatesThatDoNotFitMakeItReadEverythingAnew() {
        cluster.start(SEED);
        var content = cluster.content();
        var nonsense = new TableUpdates(
                false,
                TableUpdates.NO_TRANSACTION,
                List.of(new RowUpdate(
                        Nat.TABLE,
                        UUID.randomUUID(),
                        RowUpdate.Kind.DELETE,
                        new Object[Nat.TABLE.columns().size()])));
        assertThatThrownBy(() -> cluster.reconciler.apply(nonsense)).isInstanceOf(ReplicaFault.class);
        assertThat(cluster.reconciler.nextTransaction(cluster.now)).isEmpty();
        var nat = cluster.database.rows(Nat.TABLE).get(0);
        cluster.database.tamper(
                () -> cluster.database.removeFrom(LogicalRouter.NAT, cluster.routers.get("GR_node1"), nat.id()));

        cluster.connect();
        cluster.settle();

        assertThat(cluster.content()).isEqualTo(content);
    }

    /** Waits from deadline to deadline until there is one. */
    private PlannedTransaction nextInTime() {
        while (true) {
            var planned = cluster.reconciler.nextTransaction(cluster.now);
            if (planned.isPresent()) {
                return planned.get();
            }
            cluster.reconciler.takeStatusChanges();
            cluster.now = cluster.reconciler.nextDeadline().orElseThrow();
        }
    }
}
