package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.container.OvnProvider;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.northbound.EgressServices.Service;
import io.ovnegress.it.harness.northbound.NorthboundReader.Nat;
import io.ovnegress.it.harness.northbound.NorthboundReader.Policy;
import io.ovnegress.it.harness.northbound.NorthboundReader.Rows;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Somebody damages rows by hand while the controller runs, or while it does not: they end as they were. */
@Tag(OvnProvider.TAG)
class DriftRepairTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1");
    private static final String IP = "192.168.126.100";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final ClusterPod HOMER = Topology.pod("simpson", "homer", Map.of(), TOPOLOGY.node("worker-0"), 0);
    private static final ClusterPod MARGE = Topology.pod("simpson", "marge", Map.of(), TOPOLOGY.node("worker-1"), 0);

    @RegisterExtension
    static final ClusterExtension CONTROLLER = ClusterExtension.of(TOPOLOGY);

    /** What a hand does to homer's rows; {@code %1$s} is the policy's UUID and {@code %2$s} the SNAT's. */
    enum Damage {
        WRONG_NEXTHOP("set Logical_Router_Policy %1$s nexthops=\"100.64.0.3\""),
        NO_NEXTHOP("clear Logical_Router_Policy %1$s nexthops"),
        LEGACY_NEXTHOP("set Logical_Router_Policy %1$s nexthop=\"100.64.0.3\""),
        WRONG_MATCH("set Logical_Router_Policy %1$s match=\"ip4.src\\ ==\\ 10.128.0.111\""),
        WRONG_ACTION("set Logical_Router_Policy %1$s action=allow"),
        FOREIGN_POLICY_OPTION("set Logical_Router_Policy %1$s options:pkt_mark=1009"),
        POLICY_DELETED("remove Logical_Router ovn_cluster_router policies %1$s"),
        SNAT_DELETED("remove Logical_Router GR_worker-0 nat %2$s"),
        SNAT_ON_WRONG_ROUTER("remove Logical_Router GR_worker-0 nat %2$s -- add Logical_Router GR_worker-1 nat %2$s"),
        SNAT_ON_TWO_ROUTERS("add Logical_Router GR_worker-1 nat %2$s"),
        WRONG_EXTERNAL_IP("set NAT %2$s external_ip=192.168.126.222"),
        WRONG_LOGICAL_IP("set NAT %2$s logical_ip=10.128.0.222"),
        WRONG_LOGICAL_PORT("set NAT %2$s logical_port=k8s-worker-1"),
        NO_LOGICAL_PORT("clear NAT %2$s logical_port"),
        WRONG_NAT_OPTION("set NAT %2$s options:stateless=true"),
        DUPLICATE_POLICY("--id=@p create Logical_Router_Policy priority=100 action=reroute"
                + " match=\"ip4.src\\ ==\\ 10.128.0.5\" nexthops=\"100.64.0.2\" external_ids:name=egressip-demo"
                + " -- add Logical_Router ovn_cluster_router policies @p"),
        DUPLICATE_SNAT("--id=@n create NAT type=snat external_ip=192.168.126.100 logical_ip=10.128.0.5"
                + " logical_port=k8s-worker-0 options:stateless=false external_ids:name=egressip-demo"
                + " -- add Logical_Router GR_worker-0 nat @n"),
        ROWS_OF_A_POD_THAT_IS_NOT("--id=@p create Logical_Router_Policy priority=100 action=reroute"
                + " match=\"ip4.src\\ ==\\ 10.128.0.9\" nexthops=\"100.64.0.2\" external_ids:name=egressip-demo"
                + " -- add Logical_Router ovn_cluster_router policies @p"
                + " -- --id=@n create NAT type=snat external_ip=192.168.126.100 logical_ip=10.128.0.9"
                + " logical_port=k8s-worker-0 options:stateless=false external_ids:name=egressip-demo"
                + " -- add Logical_Router GR_worker-0 nat @n"),
        NO_IDENTITY("clear Logical_Router_Policy %1$s external_ids -- clear NAT %2$s external_ids");

        private final String command;

        Damage(String command) {
            this.command = command;
        }

        private void inflict(LiveCluster cluster) {
            var rows = cluster.rows();
            var policy = rows.reroutes().stream()
                    .filter(row -> row.match().endsWith(HOMER.ip()))
                    .findFirst()
                    .orElseThrow();
            var nat = rows.egressNats().stream()
                    .filter(row -> row.logicalIp().equals(HOMER.ip()))
                    .findFirst()
                    .orElseThrow();
            var words = Stream.of(command.formatted(policy.uuid(), nat.uuid()).split("(?<!\\\\) "))
                    .map(word -> word.replace("\\ ", " "))
                    .toList();
            cluster.central().nbctl(words);
        }
    }

    private static void simpsons(LiveCluster cluster) {
        CONTROLLER.doNotJudgeTransactions();
        cluster.label("worker-0");
        cluster.namespace("simpson", SIMPSON);
        cluster.run(HOMER);
        cluster.run(MARGE);
        cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
        cluster.awaitServices(
                Service.of(HOMER, IP, TOPOLOGY.node("worker-0")), Service.of(MARGE, IP, TOPOLOGY.node("worker-0")));
    }

    @ParameterizedTest
    @EnumSource
    void damageIsRepairedAtOnce(Damage damage, LiveCluster cluster) {
        simpsons(cluster);
        var before = withoutUuids(cluster.rows());

        damage.inflict(cluster);

        await("repair")
                .untilAsserted(() -> assertThat(withoutUuids(cluster.rows())).isEqualTo(before));
    }

    @Test
    void allDamageDoneWhileTheControllerIsDownIsRepairedAtItsStart(LiveCluster cluster) {
        simpsons(cluster);
        var before = withoutUuids(cluster.rows());
        CONTROLLER.controller().process().stop();

        for (var damage : List.of(
                Damage.WRONG_NEXTHOP,
                Damage.WRONG_NAT_OPTION,
                Damage.DUPLICATE_POLICY,
                Damage.DUPLICATE_SNAT,
                Damage.ROWS_OF_A_POD_THAT_IS_NOT)) {
            damage.inflict(cluster);
        }
        CONTROLLER.startController();

        await("repair")
                .untilAsserted(() -> assertThat(withoutUuids(cluster.rows())).isEqualTo(before));
    }

    @Test
    void theExemptionsOfClusterTrafficComeBackToo(LiveCluster cluster) {
        simpsons(cluster);
        var before = exemptions(cluster.rows());
        assertThat(before).isNotEmpty();

        cluster.central().nbctl("lr-policy-del", "ovn_cluster_router", "102");
        await("repair")
                .untilAsserted(() -> assertThat(exemptions(cluster.rows())).isEqualTo(before));

        cluster.central().nbctl("set", "Address_Set", "ovn_egress_served_pods_v4", "addresses=\"10.9.9.9\"");
        await("repair")
                .untilAsserted(() -> assertThat(cluster.rows()
                                .addressSet("ovn_egress_served_pods_v4")
                                .orElseThrow()
                                .addresses())
                        .containsExactlyInAnyOrder(HOMER.ip(), MARGE.ip()));
    }

    /** What a hand does to every row of an egress IP's own router at once. */
    enum RouterDamage {
        TAKEN_FROM_WHERE_IT_IS {
            @Override
            List<String> commands(OwnRows rows) {
                return rows.all(rows::removal);
            }
        },
        ROOTS_DELETED {
            @Override
            List<String> commands(OwnRows rows) {
                return rows.all((table, row) -> OwnRows.ROOTS.contains(table) ? "destroy " + table + " " + row : "");
            }
        },
        CHANGED {
            @Override
            List<String> commands(OwnRows rows) {
                return rows.all((table, row) ->
                        CHANGES.containsKey(table) ? "set %s %s %s".formatted(table, row, CHANGES.get(table)) : "");
            }
        };

        private static final Map<String, String> CHANGES = Map.of(
                "Logical_Router", "options:chassis=elsewhere",
                "Logical_Router_Port", "mac=\"0a:58:00:00:00:09\"",
                "Logical_Router_Static_Route", "nexthop=192.168.126.77",
                "Logical_Router_Policy", "action=allow",
                "Logical_Switch", "other_config:mcast_snoop=true",
                "Logical_Switch_Port", "options:gateway=77",
                "NAT", "external_ip=192.168.126.77",
                "ACL", "action=allow",
                "QoS", "direction=to-lport",
                "HA_Chassis", "priority=7");

        abstract List<String> commands(OwnRows rows);
    }

    @Test
    void everyRowOfARouterOfItsOwnIsRepaired(LiveCluster cluster) {
        CONTROLLER.doNotJudgeTransactions();
        cluster.label("worker-0", "worker-1");
        cluster.namespace("simpson", SIMPSON);
        cluster.run(HOMER);
        var object = EgressIps.of(
                "egressip-demo", Map.of("matchLabels", SIMPSON), Map.of("matchLabels", Map.of("app", "homer")), IP);
        object.getMetadata().setAnnotations(Map.of("ovn-egress.io/form", "Router", "ovn-egress.io/dscp", "46"));
        cluster.apply(object);
        cluster.awaitNothingToDo(CONTROLLER.controller(), "egressip-demo");
        var before = OwnRows.of(cluster);
        assertThat(before.tables())
                .contains(RouterDamage.CHANGES.keySet().toArray(String[]::new))
                .contains("Address_Set", "HA_Chassis_Group");

        for (var damage : RouterDamage.values()) {
            var commands = damage.commands(OwnRows.of(cluster));
            assertThat(commands).hasSizeGreaterThan(2);
            cluster.central().nbctl(List.of(String.join(" -- ", commands).split(" ")));
            await("repair of " + damage)
                    .untilAsserted(
                            () -> assertThat(OwnRows.of(cluster).inWords()).isEqualTo(before.inWords()));
        }
    }

    private static List<String> exemptions(Rows rows) {
        return rows.policies().stream()
                .filter(policy -> policy.priority() == 102)
                .map(policy -> policy.match() + policy.action() + policy.options())
                .sorted()
                .toList();
    }

    /** Everything an egress IP consists of, the node SNATs beside it included. */
    private static List<String> withoutUuids(Rows rows) {
        var policies =
                rows.policies().stream().filter(row -> row.priority() < 1000).map(DriftRepairTest::text);
        return Stream.concat(policies, rows.nats().stream().map(DriftRepairTest::text))
                .sorted()
                .toList();
    }

    private static String text(Policy row) {
        return String.join(
                " ",
                row.router(),
                Integer.toString(row.priority()),
                row.match(),
                row.action(),
                row.nexthops().toString(),
                row.options().toString(),
                row.externalIds().toString());
    }

    private static String text(Nat row) {
        return String.join(
                " ",
                row.router(),
                row.type(),
                row.externalIp(),
                row.logicalIp(),
                row.logicalPort(),
                row.options().toString(),
                row.externalIds().toString());
    }
}
