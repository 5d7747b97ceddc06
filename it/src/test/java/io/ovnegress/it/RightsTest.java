package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.ApiCall;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.kube.EgressTraffics;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.northbound.EgressServices.Service;
import io.ovnegress.it.harness.process.ControllerProcess;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Family;
import io.ovnegress.it.harness.topology.Topology;
import io.ovnegress.it.kube.Overlay;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * What the controller asks of the API, with either definition of EgressIP, against what {@code deploy/base/rbac.yaml} and every
 * overlay, as rendered, grant. The
 * calls are those that the embedded API saw; with a real one, which enforces the roles too, those of its audit log.
 */
class RightsTest {
    private static final Path ROLES = Path.of("../deploy/base/rbac.yaml");
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1");
    private static final String IP = "192.168.126.100";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final ClusterPod HOMER = Topology.pod("simpson", "homer", Map.of(), TOPOLOGY.node("worker-0"), 0);

    /** Base, and what kustomize makes of it for every overlay. */
    @Test
    void theRolesGrantEveryCallOfTheControllerAndNothingElse() throws IOException {
        var calls = new HashSet<ApiCall>();
        calls.addAll(callsWith(EgressIps.CONTEXT));
        calls.addAll(callsWith(EgressIps.UPSTREAM_CONTEXT));
        // Where it is not installed, which the API is asked about then.
        calls.add(new ApiCall(
                "get", "apiextensions.k8s.io", "customresourcedefinitions", "", EgressTraffics.CONTEXT.getName()));

        assertExact(
                Rights.of(
                        Overlay.objects(Files.readString(ROLES)),
                        namespace -> namespace.orElse(KubeApi.CONTROLLER_NAMESPACE)),
                calls);
        Overlay.names().map(Overlay::render).forEach(overlay -> {
            Function<Optional<String>, String> here = namespace ->
                    namespace.filter(name -> !name.equals(overlay.namespace())).orElse(KubeApi.CONTROLLER_NAMESPACE);
            assertExact(Rights.of(overlay.objects(), here), calls);
        });
    }

    private static void assertExact(Rights rights, Set<ApiCall> calls) {
        assertThat(rights.denied(calls)).as("called and not granted").isEmpty();
        assertThat(rights.unused(calls))
                .as("granted and never called; called were %s", calls)
                .isEmpty();
    }

    /** Everything that makes the controller ask: start, election, status, an event and the same event again, end. */
    private static Set<ApiCall> callsWith(CustomResourceDefinitionContext definition) {
        try (var cluster = LiveCluster.start(TOPOLOGY, KubeApi.forTests(definition));
                var controller = ControllerProcess.onClassPath(ControllerProcess.flags(
                        cluster.api().controllerKubeconfig(),
                        cluster.central().northbound().address(),
                        "--cluster-subnets",
                        String.join(",", TOPOLOGY.clusterSubnets()),
                        "--leader-elect"))) {
            Assumptions.assumeTrue(
                    cluster.api().callsOfController().isPresent(), "this API server's audit log is not at hand");
            cluster.createNodes();
            cluster.label("worker-0");
            cluster.namespace("simpson", SIMPSON);
            cluster.run(HOMER);
            cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
            controller.start().awaitReady();
            cluster.awaitServices(Service.of(HOMER, IP, TOPOLOGY.node("worker-0")));
            cluster.awaitItems("egressip-demo", new Item("worker-0", IP));

            var nodes = TOPOLOGY.node("worker-1").address(Family.V4);
            cluster.replaceSpec(EgressIps.of("egressip-demo", SIMPSON, nodes));
            awaitEvents(cluster, 1);
            cluster.awaitItems("egressip-demo");
            cluster.replaceSpec(EgressIps.of("egressip-demo", SIMPSON, IP));
            cluster.awaitItems("egressip-demo", new Item("worker-0", IP));
            cluster.replaceSpec(EgressIps.of("egressip-demo", SIMPSON, nodes));
            awaitEvents(cluster, 2);

            controller.process().stop();
            return cluster.api().callsOfController().orElseThrow();
        }
    }

    private static void awaitEvents(LiveCluster cluster, int times) {
        var uid = cluster.egressIp("egressip-demo").getMetadata().getUid();
        await("the event is there %d times".formatted(times))
                .until(() -> cluster.api().client().v1().events().inNamespace("default").list().getItems().stream()
                                .filter(event ->
                                        event.getInvolvedObject().getUid().equals(uid))
                                .mapToInt(Event::getCount)
                                .max()
                                .orElse(0)
                        == times);
    }
}
