package io.ovnegress.it.bench;

import io.ovnegress.controller.loop.LoopInbox;
import io.ovnegress.controller.loop.LoopState;
import io.ovnegress.controller.ovsdb.NbRemote;
import io.ovnegress.controller.ovsdb.NbSessionConfig;
import io.ovnegress.it.harness.bulk.InProcessController;
import io.ovnegress.reconciler.input.InputChange;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/** The controller's loop and session on a real server, with a record of what they send. */
final class BenchController implements AutoCloseable {
    private static final long LIMIT = 300_000_000_000L;

    private final Recorder recorder = new Recorder();
    private final InProcessController controller;

    BenchController(String address, int maxRows) {
        this(address, maxRows, true);
    }

    BenchController(String address, int maxRows, boolean inSteps) {
        controller = new InProcessController(
                NbSessionConfig.of(NbRemote.parseList(address), Optional.empty()),
                maxRows,
                inSteps,
                List.of(),
                recorder::over,
                change -> {});
    }

    void start() {
        controller.start();
    }

    void post(InputChange change) {
        controller.post(change);
    }

    LoopInbox inbox() {
        return controller.inbox();
    }

    Recorder recorder() {
        return recorder;
    }

    int dirty() {
        return controller.state().progress().dirty();
    }

    /** Waits until everything that was there at the start has been compared, and what was missing is committed. */
    void awaitReady() {
        awaitState(LoopState::initialDifferenceDone);
    }

    /** Waits until the replica is, or is no longer, that of the connected server. */
    void awaitSynchronised(boolean synchronised) {
        awaitState(state -> state.progress().synchronised() == synchronised);
    }

    /** Waits until everything posted so far is decided and committed; takes up to two seconds longer than that. */
    void awaitIdle() {
        var asked = Instant.now();
        var underWay = awaitState(state -> state.lastTurn().isAfter(asked));
        // The turn that was under way may have begun before this call; the ones after it have not.
        awaitState(state -> state.lastTurn().isAfter(underWay.lastTurn())
                && state.initialDifferenceDone()
                && state.progress().synchronised()
                && state.progress().dirty() == 0
                && state.progress().inFlight() == 0
                && state.progress().inSteps() == 0);
    }

    private LoopState awaitState(Predicate<LoopState> condition) {
        long deadline = System.nanoTime() + LIMIT;
        while (true) {
            var state = controller.state();
            if (condition.test(state)) {
                return state;
            }
            if (System.nanoTime() > deadline || !controller.isAlive()) {
                throw new IllegalStateException("not there within 300 s: " + state);
            }
            LockSupport.parkNanos(1_000_000);
        }
    }

    @Override
    public void close() {
        controller.close();
    }
}
