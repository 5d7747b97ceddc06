package io.ovnegress.it.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.process.Await;
import io.ovnegress.it.harness.process.OvsdbServer;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A cluster of three servers that is in trouble while a load is written: members that stand still (SIGSTOP, which to the others is a
 * network that is cut), restarts of all of them, a leader that has lost its quorum and still answers. Whatever was accepted and
 * thrown away again, the end is the same.
 */
@Timeout(3600)
@Tag("long")
class RaftTroubleTest {
    private static final int PODS = 4_000;
    private static final int MAX_ROWS = 200;

    private final long seed = Seed.next();
    private final Random random = new Random(seed);
    private final RaftCluster cluster = new RaftCluster();

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void leaderThatLosesItsQuorumIsLeftAndTheLoadGoesOnOnceThereIsOneAgain() {
        try (var load = new BulkLoad(cluster.addresses(), MAX_ROWS)) {
            startLoad(load);
            var leader = cluster.leader();
            cluster.othersThan(leader).forEach(server -> server.process().freeze());

            Await.await("the server is left")
                    .until(() -> !load.controller().session().isConnected());
            Await.await("it says why")
                    .untilAsserted(() -> assertThat(load.controller().session().lastError())
                            .contains(leader.address() + ": the server is not connected to its cluster"));
            Await.await("the loop knows")
                    .until(() -> !load.controller().state().progress().synchronised());

            cluster.othersThan(leader).forEach(server -> server.process().thaw());
            load.awaitSettled();
        }
        assertRight();
    }

    @Test
    void leaderThatIsCutOffAndComesBackThinkingItStillLeadsTakesNothingAlong() {
        try (var load = new BulkLoad(cluster.addresses(), MAX_ROWS)) {
            startLoad(load);
            var deposed = cluster.leader();
            deposed.process().freeze();
            Await.await("a successor")
                    .until(() -> cluster.othersThan(deposed).stream().anyMatch(OvsdbServer::isLeader));
            Await.await("the successor is found")
                    .until(() -> load.controller()
                            .session()
                            .remote()
                            .filter(remote -> !remote.toString().equals(deposed.address()))
                            .isPresent());
            load.awaitSettled();

            load.moveEverything(random);
            deposed.process().thaw();
            load.moveEverything(random);
            load.awaitSettled();
        }
        assertRight();
    }

    @Test
    void restartsOfAllServersDuringALoadAndAMoveLoseNothing() {
        try (var load = new BulkLoad(cluster.addresses(), MAX_ROWS)) {
            startLoad(load);
            for (int round = 0; round < 2; round++) {
                for (var server : cluster.servers()) {
                    server.stop();
                    load.standStillAfter(1);
                    load.awaitStandstill();
                    load.goOn();
                    server.start();
                    cluster.leader();
                }
                load.moveEverything(random);
            }
            load.awaitSettled();
        }
        assertRight();
    }

    /** Posts all pods and returns somewhere in the middle. */
    private void startLoad(BulkLoad load) {
        load.standInTheMiddle(PODS, random);
        load.goOn();
    }

    private void assertRight() {
        var log = cluster.log(PODS);
        Northbound.assertHolds(seed, cluster.leader(), cluster.addresses(), BulkLoad.pods(PODS));
        Northbound.assertNeverUnsafe(seed, log);
    }
}
