package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.container.OvnProvider;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.northbound.EgressServices.Service;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Namespaces get addresses of a pool: from objects in a Kubernetes API to rows in OVN_Northbound. */
class EgressIpPoolTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1");
    private static final ClusterPod HOMER = Topology.pod("simpson", "homer", Map.of(), TOPOLOGY.node("worker-0"), 0);
    private static final Map<String, String> SHOP = Map.of("team", "shop");
    private static final String OBJECT = "shops.simpson";

    @RegisterExtension
    static final ClusterExtension CONTROLLER = ClusterExtension.on(
                    () -> LiveCluster.start(TOPOLOGY, OvnProvider.start(), KubeApi.withPoolsForTests()))
            .with("--enable-egress-ip-pools");

    @BeforeEach
    void node(LiveCluster cluster) {
        cluster.label("worker-0");
    }

    /** Garbage collection is not the API server's. */
    @AfterEach
    void nothingIsLeft(LiveCluster cluster) {
        cluster.api().client().genericKubernetesResources(EgressIps.POOLS).delete();
        // Until it has heard of that, the controller makes them anew.
        await("no EgressIP is left").until(() -> {
            var egressIps = cluster.api().client().genericKubernetesResources(EgressIps.CONTEXT);
            egressIps.delete();
            return egressIps.list().getItems().isEmpty() && cluster.services().isEmpty();
        });
        cluster.unlabel(TOPOLOGY.node("worker-0"));
    }

    private static void pool(LiveCluster cluster, String name, Object selector, String grace, String... ranges) {
        cluster.create(EgressIps.pool(
                name,
                Map.of(
                        "ranges",
                        List.of(ranges),
                        "namespaceSelector",
                        selector,
                        "gracePeriod",
                        grace,
                        "annotations",
                        Map.of("ovn-egress.io/on-unassigned", "Drop"))));
    }

    private static Optional<GenericKubernetesResource> object(LiveCluster cluster, String name) {
        return Optional.ofNullable(cluster.api()
                .client()
                .genericKubernetesResources(EgressIps.CONTEXT)
                .withName(name)
                .get());
    }

    private static String addresses(LiveCluster cluster, String name) {
        return object(cluster, name)
                .map(object -> String.valueOf(object.<Object>get("spec", "egressIPs")))
                .orElse("none");
    }

    private static void awaitPool(LiveCluster cluster, String name, String condition, Map<String, Integer> usage) {
        await("pool %s says so".formatted(name)).untilAsserted(() -> {
            var pool = cluster.api()
                    .client()
                    .genericKubernetesResources(EgressIps.POOLS)
                    .withName(name)
                    .require();
            assertThat(EgressIps.conditions(pool)).containsEntry("Ready", condition);
            usage.forEach((field, value) ->
                    assertThat(pool.<Object>get("status", field)).as(field).isEqualTo(value));
        });
    }

    @Test
    void aNamespaceGetsAnAddressKeepsItAndComesBackToIt(LiveCluster cluster) throws IOException {
        cluster.namespace("simpson", SHOP);
        cluster.run(HOMER);
        pool(cluster, "shops", Map.of("matchLabels", SHOP), "1h", "192.168.126.100-192.168.126.101", "192.168.126.51");

        cluster.awaitServices(Service.of(HOMER, "192.168.126.100", TOPOLOGY.node("worker-0")));
        var made = object(cluster, OBJECT).orElseThrow();
        assertThat(made.getMetadata().getLabels()).containsEntry("ovn-egress.io/pool", "shops");
        assertThat(made.getMetadata().getAnnotations()).containsEntry("ovn-egress.io/on-unassigned", "Drop");
        assertThat(made.getMetadata().getOwnerReferences())
                .singleElement()
                .satisfies(owner -> assertThat(owner.getName()).isEqualTo("shops"));
        // 192.168.126.51 is a node's.
        awaitPool(cluster, "shops", "True Ready", Map.of("total", 2, "used", 1, "reserved", 0, "free", 1));

        cluster.labelNamespace("simpson", Map.of());
        cluster.awaitServices();
        awaitPool(cluster, "shops", "True Ready", Map.of("total", 2, "used", 0, "reserved", 1, "free", 1));
        assertThat(addresses(cluster, OBJECT)).isEqualTo("[192.168.126.100]");

        cluster.namespace("bouvier", SHOP);
        await("another one gets another one")
                .untilAsserted(
                        () -> assertThat(addresses(cluster, "shops.bouvier")).isEqualTo("[192.168.126.101]"));
        cluster.labelNamespace("simpson", SHOP);
        cluster.awaitServices(Service.of(HOMER, "192.168.126.100", TOPOLOGY.node("worker-0")));
        await("it is not kept any more, but used")
                .untilAsserted(() -> assertThat(object(cluster, OBJECT)
                                .orElseThrow()
                                .getMetadata()
                                .getAnnotations())
                        .doesNotContainKey("ovn-egress.io/pool-released"));
        awaitPool(cluster, "shops", "True Ready", Map.of("used", 2, "reserved", 0, "free", 0));
        Rights.assertEnough(cluster, "deploy/base/rbac.yaml", "deploy/components/egress-ip-pools/rbac.yaml");
    }

    @Test
    void whatSomebodyElseHasIsNotTouched(LiveCluster cluster) {
        cluster.create(EgressIps.of(OBJECT, Map.of("house", "somebody"), "192.168.126.100"));
        cluster.namespace("simpson", SHOP);
        cluster.namespace("bouvier", SHOP);
        pool(cluster, "shops", Map.of("matchLabels", SHOP), "0s", "192.168.126.100-192.168.126.109");

        awaitPool(cluster, "shops", "False NameTaken", Map.of("total", 9, "used", 1));
        assertThat(addresses(cluster, OBJECT)).isEqualTo("[192.168.126.100]");
        assertThat(addresses(cluster, "shops.bouvier")).isEqualTo("[192.168.126.101]");

        cluster.labelNamespace("bouvier", Map.of());
        await("it is given back at once")
                .until(() -> object(cluster, "shops.bouvier").isEmpty());

        pool(
                cluster,
                "younger",
                Map.of("matchLabels", Map.of("team", "nobody")),
                "0s",
                "192.168.126.105-192.168.126.120");
        awaitPool(cluster, "younger", "False Overlaps", Map.of("used", 0));
    }
}
