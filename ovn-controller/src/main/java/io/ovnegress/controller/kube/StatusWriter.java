package io.ovnegress.controller.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.core.IntervalFunction;
import io.micrometer.core.instrument.MeterRegistry;
import io.ovnegress.reconciler.feature.StatusChange;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes status and events of EgressIPs. Only {@code status.items} and {@code status.conditions} are ever written, only where
 * they differ from the live object, and only if it is still the object that the change speaks of (uid).
 *
 * <p>Works with our CRD and with ovn-kubernetes': whether there is a status subresource, and whether conditions are kept, is
 * found out from the API server's answers, and again when an answer contradicts the finding or after ten minutes. A write that fails is retried a
 * few times with backoff ({@link ApiGuard}), then counted, logged, and tried again later until it succeeds, is replaced, or its object is gone.
 *
 * <p>The first change of an object, and one of its assignment, is written at once; others, such as how many pods it stands by
 * for, at most every five seconds, the last one winning.
 *
 * <p>{@link #accept} may be called from any thread and never blocks; the work is done in a small pool of its own, one write at
 * a time per object, of which only the newest waits. A write costs two requests: a read and a patch.
 */
public final class StatusWriter implements Consumer<StatusChange>, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StatusWriter.class);
    private static final PatchContext JSON_PATCH = PatchContext.of(PatchType.JSON);
    /** How long a finding about the CRD is trusted: it may have been replaced since. */
    private static final Duration TRUSTED = Duration.ofMinutes(10);

    /**
     * How hard to try.
     *
     * @param between two writes of an object whose assignment stays what it is
     */
    record Patience(
            int threads, int attempts, IntervalFunction backoff, Duration again, Duration rest, Duration between) {
        static final Patience DEFAULT = new Patience(
                4,
                5,
                IntervalFunction.ofExponentialRandomBackoff(Duration.ofMillis(200), 2, 0.5, Duration.ofSeconds(5)),
                Duration.ofSeconds(30),
                Duration.ofSeconds(10),
                Duration.ofSeconds(5));
    }

    /** What was last written, or found to be there, of an object. */
    private record Written(String uid, long generation, StatusChange.Fields fields, long nanoTime) {}

    private enum Outcome {
        WRITTEN,
        UNCHANGED,
        GONE,
        SUPERSEDED
    }

    /** The API server took the patch and ignored it: the finding about the subresource was wrong. */
    private static final class StatusIgnoredException extends RuntimeException {
        StatusIgnoredException(String name) {
            super("the API server ignored the status of EgressIP " + name);
        }
    }

    /** Somebody else wrote the status, or made the object anew, between our read and our patch. */
    private static final class StatusMovedException extends RuntimeException {
        StatusMovedException(String name) {
            super("somebody else writes the status of EgressIP " + name + " all the time");
        }
    }

    private final KubernetesClient client;
    private final Clock clock;
    private final EventRecorder events;
    private final ApiGuard guard;
    private final Duration between;
    /** By name, no longer than it matters. */
    private final Cache<String, Written> recently;

    private final LatestQueue<String, StatusChange> queue;
    /** The CRD has no status subresource: trusted until then. */
    private volatile Instant noSubresourceUntil = Instant.MIN;
    /** The CRD does not keep conditions: trusted until then. */
    private volatile Instant pruningUntil = Instant.MIN;

    private final LongAdder written = new LongAdder();
    private final LongAdder unchanged = new LongAdder();
    private final LongAdder dropped = new LongAdder();
    private final LongAdder retried = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder eventsRecorded = new LongAdder();
    private final LongAdder eventsFailed = new LongAdder();

    /**
     * @param client from {@link KubernetesClients}: it must not retry by itself
     */
    public StatusWriter(KubernetesClient client, Clock clock) {
        this(client, clock, Patience.DEFAULT);
    }

    StatusWriter(KubernetesClient client, Clock clock, Patience patience) {
        this.client = client;
        this.clock = clock;
        events = new EventRecorder(client, clock);
        guard = new ApiGuard(
                patience.attempts(), patience.backoff(), patience.rest(), StatusWriter::isAnsweredByAFreshRead);
        guard.onRetry(retried::increment);
        between = patience.between();
        recently = CacheBuilder.newBuilder().expireAfterWrite(between).build();
        queue = new LatestQueue<>(
                "status", patience.threads(), patience.again(), StatusWriter::merge, new LatestQueue.Worker<>() {
                    @Override
                    public Duration wait(StatusChange change) {
                        return timeToWait(change);
                    }

                    @Override
                    public boolean process(StatusChange change, boolean firstTime) {
                        return StatusWriter.this.process(change, firstTime);
                    }
                });
    }

    private static boolean isAnsweredByAFreshRead(Throwable error) {
        return ApiErrors.isConflict(error)
                || error instanceof StatusMovedException
                || error instanceof StatusIgnoredException;
    }

    /** Queues the change in place of an older one for the same object. */
    @Override
    public void accept(StatusChange change) {
        queue.put(change.object().key(), change);
    }

    /** Drops what has not been begun. */
    public void forgetWaiting() {
        queue.clear();
    }

    /** The newer change, with the last event of each reason of both unless they speak of different objects. */
    private static StatusChange merge(StatusChange older, StatusChange newer) {
        if (!older.uid().equals(newer.uid()) || older.events().isEmpty()) {
            return newer;
        }
        var events = new LinkedHashMap<StatusChange.EventReason, StatusChange.Event>();
        older.events().forEach(event -> events.put(event.reason(), event));
        newer.events().forEach(event -> events.put(event.reason(), event));
        return newer.with(List.copyOf(events.values()));
    }

    private Duration timeToWait(StatusChange change) {
        var last = recently.getIfPresent(change.object().key());
        if (last == null
                || !last.uid().equals(change.uid())
                || !last.fields().equals(change.fields())
                || (last.generation() != change.generation() && !generationFollowsUs())) {
            return Duration.ZERO;
        }
        return between.minusNanos(System.nanoTime() - last.nanoTime());
    }

    /** Without a subresource every write of the status makes a new generation: to follow it would never end. */
    private boolean generationFollowsUs() {
        return !clock.instant().isAfter(noSubresourceUntil);
    }

    /** Returns whether the change is dealt with; if not it is tried again later. */
    private boolean process(StatusChange change, boolean firstTime) {
        try {
            var outcome = guard.call(() -> write(change));
            switch (outcome) {
                case WRITTEN -> written.increment();
                case UNCHANGED -> unchanged.increment();
                case GONE -> dropped.increment();
                case SUPERSEDED -> {
                    return false; // merges into the newer one
                }
            }
            if (outcome != Outcome.GONE) {
                recently.put(
                        change.object().key(),
                        new Written(change.uid(), change.generation(), change.fields(), System.nanoTime()));
                record(change);
            }
            return true;
        } catch (RuntimeException e) {
            if (Thread.currentThread().isInterrupted()) {
                return true;
            }
            failed.increment();
            var words = e instanceof StatusIgnoredException || e instanceof StatusMovedException
                    ? e.getMessage()
                    : ApiErrors.describe(e);
            if (firstTime && !(e instanceof CallNotPermittedException)) { // which is said once for all
                LOG.warn(
                        "Status not written, trying again later egressIP={} error=\"{}\"",
                        change.object().key(),
                        words);
            } else {
                LOG.debug(
                        "Status still not written egressIP={} error=\"{}\"",
                        change.object().key(),
                        words);
            }
            return false;
        }
    }

    private void record(StatusChange change) {
        for (var event : change.events()) {
            try {
                guard.call(() -> {
                    events.record(change.object().key(), change.uid(), event);
                    return true;
                });
                eventsRecorded.increment();
            } catch (RuntimeException e) {
                eventsFailed.increment();
                LOG.warn(
                        "Event not recorded egressIP={} reason={} error=\"{}\"",
                        change.object().key(),
                        event.reason(),
                        ApiErrors.describe(e));
            }
        }
    }

    private Outcome write(StatusChange change) {
        if (queue.isWaiting(change.object().key())) {
            return Outcome.SUPERSEDED;
        }
        var live = client.resources(EgressIp.class, EgressIpList.class)
                .withName(change.object().key())
                .get();
        if (live == null || !change.uid().equals(InputMappers.metadata(live).getUid())) {
            return Outcome.GONE;
        }
        var status = live.statusOrMissing();
        var patch = StatusPatch.of(change, status, clock.instant());
        boolean conditionsKept = clock.instant().isAfter(pruningUntil);
        if (patch.hasItems(status) && (patch.hasConditions(status, generationFollowsUs()) || !conditionsKept)) {
            return Outcome.UNCHANGED;
        }
        try {
            var answer = send(live, patch.json(change.uid()));
            if (!patch.hasItems(answer)) {
                noSubresourceUntil = Instant.MIN;
                throw new StatusIgnoredException(change.object().key());
            }
            learnPruning(patch, answer);
            return Outcome.WRITTEN;
        } catch (KubernetesClientException e) {
            if (ApiErrors.isNotFound(e)) {
                return Outcome.GONE;
            }
            if (ApiErrors.isUnprocessable(e) && hasMoved(live)) {
                throw new StatusMovedException(change.object().key());
            }
            throw e;
        }
    }

    /** What the patch asked for may not hold any more: then the server has refused that, and not what was to be written. */
    private boolean hasMoved(EgressIp seen) {
        var now = client.resources(EgressIp.class, EgressIpList.class)
                .withName(InputMappers.nameOf(seen))
                .get();
        return now == null
                || !InputMappers.metadata(seen)
                        .getUid()
                        .equals(InputMappers.metadata(now).getUid())
                || !seen.statusOrMissing().equals(now.statusOrMissing());
    }

    /** Sends the patch to where this CRD takes status; returns the status after it. */
    private JsonNode send(EgressIp live, String patch) {
        // Named by the object and not by its name, the client does not read before it patches: from egressips/status
        // even, which
        // the role does not allow.
        Resource<EgressIp> resource =
                client.resources(EgressIp.class, EgressIpList.class).resource(live);
        if (clock.instant().isAfter(noSubresourceUntil)) {
            try {
                return resource.subresource("status").patch(JSON_PATCH, patch).statusOrMissing();
            } catch (KubernetesClientException e) {
                if (!ApiErrors.isNotFound(e) || resource.get() == null) {
                    throw e;
                }
                LOG.debug("CRD {} has no status subresource: writing status in the object", EgressIp.CRD);
                noSubresourceUntil = clock.instant().plus(TRUSTED);
            }
        }
        return resource.patch(JSON_PATCH, patch).statusOrMissing();
    }

    private void learnPruning(StatusPatch patch, JsonNode answer) {
        boolean pruned =
                !patch.conditions().isEmpty() && answer.path("conditions").isEmpty();
        pruningUntil = pruned ? clock.instant().plus(TRUSTED) : Instant.MIN;
    }

    /** Registers what resilience4j counts: retries, the circuit breaker, the rate limiter. */
    public void bindTo(MeterRegistry registry) {
        guard.bindTo(registry);
    }

    /** Changes that wait or are being written. */
    public int pending() {
        return queue.size();
    }

    /** Statuses written. */
    public long written() {
        return written.sum();
    }

    /** Changes that the live object had already. */
    public long unchanged() {
        return unchanged.sum();
    }

    /** Changes whose object was gone, or another one of its name. */
    public long dropped() {
        return dropped.sum();
    }

    /** Requests repeated after a conflict or a failure. */
    public long retried() {
        return retried.sum();
    }

    /** Rounds of attempts given up; the change waits for the next round. */
    public long failed() {
        return failed.sum();
    }

    /** Events created or counted up. */
    public long eventsRecorded() {
        return eventsRecorded.sum();
    }

    /** Events given up. */
    public long eventsFailed() {
        return eventsFailed.sum();
    }

    /** Stops after the requests under way; what waits is not written. */
    @Override
    public void close() {
        queue.close();
    }
}
