package io.ovnegress.it.harness.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import java.util.List;
import java.util.Map;

/** EgressFirewall and EgressNetworkPolicy objects as a user writes and reads them, without the controller's classes. */
public final class EgressFirewalls {
    public static final CustomResourceDefinitionContext CONTEXT =
            CustomObjects.context("k8s.ovn.org", "v1", "EgressFirewall", "egressfirewalls", "Namespaced");
    /** EgressNetworkPolicies. */
    public static final CustomResourceDefinitionContext POLICIES = CustomObjects.context(
            "network.openshift.io", "v1", "EgressNetworkPolicy", "egressnetworkpolicies", "Namespaced");

    public static final CustomResourceDefinitionContext NET_NAMESPACES =
            CustomObjects.context("network.openshift.io", "v1", "NetNamespace", "netnamespaces", "Cluster");

    public static final CustomResourceDefinitionContext ADMIN_POLICIES =
            CustomObjects.context("ovn-egress.io", "v1alpha1", "EgressAdminPolicy", "egressadminpolicies", "Cluster");

    private EgressFirewalls() {}

    /** The EgressFirewall of a namespace, with rules as in YAML. */
    public static GenericKubernetesResource of(String namespace, List<Map<String, ?>> rules) {
        return CustomObjects.of(CONTEXT, namespace, "default", Map.of("egress", rules));
    }

    public static GenericKubernetesResource policy(String namespace, String name, List<Map<String, ?>> rules) {
        return CustomObjects.of(POLICIES, namespace, name, Map.of("egress", rules));
    }

    /** @param spec as in YAML */
    public static GenericKubernetesResource adminPolicy(String name, Map<String, ?> spec) {
        return CustomObjects.of(ADMIN_POLICIES, null, name, spec);
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
