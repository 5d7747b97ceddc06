package io.ovnegress.it.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.bulk.Inputs;
import io.ovnegress.it.harness.process.Await;
import io.ovnegress.it.harness.process.CountingProxy;
import io.ovnegress.it.harness.process.OvsdbServer;
import io.ovnegress.reconciler.input.InputChange;
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
@Timeout(3600)
class RaftPartitionTest {
    private static final int PODS = 2_000;
    private static final int MAX_ROWS = 200;

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
            load.standInTheMiddle(PODS, random);
            var deposed = cluster.leader();
            cluster.isolate(deposed);
            load.goOn();
            Await.await("a successor")
                    .until(() -> cluster.othersThan(deposed).stream().anyMatch(OvsdbServer::isLeader));
            Await.await("the successor is found")
                    .until(() -> load.controller()
                            .session()
                            .remote()
                            .filter(remote ->
                                    !remote.toString().equals(ways.get(deposed).address()))
                            .isPresent());
            load.awaitSettled();

            load.moveEverything(random);
            cluster.reconnect(deposed);
            load.moveEverything(random);
            load.awaitSettled();
        }
        assertRight();
    }

    @Test
    void controllerThatIsCutOffFromTheLeaderAloneWaitsForItAndLosesNothing() {
        try (var load = new BulkLoad(addresses, MAX_ROWS)) {
            load.standInTheMiddle(PODS, random);
            var leader = cluster.leader();
            ways.get(leader).silence();
            load.goOn();
            Await.await("the controller says that it has no database")
                    .untilAsserted(() -> assertThat(load.controller().session().lastError())
                            .contains(ways.get(leader).address())
                            .contains("the server is not the leader of its cluster"));
            Inputs.nodesReady(2).forEach(node -> load.post(new InputChange.Put(node)));
            assertThat(load.controller().isAlive()).isTrue();

            ways.get(leader).mend();
            load.awaitSettled();
        }
        assertRight();
    }

    private void assertRight() {
        var log = cluster.log(PODS);
        Northbound.assertHolds(seed, cluster.servers().getFirst(), cluster.addresses(), BulkLoad.pods(PODS));
        Northbound.assertNeverUnsafe(seed, log);
    }
}
