package io.ovnegress.it.harness.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.ovnegress.it.harness.process.Await;
import io.ovnegress.it.harness.process.WorkDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;

/**
 * A Kubernetes API: a real one, or an embedded one on the loopback address that keeps objects in memory. Both are reached through
 * a kubeconfig file, so a controller in another process sees no difference. Safe for any thread.
 */
public final class KubeApi implements AutoCloseable {
    /** Referred to, because java.util.logging forgets the level of a logger that nobody holds. */
    private static final Logger REQUESTS = Logger.getLogger("io.fabric8.mockwebserver");

    static {
        REQUESTS.setLevel(Level.SEVERE);
    }

    /** Where the controller's own objects are: the namespace of {@link #controllerKubeconfig}. */
    public static final String CONTROLLER_NAMESPACE = "ovn-egress-test";

    private final Path kubeconfig;
    private final Path controllerKubeconfig;
    private final KubernetesClient client;
    private final Optional<KubernetesMockServer> embedded;
    private final Optional<ObjectStore> store;
    private final Optional<Guest> guest;
    private final WorkDirectory directory;

    private KubeApi(
            Path kubeconfig,
            Path controllerKubeconfig,
            KubernetesClient client,
            Optional<KubernetesMockServer> embedded,
            Optional<ObjectStore> store,
            Optional<Guest> guest,
            WorkDirectory directory) {
        this.kubeconfig = kubeconfig;
        this.controllerKubeconfig = controllerKubeconfig;
        this.client = client;
        this.embedded = embedded;
        this.store = store;
        this.guest = guest;
        this.directory = directory;
    }

    /** The cluster of environment variable KUBECONFIG if it is set, else an embedded API. */
    public static KubeApi fromEnvironment() {
        return Optional.ofNullable(System.getenv("KUBECONFIG"))
                .filter(path -> !path.isBlank())
                .map(path -> real(Path.of(path)))
                .orElseGet(() -> embedded(EgressIps.CONTEXT));
    }

    /**
     * The real API whose kubeconfig system property {@code ovnegress.kubeconfig} names, with this definition installed and the
     * rights of deploy/base for the controller; an embedded one if the property is not set. Environment variable KUBECONFIG
     * does not count: what somebody works with is no place for tests.
     */
    public static KubeApi forTests(CustomResourceDefinitionContext egressIps) {
        return withMoreForTests(egressIps, List.of());
    }

    /** The same with the definitions and rights of firewalls; an embedded one knows them in any case. */
    public static KubeApi withFirewallsForTests() {
        return withMoreForTests(EgressIps.CONTEXT, Guest.FIREWALLS);
    }

    /** Likewise of address pools. */
    public static KubeApi withPoolsForTests() {
        return withMoreForTests(EgressIps.CONTEXT, Guest.POOLS);
    }

    /** Likewise of egress routers. */
    public static KubeApi withEgressRoutersForTests() {
        return withMoreForTests(EgressIps.CONTEXT, Guest.EGRESS_ROUTERS);
    }

    /** Likewise of Avi's services, which are egress routers with addresses of pools. */
    public static KubeApi withAviServicesForTests() {
        return withMoreForTests(EgressIps.CONTEXT, Guest.AVI_SERVICES);
    }

    /** The same with further definitions and rights, from these files; an embedded one gets none of them. */
    public static KubeApi withMoreForTests(CustomResourceDefinitionContext egressIps, List<String> more) {
        return Optional.ofNullable(System.getProperty("ovnegress.kubeconfig"))
                .filter(path -> !path.isBlank())
                .map(path -> guestIn(Path.of(path), egressIps, more))
                .orElseGet(() -> embedded(egressIps));
    }

    /** The same API with nothing installed; an embedded one knows the definition all the same. */
    public static KubeApi bareForTests(CustomResourceDefinitionContext egressIps) {
        return Optional.ofNullable(System.getProperty("ovnegress.kubeconfig"))
                .filter(path -> !path.isBlank())
                .map(path -> real(Path.of(path)))
                .orElseGet(() -> embedded(egressIps));
    }

    /** An API as it is; nothing is installed. */
    public static KubeApi real(Path kubeconfig) {
        return new KubeApi(
                kubeconfig,
                kubeconfig,
                clientOf(kubeconfig),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                WorkDirectory.create("ovn-egress-kube"));
    }

    /** A real API with this definition installed and the rights of deploy/base for the controller, until it is closed. */
    public static KubeApi guestIn(Path kubeconfig, CustomResourceDefinitionContext egressIps) {
        return guestIn(kubeconfig, egressIps, List.of());
    }

