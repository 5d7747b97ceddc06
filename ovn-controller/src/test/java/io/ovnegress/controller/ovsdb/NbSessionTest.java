package io.ovnegress.controller.ovsdb;

import static io.ovnegress.controller.ovsdb.RecordingListener.until;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.ovnegress.controller.Eventually;
import io.ovnegress.controller.ReservedPort;
import io.ovnegress.controller.ovsdb.RecordingListener.Event;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.Operation.Where;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a real ovsdb-server. */
class NbSessionTest {
    /** Quick to come back, slow to give up: a machine may stand still for a while. */
    private static final NbSessionConfig.Times QUICK = new NbSessionConfig.Times(
            Duration.ofSeconds(20),
            Duration.ofSeconds(120),
            Duration.ofSeconds(20),
            Duration.ofMillis(20),
            Duration.ofMillis(200));

    @TempDir
    private Path folder;

    private LocalOvsdbServer server;
    private final RecordingListener listener = new RecordingListener();
    private final List<NbSession> sessions = new ArrayList<>();

    @BeforeEach
    void startServer() {
        server = LocalOvsdbServer.standalone(folder).start();
    }

    @AfterEach
    void stop() {
        sessions.forEach(NbSession::close);
        server.close();
    }

    @Test
    void rowsThatAreThereComeFirstThenEveryChange() {
        var session = connected(server.remote());
        assertThat(session.state().remote()).contains(server.remote());
        assertThat(session.state().server()).hasValueSatisfying(found -> {
            assertThat(found.schema()).startsWith("OVN_Northbound ");
            assertThat(found.role()).isEqualTo("standalone");
        });
        server.transact(insert("r1"));
        until(() -> listener.routers().equals(List.of("r1")));

        var second = new RecordingListener();
        session(config(server.remote()), second);
        until(() -> second.routers().equals(List.of("r1")));
        assertThat(second.events(Event.Updates.class).getFirst().updates().complete())
                .isTrue();
        server.transact("{\"op\":\"delete\",\"table\":\"Logical_Router\",\"where\":[]}");
        until(() -> listener.routers().isEmpty() && second.routers().isEmpty());
        assertThat(listener.events(Event.Updates.class).getLast().updates().complete())
                .isFalse();
    }

    @Test
    void updatesOfATransactionComeBeforeItsOutcome() throws Exception {
        var session = connected(server.remote());
        var router = UUID.randomUUID();
        for (int i = 0; i < 50; i++) {
            var operation = i == 0 ? insert(router, "r0") : rename(router, "r" + i);
            var outcome = new CompletableFuture<CommitOutcome>();
            var seen = outcome.thenApply(ended -> {
                assertThat(ended).isEqualTo(new CommitOutcome.Committed());
                return listener.nameOf(router);
            });
            assertThat(session.submit(List.of(operation), outcome::complete)).isPositive();
            assertThat(seen.get(Eventually.LIMIT.toSeconds(), TimeUnit.SECONDS)).contains("r" + i);
        }
    }

    @Test
    void listenerIsCalledOnOneThread() {
        var session = connected(server.remote());
        server.transact(insert("r"));
        until(() -> !listener.routers().isEmpty());
        session.close();
        until(() -> listener.events().getLast() instanceof Event.Disconnected);
        assertThat(listener.threads()).hasSize(1);
    }

