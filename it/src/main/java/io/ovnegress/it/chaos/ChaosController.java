package io.ovnegress.it.chaos;

import io.ovnegress.controller.loop.Database;
import io.ovnegress.controller.loop.LoopInbox;
import io.ovnegress.controller.loop.LoopState;
import io.ovnegress.controller.loop.ReconcileLoop;
import io.ovnegress.controller.ovsdb.NbRemote;
import io.ovnegress.controller.ovsdb.NbSession;
import io.ovnegress.controller.ovsdb.NbSessionConfig;
import io.ovnegress.it.chaos.OtherClient.Author;
import io.ovnegress.it.harness.bulk.InProcessController;
import io.ovnegress.it.harness.process.Await;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.NbGlobal;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.feature.PoolWrites;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.pool.PooledEgressIp;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;

/**
 * The controller's decisions, loop and session as they run in the process, given inputs by the caller. Knows when it has nothing
 * left to do. Thread safe.
 */
final class ChaosController implements AutoCloseable {
    /** Short, so that a parted network is noticed within a history. */
    private static final NbSessionConfig.Times TIMES = new NbSessionConfig.Times(
            Duration.ofMillis(600),
            Duration.ofSeconds(5),
            Duration.ofSeconds(1),
            Duration.ofMillis(5),
            Duration.ofMillis(50));

    /** The same for all: what one of them has written down another one reads. */
    private static final Clock CLOCK = new FastClock();

    /** For one turn of the loop, on however slow a machine. */
    private static final Duration LIMIT = Duration.ofMinutes(10);

    /** The controller's pauses of seconds and minutes, between retries and repairs, pass in milliseconds. */
    private static final class FastClock extends Clock {
        private static final int SPEED = 200;
        private final Instant start = Instant.now();
        private final long startNanos = System.nanoTime();

