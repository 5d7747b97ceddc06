package io.ovnegress.it.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.controller.loop.Database;
import io.ovnegress.controller.loop.LoopState;
import io.ovnegress.controller.ovsdb.NbRemote;
import io.ovnegress.controller.ovsdb.NbSessionConfig;
import io.ovnegress.it.process.Await;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.reconciler.StatusChange;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.PodInput;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionTimeoutException;

/**
 * A controller under a bulk load, and what the test wants to know of it: when it has sent so many transactions, when it has
 * nothing left to do, and what it says of each EgressIP. The test's thread drives it.
 */
final class BulkLoad implements AutoCloseable {
    static final int NAMESPACES = 20;
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final NbSessionConfig.Times QUICK = new NbSessionConfig.Times(
            Duration.ofSeconds(2),
            Duration.ofSeconds(20),
            Duration.ofSeconds(2),
            Duration.ofMillis(20),
            Duration.ofMillis(200));

    private final Submissions submissions = new Submissions();
    private final Map<String, StatusChange> status = new ConcurrentHashMap<>();
    private final InProcessController controller;

    /** Counts what is sent. Thread safe. */
    private static final class Submissions {
        private CountDownLatch awaited = new CountDownLatch(0);
        private int count;

        Database over(Database database) {
            return new Database() {
                @Override
                public Submission submit(List<Operation> operations) {
                    count();
                    return database.submit(operations);
                }

                @Override
                public void resync(String reason) {
                    database.resync(reason);
                }
            };
        }

        private synchronized void count() {
            count++;
            awaited.countDown();
        }

        synchronized int total() {
            return count;
        }

        synchronized CountDownLatch after(int transactions) {
            awaited = new CountDownLatch(transactions);
            return awaited;
        }
    }

    /** Starts a controller, with no pods but everything else. */
    BulkLoad(String addresses, int maxRows) {
        this(addresses, maxRows, List.of());
    }

    /** Starts a controller that finds these pods. */
    BulkLoad(String addresses, int maxRows, Collection<PodInput> pods) {
        this(addresses, maxRows, pods, QUICK);
    }

    /** @param times how long the session waits for what */
    BulkLoad(String addresses, int maxRows, Collection<PodInput> pods, NbSessionConfig.Times times) {
        var config = NbSessionConfig.of(NbRemote.parseList(addresses), Optional.empty());
        controller = new InProcessController(
                new NbSessionConfig(
                        config.remotes(), config.tls(), config.database(), times, config.lock(), config.leaderOnly()),
                maxRows,
                submissions::over,
                change -> status.put(change.egressIp(), change));
        var namespaces = new ArrayList<InputObject>();
        var egressIps = new ArrayList<InputObject>();
        for (int i = 0; i < NAMESPACES; i++) {
            namespaces.add(Inputs.namespace(i));
            egressIps.add(Inputs.egressIp(i));
        }
        post(new InputChange.Listed(InputKind.NODE, List.copyOf(Inputs.nodes(true))));
        post(new InputChange.Listed(InputKind.NAMESPACE, namespaces));
        post(new InputChange.Listed(InputKind.EGRESS_IP, egressIps));
        post(new InputChange.Listed(InputKind.POD, List.copyOf(pods)));
        controller.start();
    }

    static List<PodInput> pods(int count) {
        var pods = new ArrayList<PodInput>();
        for (int pod = 0; pod < count; pod++) {
            pods.add(Inputs.pod(pod, pod % NAMESPACES, Inputs.podIp(pod)));
        }
        return pods;
    }

    void post(InputChange change) {
        controller.post(change);
    }

    InProcessController controller() {
        return controller;
    }

    /** What was last said of each EgressIP by name. */
    Map<String, StatusChange> status() {
        return status;
    }

    /** Transactions sent so far, committed or not. */
    int transactions() {
        return submissions.total();
    }

    /** Waits until so many more transactions have been sent; false if there is no more to send. */
    boolean awaitTransactions(int count) {
        var sent = submissions.after(count);
        var asked = Instant.now();
        try {
            while (!sent.await(20, TimeUnit.MILLISECONDS)) {
                if (isSettled(controller.state(), asked)) {
                    return false;
                }
                assertThat(controller.isAlive()).as("a fault ends the loop").isTrue();
            }
            return true;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Waits until everything posted so far is decided, and committed or backing off. */
    LoopState awaitSettled() {
        try {
            return Await.await("everything is committed").atMost(LIMIT).until(this::turned, this::isQuiet);
        } catch (ConditionTimeoutException e) {
            throw new AssertionError("not settled: " + controller.state() + ", " + controller.session(), e);
        }
    }

    /** The state after a turn that began after this call: everything posted before was seen by it. */
    private LoopState turned() {
        var asked = Instant.now();
        // The turn that is under way may have begun before; the one after it has not.
        var underWay = Await.await("a turn").until(controller::state, state -> isAfter(state, asked));
        return Await.await("another turn").until(controller::state, state -> isAfter(state, underWay.lastTurn()));
    }

    private boolean isAfter(LoopState state, Instant time) {
        assertThat(controller.isAlive()).as("a fault ends the loop").isTrue();
        return state.lastTurn().isAfter(time);
    }

    private boolean isQuiet(LoopState state) {
        var progress = state.progress();
        return progress.synchronised()
                && progress.missing().isEmpty()
                && progress.dirty() == 0
                && progress.contested() == 0
                && progress.inFlight() == 0;
    }

    private boolean isSettled(LoopState state, Instant asked) {
        return state.lastTurn().isAfter(asked) && isQuiet(state);
    }

    @Override
    public void close() {
        controller.close();
    }
}
