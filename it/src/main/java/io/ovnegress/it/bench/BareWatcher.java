package io.ovnegress.it.bench;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.ovnegress.it.harness.kube.KubeApi;
import java.util.Optional;

/** Watches pods and does nothing with them: nobody can be told sooner. */
final class BareWatcher implements AutoCloseable, Watcher<Pod> {
    private final KubeApi api;
    private volatile long last;
    private Optional<Watch> watch = Optional.empty();

    BareWatcher(KubeApi api) {
        this.api = api;
    }

    void start() {
        watch = Optional.of(api.client().pods().inAnyNamespace().watch(this));
    }

    @Override
    public void eventReceived(Action action, Pod pod) {
        last = System.currentTimeMillis();
    }

    /** When it was told of the last one, in milliseconds since the epoch. */
    long last() {
        return last;
    }

    @Override
    public void onClose(WatcherException cause) {
        throw new IllegalStateException(cause);
    }

    @Override
    public void close() {
        watch.ifPresent(Watch::close);
    }
}
