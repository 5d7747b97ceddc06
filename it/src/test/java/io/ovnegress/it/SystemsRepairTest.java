package io.ovnegress.it;

import static io.ovnegress.it.harness.kube.EgressFirewalls.allow;
import static io.ovnegress.it.harness.kube.EgressFirewalls.deny;
import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import io.ovnegress.it.OwnRows.Whose;
import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.container.OvnProvider;
import io.ovnegress.it.harness.kube.EgressFirewalls;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressRouters;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.process.DnsServer;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Somebody damages every row of egress routers, firewalls and administrators' policies by hand: they end as they were, and no other row
 * is another one.
 */
@Tag(OvnProvider.TAG)
class SystemsRepairTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1");
    private static final ClusterPod HOMER =
            Topology.pod("simpson", "homer", Map.of("app", "shop"), TOPOLOGY.node("worker-0"), 0);
    private static final ClusterPod NED = Topology.pod("flanders", "ned", Map.of(), TOPOLOGY.node("worker-1"), 1);
    private static final String WWW = "www.example.com";
    private static final DnsServer DNS = new DnsServer(30);

    /** What somebody does to every row that is of such a table, by turns. */
    private static final List<Map<String, String>> CHANGES = List.of(
            Map.of(
                    "Logical_Router", "options:chassis=elsewhere",
                    "Logical_Router_Port", "mac=\"0a:58:00:00:00:09\"",
                    "Logical_Router_Static_Route", "nexthop=192.168.126.77",
                    "Logical_Router_Policy", "action=allow",
                    "Logical_Switch", "other_config:mcast_snoop=true",
                    "Logical_Switch_Port", "options:gateway=77",
                    "Load_Balancer", "vips:\"9.9.9.9:9\"=\"8.8.8.8:8\"",
                    "NAT", "external_ip=192.168.126.77",
                    "ACL", "priority=77",
                    "QoS", "bandwidth:rate=77"),
            Map.of(
                    "Logical_Router_Policy", "match=\"ip4.src==10.128.0.111\"",
                    "Logical_Router_Port", "networks=\"100.64.9.9/16\"",
                    "Load_Balancer", "options:reject=false",
                    "NAT", "type=dnat",
                    "ACL", "match=\"ip4.src==10.128.0.111\"",
                    "QoS", "direction=to-lport",
                    "Address_Set", "addresses=10.9.9.9"),
            Map.of(
                    "Logical_Router_Policy", "priority=77",
                    "Logical_Router", "name=another",
                    "Load_Balancer", "name=another",
                    "NAT", "logical_ip=10.128.0.111",
                    "ACL", "action=reject",
                    "QoS", "priority=77"),
            Map.of("Load_Balancer", "protocol=sctp", "QoS", "match=\"ip4\"", "ACL", "direction=from-lport"));

    @RegisterExtension
    static final ClusterExtension CONTROLLER = ClusterExtension.on(
                    () -> LiveCluster.start(TOPOLOGY, OvnProvider.start(), KubeApi.embedded(EgressIps.CONTEXT)))
            .with(
                    "--enable-egress-router",
                    "--enable-egress-firewall",
                    "--dns-servers",
                    DNS.address(),
                    "--k8s-service-cidrs=172.30.0.0/16");

    @AfterAll
    static void stop() {
        DNS.close();
    }

    @BeforeEach
    void pods(LiveCluster cluster) {
        DNS.answer(Map.of(WWW, "10.11.12.13"));
        CONTROLLER.doNotJudgeTransactions();
        cluster.namespace("simpson", Map.of("kind", "tenant"));
        cluster.namespace("flanders", Map.of("kind", "tenant"));
        cluster.label("worker-0", "worker-1");
        cluster.run(HOMER);
        cluster.run(NED);
    }

    private static void awaitTrue(
            LiveCluster cluster, CustomResourceDefinitionContext kind, String namespace, String name, String type) {
        await(type + " of " + name).untilAsserted(() -> {
            var objects = cluster.api().client().genericKubernetesResources(kind);
            GenericKubernetesResource object = namespace.isEmpty()
                    ? objects.withName(name).require()
                    : objects.inNamespace(namespace).withName(name).require();
            assertThat(EgressIps.conditions(object).getOrDefault(type, "")).startsWith("True");
        });
    }

    private static void damageAll(LiveCluster cluster, Whose whose) {
        CONTROLLER.controller().awaitIdle();
        cluster.central().sync();
        var before = OwnRows.of(cluster, whose);
        damage(cluster, whose, before, "taken from where they are", before.all(before::removal));
        damage(
                cluster,
                whose,
                before,
                "deleted",
                OwnRows.of(cluster, whose)
                        .all((table, row) -> OwnRows.ROOTS.contains(table) ? "destroy " + table + " " + row : ""));
        for (var changes : CHANGES) {
            damage(
                    cluster,
                    whose,
                    before,
                    changes.toString(),
                    OwnRows.of(cluster, whose)
                            .all((table, row) -> changes.containsKey(table)
                                    ? "set %s %s %s".formatted(table, row, changes.get(table))
                                    : ""));
        }
        damage(
                cluster,
                whose,
                before,
                "marks taken away",
                OwnRows.of(cluster, whose)
                        .all((table, row) -> table.equals("Logical_Switch_Port")
                                ? ""
                                : "clear " + table + " " + row + " external_ids"));
    }

    private static void damage(LiveCluster cluster, Whose whose, OwnRows before, String what, List<String> commands) {
        assertThat(commands).as(what).isNotEmpty();
        cluster.central().nbctl(List.of(String.join(" -- ", commands).split(" ")));
        await("repair of what was " + what).untilAsserted(() -> {
            var now = OwnRows.of(cluster, whose);
            assertThat(now.inWords()).isEqualTo(before.inWords());
            assertThat(now.others()).isEqualTo(before.others());
        });
    }

    @Test
    void everyRowOfAnEgressRouterIsRepaired(LiveCluster cluster) {
        cluster.create(EgressRouters.of(
                "simpson",
                "bank",
                Map.of(
                        "addresses",
                        List.of("192.168.126.200", "192.168.126.201"),
                        "highAvailability",
                        true,
                        "destinationsText",
                        "80 tcp 203.0.113.25\n53 udp 203.0.113.26 5353",
                        "clients",
                        Map.of("podSelector", Map.of("matchLabels", Map.of("app", "shop"))))));
        awaitTrue(cluster, EgressRouters.CONTEXT, "simpson", "bank", "Ready");
        assertThat(OwnRows.of(cluster, Whose.EGRESS_ROUTER).tables())
                .contains(
                        "Logical_Router",
                        "Logical_Router_Port",
                        "Logical_Router_Static_Route",
                        "Logical_Router_Policy",
                        "Logical_Switch",
                        "Logical_Switch_Port",
                        "Load_Balancer",
                        "NAT",
                        "ACL",
                        "Address_Set");

        damageAll(cluster, Whose.EGRESS_ROUTER);
    }

    @Test
    void everyRowOfFirewallsAndAdministratorsIsRepaired(LiveCluster cluster) {
        cluster.create(EgressFirewalls.of(
                "simpson",
                List.of(
                        allow("1.2.3.0/24", "TCP", 443),
                        allow("dnsName", WWW),
                        allow("nodeSelector", Map.of()),
                        deny("0.0.0.0/0"))));
        cluster.create(EgressFirewalls.policy("flanders", "web", List.of(deny("1.2.3.0/24"))));
        cluster.create(EgressFirewalls.adminPolicy(
                "tenants",
                Map.of(
                        "namespaceSelector",
                        Map.of("matchLabels", Map.of("kind", "tenant")),
                        "rules",
                        List.of(
                                Map.of("action", "Drop", "log", Map.of("severity", "warning")),
                                Map.of("action", "Log", "to", Map.of("cidrSelector", "198.51.100.0/24"))),
                        "bandwidth",
                        Map.of("rateKbps", 2000, "burstKb", 200))));
        awaitTrue(cluster, EgressFirewalls.CONTEXT, "simpson", "default", "NamesResolved");
        awaitTrue(cluster, EgressFirewalls.POLICIES, "flanders", "web", "Applied");
        awaitTrue(cluster, EgressFirewalls.ADMIN_POLICIES, "", "tenants", "Applied");
        assertThat(OwnRows.of(cluster, Whose.FIREWALL).tables()).contains("ACL", "QoS", "Address_Set");

        damageAll(cluster, Whose.FIREWALL);
    }
}
