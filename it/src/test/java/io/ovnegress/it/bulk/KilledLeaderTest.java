package io.ovnegress.it.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.oracle.TransactionLog;
import io.ovnegress.it.process.Await;
import io.ovnegress.it.process.OvsdbServer;
import io.ovnegress.it.process.WorkDirectory;
import io.ovnegress.reconciler.input.InputChange;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The leader of a cluster of three servers is killed (SIGKILL) in the middle of a load, and joins again as a follower. What it
 * had accepted may be committed by its successor or thrown away; the reply never tells.
 */
@Timeout(180)
class KilledLeaderTest {
    private static final int PODS = 10_000;
    private static final int MAX_ROWS = 500;
    private static final int KILLS = 3;

    private final long seed = Seed.next();
    private final Random random = new Random(seed);
    private final WorkDirectory directory = WorkDirectory.create("ovn-egress-raft");
    private final List<OvsdbServer> servers = new ArrayList<>();

    @BeforeEach
    void start() {
        var first = raft(0);
        servers.add(OvsdbServer.firstOfCluster(directory.path(), "nb0", "OVN_Northbound", Northbound.SCHEMA, first));
        for (int i = 1; i < 3; i++) {
            servers.add(OvsdbServer.joiningCluster(directory.path(), "nb" + i, "OVN_Northbound", raft(i), first));
        }
        servers.forEach(OvsdbServer::start);
        Northbound.prepare(leader());
    }

    private String raft(int server) {
        return "unix:" + directory.resolve("raft" + server);
    }

    @AfterEach
    void stop() {
        servers.forEach(OvsdbServer::close);
        directory.close();
    }

    @Test
    void loadThatLosesItsLeaderEndsInExactlyTheRightRows() {
        var addresses = servers.stream().map(OvsdbServer::address).collect(Collectors.joining(","));
        int kills = 0;
        try (var load = new BulkLoad(addresses, MAX_ROWS)) {
            load.awaitSettled();
            BulkLoad.pods(PODS).forEach(pod -> load.post(new InputChange.Put(pod)));
            while (kills < KILLS && load.awaitTransactions(1 + random.nextInt(10))) {
                var leader = leader();
                LockSupport.parkNanos(random.nextInt(20_000_000));
                leader.process().kill();
                leader.start();
                kills++;
            }
            load.awaitSettled();
        }
        assertThat(kills).as("seed %d: kills before the load was done", seed).isPositive();
        var log = wholeLog();
        Northbound.assertHolds(seed, servers.getFirst(), addresses, BulkLoad.pods(PODS));
        Northbound.assertNeverUnsafe(seed, log);
    }

    /** The first member has every entry from the beginning, however often it was killed; as a follower it lags a little. */
    private TransactionLog wholeLog() {
        return Await.await("the first member knows of every SNAT")
                .until(
                        () -> TransactionLog.readMember(servers.getFirst().file()),
                        log -> Northbound.snatRows(log) == PODS);
    }

    private OvsdbServer leader() {
        return Await.await("the cluster has a leader")
                .until(() -> servers.stream().filter(OvsdbServer::isLeader).findFirst(), Optional::isPresent)
                .orElseThrow();
    }
}
