package io.ovnegress.controller.convert;

import static io.ovnegress.controller.convert.ConversionFixture.convert;
import static io.ovnegress.controller.convert.ConversionFixture.objects;
import static io.ovnegress.controller.convert.ConversionFixture.only;
import static io.ovnegress.controller.convert.ConversionFixture.said;
import static io.ovnegress.controller.convert.ConversionFixture.yaml;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Cilium's egress gateways and Antrea's egresses. */
class OtherCniConversionTest {

    @Test
    void ciliumsPolicyIsAnEgressIpOnItsGateway() {
        var converted = convert("cilium.yaml");

        assertThat(objects(converted, "EgressIP").getFirst()).isEqualTo(yaml("""
                apiVersion: k8s.ovn.org/v1
                kind: EgressIP
                metadata:
                  name: egress-sample
                  annotations:
                    ovn-egress.io/egress-node-selector: '{"matchLabels":{"node.kubernetes.io/name":"node1"}}'
                spec:
                  egressIPs: [10.168.60.100]
                  namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: default}}
                  podSelector: {matchLabels: {org: empire, class: mediabot}}
                """));
        assertThat(said(converted, Verdict.Lost)).doesNotContain("egress-sample");
    }

    @Test
    void whatOfCiliumsPolicyHasNoPlaceIsSaid() {
        var converted = convert("cilium.yaml");

        assertThat(objects(converted, "EgressIP")).hasSize(2);
        assertThat(said(converted, Verdict.Lost))
                .contains(
                        "partner: 1 more selectors",
                        "partner: destinationCIDRs 203.0.113.0/24",
                        "partner: excludedCIDRs 203.0.113.7/32",
                        "of-an-interface: it names no egressIP");
    }

    @Test
    void antreasPoolAndEgressesAreOurs() {
        var converted = convert("antrea.yaml");

        assertThat(only(converted, "EgressIPPool")).isEqualTo(yaml("""
                apiVersion: ovn-egress.io/v1alpha1
                kind: EgressIPPool
                metadata: {name: prod-external-ip-pool}
                spec:
                  ranges: [10.10.0.2-10.10.0.10, 10.10.1.0/28]
                  annotations:
                    ovn-egress.io/egress-node-selector: '{"matchLabels":{"network-role":"egress-gateway"}}'
                """));
        assertThat(objects(converted, "EgressIP").getFirst()).isEqualTo(yaml("""
                apiVersion: k8s.ovn.org/v1
                kind: EgressIP
                metadata:
                  name: egress-prod-web
                  annotations:
                    ovn-egress.io/egress-node-selector: '{"matchLabels":{"network-role":"egress-gateway"}}'
                spec:
                  egressIPs: [10.10.0.8]
                  namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: prod}}
                  podSelector: {matchLabels: {app: web}}
                """));
        assertThat(objects(converted, "EgressIP").get(1).path("spec")).isEqualTo(yaml("""
                egressIPs: [10.10.0.11]
                namespaceSelector: {}
                podSelector: {matchLabels: {app: web}}
                """));
    }

    @Test
    void anAddressThatOnlyAntreaKnowsIsSaid() {
        assertThat(said(convert("antrea.yaml"), Verdict.Lost))
                .contains("Egress of-a-pool: the address that pool prod-external-ip-pool gave it", "bandwidth");
    }
}
