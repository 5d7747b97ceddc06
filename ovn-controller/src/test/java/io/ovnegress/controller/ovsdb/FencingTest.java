package io.ovnegress.controller.ovsdb;

import static io.ovnegress.controller.ovsdb.RecordingListener.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.controller.Eventually;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.OvsdbError;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two controllers on one real ovsdb-server: whatever they think, the server lets one of them write. */
class FencingTest {
    /** Quick to come back, slow to give up: a machine may stand still for a while. */
    private static final NbSessionConfig.Times QUICK = new NbSessionConfig.Times(
            Duration.ofSeconds(20),
            Duration.ofSeconds(60),
            Duration.ofSeconds(20),
            Duration.ofMillis(20),
            Duration.ofMillis(200));

    private static final String LOCK = "ovn_egress";
    private static final CommitOutcome COMMITTED = new CommitOutcome.Committed();
    private static final CommitOutcome NOT_EVEN_SENT =
            new CommitOutcome.NotLeader(new OvsdbError("not owner", "the lock ovn_egress is not ours"));
    private static final CommitOutcome REFUSED_BY_THE_SERVER =
            new CommitOutcome.NotLeader(new OvsdbError("not owner", "Asserted lock ovn_egress not held."));

    @TempDir
    private Path folder;

    private LocalOvsdbServer server;
    private final List<NbSession> sessions = new ArrayList<>();
    private final List<OvsdbConnection> thieves = new ArrayList<>();

    @BeforeEach
    void startServer() {
        server = LocalOvsdbServer.standalone(folder).start();
    }

    @AfterEach
    void stop() {
        sessions.forEach(NbSession::close);
        thieves.forEach(OvsdbConnection::close);
        server.close();
    }

    /** Remembers what it was told of the lock, and can be put to sleep in the middle of what it does. */
    private static class Controller implements NbSession.Listener, NbSession.LockListener {
        private final RecordingListener rows = new RecordingListener();
        private final List<Boolean> told = new ArrayList<>();
        private volatile CountDownLatch awake = new CountDownLatch(0);

        @Override
        public void connected(ServerSchema schema) {
            rows.connected(schema);
        }

