package io.ovnegress.it.harness.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** EgressIP objects as a user writes and reads them, without the controller's classes. */
public final class EgressIps {
    /** {@code egressips.k8s.ovn.org}, v1, cluster scoped, with a status subresource. */
    public static final CustomResourceDefinitionContext CONTEXT = new CustomResourceDefinitionContext.Builder()
            .withName("egressips.k8s.ovn.org")
            .withGroup("k8s.ovn.org")
            .withVersion("v1")
            .withKind("EgressIP")
            .withPlural("egressips")
            .withScope("Cluster")
            .withStatusSubresource(true)
            .build();

    /** EgressIPPools. */
    public static final CustomResourceDefinitionContext POOLS =
            CustomObjects.context("ovn-egress.io", "v1alpha1", "EgressIPPool", "egressippools", "Cluster");

    /** The same as {@link #CONTEXT} as ovn-kubernetes ships it: status is an ordinary part of the object. */
    public static final CustomResourceDefinitionContext UPSTREAM_CONTEXT = new CustomResourceDefinitionContext.Builder()
            .withName("egressips.k8s.ovn.org")
            .withGroup("k8s.ovn.org")
            .withVersion("v1")
            .withKind("EgressIP")
            .withPlural("egressips")
            .withScope("Cluster")
            .withStatusSubresource(false)
            .build();

    private EgressIps() {}

    /** An object that selects every pod of the namespaces with these labels. */
    public static GenericKubernetesResource of(String name, Map<String, String> namespaceLabels, String... egressIps) {
        return of(name, Map.of("matchLabels", namespaceLabels), Map.of(), egressIps);
    }

    /**
     * @param namespaceSelector a LabelSelector as in YAML
     * @param podSelector likewise; empty for every pod
     */
    public static GenericKubernetesResource of(
            String name, Map<String, ?> namespaceSelector, Map<String, ?> podSelector, String... egressIps) {
        var spec = new LinkedHashMap<String, Object>();
        spec.put("egressIPs", List.of(egressIps));
        spec.put("namespaceSelector", namespaceSelector);
        if (!podSelector.isEmpty()) {
            spec.put("podSelector", podSelector);
        }
        return new GenericKubernetesResourceBuilder()
                .withApiVersion("k8s.ovn.org/v1")
                .withKind("EgressIP")
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .addToAdditionalProperties("spec", spec)
                .build();
    }

    /** An entry of {@code status.items}. */
    public record Item(String node, String egressIp) {}

    public static List<Item> items(GenericKubernetesResource object) {
        var items = new ArrayList<Item>();
        if (status(object).get("items") instanceof List<?> list) {
            for (var entry : list) {
                if (entry instanceof Map<?, ?> item) {
                    items.add(new Item(String.valueOf(item.get("node")), String.valueOf(item.get("egressIP"))));
                }
            }
        }
        return items;
    }

    /** {@code spec.egressIPs}. */
    public static List<String> requested(GenericKubernetesResource object) {
        return part(object, "spec").get("egressIPs") instanceof List<?> list
                ? list.stream().map(String::valueOf).toList()
                : List.of();
    }

    /** {@code status.conditions} by type: the status and the reason as {@code True Assigned}. */
    public static Map<String, String> conditions(GenericKubernetesResource object) {
        var conditions = new LinkedHashMap<String, String>();
        if (status(object).get("conditions") instanceof List<?> list) {
            for (var entry : list) {
                if (entry instanceof Map<?, ?> condition) {
                    conditions.put(
                            String.valueOf(condition.get("type")),
                            condition.get("status") + " " + condition.get("reason"));
                }
            }
        }
        return conditions;
    }

    /** The message of a condition; empty if there is none. */
    public static String message(GenericKubernetesResource object, String type) {
        if (status(object).get("conditions") instanceof List<?> list) {
            for (var entry : list) {
                if (entry instanceof Map<?, ?> condition && type.equals(condition.get("type"))) {
                    return String.valueOf(condition.get("message"));
                }
            }
        }
        return "";
    }

    private static String first(List<String> values) {
        return values.isEmpty() ? "" : values.getFirst();
    }

    public static Map<?, ?> status(GenericKubernetesResource object) {
        return part(object, "status");
    }

    private static Map<?, ?> part(GenericKubernetesResource object, String name) {
        return object.getAdditionalProperties().get(name) instanceof Map<?, ?> map ? map : Map.of();
    }

    /** What {@code kubectl get egressip} prints, columns as in our CRD: of a list the first element. */
    public static String table(List<GenericKubernetesResource> objects) {
        var rows = new ArrayList<List<String>>();
        rows.add(List.of("NAME", "EGRESSIPS", "ASSIGNED NODE", "ASSIGNED EGRESSIPS", "ASSIGNMENT"));
        for (var object : objects) {
            var items = items(object);
            rows.add(List.of(
                    object.getMetadata().getName(),
                    first(requested(object)),
                    first(items.stream().map(Item::node).toList()),
                    first(items.stream().map(Item::egressIp).toList()),
                    message(object, "Assigned")));
        }
        var text = new StringBuilder();
        for (var row : rows) {
            for (int column = 0; column < row.size(); column++) {
                int index = column;
                int width =
                        rows.stream().mapToInt(r -> r.get(index).length()).max().orElse(0);
                boolean last = column == row.size() - 1;
                text.append(last ? row.get(column) : ("%-" + (width + 3) + "s").formatted(row.get(column)));
            }
            text.append('\n');
        }
        return text.toString();
    }

    /** An EgressIPPool, with its spec as in YAML. */
    public static GenericKubernetesResource pool(String name, Map<String, ?> spec) {
        return CustomObjects.of(POOLS, null, name, spec);
    }
}
