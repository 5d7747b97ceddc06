package io.ovnegress.controller.convert;

import static io.ovnegress.controller.convert.ConversionFixture.convert;
import static io.ovnegress.controller.convert.ConversionFixture.convertText;
import static io.ovnegress.controller.convert.ConversionFixture.objects;
import static io.ovnegress.controller.convert.ConversionFixture.only;
import static io.ovnegress.controller.convert.ConversionFixture.said;
import static io.ovnegress.controller.convert.ConversionFixture.yaml;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
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

        assertThat(objects(converted, "EgressIP")).hasSize(3);
        assertThat(said(converted, Verdict.Lost))
                .contains("partner: 1 more selectors", "of-an-interface: it names no egressIP")
                .doesNotContain("CIDRs", "203.0.113");
    }

    @Test
    void ciliumsDestinationsAreThoseOfTheEgressIp() {
        var converted = convert("cilium.yaml");

        var partner = objects(converted, "EgressIP").get(1);
        assertThat(partner.at("/metadata/annotations")).isEqualTo(yaml("""
                ovn-egress.io/egress-node-selector: '{"matchLabels":{"egress":"true"}}'
                ovn-egress.io/destinations: 203.0.113.0/24,198.51.100.0/24
                ovn-egress.io/excluded-destinations: 203.0.113.7/32
                ovn-egress.io/form: Router
                """));
        assertThat(said(converted, Verdict.Same))
                .contains(
                        "partner: only what they send to 203.0.113.0/24, 198.51.100.0/24 has the address",
                        "partner: what they send to 203.0.113.7/32 leaves as without it");
        assertThat(objects(converted, "EgressIP").get(2).at("/metadata/annotations"))
                .as("one that is for all but some")
                .isEqualTo(yaml("""
                        ovn-egress.io/excluded-destinations: 198.51.100.9/32
                        ovn-egress.io/form: Router
                        """));
        assertThat(objects(converted, "EgressIP").getFirst().toString())
                .as("one that is for all")
                .doesNotContain("destinations", "Router");
    }

    /** It would be for all. */
    @Test
    void nothingIsMadeOfAPolicyForWhatIsNoNetwork() {
        var converted = convertText("""
                apiVersion: cilium.io/v2
                kind: CiliumEgressGatewayPolicy
                metadata: {name: odd}
                spec:
                  selectors: [{podSelector: {}}]
                  destinationCIDRs: [partner]
                  egressGateway: {egressIP: 10.0.0.9}
                """);

        assertThat(converted.objects()).isEmpty();
        assertThat(said(converted, Verdict.Lost)).contains("odd: partner is no network");
    }

    @Test
    void antreasBandwidthIsThatOfTheEgressIp() {
        assertThat(limited("{rate: 500k, burst: 500k}")).isEqualTo(yaml("{rateKbps: 500, burstKb: 500}"));
        assertThat(limited("{rate: 1Gi, burst: 10}")).as("a burst of no packet").isEqualTo(yaml("{rateKbps: 1073741}"));
        for (var wrong : List.of("{rate: 999}", "{rate: fast}", "{rate: 9E}", "{rate: -1k}", "{rate: [1k]}", "{}")) {
            var converted = antrea(wrong);
            assertThat(only(converted, "EgressIP").at("/metadata/annotations").isEmpty())
                    .as(wrong)
                    .isTrue();
            assertThat(said(converted, Verdict.Lost)).as(wrong).contains("is not limited");
        }
    }

    private static JsonNode limited(String bandwidth) {
        return yaml(only(antrea(bandwidth), "EgressIP")
                .at("/metadata/annotations/ovn-egress.io~1bandwidth")
                .asText());
    }

    private static Converted antrea(String bandwidth) {
        return convertText("""
                apiVersion: crd.antrea.io/v1beta1
                kind: Egress
                metadata: {name: limited}
                spec:
                  appliedTo: {namespaceSelector: {}}
                  egressIP: 10.10.0.8
                  bandwidth: %s
                """.formatted(bandwidth));
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
                    ovn-egress.io/bandwidth: '{"rateKbps":800000,"burstKb":2000000}'
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
                .contains("Egress of-a-pool: the address that pool prod-external-ip-pool gave it")
                .doesNotContain("bandwidth");
        assertThat(said(convert("antrea.yaml"), Verdict.Same))
                .contains("egress-prod-web: what leaves as its address is limited to 800000 kbit/s");
    }
}
