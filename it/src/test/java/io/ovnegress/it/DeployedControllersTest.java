package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.northbound.EgressServices.Service;
import io.ovnegress.it.harness.process.Certificates;
import io.ovnegress.it.harness.process.LocalOvnCentral;
import io.ovnegress.it.harness.topology.Topology;
import io.ovnegress.it.kube.DeployedPod;
import io.ovnegress.it.kube.InstalledOverlay;
import io.ovnegress.it.kube.Overlay;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What kustomize renders, as it runs: the two pods of the Deployment with its arguments, environment, mounts and service account. On a
 * real API server the rendered manifests are applied, so that the rendered roles and bindings are all the rights there are.
 */
@Tag("long")
class DeployedControllersTest {
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final String IP = "192.168.126.100";
    private static final String LEADS = "this controller leads";
    private static final String STANDS_BY = "another controller leads, this one stands by";

    @TempDir
    private Path directory;

    private static Stream<Overlay> overlays() {
        return Overlay.names().map(Overlay::render);
    }

    @ParameterizedTest
    @MethodSource("overlays")
    void oneLeadsAndTheOtherTakesOverFromItsKillAndNoRequestIsRefused(Overlay overlay) {
        var environment = overlay.environment();
        var topology = Topology.ipv4(prefix(environment.get("OVN_EGRESS_CLUSTER_SUBNETS")), 51, "worker-0", "worker-1");
        var central = LocalOvnCentral.start();
        var api = KubeApi.bareForTests(EgressIps.CONTEXT);
        try (var installed = InstalledOverlay.install(overlay, api, directory);
                var cluster = LiveCluster.start(topology, central, api)) {
            boolean encrypted = environment.get("OVN_EGRESS_NB_ADDRESS").startsWith("ssl:");
            var files = Certificates.make(directory);
            var database = encrypted
                    ? central.northbound().encrypted(files.key(), files.certificate(), files.authority())
                    : central.northbound().loopbackAddress();
            Map<String, Path> mounted = encrypted
                    ? Map.of(
                            "/ovn-cert/tls.key", files.key(),
                            "/ovn-cert/tls.crt", files.certificate(),
                            "/ovn-ca/ca-bundle.crt", files.authority())
                    : Map.of();
            cluster.createNodes();
            cluster.label("worker-0");
            cluster.namespace("simpson", SIMPSON);
            var homer = cluster.run(Topology.pod("simpson", "homer", Map.of(), topology.node("worker-0"), 0));
            cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));

            try (var one = new DeployedPod(overlay, api, database, mounted);
                    var two = new DeployedPod(overlay, api, database, mounted)) {
                long begun = System.nanoTime();
                one.controller().start();
                two.controller().start();
                one.controller().awaitReady();
                two.controller().awaitReady();
                awaitOne(List.of(one, two), LEADS);
                System.out.printf("%s: one leads after %d ms%n", overlay.name(), since(begun));
                var other = awaitOne(List.of(one, two), STANDS_BY); // a slow one may have lost the lead again
                var leader = other == one ? two : one;
                awaitOne(List.of(leader), LEADS);
                cluster.awaitServices(Service.of(homer, IP, topology.node("worker-0")));
                cluster.awaitItems("egressip-demo", new Item("worker-0", IP));

                leader.controller().process().kill();
                begun = System.nanoTime();
                awaitOne(List.of(other), LEADS);
                System.out.printf("%s: the other one leads %d ms after the kill%n", overlay.name(), since(begun));
                var lisa = cluster.run(Topology.pod("simpson", "lisa", Map.of(), topology.node("worker-1"), 0));
                cluster.awaitServices(
                        Service.of(homer, IP, topology.node("worker-0")),
                        Service.of(lisa, IP, topology.node("worker-0")));
                other.controller().process().stop();
            }
            assertNothingRefused(overlay, installed, api);
        }
    }

    /** An embedded API refuses nothing: there the calls are compared with the roles. */
    private static void assertNothingRefused(Overlay overlay, InstalledOverlay installed, KubeApi api) {
        if (api.isEmbedded()) {
            var rights = Rights.of(overlay.objects(), namespace -> namespace.orElse(overlay.namespace()));
            assertThat(rights.denied(api.callsOfController().orElseThrow())).isEmpty();
        } else {
            var user = "system:serviceaccount:" + overlay.namespace() + ":"
                    + overlay.one(ServiceAccount.class).getMetadata().getName();
            assertThat(installed.refused(user)).isEmpty();
        }
    }

    private static String prefix(String clusterSubnet) {
        return clusterSubnet.replaceFirst("^([^/]+/[^/]+)/.*", "$1"); // without the host subnets' length
    }

    private static long since(long begun) {
        return Duration.ofNanos(System.nanoTime() - begun).toMillis();
    }

    private static DeployedPod awaitOne(List<DeployedPod> pods, String said) {
        return await("one of %d says: %s".formatted(pods.size(), said))
                .until(
                        () -> pods.stream()
                                .filter(pod -> readiness(pod).contains(said))
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    private static String readiness(DeployedPod pod) {
        return pod.controller().get("/readyz?verbose").map(HttpResponse::body).orElse("");
    }
}
