package io.ovnegress.controller.proxy;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.MeterRegistry;
import io.ovnegress.controller.ControllerConfig;
import io.ovnegress.controller.leader.Leadership;
import java.time.Clock;
import java.util.Optional;

/** EgressProxies, if they are asked for. */
public final class ProxyModule extends AbstractModule {
    @Provides
    @Singleton
    static Optional<ProxyKeeper> keeper(
            ControllerConfig config,
            KubernetesClient client,
            Leadership leadership,
            Clock clock,
            MeterRegistry registry) {
        return config.proxyImage()
                .filter(image -> !config.reportOnly())
                .map(image -> new ProxyKeeper(client, image, leadership::hasLease, clock, registry));
    }
}
