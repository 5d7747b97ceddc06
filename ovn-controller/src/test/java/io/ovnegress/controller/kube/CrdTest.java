package io.ovnegress.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditionType;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class CrdTest {
    private final CustomResourceDefinition ours = load(ApiServer.OUR_CRD);
    private final CustomResourceDefinition upstream = load(ApiServer.UPSTREAM_CRD);

    @Test
    void ourCrdNamesWhatTheClassNames() {
        assertThat(ours.getMetadata().getName()).isEqualTo(EgressIp.CRD).isEqualTo(new EgressIp().getCRDName());
        assertThat(ours.getSpec().getGroup()).isEqualTo(EgressIp.GROUP);
        assertThat(ours.getSpec().getScope()).isEqualTo("Cluster").isEqualTo(new EgressIp().getScope());
        assertThat(ours.getSpec().getNames().getKind()).isEqualTo(EgressIp.KIND);
        assertThat(ours.getSpec().getNames().getPlural()).isEqualTo(EgressIp.PLURAL);
        assertThat(ours.getSpec().getNames().getShortNames()).containsExactly("eip");
        assertThat(ours.getSpec().getNames()).isEqualTo(upstream.getSpec().getNames());
    }

    @Test
    void columnsAreThoseOfOvnKubernetesAndOneThatHasEveryAddress() {
        assertThat(columns(upstream))
                .containsExactly(
                        "EgressIPs .spec.egressIPs[*]",
                        "Assigned Node .status.items[*].node",
                        "Assigned EgressIPs .status.items[*].egressIP");
        assertThat(columns(ours)).startsWith(columns(upstream).toArray(String[]::new));
        assertThat(columns(ours).subList(3, columns(ours).size()))
                .containsExactly("Assignment .status.conditions[?(@.type==\"Assigned\")].message");
    }

    /** What {@code kubectl get} tells of an object of each kind, beside its name. */
    @Test
    void columnsOfTheOtherKindsTellTheirStory() throws IOException {
        var applied = ".status.conditions[?(@.type==\"Applied\")].";
        var ready = ".status.conditions[?(@.type==\"Ready\")].";
        var age = "Age .metadata.creationTimestamp";
        var expected = Map.of(
                "EgressFirewall", List.of("EgressFirewall Status .status.status", "Applied " + applied + "reason", age),
                "EgressNetworkPolicy", List.of("Applied " + applied + "reason", age),
                "EgressAdminPolicy", List.of("Applied " + applied + "reason", "Message " + applied + "message", age),
                "EgressIPPool",
                        List.of(
                                "Ranges .spec.ranges",
                                "Total .status.total",
                                "Used .status.used",
                                "Reserved .status.reserved",
                                "Free .status.free",
                                "Ready " + ready + "reason",
                                age),
                "EgressProxy",
                        List.of(
                                "Addresses .spec.addresses",
                                "URL .status.url",
                                "Ready " + ready + "reason",
                                "Message " + ready + "message",
                                age),
                "EgressRouter",
                        List.of(
                                "Virtual IP .status.virtualIP",
                                "Ready " + ready + "reason",
                                "Service .spec.service",
                                "Highly Available .status.conditions[?(@.type==\"HighlyAvailable\")].reason",
                                "Message " + ready + "message",
                                age),
                "EgressIPTraffic", List.of("Destinations .spec.destinationNetworks"));

        try (var files = Files.walk(Path.of("../deploy/crds"), 2)) {
            var columns = files.filter(file -> file.toString().endsWith(".yaml"))
                    .map(file -> Serialization.unmarshal(read(file), CustomResourceDefinition.class))
                    .filter(crd -> !crd.getSpec().getNames().getKind().equals(EgressIp.KIND))
                    .collect(Collectors.toMap(crd -> crd.getSpec().getNames().getKind(), CrdTest::columns));

            assertThat(columns).isEqualTo(expected);
        }
    }

    /** An API server would print the first one and nothing else. Those of EgressIP are ovn-kubernetes' own. */
    @Test
    void noOtherColumnTakesElementsOfAList() throws IOException {
        try (var files = Files.walk(Path.of("../deploy/crds"), 2)) {
            var crds = files.filter(file -> file.toString().endsWith(".yaml"))
                    .filter(file -> !file.endsWith("k8s.ovn.org_egressips.yaml"))
                    .map(file -> Serialization.unmarshal(read(file), CustomResourceDefinition.class))
                    .toList();

            assertThat(crds).hasSizeGreaterThan(5);
            assertThat(crds).flatExtracting(CrdTest::columns).noneMatch(column -> column.contains("[*]"));
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void onlyOursHasAStatusSubresource() {
        assertThat(ours.getSpec().getVersions().getFirst().getSubresources().getStatus())
                .isNotNull();
        assertThat(upstream.getSpec().getVersions().getFirst().getSubresources())
                .isNull();
    }

    @Test
    void conditionsThatWeWriteAreValid() {
        var condition = ours.getSpec()
                .getVersions()
                .getFirst()
                .getSchema()
                .getOpenAPIV3Schema()
                .getProperties()
                .get("status")
                .getProperties()
                .get("conditions");

        assertThat(condition.getXKubernetesListType()).isEqualTo("map");
        assertThat(condition.getXKubernetesListMapKeys()).containsExactly("type");
        var fields = condition.getItems().getSchema().getProperties();
        assertThat(Arrays.stream(EgressIpReason.values()).map(Enum::name))
                .allMatch(Pattern.compile(fields.get("reason").getPattern()).asMatchPredicate());
        assertThat(Arrays.stream(EgressIpConditionType.values()).map(Enum::name))
                .allMatch(Pattern.compile(fields.get("type").getPattern()).asMatchPredicate());
    }

    private static List<String> columns(CustomResourceDefinition crd) {
        return crd.getSpec().getVersions().getFirst().getAdditionalPrinterColumns().stream()
                .map((CustomResourceColumnDefinition column) -> column.getName() + " " + column.getJsonPath())
                .toList();
    }

    private static CustomResourceDefinition load(String crd) {
        return Serialization.unmarshal(ApiServer.crdText(crd), CustomResourceDefinition.class);
    }
}
