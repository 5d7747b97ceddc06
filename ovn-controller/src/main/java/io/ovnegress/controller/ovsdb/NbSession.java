package io.ovnegress.controller.ovsdb;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.MoreExecutors;
import com.google.common.util.concurrent.SettableFuture;
import io.github.resilience4j.core.IntervalFunction;
import io.ovnegress.ovsdb.codec.OperationEncoder;
import io.ovnegress.ovsdb.codec.TransactReply;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.OperationResult;
import io.ovnegress.ovsdb.operation.OvsdbError;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The long-lived session with one database: finds a server that will do, follows its rows, submits transactions, and begins
 * again whenever the connection is lost.
 *
 * <p>A transaction is submitted once and never again by itself. Where the server keeps a history (a clustered database), a new
 * connection only brings what changed meanwhile.
 *
 * <p>One thread of its own, the reader, connects, reads and calls the listener; outcomes complete on it, in the order of the
 * server's messages. {@link #submit} and {@link #state} may be called by any thread.
 */
public final class NbSession implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NbSession.class);

    private final NbSessionConfig config;
    private final MonitorSpec spec;
    private final Listener listener;
    private final LockListener lockListener;
    private final Clock clock;
    private final IntervalFunction backoff;
    private final Thread reader;
    private final Thread timer;
    private final CountDownLatch closing = new CountDownLatch(1);

    /** The connection transactions go to; empty until the rows are there. */
    private volatile Optional<OvsdbConnection> live = Optional.empty();

    private volatile Optional<OvsdbConnection> current = Optional.empty();
    private volatile SessionState state;
    private volatile boolean hasLock;

    private final Object lockGuard = new Object();
    /** Guarded by {@link #lockGuard}. */
    private boolean lockWanted = true;
    /** That of the present connection; guarded by {@link #lockGuard}. */
    private Optional<SessionLock> lock = Optional.empty();

    /** With whom the present connection is, or the last one was. */
    private volatile Optional<Greeted> greeted = Optional.empty();

    private record Greeted(Greeting greeting, String schema) {
        SessionState.Server server() {
            return new SessionState.Server(schema, greeting.role(), greeting.index());
        }
    }

    private final Greeting.Resume resume = new Greeting.Resume();

    /** Why each remote tried since the last connection would not do; reader thread only. */
    private final Map<NbRemote, String> errors = new LinkedHashMap<>();

    /** Called on the reader thread in the order of the server's messages: to be handed on, not to be worked on here. */
    public interface Listener {
        /** A server has been found. From one connection to the next updates may go on from where they stopped. */
        void connected(ServerSchema schema);

        /** First the answer to the monitor request, complete or what changed meanwhile; then every change. */
        void updates(TableUpdates updates);

        /** After {@link #connected}: the connection is gone. The outcomes of what was in flight follow. */
        void disconnected(String reason);
    }

    /** What there is to hear of the configured lock; called as a {@link Listener} is. */
    public interface LockListener {
        /**
         * The server says whether we hold the lock: before the rows of a connection, and when that changes.
         *
         * @param waited since this connection asked for it
         */
        void lock(boolean held, Duration waited);

        /** The connection has ended, and the lock with it. Before anybody else hears of that. */
        void unlocked();
    }

    private static final class NoLock implements LockListener {
        @Override
        public void lock(boolean held, Duration waited) {}

        @Override
        public void unlocked() {}
    }

    /** One whose lock, if it is to use one, is of no interest to anybody. */
    public NbSession(NbSessionConfig config, MonitorSpec spec, Listener listener) {
        this(config, spec, listener, new NoLock());
    }

    /** @param spec what to monitor; what a server lacks of it is left out */
    public NbSession(NbSessionConfig config, MonitorSpec spec, Listener listener, LockListener lockListener) {
        this.config = config;
        this.spec = spec;
        this.listener = listener;
        this.lockListener = lockListener;
        this.clock = Clock.systemUTC();
        this.backoff = IntervalFunction.ofExponentialRandomBackoff(
                config.times().shortestBackoff(), 2, 0.5, config.times().longestBackoff());
        this.reader = Thread.ofPlatform().daemon().name("ovsdb-reader").unstarted(this::run);
        this.timer = Thread.ofPlatform().daemon().name("ovsdb-timer").unstarted(this::watch);
        this.state = new SessionState(Optional.empty(), clock.instant(), 0, "", false, Optional.empty());
    }

    public void start() {
        timer.start();
        reader.start();
    }

    public SessionState state() {
        return state.with(hasLock, live.isPresent() ? greeted.map(Greeted::server) : Optional.empty());
    }

    /**
     * Asks for the configured lock, on this connection and those to come, or gives it back. It is wanted from the start if
     * nothing else is said. Once the lock is given back the listener is not told of it any more. Never blocks.
     */
    public void wantLock(boolean wanted) {
        synchronized (lockGuard) {
            lockWanted = wanted;
            if (lock.isPresent()) {
                var unused = lock.get().want(wanted); // the answer is told to the listener
            }
            hasLock &= wanted;
        }
    }

    /**
     * Sends a transaction to the server. Never blocks and never throws for what happens out there; without a connection the
     * outcome is {@link CommitOutcome.Lost} at once, and without the configured lock {@link CommitOutcome.NotLeader}. A
     * committed transaction's updates come before its outcome.
     *
     * @param ended told once how it ended, on the reader thread, or before this returns if it was not sent; must not block
     * @return size of the request; 0 if it was not sent
     */
    public int submit(List<Operation> operations, Consumer<CommitOutcome> ended) {
        var target = live;
        if (target.isEmpty()) {
            ended.accept(new CommitOutcome.Lost("not connected"));
            return 0;
        }
        if (config.lock().isPresent() && !hasLock) {
            ended.accept(new CommitOutcome.NotLeader(
                    new OvsdbError("not owner", "the lock " + config.lock().get() + " is not ours")));
            return 0;
        }
        // What we think of the lock may be out of date (a process may have slept): only the server knows.
        var fence = config.lock()
                .map(name -> List.<Operation>of(new Operation.Assert(name)))
                .orElse(List.of());
        var fenced = new ArrayList<Operation>(operations.size() + fence.size());
        fenced.addAll(fence);
        fenced.addAll(operations);
        var results = SettableFuture.<List<OperationResult>>create();
        Futures.addCallback(
                results,
                new FutureCallback<>() {
                    @Override
                    public void onSuccess(List<OperationResult> reply) {
                        ended.accept(Outcomes.of(reply, fence.size(), operations.size()));
                    }

                    @Override
                    public void onFailure(Throwable failure) {
                        ended.accept(Outcomes.of(failure));
                    }
                },
                MoreExecutors.directExecutor());
        try {
            return target.get()
                    .send(
                            "transact",
                            id -> OperationEncoder.transact(id, config.database(), fenced),
                            config.times().request(),
                            TransactReply::decode,
                            results);
        } catch (IllegalArgumentException e) {
            var error = new OvsdbError("not a value", String.valueOf(e.getMessage()));
            ended.accept(new CommitOutcome.Refused(error, OptionalInt.empty()));
            return 0;
        }
    }

    /** Ends the session; what is in flight is lost. */
    @Override
    public void close() {
        closing.countDown();
        current.ifPresent(connection -> connection.abort("closed"));
        try {
            if (reader.isAlive() && !Thread.currentThread().equals(reader)) {
                reader.join(config.times().connect().plusSeconds(1));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isClosing() {
        return closing.getCount() == 0;
    }

    private void watch() {
        var times = config.times();
        var shortest = times.probe().isZero() || times.probe().compareTo(times.request()) > 0
                ? times.request()
                : times.probe();
        long period = Math.clamp(shortest.toMillis() / 5, 10, 1000);
        try {
            while (!closing.await(period, TimeUnit.MILLISECONDS)) {
                current.ifPresent(connection -> connection.watch(times.probe()));
            }
        } catch (InterruptedException e) {
            // Told to end.
        }
    }

    private void run() {
        int round = 0;
        while (!isClosing()) {
            for (var remote : config.remotes()) {
                if (!isClosing() && lasted(remote)) {
                    round = 0;
                }
            }
            round++;
            try {
                if (closing.await(backoff.apply(round), TimeUnit.MILLISECONDS)) {
                    return;
                }
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** Stays with a remote while it will do; whether that was longer than any pause, so that pauses start short again. */
    private boolean lasted(NbRemote remote) {
        long start = System.nanoTime();
        try {
            var transport = Transport.open(remote, config.tls(), config.times().connect());
            try (var connection = new OvsdbConnection(transport, config.times().request())) {
                current = Optional.of(connection);
                talk(remote, connection);
            } finally {
                current = Optional.empty();
            }
        } catch (IOException | RuntimeException e) {
            failed(remote, e);
        }
        return System.nanoTime() - start > config.times().longestBackoff().toNanos();
    }

    private void talk(NbRemote remote, OvsdbConnection connection) throws IOException {
        if (isClosing()) {
            return;
        }
        boolean announced = false;
        try {
            connection.start();
            var connectionsLock = config.lock().map(name -> new SessionLock(connection, name, this::lockHeld, clock));
            var greeting = new Greeting(
                    config, connection, resume, won -> connectionsLock.ifPresent(present -> present.notified(won)));
            var schema = greeting.introduce();
            if (connectionsLock.isPresent()) {
                connection.await(useLock(connectionsLock.get()));
            }
            greeted = Optional.of(new Greeted(greeting, schema.toString()));
            announced = true;
            listener.connected(schema);
            var rows = greeting.monitor(spec, schema, listener::updates);
            live = Optional.of(connection);
            errors.clear();
            LOG.atInfo()
                    .addKeyValue("remote", remote)
                    .addKeyValue("schema", schema)
                    .addKeyValue("rows", rows.rows().size())
                    .addKeyValue("complete", rows.complete())
                    .log("Connected to the database");
            listener.updates(rows);
            state = new SessionState(
                    Optional.of(remote), clock.instant(), 0, state.lastError(), false, Optional.empty());
            connection.run();
        } catch (IOException | RuntimeException e) {
            live = Optional.empty();
            forgetLock();
            var reason = FailureText.of(e, remote, config.tls(), !connection.hasHeard());
            if (announced) {
                listener.disconnected(reason);
            }
            if (e instanceof RuntimeException fault) {
                throw fault;
            }
            throw new ConnectionLostException(reason, e);
        }
    }

    /** Logged once per reason: a server that stays away is one line, and is seen in {@link #state}. */
    private void failed(NbRemote remote, Exception failure) {
        var before = state;
        // What did not come to talking has not heard anything; only a TLS handshake can be cut off by then.
        var reason = FailureText.of(failure, remote, config.tls(), remote instanceof NbRemote.Ssl);
        if (failure instanceof RuntimeException) {
            resume.forget();
            LOG.atError().addKeyValue("remote", remote).setCause(failure).log("Fault in the database session");
        } else if (!isClosing() && !reason.equals(errors.get(remote))) {
            LOG.atWarn()
                    .addKeyValue("remote", remote)
                    .addKeyValue("reason", reason)
                    .log("No database");
        }
        errors.put(remote, reason);
        var error = errors.entrySet().stream()
                .map(tried -> tried.getKey() + ": " + tried.getValue())
                .collect(Collectors.joining("; "));
        state = before.isConnected()
                ? new SessionState(Optional.empty(), clock.instant(), 0, error, false, Optional.empty())
                : new SessionState(
                        Optional.empty(), before.since(), before.attempts() + 1, error, false, Optional.empty());
    }

    private ListenableFuture<?> useLock(SessionLock connectionsLock) {
        synchronized (lockGuard) {
            lock = Optional.of(connectionsLock);
            return connectionsLock.want(lockWanted);
        }
    }

    private void forgetLock() {
        synchronized (lockGuard) {
            lock = Optional.empty();
            hasLock = false;
        }
        lockListener.unlocked();
    }

    private void lockHeld(boolean held, Duration waited) {
        hasLock = held;
        lockListener.lock(held, waited);
    }
}
