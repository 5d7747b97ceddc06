package io.ovnegress.it.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.bulk.Inputs;
import io.ovnegress.it.harness.oracle.TransactionLog;
import io.ovnegress.it.harness.process.OvsdbServer;
import io.ovnegress.it.harness.process.WorkDirectory;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.PodInput;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The one transaction that is not split: an egress IP with very many pods that goes to another node. A server has no limit that it could
 * meet, but a leader that works on it for longer than its election timer is deposed and throws it away, every time; it is made in
 * parts then.
 */
@Timeout(3600)
@Tag("long")
class LargestTransactionTest {
    private static final int PODS = Integer.getInteger("ovnegress.largest", 10_000);
    private static final int MAX_ROWS = 500;
    /** The default of the controller. */
    private static final Duration PROBE = Duration.ofSeconds(10);

    /** Of the first namespace, and so all behind the first EgressIP. */
    private static final List<PodInput> ALL = IntStream.range(0, PODS)
            .mapToObj(pod -> Inputs.pod(pod, 0, Inputs.podIp(pod)))
            .toList();

    private final long seed = Seed.next();

    @Test
    void aStandaloneServerTakesIt() {
        try (var directory = WorkDirectory.create("ovn-egress-largest");
                var server = OvsdbServer.withSchema(directory.path(), "nb", "OVN_Northbound", Northbound.SCHEMA)
                        .start()) {
            Northbound.prepare(server);
            move(server.address());
            Northbound.assertHolds(seed, server, server.address(), ALL);
            Northbound.assertNeverUnsafe(seed, TransactionLog.read(server.file()));
        }
    }

    @Test
    void aClusterTakesIt() {
        try (var cluster = new RaftCluster()) {
            move(cluster.addresses());
            var log = cluster.log(PODS);
            Northbound.assertHolds(seed, cluster.servers().getFirst(), cluster.addresses(), ALL);
            Northbound.assertNeverUnsafe(seed, log);
        }
    }

    private static void move(String addresses) {
        try (var load = new BulkLoad(addresses, MAX_ROWS, ALL, PROBE)) {
            load.awaitSettled();
            int before = load.transactions();
            Inputs.nodesReady(2).forEach(node -> load.post(new InputChange.Put(node)));
            load.awaitSettled();
            System.out.printf("moved %d pods with %d transactions%n", PODS, load.transactions() - before);
            assertThat(load.controller().state().progress().backedOff()).isZero();
        }
    }
}
