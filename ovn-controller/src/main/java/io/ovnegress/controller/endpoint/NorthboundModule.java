package io.ovnegress.controller.endpoint;

import com.google.inject.AbstractModule;
import com.google.inject.Singleton;
import io.ovnegress.controller.health.Health;
import io.ovnegress.controller.loop.Database;
import io.ovnegress.controller.query.StatusApi;
import io.ovnegress.controller.southbound.SouthboundEndpoint;

/** The databases. */
public final class NorthboundModule extends AbstractModule {
    @Override
    protected void configure() {
        bind(NorthboundEndpoint.class).in(Singleton.class);
        bind(Database.class).to(NorthboundEndpoint.class);
        bind(SouthboundEndpoint.class).in(Singleton.class);
        bind(Sessions.class).in(Singleton.class);
        bind(StatusApi.Session.class).to(Sessions.class);
        bind(Health.SessionErrors.class).to(NorthboundEndpoint.class);
    }
}
