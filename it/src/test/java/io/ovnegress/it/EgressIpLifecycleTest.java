package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.container.OvnProvider;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.kube.KubernetesObjects;
import io.ovnegress.it.harness.northbound.EgressServices.Service;
import io.ovnegress.it.harness.northbound.NorthboundReader.Nat;
import io.ovnegress.it.harness.northbound.NorthboundReader.Policy;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Which pods are served, and that the rows follow every change of objects, namespaces and pods. */
@Tag(OvnProvider.TAG)
class EgressIpLifecycleTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1", "worker-2");
    private static final String IP = "192.168.126.100";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");

    @RegisterExtension
    static final ClusterExtension CONTROLLER = ClusterExtension.of(TOPOLOGY);

    private static ClusterPod pod(String name, String node, int number) {
        return Topology.pod("simpson", name, Map.of("app", name), TOPOLOGY.node(node), number);
    }

    private static Service served(ClusterPod pod) {
        return Service.of(pod, IP, TOPOLOGY.node("worker-0"));
    }

    /** worker-0 may carry egress IPs; homer runs there, marge elsewhere. */
    private static void simpsons(LiveCluster cluster) {
        cluster.label("worker-0");
        cluster.namespace("simpson", SIMPSON);
        cluster.run(HOMER);
        cluster.run(MARGE);
    }

    private static final ClusterPod HOMER = pod("homer", "worker-0", 0);
    private static final ClusterPod MARGE = pod("marge", "worker-1", 0);

    @Test
    void anObjectServesThePodsOfItsNamespacesAndItsDeletionLeavesNothing(LiveCluster cluster) {
        simpsons(cluster);
        cluster.namespace("bouvier", Map.of("house", "bouvier"));
        cluster.run(Topology.pod("bouvier", "patty", Map.of(), TOPOLOGY.node("worker-2"), 0));

        cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
        cluster.awaitServices(served(HOMER), served(MARGE));
        cluster.awaitItems("egressip-demo", new Item("worker-0", IP));

        cluster.deleteEgressIp("egressip-demo");
        cluster.awaitServices();
    }

    @Test
    void rowsHaveEveryValueThatOvnKubernetesGivesThem(LiveCluster cluster) {
        simpsons(cluster);
        cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
        cluster.awaitServices(served(HOMER), served(MARGE));

        var rows = cluster.rows();
        var reroute = rows.reroutes().stream()
                .filter(policy -> policy.match().endsWith(HOMER.ip()))
                .findFirst()
                .orElseThrow();
        assertThat(reroute.router()).isEqualTo("ovn_cluster_router");
        assertThat(reroute.match()).isEqualTo("ip4.src == 10.128.0.5");
        assertThat(reroute.action()).isEqualTo("reroute");
        assertThat(reroute.nexthops()).containsExactly("100.64.0.2");
        assertThat(reroute.options()).isEmpty();

        var nat = rows.egressNats().stream()
                .filter(row -> row.logicalIp().equals(HOMER.ip()))
                .findFirst()
                .orElseThrow();
        assertThat(nat.router()).isEqualTo("GR_worker-0");
        assertThat(nat.externalIp()).isEqualTo(IP);
        assertThat(nat.logicalPort()).isEqualTo("k8s-worker-0");
        assertThat(nat.options()).containsExactly(Map.entry("stateless", "false"));

        for (var ids : List.of(reroute.externalIds(), nat.externalIds())) {
            assertThat(ids)
                    .containsEntry("k8s.ovn.org/owner-controller", "ovn-egress")
                    .containsEntry("ovn-egress.io/owner", "EgressIP/egressip-demo")
                    .containsKey("ovn-egress.io/id")
                    .doesNotContainKey("name");
        }
        assertThat(ownIds(cluster)).doesNotHaveDuplicates().hasSizeGreaterThanOrEqualTo(4);
    }

    /** OVN 23.03 may not. */
    private static boolean mayMarkInQos(LiveCluster cluster) {
        var northbound = cluster.central().northbound();
        try {
            return new ObjectMapper()
                    .readTree(northbound.client("get-schema", northbound.database()))
                    .at("/tables/QoS/columns/action")
                    .toString()
                    .contains("\"mark\"");
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void clusterTrafficIsExemptByRowsOfTheFeature(LiveCluster cluster) {
        simpsons(cluster);
        cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
        cluster.awaitServices(served(HOMER), served(MARGE));
        CONTROLLER.controller().awaitIdle();

        var exempt = cluster.rows().policies().stream()
                .filter(policy -> policy.priority() == 102)
                .toList();
        assertThat(exempt).allMatch(policy -> policy.action().equals("allow"));
        assertThat(exempt)
                .extracting(Policy::match)
                .contains(
                        "ip4.src == 10.128.0.0/14 && ip4.dst == 10.128.0.0/14",
                        "ip4.src == 10.128.0.0/14 && ip4.dst == 100.64.0.0/16",
                        "pkt.mark == 42");
        var toNodes = exempt.stream()
                .filter(policy -> policy.options().containsKey("pkt_mark"))
                .toList();
        assertThat(!cluster.rows().qos().isEmpty())
                .as("QoS rows mark replies where the schema has that")
                .isEqualTo(mayMarkInQos(cluster));
        assertThat(toNodes).singleElement().satisfies(policy -> {
            assertThat(policy.options()).containsEntry("pkt_mark", "1008");
            assertThat(policy.match()).contains("$ovn_egress_served_pods_v4", "$ovn_egress_node_ips_v4");
        });
        await("address sets").untilAsserted(() -> {
            var rows = cluster.rows();
            assertThat(rows.addressSet("ovn_egress_served_pods_v4")
                            .orElseThrow()
                            .addresses())
                    .containsExactlyInAnyOrder(HOMER.ip(), MARGE.ip());
            assertThat(rows.addressSet("ovn_egress_node_ips_v4").orElseThrow().addresses())
                    .containsExactlyInAnyOrder("192.168.126.51", "192.168.126.52", "192.168.126.53");
        });
    }

    @Test
    void podLabelsSelectAndDeselect(LiveCluster cluster) {
        simpsons(cluster);
        cluster.apply(EgressIps.of(
                "egressip-demo", Map.of("matchLabels", SIMPSON), Map.of("matchLabels", Map.of("app", "homer")), IP));
        cluster.awaitServices(served(HOMER));

        cluster.update(MARGE.withLabels(Map.of("app", "homer")));
        cluster.awaitServices(served(HOMER), served(MARGE));

        cluster.update(HOMER.withLabels(Map.of()));
        cluster.awaitServices(served(MARGE));
    }

    @Test
    void namespaceLabelsSelectAndDeselect(LiveCluster cluster) {
        simpsons(cluster);
        cluster.apply(EgressIps.of("egressip-demo", Map.of("house", "flanders"), IP));
        cluster.awaitItems("egressip-demo", new Item("worker-0", IP));
        cluster.awaitServices();

        cluster.labelNamespace("simpson", Map.of("house", "flanders"));
        cluster.awaitServices(served(HOMER), served(MARGE));

        cluster.labelNamespace("simpson", Map.of());
        cluster.awaitServices();
    }

    @Test
    void allFourOperatorsOfMatchExpressionsCount(LiveCluster cluster) {
        simpsons(cluster);
        var bart = cluster.run(pod("bart", "worker-2", 0).withLabels(Map.of("age", "10")));
        var lisa = cluster.run(pod("lisa", "worker-2", 1).withLabels(Map.of("age", "8", "plays", "saxophone")));
        Map<String, Object> namespaces = Map.of(
                "matchExpressions",
                List.of(Map.of("key", "house", "operator", "In", "values", List.of("simpson", "x"))));

        cluster.apply(EgressIps.of(
                "egressip-demo",
                namespaces,
                Map.of("matchExpressions", List.of(Map.of("key", "age", "operator", "Exists"))),
                IP));
        cluster.awaitServices(served(bart), served(lisa));

        cluster.replaceSpec(EgressIps.of(
                "egressip-demo",
                namespaces,
                Map.of("matchExpressions", List.of(Map.of("key", "age", "operator", "DoesNotExist"))),
                IP));
        cluster.awaitServices(served(HOMER), served(MARGE));

        cluster.replaceSpec(EgressIps.of(
                "egressip-demo",
                namespaces,
                Map.of(
                        "matchExpressions",
                        List.of(Map.of("key", "app", "operator", "NotIn", "values", List.of("homer", "bart")))),
                IP));
        cluster.awaitServices(served(MARGE), served(bart), served(lisa));
    }

    @Test
    void podsOfTheHostNetworkAndUnscheduledOrFinishedOnesAreNotServed(LiveCluster cluster) {
        simpsons(cluster);
        var hosted = KubernetesObjects.pod(pod("hosted", "worker-1", 5));
        hosted.getSpec().setHostNetwork(true);
        cluster.create(hosted);
        var waiting = KubernetesObjects.pod(pod("waiting", "worker-1", 6));
        waiting.getSpec().setNodeName(null);
        cluster.create(waiting);
        var over = KubernetesObjects.pod(pod("over", "worker-1", 7));
        over.getStatus().setPhase("Succeeded");
        cluster.create(over);

        cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));

        cluster.awaitServices(served(HOMER), served(MARGE));
    }

    @Test
    void aPodThatFinishesIsServedNoLonger(LiveCluster cluster) {
        simpsons(cluster);
        cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
        cluster.awaitServices(served(HOMER), served(MARGE));

        cluster.finish(HOMER, "Succeeded");
        cluster.awaitServices(served(MARGE));
        cluster.finish(MARGE, "Failed");
        cluster.awaitServices();
    }

    @Test
    void aPodRecreatedUnderItsNameIsServedWithItsNewAddressOnly(LiveCluster cluster) {
        simpsons(cluster);
        cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
        cluster.awaitServices(served(HOMER), served(MARGE));

        cluster.delete(HOMER);
        var again = cluster.run(HOMER.withIps("10.128.0.77"));

        cluster.awaitServices(served(again), served(MARGE));
    }

    @Test
    void anAddressThatPassesToAPodWhichIsNotSelectedIsNotServed(LiveCluster cluster) {
        simpsons(cluster);
        cluster.namespace("bouvier", Map.of("house", "bouvier"));
        cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
        cluster.awaitServices(served(HOMER), served(MARGE));

        cluster.finish(HOMER, "Succeeded");
        cluster.run(Topology.pod("bouvier", "patty", Map.of(), TOPOLOGY.node("worker-0"), 0));

        cluster.awaitServices(served(MARGE));
    }

    @Test
    void thePortOfAPodCountsWhateverThePodSaysOfItself(LiveCluster cluster) {
        simpsons(cluster);
        cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
        cluster.awaitServices(served(HOMER), served(MARGE));

        cluster.update(KubernetesObjects.pod(MARGE.withIps(HOMER.ip())));
        var lisa = cluster.run(pod("lisa", "worker-1", 2)); // by now the controller has seen what is before

        cluster.awaitServices(served(HOMER), served(MARGE), served(lisa));
        await("what marge says of herself is refused").untilAsserted(() -> {
            assertThat(EgressIps.conditions(cluster.egressIp("egressip-demo")))
                    .containsEntry("AddressRefused", "True PodAddressRefused");
        });
    }

    @Test
    void aPodWithoutPortIsBelievedIfAnnotationAndStatusAgree(LiveCluster cluster) {
        simpsons(cluster);
        cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
        var bart = pod("bart", "worker-1", 1);
        var object = KubernetesObjects.pod(bart);
        object.getStatus().setPodIP("10.128.2.99");
        object.getStatus().setPodIPs(List.of(new io.fabric8.kubernetes.api.model.PodIP("10.128.2.99")));
        cluster.create(object);
        var plain = KubernetesObjects.pod(pod("maggie", "worker-1", 3));
        plain.getMetadata().getAnnotations().clear();
        cluster.create(plain);
        cluster.create(KubernetesObjects.pod(pod("abe", "worker-1", 4).withIps(HOMER.ip())));
        var lisa = pod("lisa", "worker-1", 2);
        cluster.create(KubernetesObjects.pod(lisa));

        cluster.awaitServices(served(HOMER), served(MARGE), served(lisa));

        cluster.northbound().addPods(List.of(bart));
        cluster.awaitServices(served(HOMER), served(MARGE), served(lisa), served(bart));
        cluster.northbound().removePods(List.of(bart));
    }

    @Test
    void aDeletedNamespaceIsServedNoLongerEvenIfItsPodsAreStillListed(LiveCluster cluster) {
        simpsons(cluster);
        cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
        cluster.awaitServices(served(HOMER), served(MARGE));

        cluster.deleteNamespace("simpson");

        cluster.awaitServices();
    }

    @Test
    void anotherEgressIpInTheSpecReplacesTheOldOne(LiveCluster cluster) {
        simpsons(cluster);
        cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
        cluster.awaitServices(served(HOMER), served(MARGE));

        cluster.replaceSpec(EgressIps.of("egressip-demo", SIMPSON, "192.168.126.101"));

        cluster.awaitServices(
                Service.of(HOMER, "192.168.126.101", TOPOLOGY.node("worker-0")),
                Service.of(MARGE, "192.168.126.101", TOPOLOGY.node("worker-0")));
        cluster.awaitItems("egressip-demo", new Item("worker-0", "192.168.126.101"));
    }

    @Test
    void anObjectWithoutNamespaceSelectorIsRefusedAndSaysSo(LiveCluster cluster) {
        simpsons(cluster);
        var object = EgressIps.of("egressip-demo", SIMPSON, IP);
        object.getAdditionalProperties().put("spec", Map.of("egressIPs", List.of(IP)));
        if (!cluster.api().isEmbedded()) {
            assertThatThrownBy(() -> cluster.apply(object))
                    .hasMessageContaining("spec.namespaceSelector: Required value");
            return;
        }
        cluster.apply(object);

        await("condition")
                .untilAsserted(() -> assertThat(EgressIps.conditions(cluster.egressIp("egressip-demo")))
                        .containsEntry("Assigned", "False InvalidSelector"));
        assertThat(cluster.services()).isEmpty();
    }

    @Test
    void theOlderOfTwoObjectsServesAndTheOtherTakesOverInTheSameTransaction(LiveCluster cluster) {
        simpsons(cluster);
        cluster.apply(EgressIps.of("older", SIMPSON, IP));
        cluster.awaitServices(served(HOMER), served(MARGE));
        cluster.apply(EgressIps.of("standby", SIMPSON, "192.168.126.101"));
        await("standby says so")
                .untilAsserted(() -> assertThat(EgressIps.conditions(cluster.egressIp("standby")))
                        .containsEntry("Standby", "True ServedByAnotherObject"));
        cluster.awaitServices(served(HOMER), served(MARGE));

        int before = cluster.transactions().size();
        cluster.deleteEgressIp("older");

        var next = TOPOLOGY.node("worker-0");
        cluster.awaitServices(Service.of(HOMER, "192.168.126.101", next), Service.of(MARGE, "192.168.126.101", next));
        assertThat(cluster.fewestReroutesSince(before)).isEqualTo(2);
        await("standby is over")
                .untilAsserted(() -> assertThat(EgressIps.conditions(cluster.egressIp("standby")))
                        .doesNotContainKey("Standby"));
    }

    @Test
    void theUsersObjectIsOnlyChangedInItsStatus(LiveCluster cluster) {
        simpsons(cluster);
        var mine = EgressIps.of("egressip-demo", SIMPSON, IP);
        mine.getMetadata().setLabels(Map.of("app.kubernetes.io/instance", "simpson-egressip"));
        cluster.apply(mine);
        cluster.awaitItems("egressip-demo", new Item("worker-0", IP));

        var found = cluster.egressIp("egressip-demo");
        assertThat(specOf(found))
                .as("an API server adds defaults, and nothing else does: the generation would be another")
                .containsAllEntriesOf(specOf(mine));
        assertThat(found.getMetadata().getLabels()).isEqualTo(mine.getMetadata().getLabels());
        assertThat(found.getMetadata().getAnnotations()).isNullOrEmpty();
        assertThat(found.getMetadata().getFinalizers()).isEmpty();
        assertThat(found.getMetadata().getGeneration()).isEqualTo(1);
        assertThat(EgressIps.conditions(found)).containsEntry("Assigned", "True Assigned");
    }

    @SuppressWarnings("unchecked") // as JSON has it
    private static Map<String, Object> specOf(GenericKubernetesResource object) {
        return (Map<String, Object>) object.getAdditionalProperties().get("spec");
    }

    private static List<String> ownIds(LiveCluster cluster) {
        var rows = cluster.rows();
        var ids = new java.util.ArrayList<String>();
        rows.policies().stream().map(Policy::externalIds).forEach(map -> addId(ids, map));
        rows.nats().stream().map(Nat::externalIds).forEach(map -> addId(ids, map));
        rows.addressSets().forEach(set -> addId(ids, set.externalIds()));
        return ids;
    }

    private static void addId(List<String> ids, Map<String, String> externalIds) {
        if (externalIds.containsKey("ovn-egress.io/id")) {
            ids.add(externalIds.get("ovn-egress.io/id"));
        }
    }

    @Test
    void rowsOfOthersAreNeverTouched(LiveCluster cluster) {
        var foreign = Set.of("ip4.src == 10.128.0.200", "ip4.src == 10.128.0.201 && ip4.dst == 8.8.8.8");
        cluster.central()
                .nbctl(
                        "lr-policy-add",
                        "ovn_cluster_router",
                        "501",
                        "ip4.src == 10.128.0.200",
                        "reroute",
                        "100.64.0.2");
        cluster.central()
                .nbctl(
                        "lr-policy-add",
                        "ovn_cluster_router",
                        "102",
                        "ip4.src == 10.128.0.201 && ip4.dst == 8.8.8.8",
                        "allow");
        cluster.central().nbctl("lr-nat-add", "GR_worker-0", "snat", "192.168.126.99", "10.128.0.202");
        simpsons(cluster);
        cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
        cluster.awaitServices(served(HOMER), served(MARGE));
        cluster.deleteEgressIp("egressip-demo");
        cluster.awaitServices();

        var matches = new HashSet<>(
                cluster.rows().policies().stream().map(Policy::match).toList());
        assertThat(matches).containsAll(foreign);
        assertThat(cluster.rows().nats()).anyMatch(nat -> nat.externalIp().equals("192.168.126.99"));

        cluster.central().nbctl("lr-policy-del", "ovn_cluster_router", "501");
        cluster.central()
                .nbctl("lr-policy-del", "ovn_cluster_router", "102", "ip4.src == 10.128.0.201 && ip4.dst == 8.8.8.8");
        cluster.central().nbctl("lr-nat-del", "GR_worker-0", "snat", "10.128.0.202");
    }
}
