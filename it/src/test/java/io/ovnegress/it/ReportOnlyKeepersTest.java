package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.container.OvnProvider;
import io.ovnegress.it.harness.kube.ApiCall;
import io.ovnegress.it.harness.kube.EgressFirewalls;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressProxies;
import io.ovnegress.it.harness.kube.EgressRouters;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.process.ControllerProcess;
import io.ovnegress.it.harness.topology.Topology;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Started with {@code --report-only} and everything else that can be enabled, the controller writes no row and no object but events;
 * without the flag the same objects are written to and made.
 */
class ReportOnlyKeepersTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1");
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final Set<String> READING = Set.of("get", "list", "watch");
    private static final List<String> DEFINITIONS = Stream.concat(
                    Stream.of(
                                    "egress-router/ovn-egress.io_egressrouters.yaml",
                                    "egress-firewall/k8s.ovn.org_egressfirewalls.yaml",
                                    "egress-firewall/network.openshift.io_egressnetworkpolicies.yaml",
                                    "egress-firewall/ovn-egress.io_egressadminpolicies.yaml",
                                    "egress-ip-pools/ovn-egress.io_egressippools.yaml",
                                    "egress-proxy/ovn-egress.io_egressproxies.yaml")
                            .map(file -> "deploy/crds/" + file),
                    Stream.of("egress-router", "egress-firewall", "egress-ip-pools", "egress-proxy", "avi-services")
                            .map(component -> "deploy/components/" + component + "/rbac.yaml"))
            .toList();

    private final LiveCluster cluster =
            LiveCluster.start(TOPOLOGY, OvnProvider.start(), KubeApi.withMoreForTests(EgressIps.CONTEXT, DEFINITIONS));

    @AfterEach
    void stop() {
        cluster.close();
    }

    private ControllerProcess controller(String... more) {
        var flags = ControllerProcess.flags(
                cluster.api().controllerKubeconfig(),
                cluster.central().northbound().address(),
                more);
        flags.addAll(List.of(
                "--cluster-subnets=" + String.join(",", TOPOLOGY.clusterSubnets()),
                "--k8s-service-cidrs=172.30.0.0/16",
                "--enable-egress-router",
                "--enable-egress-firewall",
                "--enable-egress-ip-pools",
                "--enable-egress-proxy",
                "--enable-avi-services",
                "--guard",
                "--egressip-form=Router"));
        return ControllerProcess.onClassPath(flags);
    }

    private static GenericKubernetesResource pool(String name, Map<String, ?> spec) {
        return EgressIps.pool(name, spec);
    }

    /** One of everything that a controller does something about. */
    private void oneOfEverything() {
        cluster.createNodes();
        cluster.label("worker-0", "worker-1");
        cluster.namespace("simpson", SIMPSON);
        cluster.namespace("bouvier", Map.of("team", "shop"));
        cluster.run(Topology.pod("simpson", "homer", Map.of(), TOPOLOGY.node("worker-0"), 0));
        cluster.run(Topology.pod("bouvier", "selma", Map.of(), TOPOLOGY.node("worker-1"), 0));
        cluster.create(EgressIps.of("egressip-demo", SIMPSON, "192.168.126.100"));
        cluster.create(EgressFirewalls.of("simpson", List.of(EgressFirewalls.deny("203.0.113.0/24"))));
        cluster.create(EgressFirewalls.adminPolicy(
                "no-mail",
                Map.of(
                        "namespaceSelector",
                        Map.of(),
                        "rules",
                        List.of(Map.of("action", "Drop", "to", Map.of("cidrSelector", "198.51.100.0/24"))))));
        cluster.create(EgressRouters.of(
                "simpson",
                "bank",
                Map.of(
                        "addresses",
                        List.of("192.168.126.150"),
                        "destinations",
                        List.of(Map.of("port", 443, "protocol", "TCP", "to", "203.0.113.25")))));
        cluster.create(pool(
                "shops",
                Map.of(
                        "ranges",
                        List.of("192.168.126.200-192.168.126.209"),
                        "namespaceSelector",
                        Map.of("matchLabels", Map.of("team", "shop")),
                        "routerNamespaceSelector",
                        Map.of())));
        cluster.create(EgressProxies.of(
                "simpson",
                "web",
                Map.of("addresses", List.of("192.168.126.160"), "destinationsText", "www.example.com\n")));
        cluster.create(new ServiceBuilder()
                .withNewMetadata()
                .withNamespace("simpson")
                .withName("secure-egress-service")
                .addToAnnotations("avi_proxy", "{}")
                .addToAnnotations("egress_pod", "{\"destination_ip\": \"10.10.10.200\"}")
                .endMetadata()
                .withNewSpec()
                .withType("LoadBalancer")
                .addNewPort()
                .withName("foo")
                .withPort(80)
                .endPort()
                .endSpec()
                .build());
    }

    private static JsonNode audit(ControllerProcess controller) {
        try {
            return new ObjectMapper()
                    .readTree(controller
                            .get("/api/v1/audit?limit=1000")
                            .orElseThrow()
                            .body());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What controllers have asked of the API beside reading it, in words such as {@code patch egressips/status}. */
    private Set<String> writes() {
        var writes = new TreeSet<String>();
        cluster.api().callsOfController().orElse(Set.of()).stream()
                .filter(call -> !READING.contains(call.verb()))
                .map(ReportOnlyKeepersTest::word)
                .forEach(writes::add);
        return writes;
    }

    private static String word(ApiCall call) {
        return call.verb() + " " + call.resource();
    }

    @Test
    void nothingIsWrittenOfAllThatIsWrittenWithoutTheFlag() {
        oneOfEverything();
        cluster.central().sync();
        int before = cluster.transactions().transactions().size();

        try (var reporting = controller("--report-only")) {
            reporting.start().awaitReady();
            await("an audit by itself")
                    .until(() ->
                            reporting.get("/metrics").orElseThrow().body().contains("ovn_egress_audit_rows{class="));
            await("an event").until(() -> !writes().isEmpty());
            assertThat(audit(reporting).at("/findings").toString())
                    .as("rows of every feature are missed")
                    .contains(
                            "egressip-demo",
                            "firewall of namespace simpson",
                            "EgressAdminPolicy no-mail",
                            "EgressRouter simpson/bank");
            reporting.process().stop();
        }
        assertThat(cluster.transactions().transactions())
                .as("not one transaction")
                .hasSize(before);
        assertThat(writes()).containsExactly("create events");

        try (var writing = controller()) {
            writing.start().awaitReady();
            await("without it all of that is written; parts of proxies by a real API server alone")
                    .untilAsserted(() -> assertThat(writes())
                            .contains(
                                    "patch egressips/status",
                                    "patch egressfirewalls/status",
                                    "patch egressadminpolicies/status",
                                    "patch egressrouters/status",
                                    "patch egressippools/status",
                                    "create egressips",
                                    "create egressrouters"));
            writing.awaitIdle();
            writing.process().stop();
        }
        assertThat(cluster.transactions().transactions()).hasSizeGreaterThan(before + 2);
    }
}
