package io.ovnegress.controller.endpoint;

import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Something with threads and connections of its own that can be thrown away and begun afresh: there is never more than one,
 * and the old one has ended before the new one starts. Thread safe; only {@link #close} blocks.
 */
final class Restartable<T> implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Restartable.class);

    private final String name;
    private final Supplier<T> factory;
    private final Consumer<T> start;
    private final Consumer<T> stop;
    private final ExecutorService restarts;
    private final AtomicBoolean restartWaits = new AtomicBoolean();
    private volatile Optional<T> current = Optional.empty();
    private boolean closed;

    /**
     * @param name for the log and the thread
     */
    Restartable(String name, Supplier<T> factory, Consumer<T> start, Consumer<T> stop) {
        this.name = name;
        this.factory = factory;
        this.start = start;
        this.stop = stop;
        this.restarts = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name(name + "-restart").factory());
    }

    /** The one that runs; empty before the start and while it is being replaced. */
    Optional<T> current() {
        return current;
    }

    synchronized void start() {
        if (!closed && current.isEmpty()) {
            var next = factory.get();
            current = Optional.of(next);
            start.accept(next);
        }
    }

    /** Replaces it soon; several requests before that are one. */
    void restart(String reason) {
        if (restartWaits.compareAndSet(false, true)) {
            LOG.atWarn().addKeyValue("what", name).addKeyValue("reason", reason).log("resync");
            try {
                restarts.execute(() -> {
                    restartWaits.set(false);
                    replace();
                });
            } catch (RejectedExecutionException e) {
                LOG.atDebug().addKeyValue("what", name).log("resync not needed: stopping");
            }
        }
    }

    private synchronized void replace() {
        var old = current;
        current = Optional.empty();
        old.ifPresent(stop);
        start();
    }

    @Override
    public void close() {
        restarts.shutdown();
        synchronized (this) {
            closed = true;
            current.ifPresent(stop);
            current = Optional.empty();
        }
    }
}
