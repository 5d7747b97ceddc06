package io.ovnegress.it.harness.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.container.OvnProvider;
import io.ovnegress.it.harness.oracle.SourceAddress.Verdict;
import io.ovnegress.it.harness.process.OvnCentral;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Family;
import io.ovnegress.it.harness.topology.NorthboundTopology;
import io.ovnegress.it.harness.topology.Topology;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the oracle says of rows written by hand. */
@Tag(OvnProvider.TAG)
class SourceAddressTest {
    private static final Topology TOPOLOGY = Topology.dualStack(11, "node1", "node2");
    private static final ClusterPod HOMER = Topology.pod("simpson", "homer", Map.of(), TOPOLOGY.node("node1"), 0);
    private static final ClusterPod MARGE = Topology.pod("simpson", "marge", Map.of(), TOPOLOGY.node("node1"), 1);
    private static final ClusterPod PATTY = Topology.pod("bouvier", "patty", Map.of(), TOPOLOGY.node("node2"), 0);
    private static final String OUTSIDE = "8.8.8.8";
    private static final String OUTSIDE_V6 = "2001:db8::8";

    private static OvnCentral central;
    private static SourceAddress source;

    @BeforeAll
    static void serveHomerOnNode2() {
        central = OvnProvider.start();
        var northbound = new NorthboundTopology(central, TOPOLOGY);
        northbound.write();
        northbound.addPods(List.of(HOMER, MARGE, PATTY));
        source = new SourceAddress(central);
        serve("192.168.126.100", "10.128.0.5", "ip4", "100.64.0.3");
        serve("fd2e:6f44:5dd8:c956::100", "fd01::5", "ip6", "fd98::3");
        central.nbctl(
                "lr-policy-add",
                "ovn_cluster_router",
                "102",
                "ip4.src == 10.128.0.0/14 && ip4.dst == 10.128.0.0/14",
                "allow");
    }

    private static void serve(String egressIp, String podIp, String field, String nexthop) {
        central.nbctl("lr-policy-add", "ovn_cluster_router", "100", field + ".src == " + podIp, "reroute", nexthop);
        central.nbctl(
                "--id=@n",
                "create",
                "NAT",
                "type=snat",
                "external_ip=\"" + egressIp + "\"",
                "logical_ip=\"" + podIp + "\"",
                "logical_port=k8s-node2",
                "--",
                "add",
                "Logical_Router",
                "GR_node2",
                "nat",
                "@n");
    }

    @AfterAll
    static void close() {
        if (central != null) { // skipped before it was started
            central.close();
        }
    }

    @Test
    void aServedPodLeavesWithTheEgressIpFromTheEgressNode() {
        assertThat(source.of(HOMER, OUTSIDE)).isEqualTo(new Verdict.Left("192.168.126.100", "GR_node2", "br-ex_node2"));
    }

    @Test
    void otherPodsLeaveWithTheAddressOfTheirNode() {
        assertThat(source.of(MARGE, OUTSIDE)).isEqualTo(new Verdict.Left("192.168.126.11", "GR_node1", "br-ex_node1"));
        assertThat(source.of(PATTY, OUTSIDE)).isEqualTo(new Verdict.Left("192.168.126.12", "GR_node2", "br-ex_node2"));
    }

    @Test
    void ipv6IsFollowedAsWell() {
        assertThat(source.of(HOMER, OUTSIDE_V6))
                .isEqualTo(new Verdict.Left("fd2e:6f44:5dd8:c956::100", "GR_node2", "br-ex_node2"));
        assertThat(source.of(MARGE, OUTSIDE_V6))
                .isEqualTo(new Verdict.Left("fd2e:6f44:5dd8:c956::b", "GR_node1", "br-ex_node1"));
    }

    @Test
    void podToPodKeepsThePodsAddress() {
        assertThat(source.of(HOMER, PATTY, Family.V4)).isEqualTo(new Verdict.Delivered("10.128.0.5", "bouvier_patty"));
        assertThat(source.of(HOMER, MARGE, Family.V4)).isEqualTo(new Verdict.Delivered("10.128.0.5", "simpson_marge"));
        assertThat(source.of(PATTY, HOMER, Family.V6))
                .isEqualTo(new Verdict.Delivered("fd01:0:0:1::5", "simpson_homer"));
    }

    @Test
    void aPodReachesItsOwnNodeThroughTheManagementPort() {
        assertThat(source.of(MARGE, "192.168.126.11")).isEqualTo(new Verdict.Delivered("10.128.0.6", "k8s-node1"));
    }

    @Test
    void aRerouteToARouterWithoutSnatIsToldFromOneWith() {
        central.nbctl("lr-policy-add", "ovn_cluster_router", "100", "ip4.src == 10.128.0.6", "reroute", "100.64.0.99");
        try {
            assertThat(source.of(MARGE, OUTSIDE)).isInstanceOf(Verdict.Dropped.class);
        } finally {
            central.nbctl("lr-policy-del", "ovn_cluster_router", "100", "ip4.src == 10.128.0.6");
        }
    }

    @Test
    void eachOfSeveralEqualPathsCanBeAskedFor() {
        central.nbctl(
                "lr-policy-add",
                "ovn_cluster_router",
                "100",
                "ip4.src == 10.128.0.6",
                "reroute",
                "100.64.0.2,100.64.0.3");
        try {
            assertThat(List.of(source.of(MARGE, OUTSIDE, 1), source.of(MARGE, OUTSIDE, 2)))
                    .containsExactlyInAnyOrder(
                            new Verdict.Left("192.168.126.11", "GR_node1", "br-ex_node1"),
                            new Verdict.Left("192.168.126.12", "GR_node2", "br-ex_node2"));
        } finally {
            central.nbctl("lr-policy-del", "ovn_cluster_router", "100", "ip4.src == 10.128.0.6");
        }
    }
}
