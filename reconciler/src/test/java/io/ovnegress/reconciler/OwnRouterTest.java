package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.groupOf;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.HaChassis;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.LogicalRouterStaticRoute;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.NbGlobal;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.input.InputChange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An egress IP with a logical router of its own, in steps: the router, what leads there, and their ends. */
final class OwnRouterTest extends OwnRouterFixture {
    @Test
    void aRouterHasEverythingAndOnePolicyLeadsTheNamespaceThere() {
        cluster.start(seed(FLOATING));

        var router = our("router");
        assertThat(router.get(LogicalRouter.NAME)).isEqualTo(ROUTER);
        assertThat(router.get(LogicalRouter.OPTIONS)).doesNotContainKey("chassis");
        var inside = our("inside");
        assertThat(inside.get(LogicalRouterPort.NETWORKS)).containsExactly("100.64.255.254/16");
        assertThat(inside.get(LogicalRouterPort.MAC)).isEqualTo("0a:58:64:40:ff:fe");
        var outside = our("outside");
        assertThat(outside.get(LogicalRouterPort.NETWORKS)).containsExactly(EGRESS_IP + "/24");
        assertThat(outside.get(LogicalRouterPort.MAC)).isEqualTo("0a:58:c0:a8:7e:64");
        assertThat(outside.get(LogicalRouterPort.HA_CHASSIS_GROUP))
                .containsExactly(our("group").id());
        assertThat(chassis()).isEqualTo(Map.of("chassis-1", 100L, "chassis-2", 50L, "chassis-3", 40L));
        assertThat(our("localnet").get(LogicalSwitchPort.OPTIONS)).isEqualTo(Map.of("network_name", "physnet"));
        assertThat(our("fence/10.128.0.0/14").get(Acl.MATCH))
                .isEqualTo("inport == \"etor-" + ROUTER + "\" && ip4.src == 10.128.0.0/14");
        assertThat(our("snat/10.128.0.0/14").get(Nat.EXTERNAL_IP)).isEqualTo(EGRESS_IP);
        assertThat(our("default/v4").get(LogicalRouterStaticRoute.NEXTHOP)).isEqualTo("192.168.126.1");
        assertThat(our("to-pods/10.128.0.0/14").get(LogicalRouterStaticRoute.NEXTHOP))
                .isEqualTo("100.64.0.1");
        assertThat(cluster.database.children(LogicalRouter.STATIC_ROUTES, cluster.routers.get("ovn_cluster_router")))
                .extracting(row -> row.get(LogicalRouterStaticRoute.IP_PREFIX))
                .containsExactly("100.64.255.254");
        assertThat(ways()).singleElement().satisfies(way -> {
            assertThat(match(way)).isEqualTo("ip4.src == $" + groupOf("simpson") + "_ip4");
            assertThat(way.get(LogicalRouterPolicy.PRIORITY)).isEqualTo(98);
            assertThat(way.get(LogicalRouterPolicy.NEXTHOPS)).containsExactly("100.64.255.254");
        });
        assertThat(items("demo")).containsExactly(new StatusItem("node1", EGRESS_IP));
    }

    @Test
    void whatLeadsThereComesWhenTheRouterIsInstalledEverywhere() {
        cluster.connect();
        cluster.start(seed());
        cluster.reconciler.apply(new InputChange.Put(FLOATING), cluster.now);
        cluster.commitWithoutAnswer();
        assertThat(our("router")).isNotNull();
        assertThat(ways()).isEmpty();

        cluster.reconciler.apply(cluster.database.answer());
        cluster.commitWithoutAnswer();
        assertThat(ways()).hasSize(1);
    }

    @Test
    void aDeletedObjectLeavesNothingAndItsRouterIsNeverWithoutItsGroup() {
        cluster.start(seed(FLOATING));
        var ends = new ArrayList<String>();
        after(() -> {
            if (ours().isEmpty()) {
                ends.add("gone");
            } else if (our("outside").get(LogicalRouterPort.HA_CHASSIS_GROUP).isEmpty()) {
                ends.add("without a group");
            }
        });

        cluster.remove(EgressIpInput.KIND, "demo");
        cluster.after(Duration.ofSeconds(1));

        assertThat(ours()).isEmpty();
        assertThat(ways()).isEmpty();
        assertThat(cluster.database.rows(AddressSet.TABLE))
                .noneMatch(row -> row.get(AddressSet.NAME).contains("routed"));
        assertThat(ends).doesNotContain("without a group");
        assertThat(cluster.database.rows(LogicalSwitchPort.TABLE))
                .noneMatch(row -> row.get(LogicalSwitchPort.NAME).contains("egressip"));
    }

