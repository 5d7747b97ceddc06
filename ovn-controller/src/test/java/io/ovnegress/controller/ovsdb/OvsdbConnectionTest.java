package io.ovnegress.controller.ovsdb;

import static io.ovnegress.controller.ovsdb.RecordingListener.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.util.concurrent.SettableFuture;
import io.ovnegress.controller.ovsdb.RecordingListener.Event;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opendaylight.ovsdb.lib.message.TransactBuilder;
import org.opendaylight.ovsdb.lib.notation.Condition;
import org.opendaylight.ovsdb.lib.notation.Function;
import org.opendaylight.ovsdb.lib.operations.Select;
import org.opendaylight.ovsdb.lib.schema.DatabaseSchema;
import org.opendaylight.ovsdb.lib.schema.GenericTableSchema;

/** Against a real ovsdb-server, through the opendaylight library's seam. */
class OvsdbConnectionTest {
    @TempDir
    private Path folder;

    private LocalOvsdbServer server;

    @BeforeEach
    void startServer() {
        server = LocalOvsdbServer.standalone(folder).start();
    }

    @AfterEach
    void stopServer() {
        server.close();
    }

    @Test
    void requestsOfTheLibrarysSeamAreAnswered() throws IOException {
        server.transact("{\"op\":\"insert\",\"table\":\"Logical_Router\",\"row\":{\"name\":\"r\\\\\"}}");
        try (var connection = connect()) {
            assertThat(connection.await(connection.list_dbs())).containsExactly("OVN_Northbound", "_Server");
            assertThat(connection.await(connection.echo())).isEmpty();
            var schema = DatabaseSchema.fromJson(
                    "OVN_Northbound", connection.await(connection.get_schema(List.of("OVN_Northbound"))));
            var select = new Select<>(schema.table("Logical_Router", GenericTableSchema.class));
            select.setColumns(List.of("name"));
            select.addCondition(new Condition("name", Function.EQUALS, "r\\"));
            var transaction = new TransactBuilder(schema);
            transaction.addOperation(select);
            var results = connection.await(connection.transact(transaction));
            assertThat(results).hasSize(1);
            assertThat(results.getFirst().path("rows").path(0).path("name").asText())
                    .isEqualTo("r\\");
        }
    }

    @Test
    void locksAreAskedForTakenAndGivenBack() throws IOException {
        try (var first = connect();
                var second = connect()) {
            assertThat(first.await(first.lock(List.of("x"))).toString()).isEqualTo("{\"locked\":true}");
            assertThat(second.await(second.lock(List.of("x"))).toString()).isEqualTo("{\"locked\":false}");
            assertThat(second.await(second.unlock(List.of("x"))).toString()).isEqualTo("{}");
            var stolen = SettableFuture.<JsonNode>create();
            first.on("stolen", OvsdbConnection.TREE, stolen::set);
            second.await(second.steal(List.of("x")));
            assertThat(first.await(stolen).toString()).isEqualTo("[\"x\"]");
        }
    }

    @Test
    void errorOfTheServerIsAnException() throws IOException {
        try (var connection = connect()) {
            assertThatThrownBy(() -> connection.await(connection.get_schema(List.of("nope"))))
                    .isInstanceOfSatisfying(
                            OvsdbRpcException.class,
                            e -> assertThat(e.error().error()).isEqualTo("unknown database"));
            assertThatThrownBy(() -> connection.await(connection.call("nope", List.of(), OvsdbConnection.TREE)))
                    .isInstanceOf(OvsdbRpcException.class)
                    .hasMessage("nope: unknown method");
            assertThat(connection.await(connection.echo())).isEmpty();
        }
    }

    @Test
    void cancelIsANotificationTheServerTakes() throws IOException {
        try (var connection = connect()) {
            assertThat(connection.cancel("1")).isDone();
            assertThat(connection.await(connection.echo())).isEmpty();
        }
    }

    @Test
    void serverThatDoesNotReadBlocksNobody() throws IOException {
        try (var connection = connect()) {
            assertThat(connection.await(connection.echo())).isEmpty();
            server.freeze();
            var megabyte = "x".repeat(1 << 20);
            for (int i = 0; i < 20; i++) {
                assertThat(connection.call("echo", List.of(megabyte), OvsdbConnection.TREE))
                        .isNotDone();
            }
            var last = connection.call("echo", List.of("last"), OvsdbConnection.TREE);
            server.thaw();
            assertThat(connection.await(last).toString()).isEqualTo("[\"last\"]");
        }
    }

