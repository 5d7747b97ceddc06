package io.ovnegress.controller.ovsdb;

import static io.ovnegress.controller.ovsdb.LocalOvsdbServer.command;
import static io.ovnegress.controller.ovsdb.RecordingListener.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.controller.ovsdb.RecordingListener.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Against a real cluster of three servers. */
@Timeout(120)
class ClusterTest {
    private static final NbSessionConfig.Times QUICK = new NbSessionConfig.Times(
            Duration.ofSeconds(1),
            Duration.ofSeconds(20),
            Duration.ofSeconds(2),
            Duration.ofMillis(20),
            Duration.ofMillis(200));

    @TempDir
    private Path folder;

    private final List<LocalOvsdbServer> servers = new ArrayList<>();
    private final RecordingListener listener = new RecordingListener();

    @BeforeEach
    void startCluster() throws IOException {
        var schema = LocalOvsdbServer.schema(folder).toString();
        var first = "tcp:127.0.0.1:" + LocalOvsdbServer.freePort();
        for (int i = 0; i < 3; i++) {
            var server = new LocalOvsdbServer(Files.createDirectory(folder.resolve("server" + i)));
            servers.add(server);
            if (i == 0) {
                command("ovsdb-tool", "create-cluster", server.database(), schema, first);
            } else {
                var own = "tcp:127.0.0.1:" + LocalOvsdbServer.freePort();
                command("ovsdb-tool", "join-cluster", server.database(), "OVN_Northbound", own, first);
            }
            server.start();
            until(() -> Files.exists(server.socket()));
            command("ovsdb-client", "wait", "unix:" + server.socket(), "OVN_Northbound", "connected");
        }
    }

    @AfterEach
    void stopCluster() {
        servers.forEach(LocalOvsdbServer::close);
    }

    @Test
    void leaderIsFoundAndFollowedAndOnlyTheMissedChangesCome() {
        try (var session = session(true)) {
            until(() -> session.state().isConnected());
            var leader = leader(servers);
            assertThat(session.state().remote()).contains(leader.remote());
            leader.transact(insert("before"));
            until(() -> listener.routers().equals(List.of("before")));

            leader.kill();
            var survivors = servers.stream().filter(server -> server != leader).toList();
            until(() ->
                    session.state().isConnected() && !session.state().remote().equals(Optional.of(leader.remote())));
            assertThat(session.state().remote()).contains(leader(survivors).remote());
            leader(survivors).transact(insert("later"));
            until(() -> listener.routers().equals(List.of("before", "later")));
            var resumed = firstAfterReconnect();
            assertThat(resumed.updates().complete()).isFalse();
            assertThat(resumed.updates().rows()).isEmpty();
        }
    }

    @Test
    void leadershipHandedOverIsFollowed() {
        try (var session = session(true)) {
            until(() -> session.state().isConnected());
            var leader = leader(servers);
            leader.control("cluster/cid", "OVN_Northbound");
            leader.control("cluster/leave", "OVN_Northbound");
            until(() ->
                    session.state().isConnected() && !session.state().remote().equals(Optional.of(leader.remote())));
            assertThat(listener.events(Event.Disconnected.class)).isNotEmpty();
        }
    }

    @Test
    void followerWillDoIfToldSoButNotOneWithoutACluster() {
        try (var session = session(false)) {
            until(() -> session.state().isConnected());
            assertThat(session.state().remote()).contains(servers.getFirst().remote());
            servers.get(1).kill();
            servers.get(2).kill();
            until(() -> !session.state().isConnected());
            assertThat(session.state().lastError()).containsAnyOf("not connected to its cluster", "refused");
        }
    }

    private Event.Updates firstAfterReconnect() {
        var events = listener.events();
        int connected =
                events.lastIndexOf(listener.events(Event.Connected.class).getLast());
        return events.stream()
                .skip(connected)
                .filter(Event.Updates.class::isInstance)
                .map(Event.Updates.class::cast)
                .findFirst()
                .orElseThrow();
    }

    private NbSession session(boolean leaderOnly) {
        var remotes = servers.stream().map(LocalOvsdbServer::remote).toList();
        var session = new NbSession(
                new NbSessionConfig(remotes, Optional.empty(), "OVN_Northbound", QUICK, Optional.empty(), leaderOnly),
                listener);
        session.start();
        return session;
    }

    private static LocalOvsdbServer leader(List<LocalOvsdbServer> among) {
        return among.stream()
                .filter(server ->
                        server.control("cluster/status", "OVN_Northbound").contains("Role: leader"))
                .findFirst()
                .orElseThrow();
    }

    private static String insert(String name) {
        return "{\"op\":\"insert\",\"table\":\"Logical_Router\",\"row\":{\"name\":\"" + name + "\"}}";
    }
}
