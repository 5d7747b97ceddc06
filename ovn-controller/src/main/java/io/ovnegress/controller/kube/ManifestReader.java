package io.ovnegress.controller.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.ObjectRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Manifests, read by the readers of what is watched. What becomes of them is {@link Applied}'s. Thread safe. */
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
}
