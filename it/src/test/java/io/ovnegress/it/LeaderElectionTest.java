package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.northbound.EgressServices.Service;
import io.ovnegress.it.harness.oracle.Violation;
import io.ovnegress.it.harness.process.ControllerProcess;
import io.ovnegress.it.harness.process.CountingProxy;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** Two controllers on one cluster: one writes, the other stands by. */
@Tag("long")
class LeaderElectionTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1");
    private static final String IP = "192.168.126.100";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final ClusterPod HOMER = Topology.pod("simpson", "homer", Map.of(), TOPOLOGY.node("worker-0"), 0);
    private static final ClusterPod MARGE = Topology.pod("simpson", "marge", Map.of(), TOPOLOGY.node("worker-1"), 0);
    private static final ClusterPod LISA = Topology.pod("simpson", "lisa", Map.of(), TOPOLOGY.node("worker-1"), 1);
    private static final String LEADS = "this controller leads";
    private static final String STANDS_BY = "another controller leads, this one stands by";

    /** Longer than a controller must have stood in line for the lock before it makes anything of getting it. */
    private static final Duration IN_LINE = Duration.ofMillis(1500);

    private static final int TAKE_OVERS = Integer.getInteger("ovnegress.takeovers", 1);

    private static final String BEHIND_A_PROXY = "leader-behind-a-proxy";

    private LiveCluster cluster;
    private CountingProxy firstsDatabase;
    private ControllerProcess first;
    private ControllerProcess second;

    private static Service served(ClusterPod pod) {
        return Service.of(pod, IP, TOPOLOGY.node("worker-0"));
    }

    @BeforeEach
    void aLeaderAndAStandby(TestInfo test) {
        cluster = LiveCluster.start(TOPOLOGY, KubeApi.forTests(EgressIps.CONTEXT));
        cluster.createNodes();
        cluster.label("worker-0");
        cluster.namespace("simpson", SIMPSON);
        cluster.run(HOMER);
        cluster.run(MARGE);
        cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
        firstsDatabase = new CountingProxy(cluster.central().northbound().address());
        first = controller(
                test.getTags().contains(BEHIND_A_PROXY)
                        ? firstsDatabase.address()
                        : cluster.central().northbound().loopbackAddress());
        second = controller(cluster.central().northbound().loopbackAddress());
        first.start().awaitReady();
        cluster.awaitServices(served(HOMER), served(MARGE));
        cluster.awaitItems("egressip-demo", new Item("worker-0", IP));
        second.start().awaitReady();
        awaitLeadership(first, LEADS);
        awaitInLine(second);
        cluster.awaitNothingToDo(first, "egressip-demo");
    }

    private ControllerProcess controller(String northbound) {
        return ControllerProcess.onClassPath(ControllerProcess.flags(
                cluster.api().controllerKubeconfig(),
                northbound,
                "--cluster-subnets",
                String.join(",", TOPOLOGY.clusterSubnets()),
                "--leader-elect"));
    }

    @AfterEach
    void stop() {
        try {
            assertThat(Violation.in(cluster.transactions(), 0)).isEmpty();
        } finally {
            first.close();
            second.close();
            firstsDatabase.close();
            cluster.close();
        }
    }

    private static String readiness(ControllerProcess controller) {
        return controller.get("/readyz").map(HttpResponse::body).orElse("");
    }

    private static void awaitLeadership(ControllerProcess controller, String words) {
        await("a controller says: " + words)
                .untilAsserted(() -> assertThat(readiness(controller)).contains(words));
    }

    private static void awaitInLine(ControllerProcess controller) {
        await("a controller stands by for a while")
                .during(IN_LINE)
                .until(() -> readiness(controller).contains(STANDS_BY));
    }

    private static Duration timed(Runnable work) {
        long begun = System.nanoTime();
        work.run();
        return Duration.ofNanos(System.nanoTime() - begun);
    }

    @Test
    void theStandbyTakesOverFromAKilledLeaderWithoutAnUnnecessaryTransaction() {
        int transactions = cluster.transactions().size();
        var version = cluster.egressIp("egressip-demo").getMetadata().getResourceVersion();
        var leader = first;
        var standby = second;
        var milliseconds = new ArrayList<Long>();
        for (int i = 0; i < TAKE_OVERS; i++) {
            leader.process().kill();
            var next = standby;
            milliseconds.add(timed(() -> awaitLeadership(next, LEADS)).toMillis());
            leader.start().awaitReady();
            awaitInLine(leader);
            standby = leader;
            leader = next;
        }
        milliseconds.sort(null);
        System.out.printf("take-over after kill -9, from the fastest to the slowest: %s ms%n", milliseconds);

        assertThat(cluster.transactions().size()).isEqualTo(transactions);
        assertThat(cluster.egressIp("egressip-demo").getMetadata().getResourceVersion())
                .isEqualTo(version);
        cluster.run(LISA);
        cluster.awaitServices(served(HOMER), served(MARGE), served(LISA));
    }

    @Test
    void aLeaderThatEndsInOrderHandsOver() {
        int transactions = cluster.transactions().size();

        first.process().stop();
        var handOver = timed(() -> awaitLeadership(second, LEADS));
        System.out.printf("hand-over after an orderly end: %d ms%n", handOver.toMillis());

        assertThat(cluster.transactions().size()).isEqualTo(transactions);
    }

    @Test
    @Tag(BEHIND_A_PROXY)
    void aLeaderThatLosesTheDatabaseAloneIsSucceededByOneThatHasIt() {
        firstsDatabase.cut();
        awaitLeadership(second, LEADS);
        cluster.run(LISA);
        cluster.awaitServices(served(HOMER), served(MARGE), served(LISA));
        int transactions = cluster.transactions().size();
        firstsDatabase.mend();

        awaitInLine(first);
        awaitLeadership(second, LEADS);
        assertThat(cluster.transactions().size()).isEqualTo(transactions);
    }

    @Test
    void aLeaderThatWasAsleepDoesNotWriteARow() {
        first.process().freeze();
        // The database drops a client that is silent for ten seconds, and with it the lock.
        var takeOver = timed(() -> awaitLeadership(second, LEADS));
        System.out.printf("take-over from a frozen leader: %d ms%n", takeOver.toMillis());
        cluster.run(LISA);
        cluster.delete(HOMER);
        cluster.awaitServices(served(MARGE), served(LISA));
        cluster.awaitNothingToDo(second, "egressip-demo");
        int transactions = cluster.transactions().size();

        first.process().thaw();

        awaitLeadership(first, STANDS_BY);
        awaitLeadership(second, LEADS);
        cluster.awaitServices(served(MARGE), served(LISA));
        assertThat(cluster.transactions().size()).isEqualTo(transactions);
    }
}
