package io.ovnegress.controller.query;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ovnegress.controller.kube.Applied;
import io.ovnegress.controller.kube.ManifestReader;
import io.ovnegress.controller.kube.ManifestReader.Manifest;
import io.ovnegress.controller.kube.ManifestReader.UnreadableManifestException;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.pool.PoolInput;
import io.ovnegress.reconciler.feature.pool.PooledEgressIp;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.NodeReachability;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.input.PodName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What is to be planned.
 *
 * @param apply manifests
 * @param delete objects, each by all that is read of it
 * @param drain nodes that give their addresses away
 * @param lose nodes that do not answer any more
 * @param notLookedAt kinds of manifests that are not watched, such as {@code Deployment of apps/v1}: whole directories are planned
 * @param labels of pods by their names; a label without a value is taken away
 */
record PlanRequest(
        List<Manifest> apply,
        List<List<ObjectRef>> delete,
        List<String> drain,
        List<String> lose,
        Set<String> notLookedAt,
        Map<String, Map<String, Optional<String>>> labels) {

    /** What is asked for cannot be planned; the message says why. */
    static final class RefusedException extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final int code;

        private RefusedException(int code, String message) {
            super(message);
            this.code = code;
        }

        int code() {
            return code;
        }
    }

    /** @throws RefusedException if it is nothing that can be read */
    static PlanRequest of(String body, ManifestReader reader) {
        try {
            var json = new ObjectMapper().readTree(body);
            var notLookedAt = new TreeSet<String>();
            var delete = new ArrayList<List<ObjectRef>>();
            for (var manifest : read(json.path("delete"), reader, notLookedAt)) {
                delete.add(manifest.names());
            }
            return new PlanRequest(
                    read(json.path("apply"), reader, notLookedAt),
                    delete,
                    texts(json.path("drain")),
                    texts(json.path("lose")),
                    notLookedAt,
                    labels(json.path("labels")));
        } catch (JsonProcessingException e) {
            throw new RefusedException(400, "the body is no JSON: " + e.getOriginalMessage());
        } catch (UnreadableManifestException e) {
            throw new RefusedException(400, e.getMessage());
        }
    }

    /** Those of kinds that are watched; what says no kind at all is no manifest. */
    private static List<Manifest> read(JsonNode array, ManifestReader reader, Set<String> notLookedAt)
            throws UnreadableManifestException {
        var read = new ArrayList<Manifest>();
        for (var manifest : manifests(array)) {
            var kind = manifest.path("kind").asText();
            var version = manifest.path("apiVersion").asText();
            if (reader.watches(manifest) || kind.isEmpty() || version.isEmpty()) {
                read.add(reader.read(manifest));
            } else {
                notLookedAt.add(kind + " of " + version);
            }
        }
        return read;
    }

    /** Lists are what they consist of. */
    private static List<JsonNode> manifests(JsonNode array) {
        var manifests = new ArrayList<JsonNode>();
        array.forEach(manifest -> {
            if (manifest.path("kind").asText().endsWith("List")) {
                manifests.addAll(manifests(manifest.path("items")));
            } else {
                manifests.add(manifest);
            }
        });
        return manifests;
    }

    private static List<String> texts(JsonNode array) {
        var texts = new ArrayList<String>();
        array.forEach(text -> texts.add(text.asText()));
        return texts;
    }

    private static Map<String, Map<String, Optional<String>>> labels(JsonNode json) {
        var labels = new TreeMap<String, Map<String, Optional<String>>>();
        json.properties().forEach(pod -> {
            var ofPod = new TreeMap<String, Optional<String>>();
            pod.getValue()
                    .properties()
                    .forEach(label -> ofPod.put(
                            label.getKey(),
                            Optional.of(label.getValue())
                                    .filter(JsonNode::isTextual)
                                    .map(JsonNode::asText)));
            labels.put(pod.getKey(), ofPod);
        });
        return labels;
    }

    boolean isEmpty() {
        return apply.isEmpty()
                && delete.isEmpty()
                && drain.isEmpty()
                && lose.isEmpty()
                && labels.isEmpty()
                && notLookedAt.isEmpty();
    }

    /**
     * What that changes of the inputs.
     *
     * @throws RefusedException if something is named that is not there
     */
    List<InputChange> changes(Inputs inputs, Instant now) {
        var changes = new ArrayList<InputChange>();
        var applied = new Applied(inputs, now);
        for (var manifest : apply) {
            applied.by(manifest).forEach(object -> changes.add(new InputChange.Put(object)));
        }
        for (var names : delete) {
            var object = names.getFirst();
            if (!isThere(object, inputs)) {
                throw new RefusedException(
                        404, "there is no " + object.kind().word() + " " + object.key() + " to be deleted");
            }
            names.forEach(each -> changes.add(new InputChange.Removed(each.kind(), each.key())));
            changes.addAll(goingWith(object, inputs));
        }
        for (var name : drain) {
            changes.add(
                    new InputChange.Put(node(name, inputs).edit().draining(true).build()));
        }
        for (var name : lose) {
            changes.add(
                    new InputChange.Put(new NodeReachability(node(name, inputs).name(), false)));
        }
        labels.forEach((pod, wanted) -> changes.add(new InputChange.Put(labelled(pod, wanted, inputs))));
        return changes;
    }

    /** What Kubernetes takes away with a pool. */
    private static List<InputChange> goingWith(ObjectRef object, Inputs inputs) {
        if (!object.kind().equals(PoolInput.KIND)) {
            return List.of();
        }
        var pool = inputs.objects(PoolInput.KIND, PoolInput.class).get(object.key());
        return inputs.objects(PooledEgressIp.KIND, PooledEgressIp.class).values().stream()
                .filter(made -> made.owners().equals(Set.of(pool.uid())))
                .flatMap(made -> Stream.<InputChange>of(
                        new InputChange.Removed(PooledEgressIp.KIND, made.key()),
                        new InputChange.Removed(EgressIpInput.KIND, made.key())))
                .toList();
    }

    private static boolean isThere(ObjectRef object, Inputs inputs) {
        return object.kind().equals(InputKind.POD)
                ? PodName.parse(object.key()).flatMap(inputs::pod).isPresent()
                : inputs.objects(object.kind(), InputObject.class).containsKey(object.key());
    }

    private static NodeInput node(String name, Inputs inputs) {
        return inputs.node(name).orElseThrow(() -> new RefusedException(404, "there is no node " + name));
    }

    private static InputObject labelled(String name, Map<String, Optional<String>> wanted, Inputs inputs) {
        var pod = PodName.parse(name)
                .flatMap(inputs::podAsTold)
                .orElseThrow(() -> new RefusedException(404, "there is no pod " + name));
        var labels = new HashMap<>(pod.labels());
        wanted.forEach((key, value) -> value.ifPresentOrElse(text -> labels.put(key, text), () -> labels.remove(key)));
        return pod.withLabels(labels);
    }
}
