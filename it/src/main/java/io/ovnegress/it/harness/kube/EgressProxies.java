package io.ovnegress.it.harness.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import java.util.Map;

/** EgressProxy objects as a user writes them, without the controller's classes. */
public final class EgressProxies {
    static final CustomResourceDefinitionContext CONTEXT =
            CustomObjects.context("ovn-egress.io", "v1alpha1", "EgressProxy", "egressproxies", "Namespaced");

    private EgressProxies() {}

    /** @param spec as in YAML */
    public static GenericKubernetesResource of(String namespace, String name, Map<String, ?> spec) {
        return CustomObjects.of(CONTEXT, namespace, name, spec);
    }
}
