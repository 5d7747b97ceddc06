package io.ovnegress.controller.kube;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.ovnegress.reconciler.feature.StatusChange;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The statuses of the objects of one kind. Whether its CRD has a status subresource, and whether it keeps conditions, is found
 * out from the API server's answers, and again when an answer contradicts the finding or after ten minutes. A write costs two
 * requests: a read and a patch. Thread safe.
 */
final class StatusTarget<T extends HasMetadata, L extends KubernetesResourceList<T>> {
    private static final Logger LOG = LoggerFactory.getLogger(StatusTarget.class);
    private static final PatchContext JSON_PATCH = PatchContext.of(PatchType.JSON);
    /** How long a finding about the CRD is trusted: it may have been replaced since. */
    private static final Duration TRUSTED = Duration.ofMinutes(10);

    enum Outcome {
        WRITTEN,
        UNCHANGED,
        /** The server knows no object of the name. */
        MISSING,
        /** There is another one of the name. */
        REPLACED
    }

    /** The API server took the patch and ignored it: the finding about the subresource was wrong. */
    static final class StatusIgnoredException extends RuntimeException {
        StatusIgnoredException(String object) {
            super("the API server ignored the status of " + object);
        }
    }

    /** Somebody else wrote the status, or made the object anew, between our read and our patch. */
    static final class StatusMovedException extends RuntimeException {
        StatusMovedException(String object) {
            super("somebody else writes the status of " + object + " all the time");
        }
    }

    private final KubernetesClient client;
    private final ResourceKind<T, L> kind;
    private final StatusShape<T> shape;
    private final Clock clock;
    /** The CRD has no status subresource: trusted until then. */
    private volatile Instant noSubresourceUntil = Instant.MIN;
    /** The CRD does not keep conditions: trusted until then. */
    private volatile Instant pruningUntil = Instant.MIN;

    private StatusTarget(KubernetesClient client, ResourceKind<T, L> kind, StatusShape<T> shape, Clock clock) {
        this.client = client;
        this.kind = kind;
        this.shape = shape;
        this.clock = clock;
    }

    /** Empty if the status of the kind's objects is not ours. */
    static <T extends HasMetadata, L extends KubernetesResourceList<T>> Optional<StatusTarget<T, L>> of(
            KubernetesClient client, ResourceKind<T, L> kind, Clock clock) {
        return kind.status().map(shape -> new StatusTarget<>(client, kind, shape, clock));
    }

    /** Without a subresource every write of the status makes a new generation: to follow it would never end. */
    boolean generationFollowsUs() {
        return !clock.instant().isAfter(noSubresourceUntil);
    }

    record Name(Optional<String> namespace, String name) {
        static Name of(StatusChange change) {
            var key = change.object().key();
            int slash = key.indexOf('/');
            return slash < 0
                    ? new Name(Optional.empty(), key)
                    : new Name(Optional.of(key.substring(0, slash)), key.substring(slash + 1));
        }
    }

    private T read(StatusChange change) {
        var all = client.resources(kind.type(), kind.listType());
        var name = Name.of(change);
        return name.namespace().isPresent()
                ? all.inNamespace(name.namespace().get()).withName(name.name()).get()
                : all.withName(name.name()).get();
    }

    /**
     * Writes what differs, if the object is the one that is meant.
     *
     * @throws StatusIgnoredException or {@link StatusMovedException} if a fresh read may help
     * @throws KubernetesClientException if the API server refuses or does not answer
     */
    Outcome write(StatusChange change) {
        var live = read(change);
        if (live == null) {
            return Outcome.MISSING;
        }
        if (!change.uid().equals(InputMappers.metadata(live).getUid())) {
            return Outcome.REPLACED;
        }
        var status = shape.read(live);
        var patch = StatusPatch.of(change, shape, status, clock.instant());
        boolean conditionsKept = clock.instant().isAfter(pruningUntil);
        if (patch.hasFields(status) && (patch.hasConditions(status, generationFollowsUs()) || !conditionsKept)) {
            return Outcome.UNCHANGED;
        }
        try {
            var metadata = InputMappers.metadata(live);
            var unlessChanged = shape.isShared() && !status.isObject()
                    ? Optional.ofNullable(metadata.getResourceVersion())
                    : Optional.<String>empty();
            var answer = send(live, patch.json(change.uid(), unlessChanged));
            if (!patch.hasFields(answer)) {
                noSubresourceUntil = Instant.MIN;
                throw new StatusIgnoredException(words(change));
            }
            learnPruning(patch, answer);
            return Outcome.WRITTEN;
        } catch (KubernetesClientException e) {
            if (ApiErrors.isNotFound(e)) {
                return Outcome.MISSING;
            }
            if (ApiErrors.isUnprocessable(e) && hasMoved(change, live)) {
                throw new StatusMovedException(words(change));
            }
            throw e;
        }
    }

    private String words(StatusChange change) {
        return kind.word() + " " + change.object().key();
    }

    /** What the patch asked for may not hold any more: then the server has refused that, and not what was to be written. */
    private boolean hasMoved(StatusChange change, T seen) {
        var now = read(change);
        return now == null
                || !change.uid().equals(InputMappers.metadata(now).getUid())
                || !shape.read(seen).equals(shape.read(now))
                || (shape.isShared()
                        && !InputMappers.metadata(seen)
                                .getResourceVersion()
                                .equals(InputMappers.metadata(now).getResourceVersion()));
    }

    /** Sends the patch to where this CRD takes status; returns the status after it. */
    private JsonNode send(T live, String patch) {
        // Named by the object and not by its name, the client does not read before it patches: from the subresource
        // even, which the role does not allow.
        Resource<T> resource = client.resources(kind.type(), kind.listType()).resource(live);
        if (clock.instant().isAfter(noSubresourceUntil)) {
            try {
                return shape.read(resource.subresource("status").patch(JSON_PATCH, patch));
            } catch (KubernetesClientException e) {
                if (!ApiErrors.isNotFound(e) || resource.get() == null) {
                    throw e;
                }
                LOG.debug(
                        "CRD {} has no status subresource: writing status in the object",
                        kind.crd().orElse(kind.word()));
                noSubresourceUntil = clock.instant().plus(TRUSTED);
            }
        }
        return shape.read(resource.patch(JSON_PATCH, patch));
    }

    private void learnPruning(StatusPatch patch, JsonNode answer) {
        boolean pruned =
                !patch.conditions().isEmpty() && answer.path("conditions").isEmpty();
        pruningUntil = pruned ? clock.instant().plus(TRUSTED) : Instant.MIN;
    }
}
