package io.ovnegress.it.lab;

import static io.ovnegress.it.harness.process.Await.await;
import static io.ovnegress.it.lab.PacketCluster.BOUVIERS;
import static io.ovnegress.it.lab.PacketCluster.SIMPSONS;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Family;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The addresses that a pool gives a namespace are those that a web server outside sees, in either family. */
@Tag("packets")
class EgressIpPoolPacketsTest {
    private static final String POOLED = "house.simpson";
    private static final String NETWORK_V6 = "fd2e:6f44:5dd8:c956::";

    @RegisterExtension
    static final PacketCluster PACKETS = PacketCluster.withFlags("--enable-egress-ip-pools");

    @BeforeEach
    void nodes() {
        PACKETS.cluster().label("worker-0", "worker-1");
    }

    /** Garbage collection is not the API server's. */
    @AfterEach
    void nothingIsLeft() {
        var client = PACKETS.cluster().api().client();
        client.genericKubernetesResources(EgressIps.POOLS).delete();
        await("no EgressIP is left").until(() -> {
            client.genericKubernetesResources(EgressIps.CONTEXT).delete();
            return client.genericKubernetesResources(EgressIps.CONTEXT)
                            .list()
                            .getItems()
                            .isEmpty()
                    && PACKETS.cluster().rows().egressNats().isEmpty();
        });
    }

    private static void pool(String... ranges) {
        PACKETS.cluster()
                .create(EgressIps.pool(
                        "house",
                        Map.of(
                                "ranges",
                                List.of(ranges),
                                "namespaceSelector",
                                Map.of("matchLabels", Map.of("house", "simpson")))));
    }

    private static void awaitAssigned(String... egressIps) {
        await("assigned")
                .ignoreExceptions() // there is no such object yet
                .until(() -> PACKETS.cluster().items(POOLED).size() == egressIps.length
                        && PACKETS.cluster().items(POOLED).toString().contains(egressIps[0]));
        PACKETS.lab().sync();
    }

    private static Optional<String> source(ClusterPod pod, Family family) {
        return PACKETS.lab().curl(pod, PACKETS.lab().outside(), family);
    }

    private static void assertTheOthersLeaveAsTheirNodes() {
        for (var pod : BOUVIERS) {
            for (var family : Family.values()) {
                assertThat(source(pod, family))
                        .as(pod.name())
                        .contains(pod.node().address(family));
            }
        }
    }

    @Test
    void aPoolOfBothFamiliesGivesANamespaceOneOfEach() {
        pool("192.168.126.240-192.168.126.241", NETWORK_V6 + "240-" + NETWORK_V6 + "241");
        awaitAssigned("192.168.126.240", NETWORK_V6 + "240");

        for (var pod : SIMPSONS) {
            assertThat(source(pod, Family.V4)).as(pod.name()).contains("192.168.126.240");
            assertThat(source(pod, Family.V6)).as(pod.name()).contains(NETWORK_V6 + "240");
        }
        assertTheOthersLeaveAsTheirNodes();
    }

    @Test
    void aPoolOfIpv6AloneLeavesIpv4AsItIsAndWhatItExcludesIsReplaced() {
        pool(NETWORK_V6 + "250-" + NETWORK_V6 + "251");
        awaitAssigned(NETWORK_V6 + "250");
        for (var pod : SIMPSONS) {
            assertThat(source(pod, Family.V4))
                    .as(pod.name())
                    .contains(pod.node().address(Family.V4));
            assertThat(source(pod, Family.V6)).as(pod.name()).contains(NETWORK_V6 + "250");
        }

        PACKETS.cluster()
                .api()
                .client()
                .genericKubernetesResources(EgressIps.POOLS)
                .withName("house")
                .edit(pool ->
                        PacketCluster.specified(pool, spec -> spec.put("exclusions", List.of(NETWORK_V6 + "250"))));
        awaitAssigned(NETWORK_V6 + "251");
        await("the one before is no longer used")
                .until(() -> source(SIMPSONS.getFirst(), Family.V6).equals(Optional.of(NETWORK_V6 + "251")));
        for (var pod : SIMPSONS) {
            assertThat(source(pod, Family.V6)).as(pod.name()).contains(NETWORK_V6 + "251");
        }
        assertTheOthersLeaveAsTheirNodes();
    }
}