        @Override
        public Instant instant() {
            return start.plusNanos(SPEED * (System.nanoTime() - startNanos));
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    /** How long it surely waits for an answer of ovn-northd, of its half a minute. */
    static final Duration NORTHD_PATIENCE = Duration.ofSeconds(29).dividedBy(FastClock.SPEED);

    /** It wants nothing of pools. */
    private static final InputChange NUDGE =
            new InputChange.Put(new NamespaceInput("nudge", Map.of(), Map.of(PooledEgressIp.POOL, "")));

    private final Clock clock = CLOCK;
    private final LoopInbox inbox = new LoopInbox(clock);
    private final Queue<String> changes = new ConcurrentLinkedQueue<>();
    private final String name;
    private final NbSession session;
    private final ReconcileLoop loop;
    private volatile int barrier = -1;
    private volatile String fault = "";

    /**
     * Starts at once; waits for inputs and for the database.
     *
     * @param address {@code unix:PATH}
     * @param lock the OVSDB lock to write with
     * @param name that the log of transactions gives its own
     * @param more features after its own
     * @param status called on the loop's thread
     * @param pools likewise
     */
    ChaosController(
            String address,
            Optional<String> lock,
            String name,
            ReconcilerConfig config,
            List<Feature> more,
            Consumer<StatusChange> status,
            Consumer<PoolWrites> pools) {
        this.name = name;
        var reconciler = InProcessController.reconciler(config, true, more);
        session = new NbSession(
                new NbSessionConfig(NbRemote.parseList(address), Optional.empty(), "OVN_Northbound", TIMES, lock, true),
                reconciler.monitorSpec(),
                new BarrierWatch(),
                new LockWatch());
        loop = InProcessController.loop(inbox, reconciler, new SessionDatabase(), status, pools, clock);
        session.start();
        loop.start();
    }

    /**
     * @param podSnats whether pods have node SNATs of their own ({@code --disable-snat-multiple-gws})
     * @param guards whether gateway routers are guarded ({@code --guard})
     * @param form of objects that do not say it themselves ({@code --egressip-form})
     */
    static ReconcilerConfig config(boolean podSnats, boolean guards, int maxRows, EgressForm.Kind form) {
        return new ReconcilerConfig(
                        List.of(network("10.128.0.0/14"), network("fd01::/48")),
                        List.of(network("100.64.0.0/16"), network("fd98::/64")),
                        podSnats,
                        maxRows)
                .edit()
                .guards(guards)
                .form(form)
                .build();
    }

    private static IpNetwork network(String text) {
        return IpNetwork.parse(text).orElseThrow();
    }

    private final class SessionDatabase implements Database {
        @Override
        public int submit(List<Operation> operations, Consumer<CommitOutcome> ended) {
            changes.addAll(operations.stream()
                    .filter(operation -> !isQuestion(operation))
                    .map(Operation::toString)
                    .toList());
            return session.submit(
                    Stream.concat(operations.stream(), Stream.of(new Operation.Comment(Author.CONTROLLER + " " + name)))
                            .toList(),
                    ended);
        }

        /** How far the rows have come. */
        private static boolean isQuestion(Operation operation) {
            return operation instanceof Operation.Mutate mutate && mutate.table() == NbGlobal.TABLE;
        }

        @Override
        public void resync(String reason) {
            fault = reason;
        }
    }

    /** Looks for barriers in what the session tells the loop. */
    private final class BarrierWatch implements NbSession.Listener {
        @Override
        public void connected(ServerSchema schema) {
            inbox.connected(schema);
        }

        @Override
        public void disconnected(String reason) {
            inbox.disconnected(reason);
        }

        @Override
        public void updates(TableUpdates updates) {
            inbox.updates(updates);
            for (var row : updates.rows()) {
                if (row.table() == LogicalSwitch.TABLE
                        && row.cells()[LogicalSwitch.NAME.index()] instanceof String name
                        && name.startsWith(Landscape.BARRIER)) {
                    barrier = Integer.parseInt(name.substring(Landscape.BARRIER.length()));
                }
            }
        }
    }

    /** The lock alone says who leads. */
    private final class LockWatch implements NbSession.LockListener {
        @Override
        public void lock(boolean held, Duration waited) {
            inbox.leads(held);
        }

        @Override
        public void unlocked() {}
    }

    void post(InputChange change) {
        inbox.input(change);
    }

    /** The operations submitted so far that change anything, whatever became of them. */
    List<String> changes() {
        return List.copyOf(changes);
    }

    /** What the controller did wrong by its own judgement; empty if nothing. */
    String fault() {
        return fault.isEmpty() && !loop.isAlive() ? "the loop has ended" : fault;
    }

    /** Whether it leads, as of everything that has reached it. */
    boolean leads() {
        return turned().leader();
    }

    LoopState state() {
        return loop.state();
    }

    /** Waits until the database's content as of this barrier has arrived. */
    void awaitBarrier(int number) {
        wait("the controller sees barrier " + number, () -> barrier >= number);
    }

    /** Waits until everything that was posted before is dealt with, by this one or by the one that leads. */
    void awaitQuiet(Optional<ChaosController> other) {
        wait(
                "the controller is quiet",
                () -> isQuiet(turned())
                        || (other.isPresent() && isQuiet(other.get().turned())));
    }

    private void wait(String what, Callable<Boolean> condition) {
        try {
            Await.await(what, loop::state).pollInterval(Duration.ofMillis(2)).until(condition);
        } catch (ConditionTimeoutException e) {
            throw new IllegalStateException(e.getMessage() + ", " + loop.state(), e);
        }
    }

    /** The state after a turn that took everything posted before this call. */
    private LoopState turned() {
        turn();
        return turn();
    }

    private LoopState turn() {
        var start = Instant.now();
        var lastTurn = loop.state().lastTurn();
        post(NUDGE);
        while (fault().isEmpty()
                && !loop.state().lastTurn().isAfter(lastTurn)
                && start.plus(LIMIT).isAfter(Instant.now())) {
            LockSupport.parkNanos(200_000);
        }
        if (!fault().isEmpty()) {
            throw new IllegalStateException(fault());
        }
        return loop.state();
    }

    private static boolean isQuiet(LoopState state) {
        var progress = state.progress();
        return state.leader()
                && progress.synchronised()
                && progress.missing().isEmpty()
                && progress.dirty() == 0
                && progress.inFlight() == 0
                && progress.inSteps() == 0
                && !progress.improving()
                && progress.backedOff() == 0
                && progress.contested() == 0;
    }

    @Override
    public void close() {
        loop.close();
        session.close();
    }
}
