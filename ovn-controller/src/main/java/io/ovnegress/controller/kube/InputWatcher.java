package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.github.resilience4j.core.IntervalFunction;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Tells the inbox about the objects of some kinds: for each kind first the complete list, then each change; after
 * an interruption the complete list again.
 *
 * <p>Not fabric8's informers but a list and a watch per kind. An informer keeps every object in a store to find out what was
 * deleted during an interruption (2-27 KB a pod), and says that it has synced before its handlers ran. Whoever reads the inbox
 * compares a complete list with what it knows anyway, so listing again needs no store: nothing is held here but the present
 * page, and {@code Listed} is posted exactly once per list, after its last page. Failures are backed off and shown in
 * {@link #health}, where an informer retries in silence.
 *
 * <p>A missing CustomResourceDefinition is waited for, and does not count as an empty list even if objects were listed
 * before: a restarting API server answers 404 for a while, which must not undo everything. That of an optional kind is asked for
 * itself; if it is not there, there are no objects.
 *
 * <p>The inbox is called by one thread per kind, in order for that kind; it must not block.
 */
public final class InputWatcher implements AutoCloseable {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);

    private final KubernetesClient client;
    private final Consumer<InputChange> inbox;
    private final Clock clock;
    private final Map<InputKind, KindReflector<?>> reflectors = new TreeMap<>();
    private final List<Thread> threads = new ArrayList<>();

    /**
     * @param client from {@link KubernetesClients}: it must not retry or reconnect by itself
     */
    public InputWatcher(
            KubernetesClient client, List<ResourceKind<?, ?>> kinds, Consumer<InputChange> inbox, Clock clock) {
        this.client = client;
        this.inbox = inbox;
        this.clock = clock;
        kinds.forEach(this::add);
    }

    private <T extends HasMetadata, L extends KubernetesResourceList<T>> void add(ResourceKind<T, L> kind) {
        var everywhere = client.resources(kind.type(), kind.listType()).inAnyNamespace();
        var source = new KindReflector.Source<T>() {
            @Override
            public L list(ListOptions options) {
                return everywhere.list(options);
            }

            @Override
            public Watch watch(ListOptions options, Watcher<T> watcher) {
                return everywhere.watch(options, watcher);
            }
        };
        var backoff = IntervalFunction.ofExponentialRandomBackoff(FIRST_PAUSE, 2, 0.5, LONGEST_PAUSE);
        reflectors.put(
                kind.kind(),
                new KindReflector<>(
                        kind.kind(),
                        source,
                        kind.mapper(),
                        error -> explain(kind, error),
                        error -> isNotInstalled(kind, error),
                        inbox,
                        backoff,
                        KindReflector.Watchdog.USUAL,
                        clock));
    }

    /** A server that has only just started answers 404 for kinds that it has; what it stores of their definitions it knows. */
    private boolean isNotInstalled(ResourceKind<?, ?> kind, KubernetesClientException error) {
        return kind.optional()
                && ApiErrors.isNotFound(error)
                && kind.crd()
                        .filter(crd -> client.apiextensions()
                                        .v1()
                                        .customResourceDefinitions()
                                        .withName(crd)
                                        .get()
                                == null)
                        .isPresent();
    }

    private String explain(ResourceKind<?, ?> kind, KubernetesClientException error) {
        return kind.crd()
                .filter(crd -> ApiErrors.isNotFound(error))
                .map(crd -> "CRD " + crd + " is not installed: apply deploy/crds")
                .orElseGet(() -> client.getMasterUrl() + ": " + ApiErrors.describe(error));
    }

    /** Starts one thread per kind. */
    public synchronized void start() {
        reflectors.forEach((kind, reflector) -> threads.add(Thread.ofPlatform()
                .daemon()
                .name("watch-" + kind.name().toLowerCase(Locale.ROOT).replace('_', '-'))
                .start(reflector)));
    }

    /** The state of every kind, for /readyz. Any thread. */
    public Map<InputKind, WatchHealth> health() {
        var health = new TreeMap<InputKind, WatchHealth>();
        reflectors.forEach((kind, reflector) -> health.put(kind, reflector.health()));
        return Collections.unmodifiableMap(health);
    }

    /** Stops watching; nothing is posted once it has returned. */
    @Override
    public synchronized void close() {
        threads.forEach(Thread::interrupt);
        boolean interrupted = false;
        for (var thread : threads) {
            try {
                thread.join(Duration.ofSeconds(5));
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        threads.clear();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
