package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Event;
import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.northbound.EgressServices.Service;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Which node serves an egress IP, what moves it, and what an IP that finds no node says. */
class PlacementFailoverTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1", "worker-2");
    private static final String IP = "192.168.126.100";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final ClusterPod HOMER = Topology.pod("simpson", "homer", Map.of(), TOPOLOGY.node("worker-0"), 0);

    @RegisterExtension
    static final ClusterExtension CONTROLLER = ClusterExtension.of(TOPOLOGY);

    private static Service from(String node) {
        return Service.of(HOMER, IP, TOPOLOGY.node(node));
    }

    private static void homer(LiveCluster cluster) {
        cluster.namespace("simpson", SIMPSON);
        cluster.run(HOMER);
    }

    @Test
    void anObjectWaitsForANodeAndSaysSo(LiveCluster cluster) {
        homer(cluster);
        cluster.apply(EgressIps.of("demo", SIMPSON, IP));
        awaitCondition(cluster, "demo", "Assigned", "False NoEgressNode");
        awaitEvent(cluster, "demo", "NoMatchingNodeFound");
        cluster.awaitServices();

        cluster.label("worker-1");
        cluster.awaitServices(from("worker-1"));
        cluster.awaitItems("demo", new Item("worker-1", IP));
        awaitCondition(cluster, "demo", "Assigned", "True Assigned");
    }

    @Test
    void aNodeThatIsNotReadyLosesItsEgressIpAndDoesNotTakeItBack(LiveCluster cluster) {
        homer(cluster);
        cluster.label("worker-0");
        cluster.apply(EgressIps.of("demo", SIMPSON, IP));
        cluster.awaitServices(from("worker-0"));
        cluster.label("worker-1");

        cluster.setReady(cluster.node("worker-0"), false);
        cluster.awaitServices(from("worker-1"));
        cluster.awaitItems("demo", new Item("worker-1", IP));

        cluster.setReady(cluster.node("worker-0"), true);
        cluster.apply(EgressIps.of("other", Map.of("house", "nobody"), "192.168.126.101", "192.168.126.102"));
        awaitNodes(cluster, "other", "worker-0", "worker-1");
        assertThat(cluster.items("demo")).containsExactly(new Item("worker-1", IP));
        cluster.awaitServices(from("worker-1"));
    }

    @Test
    void aMovedEgressIpHasOneSnatInTheEnd(LiveCluster cluster) {
        homer(cluster);
        cluster.label("worker-0");
        cluster.apply(EgressIps.of("demo", SIMPSON, IP));
        cluster.awaitServices(from("worker-0"));
        cluster.label("worker-1");

        cluster.setReady(cluster.node("worker-0"), false);
        cluster.awaitServices(from("worker-1"));

        await("the old SNAT is withdrawn")
                .until(() -> cluster.rows().egressNats().size() == 1);
        assertThat(cluster.rows().egressNats().get(0).logicalPort()).isEqualTo("k8s-worker-1");
    }

    @Test
    void anUnlabelledNodeLosesItsEgressIp(LiveCluster cluster) {
        homer(cluster);
        cluster.label("worker-0");
        cluster.apply(EgressIps.of("demo", SIMPSON, IP));
        cluster.awaitServices(from("worker-0"));

        cluster.unlabel(cluster.node("worker-0"));
        cluster.awaitServices();
        cluster.awaitItems("demo");
        awaitCondition(cluster, "demo", "Assigned", "False NoEgressNode");

        cluster.label("worker-2");
        cluster.awaitServices(from("worker-2"));
    }

    @Test
    void aDeletedNodeLosesItsEgressIp(LiveCluster cluster) {
        homer(cluster);
        cluster.label("worker-1");
        cluster.apply(EgressIps.of("demo", SIMPSON, IP));
        cluster.awaitServices(from("worker-1"));
        cluster.label("worker-2");

        cluster.deleteNode(cluster.node("worker-1"));

        cluster.awaitServices(from("worker-2"));
    }

    @Test
    void egressIpsAreBalancedOverNodes(LiveCluster cluster) {
        cluster.label("worker-0", "worker-1", "worker-2");
        cluster.apply(EgressIps.of("all-nodes", SIMPSON, "192.168.126.90", "192.168.126.91", "192.168.126.92"));
        awaitNodes(cluster, "all-nodes", "worker-0", "worker-1", "worker-2");
        cluster.deleteEgressIp("all-nodes");

        IntStream.range(0, 6)
                .forEach(i -> cluster.apply(EgressIps.of("demo-" + i, SIMPSON, "192.168.126." + (100 + i))));

        await("two egress IPs on each node").untilAsserted(() -> {
            var perNode = IntStream.range(0, 6)
                    .boxed()
                    .flatMap(i -> cluster.items("demo-" + i).stream())
                    .collect(Collectors.groupingBy(Item::node, Collectors.counting()));
            assertThat(perNode).isEqualTo(Map.of("worker-0", 2L, "worker-1", 2L, "worker-2", 2L));
        });
    }

    @Test
    void severalEgressIpsOfOneObjectAreServedByOneNodeEach(LiveCluster cluster) {
        homer(cluster);
        cluster.label("worker-0", "worker-1");
        cluster.apply(EgressIps.of("demo", SIMPSON, IP, "192.168.126.101", "192.168.126.102"));

        await("two nodes")
                .untilAsserted(() -> assertThat(cluster.items("demo"))
                        .extracting(Item::node)
                        .containsExactlyInAnyOrder("worker-0", "worker-1"));
        awaitCondition(cluster, "demo", "Assigned", "False PartlyAssigned");
        awaitEvent(cluster, "demo", "UnassignedRequest");
        cluster.awaitServices(cluster.items("demo").stream()
                .map(item -> Service.of(HOMER, item.egressIp(), cluster.node(item.node())))
                .toArray(Service[]::new));
        assertThat(cluster.rows().reroutes())
                .singleElement()
                .satisfies(policy -> assertThat(policy.nexthops()).containsExactly("100.64.0.2", "100.64.0.3"));

        cluster.label("worker-2");
        awaitCondition(cluster, "demo", "Assigned", "True Assigned");
        await("three nexthops")
                .untilAsserted(() -> assertThat(cluster.rows().reroutes())
                        .singleElement()
                        .satisfies(policy -> assertThat(policy.nexthops()).hasSize(3)));
    }

    @Test
    void anAddressOfANodeIsNeverAnEgressIp(LiveCluster cluster) {
        homer(cluster);
        cluster.label("worker-0");
        cluster.apply(EgressIps.of("demo", SIMPSON, "192.168.126.52"));

        awaitCondition(cluster, "demo", "Assigned", "False NodeAddressConflict");
        awaitEvent(cluster, "demo", "EgressIPConflict");
        cluster.awaitServices();
    }

    @Test
    void anEgressIpOfAnotherObjectIsGivenWhenItIsFree(LiveCluster cluster) {
        homer(cluster);
        cluster.label("worker-0");
        cluster.apply(EgressIps.of("first", Map.of("house", "nobody"), IP));
        cluster.awaitItems("first", new Item("worker-0", IP));
        cluster.apply(EgressIps.of("second", SIMPSON, IP));
        awaitCondition(cluster, "second", "Assigned", "False InUseByAnotherObject");
        awaitEvent(cluster, "second", "UnsupportedRequest");
        cluster.awaitServices();

        cluster.deleteEgressIp("first");

        cluster.awaitServices(from("worker-0"));
    }

    @Test
    void textThatIsNoAddressRefusesTheWholeObject(LiveCluster cluster) {
        homer(cluster);
        cluster.label("worker-0");
        cluster.apply(EgressIps.of("demo", SIMPSON, IP, "192.168.126.0/24"));

        awaitCondition(cluster, "demo", "Assigned", "False InvalidEgressIP");
        awaitEvent(cluster, "demo", "InvalidEgressIP");
        assertThat(cluster.items("demo")).isEmpty();
        cluster.awaitServices();
    }

    @Test
    void anEgressIpOutsideEveryMachineNetworkFindsNoNode(LiveCluster cluster) {
        homer(cluster);
        cluster.label("worker-0", "worker-1");
        cluster.apply(EgressIps.of("demo", SIMPSON, "10.11.12.13"));

        awaitCondition(cluster, "demo", "Assigned", "False NoMatchingNode");
        awaitEvent(cluster, "demo", "NoMatchingNodeFound");
        cluster.awaitServices();
    }

    @Test
    void aNodeWithoutGatewayRouterIsWaitedFor(LiveCluster cluster) {
        homer(cluster);
        var late = cluster.joinWithoutRouters("worker-9");
        cluster.label(late);
        cluster.apply(EgressIps.of("demo", SIMPSON, IP));
        awaitCondition(cluster, "demo", "Programmed", "False WaitingForRouter");
        assertThat(cluster.services()).isEmpty();

        cluster.northbound().addNode(late);

        cluster.awaitServices(Service.of(HOMER, IP, late));
        cluster.awaitItems("demo", new Item("worker-9", IP));
        awaitCondition(cluster, "demo", "Programmed", "True Programmed");
    }

    @Test
    void theObjectMayComeBeforeEverythingElse(LiveCluster cluster) {
        cluster.apply(EgressIps.of("demo", SIMPSON, IP));
        cluster.label("worker-0");
        cluster.namespace("simpson", Map.of());
        cluster.run(HOMER);
        cluster.awaitItems("demo", new Item("worker-0", IP));
        cluster.awaitServices();

        cluster.labelNamespace("simpson", SIMPSON);

        cluster.awaitServices(from("worker-0"));
    }

    /** Once each of these nodes carries an egress IP of the object, the controller knows that all of them may. */
    private static void awaitNodes(LiveCluster cluster, String name, String... nodes) {
        await("nodes of " + name)
                .untilAsserted(() ->
                        assertThat(cluster.items(name)).extracting(Item::node).containsExactlyInAnyOrder(nodes));
    }

    private static void awaitCondition(LiveCluster cluster, String name, String type, String statusAndReason) {
        await(type + " " + statusAndReason)
                .untilAsserted(() ->
                        assertThat(EgressIps.conditions(cluster.egressIp(name))).containsEntry(type, statusAndReason));
    }

    private static void awaitEvent(LiveCluster cluster, String name, String reason) {
        await("event " + reason)
                .untilAsserted(() -> assertThat(cluster.api()
                                .client()
                                .v1()
                                .events()
                                .inAnyNamespace()
                                .list()
                                .getItems())
                        .filteredOn(event -> event.getInvolvedObject().getKind().equals("EgressIP")
                                && event.getInvolvedObject().getName().equals(name)
                                && event.getInvolvedObject()
                                        .getUid()
                                        .equals(cluster.egressIp(name)
                                                .getMetadata()
                                                .getUid()))
                        .extracting(Event::getReason)
                        .contains(reason));
    }
}
