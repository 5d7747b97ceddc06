package io.ovnegress.controller.reachability;

import com.google.inject.AbstractModule;
import com.google.inject.Singleton;
import com.google.inject.TypeLiteral;
import io.ovnegress.reconciler.feature.DialTargets;
import io.ovnegress.reconciler.feature.NodeProbes;
import java.util.function.Consumer;

/** Which nodes are alive, and which destinations. */
public final class ReachabilityModule extends AbstractModule {
    @Override
    protected void configure() {
        bind(NodeProbing.class).in(Singleton.class);
        bind(new TypeLiteral<Consumer<NodeProbes>>() {}).to(NodeProbing.class);
        bind(DestinationDialing.class).in(Singleton.class);
        bind(new TypeLiteral<Consumer<DialTargets>>() {}).to(DestinationDialing.class);
    }
}
