package io.ovnegress.it.bench;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.ovnegress.controller.ProcessExit;
import io.ovnegress.controller.loop.Database;
import io.ovnegress.controller.loop.Decisions;
import io.ovnegress.controller.loop.FaultPolicy;
import io.ovnegress.controller.loop.LoopInbox;
import io.ovnegress.controller.loop.ReconcileLoop;
import io.ovnegress.controller.metrics.ControllerMetrics;
import io.ovnegress.controller.ovsdb.NbRemote;
import io.ovnegress.controller.ovsdb.NbSession;
import io.ovnegress.controller.ovsdb.NbSessionConfig;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.Reconciler;
import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.IpNetwork;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** The controller's loop and session on a real server, with inputs posted by the benchmark instead of by watches. */
final class BenchController implements AutoCloseable {
    private final Clock clock = Clock.systemUTC();
    private final LoopInbox inbox = new LoopInbox(clock);
    private final NbSession session;
    private final Recorder recorder;
    private final ReconcileLoop loop;

    BenchController(String address, int maxRows) {
        session = new NbSession(
                NbSessionConfig.of(NbRemote.parseList(address), Optional.empty()), new NbSession.Listener() {
                    @Override
                    public MonitorSpec connected(ServerSchema schema) {
                        inbox.connected(schema);
                        return Reconciler.monitorSpec();
                    }

                    @Override
                    public void updates(TableUpdates updates) {
                        inbox.updates(updates);
                    }

                    @Override
                    public void disconnected(String reason) {
                        inbox.disconnected(reason);
                    }
                });
        recorder = new Recorder(new Database() {
            @Override
            public Submission submit(List<Operation> operations) {
                var submission = session.submit(operations);
                return new Submission(submission.bytes(), submission.outcome());
            }

            @Override
            public void resync(String reason) {
                throw new IllegalStateException(reason);
            }
        });
        var metrics = new ControllerMetrics(new SimpleMeterRegistry());
        var config = new ReconcilerConfig(
                List.of(IpNetwork.parse("10.128.0.0/14").orElseThrow()),
                List.of(IpNetwork.parse("100.64.0.0/16").orElseThrow()),
                false,
                maxRows);
        loop = new ReconcileLoop(
                inbox,
                Decisions.of(new Reconciler(config)),
                recorder,
                change -> {},
                new FaultPolicy(clock, metrics, recorder, reason -> {}, new ProcessExit()),
                metrics,
                clock);
    }

    void start() {
        session.start();
        loop.start();
    }

    void post(InputChange change) {
        inbox.input(change);
    }

    Recorder recorder() {
        return recorder;
    }

    int dirty() {
        return loop.state().progress().dirty();
    }

    /** Waits until everything posted so far is decided and committed. */
    void awaitIdle() {
        long deadline = System.nanoTime() + 300_000_000_000L;
        int quiet = 0;
        while (quiet < 3) {
            LockSupport.parkNanos(10_000_000);
            var state = loop.state();
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
        loop.close();
        session.close();
    }
}
