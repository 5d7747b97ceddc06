package io.ovnegress.it.harness.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import java.util.Map;

/** Custom resources as a user writes them, of any kind that has a status of its own. */
final class CustomObjects {
    private CustomObjects() {}

    static CustomResourceDefinitionContext context(
            String group, String version, String kind, String plural, String scope) {
        return new CustomResourceDefinitionContext.Builder()
                .withName(plural + "." + group)
                .withGroup(group)
                .withVersion(version)
                .withKind(kind)
                .withPlural(plural)
                .withScope(scope)
                .withStatusSubresource(true)
                .build();
    }

    /**
     * @param namespace null for a kind without namespaces
     * @param spec as in YAML
     */
    static GenericKubernetesResource of(
            CustomResourceDefinitionContext definition, String namespace, String name, Map<String, ?> spec) {
        return new GenericKubernetesResourceBuilder()
                .withApiVersion(definition.getGroup() + "/" + definition.getVersion())
                .withKind(definition.getKind())
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(name)
                .endMetadata()
                .addToAdditionalProperties("spec", spec)
                .build();
    }
}
