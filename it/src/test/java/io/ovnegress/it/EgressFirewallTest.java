package io.ovnegress.it;

import static io.ovnegress.it.harness.kube.EgressFirewalls.allow;
import static io.ovnegress.it.harness.kube.EgressFirewalls.deny;
import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.container.OvnProvider;
import io.ovnegress.it.harness.kube.EgressFirewalls;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.oracle.SourceAddress.Verdict;
import io.ovnegress.it.harness.process.Command;
import io.ovnegress.it.harness.process.DnsServer;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Family;
import io.ovnegress.it.harness.topology.NorthboundTopology;
import io.ovnegress.it.harness.topology.Topology;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What leaves a namespace with a firewall, in OVN's own words, from objects in a Kubernetes API and a DNS server to ovn-trace. */
class EgressFirewallTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1");
    private static final ClusterPod HOMER = Topology.pod("simpson", "homer", Map.of(), TOPOLOGY.node("worker-0"), 0);
    private static final ClusterPod LISA = Topology.pod("simpson", "lisa", Map.of(), TOPOLOGY.node("worker-1"), 0);
    private static final ClusterPod PATTY = Topology.pod("bouvier", "patty", Map.of(), TOPOLOGY.node("worker-0"), 1);
    private static final ClusterPod NED = Topology.pod("flanders", "ned", Map.of(), TOPOLOGY.node("worker-1"), 1);
    private static final String WWW = "www.example.com";
    private static final String EVERYTHING = "0.0.0.0/0";
    private static final DnsServer DNS = new DnsServer(1);

    @RegisterExtension
    static final ClusterExtension CONTROLLER = ClusterExtension.on(
                    () -> LiveCluster.start(TOPOLOGY, OvnProvider.start(), KubeApi.withFirewallsForTests()))
            .with("--enable-egress-firewall", "--dns-servers", DNS.address(), "--k8s-service-cidrs=172.30.0.0/16");

    @AfterAll
    static void stop() {
        DNS.close();
    }

    @BeforeEach
    void pods(LiveCluster cluster) {
        cluster.namespace("simpson", Map.of());
        cluster.namespace("bouvier", Map.of());
        List.of(HOMER, LISA, PATTY).forEach(cluster::run);
    }

    private static GenericKubernetesResource firewall(LiveCluster cluster) {
        return cluster.api()
                .client()
                .genericKubernetesResources(EgressFirewalls.CONTEXT)
                .inNamespace("simpson")
                .withName("default")
                .require();
    }

    private static void awaitApplied(LiveCluster cluster) {
        await("the firewall is applied")
                .untilAsserted(() -> assertThat(EgressIps.conditions(firewall(cluster)))
                        .containsEntry("Applied", "True RulesApplied"));
    }

    private static void replaceRules(LiveCluster cluster, List<Map<String, ?>> rules) {
        cluster.api()
                .client()
                .genericKubernetesResources(EgressFirewalls.CONTEXT)
                .inNamespace("simpson")
                .withName("default")
                .edit(object -> {
                    object.setAdditionalProperty("spec", Map.of("egress", rules));
                    return object;
                });
    }

    private static boolean leaves(LiveCluster cluster, ClusterPod pod, String to, String protocol, int port) {
        return !(cluster.sourceAddress().of(pod, to, protocol, port) instanceof Verdict.Dropped);
    }

    private static String acls(LiveCluster cluster) {
        return cluster.central().nbctl("--bare", "--columns=name", "find", "ACL", "name=ovn-egress-firewall");
    }

    private static String sets(LiveCluster cluster) {
        return cluster.central()
                .nbctl(
                        "--bare",
                        "--columns=name",
                        "find",
                        "Address_Set",
                        "external_ids:\"ovn-egress.io/feature\"=egress-firewall");
    }

    private static void awaitNothingLeft(LiveCluster cluster) {
        await("no row of firewalls is left").untilAsserted(() -> {
            assertThat(acls(cluster)).isBlank();
            assertThat(sets(cluster)).isBlank();
        });
    }

    @Test
    void packetsFareAsTheRulesSay(LiveCluster cluster) {
        DNS.answer(Map.of(WWW, "10.11.12.13"));
        cluster.editNode(
                TOPOLOGY.node("worker-1"),
                node -> node.getMetadata().getLabels().put("pool", "infra"));
        cluster.create(EgressFirewalls.of(
                "simpson",
                List.of(
                        allow("198.51.100.0/24", "TCP", 443),
                        allow("dnsName", WWW),
                        allow("nodeSelector", Map.of("matchLabels", Map.of("pool", "infra"))),
                        deny(EVERYTHING))));
        awaitApplied(cluster);
        await("the name is resolved")
                .untilAsserted(() -> assertThat(EgressIps.conditions(firewall(cluster)))
                        .containsEntry("NamesResolved", "True NamesResolved"));
        assertThat(EgressFirewalls.statusText(firewall(cluster))).isEqualTo("EgressFirewall Rules applied");

        var otherNode = Map.of(HOMER, TOPOLOGY.node("worker-1"), LISA, TOPOLOGY.node("worker-0"));
        for (var pod : List.of(HOMER, LISA)) {
            assertThat(leaves(cluster, pod, "198.51.100.7", "tcp", 443)).isTrue();
            assertThat(leaves(cluster, pod, "198.51.100.7", "tcp", 80)).isFalse();
            assertThat(leaves(cluster, pod, "198.51.100.7", "udp", 443)).isFalse();
            assertThat(leaves(cluster, pod, "10.11.12.13", "tcp", 80)).isTrue();
            assertThat(leaves(cluster, pod, "20.21.22.23", "tcp", 80)).isFalse();
            assertThat(leaves(cluster, pod, "8.8.8.8", "udp", 53)).isFalse();
            assertThat(leaves(cluster, pod, otherNode.get(pod).address(Family.V4), "udp", 53))
                    .as("DNS of a node")
                    .isTrue();
        }
        assertThat(leaves(cluster, HOMER, TOPOLOGY.node("worker-1").address(Family.V4), "tcp", 6443))
                .as("a node of the selector")
                .isTrue();
        assertThat(leaves(cluster, LISA, TOPOLOGY.node("worker-0").address(Family.V4), "tcp", 6443))
                .as("another node")
                .isFalse();
        assertThat(leaves(cluster, PATTY, "8.8.8.8", "tcp", 80))
                .as("of another namespace")
                .isTrue();
        assertThat(cluster.sourceAddress().of(HOMER, PATTY, Family.V4))
                .isEqualTo(new Verdict.Delivered(HOMER.ip(), PATTY.port()));
        assertThat(cluster.sourceAddress().of(HOMER, LISA, Family.V4))
                .isEqualTo(new Verdict.Delivered(HOMER.ip(), LISA.port()));

        DNS.answer(Map.of(WWW, "20.21.22.23"));
        await("the changed answer").until(() -> leaves(cluster, HOMER, "20.21.22.23", "tcp", 80));
        assertThat(leaves(cluster, HOMER, "10.11.12.13", "tcp", 80)).isFalse();

        replaceRules(cluster, List.of(deny(EVERYTHING), allow("dnsName", WWW)));
        await("the reversed order").until(() -> !leaves(cluster, HOMER, "20.21.22.23", "tcp", 80));

        cluster.api().client().resource(firewall(cluster)).delete();
        awaitNothingLeft(cluster);
        assertThat(leaves(cluster, HOMER, "8.8.8.8", "tcp", 80)).isTrue();
    }

    /** On one switch the destination's ACLs are asked in the same direction. */
    @Test
    void whatANetworkPolicyClosesStaysClosed(LiveCluster cluster) {
        cluster.central().nbctl("pg-add", "closed", PATTY.port());
        cluster.central()
                .nbctl(
                        "--type=port-group",
                        "acl-add",
                        "closed",
                        "to-lport",
                        "1000",
                        "outport == @closed && ip",
                        "drop");
        try {
            cluster.create(EgressFirewalls.of("simpson", List.of(allow("cidrSelector", EVERYTHING))));
            awaitApplied(cluster);

            assertThat(cluster.sourceAddress().of(HOMER, PATTY, Family.V4)).isInstanceOf(Verdict.Dropped.class);
        } finally {
            cluster.central().nbctl("pg-del", "closed");
        }
    }

    @Test
    void rowsAreRepairedAndFoundAgainByTheNextController(LiveCluster cluster) {
        cluster.create(EgressFirewalls.of("simpson", List.of(allow("cidrSelector", "1.2.3.0/24"), deny(EVERYTHING))));
        awaitApplied(cluster);
        assertThat(leaves(cluster, HOMER, "8.8.8.8", "tcp", 80)).isFalse();
        var rows = new TreeSet<>(acls(cluster).lines().toList());

        cluster.central().nbctl("--type=port-group", "acl-del", NorthboundTopology.portGroup("simpson"));
        await("the damage is repaired").until(() -> !leaves(cluster, HOMER, "8.8.8.8", "tcp", 80));
        assertThat(new TreeSet<>(acls(cluster).lines().toList())).isEqualTo(rows);

        int written = cluster.transactions().size();
        CONTROLLER.controller().process().stop();
        CONTROLLER.startController();
        awaitApplied(cluster);
        assertThat(cluster.transactions().size()).isEqualTo(written);

        CONTROLLER.controller().process().stop();
        Command.of(
                        "../deploy/tools/remove-rows.sh",
                        "--db",
                        cluster.central().northbound().address())
                .output();
        assertThat(acls(cluster)).isBlank();
        assertThat(sets(cluster)).isBlank();
        CONTROLLER.startController();
        await("the rows are there again").until(() -> !leaves(cluster, HOMER, "8.8.8.8", "tcp", 80));

        CONTROLLER.controller().process().stop();
        cluster.api().client().resource(firewall(cluster)).delete();
        CONTROLLER.startController();
        awaitNothingLeft(cluster);
    }

    @Test
    void administratorsDropLogAndLimitWhatLeavesAndNothingElse(LiveCluster cluster) {
        cluster.labelNamespace("simpson", Map.of("kind", "tenant"));
        var policy = cluster.create(EgressFirewalls.adminPolicy(
                "tenants",
                Map.of(
                        "namespaceSelector",
                        Map.of("matchLabels", Map.of("kind", "tenant")),
                        "rules",
                        List.of(
                                Map.of(
                                        "action",
                                        "Drop",
                                        "ports",
                                        List.of(Map.of("protocol", "TCP", "port", 25)),
                                        "log",
                                        Map.of("severity", "warning")),
                                Map.of("action", "Log", "to", Map.of("cidrSelector", "198.51.100.0/24"))),
                        "bandwidth",
                        Map.of("rateKbps", 2000, "burstKb", 200))));
        cluster.create(EgressFirewalls.of("simpson", List.of(allow("cidrSelector", EVERYTHING))));
        awaitApplied(cluster);
        await("mail is dropped").until(() -> !leaves(cluster, HOMER, "198.51.100.7", "tcp", 25));
        await("that is said")
                .untilAsserted(() -> assertThat(EgressIps.conditions(cluster.api()
                                .client()
                                .genericKubernetesResources(EgressFirewalls.ADMIN_POLICIES)
                                .withName("tenants")
                                .require()))
                        .containsEntry("Applied", "True RulesApplied"));

        assertThat(leaves(cluster, HOMER, "198.51.100.7", "tcp", 80)).isTrue();
        assertThat(leaves(cluster, LISA, "8.8.8.8", "tcp", 25)).isFalse();
        assertThat(leaves(cluster, PATTY, "8.8.8.8", "tcp", 25)).isTrue();
        assertThat(cluster.sourceAddress().of(HOMER, LISA, Family.V4))
                .isEqualTo(new Verdict.Delivered(HOMER.ip(), LISA.port()));
        var flows = cluster.central().sbctl("lflow-list", "join");
        assertThat(flows)
                .contains("set_meter(2000, 200)")
                .contains("name=\"tenants/1/v4\"", "severity=warning", "name=\"tenants/2/v4\"");

        cluster.api().client().resource(policy).delete();
        await("no row of it is left").untilAsserted(() -> {
            assertThat(cluster.central().nbctl("acl-list", "join")).isBlank();
            assertThat(cluster.central().nbctl("qos-list", "join")).isBlank();
        });
        assertThat(leaves(cluster, HOMER, "198.51.100.7", "tcp", 25)).isTrue();
    }

    /** A chassis does not read what names a port group that is not there; until a controller sees to it that may be long. */
    @Test
    void aNamespaceThatGoesWhileNoControllerRunsOpensNothingForOthers(LiveCluster cluster) {
        cluster.labelNamespace("simpson", Map.of("kind", "tenant"));
        cluster.namespace("flanders", Map.of("kind", "tenant"));
        cluster.run(NED);
        cluster.create(EgressFirewalls.adminPolicy(
                "tenants",
                Map.of(
                        "namespaceSelector",
                        Map.of("matchLabels", Map.of("kind", "tenant")),
                        "rules",
                        List.of(Map.of("action", "Drop", "ports", List.of(Map.of("protocol", "TCP", "port", 25)))))));
        await("mail is dropped")
                .until(() -> !leaves(cluster, HOMER, "198.51.100.7", "tcp", 25)
                        && !leaves(cluster, NED, "198.51.100.7", "tcp", 25));

        CONTROLLER.controller().process().stop();
        cluster.central().nbctl("pg-del", NorthboundTopology.portGroup("flanders"));
        cluster.central().nbctl("--wait=sb", "sync");

        assertThat(leaves(cluster, HOMER, "198.51.100.7", "tcp", 25)).isFalse();
        assertThat(leaves(cluster, HOMER, "198.51.100.7", "tcp", 80)).isTrue();
        CONTROLLER.startController();
        await("what named it is gone")
                .until(() -> !cluster.central()
                        .nbctl("acl-list", "join")
                        .contains(NorthboundTopology.portGroup("flanders")));
    }

    @Test
    void policiesOfOpenShiftSdnAreObeyed(LiveCluster cluster) {
        cluster.create(EgressFirewalls.policy(
                "simpson", "web", List.of(allow("cidrSelector", "1.2.3.0/24"), deny("0.0.0.0/32"))));
        await("the policy acts").until(() -> !leaves(cluster, HOMER, "8.8.8.8", "tcp", 80));
        assertThat(leaves(cluster, HOMER, "1.2.3.4", "tcp", 80)).isTrue();

        cluster.create(EgressFirewalls.policy("simpson", "more", List.of()));
        await("two policies let nothing out").until(() -> !leaves(cluster, HOMER, "1.2.3.4", "tcp", 80));
        await("that is said").untilAsserted(() -> {
            var policy = cluster.api()
                    .client()
                    .genericKubernetesResources(EgressFirewalls.POLICIES)
                    .inNamespace("simpson")
                    .withName("web")
                    .require();
            assertThat(EgressIps.conditions(policy)).containsEntry("Applied", "False SeveralPolicies");
            assertThat(EgressIps.message(policy, "Applied")).contains("simpson/more");
        });
        assertThat(cluster.api()
                        .client()
                        .v1()
                        .events()
                        .inNamespace("simpson")
                        .list()
                        .getItems())
                .extracting(Event::getReason)
                .contains("SeveralPolicies");
        Rights.assertEnough(cluster, "deploy/base/rbac.yaml", "deploy/components/egress-firewall/rbac.yaml");
    }
}
