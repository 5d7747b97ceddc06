package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.okhttp.OkHttpClientFactory;
import java.io.File;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import okhttp3.Dispatcher;

/**
 * Builds the client for the Kubernetes API. Retries and reconnects are left to its users, which back off visibly; the client
 * itself tries once. Building one does no I/O but reading files: an API server that cannot be reached is found out by use.
 */
public final class KubernetesClients {
    private static final int REQUEST_TIMEOUT_MILLIS = 30_000;
    private static final int CONNECTION_TIMEOUT_MILLIS = 10_000;
    /** A half-open connection is noticed after two of these. */
    private static final long WEB_SOCKET_PING_MILLIS = 20_000;
    /** Four watches, a leader election, the status writer's threads, and room. */
    private static final int MAX_REQUESTS = 64;

    private KubernetesClients() {}

    /**
     * The client for what the user asked for: the file, else {@code KUBECONFIG}, else what is found (~/.kube/config, the
     * service account of the pod).
     *
     * @param kubeconfig flag {@code --kubeconfig}
     * @param environment the process environment
     * @param version our version, for the user agent
     * @throws InvalidKubernetesConfigException if there is none, or a file cannot be used
     */
    public static KubernetesClient create(Optional<Path> kubeconfig, Map<String, String> environment, String version) {
        return create(Kubeconfig.find(kubeconfig, environment), version);
    }

    /** The client for a configuration from elsewhere, with our time-outs and limits. */
    public static KubernetesClient create(Config config, String version) {
        var tuned = new ConfigBuilder(config)
                .withUserAgent("ovn-egress/" + version)
                .withRequestTimeout(REQUEST_TIMEOUT_MILLIS)
                .withConnectionTimeout(CONNECTION_TIMEOUT_MILLIS)
                .withWebsocketPingInterval(WEB_SOCKET_PING_MILLIS)
                .withRequestRetryBackoffLimit(0)
                .withWatchReconnectLimit(0)
                .build();
        try {
            return new KubernetesClientBuilder()
                    .withConfig(tuned)
                    .withHttpClientFactory(new BoundedOkHttp())
                    .build();
        } catch (KubernetesClientException e) {
            // What the JDK says of a file that is no certificate has a line of it.
            var file = Optional.ofNullable(config.getFile()).map(File::toString).orElse("of the service account");
            throw new InvalidKubernetesConfigException("kubeconfig " + file
                    + ": its certificate-authority, client-certificate or client-key cannot be used, PEM is needed");
        }
    }

    /** The default has no bound on requests, and with it none on threads. */
    private static final class BoundedOkHttp extends OkHttpClientFactory {
        @Override
        protected Dispatcher initDispatcher() {
            var dispatcher = new Dispatcher();
            dispatcher.setMaxRequests(MAX_REQUESTS);
            dispatcher.setMaxRequestsPerHost(MAX_REQUESTS);
            return dispatcher;
        }
    }
}
