package io.ovnegress.controller.pool;

import com.google.inject.Inject;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.ovnegress.controller.kube.ApiErrors;
import io.ovnegress.controller.kube.PoolObjects;
import io.ovnegress.reconciler.feature.PoolWrites;
import io.ovnegress.reconciler.feature.PoolWrites.Change;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what is to be done about the EgressIPs of pools, one after the other, in a thread of its own: the loop never waits for the API
 * server. A change that fails is tried again until it succeeds or is not wanted any more. Thread safe.
 */
public final class PoolWriting implements Consumer<PoolWrites>, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PoolWriting.class);
    private static final Duration AGAIN = Duration.ofSeconds(2);

    private final PoolObjects objects;
    private final MeterRegistry registry;
    private final MultiGauge addresses;
    private final Duration again;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("pool-writing").factory());
    /** What is wanted; those that have been done stay until the loop has heard of them. Guarded by this. */
    private Map<String, Change> wanted = Map.of();
    /** What has failed. Guarded by this. */
    private Optional<Future<?>> retry = Optional.empty();
    /** Of these what has been done. Guarded by this. */
    private final Map<String, Change> done = new HashMap<>();

    @Inject
    public PoolWriting(KubernetesClient client, MeterRegistry registry) {
        this(new PoolObjects(client), registry, AGAIN);
    }

    PoolWriting(PoolObjects objects, MeterRegistry registry, Duration again) {
        this.objects = objects;
        this.registry = registry;
        this.again = again;
        addresses = MultiGauge.builder("ovn.egress.pool.addresses")
                .description("Addresses of EgressIPPools")
                .register(registry);
    }

    /** From now on this is to be done, and nothing else. */
    @Override
    public synchronized void accept(PoolWrites writes) {
        wanted = writes.changes();
        done.entrySet().removeIf(change -> !change.getValue().equals(wanted.get(change.getKey())));
        gauge(writes.usage());
        if (!thread.isShutdown() && !wanted.isEmpty()) {
            thread.execute(this::work);
        }
    }

    private void gauge(Map<String, PoolWrites.Usage> usage) {
        var rows = new ArrayList<MultiGauge.Row<?>>();
        usage.forEach((pool, addresses) -> {
            rows.add(row(pool, "total", addresses.total()));
            rows.add(row(pool, "used", addresses.used()));
            rows.add(row(pool, "reserved", addresses.reserved()));
            rows.add(row(pool, "free", addresses.free()));
        });
        addresses.register(rows, true);
    }

    private static MultiGauge.Row<Number> row(String pool, String state, long value) {
        return MultiGauge.Row.of(Tags.of("pool", pool, "state", state), value);
    }

    private void work() {
        boolean failed = false;
        for (var name : names()) {
            failed |= !work(name);
        }
        synchronized (this) {
            if (failed && !thread.isShutdown()) {
                retry.ifPresent(earlier -> earlier.cancel(false));
                retry = Optional.of(thread.schedule((Runnable) this::work, again.toMillis(), TimeUnit.MILLISECONDS));
            }
        }
    }

    private synchronized List<String> names() {
        return wanted.keySet().stream()
                .filter(name -> !done.containsKey(name))
                .sorted()
                .toList();
    }

    /** Whether there is nothing left to do. */
    private boolean work(String name) {
        Change change;
        synchronized (this) {
            change = wanted.get(name);
            if (change == null || done.containsKey(name)) {
                return true;
            }
        }
        try {
            var outcome = objects.apply(name, change);
            synchronized (this) {
                if (change.equals(wanted.get(name))) {
                    done.put(name, change);
                }
            }
            count(outcome == PoolObjects.Outcome.WRITTEN ? "written" : "overtaken");
            LOG.atInfo()
                    .addKeyValue("egressIP", name)
                    .addKeyValue("change", words(change))
                    .addKeyValue("outcome", outcome)
                    .log("EgressIP of a pool");
            return true;
        } catch (RuntimeException e) {
            if (thread.isShutdown()) {
                return true;
            }
            count("failed");
            LOG.atWarn()
                    .addKeyValue("egressIP", name)
                    .addKeyValue("change", words(change))
                    .addKeyValue("error", ApiErrors.describe(e))
                    .log("EgressIP of a pool is not written, trying again");
            return false;
        }
    }

    private void count(String result) {
        registry.counter("ovn.egress.pool.writes", "result", result).increment();
    }

    private static String words(Change change) {
        return switch (change) {
            case Change.Put put -> (put.selects() ? "gives " : "keeps ") + put.addresses() + " for " + put.namespace();
            case Change.Delete delete -> "gives back";
        };
    }

    /** Nothing is written after this. */
    @Override
    public void close() {
        thread.shutdownNow();
        try {
            if (!thread.awaitTermination(5, TimeUnit.SECONDS)) {
                LOG.warn("a write of a pool does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
