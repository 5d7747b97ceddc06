package io.ovnegress.it.harness.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import java.util.Map;

/** EgressRouter objects as a user writes and reads them, without the controller's classes. */
public final class EgressRouters {
    public static final CustomResourceDefinitionContext CONTEXT =
            CustomObjects.context("ovn-egress.io", "v1alpha1", "EgressRouter", "egressrouters", "Namespaced");

    private EgressRouters() {}

    /** @param spec as in YAML */
    public static GenericKubernetesResource of(String namespace, String name, Map<String, ?> spec) {
        return CustomObjects.of(CONTEXT, namespace, name, spec);
    }

    /** {@code status.virtualIP}; empty if there is none. */
    public static String virtualIp(GenericKubernetesResource object) {
        return EgressIps.status(object).get("virtualIP") instanceof String text ? text : "";
    }
}