    @Test
    void aRestartWritesNothing() {
        cluster.start(seed(FLOATING));

        cluster.restart(seed(FLOATING.edit()
                .statusItems(List.of(new StatusItem("node1", EGRESS_IP)))
                .build()));

        assertThat(cluster.transactions.stream().flatMap(List::stream))
                .as("it asks what is installed")
                .allMatch(
                        operation -> operation instanceof Operation.Mutate mutate && mutate.table() == NbGlobal.TABLE);
    }

    @Test
    void severalAddressesAreSeveralRoutersOnDifferentNodes() {
        var two =
                FLOATING.edit().egressIps(List.of(EGRESS_IP, "192.168.126.101")).build();
        cluster.start(seed(two));

        assertThat(cluster.database.rows(LogicalRouter.TABLE))
                .filteredOn(row -> row.get(LogicalRouter.NAME).startsWith("egressip_"))
                .hasSize(2);
        assertThat(ways())
                .singleElement()
                .satisfies(way -> assertThat(way.get(LogicalRouterPolicy.NEXTHOPS))
                        .containsExactlyInAnyOrder("100.64.255.254", "100.64.255.253"));
    }

    @Test
    void itsSnatSaysWhichNamespacesLeaveByItAndNobodyWaitsForThat() {
        cluster.start(seed(FLOATING));
        assertThat(namespacesSaid()).isEqualTo("simpson");
        cluster.portGroup("moe");
        var without = new ArrayList<Integer>();
        after(() -> without.add(ways().size()));

        cluster.put(namespace("moe", "house=simpson"));
        assertThat(ways()).as("at once").hasSize(2);
        seconds();

        assertThat(namespacesSaid()).isEqualTo("moe,simpson");
        assertThat(without).doesNotContain(0);
        seconds(namespace("moe", "house=moe"));
        assertThat(namespacesSaid()).isEqualTo("simpson");
    }

    private String namespacesSaid() {
        return our("snat/10.128.0.0/14").get(Nat.EXTERNAL_IDS).get("ovn-egress.io/namespaces");
    }

