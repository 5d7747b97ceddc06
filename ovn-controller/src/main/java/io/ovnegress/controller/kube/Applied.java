package io.ovnegress.controller.kube;

import io.ovnegress.controller.kube.ManifestReader.Manifest;
import io.ovnegress.reconciler.feature.PoolWrites;
import io.ovnegress.reconciler.feature.PoolWrites.Change;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput;
import io.ovnegress.reconciler.feature.pool.PoolInput;
import io.ovnegress.reconciler.feature.pool.PooledEgressIp;
import io.ovnegress.reconciler.input.EgressLimits;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.PodInput;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is there after manifests have been applied to objects, or pools have written what they decided. A manifest says less than the
 * object that it is applied to: what it leaves to others (status, what a node's annotations tell, labels that it does not name) stays
 * as it is. Reads what is there, and changes nothing; as thread safe as that is.
 */
public final class Applied {
    private static final String NAME_LABEL = "kubernetes.io/metadata.name";

    private final Inputs live;
    private final Instant now;

    /**
     * @param live what is there before
     * @param now when: as old is what is made
     */
    public Applied(Inputs live, Instant now) {
        this.live = live;
        this.now = now;
    }

    /** What is there after the manifest has been applied. */
    public List<InputObject> by(Manifest manifest) {
        return manifest.objects().stream()
                .map(object -> applied(object, manifest.hasStatus()))
                .toList();
    }

    private InputObject applied(InputObject read, boolean hasStatus) {
        return switch (read) {
            case EgressIpInput object -> applied(object);
            case PooledEgressIp object -> applied(object);
            case PoolInput pool ->
                there(PoolInput.KIND, PoolInput.class, pool)
                        .map(there -> pool.of(there.uid(), there.created()))
                        .orElseGet(() -> pool.of(pool.uid(), since(pool.created())));
            case EgressRouterInput router
            when !hasStatus ->
                there(EgressRouterInput.KIND, EgressRouterInput.class, router)
                        .map(router::over)
                        .orElseGet(() -> router.createdAt(since(router.created())));
            case NamespaceInput object -> {
                var there = live.namespace(object.name());
                // The API server puts its name on it.
                var labels = with(Map.of(NAME_LABEL, object.name()), Optional.of(object.labels()));
                yield new NamespaceInput(
                        object.name(),
                        with(labels, there.map(NamespaceInput::labels)),
                        with(object.annotations(), there.map(NamespaceInput::annotations)));
            }
            case NodeInput object
            when !hasStatus ->
                live.node(object.name()).map(node -> applied(object, node)).orElse(object);
            case PodInput object when !hasStatus -> applied(object);
            case InputObject object -> object;
        };
    }

    private <T extends InputObject> Optional<T> there(InputKind kind, Class<T> type, T object) {
        return Optional.ofNullable(live.objects(kind, type).get(object.key()));
    }

    /** What says no age is made now. */
    private Instant since(Instant created) {
        return created.equals(Instant.EPOCH) ? now : created;
    }

    private PooledEgressIp applied(PooledEgressIp object) {
        var there = there(PooledEgressIp.KIND, PooledEgressIp.class, object);
        var owners = new HashSet<>(object.owners());
        there.ifPresent(old -> owners.addAll(old.owners()));
        return new PooledEgressIp(
                object.name(),
                there.map(PooledEgressIp::uid).orElse(object.uid()),
                there.map(PooledEgressIp::created).orElse(since(object.created())),
                object.label().or(() -> there.flatMap(PooledEgressIp::label)),
                owners,
                object.addresses(),
                object.namespaces(),
                with(object.annotations(), there.map(PooledEgressIp::annotations)));
    }

    /** What is there after pools have written what they decided. */
    public List<InputChange> byPools(Map<String, PoolWrites.Decided> changes, InputMappers mappers) {
        var written = new ArrayList<InputChange>();
        changes.forEach((name, decided) -> {
            switch (decided.change()) {
                case Change.Delete delete -> {
                    written.add(new InputChange.Removed(EgressIpInput.KIND, name));
                    written.add(new InputChange.Removed(PooledEgressIp.KIND, name));
                }
                case Change.Grant grant ->
                    Optional.ofNullable(live.objects(EgressRouterInput.KIND, EgressRouterInput.class)
                                    .get(name))
                            .ifPresent(router -> written.add(new InputChange.Put(router.given(grant.addresses()))));
                case Change.Put put -> {
                    var object = PoolObjects.object(name, put);
                    object.getMetadata().setUid(put.uid());
                    var there = Optional.ofNullable(live.objects(EgressIpInput.KIND, EgressIpInput.class)
                            .get(name));
                    var served = applied(mappers.egressIp(object));
                    written.add(new InputChange.Put(there.map(old ->
                                    served.edit().podSelector(old.podSelector()).build())
                            .orElse(served)));
                    var pooled = PoolReader.read(object);
                    written.add(new InputChange.Put(new PooledEgressIp(
                            name,
                            pooled.uid(),
                            there.map(EgressIpInput::created).orElse(now),
                            pooled.label(),
                            pooled.owners(),
                            pooled.addresses(),
                            pooled.namespaces(),
                            pooled.annotations())));
                }
            }
        });
        return written;
    }

    private EgressIpInput applied(EgressIpInput object) {
        return there(EgressIpInput.KIND, EgressIpInput.class, object)
                .map(there -> object.edit()
                        .uid(there.uid())
                        .created(there.created())
                        .generation(there.generation())
                        .statusItems(there.statusItems())
                        .conditions(there.conditions())
                        .build())
                .orElseGet(() -> object.created().equals(Instant.EPOCH)
                        ? object.edit().created(now).build()
                        : object);
    }

    private static NodeInput applied(NodeInput object, NodeInput there) {
        var edit = there.edit().labels(with(object.labels(), Optional.of(there.labels())));
        if (object.draining()) {
            edit.draining(true);
        }
        if (!object.limits().equals(EgressLimits.NONE)) {
            edit.limits(object.limits());
        }
        return edit.build();
    }

    private PodInput applied(PodInput object) {
        return live.podAsTold(object.name())
                .map(live -> live.withLabels(with(object.labels(), Optional.of(live.labels()))))
                .orElse(object);
    }

    private static Map<String, String> with(Map<String, String> labels, Optional<Map<String, String>> others) {
        var all = new HashMap<>(others.orElse(Map.of()));
        all.putAll(labels);
        return all;
    }
}
