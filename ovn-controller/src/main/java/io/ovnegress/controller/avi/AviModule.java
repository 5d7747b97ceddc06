package io.ovnegress.controller.avi;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.ovnegress.controller.ControllerConfig;
import io.ovnegress.controller.leader.Leadership;
import java.time.Clock;
import java.util.Optional;

/** Egress services of Avi's, if they are asked for. */
public final class AviModule extends AbstractModule {
    @Provides
    @Singleton
    static Optional<EgressServiceKeeper> keeper(
            ControllerConfig config, KubernetesClient client, Leadership leadership, Clock clock) {
        return config.aviServices() && !config.reportOnly()
                ? Optional.of(new EgressServiceKeeper(client, leadership::hasLease, clock))
                : Optional.empty();
    }
}
