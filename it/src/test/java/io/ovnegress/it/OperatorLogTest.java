package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.northbound.EgressServices.Service;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A night in the life of an EgressIP, as an operator reads it afterwards in the controller's log and metrics. */
class OperatorLogTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1");
    private static final String IP = "192.168.126.100";
    private static final String DEMO = "egressIp=\"egressip-demo\" address=\"" + IP + "\" ";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final ClusterPod HOMER = Topology.pod("simpson", "homer", Map.of(), TOPOLOGY.node("worker-0"), 0);
    private static final ClusterPod MARGE = Topology.pod("simpson", "marge", Map.of(), TOPOLOGY.node("worker-1"), 0);

    @RegisterExtension
    static final ClusterExtension CONTROLLER = ClusterExtension.of(TOPOLOGY);

    private static void awaitLine(String line) {
        await(line)
                .untilAsserted(() -> assertThat(CONTROLLER.controller().log()).contains(line));
    }

    private static void awaitMetric(String sample) {
        await(sample)
                .untilAsserted(() -> assertThat(CONTROLLER
                                .controller()
                                .get("/metrics")
                                .map(HttpResponse::body)
                                .orElse(""))
                        .contains(sample));
    }

    @Test
    void aNightInTheLifeOfAnEgressIpCanBeReadAfterwards(LiveCluster cluster) {
        CONTROLLER.doNotJudgeTransactions();
        cluster.label("worker-0");
        cluster.namespace("simpson", SIMPSON);
        cluster.run(HOMER);
        cluster.run(MARGE);
        awaitLine("TransactionLog: egress node available node=\"worker-0\"");

        cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
        cluster.awaitServices(
                Service.of(HOMER, IP, TOPOLOGY.node("worker-0")), Service.of(MARGE, IP, TOPOLOGY.node("worker-0")));
        awaitLine("egress IP assigned " + DEMO + "to=\"worker-0\" pods=\"2\"");

        var row = cluster.rows().egressNats().stream()
                .filter(nat -> nat.logicalIp().equals(HOMER.ip()))
                .findAny()
                .orElseThrow();
        cluster.central().nbctl("set", "NAT", row.uuid(), "logical_port=k8s-worker-9");
        awaitLine("another writer's change repaired owner=\"" + HOMER.ip() + "\" pod=\"simpson/homer\""
                + " egressIp=\"egressip-demo\" damage=\"NAT of " + HOMER.ip() + " as " + IP
                + " on GR_worker-0 had logical_port 'k8s-worker-9' instead of 'k8s-worker-0'\" times=\"1\"");

        cluster.label("worker-1");
        cluster.setReady(cluster.node("worker-0"), false);
        awaitLine("egress node not available node=\"worker-0\" why=\"NotReady\" egressIps=\"1\"");
        awaitLine("egress IP moved " + DEMO + "from=\"worker-0\" to=\"worker-1\" why=\"NotReady\" pods=\"2\"");

        cluster.unlabel(cluster.node("worker-1"));
        awaitLine("egress node not available node=\"worker-1\" why=\"NotLabelled\" egressIps=\"1\"");
        awaitLine("egress IP unassigned " + DEMO + "from=\"worker-1\" why=\"NotLabelled\" reason=\"NoEgressNode\"");
        awaitMetric("ovn_egress_unassigned_egress_ips{reason=\"NoEgressNode\"} 1.0");
        awaitMetric("ovn_egress_unserved_pods{reason=\"Unassigned\"} 2.0");

        cluster.setReady(cluster.node("worker-0"), true);
        cluster.awaitServices(
                Service.of(HOMER, IP, TOPOLOGY.node("worker-0")), Service.of(MARGE, IP, TOPOLOGY.node("worker-0")));
        awaitMetric("ovn_egress_unassigned_egress_ips{reason=\"NoEgressNode\"} 0.0");
        awaitMetric("ovn_egress_unserved_pods{reason=\"Unassigned\"} 0.0");

        cluster.deleteEgressIp("egressip-demo");
        cluster.awaitServices();
        awaitLine("egress IP released " + DEMO + "from=\"worker-0\" why=\"ObjectDeleted\"");
        assertThat(CONTROLLER.controller().log()).doesNotContain("owners=\"\"");
    }
}
