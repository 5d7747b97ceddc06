package io.ovnegress.it.kube;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.ovnegress.it.process.WorkDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A Kubernetes API: the one of a real cluster, or an embedded one on the loopback address that keeps objects in memory. Both are
 * reached through a kubeconfig file, so a controller in another process sees no difference. Safe for any thread.
 */
public final class KubeApi implements AutoCloseable {
    /** Referred to, because java.util.logging forgets the level of a logger that nobody holds. */
    private static final Logger REQUESTS = Logger.getLogger("io.fabric8.mockwebserver");

    static {
        REQUESTS.setLevel(Level.SEVERE);
    }

    private final Path kubeconfig;
    private final KubernetesClient client;
    private final Optional<KubernetesMockServer> embedded;
    private final WorkDirectory directory;

    private KubeApi(
            Path kubeconfig,
            KubernetesClient client,
            Optional<KubernetesMockServer> embedded,
            WorkDirectory directory) {
        this.kubeconfig = kubeconfig;
        this.client = client;
        this.embedded = embedded;
        this.directory = directory;
    }

    /** The cluster of environment variable KUBECONFIG if it is set, else an embedded API. */
    public static KubeApi fromEnvironment() {
        return Optional.ofNullable(System.getenv("KUBECONFIG"))
                .filter(path -> !path.isBlank())
                .map(path -> real(Path.of(path)))
                .orElseGet(() -> embedded(EgressIps.CONTEXT));
    }

    public static KubeApi real(Path kubeconfig) {
        return new KubeApi(kubeconfig, clientOf(kubeconfig), Optional.empty(), WorkDirectory.create("ovn-egress-kube"));
    }

    /** An empty API that knows the built-in kinds and this one. */
    public static KubeApi embedded(CustomResourceDefinitionContext egressIps) {
        var server = new KubernetesMockServer(
                new Context(), new MockWebServer(), new HashMap<>(), new ObjectStore(egressIps), false);
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
                        user: nobody
                    current-context: embedded
                    users:
                    - name: nobody
                      user: {}
                    """.formatted(server.getPort()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new KubeApi(kubeconfig, clientOf(kubeconfig), Optional.of(server), directory);
    }

    private static KubernetesClient clientOf(Path kubeconfig) {
        return new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(kubeconfig.toFile()))
                .build();
    }

    public KubernetesClient client() {
        return client;
    }

    /** For {@code --kubeconfig}. */
    public Path kubeconfig() {
        return kubeconfig;
    }

    public boolean isEmbedded() {
        return embedded.isPresent();
    }

    @Override
    public void close() {
        client.close();
        embedded.ifPresent(KubernetesMockServer::destroy);
        directory.close();
    }
}
