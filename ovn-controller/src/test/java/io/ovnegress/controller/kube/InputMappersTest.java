package io.ovnegress.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeList;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.ovnegress.reconciler.input.AddressClaim;
import io.ovnegress.reconciler.input.AddressClaim.Kind;
import io.ovnegress.reconciler.input.EgressCapacity;
import io.ovnegress.reconciler.input.EgressLimits;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InputMappersTest {
    private static final KubernetesSerialization SERIALIZATION = new KubernetesSerialization();

    private final InputMappers mappers = new InputMappers();

    @Test
    void podIsReadWithItsAddressesOnTheDefaultNetwork() {
        var pod = SERIALIZATION.unmarshal("""
                {"apiVersion": "v1", "kind": "Pod",
                 "metadata": {"namespace": "simpson", "name": "homer", "creationTimestamp": "2026-03-01T10:00:00Z",
                   "labels": {"app": "homer"},
                   "annotations": {"k8s.ovn.org/pod-networks":
                     "{\\"default\\":{\\"ip_addresses\\":[\\"10.128.0.15/23\\",\\"FD01::00f/64\\"],\\"ip_address\\":\\"10.128.0.15/23\\"},\\"blue/net\\":{\\"ip_addresses\\":[\\"10.9.9.9/24\\"]}}"}},
                 "spec": {"nodeName": "node1"},
                 "status": {"phase": "Running", "podIPs": [{"ip": "10.128.0.15"}, {"ip": "fd01::f"}], "brandNewField": [1]}}
                """, Pod.class);

        assertThat(mappers.pod(pod))
                .isEqualTo(new PodInput(
                        new PodName("simpson", "homer"),
                        Instant.parse("2026-03-01T10:00:00Z"),
                        Map.of("app", "homer"),
                        "node1",
                        addresses("10.128.0.15", "fd01::f"),
                        false,
                        false));
    }

    @Test
    void olderAnnotationWithOneAddressIsRead() {
        var pod = new PodBuilder(podWithNetworks("{\"default\":{\"ip_address\":\"10.128.0.15/23\"}}"))
                .withStatus(null)
                .build();

        assertThat(mappers.pod(pod).ips()).isEqualTo(addresses("10.128.0.15"));
        assertThat(mappers.pod(pod).claim()).isEqualTo(Kind.ANNOTATION_ONLY);
    }

    @Test
    void annotationThatSaysOtherThanTheStatusIsNotTakenForAnything() {
        var pod = mappers.pod(podWithNetworks("{\"default\":{\"ip_address\":\"10.128.0.15/23\"}}"));

        assertThat(pod.ips()).isEmpty();
        assertThat(pod.claim()).isEqualTo(Kind.DISAGREED);
    }

    @Test
    void annotationOfTooManyCharactersIsNotRead() {
        var addresses = "{\"default\":{\"ip_addresses\":[\"10.128.0.99/23\",\"fd01::99/64\"]}}";
        var asLongAsMayBe = addresses + " ".repeat(AddressClaim.LONGEST_ANNOTATION - addresses.length());

        assertThat(mappers.pod(podWithNetworks(asLongAsMayBe)).claim()).isEqualTo(Kind.AGREED);
        assertThat(mappers.pod(podWithNetworks(asLongAsMayBe + " ")).claim()).isEqualTo(Kind.TOO_LONG);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "no JSON {",
                "[]",
                "null",
                "7",
                "{}",
                "{\"default\":null}",
                "{\"default\":[\"10.128.0.15/23\"]}",
                "{\"default\":{\"ip_addresses\":{\"a\":1}}}",
                "{\"default\":{\"ip_addresses\":[null,7,\"\",\"/\"],\"ip_address\":12}}",
                "{\"default\":{\"ip_addresses\":[\"10.128.0/23\",\"homer\"]}}",
                "{\"blue/net\":{\"ip_addresses\":[\"10.9.9.9/24\"]}}"
            })
    void malformedAnnotationLeavesTheStatusAlone(String annotation) {
        var pod = mappers.pod(podWithNetworks(annotation));

        assertThat(pod.ips()).isEqualTo(addresses("10.128.0.99", "fd01::99"));
        assertThat(pod.claim()).isEqualTo(Kind.STATUS_ONLY);
    }

    @Test
    void statusOfNothingIsPassedOver() {
        var pod = new PodBuilder(podWithNetworks("{\"default\":{\"ip_address\":\"10.128.0.15/23\"}}"))
                .editStatus()
                .withPodIP(null)
                .withPodIPs(new PodIP(null), null)
                .endStatus()
                .build();

        assertThat(mappers.pod(pod).claim()).isEqualTo(Kind.ANNOTATION_ONLY);
    }

    @Test
    void podWithOnlyTheSingleStatusAddressHasThat() {
        var pod = new PodBuilder(podWithNetworks("{}"))
                .editStatus()
                .withPodIPs()
                .withPodIP("10.128.0.98")
                .endStatus()
                .build();

        assertThat(mappers.pod(pod).ips()).isEqualTo(addresses("10.128.0.98"));
    }

    @Test
    void podOfNothingIsARecordOfNothing() {
        assertThat(mappers.pod(new Pod()))
                .isEqualTo(new PodInput(new PodName("", ""), Instant.EPOCH, Map.of(), "", List.of(), false, false));
    }

    @Test
    void podsInTheHostNetworkAndFinishedPodsAreToldApart() {
        var host = new PodBuilder()
                .withNewMetadata()
                .endMetadata()
                .withNewSpec()
                .withHostNetwork(true)
                .endSpec();

        assertThat(mappers.pod(host.build()).hostNetwork()).isTrue();
        assertThat(Stream.of("Succeeded", "Failed", "Running", "Pending", "Unknown")
                        .filter(phase -> mappers.pod(host.withNewStatus()
                                        .withPhase(phase)
                                        .endStatus()
                                        .build())
                                .finished()))
                .containsExactly("Succeeded", "Failed");
    }

    @Test
    void labelsWithoutValueHaveTheEmptyValue() {
        var namespace = SERIALIZATION.unmarshal(
                "{\"kind\":\"Namespace\",\"metadata\":{\"name\":\"simpson\",\"labels\":{\"house\":null,\"a\":\"b\"}}}",
                Namespace.class);

        assertThat(mappers.namespace(namespace))
                .isEqualTo(new NamespaceInput("simpson", Map.of("house", "", "a", "b")));
    }

    @Test
    void equalLabelMapsAndNodeNamesAreSharedBetweenPods() {
        var one = mappers.pod(podOfReplica("a"));
        var two = mappers.pod(podOfReplica("b"));

        assertThat(two.labels()).isSameAs(one.labels());
        assertThat(two.node()).isSameAs(one.node());
        assertThat(two.name().namespace()).isSameAs(one.name().namespace());
    }

    @Test
    void internerStaysCorrectWhenValuesDisplaceEachOther() {
        var interner = new Interner<String>(2);

        assertThat(Stream.of("a", "b", "c", "d", "a", "b").map(interner::intern))
                .containsExactly("a", "b", "c", "d", "a", "b");
    }

    @Test
    void nodesOfARealClusterAreReadWhole() {
        var nodes =
                SERIALIZATION.unmarshal(InputMappersTest.class.getResourceAsStream("/kube/nodes.json"), NodeList.class);

        assertThat(nodes.getItems().stream()
                        .map(mappers::node)
                        .map(node -> node.edit().labels(Map.of()).build()))
                .containsExactly(
                        NodeInput.named("node1")
                                .egressNetworks(networks("192.168.126.11/24"))
                                .addresses(Set.copyOf(addresses("192.168.126.11")))
                                .gatewayAddresses(addresses("192.168.126.11"))
                                .probeAddresses(addresses("10.128.0.2"))
                                .podSubnets(networks("10.128.0.0/23"))
                                .nextHops(Set.copyOf(addresses("192.168.126.1")))
                                .build(),
                        NodeInput.named("node10")
                                .egressNetworks(networks("192.168.126.20/24"))
                                .addresses(Set.copyOf(addresses("192.168.126.20")))
                                .gatewayAddresses(addresses("192.168.126.20"))
                                .probeAddresses(addresses("10.128.18.2"))
                                .podSubnets(networks("10.128.18.0/23"))
                                .nextHops(Set.copyOf(addresses("192.168.126.1")))
                                .build());
    }

    @Test
    void dualStackNodeIsReadWithAddressesFromEverySource() {
        var node = node(Map.of(
                        NodeReader.PRIMARY_IFADDR, "{\"ipv4\":\"192.168.126.12/24\",\"ipv6\":\"fc00::12/64\"}",
                        NodeReader.HOST_CIDRS, "[\"192.168.126.12/24\",\"10.10.10.4/24\"]",
                        NodeReader.HOST_ADDRESSES, "[\"10.10.10.5\"]",
                        NodeReader.L3_GATEWAY_CONFIG,
                                "{\"default\":{\"ip-addresses\":[\"192.168.126.13/24\",\"fc00::13/64\"],\"ip-address\":\"192.168.126.14/24\"}}"))
                .editMetadata()
                .addToLabels(NodeInput.EGRESS_ASSIGNABLE, "")
                .endMetadata()
                .withNewStatus()
                .addNewAddress("172.16.0.1", "InternalIP")
                .addNewAddress("203.0.113.1", "ExternalIP")
                .addNewAddress("node2.example", "InternalDNS")
                .addNewAddress("198.51.100.1", "Hostname")
                .addNewCondition()
                .withType("Ready")
                .withStatus("Unknown")
                .endCondition()
                .endStatus()
                .build();

        assertThat(mappers.node(node))
                .isEqualTo(NodeInput.named("node2")
                        .egressAssignable(true)
                        .ready(false)
                        .egressNetworks(networks("192.168.126.12/24", "fc00::12/64"))
                        .addresses(Set.copyOf(addresses(
                                "192.168.126.12",
                                "fc00::12",
                                "10.10.10.4",
                                "10.10.10.5",
                                "192.168.126.13",
                                "fc00::13",
                                "192.168.126.14",
                                "172.16.0.1")))
                        .publicAddresses(Set.copyOf(addresses("203.0.113.1")))
                        .gatewayAddresses(addresses("192.168.126.13", "fc00::13"))
                        .probeAddresses(addresses("172.16.0.1"))
                        .build());
    }

    @Test
    void blankMemberOfThePrimaryAddressIsSkipped() {
        var node = node(Map.of(NodeReader.PRIMARY_IFADDR, "{\"ipv4\":\"192.168.126.12/24\",\"ipv6\":\"\"}"));

        assertThat(mappers.node(node.build()).egressNetworks()).isEqualTo(networks("192.168.126.12/24"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "7",
                "{\"ipv4\":7}",
                "{\"ipv4\":\"192.168.126.12\"}",
                "{\"ipv4\":\"\",\"ipv6\":\"\"}"
            })
    void withoutAPrimaryAddressTheHostCidrsCanHostEgressIps(String primary) {
        var node = node(Map.of(
                NodeReader.PRIMARY_IFADDR,
                primary,
                NodeReader.HOST_CIDRS,
                "[\"192.168.126.12/24\", 7, null, \"garbage\", \"10.0.0.1/33\"]"));

        assertThat(mappers.node(node.build()).egressNetworks()).isEqualTo(networks("192.168.126.12/24"));
    }

    @Test
    void olderGatewayConfigWithOneAddressIsRead() {
        var node = node(Map.of(NodeReader.L3_GATEWAY_CONFIG, "{\"default\":{\"ip-address\":\"192.168.126.14/24\"}}"));

        assertThat(mappers.node(node.build()).gatewayAddresses()).isEqualTo(addresses("192.168.126.14"));
    }

    @Test
    void defaultGatewaysAreReadInBothOfTheirForms() {
        var node = node(
                Map.of(
                        NodeReader.L3_GATEWAY_CONFIG,
                        "{\"default\":{\"next-hops\":[\"192.168.126.1\",\"fd00::1\",7,\"x\"],\"next-hop\":\"192.168.126.2\"}}"));

        assertThat(mappers.node(node.build()).nextHops())
                .isEqualTo(Set.copyOf(addresses("192.168.126.1", "192.168.126.2", "fd00::1")));
    }

    @Test
    void whichEgressIpsANodeMayServeIsReadFromItsAnnotations() {
        var limits = mappers.node(node(Map.of(
                                "ovn-egress.io/egress-ips", "192.168.126.100, fd00::64",
                                "ovn-egress.io/egress-cidrs", "192.168.126.0/25",
                                "ovn-egress.io/egress-capacity", " 4",
                                "cloud.network.openshift.io/egress-ipconfig",
                                        "[{\"interface\":\"eni-0\",\"ifaddr\":{\"ipv4\":\"10.0.128.0/18\"},\"capacity\":{\"ipv4\":14,\"ipv6\":15}}]"))
                        .build())
                .limits();

        assertThat(limits)
                .isEqualTo(new EgressLimits(
                        Set.copyOf(addresses("192.168.126.100", "fd00::64")),
                        Optional.of(networks("192.168.126.0/25")),
                        new EgressCapacity(OptionalInt.of(4), OptionalInt.of(14), OptionalInt.of(15)),
                        List.of()));
        assertThat(mappers.node(node(Map.of(
                                        "cloud.network.openshift.io/egress-ipconfig", "[{\"capacity\":{\"ip\":10}}]"))
                                .build())
                        .limits()
                        .capacity())
                .isEqualTo(EgressCapacity.of(10));
    }

    @Test
    void whatCannotBeReadOfTheLimitsOfANodeMakesItServeLessAndIsTold() {
        var limits = mappers.node(node(Map.of(
                                "ovn-egress.io/egress-ips", "192.168.126.100,homer",
                                "ovn-egress.io/egress-cidrs", "192.168.126.0/33",
                                "ovn-egress.io/egress-capacity", "four",
                                "cloud.network.openshift.io/egress-ipconfig", "{"))
                        .build())
                .limits();

        assertThat(limits.pinned()).containsExactlyElementsOf(addresses("192.168.126.100"));
        assertThat(limits.ranges()).contains(List.of());
        assertThat(limits.capacity()).isEqualTo(EgressCapacity.of(0));
        assertThat(limits.errors())
                .containsExactly(
                        "annotation ovn-egress.io/egress-ips: \"homer\" is not an IP address, and is left out",
                        "annotation ovn-egress.io/egress-cidrs: \"192.168.126.0/33\" is not a network such as"
                                + " 192.168.126.0/25, and is left out",
                        "annotation ovn-egress.io/egress-capacity: \"four\" is not a number, and the node takes no more"
                                + " egress IPs",
                        "annotation cloud.network.openshift.io/egress-ipconfig has no capacity that can be read, and"
                                + " limits nothing");
    }

    @Test
    void labelsOfANodeAreRead() {
        var node = node(Map.of())
                .editMetadata()
                .addToLabels("pool", "egress")
                .endMetadata()
                .build();

        assertThat(mappers.node(node).labels()).containsExactly(Map.entry("pool", "egress"));
        assertThat(mappers.node(node).egressAssignable()).isFalse();
    }

    @Test
    void malformedAnnotationsOfANodeDoNotHideTheOthers() {
        var node = node(Map.of(
                        NodeReader.PRIMARY_IFADDR, "{{{",
                        NodeReader.HOST_CIDRS, "\"192.168.126.12/24",
                        NodeReader.HOST_ADDRESSES, "{\"a\":\"b\"}",
                        NodeReader.L3_GATEWAY_CONFIG, "{\"default\":{\"ip-addresses\":\"192.168.126.13/24\"}}"))
                .withNewStatus()
                .addNewAddress("172.16.0.1", "InternalIP")
                .addNewAddress(null, "InternalIP")
                .addNewAddress("172.16.0.2", null)
                .endStatus()
                .build();

        assertThat(mappers.node(node))
                .isEqualTo(NodeInput.named("node2")
                        .ready(false)
                        .addresses(Set.copyOf(addresses("192.168.126.13", "172.16.0.1")))
                        .gatewayAddresses(addresses("192.168.126.13"))
                        .probeAddresses(addresses("172.16.0.1"))
                        .build());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'default':'10.128.4.0/23'} | 10.128.4.0/23",
                "{'default':['10.128.4.0/23','fd01:0:0:3::/64']} | 10.128.4.0/23,fd01:0:0:3::/64",
                "{'default':['10.128.4.0/23'],'blue':['192.168.0.0/24']} | 10.128.4.0/23",
                "{'default':['10.128.4.0/23','10.128.5.0','x',7]} | 10.128.4.0/23",
                "{'blue':['192.168.0.0/24']} | ",
                "{'default':{}} | ",
                "not json | ",
            })
    void subnetsOfANodesPodsAreThoseOfTheDefaultNetwork(String annotation, String expected) {
        var node = node(Map.of(NodeReader.NODE_SUBNETS, annotation.replace('\'', '"')));

        assertThat(mappers.node(node.build()).podSubnets())
                .isEqualTo(expected == null ? List.of() : networks(expected.split(",")));
    }

    @Test
    void nodeIsProbedAtItsManagementPorts() {
        var both = node(Map.of(NodeReader.NODE_SUBNETS, "{\"default\":[\"10.128.4.0/23\",\"fd01:0:0:3::/64\"]}"))
                .withNewStatus()
                .addNewAddress("192.168.126.12", "InternalIP")
                .endStatus();
        var older = node(Map.of(NodeReader.NODE_SUBNETS, "{\"default\":\"10.128.4.0/23\"}"));

        assertThat(mappers.node(both.build()).probeAddresses()).isEqualTo(addresses("10.128.4.2", "fd01:0:0:3::2"));
        assertThat(mappers.node(older.build()).probeAddresses()).isEqualTo(addresses("10.128.4.2"));
    }

    @Test
    void nodeWithoutManagementPortsIsProbedAtItsInternalAddresses() {
        var node = node(Map.of(NodeReader.NODE_SUBNETS, "{\"default\":[\"10.128.4.0\"]}"))
                .withNewStatus()
                .addNewAddress("192.168.126.12", "InternalIP")
                .addNewAddress("203.0.113.1", "ExternalIP")
                .endStatus();

        assertThat(mappers.node(node.build()).probeAddresses()).isEqualTo(addresses("192.168.126.12"));
    }

    @Test
    void onlyACordonedNodeWithTheAnnotationIsDrained() {
        var annotated = Map.of(Annotations.DRAIN, "true");

        assertThat(mappers.node(cordoned(node(annotated))).draining()).isTrue();
        assertThat(mappers.node(node(annotated).build()).draining()).isFalse();
        assertThat(mappers.node(cordoned(node(Map.of()))).draining()).isFalse();
        assertThat(mappers.node(cordoned(node(Map.of(Annotations.DRAIN, "no")))).draining())
                .isFalse();
    }

    @Test
    void withTheFlagEveryCordonedNodeIsDrained() {
        var drains = new InputMappers(true);

        assertThat(drains.node(cordoned(node(Map.of()))).draining()).isTrue();
        assertThat(drains.node(node(Map.of()).build()).draining()).isFalse();
    }

    private static Node cordoned(NodeBuilder node) {
        return node.withNewSpec().withUnschedulable(true).endSpec().build();
    }

    @Test
    void nodeOfNothingIsARecordOfNothing() {
        assertThat(mappers.node(new Node()))
                .isEqualTo(NodeInput.named("").ready(false).build());
    }

    @Test
    void namespaceOfNothingIsARecordOfNothing() {
        assertThat(mappers.namespace(new NamespaceBuilder().build())).isEqualTo(new NamespaceInput("", Map.of()));
    }

    private static Pod podWithNetworks(String annotation) {
        return new PodBuilder()
                .withNewMetadata()
                .withName("homer")
                .addToAnnotations(InputMappers.POD_NETWORKS, annotation)
                .endMetadata()
                .withNewStatus()
                .withPodIP("10.128.0.99")
                .addNewPodIP("10.128.0.99")
                .addNewPodIP("fd01:0::99")
                .endStatus()
                .build();
    }

    private static Pod podOfReplica(String name) {
        return SERIALIZATION.unmarshal("""
                {"kind": "Pod", "metadata": {"namespace": "simpson", "name": "%s", "labels": {"app": "web", "v": "1"}},
                 "spec": {"nodeName": "node1"}}
                """.formatted(name), Pod.class);
    }

    private static NodeBuilder node(Map<String, String> annotations) {
        return new NodeBuilder()
                .withNewMetadata()
                .withName("node2")
                .withAnnotations(annotations)
                .endMetadata();
    }

    private static List<IpAddress> addresses(String... texts) {
        return Stream.of(texts).map(text -> IpAddress.parse(text).orElseThrow()).toList();
    }

    private static List<IpNetwork> networks(String... texts) {
        return Stream.of(texts).map(text -> IpNetwork.parse(text).orElseThrow()).toList();
    }
}
