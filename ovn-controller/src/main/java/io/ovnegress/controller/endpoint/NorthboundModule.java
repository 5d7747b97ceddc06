package io.ovnegress.controller.endpoint;

import com.google.inject.AbstractModule;
import com.google.inject.Singleton;
import io.ovnegress.controller.health.Health;
import io.ovnegress.controller.loop.Database;
import io.ovnegress.controller.query.StatusApi;

/** The northbound database. */
public final class NorthboundModule extends AbstractModule {
    @Override
    protected void configure() {
        bind(NorthboundEndpoint.class).in(Singleton.class);
        bind(Database.class).to(NorthboundEndpoint.class);
        bind(StatusApi.Session.class).to(NorthboundEndpoint.class);
        bind(Health.SessionErrors.class).to(NorthboundEndpoint.class);
    }
}
