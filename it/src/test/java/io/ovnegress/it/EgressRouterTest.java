package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.container.OvnProvider;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressRouters;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.process.Command;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** EgressRouters from objects in a Kubernetes API to a real database with ovn-northd, and back. */
class EgressRouterTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1");
    private static final ClusterPod HOMER = Topology.pod("simpson", "homer", Map.of(), TOPOLOGY.node("worker-0"), 0);
    private static final String SOURCE = "192.168.126.200";
    private static final String ROUTER = "egressrouter_simpson_bank_" + SOURCE;
    private static final String INSIDE = "100.64.255.254";

    @RegisterExtension
    static final ClusterExtension CONTROLLER = ClusterExtension.on(
                    () -> LiveCluster.start(TOPOLOGY, OvnProvider.start(), KubeApi.withEgressRoutersForTests()))
            .with("--enable-egress-router", "--k8s-service-cidrs=172.30.0.0/16");

    @BeforeEach
    void simpsons(LiveCluster cluster) {
        cluster.namespace("simpson", Map.of());
        cluster.run(HOMER);
        cluster.label("worker-0", "worker-1");
    }

    private static GenericKubernetesResource create(LiveCluster cluster, Map<String, ?> more) {
        var spec = new HashMap<String, Object>(Map.of("addresses", List.of(SOURCE)));
        spec.putAll(more);
        return cluster.create(EgressRouters.of("simpson", "bank", spec));
    }

    private static GenericKubernetesResource bank(LiveCluster cluster) {
        return cluster.api()
                .client()
                .genericKubernetesResources(EgressRouters.CONTEXT)
                .inNamespace("simpson")
                .withName("bank")
                .require();
    }

    private static void awaitCondition(LiveCluster cluster, String type, String value) {
        await(type + " is " + value)
                .untilAsserted(
                        () -> assertThat(EgressIps.conditions(bank(cluster))).containsEntry(type, value));
    }

    private static String balancers(LiveCluster cluster) {
        return cluster.central().nbctl("lr-lb-list", ROUTER);
    }

    private static void delete(LiveCluster cluster) {
        cluster.api().client().resource(bank(cluster)).delete();
        await("nothing is left").untilAsserted(() -> {
            assertThat(cluster.central().nbctl("show")).doesNotContain("egressrouter_");
            assertThat(cluster.central().nbctl("list", "Load_Balancer")).isBlank();
            assertThat(cluster.central().nbctl("acl-list", "join")).isBlank();
            assertThat(cluster.central().nbctl("lr-policy-list", "ovn_cluster_router"))
                    .doesNotContain("198.18.0.1");
        });
    }

    private static ConfigMap routes(String text) {
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace("simpson")
                .withName("egress-routes")
                .endMetadata()
                .withData(Map.of("destination", text))
                .build();
    }

    @Test
    void aConfigMapIsObeyedAsSoonAsItChangesAndAWrongOneIsRefusedByItsLines(LiveCluster cluster) {
        create(
                cluster,
                Map.of(
                        "destinationsFrom",
                        Map.of("configMapKeyRef", Map.of("name", "egress-routes", "key", "destination"))));
        awaitCondition(cluster, "Ready", "False NoConfigMap");
        var map = cluster.create(routes("# Egress routes\n\n80 tcp 203.0.113.25\n8080 tcp 203.0.113.26 80\n"));
        awaitCondition(cluster, "Ready", "True Serving");
        assertThat(EgressRouters.virtualIp(bank(cluster))).isEqualTo("198.18.0.1");
        assertThat(balancers(cluster)).contains("198.18.0.1:80", "203.0.113.25:80", INSIDE + ":8080");

        cluster.api()
                .client()
                .resource(routes("80 tcp 203.0.113.27\n203.0.113.28"))
                .update();
        await("the change is there")
                .untilAsserted(() -> assertThat(balancers(cluster))
                        .contains("203.0.113.27:80", "203.0.113.28")
                        .doesNotContain("203.0.113.25"));

        cluster.api()
                .client()
                .resource(routes("203.0.113.28\n80 tcp 203.0.113.27"))
                .update();
        awaitCondition(cluster, "Ready", "False InvalidDestinations");
        assertThat(EgressIps.message(bank(cluster), "Ready"))
                .contains("egress-routes", "line 2: comes after the fallback of line 1");
        assertThat(balancers(cluster)).contains("203.0.113.27:80");
        assertThat(cluster.api()
                        .client()
                        .v1()
                        .events()
                        .inNamespace("simpson")
                        .list()
                        .getItems())
                .extracting(Event::getReason)
                .contains("NoConfigMap", "InvalidDestinations");
        delete(cluster);
        cluster.api().client().resource(map).delete();
    }

    @Test
    void aServiceWithoutSelectorIsFilledAndOthersAreNot(LiveCluster cluster) {
        Assumptions.assumeTrue(
                cluster.api().isEmbedded() || cluster.api().client().supports("discovery.k8s.io/v1", "EndpointSlice"),
                "this API server has no EndpointSlices of discovery.k8s.io/v1 (Kubernetes before 1.21)");
        create(cluster, Map.of("fallback", "203.0.113.25", "service", "bank"));
        awaitCondition(cluster, "Ready", "True Serving");
        awaitCondition(cluster, "ServiceFilled", "False ServiceUnusable");
        assertThat(EgressIps.message(bank(cluster), "ServiceFilled")).contains("Service simpson/bank: there is none");

        var service = new ServiceBuilder()
                .withNewMetadata()
                .withNamespace("simpson")
                .withName("bank")
                .endMetadata()
                .withNewSpec()
                .addNewPort()
                .withName("http")
                .withPort(80)
                .withProtocol("TCP")
                .withNewTargetPort(8080)
                .endPort()
                .endSpec()
                .build();
        cluster.create(service);
        awaitCondition(cluster, "ServiceFilled", "True ServiceFilled");
        var slices = cluster.api().client().discovery().v1().endpointSlices().inNamespace("simpson");
        assertThat(slices.list().getItems()).singleElement().satisfies(slice -> {
            assertThat(slice.getMetadata().getLabels()).containsEntry("kubernetes.io/service-name", "bank");
            assertThat(slice.getMetadata().getOwnerReferences())
                    .singleElement()
                    .satisfies(owner -> assertThat(owner.getKind()).isEqualTo("EgressRouter"));
            assertThat(slice.getEndpoints().getFirst().getAddresses()).containsExactly(INSIDE);
            assertThat(slice.getPorts()).singleElement().satisfies(port -> {
                assertThat(port.getName()).isEqualTo("http");
                assertThat(port.getPort()).isEqualTo(8080);
            });
        });

        CONTROLLER.controller().process().stop();
        CONTROLLER.startController();
        awaitCondition(cluster, "ServiceFilled", "True ServiceFilled");
        assertThat(slices.list().getItems())
                .extracting(EndpointSlice::getMetadata)
                .as("a start leaves it alone")
                .hasSize(1);

        cluster.api()
                .client()
                .services()
                .inNamespace("simpson")
                .withName("bank")
                .edit(there -> new ServiceBuilder(there)
                        .editSpec()
                        .withSelector(Map.of("app", "web"))
                        .endSpec()
                        .build());
        awaitCondition(cluster, "ServiceFilled", "False ServiceUnusable");
        assertThat(slices.list().getItems()).isEmpty();
        delete(cluster);
        Rights.assertEnough(cluster, "deploy/base/rbac.yaml", "deploy/components/egress-router/rbac.yaml");
    }

    @Test
    void rowsAreRepairedAndTakenAwayByTheScriptForLeaving(LiveCluster cluster) {
        create(cluster, Map.of("destinationsText", "80 tcp 203.0.113.25"));
        awaitCondition(cluster, "Ready", "True Serving");
        assertThat(cluster.central().nbctl("show", ROUTER)).contains(SOURCE);

        cluster.central().nbctl("lb-del", ROUTER + "_tcp");
        await("it is there again")
                .untilAsserted(() -> assertThat(balancers(cluster)).contains("203.0.113.25:80"));

        CONTROLLER.controller().process().stop();
        Command.of(
                        "../deploy/tools/remove-rows.sh",
                        "--db",
                        cluster.central().northbound().address())
                .output();
        assertThat(cluster.central().nbctl("show")).doesNotContain("egressrouter_");
        assertThat(cluster.central().nbctl("list", "Load_Balancer")).isBlank();
        assertThat(cluster.central().nbctl("acl-list", "join")).isBlank();
        assertThat(cluster.central().nbctl("lr-route-list", "ovn_cluster_router"))
                .doesNotContain(INSIDE);

        CONTROLLER.startController();
        await("the router is there again")
                .until(() -> cluster.central().nbctl("show").contains(ROUTER));
        delete(cluster);
    }
}
