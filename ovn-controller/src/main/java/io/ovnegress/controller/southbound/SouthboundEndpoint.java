package io.ovnegress.controller.southbound;

import com.google.inject.Inject;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.ovnegress.controller.ControllerConfig;
import io.ovnegress.controller.loop.LoopInbox;
import io.ovnegress.controller.ovsdb.NbSession;
import io.ovnegress.controller.ovsdb.NbSessionConfig;
import io.ovnegress.controller.ovsdb.SessionState;
import java.util.Optional;

/** The session with the southbound database, if there is to be one. It needs no leader and no lock: nothing is written. Thread safe. */
public final class SouthboundEndpoint implements AutoCloseable {
    private final Optional<NbSession> session;

    @Inject
    public SouthboundEndpoint(ControllerConfig config, LoopInbox inbox, MeterRegistry registry) {
        session = config.southbound().isEmpty()
                ? Optional.empty()
                : Optional.of(new NbSession(sessionConfig(config), RouterHosts.SPEC, new RouterHosts(inbox::input)));
        session.ifPresent(
                running -> Gauge.builder("ovn.egress.southbound.connected", running, SouthboundEndpoint::connected)
                        .description("1 while the southbound database is connected")
                        .register(registry));
    }

    private static NbSessionConfig sessionConfig(ControllerConfig config) {
        var times = NbSessionConfig.Times.USUAL;
        return new NbSessionConfig(
                config.southbound(),
                config.northboundTls(),
                "OVN_Southbound",
                new NbSessionConfig.Times(
                        config.inactivityProbe(),
                        times.request(),
                        times.connect(),
                        times.shortestBackoff(),
                        times.longestBackoff()),
                Optional.empty(),
                false);
    }

    private static double connected(NbSession session) {
        return session.state().isConnected() ? 1 : 0;
    }

    /** Connects in the background, again and again; nobody waits for it. */
    public void start() {
        session.ifPresent(NbSession::start);
    }

    /** Empty if there is to be none. */
    public Optional<SessionState> state() {
        return session.map(NbSession::state);
    }

    @Override
    public void close() {
        session.ifPresent(NbSession::close);
    }
}
