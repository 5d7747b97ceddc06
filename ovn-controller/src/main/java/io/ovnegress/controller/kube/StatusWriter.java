package io.ovnegress.controller.kube;

import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.core.IntervalFunction;
import io.micrometer.core.instrument.MeterRegistry;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.ObjectRef;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes status and events of the objects of every kind that has a {@link StatusShape}. Only what is ours is ever written, only
 * where it differs from the live object, and only if it is still the object that the change speaks of (uid). A write that fails
 * is retried a few times with backoff ({@link ApiGuard}), then counted, logged, and tried again later until it succeeds, is
 * replaced, or its object is gone.
 *
 * <p>The first change of an object, and one of its fields, is written at once; others, such as how many pods it stands by for,
 * which conditions tell, at most every five seconds, the last one winning.
 *
 * <p>{@link #accept} may be called from any thread and never blocks; the work is done in a small pool of its own, one write at
 * a time per object, of which only the newest waits.
 */
public final class StatusWriter implements Consumer<StatusChange>, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StatusWriter.class);
    /**
     * How hard to try.
     *
     * @param between two writes of an object whose fields stay what they are
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

    private final Map<InputKind, StatusTarget<?, ?>> targets = new HashMap<>();
    private final Map<InputKind, ResourceKind<?, ?>> kinds = new HashMap<>();
    private final EventRecorder events;
    private final ApiGuard guard;
    private final Duration between;
    /** No longer than it matters. */
    private final Cache<ObjectRef, Written> recently;

    private final LatestQueue<ObjectRef, StatusChange> queue;

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
    public StatusWriter(KubernetesClient client, Collection<ResourceKind<?, ?>> kinds, Clock clock) {
        this(client, kinds, clock, Patience.DEFAULT);
    }

    StatusWriter(KubernetesClient client, Collection<ResourceKind<?, ?>> all, Clock clock, Patience patience) {
        for (var kind : all) {
            kinds.put(kind.kind(), kind);
            StatusTarget.of(client, kind, clock).ifPresent(target -> targets.put(kind.kind(), target));
        }
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
        return ApiErrors.isConflict(error) || isOurFinding(error);
    }

    private static boolean isOurFinding(Throwable error) {
        return error instanceof StatusTarget.StatusMovedException
                || error instanceof StatusTarget.StatusIgnoredException;
    }

    /**
     * Queues the change in place of an older one for the same object.
     *
     * @throws IllegalArgumentException if there is more than events, and the status of objects of this kind is not ours
     */
    @Override
    public void accept(StatusChange change) {
        if (!kinds.containsKey(change.object().kind()) || (target(change).isEmpty() && !isOnlyEvents(change))) {
            throw new IllegalArgumentException(change.object() + " has no status that is written here");
        }
        queue.put(change.object(), change);
    }

    private static boolean isOnlyEvents(StatusChange change) {
        return change.conditions().isEmpty() && change.fields().equals(StatusChange.Fields.NONE);
    }

    private String logKey(StatusChange change) {
        return kinds.get(change.object().kind()).logKey();
    }

    /** Empty where only events are ours. */
    private Optional<StatusTarget<?, ?>> target(StatusChange change) {
        return Optional.ofNullable(targets.get(change.object().kind()));
    }

    /** Drops what is not being sent at the moment: another controller may lead from now on. */
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
        var last = recently.getIfPresent(change.object());
        if (last == null
                || !last.uid().equals(change.uid())
                || !last.fields().equals(change.fields())
                || (last.generation() != change.generation()
                        && target(change)
                                .filter(StatusTarget::generationFollowsUs)
                                .isEmpty())) {
            return Duration.ZERO;
        }
        return between.minusNanos(System.nanoTime() - last.nanoTime());
    }

    /** Returns whether the change is dealt with; if not it is tried again later. */
    private boolean process(StatusChange change, boolean firstTime) {
        try {
            var outcome = guard.call(() -> write(change));
            if (outcome.isEmpty()) {
                return false; // merges into the newer one, if there is one
            }
            switch (outcome.get()) {
                case WRITTEN -> {
                    written.increment();
                    isThere(change);
                }
                case UNCHANGED -> {
                    unchanged.increment();
                    isThere(change);
                }
                case MISSING -> {
                    if (firstTime) {
                        return false; // a server answers so for a moment too when the definition is made anew
                    }
                    dropped.increment();
                }
                case REPLACED -> dropped.increment();
            }
            return true;
        } catch (RuntimeException e) {
            if (Thread.currentThread().isInterrupted()) {
                return true;
            }
            failed.increment();
            var words = isOurFinding(e) ? e.getMessage() : ApiErrors.describe(e);
            if (firstTime && !(e instanceof CallNotPermittedException)) { // which is said once for all
                LOG.warn(
                        "Status not written, trying again later {}={} error=\"{}\"",
                        logKey(change),
                        change.object().key(),
                        words);
            } else {
                LOG.debug(
                        "Status still not written {}={} error=\"{}\"",
                        logKey(change),
                        change.object().key(),
                        words);
            }
            return false;
        }
    }

    private void isThere(StatusChange change) {
        recently.put(
                change.object(), new Written(change.uid(), change.generation(), change.fields(), System.nanoTime()));
        record(change);
    }

    private void record(StatusChange change) {
        for (var event : change.events()) {
            try {
                guard.call(() -> {
                    events.record(kinds.get(change.object().kind()).reference(change), event);
                    return true;
                });
                eventsRecorded.increment();
            } catch (RuntimeException e) {
                eventsFailed.increment();
                LOG.warn(
                        "Event not recorded {}={} reason={} error=\"{}\"",
                        logKey(change),
                        change.object().key(),
                        event.reason(),
                        ApiErrors.describe(e));
            }
        }
    }

    /** Empty if a newer change waits, or this one is nobody's business any more. */
    private Optional<StatusTarget.Outcome> write(StatusChange change) {
        return queue.isOutdated(change.object())
                ? Optional.empty()
                : Optional.of(target(change)
                        .filter(target -> !isOnlyEvents(change))
                        .map(target -> target.write(change))
                        .orElse(StatusTarget.Outcome.UNCHANGED));
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
