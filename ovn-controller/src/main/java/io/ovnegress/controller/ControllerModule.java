package io.ovnegress.controller;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import com.google.inject.TypeLiteral;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.ovnegress.controller.admin.AdminServer;
import io.ovnegress.controller.endpoint.ClusterEndpoint;
import io.ovnegress.controller.endpoint.NorthboundEndpoint;
import io.ovnegress.controller.health.Health;
import io.ovnegress.controller.leader.Leadership;
import io.ovnegress.controller.leader.LeaseElection;
import io.ovnegress.controller.leader.Mandate;
import io.ovnegress.controller.loop.Database;
import io.ovnegress.controller.loop.FaultPolicy;
import io.ovnegress.controller.loop.Inputs;
import io.ovnegress.controller.loop.LoopInbox;
import io.ovnegress.controller.loop.ReconcileLoop;
import io.ovnegress.controller.loop.Statuses;
import io.ovnegress.controller.metrics.MetricsModule;
import io.ovnegress.controller.reachability.NodeProbing;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.feature.Features;
import io.ovnegress.reconciler.feature.NodeProbes;
import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.machine.Reconciler;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** What the process is made of. */
public final class ControllerModule extends AbstractModule {
    private final ControllerConfig config;
    private final KubernetesClient client;

    /**
     * @param client from {@link io.ovnegress.controller.kube.KubernetesClients}; closed by whoever made it
     */
    public ControllerModule(ControllerConfig config, KubernetesClient client) {
        this.config = config;
        this.client = client;
    }

    @Override
    protected void configure() {
        binder().requireExplicitBindings();
        binder().requireAtInjectOnConstructors();
        install(new MetricsModule());

        bind(ControllerConfig.class).toInstance(config);
        bind(Clock.class).toInstance(new SteadyClock());
        bind(ProcessExit.class).in(Singleton.class);
        bind(ControllerProcess.class).in(Singleton.class);

        bind(Mandate.class).in(Singleton.class);
        bind(Leadership.class).in(Singleton.class);
        bind(LeaseElection.class).in(Singleton.class);
        bind(Health.LeaseErrors.class).to(LeaseElection.class);

        bind(LoopInbox.class).in(Singleton.class);
        bind(FaultPolicy.class).in(Singleton.class);
        bind(ReconcileLoop.class).in(Singleton.class);

        bind(NorthboundEndpoint.class).in(Singleton.class);
        bind(Database.class).to(NorthboundEndpoint.class);
        bind(Health.SessionErrors.class).to(NorthboundEndpoint.class);

        bind(KubernetesClient.class).toInstance(client);
        bind(NodeProbing.class).in(Singleton.class);
        bind(new TypeLiteral<Consumer<NodeProbes>>() {}).to(NodeProbing.class);
        bind(ClusterEndpoint.class).in(Singleton.class);
        bind(Inputs.class).to(ClusterEndpoint.class);
        bind(Health.InputErrors.class).to(ClusterEndpoint.class);
        bind(Statuses.class).to(ClusterEndpoint.class);

        bind(Health.class).in(Singleton.class);
        bind(AdminServer.class).in(Singleton.class);
    }

    @Provides
    @Singleton
    static List<Feature> features(ControllerConfig config) {
        return Features.of(config.reconciler());
    }

    @Provides
    @Singleton
    static Reconciler reconciler(List<Feature> features, ControllerConfig config) {
        return new Reconciler(features, config.reconciler().maxRowsPerTransaction());
    }

    @Provides
    @Singleton
    static Set<Shortfall.Lack> lacks(List<Feature> features) {
        return features.stream().flatMap(feature -> feature.lacks().stream()).collect(Collectors.toUnmodifiableSet());
    }

    @Provides
    @Singleton
    static MonitorSpec monitorSpec(Reconciler reconciler) {
        return reconciler.monitorSpec();
    }
}
