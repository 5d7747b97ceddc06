package io.ovnegress.controller.cli;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where the API server is. */
final class ApiFlags {
    @Option(
            names = "--kubeconfig",
            paramLabel = "FILE",
            order = 1,
            converter = Converters.ReadableFile.class,
            description = {
                "How to reach the API server.",
                "Default: $KUBECONFIG, then the service account of the pod it runs in."
            })
    private Path kubeconfig;

    Optional<Path> kubeconfig() {
        return Optional.ofNullable(kubeconfig);
    }

    /** Whether a service account is all there is to reach the API server with. */
    boolean inAPod(Map<String, String> environment) {
        return kubeconfig == null
                && environment.getOrDefault("KUBECONFIG", "").isBlank()
                && environment.containsKey("KUBERNETES_SERVICE_HOST");
    }
}
