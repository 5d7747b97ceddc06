package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.ApiOutage;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.northbound.EgressServices.Service;
import io.ovnegress.it.harness.process.ControllerProcess;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The API server is gone for a while, or stands still: rows follow the database and what is known, status catches up. */
@Tag("long")
class ApiOutageTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1");
    private static final String IP = "192.168.126.100";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final ClusterPod HOMER = Topology.pod("simpson", "homer", Map.of(), TOPOLOGY.node("worker-0"), 0);
    private static final ClusterPod LISA = Topology.pod("simpson", "lisa", Map.of(), TOPOLOGY.node("worker-1"), 0);

    private LiveCluster cluster;
    private ApiOutage outage;
    private ControllerProcess controller;

    @BeforeEach
    void start() {
        cluster = LiveCluster.start(TOPOLOGY, KubeApi.forTests(EgressIps.CONTEXT));
        var possible = ApiOutage.of(cluster.api());
        Assumptions.assumeTrue(possible.isPresent(), "the API server's process is not at hand");
        outage = possible.get();
        controller = ControllerProcess.onClassPath(ControllerProcess.flags(
                outage.controllerKubeconfig(),
                cluster.central().northbound().address(),
                "--cluster-subnets",
                String.join(",", TOPOLOGY.clusterSubnets())));
        cluster.createNodes();
        cluster.label("worker-0");
        cluster.namespace("simpson", SIMPSON);
        cluster.run(HOMER);
        cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
        controller.start().awaitReady();
        cluster.awaitServices(served(HOMER));
        cluster.awaitItems("egressip-demo", new Item("worker-0", IP));
    }

    @AfterEach
    void stop() {
        if (outage != null) {
            outage.end();
            controller.close();
            outage.close();
        }
        cluster.close();
    }

    private static Service served(ClusterPod pod) {
        return Service.of(pod, IP, TOPOLOGY.node("worker-0"));
    }

    @Test
    void rowsFollowTheDatabaseWhileTheServerIsDeadAndStatusCatchesUp() {
        outage.kill();
        awaitReadiness("the API server does not answer");

        goesOn();
    }

    @Test
    void aServerThatStandsStillIsNoticedAndStatusCatchesUp() {
        outage.freeze();
        awaitReadiness("silent for");

        goesOn();
    }

    private void goesOn() {
        cluster.northbound().removeGatewayRouter(TOPOLOGY.node("worker-0"));
        await("nobody is sent to a router that is not there")
                .until(() -> cluster.rows().reroutes().isEmpty());

        outage.end();

        cluster.awaitItems("egressip-demo");
        cluster.northbound().addGatewayRouter(TOPOLOGY.node("worker-0"));
        cluster.run(LISA);
        cluster.awaitServices(served(HOMER), served(LISA));
        cluster.awaitItems("egressip-demo", new Item("worker-0", IP));
        controller.awaitReady();
    }

    private void awaitReadiness(String words) {
        await("the controller says: " + words)
                .untilAsserted(() -> assertThat(controller
                                .get("/readyz")
                                .map(HttpResponse::body)
                                .orElse(""))
                        .contains(words));
    }
}
