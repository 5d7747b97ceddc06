package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.container.OvnProvider;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressRouters;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Avi's secure egress services: from the document's own Service in a Kubernetes API to rows in OVN_Northbound. */
@Tag("long")
class AviServiceTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1");
    private static final ClusterPod HOMER = Topology.pod("simpson", "homer", Map.of(), TOPOLOGY.node("worker-0"), 0);
    private static final String NAME = "secure-egress-service";
    private static final Path DOCUMENTED =
            Path.of("..", "ovn-controller", "src", "test", "resources", "convert", "004-secure-egress-service.json");

    @RegisterExtension
    static final ClusterExtension CONTROLLER = ClusterExtension.on(
                    () -> LiveCluster.start(TOPOLOGY, OvnProvider.start(), KubeApi.withAviServicesForTests()))
            .with(
                    "--enable-egress-router",
                    "--enable-egress-ip-pools",
                    "--enable-avi-services",
                    "--k8s-service-cidrs=172.30.0.0/16");

    @BeforeEach
    void poolOfRouters(LiveCluster cluster) {
        cluster.namespace("simpson", Map.of());
        cluster.run(HOMER);
        cluster.label("worker-0", "worker-1");
        cluster.create(EgressIps.pool(
                "firewall",
                Map.of("ranges", List.of("192.168.126.200-192.168.126.209"), "routerNamespaceSelector", Map.of())));
    }

    @AfterEach
    void nothingIsLeft(LiveCluster cluster) {
        cluster.api().client().services().inNamespace("simpson").delete();
        await("the Service's router is gone").until(() -> router(cluster).get() == null);
        cluster.api().client().genericKubernetesResources(EgressIps.POOLS).delete();
        await("nothing is left")
                .untilAsserted(() -> assertThat(cluster.central().nbctl("show")).doesNotContain("egressrouter_"));
    }

    /** As it is printed, in a namespace of ours. */
    private static Service documented() throws IOException {
        return Serialization.unmarshal(
                Files.readString(DOCUMENTED)
                        .replace("\"namespace\": \"default\"", "\"namespace\": \"simpson\"")
                        .replace("default-avi-microservicegroup", "simpson-avi-microservicegroup"),
                Service.class);
    }

    private static Resource<GenericKubernetesResource> router(LiveCluster cluster) {
        return cluster.api()
                .client()
                .genericKubernetesResources(EgressRouters.CONTEXT)
                .inNamespace("simpson")
                .withName(NAME);
    }

    private static void awaitCondition(LiveCluster cluster, String type, String value) {
        await(type + " is " + value)
                .ignoreExceptions()
                .untilAsserted(
                        () -> assertThat(EgressIps.conditions(router(cluster).require()))
                                .containsEntry(type, value));
    }

    private static List<String> sources(LiveCluster cluster) {
        List<Map<String, String>> sources = router(cluster).require().get("status", "sources");
        return sources.stream().map(source -> source.get("address")).toList();
    }

    private static void annotate(LiveCluster cluster, String annotation) {
        cluster.api()
                .client()
                .services()
                .inNamespace("simpson")
                .withName(NAME)
                .edit(there -> new ServiceBuilder(there)
                        .editMetadata()
                        .addToAnnotations("egress_pod", annotation)
                        .endMetadata()
                        .build());
    }

    private static String balancers(LiveCluster cluster, String source) {
        return cluster.central().nbctl("lr-lb-list", "egressrouter_simpson_" + NAME + "_" + source);
    }

    private static List<String> events(LiveCluster cluster, String kind) {
        return cluster.api().client().v1().events().inNamespace("simpson").list().getItems().stream()
                .filter(event -> event.getInvolvedObject().getKind().equals(kind))
                .map(Event::getReason)
                .toList();
    }

    @Test
    void theDocumentedServiceLeavesAsAnAddressOfThePoolAndGivesItBackWhenItGoes(LiveCluster cluster)
            throws IOException {
        cluster.create(documented());
        awaitCondition(cluster, "Ready", "True Serving");
        awaitCondition(cluster, "AnnotationObeyed", "True AnnotationObeyed");
        assertThat(sources(cluster)).containsExactly("192.168.126.200");
        assertThat(balancers(cluster, "192.168.126.200")).contains("10.10.10.200:80");
        assertThat(router(cluster).require().getMetadata().getOwnerReferences())
                .singleElement()
                .satisfies(owner -> assertThat(owner.getKind()).isEqualTo("Service"));
        awaitPool(cluster, 1);

        CONTROLLER.controller().process().stop();
        CONTROLLER.startController();
        annotate(cluster, """
                {"ha": true, "image": "private-repo:5000/avi-egress-router", "destinations": {
                   "10.10.10.201": {"8080": "80"}, "10.10.20.20": {"9080": "80"}}}""");
        await("two sources, the first of which is what it was")
                .ignoreExceptions()
                .untilAsserted(
                        () -> assertThat(sources(cluster)).containsExactly("192.168.126.200", "192.168.126.201"));
        awaitCondition(cluster, "Ready", "True Serving");
        assertThat(balancers(cluster, "192.168.126.201")).contains("10.10.10.201:80", "10.10.20.20:80");
        assertThat(EgressIps.message(router(cluster).require(), "AnnotationObeyed"))
                .contains(
                        "image private-repo:5000/avi-egress-router is not needed", "port 8080 is none of the Service");
        awaitPool(cluster, 2);

        cluster.api().client().services().inNamespace("simpson").withName(NAME).delete();
        await("its router is gone").until(() -> router(cluster).get() == null);
        awaitPool(cluster, 0);
        Rights.assertEnough(
                cluster,
                "deploy/base/rbac.yaml",
                "deploy/components/egress-router/rbac.yaml",
                "deploy/components/egress-ip-pools/rbac.yaml",
                "deploy/components/avi-services/rbac.yaml");
    }

    private static void awaitPool(LiveCluster cluster, int used) {
        await("%d addresses are used".formatted(used))
                .untilAsserted(() -> assertThat(cluster.api()
                                .client()
                                .genericKubernetesResources(EgressIps.POOLS)
                                .withName("firewall")
                                .require()
                                .<Object>get("status", "used"))
                        .isEqualTo(used));
    }

    @Test
    void anAnnotationThatIsRefusedRoutesNothingAndKeepsTheAddress(LiveCluster cluster) throws IOException {
        var service = documented();
        cluster.create(service);
        awaitCondition(cluster, "Ready", "True Serving");
        annotate(cluster, "{\"destination_ip\": \"10.10.10.200\", \"color\": \"red\"}");

        awaitCondition(cluster, "Ready", "False InvalidSpec");
        assertThat(EgressIps.message(router(cluster).require(), "Ready"))
                .contains("annotation egress_pod has the field \"color\", which is unknown");
        await("its rows are gone")
                .untilAsserted(() -> assertThat(cluster.central().nbctl("show")).doesNotContain("egressrouter_"));
        await("that is said of the Service")
                .untilAsserted(() -> assertThat(events(cluster, "Service")).contains("AnnotationRefused"));
        awaitPool(cluster, 1);

        annotate(cluster, "{\"destination_ip\": \"10.10.10.202\"}");
        awaitCondition(cluster, "Ready", "True Serving");
        assertThat(balancers(cluster, "192.168.126.200")).contains("10.10.10.202:80");
    }

    @Test
    void aRouterOfTheNameThatIsSomebodyElsesIsNotTouchedAndOursIsPutRight(LiveCluster cluster) throws IOException {
        cluster.create(EgressRouters.of(
                "simpson", NAME, Map.of("fallback", "203.0.113.25", "addresses", List.of("192.168.126.99"))));
        cluster.create(documented());
        await("that is said of the Service")
                .untilAsserted(() -> assertThat(events(cluster, "Service")).contains("NameTaken"));
        awaitCondition(cluster, "Ready", "True Serving");
        assertThat(sources(cluster)).containsExactly("192.168.126.99");

        router(cluster).delete();
        await("it is made when the name is free")
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(sources(cluster)).containsExactly("192.168.126.200"));
        router(cluster).edit(there -> {
            there.setAdditionalProperty("spec", Map.of("service", NAME, "fallback", "203.0.113.25"));
            return there;
        });
        await("what somebody has changed is changed back")
                .untilAsserted(() -> assertThat(router(cluster).require().<Object>get("spec", "fallback"))
                        .isNull());
    }
}
