package io.ovnegress.it.lab;

import static io.ovnegress.it.harness.kube.EgressFirewalls.allow;
import static io.ovnegress.it.harness.kube.EgressFirewalls.deny;
import static io.ovnegress.it.harness.process.Await.await;
import static io.ovnegress.it.lab.PacketCluster.EGRESS_IP;
import static io.ovnegress.it.lab.PacketCluster.HOMER;
import static io.ovnegress.it.lab.PacketCluster.LING;
import static io.ovnegress.it.lab.PacketCluster.LISA;
import static io.ovnegress.it.lab.PacketCluster.MARGE;
import static io.ovnegress.it.lab.PacketCluster.PATTY;
import static io.ovnegress.it.lab.PacketCluster.SIMPSONS;
import static io.ovnegress.it.lab.PacketCluster.node;
import static io.ovnegress.it.lab.PacketCluster.nodeAddress;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.ovnegress.it.harness.kube.EgressFirewalls;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.lab.Listener;
import io.ovnegress.it.harness.process.DnsServer;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Family;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What gets out of a namespace with a firewall, and what gets in. */
@Tag("packets")
@Tag("timing")
class EgressFirewallPacketsTest {
    private static final String ALLOWED = "203.0.113.80";
    private static final String SECOND = "203.0.113.81";
    private static final String THIRD = "203.0.113.82";
    private static final String WWW = "www.example.com";
    private static final String SERVICE = "192.168.126.200";
    private static final DnsServer DNS = new DnsServer(1);

    @RegisterExtension
    static final PacketCluster PACKETS = PacketCluster.withFlags(
            "--enable-egress-firewall", "--dns-servers", DNS.address(), "--k8s-service-cidrs=172.30.0.0/16");

    private static Listener second;
    private static Listener third;

    @BeforeAll
    static void serversOutside() {
        second = PACKETS.lab().listenOutside(SECOND);
        third = PACKETS.lab().listenOutside(THIRD);
    }

    @AfterAll
    static void stop() {
        DNS.close();
    }

    @AfterEach
    void withoutFirewall() {
        PACKETS.cluster()
                .api()
                .client()
                .genericKubernetesResources(EgressFirewalls.CONTEXT)
                .inNamespace("simpson")
                .withName("default")
                .delete();
        await("no ACL of a firewall is left")
                .untilAsserted(
                        () -> assertThat(PACKETS.cluster().central().nbctl("find", "ACL", "name=ovn-egress-firewall"))
                                .isBlank());
        PACKETS.lab().sync();
        SIMPSONS.forEach(pod -> assertThat(reaches(pod, second)).isTrue());
    }

    private static void apply(List<Map<String, ?>> rules) {
        PACKETS.cluster().create(EgressFirewalls.of("simpson", rules));
        await("the firewall is applied").untilAsserted(() -> {
            assertThat(EgressIps.conditions(firewall()))
                    .containsEntry("Applied", "True RulesApplied")
                    .containsEntry("NamesResolved", "True NamesResolved");
        });
        PACKETS.lab().sync();
    }

    private static GenericKubernetesResource firewall() {
        return PACKETS.cluster()
                .api()
                .client()
                .genericKubernetesResources(EgressFirewalls.CONTEXT)
                .inNamespace("simpson")
                .withName("default")
                .require();
    }

    /** As which source; waits for what is dropped for three seconds. */
    private static Optional<String> asked(ClusterPod pod, Listener target, Family family) {
        return PACKETS.lab().attempt(pod, target.address(family), 80).source();
    }

    private static boolean reaches(ClusterPod pod, Listener target) {
        return asked(pod, target, Family.V4).isPresent();
    }

    private static Optional<String> overIpv6(ClusterPod pod) {
        return asked(pod, PACKETS.lab().outside(), Family.V6);
    }

    @Test
    void theFirstRuleThatMatchesDecidesAboutPacketsOfEveryNode() {
        DNS.answer(Map.of(WWW, THIRD));
        apply(List.of(allow(ALLOWED + "/32", "TCP", 80), allow("dnsName", WWW), deny("0.0.0.0/0"), deny("::/0")));
        try (var patty = PACKETS.lab().listen(PATTY);
                var homer = PACKETS.lab().listen(HOMER)) {
            for (var pod : SIMPSONS) {
                assertThat(PACKETS.lab().curl(pod)).as(pod.name()).isPresent();
                assertThat(reaches(pod, third)).as(pod.name()).isTrue();
                assertThat(reaches(pod, second)).as(pod.name()).isFalse();
                assertThat(reaches(pod, patty)).as(pod.name()).isTrue();
            }
            assertThat(overIpv6(MARGE)).isEmpty();
            assertThat(reaches(LISA, homer)).isTrue();
            assertThat(reaches(PATTY, homer)).isTrue();
        }
        assertThat(reaches(PATTY, second)).isTrue();

        DNS.answer(Map.of(WWW, SECOND));
        await("the changed answer").until(() -> reaches(HOMER, second));
        assertThat(reaches(HOMER, third)).isFalse();
    }

    @Test
    void theReversedOrderLetsNothingOut() {
        apply(List.of(deny("0.0.0.0/0"), allow("cidrSelector", ALLOWED + "/32")));

        assertThat(asked(MARGE, PACKETS.lab().outside(), Family.V4)).isEmpty();
        assertThat(overIpv6(MARGE)).as("IPv6 is another matter").isPresent();
    }

