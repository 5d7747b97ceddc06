package io.ovnegress.it.kube;

import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.process.ControllerProcess;
import io.ovnegress.it.harness.process.Sandbox;
import io.ovnegress.it.harness.process.WorkDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/**
 * A pod of a rendered Deployment, run as the kubelet runs it: the container's arguments and nothing but its environment, its Secrets
 * and ConfigMaps mounted where the manifest says, and the files of its service account, in a mount namespace of its own. Only the
 * database's address and that of the metrics are other ones, and nodes are not probed.
 */
public final class DeployedPod implements AutoCloseable {
    private static final String SERVICE_ACCOUNT = "run/secrets/kubernetes.io/serviceaccount";

    private final Overlay overlay;
    private final KubeApi api;
    private final WorkDirectory directory = WorkDirectory.create("ovn-egress-pod");
    private final ControllerProcess process;

    /**
     * Not started yet. The test is skipped where no mount namespace can be made.
     *
     * @param database where the database is that stands for the rendered one
     * @param mounted the files of Secrets and ConfigMaps that the operator makes, by their path in the pod
     */
    public DeployedPod(Overlay overlay, KubeApi api, String database, Map<String, Path> mounted) {
        this.overlay = overlay;
        this.api = api;
        var environment = new LinkedHashMap<>(overlay.environment());
        environment.put("OVN_EGRESS_NB_ADDRESS", database);
        environment.putAll(ofKubelet());
        environment.put("HOME", "/");
        try {
            for (var file : mounted.entrySet()) {
                var place = directory.resolve(file.getKey().substring(1));
                Files.createDirectories(place.getParent());
                Files.copy(file.getValue(), place);
            }
            writeServiceAccount();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var sandbox = sandbox();
        var arguments = new ArrayList<>(overlay.container().getArgs());
        if (!arguments.removeFirst().equals("run")) {
            throw new AssertionError("the container does something else than run");
        }
        process = ControllerProcess.onClassPath(line -> sandbox.inside(directory.path(), environment, line), arguments);
    }

    private static Sandbox sandbox() {
        return Sandbox.available()
                .orElseGet(() -> Assumptions.abort("no mount namespace can be made here, such as a pod has"));
    }

    private Map<String, String> ofKubelet() {
        var server = URI.create(api.client().getConfiguration().getMasterUrl());
        var variables = new LinkedHashMap<>(
                Map.of("KUBERNETES_SERVICE_HOST", server.getHost(), "KUBERNETES_SERVICE_PORT", "" + server.getPort()));
        if (api.isEmbedded()) { // not by https
            variables.put("KUBERNETES_MASTER", server.toString());
        }
        return variables;
    }

    private void writeServiceAccount() throws IOException {
        var place = Files.createDirectories(directory.resolve(SERVICE_ACCOUNT));
        Files.writeString(place.resolve("namespace"), overlay.namespace());
        if (api.isEmbedded()) {
            Files.writeString(place.resolve("token"), "nobody looks at it");
            return;
        }
        var account = overlay.one(ServiceAccount.class).getMetadata().getName();
        var token = api.client()
                .serviceAccounts()
                .inNamespace(overlay.namespace())
                .withName(account)
                .tokenRequest(new TokenRequestBuilder()
                        .withNewSpec()
                        .withExpirationSeconds(3600L)
                        .endSpec()
                        .build());
        Files.writeString(place.resolve("token"), token.getStatus().getToken());
        var config = api.client().getConfiguration();
        var authority = config.getCaCertFile() == null
                ? java.util.Base64.getMimeDecoder().decode(config.getCaCertData())
                : Files.readAllBytes(Path.of(config.getCaCertFile()));
        Files.write(place.resolve("ca.crt"), authority);
    }

    /** The controller in it, for its pages, its log and signals. */
    public ControllerProcess controller() {
        return process;
    }

    @Override
    public void close() {
        process.close();
        directory.close();
    }
}
