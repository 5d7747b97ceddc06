package io.ovnegress.controller.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
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
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.input.PodInput;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Manifests, read by the readers of what is watched. A manifest says less than the object that it is applied to: what it leaves to
 * others (status, what a node's annotations tell, labels that it does not name) stays as it is. Thread safe.
 */
public final class ManifestReader {
    private static final String NAME_LABEL = "kubernetes.io/metadata.name";

    private final InputMappers mappers;
    private final List<ResourceKind<?, ?>> kinds;
    private final KubernetesSerialization serialization = new KubernetesSerialization(new ObjectMapper(), false);

    /** @param read the kinds that are watched beside those that are for all features */
    public ManifestReader(InputMappers mappers, Set<InputKind> read) {
        this.mappers = mappers;
        this.kinds = Resources.of(mappers, read);
    }

    /** A manifest that cannot be read; the message says which, and what can be. */
    public static final class UnreadableManifestException extends Exception {
        private static final long serialVersionUID = 1L;

        private UnreadableManifestException(String message) {
            super(message);
        }
    }

    /**
     * @param objects what is read of it: of an EgressIP pools see something else than who serves it
     * @param hasStatus whether the manifest has one itself, as one has that was read from an API server
     */
    public record Manifest(List<InputObject> objects, boolean hasStatus) {
        public Manifest {
            objects = List.copyOf(objects);
        }

        /** What it is first of all first. */
        public List<ObjectRef> names() {
            return objects.stream()
                    .map(object -> new ObjectRef(object.kind(), object.key()))
                    .toList();
        }
    }

    /** Whether it is of a kind that is watched. */
    public boolean watches(JsonNode manifest) {
        return !kinds(manifest).isEmpty();
    }

    /** @throws UnreadableManifestException if it is none of a kind that is watched */
    public Manifest read(JsonNode manifest) throws UnreadableManifestException {
        var read = kinds(manifest);
        if (read.isEmpty()) {
            throw new UnreadableManifestException(word(manifest) + " is none that is read: "
                    + kinds.stream()
                            .map(each -> each.word() + " of " + each.apiVersion())
                            .distinct()
                            .collect(Collectors.joining(", ")));
        }
        if (manifest.at("/metadata/name").asText().isEmpty()) {
            throw new UnreadableManifestException(
                    read.getFirst().word() + " without metadata.name: say which one is meant");
        }
        var objects = new ArrayList<InputObject>();
        for (var kind : read) {
            objects.add(read(manifest, kind));
        }
        return new Manifest(objects, manifest.has("status"));
    }

    private <T extends HasMetadata> InputObject read(JsonNode manifest, ResourceKind<T, ?> kind)
            throws UnreadableManifestException {
        try {
            var object = serialization.unmarshal(manifest.toString(), kind.type());
            if (object instanceof Namespaced && object.getMetadata().getNamespace() == null) {
                object.getMetadata().setNamespace("default");
            }
            return kind.mapper().apply(object);
        } catch (RuntimeException e) {
            throw new UnreadableManifestException(
                    kind.word() + " " + manifest.at("/metadata/name").asText() + ": " + e.getMessage());
        }
    }

    private List<ResourceKind<?, ?>> kinds(JsonNode manifest) {
        var kind = manifest.path("kind").asText();
        var version = manifest.path("apiVersion").asText();
        return kinds.stream()
                .filter(each -> each.word().equals(kind) && each.apiVersion().equals(version))
                .toList();
    }

    /** As in {@code kind "Secret" of "v1"}. */
    private static String word(JsonNode manifest) {
        return "kind \"" + manifest.path("kind").asText() + "\" of \""
                + manifest.path("apiVersion").asText() + "\"";
    }

    /** What is there after the manifest has been applied. */
    public static List<InputObject> applied(Manifest manifest, Inputs live, Instant now) {
        return manifest.objects().stream()
                .map(object -> applied(object, manifest.hasStatus(), live, now))
                .toList();
    }

    private static InputObject applied(InputObject read, boolean hasStatus, Inputs live, Instant now) {
        return switch (read) {
            case EgressIpInput object -> applied(object, live, now);
            case PooledEgressIp object -> applied(object, live, now);
            case PoolInput pool ->
                there(live, PoolInput.KIND, PoolInput.class, pool)
                        .map(there -> pool.of(there.uid(), there.created()))
                        .orElseGet(() -> pool.of(pool.uid(), since(pool.created(), now)));
            case EgressRouterInput router
            when !hasStatus ->
                there(live, EgressRouterInput.KIND, EgressRouterInput.class, router)
                        .map(router::over)
                        .orElseGet(() -> router.createdAt(since(router.created(), now)));
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
            case PodInput object when !hasStatus -> applied(object, live);
            case InputObject object -> object;
        };
    }

    private static <T extends InputObject> Optional<T> there(Inputs live, InputKind kind, Class<T> type, T object) {
        return Optional.ofNullable(live.objects(kind, type).get(object.key()));
    }

    /** What says no age is made now. */
    private static Instant since(Instant created, Instant now) {
        return created.equals(Instant.EPOCH) ? now : created;
    }

    private static PooledEgressIp applied(PooledEgressIp object, Inputs live, Instant now) {
        var there = there(live, PooledEgressIp.KIND, PooledEgressIp.class, object);
        var owners = new HashSet<>(object.owners());
        there.ifPresent(old -> owners.addAll(old.owners()));
        return new PooledEgressIp(
                object.name(),
                there.map(PooledEgressIp::uid).orElse(object.uid()),
                there.map(PooledEgressIp::created).orElse(since(object.created(), now)),
                object.label().or(() -> there.flatMap(PooledEgressIp::label)),
                owners,
                object.addresses(),
                object.namespaces(),
                with(object.annotations(), there.map(PooledEgressIp::annotations)));
    }

    /** What is there after pools have written what they decided. */
    public List<InputChange> written(Map<String, PoolWrites.Decided> changes, Inputs live, Instant now) {
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
                    var served = applied(mappers.egressIp(object), live, now);
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

    private static EgressIpInput applied(EgressIpInput object, Inputs inputs, Instant now) {
        var live = Optional.ofNullable(
                inputs.objects(EgressIpInput.KIND, EgressIpInput.class).get(object.name()));
        return live.map(there -> object.edit()
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

    private static NodeInput applied(NodeInput object, NodeInput live) {
        var edit = live.edit().labels(with(object.labels(), Optional.of(live.labels())));
        if (object.draining()) {
            edit.draining(true);
        }
        if (!object.limits().equals(EgressLimits.NONE)) {
            edit.limits(object.limits());
        }
        return edit.build();
    }

    private static PodInput applied(PodInput object, Inputs inputs) {
        return inputs.podAsTold(object.name())
                .map(live -> live.withLabels(with(object.labels(), Optional.of(live.labels()))))
                .orElse(object);
    }

    private static Map<String, String> with(Map<String, String> labels, Optional<Map<String, String>> others) {
        var all = new HashMap<>(others.orElse(Map.of()));
        all.putAll(labels);
        return all;
    }
}
