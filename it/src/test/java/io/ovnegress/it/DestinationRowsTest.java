package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.kube.EgressTraffics;
import io.ovnegress.it.harness.process.Command;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Egress IPs for some destinations on a real database with ovn-northd, from objects in a Kubernetes API to ovn-trace. */
class DestinationRowsTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1");
    private static final ClusterPod HOMER = Topology.pod("simpson", "homer", Map.of(), TOPOLOGY.node("worker-0"), 0);
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final String BANK = "203.0.113.7";
    private static final String SHOP = "198.51.100.7";
    private static final String ELSEWHERE = "192.0.2.7";

    @RegisterExtension
    static final ClusterExtension CONTROLLER = ClusterExtension.of(TOPOLOGY);

    /** By which egress IP's own router it leaves; empty if by none. */
    private static String routerTo(LiveCluster cluster, String destination) {
        cluster.central().sync();
        var trace = cluster.central()
                .trace(
                        "--summary",
                        HOMER.node().name(),
                        "inport==\"%s\" && eth.src==%s && eth.dst==%s && ip4.src==%s && ip4.dst==%s && ip.ttl==64 && tcp"
                                .formatted(
                                        HOMER.port(), HOMER.mac(), HOMER.node().routerMac(), HOMER.ip(), destination));
        return trace.lines()
                .filter(line -> line.contains("ingress(dp=\"egressip_"))
                .map(line -> line.replaceFirst(".*dp=\"egressip_[^_]*_", "").replaceFirst("\".*", ""))
                .findFirst()
                .orElse("");
    }

    private static String answer(String question) throws IOException {
        var reply = CONTROLLER.controller().get("/api/v1/" + question).orElseThrow();
        return new ObjectMapper().readTree(reply.body()).path("answer").asText();
    }

    @Test
    void whatIsListedIsLedToTheRouterOfTheObjectThatListsIt(LiveCluster cluster) throws IOException {
        cluster.namespace("simpson", SIMPSON);
        cluster.run(HOMER);
        cluster.label("worker-0", "worker-1");
        cluster.apply(EgressIps.of("general", SIMPSON, "192.168.126.100"));
        var toBank = Map.of("to", "bank");
        cluster.apply(EgressTraffics.selecting(EgressIps.of("bank", SIMPSON, "192.168.126.101"), toBank));
        cluster.create(EgressTraffics.of("bank", toBank, "203.0.113.0/24"));
        cluster.apply(EgressTraffics.annotated(EgressIps.of("shop", SIMPSON, "192.168.126.102"), "198.51.100.0/24"));
        await("all are assigned")
                .until(() -> cluster.items("bank").size() == 1
                        && cluster.items("shop").size() == 1
                        && cluster.items("general").size() == 1);
        await("the bank's router").until(() -> routerTo(cluster, BANK).equals("192.168.126.101"));
        await("the shop's router").until(() -> routerTo(cluster, SHOP).equals("192.168.126.102"));
        assertThat(routerTo(cluster, ELSEWHERE)).isEmpty();
        await("its status says where to")
                .until(() ->
                        EgressIps.message(cluster.egressIp("bank"), "Assigned").contains("203.0.113.0/24"));

        assertThat(answer("explain/pod/simpson/homer?to=" + BANK))
                .as("of a namespace as a whole")
                .contains("leaves as 192.168.126.101");
        assertThat(answer("whois/192.168.126.101"))
                .endsWith("; it has a router of its own, by which many leave: pods of simpson, as of now 1 pod");

        cluster.replaceTraffic(EgressTraffics.of("bank", toBank, ELSEWHERE));
        await("other destinations").until(() -> routerTo(cluster, ELSEWHERE).equals("192.168.126.101"));
        assertThat(routerTo(cluster, BANK)).isEmpty();

        CONTROLLER.controller().process().stop();
        CONTROLLER.doNotJudgeTransactions(); // the script for leaving waits for nobody
        Command.of(
                        "../deploy/tools/remove-rows.sh",
                        "--db",
                        cluster.central().northbound().address())
                .output();
        assertThat(cluster.central().nbctl("show")).doesNotContain("egressip_");
        assertThat(cluster.central().nbctl("lr-policy-list", "ovn_cluster_router"))
                .doesNotContain("ovn_egress");
        assertThat(cluster.central().nbctl("--bare", "--columns=name", "list", "Address_Set"))
                .doesNotContain("ovn_egress");
        CONTROLLER.startController();
        await("the router is there again").until(() -> routerTo(cluster, SHOP).equals("192.168.126.102"));
        cluster.awaitItems(
                "general", new Item(cluster.items("general").getFirst().node(), "192.168.126.100"));
    }
}
