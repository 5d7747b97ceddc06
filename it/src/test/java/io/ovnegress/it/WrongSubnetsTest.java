package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeList;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.kube.KubernetesObjects;
import io.ovnegress.it.harness.oracle.TransactionLog;
import io.ovnegress.it.harness.process.ControllerProcess;
import io.ovnegress.it.harness.process.OvsdbServer;
import io.ovnegress.it.harness.process.WorkDirectory;
import io.ovnegress.it.harness.topology.Topology;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Flags that are not those of ovnkube, beside databases that real ovn-kubernetes wrote: nothing is written. */
class WrongSubnetsTest {
    private static final Path FIXTURES = Path.of("src/test/resources");
    private static final Path TEN_NODES = Path.of("ovnkube-master-10nodes/northbound.db");
    private static final String OBJECT = "egressip-demo";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");

    private final WorkDirectory directory = WorkDirectory.create("ovn-egress-subnets");
    private final KubeApi api = KubeApi.forTests(EgressIps.CONTEXT);
    /** Those that there are: an API server may be other tests' next. */
    private final List<String> nodes = new ArrayList<>();

    @AfterEach
    void close() {
        egressIps().withName(OBJECT).delete();
        api.client().pods().inNamespace("simpson").withGracePeriod(0).delete();
        api.deleteNamespace("simpson");
        nodes.forEach(node -> api.client().nodes().withName(node).delete());
        api.close();
        directory.close();
    }

    private OvsdbServer beside(Path fixture) throws IOException {
        var list = Serialization.unmarshal(
                Files.readString(FIXTURES.resolve(fixture).resolveSibling("nodes.json")), NodeList.class);
        for (var node : list.getItems()) {
            nodes.add(node.getMetadata().getName());
            api.client()
                    .resource(new NodeBuilder(node)
                            .editMetadata()
                            .addToLabels(KubernetesObjects.EGRESS_ASSIGNABLE, "")
                            .withResourceVersion(null)
                            .withUid(null)
                            .withCreationTimestamp(null)
                            .endMetadata()
                            .build())
                    .create();
        }
        api.client().resource(KubernetesObjects.namespace("simpson", SIMPSON)).create();
        var topology = Topology.ipv4(11, "node1", "node2", "node3");
        var homer = Topology.pod("simpson", "homer", Map.of(), topology.node("node1"), 0);
        api.client().resource(KubernetesObjects.pod(homer)).create();
        api.client().resource(EgressIps.of(OBJECT, SIMPSON, "192.168.126.100")).create();
        return OvsdbServer.withFile(directory.path(), "nb", "OVN_Northbound", FIXTURES.resolve(fixture))
                .start();
    }

    private ControllerProcess controller(OvsdbServer server, String flag) {
        return ControllerProcess.onClassPath(
                ControllerProcess.flags(api.controllerKubeconfig(), server.address(), flag));
    }

    private static String readiness(ControllerProcess controller) {
        return controller.get("/readyz?verbose").map(HttpResponse::body).orElse("no answer");
    }

    private GenericKubernetesResource egressIp() {
        return egressIps().withName(OBJECT).get();
    }

    private NonNamespaceOperation<
                    GenericKubernetesResource, GenericKubernetesResourceList, Resource<GenericKubernetesResource>>
            egressIps() {
        return api.client().genericKubernetesResources(EgressIps.CONTEXT);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ovnkube-master-10nodes/northbound.db | --cluster-subnets=10.132.0.0/14/23"
                        + " | --cluster-subnets is 10.132.0.0/14, but node node1 has 10.128.0.0/23 (and 9 more like it)",
                "ovnkube-master-10nodes/northbound.db | --cluster-subnets=10.128.0.0/20/23"
                        + " | --cluster-subnets is 10.128.0.0/20, but node node10 has 10.128.18.0/23 (and 1 more like it)",
                "ovnkube-master-10nodes/northbound.db | --gateway-v4-join-subnet=100.65.0.0/16"
                        + " | --gateway-v4-join-subnet is 100.65.0.0/16, but port rtoj-ovn_cluster_router has 100.64.0.1/16"
                        + " (and 10 more like it)",
                "ovnkube-interconnect-3zones/northbound-node1.db | --cluster-subnets=10.132.0.0/14/23"
                        + " | --cluster-subnets is 10.132.0.0/14, but node node1 has 10.128.0.0/23 (and 2 more like it)",
                "ovnkube-interconnect-3zones/northbound-node1.db | --gateway-v4-join-subnet=100.65.0.0/16"
                        + " | --gateway-v4-join-subnet is 100.65.0.0/16, but port rtoj-ovn_cluster_router has 100.64.0.1/16"
                        + " (and 1 more like it)",
            })
    void wrongFlagsWriteNothingAndSayWhichNodeSaysWhat(Path fixture, String flag, String message) throws IOException {
        try (var server = beside(fixture)) {
            int before = TransactionLog.read(server.file()).size();
            try (var controller = controller(server, flag).start()) {
                await("readiness says it")
                        .untilAsserted(() -> assertThat(readiness(controller))
                                .contains("[-]subnets missing: " + message)
                                .contains("nothing is written"));
                await("the object says it")
                        .untilAsserted(() ->
                                assertThat(Serialization.asJson(egressIp())).contains(message));

                assertThat(TransactionLog.read(server.file()).size()).isEqualTo(before);
                assertThat(controller.log())
                        .containsOnlyOnce("flags are contradicted by the cluster")
                        .contains(message);
                assertThat(controller.get("/metrics").orElseThrow().body())
                        .contains("ovn_egress_writes_nothing 1.0")
                        .contains("ovn_egress_subnet_contradictions{flag=\"" + flag.substring(0, flag.indexOf('='))
                                + "\"}");
            }
        }
    }

    @Test
    void rightRowsStayUnderWrongFlagsAndAreLedOnWithRightOnes() throws IOException {
        try (var server = beside(TEN_NODES)) {
            try (var controller =
                    controller(server, "--cluster-subnets=10.128.0.0/14/23").start()) {
                controller.awaitReady();
            }
            int transactions = TransactionLog.read(server.file()).size();
            try (var controller =
                    controller(server, "--cluster-subnets=10.132.0.0/14/23").start()) {
                await("readiness says it")
                        .untilAsserted(() -> assertThat(readiness(controller)).contains("nothing is written"));
            }
            try (var controller =
                    controller(server, "--cluster-subnets=10.128.0.0/14/23").start()) {
                controller.awaitReady();
            }
            assertThat(TransactionLog.read(server.file()).size()).isEqualTo(transactions);
        }
    }
}
