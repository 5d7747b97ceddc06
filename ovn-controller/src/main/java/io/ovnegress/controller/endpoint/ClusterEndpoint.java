package io.ovnegress.controller.endpoint;

import com.google.inject.Inject;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.ovnegress.controller.ControllerConfig;
import io.ovnegress.controller.health.Health;
import io.ovnegress.controller.kube.FollowedConfigMaps;
import io.ovnegress.controller.kube.InputMappers;
import io.ovnegress.controller.kube.InputWatcher;
import io.ovnegress.controller.kube.ResourceKind;
import io.ovnegress.controller.kube.Resources;
import io.ovnegress.controller.kube.ServiceEndpoints;
import io.ovnegress.controller.kube.StatusWriter;
import io.ovnegress.controller.loop.ClusterObjects;
import io.ovnegress.controller.loop.Inputs;
import io.ovnegress.controller.loop.LoopInbox;
import io.ovnegress.controller.loop.Statuses;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.feature.FollowedObjects;
import io.ovnegress.reconciler.feature.ServiceTargets;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput;
import io.ovnegress.reconciler.input.InputKind;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/**
 * The Kubernetes API as the loop and the health pages see it: watches that post to the loop's inbox, and the writer of what the loop decides about statuses. A resync is a new set of watches, each of which begins with a complete list. Thread safe.
 */
public final class ClusterEndpoint implements Inputs, Statuses, ClusterObjects, Health.InputErrors, AutoCloseable {
    private final Restartable<InputWatcher> watcher;
    private final StatusWriter writer;
    private final FollowedConfigMaps configMaps;
    private final ServiceEndpoints services;

    @Inject
    public ClusterEndpoint(
            ControllerConfig config,
            List<Feature> features,
            KubernetesClient client,
            LoopInbox inbox,
            Clock clock,
            MeterRegistry registry) {
        var read =
                features.stream().flatMap(feature -> feature.inputs().stream()).collect(Collectors.toSet());
        var kinds = Resources.of(new InputMappers(config.drainUnschedulableNodes()), read);
        watcher = new Restartable<>(
                "cluster watches",
                () -> new InputWatcher(client, kinds, inbox::input, clock),
                InputWatcher::start,
                InputWatcher::close);
        writer = new StatusWriter(client, kinds, clock);
        configMaps = new FollowedConfigMaps(client, inbox::input, clock);
        services = new ServiceEndpoints(client, read.contains(EgressRouterInput.KIND), inbox::input, clock);
        register(kinds, registry);
    }

    /** Lists and watches in the background, again and again; what fails is seen in the log and in {@link #lastError}. */
    public void start() {
        watcher.start();
    }

    /** No input arrives after this. */
    public void stopWatching() {
        watcher.close();
        configMaps.close();
    }

    @Override
    public void resync(String reason) {
        watcher.restart(reason);
    }

    @Override
    public void write(StatusChange change) {
        writer.accept(change);
    }

    @Override
    public void forgetWaiting() {
        writer.forgetWaiting();
        services.forgetWaiting();
    }

    @Override
    public void follow(FollowedObjects wanted) {
        configMaps.accept(wanted);
    }

    @Override
    public void lead(ServiceTargets wanted) {
        services.accept(wanted);
    }

    /** Every different error once, with the kinds that it keeps from being watched. */
    @Override
    public Optional<String> lastError() {
        var kindsByError = new LinkedHashMap<String, String>();
        watcher.current()
                .ifPresent(running -> running.health()
                        .forEach((kind, health) -> health.error()
                                .ifPresent(error ->
                                        kindsByError.merge(error, word(kind), (one, other) -> one + ", " + other))));
        return kindsByError.isEmpty()
                ? Optional.empty()
                : Optional.of(kindsByError.entrySet().stream()
                        .map(entry -> entry.getKey() + " (" + entry.getValue() + ")")
                        .collect(Collectors.joining("; ")));
    }

    @Override
    public void close() {
        stopWatching();
        services.close();
        writer.close();
    }

    private static String word(InputKind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    private void register(List<ResourceKind<?, ?>> kinds, MeterRegistry registry) {
        writer.bindTo(registry);
        for (var each : kinds) {
            var kind = each.kind();
            Gauge.builder("ovn.egress.watching", this, endpoint -> endpoint.isWatching(kind) ? 1 : 0)
                    .description("1 while objects of the kind are listed and watched")
                    .tag("kind", word(kind))
                    .register(registry);
        }
        Gauge.builder("ovn.egress.status.pending", writer, StatusWriter::pending)
                .description("Objects whose status waits to be written")
                .register(registry);
        count(registry, "status.writes", "What became of status changes", "written", StatusWriter::written);
        count(registry, "status.writes", "What became of status changes", "unchanged", StatusWriter::unchanged);
        count(registry, "status.writes", "What became of status changes", "dropped", StatusWriter::dropped);
        count(registry, "status.writes", "What became of status changes", "retried", StatusWriter::retried);
        count(registry, "status.writes", "What became of status changes", "failed", StatusWriter::failed);
        count(registry, "status.events", "Kubernetes events on objects", "recorded", StatusWriter::eventsRecorded);
        count(registry, "status.events", "Kubernetes events on objects", "failed", StatusWriter::eventsFailed);
    }

    private boolean isWatching(InputKind kind) {
        return watcher.current()
                .map(running -> running.health().get(kind).isWatching())
                .orElse(false);
    }

    private void count(
            MeterRegistry registry,
            String name,
            String description,
            String result,
            ToLongFunction<StatusWriter> value) {
        FunctionCounter.builder("ovn.egress." + name, writer, value::applyAsLong)
                .description(description)
                .tag("result", result)
                .register(registry);
    }
}