    @Test
    void everyRequestInFlightEndsWithTheConnection() throws IOException {
        var connection = connect();
        server.freeze();
        var first = connection.list_dbs();
        var second = connection.echo();
        server.kill();
        assertThatThrownBy(connection::run).isInstanceOf(IOException.class);
        connection.close();
        for (var request : List.of(first, second, connection.list_dbs())) {
            assertThatThrownBy(request::get).hasCauseInstanceOf(ConnectionLostException.class);
        }
    }

    @Test
    void serverWithoutMonitorCondSinceIsFollowedByMonitorCond() throws IOException {
        var listener = new RecordingListener();
        try (var old = new OlderServer(server.socket(), "monitor_cond_since");
                var session = new NbSession(
                        NbSessionConfig.of(List.of(old.remote()), Optional.empty()),
                        RecordingListener.SPEC,
                        listener)) {
            session.start();
            until(() -> session.state().isConnected());
            server.transact("{\"op\":\"insert\",\"table\":\"Logical_Router\",\"row\":{\"name\":\"r\"}}");
            until(() -> listener.routers().equals(List.of("r")));
            assertThat(listener.events(Event.Updates.class).getFirst().updates().complete())
                    .isTrue();
        }
    }

    @Test
    void serverThatSaysParamsBeforeTheMethodIsFollowed() throws IOException {
        var listener = new RecordingListener();
        try (var odd = new OlderServer(server.socket(), "");
                var session = new NbSession(
                        NbSessionConfig.of(List.of(odd.remote()), Optional.empty()),
                        RecordingListener.SPEC,
                        listener)) {
            session.start();
            until(() -> session.state().isConnected());
            for (var name : List.of("a", "b", "c")) {
                server.transact("{\"op\":\"insert\",\"table\":\"Logical_Router\",\"row\":{\"name\":\"" + name + "\"}}");
            }
            until(() -> listener.routers().equals(List.of("a", "b", "c")));
            assertThat(listener.events(Event.Disconnected.class)).isEmpty();
        }
    }

    @Test
    void serverWithoutItsOwnDatabaseWillDo() throws IOException {
        try (var old = new OlderServer(server.socket(), "set_db_change_aware");
                var session = new NbSession(
                        NbSessionConfig.of(List.of(old.remote()), Optional.empty()),
                        RecordingListener.SPEC,
                        new RecordingListener())) {
            session.start();
            until(() -> session.state().isConnected());
        }
    }

    private OvsdbConnection connect() throws IOException {
        var connection = new OvsdbConnection(
                Transport.open(server.remote(), Optional.empty(), Duration.ofSeconds(20)), Duration.ofSeconds(60));
        connection.start();
        return connection;
    }

    /** Stands before the real server, knows one method less, and says of calls the method after the params. */
    private static final class OlderServer implements AutoCloseable {
        private final java.net.ServerSocket listening = new java.net.ServerSocket(0);

        OlderServer(Path socket, String unknown) throws IOException {
            Thread.ofVirtual().start(() -> {
                try (var client = listening.accept();
                        var real =
                                Transport.open(new NbRemote.Unix(socket), Optional.empty(), Duration.ofSeconds(20))) {
                    Thread.ofVirtual().start(() -> copy(real.input(), client));
                    var requests = new ObjectMapper().createParser(client.getInputStream());
                    while (requests.nextToken() != null) {
                        JsonNode request = requests.readValueAsTree();
                        if (request.path("method").asText().equals(unknown)) {
                            client.getOutputStream()
                                    .write(("{\"id\":" + request.path("id") + ",\"error\":\"unknown method\"}")
                                            .getBytes(StandardCharsets.UTF_8));
                        } else {
                            real.output().write(request.toString().getBytes(StandardCharsets.UTF_8));
                        }
                    }
                } catch (IOException e) {
                    // The test is over.
                }
            });
        }

        NbRemote remote() {
            return new NbRemote.Tcp("127.0.0.1", listening.getLocalPort());
        }

        private static void copy(InputStream from, java.net.Socket to) {
            try {
                var messages = new ObjectMapper().createParser(from);
                while (messages.nextToken() != null) {
                    JsonNode message = messages.readValueAsTree();
                    var text = message.has("method")
                            ? "{\"params\":" + message.path("params") + ",\"method\":" + message.path("method")
                                    + ",\"id\":" + message.path("id") + "}"
                            : message.toString();
                    to.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
                }
            } catch (IOException e) {
                // The test is over.
            }
        }

        @Override
        public void close() throws IOException {
            listening.close();
        }
    }
}
