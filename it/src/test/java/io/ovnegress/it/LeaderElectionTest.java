package io.ovnegress.it;

import static io.ovnegress.it.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.kube.EgressIps;
import io.ovnegress.it.kube.EgressIps.Item;
import io.ovnegress.it.kube.KubeApi;
import io.ovnegress.it.northbound.EgressServices.Service;
import io.ovnegress.it.oracle.SafetyRules;
import io.ovnegress.it.process.ControllerProcess;
import io.ovnegress.it.topology.ClusterPod;
import io.ovnegress.it.topology.Topology;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two controllers on one cluster: one writes, the other stands by. */
class LeaderElectionTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1");
    private static final String IP = "192.168.126.100";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final ClusterPod HOMER = Topology.pod("simpson", "homer", Map.of(), TOPOLOGY.node("worker-0"), 0);
    private static final ClusterPod MARGE = Topology.pod("simpson", "marge", Map.of(), TOPOLOGY.node("worker-1"), 0);
    private static final ClusterPod LISA = Topology.pod("simpson", "lisa", Map.of(), TOPOLOGY.node("worker-1"), 1);
    private static final String LEADS = "this controller leads";
    private static final String STANDS_BY = "another controller leads, this one stands by";

    private LiveCluster cluster;
    private ControllerProcess first;
    private ControllerProcess second;

    private static Service served(ClusterPod pod) {
        return Service.of(pod, IP, TOPOLOGY.node("worker-0"));
    }

    @BeforeEach
    void aLeaderAndAStandby() {
        cluster = LiveCluster.start(TOPOLOGY, KubeApi.forTests(EgressIps.CONTEXT));
        cluster.createNodes();
        cluster.label("worker-0");
        cluster.namespace("simpson", SIMPSON);
        cluster.run(HOMER);
        cluster.run(MARGE);
        cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
        first = controller();
        second = controller();
        first.start().awaitReady();
        cluster.awaitServices(served(HOMER), served(MARGE));
        cluster.awaitItems("egressip-demo", new Item("worker-0", IP));
        second.start().awaitReady();
        awaitLeadership(first, LEADS);
        awaitLeadership(second, STANDS_BY);
        cluster.awaitNothingToDo(first, "egressip-demo");
    }

    private ControllerProcess controller() {
        return ControllerProcess.onClassPath(ControllerProcess.flags(
                cluster.api().controllerKubeconfig(),
                cluster.central().northbound().loopbackAddress(),
                "--cluster-subnets",
                String.join(",", TOPOLOGY.clusterSubnets()),
                "--leader-elect"));
    }

    @AfterEach
    void stop() {
        try {
            assertThat(SafetyRules.violations(cluster.transactions(), 0)).isEmpty();
        } finally {
            first.close();
            second.close();
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

    private Duration timed(Runnable work) {
        long begun = System.nanoTime();
        work.run();
        return Duration.ofNanos(System.nanoTime() - begun);
    }

    @Test
    void theStandbyTakesOverFromAKilledLeaderWithoutAnUnnecessaryTransaction() {
        int transactions = cluster.transactions().size();
        var version = cluster.egressIp("egressip-demo").getMetadata().getResourceVersion();

        first.process().kill();
        var takeOver = timed(() -> awaitLeadership(second, LEADS));
        System.out.printf("take-over after kill -9: %d ms%n", takeOver.toMillis());

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
