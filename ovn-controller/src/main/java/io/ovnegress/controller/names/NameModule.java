package io.ovnegress.controller.names;

import com.google.inject.AbstractModule;
import com.google.inject.Singleton;
import com.google.inject.TypeLiteral;
import io.ovnegress.reconciler.feature.HostNames;
import java.util.function.Consumer;

/** What host names stand for. */
public final class NameModule extends AbstractModule {
    @Override
    protected void configure() {
        bind(NameResolving.class).in(Singleton.class);
        bind(new TypeLiteral<Consumer<HostNames>>() {}).to(NameResolving.class);
    }
}
