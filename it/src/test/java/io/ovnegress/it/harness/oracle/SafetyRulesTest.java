package io.ovnegress.it.harness.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.process.LocalOvnCentral;
import io.ovnegress.it.harness.process.OvnCentral;
import io.ovnegress.it.harness.topology.NorthboundTopology;
import io.ovnegress.it.harness.topology.Topology;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Logs of a real server, made by hand, that break one rule each. */
class SafetyRulesTest {
    private static OvnCentral central;
    private int mark;

    @BeforeAll
    static void writeTwoNodes() {
        central = LocalOvnCentral.start();
        new NorthboundTopology(central, Topology.ipv4(11, "node1", "node2")).write();
    }

    @AfterAll
    static void close() {
        central.close();
    }

    @BeforeEach
    void remember() {
        mark = log().size();
    }

    @AfterEach
    void removeEgressRows() {
        central.nbctl("--if-exists", "lr-policy-del", "ovn_cluster_router", "100");
        central.nbctl("--if-exists", "lr-policy-del", "ovn_cluster_router", "99");
        for (var router : List.of("GR_node1", "GR_node2")) {
            central.nbctl("--if-exists", "lr-nat-del", router, "snat", "10.128.0.5");
            central.nbctl("--if-exists", "lr-nat-del", router, "snat", "10.128.0.5");
        }
    }

    @Test
    void aPodServedInOneTransactionBreaksNoRule() {
        central.nbctl(
                "--id=@n",
                "create",
                "NAT",
                "type=snat",
                "external_ip=192.168.126.100",
                "logical_ip=10.128.0.5",
                "logical_port=k8s-node1",
                "--",
                "add",
                "Logical_Router",
                "GR_node1",
                "nat",
                "@n",
                "--",
                "lr-policy-add",
                "ovn_cluster_router",
                "100",
                "ip4.src == 10.128.0.5",
                "reroute",
                "100.64.0.2");

        assertThat(violations()).isEmpty();
        assertThat(log().size()).isGreaterThan(mark);
    }

    @Test
    void movingAnEgressIpInOneTransactionBreaksNoRule() {
        snat("GR_node1", "192.168.126.100", "k8s-node1");
        reroute("100.64.0.2");
        var nat = central.nbctl("--bare", "--columns=_uuid", "find", "NAT", "external_ip=192.168.126.100")
                .strip();
        var policy = central.nbctl("--bare", "--columns=_uuid", "find", "Logical_Router_Policy", "priority=100")
                .strip();

        central.nbctl(
                "remove",
                "Logical_Router",
                "GR_node1",
                "nat",
                nat,
                "--",
                "add",
                "Logical_Router",
                "GR_node2",
                "nat",
                nat,
                "--",
                "set",
                "NAT",
                nat,
                "logical_port=k8s-node2",
                "--",
                "set",
                "Logical_Router_Policy",
                policy,
                "nexthops=\"100.64.0.3\"");

        assertThat(violations()).isEmpty();
    }

    @Test
    void anEgressIpOnTwoRoutersIsSeenAndNamed() {
        snat("GR_node1", "192.168.126.100", "k8s-node1");
        snat("GR_node2", "192.168.126.100", "k8s-node2");

        assertThat(rules()).containsExactly("egress IP 192.168.126.100 is on GR_node1 and on GR_node2 at once");
        assertThat(violations().get(0).transaction()).isEqualTo(mark + 1);
    }

    @Test
    void theSameAddressOnTwoRoutersIsNobodysEgressIpWithoutAManagementPort() {
        snat("GR_node1", "192.168.126.100", "");
        snat("GR_node2", "192.168.126.100", "");

        assertThat(violations()).isEmpty();
    }

    @Test
    void aRerouteWithoutSnatIsSeen() {
        reroute("100.64.0.2");

        assertThat(rules()).containsExactly("10.128.0.5 is rerouted to GR_node1 without a SNAT row there");
    }

    @Test
    void aRerouteToTwoRoutersNeedsSnatOnBoth() {
        snat("GR_node1", "192.168.126.100", "k8s-node1");
        reroute("100.64.0.2,100.64.0.3");

        assertThat(rules()).containsExactly("10.128.0.5 is rerouted to GR_node2 without a SNAT row there");
    }

    @Test
    void aRerouteToNowhereIsSeen() {
        reroute("100.64.0.99");

        assertThat(rules()).containsExactly("10.128.0.5 is rerouted to 100.64.0.99, which no router has");
    }

