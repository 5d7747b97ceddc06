package io.ovnegress.it.bench;

import io.ovnegress.controller.ovsdb.NbRemote;
import io.ovnegress.controller.ovsdb.NbSessionConfig;
import io.ovnegress.it.bulk.InProcessController;
import io.ovnegress.reconciler.input.InputChange;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** The controller's loop and session on a real server, with a record of what they send. */
final class BenchController implements AutoCloseable {
    private final Recorder recorder = new Recorder();
    private final InProcessController controller;

    BenchController(String address, int maxRows) {
        controller = new InProcessController(
                NbSessionConfig.of(NbRemote.parseList(address), Optional.empty()),
                maxRows,
                recorder::over,
                change -> {});
    }

    void start() {
        controller.start();
    }

    void post(InputChange change) {
        controller.post(change);
    }

    Recorder recorder() {
        return recorder;
    }

    int dirty() {
        return controller.state().progress().dirty();
    }

    /** Waits until everything posted so far is decided and committed. */
    void awaitIdle() {
        long deadline = System.nanoTime() + 300_000_000_000L;
        int quiet = 0;
        while (quiet < 3) {
            LockSupport.parkNanos(10_000_000);
            var state = controller.state();
            var progress = state.progress();
            quiet = progress.synchronised()
                            && progress.missing().isEmpty()
                            && state.initialDifferenceDone()
                            && progress.dirty() == 0
                            && progress.inFlight() == 0
                    ? quiet + 1
                    : 0;
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("not idle after 300 s: " + state);
            }
        }
    }

    @Override
    public void close() {
        controller.close();
    }
}
