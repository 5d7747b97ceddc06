package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.northbound.EgressServices.Service;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What was programmed, when and why, and who could have left as an address at a time. */
class HistoryTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1");
    private static final String IP = "192.168.126.100";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");

    @RegisterExtension
    static final ClusterExtension CONTROLLER = ClusterExtension.of(TOPOLOGY);

    private static JsonNode ask(String path) {
        try {
            return new ObjectMapper()
                    .readTree(CONTROLLER
                            .controller()
                            .get("/api/v1/" + path)
                            .orElseThrow()
                            .body());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<String> causes(String about) {
        var causes = new ArrayList<String>();
        ask("history/" + about)
                .path("entries")
                .forEach(entry -> causes.add(entry.at("/cause/kind").asText() + " "
                        + entry.at("/cause/object").asText()));
        return causes;
    }

    private static List<String> whois(Instant at) {
        var answer = ask("whois/" + IP + ":40000?at=" + at);
        assertThat(answer.path("complete").asBoolean()).isTrue();
        var pods = new ArrayList<String>();
        answer.path("pods").forEach(pod -> pods.add(pod.path("pod").asText()));
        return pods;
    }

    @Test
    void movesRepairsAndPodsThatComeAndGoAreKnownWithTheirCauses(LiveCluster cluster) {
        cluster.label("worker-0");
        cluster.namespace("simpson", SIMPSON);
        var homer = cluster.run(pod("homer", 0));
        cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
        cluster.awaitServices(Service.of(homer, IP, TOPOLOGY.node("worker-0")));
        CONTROLLER.controller().awaitIdle();
        var homerAlone = Instant.now();
        var marge = cluster.run(pod("marge", 1));
        cluster.awaitServices(
                Service.of(homer, IP, TOPOLOGY.node("worker-0")), Service.of(marge, IP, TOPOLOGY.node("worker-0")));
        CONTROLLER.controller().awaitIdle();
        var both = Instant.now();

        assertThat(causes("pod/simpson/marge")).first().isEqualTo("Input pod/simpson/marge");
        var added = ask("history/pod/simpson/marge").at("/entries/0");
        assertThat(added.at("/cause/version").asText()).isNotEmpty();
        assertThat(added.path("rows").toString()).contains("on GR_worker-0", IP);

        cluster.label("worker-1");
        cluster.setReady(TOPOLOGY.node("worker-0"), false);
        cluster.awaitServices(
                Service.of(homer, IP, TOPOLOGY.node("worker-1")), Service.of(marge, IP, TOPOLOGY.node("worker-1")));
        CONTROLLER.controller().awaitIdle();
        assertThat(ask("history/node/worker-0").toString())
                .contains("node worker-0 changed: ready", "true -> false", "egress IP moved", "off GR_worker-0");
        var snat = snatOf("simpson/marge");
        var writes = ask("history/pod/simpson/marge").findParents("rows").stream()
                .filter(entry -> entry.toString().contains(snat.path("uuid").asText()))
                .toList();
        assertThat(snat.at("/since/transaction")).isEqualTo(writes.getLast().path("transaction"));
        assertThat(snat.at("/since/time")).isEqualTo(writes.getLast().path("time"));
        assertThat(snat.at("/since/message")).isEqualTo(writes.getLast().at("/cause/message"));

        cluster.central()
                .nbctl("set", "nat", cluster.rows().egressNats().getFirst().uuid(), "logical_port=k8s-worker-0");
        await("the repair")
                .untilAsserted(
                        () -> assertThat(causes("egressip/egressip-demo")).contains("Repair "));
        assertThat(ask("history/ip/" + IP).toString())
                .contains("logical_port 'k8s-worker-0' instead of 'k8s-worker-1'");

        cluster.delete(homer);
        cluster.awaitServices(Service.of(marge, IP, TOPOLOGY.node("worker-1")));
        CONTROLLER.controller().awaitIdle();
        assertThat(whois(Instant.now())).containsExactly("simpson/marge");
        assertThat(whois(both)).containsExactly("simpson/homer", "simpson/marge");
        assertThat(whois(homerAlone)).containsExactly("simpson/homer");
    }

    private static JsonNode snatOf(String pod) {
        return ask("explain/pod/" + pod).path("parts").findParents("uuid").stream()
                .filter(row -> row.path("table").asText().equals("NAT"))
                .findFirst()
                .orElseThrow();
    }

    private static ClusterPod pod(String name, int number) {
        return Topology.pod("simpson", name, Map.of(), TOPOLOGY.node("worker-" + number), number);
    }
}