    @Test
    void snatTakenAwayBeforeItsRerouteIsSeenInBetween() {
        snat("GR_node1", "192.168.126.100", "k8s-node1");
        reroute("100.64.0.2");
        central.nbctl("lr-nat-del", "GR_node1", "snat", "10.128.0.5");
        central.nbctl("lr-policy-del", "ovn_cluster_router", "100");

        assertThat(violations()).singleElement().satisfies(violation -> {
            assertThat(violation.transaction()).isEqualTo(mark + 2);
            assertThat(violation.toString())
                    .contains("10.128.0.5 is rerouted to GR_node1 without a SNAT row there")
                    .contains("lr-nat-del");
        });
    }

    @Test
    void twoReroutesOfOnePodAreSeen() {
        snat("GR_node1", "192.168.126.100", "k8s-node1");
        reroute("100.64.0.2");
        central.nbctl(
                "--id=@p",
                "create",
                "Logical_Router_Policy",
                "priority=100",
                "action=reroute",
                "match=\"ip4.src == 10.128.0.5\"",
                "nexthops=\"100.64.0.2\"",
                "--",
                "add",
                "Logical_Router",
                "ovn_cluster_router",
                "policies",
                "@p");

        assertThat(rules()).containsExactly("two policies match 'ip4.src == 10.128.0.5'");
    }

    @Test
    void aPodThatIsReroutedAndMustNotLeaveIsSeen() {
        snat("GR_node1", "192.168.126.100", "k8s-node1");
        reroute("100.64.0.2");
        central.nbctl("lr-policy-add", "ovn_cluster_router", "99", "ip4.src == 10.128.0.5", "drop");

        assertThat(rules()).containsExactly("two policies match 'ip4.src == 10.128.0.5'");
    }

    @Test
    void twoSnatRowsOfOnePodOnOneRouterAreSeen() {
        snat("GR_node1", "192.168.126.100", "k8s-node1");
        snat("GR_node1", "192.168.126.11", "");

        assertThat(rules())
                .singleElement()
                .asString()
                .startsWith("GR_node1 has two SNAT rows for 10.128.0.5")
                .contains("192.168.126.100")
                .contains("192.168.126.11");
    }

    private static void snat(String router, String externalIp, String logicalPort) {
        central.nbctl(
                "--id=@n",
                "create",
                "NAT",
                "type=snat",
                "external_ip=" + externalIp,
                "logical_ip=10.128.0.5",
                logicalPort.isEmpty() ? "logical_port=[]" : "logical_port=" + logicalPort,
                "--",
                "add",
                "Logical_Router",
                router,
                "nat",
                "@n");
    }

    private static void reroute(String nexthops) {
        central.nbctl("lr-policy-add", "ovn_cluster_router", "100", "ip4.src == 10.128.0.5", "reroute", nexthops);
    }

    @Test
    void whatAStartOfOvnkubeMasterWouldTakeAwayIsNamed() {
        central.nbctl(
                "create",
                "Logical_Switch",
                "name=ext_gone",
                "other_config:mcast_snoop=true",
                "external_ids:ovn-egress.io/id=switch",
                "external_ids:name=demo",
                "--",
                "--id=@p",
                "create",
                "Logical_Router_Policy",
                "priority=101",
                "match=\"ip4.src == 10.128.0.5\"",
                "action=allow",
                "external_ids:ovn-egress.io/id=policy",
                "external_ids:k8s.ovn.org/owner-controller=ovn-egress",
                "--",
                "add",
                "Logical_Router",
                "ovn_cluster_router",
                "policies",
                "@p");
        var state = log().replay((index, transaction, before) -> {});
        central.nbctl("ls-del", "ext_gone", "--", "lr-policy-del", "ovn_cluster_router", "101");

        assertThat(OvnkubeStartRules.broken(state))
                .containsExactlyInAnyOrder(
                        "Logical_Switch switch is no other controller's",
                        "Logical_Switch switch has key name",
                        "Logical_Switch switch is named ext_gone",
                        "Logical_Switch switch has other_config",
                        "Logical_Router_Policy policy has priority 101");
        assertThat(OvnkubeStartRules.tables(state)).containsExactly("Logical_Router_Policy", "Logical_Switch");
        assertThat(OvnkubeStartRules.broken(log().replay((index, transaction, before) -> {})))
                .isEmpty();
    }

    private List<Violation> violations() {
        return Violation.in(log(), mark);
    }

    private List<String> rules() {
        return violations().stream().map(Violation::rule).distinct().toList();
    }

    private static TransactionLog log() {
        return TransactionLog.read(central.northbound().content());
    }
}
