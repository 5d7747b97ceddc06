package io.ovnegress.controller.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.input.EgressLimits;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.input.PodInput;
import java.time.Instant;
import java.util.HashMap;
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
    private final List<ResourceKind<?, ?>> kinds;
    private final KubernetesSerialization serialization = new KubernetesSerialization(new ObjectMapper(), false);

    /** @param read the kinds that are watched beside those that are for all features */
    public ManifestReader(InputMappers mappers, Set<InputKind> read) {
        this.kinds = Resources.of(mappers, read);
    }

    /** A manifest that cannot be read; the message says which, and what can be. */
    public static final class UnreadableManifestException extends Exception {
        private static final long serialVersionUID = 1L;

        private UnreadableManifestException(String message) {
            super(message);
        }
    }

    /** @param hasStatus whether the manifest has one itself, as one has that was read from an API server */
    public record Manifest(InputObject object, boolean hasStatus) {
        public ObjectRef name() {
            return new ObjectRef(object.kind(), object.key());
        }
    }

    /** Whether it is of a kind that is watched. */
    public boolean watches(JsonNode manifest) {
        return kind(manifest).isPresent();
    }

    /** @throws UnreadableManifestException if it is none of a kind that is watched */
    public Manifest read(JsonNode manifest) throws UnreadableManifestException {
        var kind = kind(manifest).orElseThrow(() -> new UnreadableManifestException(word(manifest)
                + " is none that is read: "
                + kinds.stream()
                        .map(each -> each.word() + " of " + each.apiVersion())
                        .collect(Collectors.joining(", "))));
        if (manifest.at("/metadata/name").asText().isEmpty()) {
            throw new UnreadableManifestException(kind.word() + " without metadata.name: say which one is meant");
        }
        return read(manifest, kind);
    }

    private <T extends HasMetadata> Manifest read(JsonNode manifest, ResourceKind<T, ?> kind)
            throws UnreadableManifestException {
        try {
            var object = serialization.unmarshal(manifest.toString(), kind.type());
            if (object instanceof Namespaced && object.getMetadata().getNamespace() == null) {
                object.getMetadata().setNamespace("default");
            }
            return new Manifest(kind.mapper().apply(object), manifest.has("status"));
        } catch (RuntimeException e) {
            throw new UnreadableManifestException(
                    kind.word() + " " + manifest.at("/metadata/name").asText() + ": " + e.getMessage());
        }
    }

    private Optional<ResourceKind<?, ?>> kind(JsonNode manifest) {
        var kind = manifest.path("kind").asText();
        var version = manifest.path("apiVersion").asText();
        return kinds.stream()
                .filter(each -> each.word().equals(kind) && each.apiVersion().equals(version))
                .findFirst();
    }

    /** As in {@code kind "Secret" of "v1"}. */
    private static String word(JsonNode manifest) {
        return "kind \"" + manifest.path("kind").asText() + "\" of \""
                + manifest.path("apiVersion").asText() + "\"";
    }

    /** What is there after the manifest has been applied. */
    public static InputObject applied(Manifest manifest, Inputs live, Instant now) {
        return switch (manifest.object()) {
            case EgressIpInput object -> applied(object, live, now);
            case NamespaceInput object ->
                new NamespaceInput(
                        object.name(),
                        with(object.labels(), live.namespace(object.name()).map(NamespaceInput::labels)));
            case NodeInput object
            when !manifest.hasStatus() ->
                live.node(object.name()).map(node -> applied(object, node)).orElse(object);
            case PodInput object when !manifest.hasStatus() -> applied(object, live);
            case InputObject object -> object;
        };
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
