package io.ovnegress.it.kube;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.ovnegress.it.harness.kube.ApiCall;
import io.ovnegress.it.harness.kube.AuditLog;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.Guest;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.kube.KubernetesObjects;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Our definition of EgressIP and an overlay, as rendered, in a real API server by {@code kubectl apply}, as the runbook has it; in an
 * embedded one, which knows EgressIP and has no rights, nothing. Taken out again by {@link #close}. One thread drives it.
 */
public final class InstalledOverlay implements AutoCloseable {
    /** Another client of the same server: that of the test may be closed before this is. */
    private final KubeApi api;

    private final String namespace;
    private final Optional<Path> manifests;
    private final Optional<AuditLog> log = AuditLog.fromNowOn();

    private InstalledOverlay(KubeApi api, String namespace, Optional<Path> manifests) {
        this.api = api;
        this.namespace = namespace;
        this.manifests = manifests;
    }

    /**
     * @param directory for the rendered manifests
     */
    public static InstalledOverlay install(Overlay overlay, KubeApi api, Path directory) {
        if (api.isEmbedded()) {
            return new InstalledOverlay(api, overlay.namespace(), Optional.empty());
        }
        boolean policyV1 = api.client().supports("policy/v1", "PodDisruptionBudget");
        try {
            var file = Files.writeString(directory.resolve("overlay.yaml"), overlay.withoutMonitoring(policyV1));
            var installed =
                    new InstalledOverlay(KubeApi.real(api.kubeconfig()), overlay.namespace(), Optional.of(file));
            api.client()
                    .resource(KubernetesObjects.namespace(overlay.namespace(), Map.of()))
                    .create();
            installed.kubectl("apply", "-f", definition());
            installed.kubectl("apply", "-f", file.toString());
            await("EgressIPs can be listed").until(installed::isServed);
            return installed;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String definition() {
        return Guest.inSources("deploy/crds").toString();
    }

    private boolean isServed() {
        try {
            api.client().genericKubernetesResources(EgressIps.CONTEXT).list();
            return true;
        } catch (KubernetesClientException e) {
            return false;
        }
    }

    private void kubectl(String... arguments) {
        var result = Kubectl.run(api.kubeconfig(), arguments);
        assertThat(result.exitCode()).as(result.standardError()).isZero();
    }

    /** Requests of this user that the server refused since the installation; empty too where there is no audit log. */
    public List<ApiCall> refused(String user) {
        return log.map(audit -> audit.refusedOf(user)).orElse(List.of());
    }

    @Override
    public void close() {
        manifests.ifPresent(file -> {
            kubectl("delete", "--ignore-not-found", "--wait=false", "-f", file.toString());
            kubectl("delete", "--ignore-not-found", "--wait=false", "-f", definition());
            // Beside an API server alone nobody takes away what was in the namespace when it was deleted.
            api.client().leases().inNamespace(namespace).delete();
            api.deleteNamespace(namespace);
            await("everything is gone")
                    .until(() -> api.client()
                                    .apiextensions()
                                    .v1()
                                    .customResourceDefinitions()
                                    .withName(EgressIps.CONTEXT.getName())
                                    .get()
                            == null);
            api.close();
        });
    }
}
