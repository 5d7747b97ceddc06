package io.ovnegress.it.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.input.InputChange;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The leader of a cluster of three servers is killed (SIGKILL) in the middle of a load, and joins again as a follower. What it
 * had accepted may be committed by its successor or thrown away; the reply never tells.
 */
@Timeout(3600)
class KilledLeaderTest {
    private static final int PODS = 10_000;
    private static final int MAX_ROWS = 500;
    private static final int KILLS = 3;

    private final long seed = Seed.next();
    private final Random random = new Random(seed);
    private final RaftCluster cluster = new RaftCluster();

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void loadThatLosesItsLeaderEndsInExactlyTheRightRows() {
        int kills = 0;
        try (var load = new BulkLoad(cluster.addresses(), MAX_ROWS)) {
            load.awaitSettled();
            load.standStillAfter(1 + random.nextInt(10));
            BulkLoad.pods(PODS).forEach(pod -> load.post(new InputChange.Put(pod)));
            while (kills < KILLS && load.awaitStandstill()) {
                var leader = cluster.leader();
                // Some go on until it is dead, some not.
                if (random.nextBoolean()) {
                    load.standStillAfter(1 + random.nextInt(10));
                }
                LockSupport.parkNanos(random.nextInt(20_000_000));
                leader.process().kill();
                leader.start();
                load.standStillAfter(1 + random.nextInt(10));
                kills++;
            }
            load.goOn();
            load.awaitSettled();
        }
        assertThat(kills).as("seed %d: kills before the load was done", seed).isPositive();
        var log = cluster.log(PODS);
        Northbound.assertHolds(seed, cluster.leader(), cluster.addresses(), BulkLoad.pods(PODS));
        Northbound.assertNeverUnsafe(seed, log);
    }
}
