package io.ovnegress.controller.endpoint;

import com.google.inject.Inject;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.ovnegress.controller.ControllerConfig;
import io.ovnegress.controller.health.Health;
import io.ovnegress.controller.leader.Leadership;
import io.ovnegress.controller.loop.Database;
import io.ovnegress.controller.loop.LoopInbox;
import io.ovnegress.controller.ovsdb.NbSession;
import io.ovnegress.controller.ovsdb.NbSessionConfig;
import io.ovnegress.controller.ovsdb.SessionState;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.OvsdbError;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The northbound database as the loop and the health pages see it: one session, whose events go to the loop's inbox. A resync
 * is a new session, which remembers nothing and therefore reads everything. Thread safe.
 */
public final class NorthboundEndpoint implements Database, Health.SessionErrors, AutoCloseable {
    /** Whoever holds it in the server is the one controller that can write. */
    public static final String LOCK = "ovn_egress";

    private final Restartable<NbSession> session;
    private final Leadership leadership;
    /** Held while the session is told whether to want the lock, so that the last word is the newest. */
    private final Object wantGuard = new Object();

    @Inject
    public NorthboundEndpoint(
            ControllerConfig config, MonitorSpec spec, Leadership leadership, LoopInbox inbox, MeterRegistry registry) {
        this.leadership = leadership;
        var sessionConfig = sessionConfig(config);
        session = new Restartable<>(
                "northbound session",
                () -> new NbSession(sessionConfig, spec, inbox, leadership),
                this::start,
                NbSession::close);
        Gauge.builder("ovn.egress.session.failed.attempts", this, endpoint -> endpoint.failedAttempts())
                .description("Attempts to connect since the northbound database was last connected")
                .register(registry);
    }

    private static NbSessionConfig sessionConfig(ControllerConfig config) {
        var usual = NbSessionConfig.of(config.northbound(), config.northboundTls());
        var times = usual.times();
        return new NbSessionConfig(
                usual.remotes(),
                usual.tls(),
                usual.database(),
                new NbSessionConfig.Times(
                        config.inactivityProbe(),
                        times.request(),
                        times.connect(),
                        times.shortestBackoff(),
                        times.longestBackoff()),
                Optional.of(LOCK),
                usual.leaderOnly());
    }

    /** Connects in the background, again and again; an unreachable database is seen in the log and in {@link #lastError}. */
    public void start() {
        session.start();
    }

    private void start(NbSession running) {
        synchronized (wantGuard) {
            running.wantLock(leadership.wantsLock());
        }
        running.start();
    }

    /** Asks for the lock or gives it back, as {@link Leadership} has it by now. Does not block. */
    public void followLockWish() {
        synchronized (wantGuard) {
            boolean wanted = leadership.wantsLock();
            session.current().ifPresent(running -> running.wantLock(wanted));
        }
    }

    @Override
    public int submit(List<Operation> operations, Consumer<CommitOutcome> ended) {
        if (!leadership.hasLease()) {
            // Asleep or cut off for longer than the lease: the one that took over may not have asked for the lock yet.
            ended.accept(
                    new CommitOutcome.NotLeader(new OvsdbError("not elected", "the lease was not renewed in time")));
            return 0;
        }
        var running = session.current();
        if (running.isEmpty()) {
            ended.accept(new CommitOutcome.Lost("no session at present"));
            return 0;
        }
        return running.get().submit(operations, ended);
    }

    @Override
    public void resync(String reason) {
        session.restart(reason);
    }

    @Override
    public Optional<String> lastError() {
        return session.current()
                .map(NbSession::state)
                .filter(state -> !state.isConnected() && !state.lastError().isEmpty())
                .map(NorthboundEndpoint::describe);
    }

    /** Empty while there is none. */
    public Optional<SessionState> session() {
        return session.current().map(NbSession::state);
    }

    private static String describe(SessionState state) {
        return state.lastError() + " (failed attempts: " + state.attempts() + ")";
    }

    private int failedAttempts() {
        return session.current().map(running -> running.state().attempts()).orElse(0);
    }

    @Override
    public void close() {
        session.close();
    }
}
