package io.ovnegress.it.kube;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.LogOnFailure;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.process.ControllerProcess;
import io.ovnegress.it.harness.topology.Topology;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** EgressProxies on a real API server, with the rights of their component: what they are made of, and what is said of them. */
class RealProxyTest {
    private static final Topology TOPOLOGY = Topology.ipv4(52, "worker-0", "worker-1");
    private static final ResourceDefinitionContext PROXIES = new ResourceDefinitionContext.Builder()
            .withGroup("ovn-egress.io")
            .withVersion("v1alpha1")
            .withKind("EgressProxy")
            .withPlural("egressproxies")
            .withNamespaced(true)
            .build();
    private static final String NAMESPACE = "simpson";

    private static LiveCluster cluster;
    private static ControllerProcess controller;

    @RegisterExtension
    static final LogOnFailure LOG = new LogOnFailure(() -> controller);

    @BeforeAll
    static void start() {
        var api = RealApi.orSkip(
                EgressIps.CONTEXT,
                List.of(
                        "deploy/crds/egress-proxy/ovn-egress.io_egressproxies.yaml",
                        "deploy/components/egress-proxy/rbac.yaml"));
        cluster = LiveCluster.start(TOPOLOGY, api);
        cluster.createNodes();
        cluster.label("worker-0");
        cluster.namespace(NAMESPACE, Map.of("house", "simpson"));
        controller = ControllerProcess.onClassPath(ControllerProcess.flags(
                        api.controllerKubeconfig(),
                        cluster.central().northbound().address(),
                        "--cluster-subnets",
                        String.join(",", TOPOLOGY.clusterSubnets()),
                        "--enable-egress-proxy"))
                .start()
                .awaitReady();
    }

