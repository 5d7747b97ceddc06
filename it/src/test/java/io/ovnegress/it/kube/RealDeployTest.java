package io.ovnegress.it.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.Guest;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.kube.KubernetesObjects;
import io.ovnegress.it.harness.process.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The manifests of deploy/ as a real API server takes them: {@code kubectl apply --dry-run=server}. */
class RealDeployTest {
    private static final String DEPLOY = Guest.inSources("deploy").toString();
    /** Where an overlay or an example puts something; a dry run does not make them. */
    private static final List<String> NAMESPACES =
            List.of("ovn-kubernetes", "openshift-ovn-kubernetes", "simpson", "bouvier");

    private static KubeApi api;
    private static MonitoringKinds monitoring;

    @TempDir
    private Path directory;

    @BeforeAll
    static void open() {
        Kubectl.orSkip();
        api = RealApi.orSkip(EgressIps.CONTEXT);
        for (var namespace : NAMESPACES) {
            api.client()
                    .resource(KubernetesObjects.namespace(namespace, java.util.Map.of()))
                    .create();
        }
        monitoring = MonitoringKinds.install(api);
    }

    @AfterAll
    static void close() {
        if (api != null) {
            monitoring.close();
            NAMESPACES.forEach(api::deleteNamespace);
            api.close();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "ovn-kubernetes, ovn-kubernetes",
        "openshift, openshift-ovn-kubernetes",
        "kind, ovn-kubernetes",
    })
    void anOverlayIsAccepted(String overlay, String namespace) throws IOException {
        boolean policyV1 = api.client().supports("policy/v1", "PodDisruptionBudget");
        var manifests = Files.writeString(
                directory.resolve("overlay.yaml"), Overlay.render(overlay).forServer(policyV1));

        assertThat(dryRun(manifests))
                .contains(
                        "deployment.apps/ovn-egress created (server dry run)",
                        "serviceaccount/ovn-egress created (server dry run)",
                        "role.rbac.authorization.k8s.io/ovn-egress-leader-election created (server dry run)",
                        "networkpolicy.networking.k8s.io/ovn-egress created (server dry run)",
                        "poddisruptionbudget.policy/ovn-egress created (server dry run)");
        assertThat(Files.readString(manifests)).contains("namespace: " + namespace);
    }

    @Test
    void theExamplesAreAccepted() {
        assertThat(dryRun(Path.of(DEPLOY, "examples")))
                .anyMatch(line -> line.startsWith("egressip.k8s.ovn.org/"))
                .anyMatch(line -> line.startsWith("pod/"));
    }

    @Test
    void theDefinitionsOfFirewallsAreAccepted() {
        assertThat(dryRunRules("egress-firewall"))
                .filteredOn(line -> line.startsWith("customresourcedefinition.apiextensions.k8s.io/"))
                .hasSize(3);
    }

    @Test
    void theDefinitionOfProxiesIsAccepted() {
        assertThat(dryRunRules("egress-proxy"))
                .singleElement()
                .asString()
                .startsWith("customresourcedefinition.apiextensions.k8s.io/egressproxies.ovn-egress.io ");
    }

    @Test
    void theDefinitionOfPoolsIsAccepted() {
        assertThat(dryRunRules("egress-ip-pools"))
                .anyMatch(line -> line.startsWith("customresourcedefinition.apiextensions.k8s.io/"));
    }

    @Test
    void theDefinitionOfRoutersIsAccepted() {
        assertThat(dryRunRules("egress-router"))
                .singleElement()
                .asString()
                .startsWith("customresourcedefinition.apiextensions.k8s.io/egressrouters.ovn-egress.io ");
    }

    @Test
    void theDefinitionIsAcceptedAsAChangeOfTheOneThatIsThere() {
        assertThat(dryRun(Path.of(DEPLOY, "crds")))
                .anyMatch(line ->
                        line.startsWith("customresourcedefinition.apiextensions.k8s.io/egressips.k8s.ovn.org "));
    }

    @Test
    void anEgressIpThatTheDefinitionForbidsIsRefused() throws IOException {
        var wrong = Files.writeString(directory.resolve("wrong.yaml"), """
                apiVersion: k8s.ovn.org/v1
                kind: EgressIP
                metadata:
                  name: wrong
                spec:
                  egressIPs: 192.168.126.100
                  namespaceSelector: {}
                """);

        assertThat(kubectl("apply", "--dry-run=server", "-f", wrong.toString()).exitCode())
                .isNotZero();
    }

    /** Definitions with rules, which kubectl takes for mistakes where the server does not know them: README, "API servers". */
    private static List<String> dryRunRules(String definitions) {
        boolean knows = api.client().raw("/openapi/v2").contains("x-kubernetes-validations");
        return dryRun(Path.of(DEPLOY, "crds", definitions), knows ? "--validate=true" : "--validate=false");
    }

    private static List<String> dryRun(Path manifests) {
        return dryRun(manifests, "--validate=true");
    }

    private static List<String> dryRun(Path manifests, String validation) {
        var result = kubectl("apply", "--dry-run=server", validation, "-f", manifests.toString());
        assertThat(result.exitCode()).as(result.standardError()).isZero();
        return result.standardOutput().lines().toList();
    }

    private static Command.Output kubectl(String... arguments) {
        return Kubectl.run(api.kubeconfig(), arguments);
    }
}
