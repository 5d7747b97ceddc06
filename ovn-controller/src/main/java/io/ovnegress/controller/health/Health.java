package io.ovnegress.controller.health;

import com.google.inject.Inject;
import io.ovnegress.controller.ControllerConfig;
import io.ovnegress.controller.endpoint.NorthboundEndpoint;
import io.ovnegress.controller.leader.Leadership;
import io.ovnegress.controller.loop.LoopState;
import io.ovnegress.controller.loop.OptionsLog;
import io.ovnegress.controller.loop.ReconcileLoop;
import io.ovnegress.controller.loop.SilenceLog;
import io.ovnegress.reconciler.machine.Silence;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Answers the two questions a kubelet asks: is it worth keeping (alive), and does it do its work (ready). Thread safe.
 */
public final class Health {
    /** The loop turns at least once a second: after this long it hangs. */
    static final Duration LONGEST_TURN = Duration.ofSeconds(10);

    private final ReconcileLoop loop;
    private final SessionErrors session;
    private final InputErrors inputs;
    private final LeaseErrors lease;
    private final ControllerConfig config;
    private final Leadership leadership;
    private final Clock clock;

    /** Why the database cannot be reached at present, in words; empty if it can or was not tried. */
    public interface SessionErrors {
        Optional<String> lastError();
    }

    /** Why the Kubernetes API cannot be reached at present, in words; empty if it can or was not tried. */
    public interface InputErrors {
        Optional<String> lastError();
    }

    /** Why it is not known at present who leads, or why this controller could not take over, in words; empty if neither is so. */
    public interface LeaseErrors {
        Optional<String> lastError();
    }

    @Inject
    public Health(
            ReconcileLoop loop,
            SessionErrors session,
            InputErrors inputs,
            LeaseErrors lease,
            ControllerConfig config,
            Leadership leadership,
            Clock clock) {
        this.loop = loop;
        this.session = session;
        this.inputs = inputs;
        this.lease = lease;
        this.config = config;
        this.leadership = leadership;
        this.clock = clock;
    }

    /** Why the process should be replaced; empty while it is well. An unreachable endpoint is no reason. */
    public Optional<String> complaint() {
        if (!loop.isAlive()) {
            return Optional.of("the reconcile loop has ended");
        }
        var idle = Duration.between(loop.state().lastTurn(), clock.instant());
        return idle.compareTo(LONGEST_TURN) > 0
                ? Optional.of("the reconcile loop has not turned for " + idle.toSeconds() + " s")
                : Optional.empty();
    }

    /** A controller that stands by is ready too: ready to take over. */
    public Readiness readiness() {
        var state = loop.state();
        var conditions = new ArrayList<>(List.of(inputs(state), database(state)));
        if (!state.progress().subnets().contradictions().isEmpty()) {
            conditions.add(new Readiness.Condition(
                    "subnets", false, state.progress().subnets().sentence()));
        }
        if (config.leaderElection().enabled() || !state.leader()) {
            conditions.add(leadership(state));
        }
        if (state.leader() && state.progress().silence() != Silence.NONE) {
            conditions.add(new Readiness.Condition(
                    "steps", true, SilenceLog.sentence(state.progress().silence())));
        }
        if (state.leader() && !state.progress().options().inTheWay().isEmpty()) {
            conditions.add(new Readiness.Condition(
                    "options", true, OptionsLog.sentence(state.progress().options())));
        }
        if (state.leader()) {
            conditions.add(initialDifference(state));
        }
        return Readiness.of(conditions, state.work());
    }

    private Readiness.Condition leadership(LoopState state) {
        var name = "leadership";
        if (state.leader()) {
            return new Readiness.Condition(name, true, "this controller leads");
        }
        if (config.reportOnly()) {
            return new Readiness.Condition(name, true, "this controller reports only, and writes nothing");
        }
        if (leadership.hasLease()) {
            return new Readiness.Condition(
                    name,
                    false,
                    state.database() == LoopState.SessionPhase.SYNCHRONISED
                            ? "another client of the database holds the lock " + NorthboundEndpoint.LOCK
                            : "elected, waits for the database");
        }
        return lease.lastError()
                .map(error -> new Readiness.Condition(name, false, error))
                .orElseGet(() -> new Readiness.Condition(name, true, "another controller leads, this one stands by"));
    }

    private Readiness.Condition inputs(LoopState state) {
        var missing = state.progress().missing();
        if (missing.isEmpty()) {
            return inputs.lastError()
                    .map(error -> new Readiness.Condition(
                            "inputs", false, "every kind is listed, but changes are missed at present: " + error))
                    .orElseGet(() -> new Readiness.Condition("inputs", true, "every kind is listed"));
        }
        var kinds = missing.stream()
                .sorted()
                .map(kind -> kind.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(", "));
        return new Readiness.Condition("inputs", false, "not listed yet: " + kinds + suffix(inputs.lastError()));
    }

    private Readiness.Condition database(LoopState state) {
        var address = config.northbound().stream().map(Object::toString).collect(Collectors.joining(","));
        return switch (state.database()) {
            case SYNCHRONISED -> {
                var trouble = state.progress().serverTrouble();
                yield trouble.isEmpty()
                        ? new Readiness.Condition("database", true, address + " is read")
                        : new Readiness.Condition(
                                "database",
                                false,
                                address + " is read but cannot write (is its disk full?): " + trouble);
            }
            case SYNCHRONISING -> new Readiness.Condition("database", false, address + " is being read");
            case CONNECTING -> {
                var error = session.lastError()
                        .or(() -> Optional.of(state.lastError()).filter(text -> !text.isEmpty()));
                yield new Readiness.Condition("database", false, address + " is not connected" + suffix(error));
            }
        };
    }

    private static Readiness.Condition initialDifference(LoopState state) {
        var name = "initial-difference";
        if (state.initialDifferenceDone()) {
            return new Readiness.Condition(name, true, "everything was in the database once");
        }
        if (state.work().total() == 0) {
            return new Readiness.Condition(name, false, "waits for the conditions above");
        }
        return new Readiness.Condition(
                name, false, state.work().done() + " of " + state.work().total() + " done");
    }

    private static String suffix(Optional<String> error) {
        return error.map(text -> "; last error: " + text).orElse("");
    }
}
