package io.ovnegress.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.api.model.rbac.Subject;
import io.ovnegress.it.kube.Overlay;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whether what kustomize renders fits together: every name that one object has of another, in every overlay. */
class OverlayTest {
    /** The Lease's name unless a flag says otherwise. */
    private static final String LEASE = "ovn-egress";

    private static final String NORTHBOUND = "OVN_EGRESS_NB_ADDRESS";

    private static Stream<Overlay> overlays() {
        return Overlay.names().map(Overlay::render);
    }

    private static PodSpec pod(Overlay overlay) {
        return overlay.deployment().getSpec().getTemplate().getSpec();
    }

    @ParameterizedTest
    @MethodSource("overlays")
    void everythingIsInTheOverlaysNamespaceButTheRoleForEventsOfClusterScopedObjects(Overlay overlay) {
        var elsewhere = overlay.objects().stream()
                .filter(object -> !(object instanceof ClusterRole || object instanceof ClusterRoleBinding))
                .filter(object ->
                        !overlay.namespace().equals(object.getMetadata().getNamespace()))
                .map(object -> object.getKind() + " " + object.getMetadata().getNamespace() + "/"
                        + object.getMetadata().getName())
                .toList();

        assertThat(elsewhere)
                .containsExactlyInAnyOrder("Role default/ovn-egress-events", "RoleBinding default/ovn-egress-events");
    }

    @ParameterizedTest
    @MethodSource("overlays")
    void theRoleNamesTheLeaseThatTheControllerAsksFor(Overlay overlay) {
        var lease = overlay.environment().getOrDefault("OVN_EGRESS_LEASE_NAME", LEASE);

        var named = overlay.all(Role.class).stream()
                .filter(role -> role.getMetadata().getNamespace().equals(overlay.namespace()))
                .flatMap(role -> role.getRules().stream())
                .filter(rule -> rule.getResources().contains("leases"))
                .flatMap(rule -> rule.getResourceNames().stream())
                .toList();
        assertThat(named).containsExactly(lease);
    }

    @ParameterizedTest
    @MethodSource("overlays")
    void everyBindingBindsARoleThatIsThereToTheServiceAccountOfThePods(Overlay overlay) {
        var account = overlay.one(ServiceAccount.class).getMetadata();
        assertThat(pod(overlay).getServiceAccountName()).isEqualTo(account.getName());

        var bound = new TreeSet<String>();
        overlay.all(ClusterRoleBinding.class).forEach(binding -> {
            assertSubject(binding.getSubjects(), overlay);
            bound.add("ClusterRole /" + binding.getRoleRef().getName());
        });
        overlay.all(RoleBinding.class).forEach(binding -> {
            assertSubject(binding.getSubjects(), overlay);
            bound.add(
                    binding.getRoleRef().getKind() + " " + binding.getMetadata().getNamespace() + "/"
                            + binding.getRoleRef().getName());
        });
        var roles = Stream.<HasMetadata>concat(
                        overlay.all(ClusterRole.class).stream(), overlay.all(Role.class).stream())
                .map(role -> role.getKind() + " "
                        + (role instanceof Role ? role.getMetadata().getNamespace() : "") + "/"
                        + role.getMetadata().getName())
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(bound).isEqualTo(roles);
    }

    private static void assertSubject(List<Subject> subjects, Overlay overlay) {
        assertThat(subjects).singleElement().satisfies(subject -> {
            assertThat(subject.getKind()).isEqualTo("ServiceAccount");
            assertThat(subject.getName())
                    .isEqualTo(overlay.one(ServiceAccount.class).getMetadata().getName());
            assertThat(subject.getNamespace()).isEqualTo(overlay.namespace());
        });
    }

    @ParameterizedTest
    @MethodSource("overlays")
    void theFlagsComeFromAConfigMapThatIsThere(Overlay overlay) {
        assertThat(overlay.environment()).containsKeys(NORTHBOUND, "OVN_EGRESS_CLUSTER_SUBNETS");
        assertThat(overlay.container().getArgs()).containsExactly("run");
    }

    /** The Secret and the other ConfigMap are for the operator to make (docs/operations.md, "TLS files"). */
    @ParameterizedTest
    @MethodSource("overlays")
    void everyFileThatAFlagNamesIsMounted(Overlay overlay) {
        var mounts = overlay.container().getVolumeMounts().stream()
                .collect(Collectors.toMap(VolumeMount::getName, VolumeMount::getMountPath));
        var volumes = pod(overlay).getVolumes().stream().collect(Collectors.toMap(Volume::getName, volume -> volume));
        assertThat(mounts.keySet()).isEqualTo(volumes.keySet());
        volumes.forEach((name, volume) -> {
            if (volume.getSecret() != null) {
                assertThat(volume.getSecret().getSecretName()).isEqualTo("ovn-cert");
            } else if (volume.getConfigMap() != null) {
                assertThat(volume.getConfigMap().getName()).isEqualTo("ovn-ca");
            } else {
                assertThat(volume.getEmptyDir()).as(name).isNotNull();
            }
        });

        var expected = Map.of(
                "OVN_EGRESS_NB_CLIENT_PRIVKEY", "/ovn-cert/tls.key",
                "OVN_EGRESS_NB_CLIENT_CERT", "/ovn-cert/tls.crt",
                "OVN_EGRESS_NB_CLIENT_CACERT", "/ovn-ca/ca-bundle.crt");
        var files = overlay.environment().entrySet().stream()
                .filter(variable -> expected.containsKey(variable.getKey()))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        boolean encrypted = overlay.environment().get(NORTHBOUND).startsWith("ssl:");
        assertThat(files).isEqualTo(encrypted ? expected : Map.of());
        assertThat(mounts.values().stream().filter(path -> path.startsWith("/ovn-")))
                .hasSize(encrypted ? 2 : 0);
    }

