package io.ovnegress.it.page;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.northbound.EgressServices.Service;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Family;
import io.ovnegress.it.harness.topology.Topology;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The page when something is not as it should be, in a real browser. */
@Tag("browser")
class TroublePageTest {
    private static final Topology TOPOLOGY = Topology.ipv4(59, "worker-0", "worker-1");
    private static final String IP = "192.168.126.100";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final ClusterPod HOMER = pod("homer", 0);
    private static final ClusterPod MARGE = pod("marge", 1);

    @RegisterExtension
    static final ClusterExtension CONTROLLER = ClusterExtension.of(TOPOLOGY);

    private Browser browser;

    private void browse() {
        browser = new Browser(CONTROLLER.controller().url());
    }

    @AfterEach
    void nothingIsSaidOnTheConsole() {
        var errors = browser.consoleErrors();
        browser.close();
        CONTROLLER.startControllerWith(); // that takes away what is left
        assertThat(errors).isEmpty();
    }

    private static ClusterPod pod(String name, int node) {
        return Topology.pod("simpson", name, Map.of("app", name), TOPOLOGY.node("worker-" + node), 0);
    }

    /** Both leave by worker-0; nobody puts right what is changed by hand from then on. */
    private static void served(LiveCluster cluster) {
        CONTROLLER.doNotJudgeTransactions();
        cluster.label("worker-0");
        cluster.namespace("simpson", SIMPSON);
        cluster.run(HOMER);
        cluster.run(MARGE);
        cluster.apply(EgressIps.of("egressip-simpson", SIMPSON, IP));
        cluster.awaitServices(
                Service.of(HOMER, IP, TOPOLOGY.node("worker-0")), Service.of(MARGE, IP, TOPOLOGY.node("worker-0")));
        CONTROLLER.controller().awaitIdle();
        CONTROLLER.startControllerWith("--report-only");
    }

    private static String uuid(LiveCluster cluster, String table, String condition) {
        return cluster.central()
                .nbctl("--bare", "--columns=_uuid", "find", table, condition)
                .strip();
    }

    @Test
    void rowsThatAreNotRightAreRedInThePodsWayAndInTheAudit(LiveCluster cluster) {
        served(cluster);
        var nat = uuid(cluster, "NAT", "logical_ip=" + MARGE.ip(Family.V4));
        cluster.central().nbctl("set", "NAT", nat, "external_port_range=1-2");
        cluster.central().nbctl("lr-policy-del", "ovn_cluster_router", "100", "ip4.src == " + HOMER.ip(Family.V4));
        browse();

        browser.open("pod/simpson/marge");
        browser.awaitText(".station.bad", "SNAT", "wrong");
        assertThat(browser.text(".station.good")).contains("Pod", "Policy", "Join address");
        browser.open("pod/simpson/homer");
        browser.awaitText(".station.bad", "Policy", "wrong");
        browser.keep("missing");

        browser.open("audit");
        browser.awaitText("[data-class=Wrong]", "1");
        browser.awaitText("[data-class=Missing]", "1");
        browser.awaitText(".finding", HOMER.ip(Family.V4), MARGE.ip(Family.V4));
        browser.click("[data-class=Wrong]");
        await("those that are wrong alone")
                .untilAsserted(() -> assertThat(browser.count(".finding")).isOne());
        browser.click(".finding summary");
        browser.awaitText(".finding .row", "external_port_range");
        browser.click("[data-class=Wrong]");
        browser.type("#rows", "homer");
        await("those of homer alone")
                .untilAsserted(() -> assertThat(browser.text(".finding"))
                        .contains(HOMER.ip(Family.V4))
                        .doesNotContain(MARGE.ip(Family.V4)));
    }

    /** Somebody else has the name of the set that the object's router needs. */
    @Test
    void refusalsAndLossesOfNodesAreInTheTimelineAndWhatALossOfARoutersNodeDoesOnTheMap(LiveCluster cluster) {
        CONTROLLER.doNotJudgeTransactions();
        cluster.label("worker-0", "worker-1");
        cluster.namespace("simpson", SIMPSON);
        cluster.run(HOMER);
        var object = EgressIps.of("egressip-simpson", SIMPSON, IP);
        var spec = new LinkedHashMap<Object, Object>(
                (Map<?, ?>) object.getAdditionalProperties().get("spec"));
        spec.put("form", "Router");
        spec.put("podSelector", Map.of("matchLabels", Map.of("app", "homer")));
        object.setAdditionalProperty("spec", spec);
        cluster.apply(object);
        await("its set").until(() -> !sets(cluster).isEmpty());
        var set = sets(cluster).getFirst();
        CONTROLLER.controller().awaitIdle();
        browse();
        browser.open("map");
        browser.awaitText("[data-node=worker-0]", IP);
        browser.click("[data-node=worker-0] button");
        browser.awaitText("aside .goes", "to worker-1", "1 address");

        cluster.deleteEgressIp("egressip-simpson");
        await("no set").until(() -> sets(cluster).isEmpty());
        cluster.central().nbctl("create", "Address_Set", "name=" + set);
        cluster.apply(object);
        cluster.setReady(TOPOLOGY.node("worker-1"), false);
        browser.open("timeline");
        browser.awaitText(".moments", "refusals", set, "egress node not available");
        browser.keep("refused");
        cluster.central().nbctl("destroy", "Address_Set", set);
        cluster.setReady(TOPOLOGY.node("worker-1"), true);
    }

    private static List<String> sets(LiveCluster cluster) {
        return cluster.central()
                .nbctl("--bare", "--columns=name", "list", "Address_Set")
                .lines()
                .filter(name -> name.startsWith("ovn_egress_routed_") && name.endsWith("_v4"))
                .toList();
    }
}
