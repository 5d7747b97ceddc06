package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.northbound.EgressServices.Service;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The controller, or the database under it, ends or stands still and comes back; the database is reached through a port. */
class RestartTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1");
    private static final String IP = "192.168.126.100";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final ClusterPod HOMER = Topology.pod("simpson", "homer", Map.of(), TOPOLOGY.node("worker-0"), 0);
    private static final ClusterPod MARGE = Topology.pod("simpson", "marge", Map.of(), TOPOLOGY.node("worker-1"), 0);

    @RegisterExtension
    static final ClusterExtension CONTROLLER = ClusterExtension.of(TOPOLOGY).overLoopback();

    private static Service served(ClusterPod pod, String node) {
        return Service.of(pod, IP, TOPOLOGY.node(node));
    }

    private static void simpsons(LiveCluster cluster) {
        cluster.label("worker-0");
        cluster.namespace("simpson", SIMPSON);
        cluster.run(HOMER);
        cluster.run(MARGE);
        cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
        cluster.awaitServices(served(HOMER, "worker-0"), served(MARGE, "worker-0"));
        cluster.awaitItems("egressip-demo", new Item("worker-0", IP));
    }

    @Test
    void aRestartWithNothingToDoWritesNothing(LiveCluster cluster) {
        simpsons(cluster);
        cluster.awaitNothingToDo(CONTROLLER.controller(), "egressip-demo");
        CONTROLLER.controller().process().stop();
        int transactions = cluster.transactions().size();
        var before = cluster.egressIp("egressip-demo");

        CONTROLLER.startController();
        CONTROLLER.controller().awaitIdle();

        assertThat(cluster.transactions().size()).isEqualTo(transactions);
        assertThat(cluster.egressIp("egressip-demo")).isEqualTo(before);
    }

    @Test
    void aControllerThatIsToldToStopLeavesItsRows(LiveCluster cluster) {
        simpsons(cluster);
        cluster.awaitNothingToDo(CONTROLLER.controller(), "egressip-demo");
        var before = cluster.rows();

        assertThat(CONTROLLER.controller().process().stop()).as("exit code").isZero();

        assertThat(cluster.rows()).isEqualTo(before);
    }

    @Test
    void changesMadeWhileTheControllerWasDownAreCaughtUpWith(LiveCluster cluster) {
        simpsons(cluster);
        CONTROLLER.controller().process().kill();

        cluster.delete(HOMER);
        var lisa = cluster.run(Topology.pod("simpson", "lisa", Map.of(), TOPOLOGY.node("worker-1"), 1));
        cluster.label("worker-1");
        cluster.setReady(cluster.node("worker-0"), false);
        CONTROLLER.startController();

        cluster.awaitServices(served(MARGE, "worker-1"), served(lisa, "worker-1"));
        cluster.awaitItems("egressip-demo", new Item("worker-1", IP));
    }

    @Test
    void anObjectDeletedWhileTheControllerWasDownLeavesNothing(LiveCluster cluster) {
        simpsons(cluster);
        CONTROLLER.controller().process().kill();

        cluster.deleteEgressIp("egressip-demo");
        CONTROLLER.startController();

        cluster.awaitServices();
    }

    @Test
    void aControllerThatStoodStillGoesOnWhereTheClusterIsNow(LiveCluster cluster) {
        simpsons(cluster);
        CONTROLLER.controller().process().freeze();
        cluster.delete(MARGE);
        var lisa = cluster.run(Topology.pod("simpson", "lisa", Map.of(), TOPOLOGY.node("worker-1"), 1));

        CONTROLLER.controller().process().thaw();

        cluster.awaitServices(served(HOMER, "worker-0"), served(lisa, "worker-0"));
    }

    @Test
    void aDatabaseServerThatIsKilledAndComesBackIsFollowedAgain(LiveCluster cluster) {
        simpsons(cluster);
        cluster.central().northbound().kill();
        await("the controller sees it")
                .until(() -> CONTROLLER
                        .controller()
                        .get("/readyz")
                        .map(reply -> reply.statusCode() != 200)
                        .orElse(false));
        cluster.central().northbound().start();

        var lisa = cluster.run(Topology.pod("simpson", "lisa", Map.of(), TOPOLOGY.node("worker-1"), 1));

        cluster.awaitServices(served(HOMER, "worker-0"), served(MARGE, "worker-0"), served(lisa, "worker-0"));
        CONTROLLER.controller().awaitReady();
    }

    @Test
    void changesMadeWhileTheDatabaseServerWasDownAreCaughtUpWith(LiveCluster cluster) {
        simpsons(cluster);
        cluster.central().northbound().stop();
        cluster.setPhase(HOMER, "Succeeded");
        cluster.central().northbound().start();

        cluster.awaitServices(served(MARGE, "worker-0"));
    }
}
