package io.ovnegress.it.kube;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.ovnegress.it.harness.kube.Guest;
import io.ovnegress.it.harness.process.Command;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What kustomize makes of a directory of deploy/overlays: what an operator applies. Immutable.
 *
 * @param manifests as rendered
 * @param objects the same, understood
 */
public record Overlay(String name, String manifests, List<HasMetadata> objects) {
    private static final String SEPARATOR = "---\n";

    public Overlay {
        objects = List.copyOf(objects);
    }

    /** Every overlay that there is. */
    public static Stream<String> names() {
        try (var directories = Files.list(Guest.inSources("deploy/overlays"))) {
            return directories.map(path -> path.getFileName().toString()).sorted().toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The test is skipped where there is no kustomize. */
    public static Overlay render(String name) {
        var manifests = Command.of(
                        Kubectl.orSkip(),
                        "kustomize",
                        Guest.inSources("deploy/overlays/" + name).toString())
                .output();
        return new Overlay(name, manifests, objects(manifests));
    }

    /** Objects as they stand in YAML documents. */
    public static List<HasMetadata> objects(String manifests) {
        try (var reader =
                new KubernetesClientBuilder().withConfig(Config.empty()).build()) {
            return reader.load(new ByteArrayInputStream(manifests.getBytes(StandardCharsets.UTF_8)))
                    .items();
        }
    }

    /** All objects of a kind. */
    public <T extends HasMetadata> List<T> all(Class<T> kind) {
        return objects.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    /** The only one of its kind. */
    public <T extends HasMetadata> T one(Class<T> kind) {
        var all = all(kind);
        if (all.size() != 1) {
            throw new AssertionError(name + " has " + all.size() + " objects of kind " + kind.getSimpleName());
        }
        return all.getFirst();
    }

    public Deployment deployment() {
        return one(Deployment.class);
    }

    /** Where the controller runs. */
    public String namespace() {
        return deployment().getMetadata().getNamespace();
    }

    /** The controller's. */
    public Container container() {
        var containers = deployment().getSpec().getTemplate().getSpec().getContainers();
        if (containers.size() != 1) {
            throw new AssertionError(name + " has " + containers.size() + " containers");
        }
        return containers.getFirst();
    }

    /** The container's environment; a ConfigMap that it refers to and that is not there is an error, as in the kubelet. */
    public Map<String, String> environment() {
        var environment = new TreeMap<String, String>();
        for (var from : container().getEnvFrom()) {
            environment.putAll(configMap(from.getConfigMapRef().getName()).getData());
        }
        container().getEnv().forEach(variable -> environment.put(variable.getName(), variable.getValue()));
        return environment;
    }

    private ConfigMap configMap(String wanted) {
        return all(ConfigMap.class).stream()
                .filter(map -> map.getMetadata().getName().equals(wanted)
                        && map.getMetadata().getNamespace().equals(namespace()))
                .findFirst()
                .orElseThrow(() -> new AssertionError(name + " has no ConfigMap " + namespace() + "/" + wanted));
    }

    /**
     * The manifests for a server without the Prometheus operator's kinds.
     *
     * @param policyV1 whether the server has disruption budgets as {@code policy/v1}, as those from 1.21 on do; older ones have them as
     *     v1beta1 with the same fields
     */
    public String withoutMonitoring(boolean policyV1) {
        return forServer(
                Arrays.stream(manifests.split(SEPARATOR))
                        .filter(document -> !document.contains("apiVersion: monitoring.coreos.com/"))
                        .collect(Collectors.joining(SEPARATOR)),
                policyV1);
    }

    /** The manifests, with disruption budgets as this server knows them. */
    public String forServer(boolean policyV1) {
        return forServer(manifests, policyV1);
    }

    private static String forServer(String manifests, boolean policyV1) {
        return policyV1 ? manifests : manifests.replace("apiVersion: policy/v1\n", "apiVersion: policy/v1beta1\n");
    }
}
