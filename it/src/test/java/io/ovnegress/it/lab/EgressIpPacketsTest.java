package io.ovnegress.it.lab;

import static io.ovnegress.it.harness.process.Await.await;
import static io.ovnegress.it.lab.PacketCluster.BOUVIERS;
import static io.ovnegress.it.lab.PacketCluster.EGRESS_IP;
import static io.ovnegress.it.lab.PacketCluster.EGRESS_IP_V6;
import static io.ovnegress.it.lab.PacketCluster.HOMER;
import static io.ovnegress.it.lab.PacketCluster.LISA;
import static io.ovnegress.it.lab.PacketCluster.MARGE;
import static io.ovnegress.it.lab.PacketCluster.OBJECT;
import static io.ovnegress.it.lab.PacketCluster.SECOND_EGRESS_IP;
import static io.ovnegress.it.lab.PacketCluster.SELMA;
import static io.ovnegress.it.lab.PacketCluster.SIMPSONS;
import static io.ovnegress.it.lab.PacketCluster.node;
import static io.ovnegress.it.lab.PacketCluster.nodeAddress;
import static io.ovnegress.it.lab.PacketCluster.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.lab.AccessLog;
import io.ovnegress.it.harness.lab.Listener;
import io.ovnegress.it.harness.topology.ClusterNode;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Family;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The proof of an egress IP is the access log of a web server outside the cluster; here it is read. */
@Tag("packets")
class EgressIpPacketsTest {
    private static final List<ClusterPod> EVERYBODY =
            Stream.concat(SIMPSONS.stream(), BOUVIERS.stream()).toList();

    @RegisterExtension
    static final PacketCluster PACKETS = new PacketCluster();

    private static void assertLeavesAs(String expected, ClusterPod pod, Family family) {
        var outside = PACKETS.lab().outside();
        int before = outside.accessLog().size();
        assertThat(PACKETS.lab().curl(pod, outside, family))
                .as("source address of %s", pod.name())
                .contains(expected);
        assertThat(outside.accessLog().subList(before, outside.accessLog().size()))
                .extracting(AccessLog.Entry::source, AccessLog.Entry::text)
                .containsExactly(org.assertj.core.groups.Tuple.tuple(expected, pod.name()));
    }

    private static void assertLeavesAsItsNode(ClusterPod pod) {
        for (var family : Family.values()) {
            assertLeavesAs(pod.node().address(family), pod, family);
        }
    }

    @Test
    void theLabHasTheVersionsThatWereAskedFor() {
        assertThat(PACKETS.cluster().central().nbctl("--version"))
                .startsWith("ovn-nbctl " + System.getProperty("ovn.version", ""));
        assertThat(PACKETS.lab().switchVersions())
                .hasSize(3)
                .allMatch(version -> version.startsWith(System.getProperty("ovs.version", "")));
    }

    @Test
    void withoutAnEgressIpEveryPodLeavesAsItsNode() {
        EVERYBODY.forEach(EgressIpPacketsTest::assertLeavesAsItsNode);
    }

    @Test
    void selectedPodsLeaveAsTheEgressIpFromEveryNodeAndNobodyElseDoes() {
        PACKETS.cluster().label("worker-0");
        PACKETS.applyEgressIp(EGRESS_IP);

        SIMPSONS.forEach(pod -> assertLeavesAs(EGRESS_IP, pod, Family.V4));
        SIMPSONS.forEach(pod -> assertLeavesAs(pod.node().address(Family.V6), pod, Family.V6));
        BOUVIERS.forEach(EgressIpPacketsTest::assertLeavesAsItsNode);
    }

    @Test
    void aDualStackEgressIpIsSeenInBothFamilies() {
        PACKETS.cluster().label("worker-1", "worker-2");
        PACKETS.applyEgressIp(EGRESS_IP, EGRESS_IP_V6);

        for (var pod : SIMPSONS) {
            assertLeavesAs(EGRESS_IP, pod, Family.V4);
            assertLeavesAs(EGRESS_IP_V6, pod, Family.V6);
        }
        BOUVIERS.forEach(EgressIpPacketsTest::assertLeavesAsItsNode);
    }

    @Test
    void aPodThatLosesItsLabelsLeavesAsItsNodeAndOneThatComesLaterDoesNot() {
        PACKETS.cluster().label("worker-0");
        PACKETS.applyEgressIp(EGRESS_IP);

        var bart = PACKETS.run(pod("simpson", "bart", 1, 2));
        await("bart leaves as the egress IP")
                .until(() -> PACKETS.lab().curl(bart).equals(Optional.of(EGRESS_IP)));
        assertLeavesAs(EGRESS_IP, bart, Family.V4);
        PACKETS.remove(bart);

        PACKETS.cluster().labelNamespace("simpson", Map.of("house", "sold"));
        await("no row")
                .until(() -> PACKETS.cluster().rows().reroutes().isEmpty()
                        && PACKETS.cluster().rows().egressNats().isEmpty());
        PACKETS.lab().sync();
        EVERYBODY.forEach(EgressIpPacketsTest::assertLeavesAsItsNode);
        PACKETS.cluster().labelNamespace("simpson", Map.of("house", "simpson"));
    }

