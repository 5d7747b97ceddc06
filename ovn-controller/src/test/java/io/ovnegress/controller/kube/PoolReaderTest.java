package io.ovnegress.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.ovnegress.reconciler.feature.pool.PoolInput;
import io.ovnegress.reconciler.input.AddressRange;
import io.ovnegress.reconciler.input.LabelSelector;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PoolReaderTest {
    private static PoolInput read(String spec) {
        return PoolReader.read(Serialization.unmarshal("""
                apiVersion: ovn-egress.io/v1alpha1
                kind: EgressIPPool
                metadata: {name: p, uid: u, generation: 3, creationTimestamp: "2026-01-01T00:00:00Z"}
                spec: %s
                """.formatted(spec), EgressIpPool.class));
    }

    private static AddressRange range(String text) {
        return AddressRange.parse(text).orElseThrow();
    }

    @Test
    void everyFieldIsRead() {
        assertThat(read("""
                {ranges: [10.0.0.0/24, 10.1.0.5 - 10.1.0.9, "fd00::7"], exclusions: [10.0.0.9], namespaceSelector: {},
                 routerNamespaceSelector: {},
                 addressesPerNamespace: 2, maxAddressesPerNamespace: 3, gracePeriod: 1h30m,
                 annotations: {ovn-egress.io/on-unassigned: Drop}}"""))
                .isEqualTo(new PoolInput(
                        "p",
                        "u",
                        Instant.parse("2026-01-01T00:00:00Z"),
                        3,
                        List.of(range("10.0.0.0/24"), range("10.1.0.5-10.1.0.9"), range("fd00::7")),
                        List.of(range("10.0.0.9")),
                        Optional.of(LabelSelector.EVERYTHING),
                        Optional.of(LabelSelector.EVERYTHING),
                        2,
                        3,
                        Duration.ofMinutes(90),
                        Map.of("ovn-egress.io/on-unassigned", "Drop"),
                        List.of()));
    }

    @Test
    void whatIsNotSaidIsUsual() {
        var pool = read("{ranges: [10.0.0.0/24]}");

        assertThat(pool.errors()).isEmpty();
        assertThat(pool.namespaces()).isEmpty();
        assertThat(pool.each()).isEqualTo(1);
        assertThat(pool.most()).isEqualTo(8);
        assertThat(pool.grace()).isEqualTo(Duration.ofHours(1));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {}                                                           | spec.ranges is empty
            {ranges: 7}                                                  | spec.ranges is not a list
            {ranges: [ten]}                                              | spec.ranges[0] is "ten": write a network
            {ranges: [10.0.0.9-10.0.0.1]}                                | spec.ranges[0] is "10.0.0.9-10.0.0.1"
            {ranges: [10.0.0.1-fd00::1]}                                 | spec.ranges[0] is
            {ranges: [10.0.0.1], exclusions: [10.0.0.0/33]}              | spec.exclusions[0] is "10.0.0.0/33"
            {ranges: [10.0.0.1], gracePeriod: soon}                      | spec.gracePeriod is "soon": write a time
            {ranges: [10.0.0.1], addressesPerNamespace: 0}               | spec.addressesPerNamespace is 0
            {ranges: [10.0.0.1], namespaceSelector: 7}                   | spec.namespaceSelector is not an object
            {ranges: [10.0.0.1], annotations: {x: y}}                    | spec.annotations.x: write texts
            {ranges: [10.0.0.1], annotations: {ovn-egress.io/pool: y}}   | spec.annotations.ovn-egress.io/pool
            """)
    void whatIsMalformedIsAnErrorThatNamesItsField(String spec, String error) {
        assertThat(read(spec).errors()).hasSize(1).allMatch(text -> text.startsWith(error), error);
    }

    @Test
    void ofAnEgressIpPoolsSeeAddressesLabelAndOurAnnotations() {
        var object = PoolReader.read(Serialization.unmarshal("""
                apiVersion: k8s.ovn.org/v1
                kind: EgressIP
                metadata:
                  name: p.a
                  labels: {ovn-egress.io/pool: p}
                  annotations: {ovn-egress.io/form: Router, other: x}
                spec: {egressIPs: [10.0.0.1, nonsense], namespaceSelector: 7}
                """, EgressIp.class));

        assertThat(object.label()).contains("p");
        assertThat(object.addresses()).extracting(Object::toString).containsExactly("10.0.0.1");
        assertThat(object.namespaces()).isEmpty();
        assertThat(object.annotations()).isEqualTo(Map.of("ovn-egress.io/form", "Router"));
    }
}
