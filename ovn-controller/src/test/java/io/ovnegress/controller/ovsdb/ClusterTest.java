package io.ovnegress.controller.ovsdb;

import static io.ovnegress.controller.ovsdb.LocalOvsdbServer.command;
import static io.ovnegress.controller.ovsdb.RecordingListener.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.controller.ReservedPort;
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
import org.junit.jupiter.api.io.TempDir;

/** Against a real cluster of three servers. */
class ClusterTest {
    /** Quick to come back, slow to give up: a machine may stand still for a while. */
    private static final NbSessionConfig.Times QUICK = new NbSessionConfig.Times(
            Duration.ofSeconds(20),
            Duration.ofSeconds(60),
            Duration.ofSeconds(20),
            Duration.ofMillis(20),
            Duration.ofMillis(200));
    /** Milliseconds: a leader that is not heard of for so long is replaced, though it be alive. */
    private static final String ELECTION_TIMER = "--election-timer=4000";

    @TempDir
    private Path folder;

    private final List<LocalOvsdbServer> servers = new ArrayList<>();
    private final RecordingListener listener = new RecordingListener();

    @BeforeEach
    void startCluster() throws IOException {
        var schema = LocalOvsdbServer.schema(folder).toString();
        var first = "tcp:127.0.0.1:" + ReservedPort.next();
        for (int i = 0; i < 3; i++) {
            var server = new LocalOvsdbServer(Files.createDirectory(folder.resolve("server" + i)));
            servers.add(server);
            if (i == 0) {
                command("ovsdb-tool", ELECTION_TIMER, "create-cluster", server.database(), schema, first);
            } else {
                var own = "tcp:127.0.0.1:" + ReservedPort.next();
                command("ovsdb-tool", "join-cluster", server.database(), "OVN_Northbound", own, first);
            }
            server.start();
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
            until(() -> isConnectedToLeader(session, servers));
            assertThat(session.state().server().orElseThrow().role()).isEqualTo("leader of its cluster");
            assertThat(session.state().isBehind()).hasValue(false);
            var leader = leader(servers).orElseThrow();
            leader.transact(insert("before"));
            until(() -> listener.routers().equals(List.of("before")));

            leader.kill();
            var survivors = servers.stream().filter(server -> server != leader).toList();
            until(() -> isConnectedToLeader(session, survivors));
            leader(survivors).orElseThrow().transact(insert("later"));
            until(() -> listener.routers().equals(List.of("before", "later")));
            var resumed = firstAfterReconnect();
            assertThat(resumed.updates().complete()).isFalse();
            assertThat(resumed.updates().rows()).isEmpty();
        }
    }

    @Test
    void leadershipHandedOverIsFollowed() {
        try (var session = session(true)) {
            until(() -> isConnectedToLeader(session, servers));
            var leader = leader(servers).orElseThrow();
            leader.control("cluster/leave", "OVN_Northbound");
            var others = servers.stream().filter(server -> server != leader).toList();
            until(() -> isConnectedToLeader(session, others));
            assertThat(listener.events(Event.Disconnected.class)).isNotEmpty();
        }
    }

    @Test
    void followerWillDoIfToldSoButNotOneWithoutACluster() {
        try (var session = session(false)) {
            until(() -> session.state().isConnected());
            assertThat(session.state().remote()).contains(servers.getFirst().remote());
            assertThat(session.state().isBehind()).hasValue(false);
            long entry = session.state().server().orElseThrow().index().orElseThrow();
            leader(servers).orElseThrow().transact(insert("before"));
            until(() -> session.state().server().orElseThrow().index().orElseThrow() > entry);
            servers.get(1).kill();
            servers.get(2).kill();
            until(() -> !session.state().isConnected());
            assertThat(session.state().lastError()).containsAnyOf("not connected to its cluster", "refused");
            until(() -> session.state().lastError().contains("not connected to its cluster"));
            assertThat(session.state().isBehind()).hasValue(true);
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
                RecordingListener.SPEC,
                listener);
        session.start();
        return session;
    }

    private static boolean isConnectedToLeader(NbSession session, List<LocalOvsdbServer> among) {
        var remote = session.state().remote();
        return remote.isPresent() && remote.equals(leader(among).map(LocalOvsdbServer::remote));
    }

    /** There is none while one is elected. */
    private static Optional<LocalOvsdbServer> leader(List<LocalOvsdbServer> among) {
        return among.stream()
                .filter(server ->
                        server.control("cluster/status", "OVN_Northbound").contains("Role: leader"))
                .findFirst();
    }

    private static String insert(String name) {
        return "{\"op\":\"insert\",\"table\":\"Logical_Router\",\"row\":{\"name\":\"" + name + "\"}}";
    }
}
