package io.ovnegress.it.kube;

import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import io.ovnegress.it.harness.kube.KubeApi;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** A real API server for tests about what only a real one does. Stateless. */
final class RealApi {
    private RealApi() {}

    /** With this definition and the roles installed; the test is skipped where there is none. */
    static KubeApi orSkip(CustomResourceDefinitionContext egressIps) {
        return orSkip(egressIps, List.of());
    }

    /** @param more files with further definitions and rights */
    static KubeApi orSkip(CustomResourceDefinitionContext egressIps, List<String> more) {
        Assumptions.assumeTrue(
                System.getProperty("ovnegress.kubeconfig") != null,
                "there is no real API server here: make test-kube runs this with one");
        return KubeApi.withMoreForTests(egressIps, more);
    }
}