    @ParameterizedTest
    @MethodSource("overlays")
    void everySelectorSelectsThePods(Overlay overlay) {
        var labels = overlay.deployment().getSpec().getTemplate().getMetadata().getLabels();

        assertThat(labels)
                .containsAllEntriesOf(
                        overlay.deployment().getSpec().getSelector().getMatchLabels());
        assertThat(labels)
                .containsAllEntriesOf(overlay.one(Service.class).getSpec().getSelector());
        assertThat(labels)
                .containsAllEntriesOf(overlay.one(PodDisruptionBudget.class)
                        .getSpec()
                        .getSelector()
                        .getMatchLabels());
        assertThat(labels)
                .containsAllEntriesOf(overlay.one(NetworkPolicy.class)
                        .getSpec()
                        .getPodSelector()
                        .getMatchLabels());
        pod(overlay)
                .getAffinity()
                .getPodAntiAffinity()
                .getPreferredDuringSchedulingIgnoredDuringExecution()
                .forEach(term -> assertThat(labels)
                        .containsAllEntriesOf(
                                term.getPodAffinityTerm().getLabelSelector().getMatchLabels()));
    }

    @ParameterizedTest
    @MethodSource("overlays")
    void everyPortIsTheOneThatTheControllerServesItsPagesOn(Overlay overlay) {
        var port = overlay.container().getPorts().stream()
                .collect(Collectors.toMap(ContainerPort::getName, ContainerPort::getContainerPort))
                .get("metrics");
        assertThat(overlay.environment()).containsEntry("OVN_EGRESS_METRICS_BIND_ADDRESS", ":" + port);
        var container = overlay.container();
        Stream.of(container.getStartupProbe(), container.getLivenessProbe(), container.getReadinessProbe())
                .forEach(probe -> assertThat(probe.getHttpGet().getPort()).isEqualTo(new IntOrString("metrics")));
        assertThat(overlay.one(Service.class).getSpec().getPorts())
                .singleElement()
                .satisfies(served -> {
                    assertThat(served.getTargetPort()).isEqualTo(new IntOrString("metrics"));
                    assertThat(served.getPort()).isEqualTo(port);
                });
        assertThat(overlay.one(NetworkPolicy.class).getSpec().getIngress())
                .singleElement()
                .satisfies(rule -> assertThat(rule.getPorts())
                        .extracting(NetworkPolicyPort::getPort)
                        .containsExactly(new IntOrString("metrics")));
    }

    @ParameterizedTest
    @MethodSource("overlays")
    void theNetworkPolicyLetsTheControllerReachItsDatabase(Overlay overlay) {
        var allowed = overlay.one(NetworkPolicy.class).getSpec().getEgress().stream()
                .flatMap(rule -> rule.getPorts().stream())
                .map(port -> port.getPort().getIntVal())
                .toList();

        assertThat(allowed)
                .containsAll(Arrays.stream(overlay.environment().get(NORTHBOUND).split(","))
                        .map(address -> Integer.valueOf(address.substring(address.lastIndexOf(':') + 1)))
                        .toList());
    }

    /** The alerts know the controllers by the name of the Service, which is the job's. */
    @ParameterizedTest
    @MethodSource("overlays")
    void theMonitorSelectsTheService(Overlay overlay) {
        var service = overlay.one(Service.class);
        for (var monitor : overlay.all(GenericKubernetesResource.class)) {
            if (monitor.getKind().equals("ServiceMonitor")) {
                Map<String, String> selector = new ObjectMapper()
                        .convertValue(monitor.get("spec", "selector", "matchLabels"), new TypeReference<>() {});
                assertThat(service.getMetadata().getLabels()).containsAllEntriesOf(selector);
                assertThat(service.getSpec().getPorts())
                        .extracting(port -> port.getName())
                        .contains(monitor.<String>get("spec", "endpoints", 0, "port"));
            }
        }
        var jobs = overlay.manifests()
                .lines()
                .filter(line -> line.contains("up{job=\""))
                .toList();
        assertThat(jobs)
                .allSatisfy(line -> assertThat(line)
                        .contains("job=\"" + service.getMetadata().getName() + "\""));
    }
}
