package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.container.OvnProvider;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.northbound.EgressServices.Service;
import io.ovnegress.it.harness.northbound.NorthboundReader.Policy;
import io.ovnegress.it.harness.oracle.OvnkubeStartRules;
import io.ovnegress.it.harness.oracle.SourceAddress.Verdict;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Family;
import io.ovnegress.it.harness.topology.Topology;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Egress IPs of both families on nodes and pods that have both. */
@Tag(OvnProvider.TAG)
class DualStackTest {
    private static final Topology TOPOLOGY = Topology.dualStack(51, "worker-0", "worker-1");
    private static final String V4 = "192.168.126.100";
    private static final String V6 = "fd2e:6f44:5dd8:c956::100";
    private static final String OUTSIDE_V6 = "2001:db8::8";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final ClusterPod HOMER = Topology.pod("simpson", "homer", Map.of(), TOPOLOGY.node("worker-0"), 0);
    private static final ClusterPod PATTY = Topology.pod("bouvier", "patty", Map.of(), TOPOLOGY.node("worker-1"), 0);

    @RegisterExtension
    static final ClusterExtension CONTROLLER = ClusterExtension.of(TOPOLOGY);

    private static void homer(LiveCluster cluster) {
        cluster.namespace("simpson", SIMPSON);
        cluster.namespace("bouvier", Map.of());
        cluster.run(HOMER);
        cluster.run(PATTY);
    }

    @Test
    void anIpv6EgressIpServesThePodsIpv6TrafficOnly(LiveCluster cluster) {
        homer(cluster);
        cluster.label("worker-1");
        cluster.apply(EgressIps.of("demo", SIMPSON, V6));
        cluster.awaitServices(Service.of(HOMER, V6, TOPOLOGY.node("worker-1")));

        assertThat(cluster.sourceAddress().of(HOMER, OUTSIDE_V6))
                .isEqualTo(new Verdict.Left(V6, "GR_worker-1", "br-ex_worker-1"));
        assertThat(cluster.sourceAddress().of(HOMER, "8.8.8.8"))
                .isEqualTo(new Verdict.Left("192.168.126.51", "GR_worker-0", "br-ex_worker-0"));
        assertThat(cluster.sourceAddress().of(PATTY, OUTSIDE_V6))
                .isEqualTo(new Verdict.Left("fd2e:6f44:5dd8:c956::34", "GR_worker-1", "br-ex_worker-1"));
        assertThat(cluster.sourceAddress().of(HOMER, PATTY, Family.V6))
                .isEqualTo(new Verdict.Delivered(HOMER.ip(Family.V6), PATTY.port()));
    }

    @Test
    void anyoneMaySpellAnIpv6AddressAsTheyLike(LiveCluster cluster) {
        homer(cluster);
        cluster.label("worker-0");
        cluster.apply(EgressIps.of("demo", SIMPSON, "FD2E:6F44:5DD8:C956:0000:0:0:0100"));

        cluster.awaitServices(Service.of(HOMER, V6, TOPOLOGY.node("worker-0")));
        cluster.awaitItems("demo", new Item("worker-0", V6));
    }

    @Test
    void oneEgressIpOfEachFamilyIsServedByOneNodeEach(LiveCluster cluster) {
        homer(cluster);
        cluster.label("worker-0", "worker-1");
        cluster.apply(EgressIps.of("demo", SIMPSON, V4, V6));

        await("two nodes")
                .untilAsserted(() -> assertThat(cluster.items("demo"))
                        .extracting(Item::node)
                        .containsExactlyInAnyOrder("worker-0", "worker-1"));
        cluster.awaitServices(cluster.items("demo").stream()
                .map(item -> Service.of(HOMER, item.egressIp(), cluster.node(item.node())))
                .toArray(Service[]::new));
    }

    /** One router for both, of which a start of ovnkube-master would take nothing away. */
    @Test
    void bothFamiliesShareARouterOfTheirOwnThatOvnkubeLeavesAlone(LiveCluster cluster) {
        homer(cluster);
        cluster.label("worker-0", "worker-1");
        var object = EgressIps.of("demo", SIMPSON, V4, V6);
        object.getMetadata().setAnnotations(Map.of("ovn-egress.io/form", "Router", "ovn-egress.io/dscp", "46"));
        cluster.apply(object);

        cluster.awaitItems("demo", new Item("worker-0", V4), new Item("worker-0", V6));
        await("both are led there")
                .until(() -> cluster.rows().policies().stream()
                                .filter(policy -> policy.priority() == 98)
                                .count()
                        == 2);
        var state = cluster.transactions().replay((index, transaction, before) -> {});
        assertThat(OvnkubeStartRules.broken(state)).isEmpty();
        assertThat(OvnkubeStartRules.tables(state)).contains("Logical_Router", "NAT", "ACL", "QoS", "HA_Chassis");
        assertThat(cluster.central().nbctl("show", "egressip_demo_" + V4))
                .contains("external ip: \"" + V4 + "\"", "external ip: \"" + V6 + "\"");
    }

    @Test
    void clusterTrafficOfBothFamiliesIsExempt(LiveCluster cluster) {
        homer(cluster);
        cluster.label("worker-0");
        cluster.apply(EgressIps.of("demo", SIMPSON, V6));
        cluster.awaitServices(Service.of(HOMER, V6, TOPOLOGY.node("worker-0")));

        assertThat(cluster.rows().policies())
                .filteredOn(policy -> policy.priority() == 102)
                .extracting(Policy::match)
                .contains(
                        "ip4.src == 10.128.0.0/14 && ip4.dst == 10.128.0.0/14",
                        "ip6.src == fd01::/48 && ip6.dst == fd01::/48",
                        "ip6.src == fd01::/48 && ip6.dst == fd98::/64");
        await("address set")
                .untilAsserted(() -> assertThat(cluster.rows()
                                .addressSet("ovn_egress_served_pods_v6")
                                .orElseThrow()
                                .addresses())
                        .contains(HOMER.ip(Family.V6)));
    }
}
