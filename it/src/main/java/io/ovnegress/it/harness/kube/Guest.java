package io.ovnegress.it.harness.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import io.ovnegress.it.harness.process.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a test class puts into a real API and takes out again: a definition of EgressIP, and a service account for the controller
 * with the rights of {@code deploy/base/rbac.yaml}. Refuses to come where EgressIP is defined already: somebody uses it. One
 * thread drives it.
 */
public final class Guest {
    private static final String NAMESPACE = KubeApi.CONTROLLER_NAMESPACE;
    private static final String ACCOUNT = "ovn-egress";
    private static final String OURS = "deploy/crds/k8s.ovn.org_egressips.yaml";
    private static final String TRAFFIC = "deploy/crds/k8s.ovn.org_egressiptraffics.yaml";
    private static final String UPSTREAM = "ovn-controller/src/test/resources/crds/ovn-kubernetes-egressips.yaml";

    /** What a cluster is given for egress routers. */
    static final List<String> EGRESS_ROUTERS = List.of(
            "deploy/crds/egress-router/ovn-egress.io_egressrouters.yaml", "deploy/components/egress-router/rbac.yaml");

    /** What a cluster is given for firewalls. */
    static final List<String> FIREWALLS = List.of(
            "deploy/crds/egress-firewall/k8s.ovn.org_egressfirewalls.yaml",
            "deploy/crds/egress-firewall/network.openshift.io_egressnetworkpolicies.yaml",
            "deploy/crds/egress-firewall/ovn-egress.io_egressadminpolicies.yaml",
            "deploy/components/egress-firewall/rbac.yaml");

    /** And for address pools. */
    static final List<String> POOLS = List.of(
            "deploy/crds/egress-ip-pools/ovn-egress.io_egressippools.yaml",
            "deploy/components/egress-ip-pools/rbac.yaml");

    /** And for Avi's services. */
    static final List<String> AVI_SERVICES = Stream.of(
                    EGRESS_ROUTERS, POOLS, List.of("deploy/components/avi-services/rbac.yaml"))
            .flatMap(List::stream)
            .toList();

    private final KubernetesClient client;
    private final Optional<AuditLog> log = AuditLog.fromNowOn();
    private final List<HasMetadata> brought = new ArrayList<>();

    private Guest(KubernetesClient client) {
        this.client = client;
    }

    public static Guest moveIn(KubernetesClient client, CustomResourceDefinitionContext egressIps) {
        return moveIn(client, egressIps, List.of());
    }

    /** @param more files with further definitions and rights */
    static Guest moveIn(KubernetesClient client, CustomResourceDefinitionContext egressIps, List<String> more) {
        var definitions = client.apiextensions().v1().customResourceDefinitions();
        if (definitions.withName(egressIps.getName()).get() != null) {
            throw new IllegalStateException(client.getMasterUrl() + " has " + egressIps.getName()
                    + " already; tests need an API that nobody else uses, such as it/scripts/kube-apiserver.sh starts");
        }
        var guest = new Guest(client);
        try {
            guest.bring(definitions
                    .load(inSources(egressIps.isStatusSubresource() ? OURS : UPSTREAM)
                            .toFile())
                    .item());
            guest.bring(new NamespaceBuilder()
                    .withNewMetadata()
                    .withName(NAMESPACE)
                    .endMetadata()
                    .build());
            // Beside an API server alone nobody takes away what was in the namespace when it was deleted.
            client.leases().inNamespace(NAMESPACE).delete();
            guest.bringFiles(List.of(TRAFFIC, "deploy/base/serviceaccount.yaml", "deploy/base/rbac.yaml"));
            guest.bringFiles(more);
            Await.await("EgressIP objects can be listed").until(() -> isServed(client, egressIps));
            return guest;
        } catch (RuntimeException e) {
            guest.moveOut();
            throw e;
        }
    }

    private void bring(HasMetadata object) {
        brought.add(client.resource(object).create());
    }

    /** Roles and bindings as deployed, for an account in our namespace, and definitions. */
    private void bringFiles(List<String> files) {
        for (var file : files) {
            try (var stream = Files.newInputStream(inSources(file))) {
                for (var object : client.load(stream).items()) {
                    switch (object) {
                        case ClusterRoleBinding binding ->
                            binding.getSubjects().forEach(subject -> subject.setNamespace(NAMESPACE));
                        case RoleBinding binding ->
                            binding.getSubjects().forEach(subject -> subject.setNamespace(NAMESPACE));
                        default -> {}
                    }
                    if (object instanceof Namespaced
                            && object.getMetadata().getNamespace() == null) { // as the overlays do it
                        object.getMetadata().setNamespace(NAMESPACE);
                    }
                    bring(object);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** 404 and an empty discovery are answered for a moment after a definition was made. */
    private static boolean isServed(KubernetesClient client, CustomResourceDefinitionContext egressIps) {
        try {
            client.genericKubernetesResources(egressIps).list();
            return true;
        } catch (KubernetesClientException e) {
            return false;
        }
    }

    public Optional<Set<ApiCall>> callsOfController() {
        return log.map(audit -> audit.callsOf("system:serviceaccount:" + NAMESPACE + ":" + ACCOUNT));
    }

    /** A kubeconfig of the controller's service account. */
    public Path writeKubeconfig(Path file) {
        var token = client.serviceAccounts()
                .inNamespace(NAMESPACE)
                .withName(ACCOUNT)
                .tokenRequest(new TokenRequestBuilder()
                        .withNewSpec()
                        .withExpirationSeconds(3600L)
                        .endSpec()
                        .build())
                .getStatus()
                .getToken();
        var config = client.getConfiguration();
        var authority = config.getCaCertFile() == null
                ? "certificate-authority-data: " + config.getCaCertData()
                : "certificate-authority: " + config.getCaCertFile();
        try {
            return Files.writeString(file, """
                    apiVersion: v1
                    kind: Config
                    clusters:
                    - name: real
                      cluster:
                        server: %s
                        %s
                    contexts:
                    - name: controller
                      context:
                        cluster: real
                        namespace: %s
                        user: controller
                    current-context: controller
                    users:
                    - name: controller
                      user:
                        token: %s
                    """.formatted(config.getMasterUrl(), authority, NAMESPACE, token));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Takes everything out again; the next class may bring another definition. */
    public void moveOut() {
        for (var object : brought.reversed()) {
            if (object.getKind().equals("Namespace")) {
                KubeApi.deleteNamespace(client, object.getMetadata().getName());
            } else {
                client.resource(object).delete();
            }
        }
        Await.await("everything brought is gone")
                .until(() -> brought.stream()
                        .noneMatch(object -> client.resource(object).get() != null));
        brought.clear();
    }

    /** Whether we run in the top directory or in a module. */
    public static Path inSources(String file) {
        return Stream.of(Path.of(file), Path.of("..").resolve(file))
                .filter(Files::exists)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(file + " is not here"));
    }
}