    @Test
    void whatAnotherWriterChangedIsAConflict() {
        var session = connected(server.remote());
        var router = UUID.randomUUID();
        assertThat(outcome(session, insert(router, "r"))).isEqualTo(new CommitOutcome.Committed());
        var outcome = outcome(session, expectName(router, "other"), rename(router, "new"));
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        CommitOutcome.Conflict.class,
                        conflict -> assertThat(conflict.error().error()).isEqualTo("timed out"));
        assertThat(listener.nameOf(router)).contains("r");
        assertThat(outcome(session, expectName(router, "r"), rename(router, "new")))
                .isEqualTo(new CommitOutcome.Committed());
        assertThat(listener.nameOf(router)).contains("new");
    }

    @Test
    void referenceToARowThatIsGoneIsAConflict() {
        var session = connected(server.remote());
        var insert = new Operation.Insert(
                LogicalRouter.TABLE, UUID.randomUUID(), List.of(Cell.of(LogicalRouter.NAT, Set.of(UUID.randomUUID()))));
        assertThat(outcome(session, insert))
                .isInstanceOfSatisfying(
                        CommitOutcome.Conflict.class,
                        conflict -> assertThat(conflict.error().error()).isEqualTo("referential integrity violation"));
    }

    @Test
    void rowThatIsAlreadyThereIsAConflict() {
        var session = connected(server.remote());
        var router = UUID.randomUUID();
        assertThat(outcome(session, insert(router, "r"))).isEqualTo(new CommitOutcome.Committed());
        assertThat(outcome(session, insert(router, "r")))
                .isInstanceOfSatisfying(
                        CommitOutcome.Conflict.class,
                        conflict -> assertThat(conflict.error().error()).isEqualTo("duplicate uuid"));
    }

    @Test
    void valueTheSchemaForbidsIsRefusedWithItsOperation() {
        var session = connected(server.remote());
        var nat = new Operation.Insert(Nat.TABLE, UUID.randomUUID(), List.of(Cell.of(Nat.TYPE, "masquerade")));
        assertThat(outcome(session, new Operation.Comment("first"), nat, new Operation.Comment("last")))
                .isInstanceOfSatisfying(CommitOutcome.Refused.class, refused -> {
                    assertThat(refused.operation()).isEqualTo(OptionalInt.of(1));
                    assertThat(refused.error().error()).isEqualTo("constraint violation");
                });
    }

    @Test
    void tableTheServerLacksIsRefusedWithItsOperation() {
        var session = connected(server.remote());
        var unknown = new Operation.Delete(new Table("No_Such_Table", true), new Where.All(List.of()));
        assertThat(outcome(session, new Operation.Comment("first"), unknown))
                .isInstanceOfSatisfying(CommitOutcome.Refused.class, refused -> {
                    assertThat(refused.operation()).isEqualTo(OptionalInt.of(1));
                    assertThat(refused.error().details()).contains("No_Such_Table");
                });
    }

    @Test
    void valueThatNoServerCouldReadIsRefusedWithoutSendingIt() {
        var session = connected(server.remote());
        assertThat(outcome(session, insert(UUID.randomUUID(), "a\0b"))).isInstanceOf(CommitOutcome.Refused.class);
        assertThat(outcome(session, insert(UUID.randomUUID(), "ab"))).isEqualTo(new CommitOutcome.Committed());
    }

    @Test
    void replyThatNeverComesIsLostAndTheSessionComesBack() {
        var session = connected(server.remote());
        server.transact(insert("before"));
        until(() -> listener.routers().equals(List.of("before")));
        server.freeze();
        session.submit(List.of(insert(UUID.randomUUID(), "in flight")), listener::ended);
        server.kill();
        until(() -> !listener.events(Event.Outcome.class).isEmpty());
        assertThat(listener.events(Event.Outcome.class).getFirst().outcome()).isInstanceOf(CommitOutcome.Lost.class);
        until(() -> !session.state().isConnected());
        assertThat(outcome(session, insert(UUID.randomUUID(), "x"))).isEqualTo(new CommitOutcome.Lost("not connected"));

        server.start();
        until(() -> session.state().isConnected());
        assertThat(listener.routers()).contains("before");
        var events = listener.events().stream()
                .map(event -> event.getClass().getSimpleName())
                .toList();
        assertThat(String.join(" ", events)).containsSubsequence("Disconnected Outcome", "Connected Updates");
        assertThat(listener.events(Event.Updates.class).getLast().updates().complete())
                .isTrue();
    }

    @Test
    void frozenServerIsGivenUpAfterTwoProbeIntervals() {
        var session = session(probing(server.remote(), Duration.ofSeconds(1)), listener);
        until(() -> session.state().isConnected());
        server.freeze();
        until(() -> !session.state().isConnected());
        assertThat(listener.events(Event.Disconnected.class).getLast().reason()).contains("echo unanswered");
        server.thaw();
        until(() -> session.state().isConnected());
    }

    @Test
    void idleServerIsKeptAlive() {
        var probe = Duration.ofSeconds(2);
        var session = session(probing(server.remote(), probe), listener);
        until(() -> session.state().isConnected());
        var since = session.state().since();
        until(() -> Instant.now().isAfter(since.plus(probe.multipliedBy(4))));
        assertThat(session.state().isConnected()).isTrue();
        assertThat(session.state().since()).isEqualTo(since);
    }

    @Test
    void replyLaterThanTheRequestTimeoutIsLost() {
        var times = new NbSessionConfig.Times(
                Duration.ZERO, Duration.ofSeconds(3), QUICK.connect(), QUICK.shortestBackoff(), QUICK.longestBackoff());
        var session = session(
                new NbSessionConfig(
                        List.of(server.remote()), Optional.empty(), "OVN_Northbound", times, Optional.empty(), true),
                listener);
        until(() -> session.state().isConnected());
        server.freeze();
        assertThat(outcome(session, insert(UUID.randomUUID(), "r")))
                .isEqualTo(new CommitOutcome.Lost("no reply to transact within 3.0 s"));
    }

    @Test
    void hostileRowsDoNotStopTheSession() throws Exception {
        var session = connected(server.remote());
        var names = List.of(
                "C:\\",
                "\\\"",
                "\"",
                "\\\\",
                "}{][",
                "\u0001\u001f\u007f",
                "é😀\u2028",
                "\\u0041",
                "x".repeat(1 << 20) + "\\");
        var rows = new ArrayList<String>();
        for (var name : names) {
            rows.add("{\"op\":\"insert\",\"table\":\"Logical_Router\",\"row\":{\"name\":"
                    + new ObjectMapper().writeValueAsString(name) + "}}");
        }
        for (var row : rows.subList(0, rows.size() - 1)) {
            server.transact(row);
        }
        // Longer than a command line may be.
        assertThat(outcome(session, insert(UUID.randomUUID(), names.getLast())))
                .isEqualTo(new CommitOutcome.Committed());
        until(() -> listener.routers().equals(names.stream().sorted().toList()));
        var second = new RecordingListener();
        session(config(server.remote()), second);
        until(() -> second.routers().equals(listener.routers()));
        assertThat(listener.events(Event.Disconnected.class)).isEmpty();
    }

    @Test
    void deadRemotesArePassedOver() {
        int dead = ReservedPort.next();
        var session = session(
                config(new NbRemote.Tcp("127.0.0.1", dead), new NbRemote.Unix(folder.resolve("none")), server.remote()),
                listener);
        until(() -> session.state().isConnected());
        assertThat(session.state().remote()).contains(server.remote());
    }

    @Test
    void tcpOnLoopbackOfBothFamiliesWorks() {
        int v4 = ReservedPort.next();
        int v6 = ReservedPort.next();
        server.close();
        server.with("--remote=ptcp:" + v4 + ":127.0.0.1", "--remote=ptcp:" + v6 + ":[::1]")
                .start();
        for (var text : List.of("tcp:127.0.0.1:" + v4, "tcp:localhost:" + v4, "tcp:[::1]:" + v6)) {
            var session = session(config(NbRemote.parseList(text).getFirst()), new RecordingListener());
            until(() -> session.state().isConnected());
        }
    }

    @Test
    void unreachableServerIsSaidInPlainWords() {
        int dead = ReservedPort.next();
        assertThat(errorOf(config(new NbRemote.Tcp("127.0.0.1", dead))))
                .isEqualTo("tcp:127.0.0.1:" + dead + ": connection refused");
        assertThat(errorOf(config(new NbRemote.Tcp("no-such-host.invalid", 1)))).contains("unknown host");
        assertThat(errorOf(config(new NbRemote.Unix(folder.resolve("none")))))
                .contains("none: No such file or directory");
    }

    @Test
    void databaseTheServerLacksIsNamed() {
        var other = new NbSessionConfig(
                List.of(server.remote()), Optional.empty(), "OVN_Southbound", QUICK, Optional.empty(), true);
        assertThat(errorOf(other)).contains("no database OVN_Southbound; it has OVN_Northbound, _Server");
    }

    @Test
    void manyRowsInOneTransactionComeBack() {
        // The server is deaf while it works on them, on a busy machine for longer than the usual patience.
        var session = session(probing(server.remote(), Duration.ofSeconds(60)), listener);
        until(() -> session.state().isConnected());
        var inserts = new ArrayList<Operation>();
        for (int i = 0; i < 20_000; i++) {
            inserts.add(new Operation.Insert(
                    LogicalRouter.TABLE,
                    UUID.randomUUID(),
                    List.of(
                            Cell.of(LogicalRouter.NAME, "router-" + i),
                            Cell.of(LogicalRouter.EXTERNAL_IDS, Map.of("owner", "o" + i)))));
        }
        assertThat(outcome(session, inserts.toArray(Operation[]::new))).isEqualTo(new CommitOutcome.Committed());
        assertThat(listener.routers()).hasSize(20_000);
        var second = new RecordingListener();
        session(probing(server.remote(), Duration.ofSeconds(60)), second);
        until(() -> second.routers().size() == 20_000);
    }

    private String errorOf(NbSessionConfig config) {
        var session = session(config, new RecordingListener());
        until(() -> session.state().attempts() > 0);
        return session.state().lastError();
    }

    private NbSession connected(NbRemote remote) {
        var session = session(config(remote), listener);
        until(() -> session.state().isConnected());
        return session;
    }

    private NbSession session(NbSessionConfig config, NbSession.Listener to) {
        var session = new NbSession(config, RecordingListener.SPEC, to);
        sessions.add(session);
        session.start();
        return session;
    }

    private static NbSessionConfig probing(NbRemote remote, Duration interval) {
        var times = new NbSessionConfig.Times(
                interval, QUICK.request(), QUICK.connect(), QUICK.shortestBackoff(), QUICK.longestBackoff());
        return new NbSessionConfig(List.of(remote), Optional.empty(), "OVN_Northbound", times, Optional.empty(), true);
    }

    private static NbSessionConfig config(NbRemote... remotes) {
        return new NbSessionConfig(
                Arrays.asList(remotes), Optional.empty(), "OVN_Northbound", QUICK, Optional.empty(), true);
    }

    private static CommitOutcome outcome(NbSession session, Operation... operations) {
        var outcome = new CompletableFuture<CommitOutcome>();
        session.submit(List.of(operations), outcome::complete);
        return outcome.orTimeout(Eventually.LIMIT.toSeconds(), TimeUnit.SECONDS).join();
    }

    private static Operation insert(UUID id, String name) {
        return new Operation.Insert(LogicalRouter.TABLE, id, List.of(Cell.of(LogicalRouter.NAME, name)));
    }

    private static Operation rename(UUID id, String name) {
        return new Operation.Update(LogicalRouter.TABLE, new Where.Id(id), List.of(Cell.of(LogicalRouter.NAME, name)));
    }

    private static Operation expectName(UUID id, String name) {
        return new Operation.Expect(LogicalRouter.TABLE, new Where.Id(id), List.of(Cell.of(LogicalRouter.NAME, name)));
    }

    private static String insert(String name) {
        return "{\"op\":\"insert\",\"table\":\"Logical_Router\",\"row\":{\"name\":\"" + name + "\"}}";
    }
}