        @Override
        public void updates(TableUpdates updates) {
            rows.updates(updates);
            try {
                awake.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void disconnected(String reason) {
            rows.disconnected(reason);
        }

        @Override
        public synchronized void lock(boolean held, Duration waited) {
            told.add(held);
        }

        @Override
        public void unlocked() {}

        synchronized List<Boolean> told() {
            return List.copyOf(told);
        }
    }

    private NbSession session(Controller controller, boolean wantsLock) {
        var config = new NbSessionConfig(
                List.of(server.remote()), Optional.empty(), "OVN_Northbound", QUICK, Optional.of(LOCK), true);
        var session = new NbSession(config, RecordingListener.SPEC, controller, controller);
        sessions.add(session);
        session.wantLock(wantsLock);
        session.start();
        until(() -> session.state().isConnected());
        return session;
    }

    /** Somebody who takes the lock, as an operator can. */
    private void steal() throws IOException {
        var thief = new OvsdbConnection(
                Transport.open(server.remote(), Optional.empty(), Duration.ofSeconds(20)), Duration.ofSeconds(20));
        thief.start();
        thieves.add(thief);
        thief.await(thief.steal(List.of(LOCK)));
    }

    private static CommitOutcome outcome(NbSession session, Operation... operations) {
        var outcome = new CompletableFuture<CommitOutcome>();
        session.submit(List.of(operations), outcome::complete);
        return outcome.orTimeout(Eventually.LIMIT.toSeconds(), TimeUnit.SECONDS).join();
    }

    private static Operation insert(String router) {
        return new Operation.Insert(
                LogicalRouter.TABLE, UUID.randomUUID(), List.of(Cell.of(LogicalRouter.NAME, router)));
    }

    @Test
    void onlyTheHolderOfTheLockWrites() {
        var leader = new Controller();
        var standby = new Controller();
        var first = session(leader, true);
        var second = session(standby, true);

        assertThat(first.state().hasLock()).isTrue();
        assertThat(second.state().hasLock()).isFalse();
        assertThat(leader.told()).containsExactly(true);
        assertThat(standby.told()).containsExactly(false);
        assertThat(outcome(first, insert("one"))).isEqualTo(COMMITTED);
        assertThat(outcome(second, insert("two"))).isEqualTo(NOT_EVEN_SENT);
        until(() -> standby.rows.routers().equals(List.of("one")));
    }

    @Test
    void theEndOfTheHolderMakesTheNextOneTheHolder() {
        var standby = new Controller();
        var first = session(new Controller(), true);
        var second = session(standby, true);

        first.close();

        until(() -> standby.told().equals(List.of(false, true)));
        assertThat(outcome(second, insert("two"))).isEqualTo(COMMITTED);
    }

    @Test
    void whoDoesNotWantTheLockDoesNotStandInTheWay() {
        var standby = new Controller();
        var second = session(standby, false);
        var first = session(new Controller(), true);

        assertThat(outcome(first, insert("one"))).isEqualTo(COMMITTED);
        assertThat(outcome(second, insert("two"))).isEqualTo(NOT_EVEN_SENT);
        assertThat(standby.told()).isEmpty();

        second.wantLock(true);
        until(() -> standby.told().equals(List.of(false)));
        first.wantLock(false);
        until(() -> second.state().hasLock());

        assertThat(outcome(first, insert("three"))).isEqualTo(NOT_EVEN_SENT);
        assertThat(outcome(second, insert("four"))).isEqualTo(COMMITTED);
    }

    @Test
    void whoGaveTheLockBackMayAskAgain() {
        var controller = new Controller();
        var session = session(controller, true);

        for (int i = 0; i < 20; i++) {
            session.wantLock(false);
            assertThat(session.state().hasLock()).isFalse();
            session.wantLock(true);
        }

        until(() -> session.state().hasLock());
        assertThat(outcome(session, insert("one"))).isEqualTo(COMMITTED);
    }

    @Test
    void aLeaderThatWakesUpDeposedCannotWriteARow() throws IOException {
        var sleeper = new Controller();
        var first = session(sleeper, true);
        assertThat(outcome(first, insert("one"))).isEqualTo(COMMITTED);

        // Asleep in the middle of an update: what the server says of the lock is not read.
        sleeper.awake = new CountDownLatch(1);
        server.transact("{\"op\":\"insert\",\"table\":\"Logical_Router\",\"row\":{\"name\":\"by hand\"}}");
        until(() -> sleeper.rows.routers().contains("by hand"));
        steal();
        assertThat(first.state().hasLock()).as("it believes that it leads").isTrue();
        var outcome = new CompletableFuture<CommitOutcome>();
        first.submit(List.of(insert("two"), insert("three")), outcome::complete);
        sleeper.awake.countDown();

        assertThat(outcome.join()).isEqualTo(REFUSED_BY_THE_SERVER);
        until(() -> sleeper.told().equals(List.of(true, false)));
        assertThat(outcome(first, insert("four"))).isEqualTo(NOT_EVEN_SENT);
        assertThat(sleeper.rows.routers()).containsExactly("by hand", "one");
    }

    @Test
    void theLockIsAskedForAgainOnANewConnection() {
        var controller = new Controller();
        var session = session(controller, true);

        server.kill();
        until(() -> !session.state().isConnected());
        assertThat(session.state().hasLock()).isFalse();
        server.start();
        until(() -> session.state().isConnected());

        assertThat(controller.told()).containsExactly(true, true);
        assertThat(outcome(session, insert("one"))).isEqualTo(COMMITTED);
    }

    @Test
    void theRefusedOperationIsCountedWithoutTheFence() {
        var session = session(new Controller(), true);
        var nat = new Operation.Insert(Nat.TABLE, UUID.randomUUID(), List.of(Cell.of(Nat.TYPE, "masquerade")));

        assertThat(outcome(session, insert("one"), nat, insert("two")))
                .isInstanceOfSatisfying(
                        CommitOutcome.Refused.class,
                        refused -> assertThat(refused.operation()).isEqualTo(OptionalInt.of(1)));
        assertThat(outcome(session, nat))
                .isInstanceOfSatisfying(
                        CommitOutcome.Refused.class,
                        refused -> assertThat(refused.operation()).isEqualTo(OptionalInt.of(0)));
    }
}
