package io.ovnegress.it.kube;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.LogOnFailure;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.Guest;
import io.ovnegress.it.harness.process.ControllerProcess;
import io.ovnegress.it.harness.topology.Topology;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** All of deploy/examples as somebody applies them to a real API server, beside a controller with every feature and its rights. */
class RealExamplesTest {
    private static final Topology TOPOLOGY = Topology.ipv4(53, "worker-0", "worker-1", "worker-2");
    private static final List<String> DEFINITIONS = List.of(
            "deploy/crds/egress-router/ovn-egress.io_egressrouters.yaml",
            "deploy/components/egress-router/rbac.yaml",
            "deploy/crds/egress-firewall/k8s.ovn.org_egressfirewalls.yaml",
            "deploy/crds/egress-firewall/network.openshift.io_egressnetworkpolicies.yaml",
            "deploy/crds/egress-firewall/ovn-egress.io_egressadminpolicies.yaml",
            "deploy/components/egress-firewall/rbac.yaml",
            "deploy/crds/egress-ip-pools/ovn-egress.io_egressippools.yaml",
            "deploy/components/egress-ip-pools/rbac.yaml",
            "deploy/crds/egress-proxy/ovn-egress.io_egressproxies.yaml",
            "deploy/components/egress-proxy/rbac.yaml",
            "deploy/components/avi-services/rbac.yaml");
    /** What is said of objects that are not obeyed as they are written. */
    private static final String REFUSAL =
            "Invalid.*|.*Conflict|Refused.*|.*Refused|Unsupported.*|Overlapping.*|SeveralPolicies|TooMany.*|Unknown.*";

    private static final List<String> OURS = List.of("k8s.ovn.org", "ovn-egress.io", "network.openshift.io");

    @TempDir
    private static Path directory;

    private static LiveCluster cluster;
    private static ControllerProcess controller;

    @RegisterExtension
    static final LogOnFailure LOG = new LogOnFailure(() -> controller);

    private static final List<Path> applied = new ArrayList<>();
    private static final List<String> namespaces = new ArrayList<>();

    @BeforeAll
    static void start() {
        Kubectl.orSkip();
        var api = RealApi.orSkip(EgressIps.CONTEXT, DEFINITIONS);
        cluster = LiveCluster.start(TOPOLOGY, api);
        cluster.createNodes();
        cluster.label("worker-0", "worker-1", "worker-2");
        controller = ControllerProcess.onClassPath(ControllerProcess.flags(
                        api.controllerKubeconfig(),
                        cluster.central().northbound().address(),
                        "--cluster-subnets",
                        String.join(",", TOPOLOGY.clusterSubnets()),
                        "--k8s-service-cidrs=172.30.0.0/16",
                        "--enable-egress-router",
                        "--enable-egress-firewall",
                        "--enable-egress-ip-pools",
                        "--enable-egress-proxy",
                        "--enable-avi-services"))
                .start()
                .awaitReady();
    }

    @AfterAll
    static void stop() {
        if (controller != null) {
            controller.close();
        }
        if (cluster != null) {
            takeAway();
            namespaces.forEach(cluster.api()::deleteNamespace);
            cluster.close();
        }
    }

    /** What was applied, the last first; namespaces are only told to go, since nobody takes away what is in them here. */
    private static void takeAway() {
        for (var file : applied.reversed()) {
            kubectl(
                    "delete",
                    "--ignore-not-found",
                    "--wait=false",
                    "--grace-period=0",
                    "--force",
                    "-f",
                    file.toString());
        }
        applied.clear();
    }

    /**
     * The files as they are, but for one thing: an old server that was built with a newer Go, as it/scripts/kube-apiserver.sh builds
     * 1.20, takes the empty text for null in custom resources.
     */
    private List<Path> files() throws IOException {
        boolean takesNoEmptyText = !cluster.api().client().raw("/openapi/v2").contains("x-kubernetes-validations");
        var copies = new ArrayList<Path>();
        try (var files = Files.walk(Guest.inSources("deploy/examples"))) {
            for (var file : files.filter(each -> each.toString().endsWith(".yaml"))
                    .sorted()
                    .toList()) {
                var text = Files.readString(file);
                copies.add(Files.writeString(
                        directory.resolve(copies.size() + "-" + file.getFileName()),
                        takesNoEmptyText ? text.replace("control-plane: \"\"", "control-plane: \"true\"") : text));
            }
        }
        return copies;
    }

    private static void kubectl(String... arguments) {
        var result = Kubectl.run(cluster.api().kubeconfig(), arguments);
        assertThat(result.exitCode()).as(result.standardError()).isZero();
    }

    /** The objects of our kinds, by what they are called. */
    private static Map<String, HasMetadata> ours(List<Path> files) throws IOException {
        var found = new TreeMap<String, HasMetadata>();
        for (var file : files) {
            for (var text : Files.readString(file).split("(?m)^---$")) {
                if (text.lines().allMatch(line -> line.isBlank() || line.startsWith("#"))) {
                    continue;
                }
                var object = Serialization.unmarshal(text, GenericKubernetesResource.class);
                if (object.getKind().equals("Namespace")) {
                    namespaces.add(object.getMetadata().getName());
                }
                if (OURS.contains(object.getApiVersion().replaceFirst("/.*", ""))
                        && !object.getKind().equals("EgressIPTraffic")) { // which has no status
                    found.put(
                            object.getKind() + " " + object.getMetadata().getNamespace() + "/"
                                    + object.getMetadata().getName(),
                            object);
                }
            }
        }
        return found;
    }

    /** Reasons of the conditions of an object in the server. */
    private static List<String> reasons(HasMetadata example) {
        var object = (GenericKubernetesResource)
                cluster.api().client().resource(example).get();
        var reasons = new ArrayList<String>();
        List<Map<String, Object>> conditions = object == null ? null : object.get("status", "conditions");
        if (conditions != null) {
            conditions.forEach(condition -> reasons.add((String) condition.get("reason")));
        }
        return reasons;
    }

    @Test
    void everyExampleIsTakenAndObeyedAndLeavesNothing() throws IOException {
        var files = files();
        var examples = ours(files);
        assertThat(examples).hasSizeGreaterThan(12);

        for (var namespace : List.of("tenant-a", "tenant-b")) { // whoever has them does so already
            cluster.namespace(namespace, Map.of());
        }
        for (var file : files) {
            applied.add(file);
            kubectl("apply", "--validate=true", "-f", file.toString());
        }

        await("something is said of every object")
                .untilAsserted(() -> assertThat(examples)
                        .allSatisfy((name, object) -> assertThat(reasons(object))
                                .as(name)
                                .isNotEmpty()
                                .noneMatch(reason -> reason.matches(REFUSAL))));
        await("the Service has its router")
                .until(() -> cluster.central().nbctl("show").contains("egressrouter_default_secure-egress-service"));

        takeAway();
        await("nothing is left").untilAsserted(() -> {
            assertThat(cluster.central().nbctl("show")).doesNotContain("egressrouter_");
            assertThat(cluster.central().nbctl("list", "ACL")).doesNotContain("ovn-egress.io");
            assertThat(cluster.central()
                            .nbctl("--bare", "--columns=external_ids", "list", "QoS")
                            .lines()
                            .filter(ids -> ids.contains("ovn-egress.io") && !ids.contains("owner=Baseline")))
                    .isEmpty();
            assertThat(cluster.services()).isEmpty();
        });
    }
}
