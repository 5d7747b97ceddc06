package io.ovnegress.controller.history;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import io.ovnegress.controller.ControllerConfig;
import io.ovnegress.controller.loop.LoopInbox;
import java.util.Optional;

/** What was programmed lately, and why. */
public final class HistoryModule extends AbstractModule {
    @Override
    protected void configure() {
        bind(HistoryReader.class).in(Singleton.class);
    }

    @Provides
    @Singleton
    static History history(ControllerConfig config) {
        return new History(config.historySize());
    }

    @Provides
    @Singleton
    static Optional<HistoryFile> file(ControllerConfig config, LoopInbox loop) {
        return config.historyFile().map(file -> new HistoryFile(file, loop));
    }
}
