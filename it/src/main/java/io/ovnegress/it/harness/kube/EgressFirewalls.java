package io.ovnegress.it.harness.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import java.util.List;
import java.util.Map;

/** EgressFirewall and EgressNetworkPolicy objects as a user writes and reads them, without the controller's classes. */
public final class EgressFirewalls {
    public static final CustomResourceDefinitionContext CONTEXT =
            context("k8s.ovn.org", "v1", "EgressFirewall", "egressfirewalls", "Namespaced");
    /** EgressNetworkPolicies. */
    public static final CustomResourceDefinitionContext POLICIES =
            context("network.openshift.io", "v1", "EgressNetworkPolicy", "egressnetworkpolicies", "Namespaced");

    public static final CustomResourceDefinitionContext NET_NAMESPACES =
            context("network.openshift.io", "v1", "NetNamespace", "netnamespaces", "Cluster");

    public static final CustomResourceDefinitionContext ADMIN_POLICIES =
            context("ovn-egress.io", "v1alpha1", "EgressAdminPolicy", "egressadminpolicies", "Cluster");

    private EgressFirewalls() {}

    private static CustomResourceDefinitionContext context(
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

    /** The EgressFirewall of a namespace, with rules as in YAML. */
    public static GenericKubernetesResource of(String namespace, List<Map<String, ?>> rules) {
        return object(CONTEXT, namespace, "default", rules);
    }

    public static GenericKubernetesResource policy(String namespace, String name, List<Map<String, ?>> rules) {
        return object(POLICIES, namespace, name, rules);
    }

    private static GenericKubernetesResource object(
            CustomResourceDefinitionContext definition, String namespace, String name, List<Map<String, ?>> rules) {
        return new GenericKubernetesResourceBuilder()
                .withApiVersion(definition.getGroup() + "/" + definition.getVersion())
                .withKind(definition.getKind())
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(name)
                .endMetadata()
                .addToAdditionalProperties("spec", Map.of("egress", rules))
                .build();
    }

    /** @param spec as in YAML */
    public static GenericKubernetesResource adminPolicy(String name, Map<String, ?> spec) {
        return new GenericKubernetesResourceBuilder()
                .withApiVersion("ovn-egress.io/v1alpha1")
                .withKind("EgressAdminPolicy")
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .addToAdditionalProperties("spec", spec)
                .build();
    }

    /** @param field {@code cidrSelector}, {@code dnsName} or {@code nodeSelector} */
    public static Map<String, ?> allow(String field, Object value) {
        return Map.of("type", "Allow", "to", Map.of(field, value));
    }

    public static Map<String, ?> allow(String cidr, String protocol, int port) {
        return Map.of(
                "type",
                "Allow",
                "to",
                Map.of("cidrSelector", cidr),
                "ports",
                List.of(Map.of("protocol", protocol, "port", port)));
    }

    public static Map<String, ?> deny(String cidr) {
        return Map.of("type", "Deny", "to", Map.of("cidrSelector", cidr));
    }

    /** What ovn-kubernetes' users look at; empty if there is none. */
    public static String statusText(GenericKubernetesResource object) {
        return EgressIps.status(object).get("status") instanceof String text ? text : "";
    }
}
