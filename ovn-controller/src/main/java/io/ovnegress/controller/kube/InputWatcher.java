package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceList;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeList;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.github.resilience4j.core.IntervalFunction;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Tells the inbox about EgressIPs, namespaces, pods and nodes: for each kind first the complete list, then each change; after
 * an interruption the complete list again.
 *
 * <p>Not fabric8's informers but a list and a watch per kind. An informer keeps every object in a store to find out what was
 * deleted during an interruption (2-27 KB a pod), and says that it has synced before its handlers ran. Whoever reads the inbox
 * compares a complete list with what it knows anyway, so listing again needs no store: nothing is held here but the present
 * page, and {@code Listed} is posted exactly once per list, after its last page. Failures are backed off and shown in
 * {@link #health}, where an informer retries in silence.
 *
 * <p>A missing CustomResourceDefinition is waited for, and does not count as an empty list even if EgressIPs were listed
 * before: a restarting API server answers 404 for a while, which must not undo everything.
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
    public InputWatcher(KubernetesClient client, InputMappers mappers, Consumer<InputChange> inbox, Clock clock) {
        this.client = client;
        this.inbox = inbox;
        this.clock = clock;
        add(InputKind.EGRESS_IP, EgressIp.class, EgressIpList.class, mappers::egressIp);
        add(InputKind.NAMESPACE, Namespace.class, NamespaceList.class, mappers::namespace);
        add(InputKind.NODE, Node.class, NodeList.class, mappers::node);
        add(InputKind.POD, Pod.class, PodList.class, mappers::pod);
    }

    private <T extends HasMetadata, L extends KubernetesResourceList<T>> void add(
            InputKind kind, Class<T> type, Class<L> listType, Function<T, InputObject> mapper) {
        var everywhere = client.resources(type, listType).inAnyNamespace();
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
                kind,
                new KindReflector<>(
                        kind,
                        source,
                        mapper,
                        error -> explain(kind, error),
                        inbox,
                        backoff,
                        KindReflector.Watchdog.USUAL,
                        clock));
    }

    private String explain(InputKind kind, KubernetesClientException error) {
        return kind.equals(InputKind.EGRESS_IP) && ApiErrors.isNotFound(error)
                ? "CRD " + EgressIp.CRD + " is not installed: apply deploy/crds"
                : client.getMasterUrl() + ": " + ApiErrors.describe(error);
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
