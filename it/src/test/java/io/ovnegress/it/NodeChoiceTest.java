package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.northbound.EgressServices.Service;
import io.ovnegress.it.harness.topology.ClusterNode;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What objects say of their nodes, and nodes of what they serve, down to the rows. */
class NodeChoiceTest {
    private static final Topology TOPOLOGY = Topology.ipv4(53, "worker-0", "worker-1", "worker-2");
    private static final String IP = "192.168.126.100";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final Map<String, String> NOBODY = Map.of("house", "nobody");
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

    private static GenericKubernetesResource with(GenericKubernetesResource egressIp, String field, Object value) {
        var spec = new LinkedHashMap<String, Object>();
        ((Map<?, ?>) egressIp.getAdditionalProperties().get("spec"))
                .forEach((name, other) -> spec.put(name.toString(), other));
        spec.put(field, value);
        egressIp.getAdditionalProperties().put("spec", spec);
        return egressIp;
    }

    private static void annotate(LiveCluster cluster, String node, String annotation, String value) {
        cluster.editNode(
                cluster.node(node), n -> n.getMetadata().getAnnotations().put(annotation, value));
    }

    private static void awaitMessage(LiveCluster cluster, String name, String... parts) {
        await("condition of " + name)
                .untilAsserted(() -> assertThat(EgressIps.message(cluster.egressIp(name), "Assigned"))
                        .contains(parts));
    }

    @Test
    void aNodeOfTheObjectsOwnChoiceNeedsNoLabel(LiveCluster cluster) {
        homer(cluster);
        cluster.label("worker-0");
        cluster.editNode(
                cluster.node("worker-2"), n -> n.getMetadata().getLabels().put("pool", "dmz"));
        cluster.apply(with(
                EgressIps.of("demo", SIMPSON, IP), "egressNodeSelector", Map.of("matchLabels", Map.of("pool", "dmz"))));

        cluster.awaitServices(from("worker-2"));
        cluster.awaitItems("demo", new Item("worker-2", IP));

        cluster.editNode(
                cluster.node("worker-2"), n -> n.getMetadata().getLabels().remove("pool"));
        cluster.awaitServices();
        awaitMessage(cluster, "demo", "no node matches egressNodeSelector");
    }

    @Test
    void aPreferredNodeThatComesBackTakesOverWhereThatIsAskedFor(LiveCluster cluster) {
        homer(cluster);
        cluster.label("worker-0", "worker-1", "worker-2");
        cluster.apply(with(
                with(EgressIps.of("demo", SIMPSON, IP), "preferredNodes", List.of("worker-2", "worker-1")),
                "onPreferredNodeReturn",
                "MoveBack"));
        cluster.awaitServices(from("worker-2"));

        cluster.setReady(cluster.node("worker-2"), false);
        cluster.awaitServices(from("worker-1"));
        cluster.awaitItems("demo", new Item("worker-1", IP));

        cluster.setReady(cluster.node("worker-2"), true);
        cluster.awaitServices(from("worker-2"));
        cluster.awaitItems("demo", new Item("worker-2", IP));
    }

    @Test
    void anAddressThatANodeClaimsIsServedByNobodyElse(LiveCluster cluster) {
        homer(cluster);
        cluster.label("worker-0", "worker-1");
        annotate(cluster, "worker-1", "ovn-egress.io/egress-ips", IP);
        cluster.apply(EgressIps.of("demo", SIMPSON, IP));
        cluster.awaitServices(from("worker-1"));

        cluster.unlabel(cluster.node("worker-1"));
        cluster.awaitServices();
        awaitMessage(cluster, "demo", IP + " is not assigned", "worker-1: not labelled");
    }

    @Test
    void aNodeTakesNoMoreThanItSays(LiveCluster cluster) {
        homer(cluster);
        cluster.label("worker-0", "worker-1");
        annotate(cluster, "worker-0", "ovn-egress.io/egress-capacity", "1");
        annotate(cluster, "worker-1", "ovn-egress.io/egress-cidrs", "192.168.126.96/29");
        cluster.apply(EgressIps.of("outside", NOBODY, "192.168.126.200"));
        cluster.awaitItems("outside", new Item("worker-0", "192.168.126.200"));
        cluster.apply(EgressIps.of("demo", SIMPSON, IP));
        cluster.awaitServices(from("worker-1"));

        cluster.apply(EgressIps.of("late", NOBODY, "192.168.126.201"));
        awaitMessage(cluster, "late", "192.168.126.201 is not assigned", "worker-0: ", "worker-1: ");

        cluster.deleteEgressIp("outside");
        cluster.awaitItems("late", new Item("worker-0", "192.168.126.201"));
    }

    @Test
    void addressesOfAnObjectAreSpreadOverZones(LiveCluster cluster) {
        homer(cluster);
        cluster.label("worker-0", "worker-1", "worker-2");
        for (var node : TOPOLOGY.nodes()) {
            var zone = node.name().equals("worker-2") ? "b" : "a";
            cluster.editNode(node, n -> n.getMetadata().getLabels().put("topology.kubernetes.io/zone", zone));
        }
        cluster.apply(EgressIps.of("filler", NOBODY, "192.168.126.90"));
        await("it has a node").until(() -> cluster.items("filler").size() == 1);
        cluster.apply(EgressIps.of("demo", SIMPSON, IP, "192.168.126.101"));

        await("one of them in zone b")
                .untilAsserted(() -> assertThat(cluster.items("demo"))
                        .hasSize(2)
                        .extracting(Item::node)
                        .contains("worker-2"));
        cluster.awaitServices(cluster.items("demo").stream()
                .map(item -> Service.of(HOMER, item.egressIp(), cluster.node(item.node())))
                .toArray(Service[]::new));
    }

    @Test
    void whatTheNetworkNeedsItselfIsNoEgressIp(LiveCluster cluster) {
        homer(cluster);
        cluster.label("worker-0");
        cluster.apply(EgressIps.of("demo", SIMPSON, "192.168.126.255", "100.64.0.77", "10.128.0.200"));

        await("refused")
                .untilAsserted(() -> assertThat(EgressIps.conditions(cluster.egressIp("demo")))
                        .containsEntry("Assigned", "False ReservedAddress"));
        awaitMessage(cluster, "demo", "192.168.126.255", "100.64.0.77", "10.128.0.200");
        cluster.awaitServices();
    }

    @Test
    void anEgressIpLeavesANodeWhoseRouterIsLost(LiveCluster cluster) {
        homer(cluster);
        ClusterNode late = cluster.join("worker-9");
        cluster.label(late);
        cluster.apply(EgressIps.of("demo", SIMPSON, IP));
        cluster.awaitServices(Service.of(HOMER, IP, late));
        cluster.label("worker-1");

        CONTROLLER.doNotJudgeTransactions(); // whoever removes the router leaves the policy
        cluster.northbound().removeNode(late);

        cluster.awaitServices(from("worker-1"));
        cluster.awaitItems("demo", new Item("worker-1", IP));
        cluster.northbound().addNode(late);
    }
}
