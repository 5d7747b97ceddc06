package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.github.resilience4j.core.IntervalFunction;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * One object of the Kubernetes API that is listed and watched by its name, by a virtual thread of its own, which tells of it whenever
 * it is another one, and that there is none. Thread safe.
 */
final class SingleObject<T extends HasMetadata, L extends KubernetesResourceList<T>> implements AutoCloseable {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);

    private final Thread thread;

    /** What the reflector passes on. */
    private record Seen<T>(InputKind kind, String key, T object) implements InputObject {}

    /**
     * @param key {@code namespace/name}
     * @param listener called by the thread; empty if there is no such object
     */
    SingleObject(
            KubernetesClient client,
            Class<T> type,
            Class<L> listType,
            String key,
            Consumer<Optional<T>> listener,
            Clock clock) {
        int slash = key.indexOf('/');
        var kind = new InputKind(HasMetadata.getKind(type) + " " + key);
        var named = client.resources(type, listType)
                .inNamespace(key.substring(0, slash))
                .withField("metadata.name", key.substring(slash + 1));
        var source = new KindReflector.Source<T>() {
            @Override
            public L list(ListOptions options) {
                return named.list(options);
            }

            @Override
            public Watch watch(ListOptions options, Watcher<T> watcher) {
                return named.watch(options, watcher);
            }
        };
        var reflector = new KindReflector<T>(
                kind,
                source,
                object -> new Seen<>(kind, InputMappers.nameOf(object), object),
                error -> client.getMasterUrl() + ": " + ApiErrors.describe(error),
                error -> false,
                change -> tell(change, key, type, listener),
                IntervalFunction.ofExponentialRandomBackoff(FIRST_PAUSE, 2, 0.5, LONGEST_PAUSE),
                KindReflector.Watchdog.USUAL,
                clock);
        this.thread = Thread.ofVirtual().name("watch-" + kind).start(reflector);
    }

    private static <T> void tell(InputChange change, String key, Class<T> type, Consumer<Optional<T>> listener) {
        switch (change) {
            case InputChange.Put(var object, var version) -> {
                if (object.key().equals(key)) {
                    listener.accept(Optional.of(type.cast(((Seen<?>) object).object())));
                }
            }
            case InputChange.Removed(var kind, var gone) -> {
                if (gone.equals(key)) {
                    listener.accept(Optional.empty());
                }
            }
            case InputChange.Listed(var kind, var objects) ->
                listener.accept(objects.stream()
                        .filter(object -> object.key().equals(key))
                        .map(object -> type.cast(((Seen<?>) object).object()))
                        .findFirst());
        }
    }

    /** It is told nothing that happens after this. */
    @Override
    public void close() {
        thread.interrupt();
    }
}
