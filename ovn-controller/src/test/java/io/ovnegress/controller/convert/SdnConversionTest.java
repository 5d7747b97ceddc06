package io.ovnegress.controller.convert;

import static io.ovnegress.controller.convert.ConversionFixture.convert;
import static io.ovnegress.controller.convert.ConversionFixture.convertText;
import static io.ovnegress.controller.convert.ConversionFixture.objects;
import static io.ovnegress.controller.convert.ConversionFixture.only;
import static io.ovnegress.controller.convert.ConversionFixture.said;
import static io.ovnegress.controller.convert.ConversionFixture.yaml;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** OpenShift SDN's egress IPs, firewalls and multicast. */
class SdnConversionTest {

    @Test
    void anAddressOfAProjectAndItsNodeAreWhatTheyWere() {
        var converted = convert("000-manual.yaml");

        assertThat(only(converted, "EgressIP")).isEqualTo(yaml("""
                apiVersion: k8s.ovn.org/v1
                kind: EgressIP
                metadata:
                  name: egress-test
                  annotations:
                    ovn-egress.io/on-unassigned: Drop
                spec:
                  egressIPs: [192.168.7.200]
                  namespaceSelector:
                    matchLabels:
                      kubernetes.io/metadata.name: egress-test
                """));
        assertThat(only(converted, "Node")).isEqualTo(yaml("""
                apiVersion: v1
                kind: Node
                metadata:
                  name: worker2.ocp4.rober.lab
                  labels:
                    k8s.ovn.org/egress-assignable: ""
                  annotations:
                    ovn-egress.io/egress-ips: 192.168.7.200
                """));
        assertThat(converted.hasLost()).isFalse();
        assertThat(said(converted, Verdict.Same))
                .contains("192.168.7.200/24: taken for the address without its length");
    }

    @Test
    void nodesOfTheManualModeServeAllThatTheyNamed() {
        var converted = convert("003-manual.yaml");

        assertThat(only(converted, "Node")
                        .at("/metadata/annotations/ovn-egress.io~1egress-ips")
                        .asText())
                .isEqualTo("192.168.1.100,192.168.1.101,192.168.1.102");
        assertThat(converted.hasLost()).isFalse();
    }

    @Test
    void nodesOfTheAutomaticModeTakeAddressesOfTheirNetworks() {
        var converted = convert("automatic.yaml");

        assertThat(objects(converted, "Node"))
                .extracting(node -> node.at("/metadata/annotations").toString())
                .containsExactly(
                        "{\"ovn-egress.io/egress-cidrs\":\"192.168.1.0/24\"}",
                        "{\"ovn-egress.io/egress-cidrs\":\"192.168.1.0/25,192.168.1.128/25\"}");
        assertThat(only(converted, "EgressIP").at("/spec/egressIPs")).hasSize(2);
        assertThat(said(converted, Verdict.Different)).contains("connections are dealt over all 2 addresses");
        assertThat(said(converted, Verdict.PassedOver))
                .contains("HostSubnet node3: it hosts no egress IPs", "SDN has written them itself");
    }

    @Test
    void anAddressThatNobodyHostedAndOneOfTwoProjectsAreSaid() {
        var converted = convertText("""
                {kind: NetNamespace, apiVersion: v1, metadata: {name: a}, netid: 1, egressIPs: [10.0.0.5]}
                ---
                {kind: NetNamespace, apiVersion: v1, metadata: {name: b}, netid: 2, egressIPs: [10.0.0.5, nonsense]}
                """);

        assertThat(objects(converted, "EgressIP")).hasSize(2);
        assertThat(said(converted, Verdict.Different))
                .contains(
                        "NetNamespace b: 10.0.0.5 is asked for by a too",
                        "NetNamespace a: 10.0.0.5 is in no HostSubnet");
        assertThat(said(converted, Verdict.Lost)).contains("\"nonsense\" is no address");
    }

    @Test
    void aFirewallKeepsItsRulesInTheirOrder() {
        var converted = convert("003-egressnetworkpolicy.json");

        assertThat(only(converted, "EgressFirewall")).isEqualTo(yaml("""
                apiVersion: k8s.ovn.org/v1
                kind: EgressFirewall
                metadata:
                  name: default
                spec:
                  egress:
                    - {type: Allow, to: {cidrSelector: 1.2.3.0/24}}
                    - {type: Allow, to: {dnsName: www.foo.com}}
                    - {type: Deny, to: {cidrSelector: 0.0.0.0/0}}
                """));
    }

