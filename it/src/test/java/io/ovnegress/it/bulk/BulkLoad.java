package io.ovnegress.it.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.controller.loop.Database;
import io.ovnegress.controller.loop.LoopState;
import io.ovnegress.controller.ovsdb.NbRemote;
import io.ovnegress.controller.ovsdb.NbSessionConfig;
import io.ovnegress.it.harness.bulk.InProcessController;
import io.ovnegress.it.harness.bulk.Inputs;
import io.ovnegress.it.harness.process.Await;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressTrafficInput;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.awaitility.core.ConditionTimeoutException;

/**
 * A controller under a bulk load, and what the test wants to know of it: when it has sent so many transactions, when it has
 * nothing left to do, and what it says of each EgressIP. The test's thread drives it.
 */
final class BulkLoad implements AutoCloseable {
    static final int NAMESPACES = 20;
    /** A server that stands still is noticed after twice this. */
    private static final Duration PROBE = Duration.ofSeconds(5);

    private static final NbSessionConfig.Times QUICK = new NbSessionConfig.Times(
            PROBE, Duration.ofSeconds(60), Duration.ofSeconds(20), Duration.ofMillis(20), Duration.ofMillis(200));

    private final Submissions submissions = new Submissions();
    private final Map<String, StatusChange> status = new ConcurrentHashMap<>();
    private final InProcessController controller;

    /** Counts what is sent, and has the sender stand still where it is told to. Thread safe. */
    private static final class Submissions {
        private int count;
        private int standstill = Integer.MAX_VALUE;

        Database over(Database database) {
            return new Database() {
                @Override
                public int submit(List<Operation> operations, Consumer<CommitOutcome> ended) {
                    int bytes = database.submit(operations, ended);
                    counted();
                    return bytes;
                }

                @Override
                public void resync(String reason) {
                    database.resync(reason);
                }
            };
        }

        private synchronized void counted() {
            count++;
            notifyAll();
            try {
                while (count >= standstill) {
                    wait();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        synchronized int total() {
            return count;
        }

        synchronized void standStillAt(int transactions) {
            standstill = transactions;
            notifyAll();
        }

        synchronized boolean standsStill() {
            return count >= standstill;
        }
    }

    /** Starts a controller, with no pods but everything else. */
    BulkLoad(String addresses, int maxRows) {
        this(addresses, maxRows, List.of());
    }

    /** Starts a controller that finds these pods. */
    BulkLoad(String addresses, int maxRows, Collection<PodInput> pods) {
        this(addresses, maxRows, pods, PROBE);
    }

    /** @param probe how long the server may be silent, twice */
    BulkLoad(String addresses, int maxRows, Collection<PodInput> pods, Duration probe) {
        this(addresses, maxRows, pods, probe, List.of());
    }

    /** @param more features, whose kinds are not listed yet */
    BulkLoad(String addresses, Collection<PodInput> pods, List<Feature> more) {
        this(addresses, 500, pods, PROBE, more);
    }

    private BulkLoad(String addresses, int maxRows, Collection<PodInput> pods, Duration probe, List<Feature> more) {
        var times = new NbSessionConfig.Times(
                probe, QUICK.request(), QUICK.connect(), QUICK.shortestBackoff(), QUICK.longestBackoff());
        var config = NbSessionConfig.of(NbRemote.parseList(addresses), Optional.empty());
        controller = new InProcessController(
                new NbSessionConfig(
                        config.remotes(), config.tls(), config.database(), times, config.lock(), config.leaderOnly()),
                maxRows,
                true,
                more,
                submissions::over,
                change -> status.put(change.object().key(), change));
        var namespaces = new ArrayList<InputObject>();
        var egressIps = new ArrayList<InputObject>();
        for (int i = 0; i < NAMESPACES; i++) {
            namespaces.add(Inputs.namespace(i));
            egressIps.add(Inputs.egressIp(i));
        }
        post(new InputChange.Listed(InputKind.NODE, List.copyOf(Inputs.nodesReady(1, 2))));
        post(new InputChange.Listed(InputKind.NAMESPACE, namespaces));
        post(new InputChange.Listed(EgressIpInput.KIND, egressIps));
        post(new InputChange.Listed(EgressTrafficInput.KIND, List.of()));
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

    /**
     * Lets the controller go on, and has it stand still as soon as it has sent so many more transactions: however quick the
     * machine is, the load is not over before the test has seen the middle of it.
     */
    void standStillAfter(int count) {
        submissions.standStillAt(submissions.total() + count);
    }

    void goOn() {
        submissions.standStillAt(Integer.MAX_VALUE);
    }

    /** Waits until the controller stands still; false if it goes on, since there is no more to send. */
    boolean awaitStandstill() {
        var turns = new Turns(Instant.now());
        Await.await("a standstill, or nothing more to send")
                .pollInterval(Duration.ofMillis(2))
                .until(() -> submissions.standsStill() || turns.endQuietly(controller.state()));
        boolean stands = submissions.standsStill();
        if (!stands) {
            goOn();
        }
        return stands;
    }

    /** Posts so many pods and returns somewhere in the middle, where the controller stands still. */
    void standInTheMiddle(int pods, Random random) {
        awaitSettled();
        standStillAfter(2 + random.nextInt(10));
        pods(pods).forEach(pod -> post(new InputChange.Put(pod)));
        assertThat(awaitStandstill()).as("the load is under way").isTrue();
    }

    /** All egress IPs go to the second node and back; whatever is under way by then is overtaken. */
    void moveEverything(Random random) {
        for (boolean firstReady : new boolean[] {false, true}) {
            standStillAfter(1 + random.nextInt(3));
            (firstReady ? Inputs.nodesReady(1, 2) : Inputs.nodesReady(2))
                    .forEach(node -> post(new InputChange.Put(node)));
            awaitStandstill();
            goOn();
        }
    }

    /** Tells a turn that has seen everything that was posted before a time. The test's thread. */
    private final class Turns {
        private final Instant asked;
        private Optional<Instant> underWay = Optional.empty();

        private Turns(Instant asked) {
            this.asked = asked;
        }

        /** The first turn that ends later may have begun before; the one after it has not. */
        private boolean endQuietly(LoopState state) {
            if (underWay.isEmpty()) {
                underWay = Optional.of(state.lastTurn()).filter(turn -> isAfter(state, asked));
                return false;
            }
            return isAfter(state, underWay.get()) && isQuiet(state);
        }
    }

    /** Waits until everything posted so far is decided, and committed or backing off. */
    LoopState awaitSettled() {
        try {
            return Await.await("everything is committed").until(this::turned, this::isQuiet);
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

    @Override
    public void close() {
        goOn();
        controller.close();
    }
}
