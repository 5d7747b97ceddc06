package io.ovnegress.controller.avi;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.ovnegress.controller.kube.EgressRouter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says which Services are to be looked at: those with the annotation that have changed, those of whose routers somebody has changed
 * something, and all of them when this controller begins to lead. Thread safe.
 */
final class EgressServiceWatches implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EgressServiceWatches.class);
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final KubernetesClient client;
    private final BooleanSupplier leads;
    private final Consumer<ServiceKey> changed;
    private final List<SharedIndexInformer<? extends HasMetadata>> informers = new ArrayList<>();
    private final ScheduledThreadPoolExecutor clock = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("egress-service-lead").factory());
    private boolean led;

    EgressServiceWatches(KubernetesClient client, BooleanSupplier leads, Consumer<ServiceKey> changed) {
        this.client = client;
        this.leads = leads;
        this.changed = changed;
    }

    synchronized void start() {
        watch(
                "Service",
                client.services().inAnyNamespace(),
                EgressServiceWatches::isAsking,
                (before, after) -> isAsking(before) || isAsking(after));
        watch(
                "EgressRouter",
                client.resources(EgressRouter.class)
                        .inAnyNamespace()
                        .withLabel(EgressServiceKeeper.MANAGED_BY, EgressServiceKeeper.MANAGER),
                router -> true,
                EgressServiceWatches::isTouched);
        var unused =
                clock.scheduleWithFixedDelay(this::lookAtLead, LOOK.toMillis(), LOOK.toMillis(), TimeUnit.MILLISECONDS);
    }

    static boolean isAsking(Service service) {
        var annotations = service.getMetadata().getAnnotations();
        return annotations != null && annotations.containsKey(EgressPod.ANNOTATION);
    }

    /** Its status is written all the time. */
    private static boolean isTouched(EgressRouter before, EgressRouter after) {
        return !Objects.equals(before.getSpec(), after.getSpec())
                || !Objects.equals(
                        before.getMetadata().getLabels(), after.getMetadata().getLabels())
                || !Objects.equals(
                        before.getMetadata().getAnnotations(),
                        after.getMetadata().getAnnotations());
    }

    /** Again and again where it fails: the kind, or the right to see it, may come later. */
    private <T extends HasMetadata> void watch(
            String kind, Informable<T> which, Predicate<T> counts, BiPredicate<T, T> changes) {
        var informer = which.runnableInformer(0);
        informer.exceptionHandler((started, error) -> {
            LOG.debug("watching {} fails: {}", kind, error.getMessage());
            return true;
        });
        informer.addEventHandler(new ResourceEventHandler<T>() {
            @Override
            public void onAdd(T object) {
                tell(object, counts.test(object));
            }

            @Override
            public void onUpdate(T before, T after) {
                tell(after, changes.test(before, after));
            }

            @Override
            public void onDelete(T object, boolean unknownState) {
                tell(object, counts.test(object));
            }

            private void tell(T object, boolean isOfInterest) {
                if (isOfInterest) {
                    changed.accept(ServiceKey.of(object));
                }
            }
        });
        informers.add(informer);
        informer.start();
    }

    private synchronized void lookAtLead() {
        boolean now = leads.getAsBoolean();
        if (now && !led) {
            informers.forEach(informer -> informer.getStore().list().stream()
                    .filter(object -> !(object instanceof Service service) || isAsking(service))
                    .forEach(object -> changed.accept(ServiceKey.of(object))));
        }
        led = now;
    }

    @Override
    public synchronized void close() {
        clock.shutdownNow();
        informers.forEach(SharedIndexInformer::close);
    }
}
