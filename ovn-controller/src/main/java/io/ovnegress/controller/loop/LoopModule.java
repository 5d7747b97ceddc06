package io.ovnegress.controller.loop;

import com.google.inject.AbstractModule;
import com.google.inject.Singleton;

/** The loop thread, and how others reach it. */
public final class LoopModule extends AbstractModule {
    @Override
    protected void configure() {
        bind(LoopInbox.class).in(Singleton.class);
        bind(FaultPolicy.class).in(Singleton.class);
        bind(ReconcileLoop.class).in(Singleton.class);
    }
}
