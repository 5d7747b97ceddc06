package io.ovnegress.controller.loop;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import io.ovnegress.controller.ControllerConfig;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.feature.Features;
import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.machine.Reconciler;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The decisions: the features, the machine that drives them, and what follows from them for others. */
public final class MachineModule extends AbstractModule {
    @Provides
    @Singleton
    static List<Feature> features(ControllerConfig config) {
        return Features.of(config.reconciler());
    }

    @Provides
    @Singleton
    static Reconciler reconciler(List<Feature> features, ControllerConfig config) {
        return new Reconciler(
                features,
                config.reconciler().maxRowsPerTransaction(),
                config.movesInSteps(),
                config.northboundOptions());
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
