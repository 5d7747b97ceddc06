package io.ovnegress.it.harness.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import java.util.Map;

/** EgressProxy objects as a user writes them, without the controller's classes. */
public final class EgressProxies {
    static final CustomResourceDefinitionContext CONTEXT = new CustomResourceDefinitionContext.Builder()
            .withName("egressproxies.ovn-egress.io")
            .withGroup("ovn-egress.io")
            .withVersion("v1alpha1")
            .withKind("EgressProxy")
            .withPlural("egressproxies")
            .withScope("Namespaced")
            .withStatusSubresource(true)
            .build();

    private EgressProxies() {}

    /** @param spec as in YAML */
    public static GenericKubernetesResource of(String namespace, String name, Map<String, ?> spec) {
        return new GenericKubernetesResourceBuilder()
                .withApiVersion("ovn-egress.io/v1alpha1")
                .withKind("EgressProxy")
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(name)
                .endMetadata()
                .addToAdditionalProperties("spec", spec)
                .build();
    }
}