    @Test
    void everyDamagedRowIsPutRight() {
        cluster.start(seed(FLOATING));
        var whole = new HashMap<>(ours());
        for (var part : whole.keySet()) {
            var row = whole.get(part);
            cluster.tamper(() -> cluster.database.delete(row.table(), row.id()));
            cluster.after(Duration.ofMinutes(2));
            seconds();
            assertThat(ours()).as("%s was deleted", part).isEqualTo(whole);
        }
        Stream.of(
                        Map.entry(
                                "inside",
                                Cell.of(LogicalRouterPort.NETWORKS, Set.of("100.64.255.254/16", "10.9.9.9/24"))),
                        Map.entry("outside", Cell.of(LogicalRouterPort.MAC, "0a:58:00:00:00:01")),
                        Map.entry("outside", Cell.of(LogicalRouterPort.HA_CHASSIS_GROUP, Set.<java.util.UUID>of())),
                        Map.entry("router", Cell.of(LogicalRouter.OPTIONS, Map.of("chassis", "chassis-2"))),
                        Map.entry("router", Cell.of(LogicalRouter.EXTERNAL_IDS, Map.<String, String>of())),
                        Map.entry("switch", Cell.of(LogicalSwitch.OTHER_CONFIG, Map.of("subnet", "10.0.0.0/8"))),
                        Map.entry("fence/10.128.0.0/14", Cell.of(Acl.ACTION, "allow")),
                        Map.entry("fence/10.128.0.0/14", Cell.of(Acl.EXTERNAL_IDS, Map.<String, String>of())),
                        Map.entry("snat/10.128.0.0/14", Cell.of(Nat.EXTERNAL_IP, "192.168.126.11")),
                        Map.entry("localnet", Cell.of(LogicalSwitchPort.OPTIONS, Map.of("network_name", "other"))),
                        Map.entry("default/v4", Cell.of(LogicalRouterStaticRoute.NEXTHOP, "192.168.126.2")),
                        Map.entry("chassis/chassis-1", Cell.of(HaChassis.PRIORITY, 1L)))
                .forEach(damage -> {
                    var row = whole.get("floating/" + damage.getKey());
                    cluster.tamper(() -> cluster.database.set(row.table(), row.id(), damage.getValue()));
                    cluster.after(Duration.ofMinutes(2));
                    seconds();
                    assertThat(ours()).as("%s", damage).isEqualTo(whole);
                });
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyDamageToWhatLeadsThereIsPutRight(boolean isNarrowed) {
        var object =
                isNarrowed ? FLOATING.edit().podSelector(where("app=homer")).build() : FLOATING;
        cluster.start(seed(object));
        seconds();
        var whole = leading();
        assertThat(whole.keySet()).anyMatch(id -> id.contains("strangers"));
        assertThat(ways()).hasSize(1);
        whole.forEach((id, row) -> {
            cluster.tamper(() -> cluster.database.delete(row.table(), row.id()));
            cluster.after(Duration.ofMinutes(2));
            seconds();
            assertThat(leading()).as("%s was deleted", id).isEqualTo(whole);
        });
        whole.values().stream()
                .filter(row -> row.table() == LogicalRouterPolicy.TABLE)
                .forEach(row -> Stream.of(
                                Cell.of(LogicalRouterPolicy.MATCH, "ip4.src == 10.128.0.0/14"),
                                Cell.of(LogicalRouterPolicy.PRIORITY, 42L),
                                Cell.of(LogicalRouterPolicy.NEXTHOPS, Set.of("100.64.0.9")),
                                Cell.of(LogicalRouterPolicy.ACTION, "allow"),
                                Cell.of(LogicalRouterPolicy.EXTERNAL_IDS, Map.<String, String>of()))
                        .filter(damage -> !damage.value().equals(row.get(damage.column())))
                        .forEach(damage -> {
                            cluster.tamper(() -> cluster.database.set(row.table(), row.id(), damage));
                            cluster.after(Duration.ofMinutes(2));
                            seconds();
                            assertThat(leading()).as("%s of %s", damage, row).isEqualTo(whole);
                        }));
    }

    /** Its packets are as long as those that leave by the node's gateway router. */
    @Test
    void itsPortsHaveTheMtuOfTheGatewayRoutersPortsAndFollowIt() {
        tellMtu("1400");
        cluster.start(seed(FLOATING));
        assertThat(our("inside").get(LogicalRouterPort.OPTIONS)).containsEntry("gateway_mtu", "1400");
        assertThat(our("outside").get(LogicalRouterPort.OPTIONS)).containsEntry("gateway_mtu", "1401");

        cluster.tamper(() -> tellMtu("1300"));
        seconds();

        assertThat(our("inside").get(LogicalRouterPort.OPTIONS)).containsEntry("gateway_mtu", "1300");
        assertThat(our("outside").get(LogicalRouterPort.OPTIONS)).containsEntry("gateway_mtu", "1301");
    }

    private void tellMtu(String mtu) {
        cluster.database.set(
                LogicalRouterPort.TABLE,
                cluster.portNamed("rtoj-GR_node1"),
                Cell.of(LogicalRouterPort.OPTIONS, Map.of("gateway_mtu", mtu)));
        cluster.database.set(
                LogicalRouterPort.TABLE,
                cluster.portNamed("rtoe-GR_node1"),
                Cell.of(LogicalRouterPort.OPTIONS, Map.of("gateway_mtu", mtu.substring(0, 3) + "1")));
    }

    @Test
    void addressesOfDeletedObjectsAreUsedAgain() {
        cluster.start(seed(FLOATING));
        cluster.remove(EgressIpInput.KIND, "demo");
        seconds(egressIp("next", SIMPSON, "192.168.126.102")
                .edit()
                .form(EgressForm.FLOATING)
                .build());

        assertThat(ways())
                .singleElement()
                .satisfies(
                        way -> assertThat(way.get(LogicalRouterPolicy.NEXTHOPS)).containsExactly("100.64.255.254"));
    }

    /** Somebody has given it the address of a node, or of another router. */
    @Test
    void aRouterDoesNotKeepAnAddressOnTheJoinSwitchThatAnotherRouterHas() {
        cluster.start(seed(FLOATING));

        var port = our("inside").id();
        cluster.tamper(() -> cluster.database.set(
                LogicalRouterPort.TABLE, port, Cell.of(LogicalRouterPort.NETWORKS, Set.of("100.64.0.3/16"))));
        seconds();

        assertThat(our("inside").get(LogicalRouterPort.NETWORKS)).containsExactly("100.64.255.254/16");
        assertThat(ways())
                .singleElement()
                .satisfies(
                        way -> assertThat(way.get(LogicalRouterPolicy.NEXTHOPS)).containsExactly("100.64.255.254"));
    }
}
