package io.ovnegress.controller.endpoint;

import com.google.inject.AbstractModule;
import com.google.inject.Singleton;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.ovnegress.controller.health.Health;
import io.ovnegress.controller.loop.ClusterObjects;
import io.ovnegress.controller.loop.Inputs;
import io.ovnegress.controller.loop.Statuses;

/** The Kubernetes API: inputs from there, statuses to there. */
public final class ClusterModule extends AbstractModule {
    private final KubernetesClient client;

    /** @param client closed by whoever made it */
    public ClusterModule(KubernetesClient client) {
        this.client = client;
    }

    @Override
    protected void configure() {
        bind(KubernetesClient.class).toInstance(client);
        bind(ClusterEndpoint.class).in(Singleton.class);
        bind(Inputs.class).to(ClusterEndpoint.class);
        bind(Statuses.class).to(ClusterEndpoint.class);
        bind(ClusterObjects.class).to(ClusterEndpoint.class);
        bind(Health.InputErrors.class).to(ClusterEndpoint.class);
    }
}
