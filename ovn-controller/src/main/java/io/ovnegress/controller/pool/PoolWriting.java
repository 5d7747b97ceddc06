package io.ovnegress.controller.pool;

import com.google.inject.Inject;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.github.resilience4j.core.IntervalFunction;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.ovnegress.controller.kube.ApiErrors;
import io.ovnegress.controller.kube.PoolObjects;
import io.ovnegress.reconciler.feature.PoolWrites;
import io.ovnegress.reconciler.feature.PoolWrites.Change;
import io.ovnegress.reconciler.feature.PoolWrites.Decided;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what is to be done about the addresses of pools, one after the other, in a thread of its own: the loop never waits for the API
 * server. A change that fails is tried again, each time later, until it succeeds or is not wanted any more. Thread safe.
 */
public final class PoolWriting implements Consumer<PoolWrites>, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PoolWriting.class);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(2);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(2);

    private final PoolObjects objects;
    private final MeterRegistry registry;
    private final MultiGauge addresses;
    private final IntervalFunction pauses;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("pool-writing").factory());
    /** What is wanted; those that have been done stay until the loop has heard of them. Guarded by this. */
    private Map<String, Decided> wanted = Map.of();
    /** Of these what has been done. Guarded by this. */
    private final Map<String, Decided> done = new HashMap<>();
    /** Of these what has failed, and has its time. Guarded by this. */
    private final Map<String, Failed> failed = new HashMap<>();

    private record Failed(Decided change, int times) {}

    @Inject
    public PoolWriting(KubernetesClient client, MeterRegistry registry) {
        this(
                new PoolObjects(client),
                registry,
                IntervalFunction.ofExponentialRandomBackoff(FIRST_PAUSE, 2, 0.5, LONGEST_PAUSE));
    }

    /** @param pauses in milliseconds after so many failures of one change */
    public PoolWriting(PoolObjects objects, MeterRegistry registry, IntervalFunction pauses) {
        this.objects = objects;
        this.registry = registry;
        this.pauses = pauses;
        addresses = MultiGauge.builder("ovn.egress.pool.addresses")
                .description("Addresses of EgressIPPools")
                .register(registry);
    }

    /** From now on this is to be done, and nothing else. */
    @Override
    public synchronized void accept(PoolWrites writes) {
        wanted = writes.changes();
        done.entrySet().removeIf(change -> !change.getValue().equals(wanted.get(change.getKey())));
        failed.entrySet().removeIf(change -> !change.getValue().change().equals(wanted.get(change.getKey())));
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
        names().forEach(this::work);
    }

    private synchronized List<String> names() {
        return wanted.keySet().stream()
                .filter(name -> !done.containsKey(name) && !failed.containsKey(name))
                .sorted()
                .toList();
    }

    private void work(String name) {
        Decided decided;
        synchronized (this) {
            decided = wanted.get(name);
        }
        if (decided != null) {
            work(name, decided);
        }
    }

    private void work(String name, Decided decided) {
        var change = decided.change();
        try {
            var outcome = objects.apply(name, change);
            ended(name, decided);
            count(outcome == PoolObjects.Outcome.WRITTEN ? "written" : "overtaken");
            LOG.atInfo()
                    .addKeyValue(change instanceof Change.Grant ? "egressrouter" : "egressIP", name)
                    .addKeyValue("change", words(change))
                    .addKeyValue("outcome", outcome)
                    .log("addresses of a pool");
        } catch (RuntimeException e) {
            if (thread.isShutdown()) {
                return;
            }
            tryAgain(name, decided);
            count("failed");
            LOG.atWarn()
                    .addKeyValue(change instanceof Change.Grant ? "egressrouter" : "egressIP", name)
                    .addKeyValue("change", words(change))
                    .addKeyValue("error", ApiErrors.describe(e))
                    .log("addresses of a pool are not written, trying again");
        }
    }

    private synchronized void ended(String name, Decided decided) {
        if (decided.equals(wanted.get(name))) {
            failed.remove(name);
            done.put(name, decided);
        }
    }

    private synchronized void tryAgain(String name, Decided decided) {
        if (decided.equals(wanted.get(name)) && !thread.isShutdown()) {
            int times = Optional.ofNullable(failed.get(name)).map(Failed::times).orElse(0) + 1;
            var last = new Failed(decided, times);
            failed.put(name, last);
            var unused = thread.schedule(() -> again(name, last), pauses.apply(times), TimeUnit.MILLISECONDS);
        }
    }

    /** Unless something else is wanted by now. */
    private void again(String name, Failed last) {
        boolean isWanted;
        synchronized (this) {
            isWanted = last.equals(failed.get(name));
        }
        if (isWanted) {
            work(name, last.change());
        }
    }

    private void count(String result) {
        registry.counter("ovn.egress.pool.writes", "result", result).increment();
    }

    private static String words(Change change) {
        return switch (change) {
            case Change.Put put -> (put.selects() ? "gives " : "keeps ") + put.addresses() + " for " + put.namespace();
            case Change.Delete delete -> "gives back";
            case Change.Grant grant -> "gives " + grant.addresses();
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