    @Test
    void firewallsThatSdnIgnoredOrThatClosedEverythingDoSoAgain() {
        var converted = convertText("""
                {kind: NetNamespace, apiVersion: v1, metadata: {name: a}, netid: 1}
                ---
                {kind: NetNamespace, apiVersion: v1, metadata: {name: b}, netid: 1}
                ---
                {kind: NetNamespace, apiVersion: v1, metadata: {name: g}, netid: 0}
                ---
                {kind: EgressNetworkPolicy, apiVersion: v1, metadata: {name: x, namespace: a}, spec: {egress: []}}
                ---
                {kind: EgressNetworkPolicy, apiVersion: v1, metadata: {name: x, namespace: g}, spec: {egress: []}}
                ---
                {kind: EgressNetworkPolicy, apiVersion: v1, metadata: {name: x, namespace: d}, spec: {egress: []}}
                ---
                {kind: EgressNetworkPolicy, apiVersion: v1, metadata: {name: y, namespace: d}, spec: {egress: []}}
                """);

        assertThat(objects(converted, "EgressFirewall"))
                .extracting(firewall -> firewall.at("/metadata/namespace").asText() + " "
                        + firewall.at("/spec/egress/0/type").asText()
                        + firewall.at("/spec/egress/0/to/cidrSelector").asText())
                .containsExactlyInAnyOrder("a Deny0.0.0.0/0", "b Deny0.0.0.0/0", "d Deny0.0.0.0/0");
    }

    /** ovn-kubernetes obeys one that is called default, and no other. */
    @Test
    void joinedProjectsThatAllHaveFirewallsAreClosedByOneEach() {
        var converted = convertText("""
                {kind: NetNamespace, apiVersion: v1, metadata: {name: a}, netid: 1}
                ---
                {kind: NetNamespace, apiVersion: v1, metadata: {name: b}, netid: 1}
                ---
                {kind: EgressNetworkPolicy, apiVersion: v1, metadata: {name: x, namespace: a}, spec: {egress: []}}
                ---
                {kind: EgressNetworkPolicy, apiVersion: v1, metadata: {name: x, namespace: b}, spec: {egress: []}}
                ---
                {kind: EgressNetworkPolicy, apiVersion: v1, metadata: {name: y, namespace: b}, spec: {egress: []}}
                """);

        assertThat(objects(converted, "EgressFirewall"))
                .extracting(firewall -> firewall.at("/metadata/namespace").asText() + "/"
                        + firewall.at("/metadata/name").asText())
                .containsExactly("a/default", "b/default");
    }

    @Test
    void allAddressesWrittenAsOneAreAllAddresses() {
        var converted = convertText("""
                kind: EgressNetworkPolicy
                apiVersion: network.openshift.io/v1
                metadata: {name: x, namespace: a}
                spec: {egress: [{type: Deny, to: {cidrSelector: 0.0.0.0/32}}]}
                """);

        assertThat(only(converted, "EgressFirewall")
                        .at("/spec/egress/0/to/cidrSelector")
                        .asText())
                .isEqualTo("0.0.0.0/0");
    }

    @Test
    void multicastIsAnAnnotationOfTheNamespaceAndEndsThere() {
        var converted = convert("projects.yaml");

        assertThat(objects(converted, "Namespace"))
                .extracting(namespace -> namespace.path("metadata").toString())
                .containsExactly(
                        "{\"name\":\"c\",\"annotations\":{\"k8s.ovn.org/multicast-enabled\":\"true\"}}",
                        "{\"name\":\"d\",\"annotations\":{\"k8s.ovn.org/multicast-enabled\":\"true\"}}");
        assertThat(said(converted, Verdict.Lost))
                .contains("multicast between c and a, b")
                .doesNotContain("multicast between d");
    }

    @Test
    void whatIsNotKnownIsPassedOver() {
        var converted = convertText("{kind: Route, apiVersion: route.openshift.io/v1, metadata: {name: r}}");

        assertThat(converted.objects()).isEmpty();
        assertThat(converted.hasLost()).isFalse();
        assertThat(converted.report())
                .containsExactly(new ReportLine(
                        "Route r",
                        Verdict.PassedOver,
                        "kind \"Route\" of \"route.openshift.io/v1\" is none that is converted"));
    }
}
