package io.ovnegress.controller.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.ovnegress.controller.kube.EgressProxy;
import io.ovnegress.controller.kube.KubernetesClients;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is said and counted of EgressProxies of which nothing is made. What is made is for a real API server to see. */
class ProxyKeeperTest {
    private final KubernetesMockServer server = new KubernetesMockServer(
            new Context(new ObjectMapper()),
            new MockWebServer(),
            new HashMap<>(),
            new KubernetesCrudDispatcher(),
            false);
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final AtomicBoolean leads = new AtomicBoolean(true);
    /** How often a thread that looks after proxies has asked whether it leads. */
    private final AtomicInteger looks = new AtomicInteger();

    private KubernetesClient client;
    private ProxyKeeper keeper;

    @BeforeEach
    void start() {
        server.start(InetAddress.getLoopbackAddress(), 0);
        client = KubernetesClients.create(
                new ConfigBuilder(Config.empty())
                        .withMasterUrl("http://localhost:" + server.getPort())
                        .withNamespace("default")
                        .build(),
                "test");
        var definitions = client.apiextensions().v1().customResourceDefinitions();
        definitions
                .resource(definitions
                        .load(Path.of("../deploy/crds/egress-proxy/ovn-egress.io_egressproxies.yaml")
                                .toFile())
                        .item())
                .create();
        keeper = new ProxyKeeper(client, "squid", this::leads, Clock.systemUTC(), registry);
    }

    private boolean leads() {
        if (Thread.currentThread().getName().matches("proxy-\\d+")) {
            looks.incrementAndGet();
        }
        return leads.get();
    }

    @AfterEach
    void stop() {
        keeper.close();
        client.close();
        server.shutdown();
    }

    private void node(String annotation) {
        client.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName("node1")
                        .addToAnnotations(annotation, "{\"ipv4\":\"100.88.0.2/16\"}")
                        .endMetadata()
                        .build())
                .create();
    }

    private EgressProxy proxy(String destinations) {
        var proxy = new EgressProxy();
        proxy.setMetadata(
                new ObjectMetaBuilder().withNamespace("simpson").withName("web").build());
        var spec = JsonNodeFactory.instance.objectNode().put("destinationsText", destinations);
        spec.putArray("addresses").add("192.168.126.150");
        proxy.setSpec(spec);
        return client.resource(proxy).create();
    }

    private void awaitReady(String reason) {
        await().untilAsserted(() -> assertThat(client.resources(EgressProxy.class)
                        .inNamespace("simpson")
                        .withName("web")
                        .get()
                        .statusOrMissing()
                        .path("conditions")
                        .path(0)
                        .path("reason")
                        .asText())
                .isEqualTo(reason));
    }

    private double unready(ProxyReason reason) {
        return registry.get("ovn.egress.unready.egress.proxies")
                .tag("reason", reason.name())
                .gauge()
                .value();
    }

    @Test
    void whereNodesHaveDatabasesOfTheirOwnNothingIsMadeAndThatIsSaid() {
        node("k8s.ovn.org/node-transit-switch-port-ifaddr");
        var proxy = proxy("*\n");
        keeper.start();

        awaitReady("UnsupportedTopology");
        assertThat(client.configMaps().inAnyNamespace().list().getItems()).isEmpty();
        assertThat(client.apps().deployments().inAnyNamespace().list().getItems())
                .isEmpty();
        assertThat(unready(ProxyReason.UnsupportedTopology)).isEqualTo(1);

        client.resource(proxy).delete();
        await().untilAsserted(() ->
                assertThat(unready(ProxyReason.UnsupportedTopology)).isZero());
    }

    @Test
    void whatCannotBeObeyedIsCountedByWhoLeads() {
        node("k8s.ovn.org/node-id");
        proxy("*\na.example.com\n");
        keeper.start();

        awaitReady("InvalidDestinations");
        assertThat(unready(ProxyReason.InvalidDestinations)).isEqualTo(1);
        assertThat(unready(ProxyReason.UnsupportedTopology)).isZero();

        leads.set(false);
        assertThat(unready(ProxyReason.InvalidDestinations)).isZero();
    }

    @Test
    void whatIsDeletedWhileAnotherOneLeadsIsNotCountedAfterwards() {
        node("k8s.ovn.org/node-id");
        var proxy = proxy("*\na.example.com\n");
        keeper.start();
        await().untilAsserted(() ->
                assertThat(unready(ProxyReason.InvalidDestinations)).isEqualTo(1));

        leads.set(false);
        int before = looks.get();
        client.resource(proxy).delete();
        await().untilAsserted(() -> assertThat(looks.get()).isGreaterThan(before));
        leads.set(true);

        await().untilAsserted(() ->
                assertThat(unready(ProxyReason.InvalidDestinations)).isZero());
    }
}
