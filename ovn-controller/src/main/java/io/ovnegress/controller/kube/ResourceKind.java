package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import java.util.Optional;
import java.util.function.Function;

/**
 * A kind of objects of the Kubernetes API that is listed and watched.
 *
 * @param mapper total: whatever an object holds, the answer is a record that lacks what could not be understood
 * @param status what we write of their status; empty where that is not ours
 * @param optional whether a cluster may lack the CustomResourceDefinition: then there are no such objects
 */
public record ResourceKind<T extends HasMetadata, L extends KubernetesResourceList<T>>(
        InputKind kind,
        Class<T> type,
        Class<L> listType,
        Function<T, InputObject> mapper,
        Optional<StatusShape<T>> status,
        boolean optional) {

    /** One that is only read. */
    public static <T extends HasMetadata, L extends KubernetesResourceList<T>> ResourceKind<T, L> of(
            InputKind kind, Class<T> type, Class<L> listType, Function<T, InputObject> mapper) {
        return new ResourceKind<>(kind, type, listType, mapper, Optional.empty(), false);
    }

    /** The same, and its status is written. */
    public ResourceKind<T, L> withStatus(StatusShape<T> shape) {
        return new ResourceKind<>(kind, type, listType, mapper, Optional.of(shape), optional);
    }

    /** The same, and a cluster may lack it. */
    public ResourceKind<T, L> whereInstalled() {
        return new ResourceKind<>(kind, type, listType, mapper, status, true);
    }

    /** As manifests have it, such as {@code EgressIP}. */
    String word() {
        return HasMetadata.getKind(type);
    }

    /** What the log calls the kind, as ovn-kubernetes does: {@code egressIP}. */
    String logKey() {
        return Character.toLowerCase(word().charAt(0)) + word().substring(1);
    }

    /** For events. */
    ObjectReference reference(StatusChange change) {
        var name = StatusTarget.Name.of(change);
        return new ObjectReferenceBuilder()
                .withApiVersion(apiVersion())
                .withKind(word())
                .withNamespace(name.namespace().orElse(null))
                .withName(name.name())
                .withUid(change.uid())
                .build();
    }

    String apiVersion() {
        return HasMetadata.getApiVersion(type);
    }

    /** The CustomResourceDefinition that has to be there for it, if it takes one. */
    Optional<String> crd() {
        return CustomResource.class.isAssignableFrom(type)
                ? Optional.of(HasMetadata.getFullResourceName(type))
                : Optional.empty();
    }
}
