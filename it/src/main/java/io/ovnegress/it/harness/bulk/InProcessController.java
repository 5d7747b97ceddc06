package io.ovnegress.it.harness.bulk;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.ovnegress.controller.ProcessExit;
import io.ovnegress.controller.history.History;
import io.ovnegress.controller.loop.ClusterObjects;
import io.ovnegress.controller.loop.Database;
import io.ovnegress.controller.loop.FaultPolicy;
import io.ovnegress.controller.loop.LoopInbox;
import io.ovnegress.controller.loop.LoopState;
import io.ovnegress.controller.loop.ReconcileLoop;
import io.ovnegress.controller.metrics.ControllerMetrics;
import io.ovnegress.controller.ovsdb.NbSessionConfig;
import io.ovnegress.controller.ovsdb.SessionState;
import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.feature.Features;
import io.ovnegress.reconciler.feature.PoolWrites;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.machine.Reconciler;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * The controller's decisions, loop and session on a real server, with inputs posted by the caller instead of by watches. Thread
 * safe.
 */
public final class InProcessController implements AutoCloseable {
    private final LoopInbox inbox;
    private final SessionDatabase session;
    private final ReconcileLoop loop;

    /** Not started yet, with nothing but its own features. */
    public InProcessController(
            NbSessionConfig sessionConfig,
            int maxRows,
            UnaryOperator<Database> between,
            Consumer<StatusChange> status) {
        this(sessionConfig, maxRows, true, List.of(), between, status);
    }

    /**
     * Not started yet.
     *
     * @param inSteps as {@code --move-steps}
     * @param more features after its own
     * @param between what stands between loop and session: given the session, the database that the loop sees
     * @param status called on the loop's thread
     */
    public InProcessController(
            NbSessionConfig sessionConfig,
            int maxRows,
            boolean inSteps,
            List<Feature> more,
            UnaryOperator<Database> between,
            Consumer<StatusChange> status) {
        var clock = Clock.systemUTC();
        inbox = new LoopInbox(clock);
        var reconciler = reconciler(maxRows, inSteps, more);
        session = new SessionDatabase(sessionConfig, inbox, reconciler.monitorSpec());
        loop = loop(inbox, reconciler, between.apply(session), status, clock);
    }

    /** A loop that nobody probes or resolves for and whose metrics nobody reads; not started yet. */
    public static ReconcileLoop loop(
            LoopInbox inbox, Reconciler reconciler, Database database, Consumer<StatusChange> status, Clock clock) {
        return loop(inbox, reconciler, database, status, pools -> {}, clock);
    }

    /** One of which somebody takes what pools want. */
    public static ReconcileLoop loop(
            LoopInbox inbox,
            Reconciler reconciler,
            Database database,
            Consumer<StatusChange> status,
            Consumer<PoolWrites> pools,
            Clock clock) {
        var metrics = new ControllerMetrics(new SimpleMeterRegistry(), Set.of());
        return new ReconcileLoop(
                inbox,
                reconciler,
                database,
                status::accept,
                probes -> {},
                names -> {},
                dials -> {},
                ClusterObjects.NONE,
                pools,
                new FaultPolicy(clock, metrics, database, reason -> {}, new ProcessExit()),
                metrics,
                new History(8 * 1024 * 1024),
                clock);
    }

    /** For pods and nodes of {@link Inputs}, on the routers of {@link NodeRouters}. */
    public static Reconciler reconciler(int maxRows) {
        return reconciler(maxRows, true, List.of());
    }

    /** Those of {@link #reconciler(int)}. */
    public static List<Feature> features(int maxRows) {
        return Features.of(config(maxRows));
    }

    private static Reconciler reconciler(int maxRows, boolean inSteps, List<Feature> more) {
        return reconciler(config(maxRows), inSteps, more);
    }

    private static ReconcilerConfig config(int maxRows) {
        return new ReconcilerConfig(
                List.of(IpNetwork.parse("10.128.0.0/14").orElseThrow()),
                List.of(IpNetwork.parse("100.64.0.0/16").orElseThrow()),
                false,
                maxRows);
    }

    /** @param more features after its own */
    public static Reconciler reconciler(ReconcilerConfig config, boolean inSteps, List<Feature> more) {
        var features = Stream.concat(Features.of(config).stream(), more.stream());
        return new Reconciler(features.toList(), config.maxRowsPerTransaction(), inSteps);
    }

    public InProcessController start() {
        session.start();
        loop.start();
        return this;
    }

    public void post(InputChange change) {
        inbox.input(change);
    }

    /** Where questions can be asked. */
    public LoopInbox inbox() {
        return inbox;
    }

    /** How the loop stood at the end of its last turn. */
    public LoopState state() {
        return loop.state();
    }

    /** False after a fault. */
    public boolean isAlive() {
        return loop.isAlive();
    }

    public SessionState session() {
        return session.state();
    }

    @Override
    public void close() {
        loop.close();
        session.close();
    }
}
