package io.ovnegress.it.kube;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.northbound.NorthboundReader.Policy;
import io.ovnegress.it.harness.process.ControllerProcess;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What somebody with all rights to the pods of one namespace can do to those of another, as a real API server lets him. */
class RealTenantTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1");
    private static final ClusterPod HOMER = pod("simpson", "homer", "worker-0", 0);
    private static final ClusterPod SMITHERS = pod("burns", "smithers", "worker-1", 1);

    private static LiveCluster cluster;
    private static ControllerProcess controller;
    private static Tenant burns;
    private static int witnesses;

    private static ClusterPod pod(String namespace, String name, String node, int number) {
        return Topology.pod(namespace, name, Map.of("app", name), TOPOLOGY.node(node), number);
    }

    @BeforeAll
    static void start() {
        var api = RealApi.orSkip(EgressIps.CONTEXT);
        cluster = LiveCluster.start(TOPOLOGY, api);
        cluster.createNodes();
        cluster.label("worker-0");
        cluster.namespace("simpson", Map.of("house", "simpson"));
        cluster.namespace("burns", Map.of("house", "burns"));
        cluster.run(HOMER);
        cluster.run(SMITHERS);
        cluster.apply(EgressIps.of("simpson", Map.of("house", "simpson"), "192.168.126.100"));
        cluster.apply(dropping(EgressIps.of("burns", Map.of("house", "burns"), "10.77.0.1"))); // no node has it
        burns = Tenant.of(cluster, "burns");
        controller = ControllerProcess.onClassPath(ControllerProcess.flags(
                        api.controllerKubeconfig(),
                        cluster.central().northbound().address(),
                        "--cluster-subnets",
                        String.join(",", TOPOLOGY.clusterSubnets())))
                .start()
                .awaitReady();
        await("both are dealt with").untilAsserted(() -> {
            assertThat(ways()).hasSize(2);
        });
    }

    private static GenericKubernetesResource dropping(GenericKubernetesResource egressIp) {
        egressIp.getMetadata().setAnnotations(Map.of("ovn-egress.io/on-unassigned", "Drop"));
        return egressIp;
    }

    @AfterAll
    static void stop() {
        if (burns != null) {
            burns.close();
        }
        if (controller != null) {
            controller.close();
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    /** Every policy that reroutes or drops pods, and every SNAT of an egress IP. */
    private static Set<String> ways() {
        var rows = cluster.rows();
        var ways = new TreeSet<String>();
        rows.policies().stream()
                .filter(policy -> policy.priority() == 100 || policy.priority() == 99)
                .filter(policy -> !policy.match().contains("$")) // which are of nobody alone
                .map(Policy::toString)
                .forEach(ways::add);
        return ways;
    }

    /** By the time that a new pod of the neighbours is served, what came before it has been seen. */
    private static void awaitSeen() {
        var witness = cluster.run(pod("simpson", "witness-" + witnesses, "worker-1", 10 + witnesses++));
        await("the witness is served").untilAsserted(() -> {
            assertThat(ways()).anyMatch(way -> way.contains(witness.ip() + ","));
        });
        cluster.delete(witness);
        await("the witness is served no longer").untilAsserted(() -> {
            assertThat(ways()).noneMatch(way -> way.contains(witness.ip() + ","));
        });
    }

    @Test
    void heHasNoRightsToThePodsOfOthers() {
        assertThatThrownBy(() -> burns.write(HOMER)).isInstanceOf(KubernetesClientException.class);
        assertThatThrownBy(() -> burns.client().pods().inNamespace("simpson").list())
                .hasMessageContaining("forbidden");
    }

    @Test
    void namingAnotherAddressHisPodDoesNotEscape() {
        var before = ways();

        burns.write(SMITHERS.withIps("10.128.2.200"));
        awaitSeen();

        assertThat(ways()).isEqualTo(before);
        await("it is said").untilAsserted(() -> {
            assertThat(EgressIps.message(cluster.egressIp("burns"), "AddressRefused"))
                    .contains("burns/smithers: another address is named than that of the logical switch port");
        });
        burns.write(SMITHERS);
    }

    @Test
    void namingTheAddressOfAnotherHisPodsDoNotGetIt() {
        var before = ways();
        var thieves = new ArrayList<>(List.of(SMITHERS.withIps(HOMER.ip())));
        for (var name : List.of("homer", "hounds", "a")) {
            thieves.add(pod("burns", name, "worker-0", 0)); // the very same address
        }

        thieves.forEach(burns::write);
        awaitSeen();

        assertThat(ways()).isEqualTo(before);
        await("it is said").untilAsserted(() -> {
            assertThat(EgressIps.message(cluster.egressIp("burns"), "AddressRefused"))
                    .contains("burns/hounds: the address belongs to another pod");
        });
        assertThat(EgressIps.conditions(cluster.egressIp("simpson"))).doesNotContainKey("AddressRefused");
        burns.write(SMITHERS);
        thieves.stream().skip(1).forEach(burns::delete);
    }

    @ParameterizedTest
    @ValueSource(strings = {"8.8.8.8", "192.168.126.51", "100.64.0.2", "10.128.0.1", "10.128.0.2"})
    void namingAnAddressThatNoPodCanHaveNothingIsProgrammed(String address) {
        var before = ways();
        var liar = pod("burns", "liar", "worker-0", 0).withIps(address);

        burns.write(liar);
        awaitSeen();

        assertThat(ways()).isEqualTo(before);
        burns.delete(liar);
    }

    @Test
    void namingThousandsOfAddressesHeDelaysNobody() {
        var before = ways();
        var annotation = new StringBuilder("{\"default\":{\"ip_addresses\":[\"10.128.0.5/23\"");
        for (int i = 0; i < 8_000; i++) {
            annotation
                    .append(",\"10.128.")
                    .append(i >> 8)
                    .append('.')
                    .append(i & 255)
                    .append("/14\"");
        }

        burns.annotate(SMITHERS, annotation.append("]}}").toString());
        awaitSeen();

        assertThat(ways()).isEqualTo(before);
        burns.write(SMITHERS);
    }
}
