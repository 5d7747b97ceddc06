package io.ovnegress.controller.pool;

import com.google.inject.AbstractModule;
import com.google.inject.Singleton;
import com.google.inject.TypeLiteral;
import io.ovnegress.reconciler.feature.PoolWrites;
import java.util.function.Consumer;

/** EgressIPs of pools. */
public final class PoolModule extends AbstractModule {
    @Override
    protected void configure() {
        bind(PoolWriting.class).in(Singleton.class);
        bind(new TypeLiteral<Consumer<PoolWrites>>() {}).to(PoolWriting.class);
    }
}
