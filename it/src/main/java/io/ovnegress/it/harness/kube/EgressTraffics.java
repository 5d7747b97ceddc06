package io.ovnegress.it.harness.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** EgressIPTraffic objects, and EgressIPs that are for some destinations, as a user writes them. */
public final class EgressTraffics {
    public static final CustomResourceDefinitionContext CONTEXT = new CustomResourceDefinitionContext.Builder()
            .withName("egressiptraffics.k8s.ovn.org")
            .withGroup("k8s.ovn.org")
            .withVersion("v1")
            .withKind("EgressIPTraffic")
            .withPlural("egressiptraffics")
            .withScope("Cluster")
            .build();

    private EgressTraffics() {}

    public static GenericKubernetesResource of(String name, Map<String, String> labels, String... networks) {
        return new GenericKubernetesResourceBuilder()
                .withApiVersion("k8s.ovn.org/v1")
                .withKind("EgressIPTraffic")
                .withNewMetadata()
                .withName(name)
                .withLabels(labels)
                .endMetadata()
                .addToAdditionalProperties("spec", Map.of("destinationNetworks", List.of(networks)))
                .build();
    }

    /** The EgressIP, for what such EgressIPTraffic objects list. */
    public static GenericKubernetesResource selecting(GenericKubernetesResource egressIp, Map<String, String> labels) {
        var spec = new LinkedHashMap<Object, Object>(
                (Map<?, ?>) egressIp.getAdditionalProperties().get("spec"));
        spec.put("form", "Router");
        spec.put("trafficSelector", Map.of("matchLabels", labels));
        egressIp.setAdditionalProperty("spec", spec);
        return egressIp;
    }

    /** The EgressIP, for these destinations, as where ovn-kubernetes' CRD prunes our fields. */
    public static GenericKubernetesResource annotated(GenericKubernetesResource egressIp, String... destinations) {
        egressIp.getMetadata()
                .setAnnotations(Map.of(
                        "ovn-egress.io/form", "Router", "ovn-egress.io/destinations", String.join(", ", destinations)));
        return egressIp;
    }
}
