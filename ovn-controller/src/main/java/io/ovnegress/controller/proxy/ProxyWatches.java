package io.ovnegress.controller.proxy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.ovnegress.controller.kube.EgressProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says which proxies are to be looked at: those that have changed, or of which an object or the ConfigMap with their destinations has,
 * and all of them when this controller begins to lead. Thread safe.
 */
final class ProxyWatches implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ProxyWatches.class);
    private static final Duration LOOK = Duration.ofSeconds(1);
    /** As if everything had changed: in case that a change was missed. */
    private static final Duration RESYNC = Duration.ofMinutes(10);

    private final KubernetesClient client;
    private final BooleanSupplier leads;
    private final Consumer<ProxyKey> changed;
    private final List<SharedIndexInformer<?>> informers = new ArrayList<>();
    private final ScheduledThreadPoolExecutor clock = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("proxy-lead").factory());
    private final Map<ProxyKey, Source> sources = new HashMap<>();
    private boolean led;

    private record Source(String configMap, SharedIndexInformer<ConfigMap> informer) {}

    ProxyWatches(KubernetesClient client, BooleanSupplier leads, Consumer<ProxyKey> changed) {
        this.client = client;
        this.leads = leads;
        this.changed = changed;
    }

    void start() {
        watch("EgressProxy", client.resources(EgressProxy.class).inAnyNamespace(), ProxyKey::of);
        watch("Deployment", client.apps().deployments().inAnyNamespace().withLabels(ours()), ProxyWatches::owner);
        watch("Service", client.services().inAnyNamespace().withLabels(ours()), ProxyWatches::owner);
        watch("ConfigMap", client.configMaps().inAnyNamespace().withLabels(ours()), ProxyWatches::owner);
        watch(
                "EgressIP",
                client.genericKubernetesResources(ProxyObjects.EGRESS_IP).withLabels(ours()),
                ProxyWatches::labelledOwner);
        var unused =
                clock.scheduleWithFixedDelay(this::lookAtLead, LOOK.toMillis(), LOOK.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static Map<String, String> ours() {
        return Map.of(ProxyObjects.MANAGED_BY_LABEL, ProxyObjects.MANAGER);
    }

    private static ProxyKey owner(HasMetadata object) {
        return new ProxyKey(
                object.getMetadata().getNamespace(),
                object.getMetadata().getLabels().getOrDefault(ProxyObjects.PROXY_LABEL, ""));
    }

    private static ProxyKey labelledOwner(HasMetadata object) {
        var labels = object.getMetadata().getLabels();
        return new ProxyKey(
                labels.getOrDefault(ProxyObjects.NAMESPACE_LABEL, ""),
                labels.getOrDefault(ProxyObjects.PROXY_LABEL, ""));
    }

    private interface Naming<T> {
        ProxyKey of(T object);
    }

    private <T extends HasMetadata> void watch(String kind, Informable<T> which, Naming<? super T> proxy) {
        informers.add(watching(kind, which, proxy));
    }

    /** Again and again where it fails: the kind, or the right to see it, may come later. */
    private <T extends HasMetadata> SharedIndexInformer<T> watching(
            String kind, Informable<T> which, Naming<? super T> proxy) {
        var informer = which.runnableInformer(RESYNC.toMillis());
        informer.exceptionHandler((started, error) -> {
            LOG.debug("watching {} fails: {}", kind, error.getMessage());
            return true;
        });
        informer.addEventHandler(new ResourceEventHandler<T>() {
            @Override
            public void onAdd(T object) {
                tell(object);
            }

            @Override
            public void onUpdate(T before, T after) {
                tell(after);
            }

            @Override
            public void onDelete(T object, boolean unknownState) {
                tell(object);
            }

            private void tell(T object) {
                var key = proxy.of(object);
                if (!key.name().isEmpty()) {
                    changed.accept(key);
                }
            }
        });
        informer.start();
        return informer;
    }

    private synchronized void lookAtLead() {
        boolean now = leads.getAsBoolean();
        if (now && !led) {
            informers.forEach(informer -> informer.getStore().list().forEach(this::tellOf));
        }
        led = now;
    }

    private void tellOf(Object object) {
        switch (object) {
            case EgressProxy proxy -> changed.accept(ProxyKey.of(proxy));
            case GenericKubernetesResource egressIp -> changed.accept(labelledOwner(egressIp));
            case Deployment deployment -> {} // goes with its proxy
            case Service service -> {}
            case ConfigMap configMap -> {}
            default -> throw new IllegalStateException("not watched: " + object);
        }
    }

    /** The proxy is told its destinations there. */
    synchronized void follow(ProxyKey key, Optional<ProxySpec.Source> source) {
        var before = sources.get(key);
        var wanted = source.map(ProxySpec.Source::configMap);
        if (Optional.ofNullable(before).map(Source::configMap).equals(wanted)) {
            return;
        }
        forget(key);
        wanted.ifPresent(name -> sources.put(
                key,
                new Source(
                        name,
                        watching(
                                "ConfigMap " + key.namespace() + "/" + name,
                                client.configMaps().inNamespace(key.namespace()).withName(name),
                                configMap -> key))));
    }

    /** The proxy is gone. */
    synchronized void forget(ProxyKey key) {
        var source = sources.remove(key);
        if (source != null) {
            source.informer().close();
        }
    }

    @Override
    public synchronized void close() {
        clock.shutdownNow();
        informers.forEach(SharedIndexInformer::close);
        sources.values().forEach(source -> source.informer().close());
    }
}
