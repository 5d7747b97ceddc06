package io.ovnegress.controller;

import com.google.inject.AbstractModule;
import com.google.inject.Singleton;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.ovnegress.controller.admin.AdminModule;
import io.ovnegress.controller.avi.AviModule;
import io.ovnegress.controller.endpoint.ClusterModule;
import io.ovnegress.controller.endpoint.NorthboundModule;
import io.ovnegress.controller.history.HistoryModule;
import io.ovnegress.controller.leader.LeaderModule;
import io.ovnegress.controller.loop.LoopModule;
import io.ovnegress.controller.loop.MachineModule;
import io.ovnegress.controller.metrics.MetricsModule;
import io.ovnegress.controller.names.NameModule;
import io.ovnegress.controller.pool.PoolModule;
import io.ovnegress.controller.proxy.ProxyModule;
import io.ovnegress.controller.reachability.ReachabilityModule;
import java.time.Clock;

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

        bind(ControllerConfig.class).toInstance(config);
        bind(Clock.class).toInstance(new SteadyClock());
        bind(ProcessExit.class).in(Singleton.class);
        bind(ControllerProcess.class).in(Singleton.class);

        install(new MachineModule());
        install(new LoopModule());
        install(new HistoryModule());
        install(new NorthboundModule());
        install(new ClusterModule(client));
        install(new ReachabilityModule());
        install(new NameModule());
        install(new PoolModule());
        install(new LeaderModule());
        install(new ProxyModule());
        install(new AviModule());
        install(new AdminModule());
        install(new MetricsModule());
    }
}