    @Test
    void whatIsAllowedKeepsItsEgressIp() {
        apply(List.of(
                allow("cidrSelector", ALLOWED + "/32"),
                deny("0.0.0.0/0"),
                allow(PACKETS.lab().outside().address(Family.V6) + "/128", "TCP", 80),
                deny("::/0")));
        PACKETS.cluster().label("worker-0");
        PACKETS.applyEgressIp(EGRESS_IP);

        SIMPSONS.forEach(pod -> assertThat(PACKETS.lab().curl(pod)).contains(EGRESS_IP));
        assertThat(reaches(LISA, second)).isFalse();
        assertThat(overIpv6(LISA)).isPresent();
    }

    @Test
    void nodesAreReachedAsTheRulesSay() {
        PACKETS.cluster()
                .editNode(node(1), node -> node.getMetadata().getLabels().put("pool", "infra"));
        apply(List.of(allow("nodeSelector", Map.of("matchLabels", Map.of("pool", "infra"))), deny("0.0.0.0/0")));
        var infra = PACKETS.lab().listen(node(1));
        var other = PACKETS.lab().listen(node(2));

        assertThat(reaches(HOMER, infra)).isTrue();
        assertThat(reaches(HOMER, other)).isFalse();
        PACKETS.cluster()
                .editNode(node(1), node -> node.getMetadata().getLabels().remove("pool"));
    }

    /** In this direction the ACLs of both are asked on one switch, and an allowing one of the sender's would open the other's. */
    @Test
    void aPodThatANetworkPolicyClosesIsNotReachedFromItsOwnNode() {
        var central = PACKETS.cluster().central();
        var ling = PACKETS.lab().listen(LING);
        central.nbctl("pg-add", "closed", LING.port());
        central.nbctl("--type=port-group", "acl-add", "closed", "to-lport", "1000", "outport == @closed && ip", "drop");
        try {
            apply(List.of(allow("cidrSelector", "0.0.0.0/0")));
            assertThat(reaches(HOMER, ling)).isFalse();
        } finally {
            central.nbctl("pg-del", "closed");
        }
    }

    @Test
    void administratorsDropAndLogWhatFirewallsAllow() {
        apply(List.of(allow("cidrSelector", "0.0.0.0/0")));
        PACKETS.cluster().central().nbctl("--fair", "meter-add", "acl-logging", "drop", "20", "pktps"); // ovnkube's
        var policy = PACKETS.cluster()
                .create(EgressFirewalls.adminPolicy(
                        "tenants",
                        Map.of(
                                "namespaceSelector",
                                Map.of("matchLabels", Map.of("house", "simpson")),
                                "rules",
                                List.of(
                                        Map.of(
                                                "action",
                                                "Drop",
                                                "to",
                                                Map.of("cidrSelector", SECOND + "/32"),
                                                "log",
                                                Map.of()),
                                        Map.of("action", "Log", "to", Map.of("cidrSelector", THIRD + "/32"))),
                                "bandwidth",
                                Map.of("rateKbps", 2000, "burstKb", 200))));
        try (var patty = PACKETS.lab().listen(PATTY)) {
            await("the policy is in the database")
                    .until(() -> PACKETS.cluster()
                            .central()
                            .nbctl("acl-list", "join")
                            .contains("tenants/1/v4"));
            PACKETS.lab().sync();

            assertThat(reaches(HOMER, second)).isFalse();
            assertThat(reaches(HOMER, third)).isTrue();
            assertThat(PACKETS.lab().curl(HOMER)).isPresent();
            assertThat(reaches(HOMER, patty)).isTrue();
            assertThat(reaches(PATTY, second)).isTrue();
            await("it is logged on the pod's node")
                    .untilAsserted(() -> assertThat(PACKETS.lab().controllerLog(node(0)))
                            .contains("name=\"tenants/1/v4\", verdict=drop", "name=\"tenants/2/v4\", verdict=allow"));
            var nodes = nodeAddress(HOMER); // and that of ling, whom nobody limits
            PACKETS.lab().count(nodes, 0);
            long limited = PACKETS.lab().flood(HOMER, nodes);
            long unlimited = PACKETS.lab().flood(LING, nodes);
            System.out.println("limited to 2 Mbit/s: " + limited + " bit/s, who is not selected: " + unlimited);
            assertThat(limited).isBetween(1_000_000L, 2_400_000L);
            assertThat(unlimited).isGreaterThan(4_000_000L);
        } finally {
            PACKETS.cluster().api().client().resource(policy).delete();
            await("no row of it is left")
                    .until(() -> PACKETS.cluster()
                            .central()
                            .nbctl("acl-list", "join")
                            .isBlank());
        }
    }

    @Test
    void answersToThoseWhoseConnectionsComeInAreNotDenied() {
        apply(List.of(deny("0.0.0.0/0")));
        var central = PACKETS.cluster().central();
        try (var listener = PACKETS.lab().listen(MARGE)) {
            central.nbctl("lb-add", "service", SERVICE + ":80", listener.address(Family.V4) + ":80");
            central.nbctl("lr-lb-add", node(0).gatewayRouter(), "service");
            PACKETS.lab().sync();

            assertThat(PACKETS.lab().curlService(SERVICE, node(0))).isPresent();
        } finally {
            central.nbctl("lb-del", "service");
        }
    }
}
