package io.ovnegress.it.kube;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionBuilder;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.process.Await;
import java.util.List;

/** The kinds of the Prometheus operator in a real API server, with any content: what is in them is not checked. Immutable. */
public record MonitoringKinds(KubeApi api, List<CustomResourceDefinition> definitions) implements AutoCloseable {
    public MonitoringKinds {
        definitions = List.copyOf(definitions);
    }

    /** Returns once kubectl knows them. */
    public static MonitoringKinds install(KubeApi api) {
        var kinds = new MonitoringKinds(
                api,
                List.of(
                        open(api, "ServiceMonitor", "servicemonitors"),
                        open(api, "PrometheusRule", "prometheusrules")));
        for (var definition : kinds.definitions) {
            var plural = definition.getSpec().getNames().getPlural();
            Await.await("listed")
                    .until(() ->
                            Kubectl.run(api.kubeconfig(), "get", plural, "-A").exitCode() == 0);
        }
        return kinds;
    }

    private static CustomResourceDefinition open(KubeApi api, String kind, String plural) {
        return api.client()
                .resource(new CustomResourceDefinitionBuilder()
                        .withNewMetadata()
                        .withName(plural + ".monitoring.coreos.com")
                        .endMetadata()
                        .withNewSpec()
                        .withGroup("monitoring.coreos.com")
                        .withScope("Namespaced")
                        .withNewNames()
                        .withKind(kind)
                        .withPlural(plural)
                        .endNames()
                        .addNewVersion()
                        .withName("v1")
                        .withServed(true)
                        .withStorage(true)
                        .withNewSchema()
                        .withNewOpenAPIV3Schema()
                        .withType("object")
                        .withXKubernetesPreserveUnknownFields(true)
                        .endOpenAPIV3Schema()
                        .endSchema()
                        .endVersion()
                        .endSpec()
                        .build())
                .create();
    }

    @Override
    public void close() {
        definitions.forEach(definition -> api.client().resource(definition).delete());
    }
}
