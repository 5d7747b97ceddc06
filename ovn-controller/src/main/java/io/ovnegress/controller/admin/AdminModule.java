package io.ovnegress.controller.admin;

import com.google.inject.AbstractModule;
import com.google.inject.Singleton;
import io.ovnegress.controller.health.Health;
import io.ovnegress.controller.query.ExplainApi;

/** What is said over HTTP: health, readiness, metrics. */
public final class AdminModule extends AbstractModule {
    @Override
    protected void configure() {
        bind(Health.class).in(Singleton.class);
        bind(ExplainApi.class).in(Singleton.class);
        bind(AdminServer.class).in(Singleton.class);
    }
}
