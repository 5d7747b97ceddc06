package io.ovnegress.it.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.process.Await;
import io.ovnegress.it.process.CountingProxy;
import io.ovnegress.it.process.OvsdbServer;
import io.ovnegress.reconciler.input.InputChange;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A network between three running servers and a controller that loses everything on some ways and nothing on others: nobody has
 * ended, nobody stands still, and no connection breaks.
 */
@Timeout(300)
class RaftPartitionTest {
    private static final int PODS = 2_000;
    private static final int MAX_ROWS = 200;
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final long seed = Seed.next();
    private final Random random = new Random(seed);
    private final RaftCluster cluster = new RaftCluster();
    private final Map<OvsdbServer, CountingProxy> ways = new HashMap<>();

    private final String addresses = cluster.servers().stream()
            .map(server -> {
                var way = new CountingProxy(server.address());
                ways.put(server, way);
                return way.address();
            })
            .collect(Collectors.joining(","));

    @AfterEach
    void stop() {
        ways.values().forEach(CountingProxy::close);
        cluster.close();
    }

    @Test
    void leaderThatIsCutOffFromTheOthersIsLeftForItsSuccessor() {
        try (var load = new BulkLoad(addresses, MAX_ROWS)) {
            startLoad(load);
            var deposed = cluster.leader();
            cluster.isolate(deposed);
            Await.await("a successor")
                    .atMost(LIMIT)
                    .until(() -> cluster.othersThan(deposed).stream().anyMatch(OvsdbServer::isLeader));
            load.awaitSettled();
            assertThat(remote(load)).isNotEqualTo(ways.get(deposed).address());

            moveEverything(load);
            cluster.reconnect(deposed);
            moveEverything(load);
            load.awaitSettled();
        }
        assertRight();
    }

    @Test
    void controllerThatIsCutOffFromTheLeaderAloneWaitsForItAndLosesNothing() {
        try (var load = new BulkLoad(addresses, MAX_ROWS)) {
            startLoad(load);
            var leader = cluster.leader();
            ways.get(leader).silence();
            Await.await("the controller says that it has no database")
                    .atMost(LIMIT)
                    .untilAsserted(() -> assertThat(load.controller().session().lastError())
                            .contains(ways.get(leader).address())
                            .contains("the server is not the leader of its cluster"));
            Inputs.nodes(false).forEach(node -> load.post(new InputChange.Put(node)));
            assertThat(load.controller().isAlive()).isTrue();

            ways.get(leader).mend();
            load.awaitSettled();
        }
        assertRight();
    }

    private static String remote(BulkLoad load) {
        return load.controller().session().remote().orElseThrow().toString();
    }

    /** Posts all pods and returns somewhere in the middle. */
    private void startLoad(BulkLoad load) {
        load.awaitSettled();
        BulkLoad.pods(PODS).forEach(pod -> load.post(new InputChange.Put(pod)));
        assertThat(load.awaitTransactions(2 + random.nextInt(10)))
                .as("seed %d: the load is under way", seed)
                .isTrue();
    }

    private void moveEverything(BulkLoad load) {
        for (boolean firstReady : new boolean[] {false, true}) {
            Inputs.nodes(firstReady).forEach(node -> load.post(new InputChange.Put(node)));
            load.awaitTransactions(1 + random.nextInt(3));
        }
    }

    private void assertRight() {
        var log = cluster.log(PODS);
        Northbound.assertHolds(seed, cluster.servers().getFirst(), cluster.addresses(), BulkLoad.pods(PODS));
        Northbound.assertNeverUnsafe(seed, log);
    }
}
