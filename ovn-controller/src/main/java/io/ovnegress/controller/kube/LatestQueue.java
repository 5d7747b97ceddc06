package io.ovnegress.controller.kube;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BinaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Work by key, of which only the latest waits: bounded by the number of keys. One key is worked on by one thread at a time, and
 * {@link #put} never waits for one.
 */
public final class LatestQueue<K, V> implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LatestQueue.class);

    /** Does the work. */
    public interface Worker<V> {
        /** How long the value has to wait yet; zero or less: not at all. A newer one that has not ends the wait. */
        default Duration wait(V value) {
            return Duration.ZERO;
        }

        /**
         * Returns whether the value is dealt with; one that is not is offered again after a pause, unless replaced, and so is one
         * whose work ends with an exception, which is logged.
         *
         * @param firstTime whether it is offered for the first time since the key's last success
         */
        boolean process(V value, boolean firstTime);
    }

    private final ScheduledThreadPoolExecutor pool;
    private final Duration pause;
    private final BinaryOperator<V> merge;
    private final Worker<V> worker;
    private final Map<K, V> waiting = new LinkedHashMap<>();
    private final Map<K, V> paused = new HashMap<>();
    private final Map<K, Future<?>> timers = new HashMap<>();
    /** What is worked on, and how often everything had been forgotten when that began. */
    private final Map<K, Integer> busy = new HashMap<>();

    private final Set<K> failing = new HashSet<>();
    private int forgotten;

    /**
     * @param pause before a value that was not dealt with is offered again
     * @param merge of an older and a newer value
     */
    public LatestQueue(String name, int threads, Duration pause, BinaryOperator<V> merge, Worker<V> worker) {
        this.pause = pause;
        this.merge = merge;
        this.worker = worker;
        pool = new ScheduledThreadPoolExecutor(
                threads, Thread.ofPlatform().daemon().name(name + "-", 0).factory());
        pool.setRemoveOnCancelPolicy(true);
    }

    public synchronized void put(K key, V value) {
        var older = paused.remove(key);
        waiting.merge(key, older == null ? value : merge.apply(older, value), merge);
        if (!pool.isShutdown() && busy.putIfAbsent(key, forgotten) == null) {
            pool.execute(() -> work(key));
        }
    }

    /** Forgets everything; what is being worked on is not offered again. */
    synchronized void clear() {
        forgotten++;
        waiting.clear();
        paused.clear();
        timers.values().forEach(timer -> timer.cancel(false));
        timers.clear();
        failing.clear();
    }

    /** Whether what is being worked on need not be done any more: a newer value waits, or everything was forgotten. */
    synchronized boolean isOutdated(K key) {
        return waiting.containsKey(key) || isForgotten(key);
    }

    private boolean isForgotten(K key) {
        return busy.getOrDefault(key, forgotten) != forgotten;
    }

    /** Keys with a value that is not dealt with. */
    synchronized int size() {
        var keys = new HashSet<>(busy.keySet());
        keys.addAll(paused.keySet());
        return keys.size();
    }

    private void work(K key) {
        while (true) {
            V value;
            boolean firstTime;
            synchronized (this) {
                value = waiting.remove(key);
                if (value == null || pool.isShutdown()) {
                    busy.remove(key);
                    return;
                }
                var wait = worker.wait(value);
                if (wait.isPositive()) {
                    pause(key, value, wait);
                    continue;
                }
                firstTime = !failing.contains(key);
                busy.put(key, forgotten);
            }
            boolean done = process(key, value, firstTime);
            synchronized (this) {
                if (done || isForgotten(key)) {
                    failing.remove(key);
                } else if (waiting.containsKey(key)) {
                    waiting.merge(key, value, (newer, older) -> merge.apply(older, newer));
                } else {
                    failing.add(key);
                    pause(key, value, pause);
                }
            }
        }
    }

    /** A fault of the worker holds up nothing but its key, and that no longer than any failure. */
    private boolean process(K key, V value, boolean firstTime) {
        try {
            return worker.process(value, firstTime);
        } catch (RuntimeException e) {
            LOG.error("Fault while working on {}", key, e);
            return false;
        }
    }

    /** Under the lock; nothing of the key waits or is paused. */
    private void pause(K key, V value, Duration time) {
        paused.put(key, value);
        var older = timers.remove(key);
        if (older != null) {
            older.cancel(false);
        }
        if (!pool.isShutdown()) {
            timers.put(key, pool.schedule(() -> resume(key), time.toNanos(), TimeUnit.NANOSECONDS));
        }
    }

    private synchronized void resume(K key) {
        timers.remove(key);
        var value = paused.remove(key);
        if (value != null) {
            put(key, value);
        }
    }

    @Override
    public void close() {
        pool.shutdownNow();
        try {
            if (!pool.awaitTermination(5, TimeUnit.SECONDS)) {
                return; // daemon threads: they die with the process
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