    @AfterAll
    static void stop() {
        if (controller != null) {
            controller.close();
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    private static KubernetesClient client() {
        return cluster.api().client();
    }

    private static Resource<GenericKubernetesResource> proxy(String name) {
        return client().genericKubernetesResources(PROXIES)
                .inNamespace(NAMESPACE)
                .withName(name);
    }

    private static void apply(String name, Map<String, Object> spec) {
        var object = new GenericKubernetesResource();
        object.setApiVersion("ovn-egress.io/v1alpha1");
        object.setKind("EgressProxy");
        object.setMetadata(
                new ObjectMetaBuilder().withNamespace(NAMESPACE).withName(name).build());
        var all = new HashMap<String, Object>(spec);
        all.putIfAbsent("addresses", List.of("192.168.126.150"));
        object.setAdditionalProperty("spec", all);
        client().resource(object).createOr(existing -> existing.update());
    }

    private static GenericKubernetesResource egressIp(String name) {
        return client().genericKubernetesResources(EgressIps.CONTEXT)
                .withName(name)
                .get();
    }

    private static String ready(String name) {
        List<Map<String, Object>> conditions = proxy(name).get().get("status", "conditions");
        return conditions == null
                ? ""
                : conditions.get(0).get("reason") + ": " + conditions.get(0).get("message");
    }

    private static String config(String name) {
        var there = client().configMaps()
                .inNamespace(NAMESPACE)
                .withName(name + "-squid")
                .get();
        return there == null ? "" : there.getData().get("squid.conf");
    }

    @Test
    void aProxyIsMadeAndKeptAndGoesWithItsObject() {
        apply("web", Map.of("destinationsText", "www.example.com\n"));

        await("its parts are there").until(() -> config("web").contains("dstdomain -n www.example.com"));
        await("its EgressIP has a node")
                .untilAsserted(() -> assertThat(egressIp("proxy.simpson.web"))
                        .as(ready("web"))
                        .isNotNull()
                        .satisfies(object -> assertThat(EgressIps.items(object)).hasSize(1)));
        await("it waits for its pod").until(() -> ready("web").equals("PodsNotReady: 0 of 1 pods are ready"));
        var deployment = client().apps().deployments().inNamespace(NAMESPACE).withName("web");
        var pod = deployment.get().getSpec().getTemplate();
        assertThat(pod.getSpec().getSecurityContext().getRunAsNonRoot()).isTrue();
        assertThat(pod.getSpec()
                        .getContainers()
                        .get(0)
                        .getSecurityContext()
                        .getCapabilities()
                        .getDrop())
                .containsExactly("ALL");
        assertThat(client().services()
                        .inNamespace(NAMESPACE)
                        .withName("web")
                        .get()
                        .getSpec()
                        .getSelector())
                .isEqualTo(pod.getMetadata().getLabels());
        assertThat(deployment.get().getMetadata().getOwnerReferences())
                .singleElement()
                .satisfies(owner -> assertThat(owner.getKind()).isEqualTo("EgressProxy"));
        deployment
                .subresource("status")
                .edit(there -> new DeploymentBuilder(there)
                        .editOrNewStatus()
                        .withReplicas(1)
                        .withReadyReplicas(1)
                        .endStatus()
                        .build());
        await("it is ready").until(() -> ready("web").equals("Ready: 1 pod is ready"));

        var before = pod.getMetadata().getAnnotations();
        apply("web", Map.of("destinationsText", "*\n"));
        await("a change is followed").until(() -> config("web").endsWith("http_access allow all\n"));
        await("by new pods")
                .until(() -> !deployment
                        .get()
                        .getSpec()
                        .getTemplate()
                        .getMetadata()
                        .getAnnotations()
                        .equals(before));
        client().configMaps()
                .inNamespace(NAMESPACE)
                .withName("web-squid")
                .edit(there -> new ConfigMapBuilder(there)
                        .addToData("squid.conf", "http_access deny all\n")
                        .build());
        await("what somebody else changes is changed back")
                .until(() -> config("web").endsWith("http_access allow all\n"));

        proxy("web").delete();
        await("its EgressIP is gone").until(() -> egressIp("proxy.simpson.web") == null);
    }

    @Test
    void whatCannotBeReadIsNamedAndChangesNothing() {
        var map = new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName("lines")
                .endMetadata()
                .withData(Map.of("to", "*\na.example.com\n"))
                .build();
        var from = Map.<String, Object>of(
                "destinationsFrom", Map.of("configMapKeyRef", Map.of("name", "lines", "key", "to")));
        apply("lines", from);
        await("the ConfigMap is missing")
                .until(() -> ready("lines").startsWith("DestinationsMissing: there is no key to"));

        client().resource(map).create();
        await("its line is named")
                .until(() ->
                        ready("lines").startsWith("InvalidDestinations: line 2 \"a.example.com\": comes after \"*\""));
        assertThat(config("lines")).isEmpty();
        assertThat(client().v1().events().inNamespace(NAMESPACE).list().getItems())
                .extracting(Event::getReason)
                .contains("InvalidDestinations");

        client().resource(new ConfigMapBuilder(map)
                        .withData(Map.of("to", "a.example.com\n"))
                        .build())
                .update();
        await("a changed ConfigMap acts").until(() -> config("lines").contains("a.example.com"));
        client().resource(new ConfigMapBuilder(map)
                        .withData(Map.of("to", "no good\n"))
                        .build())
                .update();
        await("it is refused").until(() -> ready("lines").startsWith("InvalidDestinations: line 1"));
        assertThat(config("lines")).as("it goes on as it was").contains("a.example.com");
        proxy("lines").delete();
    }

    @Test
    void anObjectOfSomebodyElseIsNotTouched() {
        var mine = new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName("taken-squid")
                .endMetadata()
                .withData(Map.of("squid.conf", "mine"))
                .build();
        client().resource(mine).create();

        apply("taken", Map.of("destinationsText", "*"));

        await("it is said")
                .until(() -> ready("taken").startsWith("NameTaken: ConfigMap taken-squid is not this proxy's"));
        assertThat(config("taken")).isEqualTo("mine");
        assertThat(egressIp("proxy.simpson.taken")).isNull();
        client().resource(mine).delete();
        proxy("taken").delete();
    }
}
