package io.ovnegress.controller.leader;

import com.google.inject.AbstractModule;
import com.google.inject.Singleton;
import io.ovnegress.controller.health.Health;

/** Who leads: the lease, the election, and what follows from both. */
public final class LeaderModule extends AbstractModule {
    @Override
    protected void configure() {
        bind(Mandate.class).in(Singleton.class);
        bind(Leadership.class).in(Singleton.class);
        bind(LeaseElection.class).in(Singleton.class);
        bind(Health.LeaseErrors.class).to(LeaseElection.class);
    }
}