    @Test
    void trafficToPodsAndNodesKeepsItsSource() {
        try (var homer = PACKETS.lab().listen(HOMER);
                var selma = PACKETS.lab().listen(SELMA);
                var egressNode = PACKETS.lab().listen(node(0));
                var otherNode = PACKETS.lab().listen(node(1))) {
            var without = sourcesOnTheInside(homer, selma, egressNode, otherNode);
            assertThat(without).containsExactlyInAnyOrderEntriesOf(expectedOnTheInside());

            PACKETS.cluster().label("worker-0", "worker-1");
            PACKETS.applyEgressIp(EGRESS_IP, EGRESS_IP_V6);
            assertLeavesAs(EGRESS_IP, MARGE, Family.V4);

            assertThat(sourcesOnTheInside(homer, selma, egressNode, otherNode))
                    .containsExactlyInAnyOrderEntriesOf(without);
        }
    }

    private static Map<String, Optional<String>> sourcesOnTheInside(
            Listener homer, Listener selma, Listener egressNode, Listener otherNode) {
        var sources = new TreeMap<String, Optional<String>>();
        for (var pod : EVERYBODY) {
            for (var family : Family.values()) {
                var from = pod.name() + " " + family + " to ";
                sources.put(from + "homer", PACKETS.lab().curl(pod, homer, family));
                sources.put(from + "selma", PACKETS.lab().curl(pod, selma, family));
                sources.put(from + "worker-0", PACKETS.lab().curl(pod, egressNode, family));
                sources.put(from + "worker-1", PACKETS.lab().curl(pod, otherNode, family));
            }
        }
        return sources;
    }

    /** Between pods nothing is translated; a pod's own node sees the pod, another node sees the pod's node. */
    private static Map<String, Optional<String>> expectedOnTheInside() {
        var sources = new TreeMap<String, Optional<String>>();
        for (var pod : EVERYBODY) {
            for (var family : Family.values()) {
                var from = pod.name() + " " + family + " to ";
                sources.put(from + "homer", Optional.of(pod.ip(family)));
                sources.put(from + "selma", Optional.of(pod.ip(family)));
                for (var node : List.of(node(0), node(1))) {
                    sources.put(from + node.name(), Optional.of(asSeenBy(node, pod, family)));
                }
            }
        }
        return sources;
    }

    private static String asSeenBy(ClusterNode node, ClusterPod pod, Family family) {
        return pod.node().equals(node) ? pod.ip(family) : pod.node().address(family);
    }

    @Test
    void anEstablishedConnectionSurvivesChangesToOtherPods() {
        PACKETS.cluster().label("worker-0");
        PACKETS.applyEgressIp(EGRESS_IP);
        try (var connection = PACKETS.lab().connect(MARGE, Family.V4, 1)) {
            connection.awaitLines(10);
            var bart = PACKETS.run(pod("simpson", "bart", 1, 2));
            await("bart leaves as the egress IP")
                    .until(() -> PACKETS.lab().curl(bart).equals(Optional.of(EGRESS_IP)));
            PACKETS.cluster().update(LISA.withLabels(Map.of("app", "saxophone")));
            connection.awaitLines(10);
            PACKETS.remove(bart);
            PACKETS.lab().sync();
            connection.awaitLines(10);

            assertThat(connection.lines()).extracting(AccessLog.Entry::source).containsOnly(EGRESS_IP);
            assertThat(connection.lines()).extracting(AccessLog.Entry::port).hasSizeGreaterThanOrEqualTo(30);
            assertThat(connection.lines().stream().map(AccessLog.Entry::port).distinct())
                    .as("one connection")
                    .hasSize(1);
        }
    }

    /** Connections, because OVN picks the nexthop by addresses and, of TCP but not of UDP, ports. */
    @Test
    void twoEgressIpsShareTheConnections() {
        PACKETS.cluster().label("worker-0", "worker-1");
        PACKETS.applyEgressIp(EGRESS_IP, SECOND_EGRESS_IP);

        var sources = Stream.generate(() -> PACKETS.lab().curl(LISA))
                .limit(40)
                .collect(Collectors.groupingBy(source -> source.orElse("no answer"), Collectors.counting()));

        System.out.println("Two egress IPs: " + sources);
        assertThat(sources).containsOnlyKeys(EGRESS_IP, SECOND_EGRESS_IP);
    }

    @Test
    void aDeletedObjectGivesItsPodsTheirNodesBack() {
        PACKETS.cluster().label("worker-0");
        PACKETS.applyEgressIp(EGRESS_IP);
        try (var traffic = PACKETS.lab().traffic(MARGE, Family.V4)) {
            traffic.awaitArrived(25, EGRESS_IP);
            traffic.mark("object deleted");
            PACKETS.cluster().deleteEgressIp(OBJECT);
            traffic.awaitArrived(25, nodeAddress(MARGE));
            var timeline = traffic.stop();
            PACKETS.report("object-deleted", "The EgressIP object is deleted", timeline);

            assertThat(timeline.sources().keySet())
                    .as("addresses of the egress IP and of the pod's node, and not of the egress IP's")
                    .containsExactlyInAnyOrder(EGRESS_IP, nodeAddress(MARGE));
            assertThat(timeline.lost()).isZero();
            assertThat(timeline.runs().get(0).source()).isEqualTo(EGRESS_IP);
            assertThat(timeline.runs().getLast().source()).isEqualTo(nodeAddress(MARGE));
        }
        EVERYBODY.forEach(EgressIpPacketsTest::assertLeavesAsItsNode);
    }
}