    /** @param more files with further definitions and rights */
    private static KubeApi guestIn(Path kubeconfig, CustomResourceDefinitionContext egressIps, List<String> more) {
        var client = clientOf(kubeconfig);
        var directory = WorkDirectory.create("ovn-egress-kube");
        var guest = Guest.moveIn(client, egressIps, more);
        var controllerKubeconfig = guest.writeKubeconfig(directory.resolve("controller.kubeconfig"));
        return new KubeApi(
                kubeconfig,
                controllerKubeconfig,
                client,
                Optional.empty(),
                Optional.empty(),
                Optional.of(guest),
                directory);
    }

    /** An empty API that knows the built-in kinds and this one. */
    public static KubeApi embedded(CustomResourceDefinitionContext egressIps) {
        var store = new ObjectStore(egressIps);
        var server = new KubernetesMockServer(new Context(), new MockWebServer(), new HashMap<>(), store, false);
        server.init(InetAddress.getLoopbackAddress(), 0);
        var directory = WorkDirectory.create("ovn-egress-kube");
        var kubeconfig = directory.resolve("kubeconfig");
        try {
            Files.writeString(kubeconfig, """
                    apiVersion: v1
                    kind: Config
                    clusters:
                    - name: embedded
                      cluster:
                        server: http://127.0.0.1:%d
                    contexts:
                    - name: embedded
                      context:
                        cluster: embedded
                        namespace: %s
                        user: nobody
                    current-context: embedded
                    users:
                    - name: nobody
                      user: {}
                    """.formatted(server.getPort(), CONTROLLER_NAMESPACE));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new KubeApi(
                kubeconfig,
                kubeconfig,
                clientOf(kubeconfig),
                Optional.of(server),
                Optional.of(store),
                Optional.empty(),
                directory);
    }

    private static KubernetesClient clientOf(Path kubeconfig) {
        var config = Config.fromKubeconfig(kubeconfig.toFile());
        // After its usual ten seconds the client asks again: on a busy machine what was created then exists already.
        config.setRequestTimeout((int) Await.LIMIT.toMillis());
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    public KubernetesClient client() {
        return client;
    }

    /** With all rights. */
    public Path kubeconfig() {
        return kubeconfig;
    }

    /** For the controller's {@code --kubeconfig}: where there are rights, those of deploy/base/rbac.yaml and no others. */
    public Path controllerKubeconfig() {
        return controllerKubeconfig;
    }

    /**
     * Every different request that controllers have made of this API. Empty where that cannot be known: a real API without an
     * audit log.
     */
    public Optional<Set<ApiCall>> callsOfController() {
        return isEmbedded()
                ? store.map(objects -> objects.callsOf("ovn-egress/"))
                : guest.flatMap(Guest::callsOfController);
    }

    /**
     * How often controllers have done this to such objects in an embedded API.
     *
     * @param verb such as {@code patch}
     * @param resource with its subresource, such as {@code egressips/status}
     */
    public long callsOfController(String verb, String resource) {
        return store.orElseThrow()
                .countOf(
                        "ovn-egress/",
                        call -> call.verb().equals(verb) && call.resource().equals(resource));
    }

    /** An embedded API remembers every request in full, which nobody asks about here and in hours fills the memory. */
    public void forgetRequests() {
        try {
            while (embedded.isPresent() && embedded.get().takeRequest(0, TimeUnit.MILLISECONDS) != null) {
                // and the next one
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    public boolean isEmbedded() {
        return embedded.isPresent();
    }

    /**
     * Deletes a namespace. In a cluster it goes once its objects are gone; beside an API server alone, where nobody would ever
     * finish that, it goes at once and takes along what controllers and tests leave in namespaces.
     */
    public void deleteNamespace(String name) {
        if (isEmbedded()) {
            client.namespaces().withName(name).delete();
        } else {
            deleteNamespace(client, name);
        }
    }

    static void deleteNamespace(KubernetesClient client, String name) {
        client.namespaces().withName(name).delete();
        if (!hasControllers(client)) {
            var left = client.namespaces().withName(name).get();
            if (left != null) {
                leftIn(client, name).forEach(object -> client.resource(object).delete());
                left.getSpec().setFinalizers(List.of());
                client.raw("/api/v1/namespaces/" + name + "/finalize", "PUT", left);
            }
        }
    }

    /** What would be somebody else's to the next object that has things of these names. */
    private static Stream<HasMetadata> leftIn(KubernetesClient client, String namespace) {
        return Stream.of(
                        client.apps().deployments().inNamespace(namespace),
                        client.services().inNamespace(namespace),
                        client.configMaps().inNamespace(namespace))
                .flatMap(kind -> kind.list().getItems().stream());
    }

    /** Whether kube-controller-manager works here: it gives every namespace a service account. */
    private static boolean hasControllers(KubernetesClient client) {
        return client.serviceAccounts()
                        .inNamespace("default")
                        .withName("default")
                        .get()
                != null;
    }

    @Override
    public void close() {
        guest.ifPresent(Guest::moveOut);
        client.close();
        embedded.ifPresent(KubernetesMockServer::destroy);
        directory.close();
    }
}
