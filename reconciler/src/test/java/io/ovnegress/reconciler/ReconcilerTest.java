package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.createdAt;
import static io.ovnegress.reconciler.TestCluster.draining;
import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.finished;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.Qos;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.OvsdbError;
import io.ovnegress.ovsdb.replica.ReplicaFault;
import io.ovnegress.ovsdb.replica.RowUpdate;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.desired.StatusCondition;
import io.ovnegress.reconciler.desired.StatusCondition.Reason;
import io.ovnegress.reconciler.input.EgressIpInput;
import io.ovnegress.reconciler.input.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NodeInput;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Behaviour of the whole machine on a strict fake database; every commit is checked for safety. */
class ReconcilerTest {
    private static final LabelSelector SIMPSON = where("house=simpson");
    private static final InputObject[] SEED = {
        node(1),
        node(2),
        node(3, false, true),
        namespace("simpson", "house=simpson"),
        namespace("bouvier", "house=bouvier"),
        pod("simpson", "homer", 1, "10.128.0.5"),
        pod("simpson", "marge", 3, "10.128.4.5"),
        pod("bouvier", "selma", 1, "10.128.0.6"),
        egressIp("demo", SIMPSON, "192.168.126.100")
    };

    private final TestCluster cluster = new TestCluster().topology(1, 2, 3);

    private static InputObject[] seedAnd(InputObject... more) {
        var all = new InputObject[SEED.length + more.length];
        System.arraycopy(SEED, 0, all, 0, SEED.length);
        System.arraycopy(more, 0, all, SEED.length, more.length);
        return all;
    }

    @Test
    void selectedPodsAreReroutedToTheEgressNodeAndTranslatedThere() {
        cluster.start(SEED);

        assertThat(cluster.reroutes())
                .isEqualTo(Map.of("10.128.0.5", Set.of("100.64.0.2"), "10.128.4.5", Set.of("100.64.0.2")));
        assertThat(cluster.snats())
                .containsExactly("GR_node1 10.128.0.5 192.168.126.100", "GR_node1 10.128.4.5 192.168.126.100");
        assertThat(cluster.servedV4()).containsExactly("10.128.0.5", "10.128.4.5");
        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node1", "192.168.126.100"));
    }

    @Test
    void snatRowHasEveryColumnThatOvnKubernetesWrites() {
        cluster.start(SEED);

        var row = cluster.database.children(LogicalRouter.NAT, cluster.routers.get("GR_node1")).stream()
                .filter(nat -> nat.get(Nat.LOGICAL_IP).equals("10.128.0.5"))
                .findFirst()
                .orElseThrow();
        assertThat(row.get(Nat.TYPE)).isEqualTo("snat");
        assertThat(row.get(Nat.EXTERNAL_IP)).isEqualTo("192.168.126.100");
        assertThat(row.get(Nat.LOGICAL_PORT)).containsExactly("k8s-node1");
        assertThat(row.get(Nat.OPTIONS)).isEqualTo(Map.of("stateless", "false"));
        assertThat(row.get(Nat.EXTERNAL_IDS))
                .isEqualTo(Map.of(
                        "name", "demo",
                        "ovn-egress.io/id", "snat/10.128.0.5/192.168.126.100",
                        "ovn-egress.io/owner", "EgressIP/demo",
                        "ovn-egress.io/pod", "simpson/homer"));
    }

    @Test
    void baselineKeepsTrafficInsideTheClusterWhereItIs() {
        cluster.start(SEED);

        assertThat(policies(102))
                .containsExactlyInAnyOrder(
                        "ip4.src == 10.128.0.0/14 && ip4.dst == 10.128.0.0/14 {}",
                        "ip6.src == fd01::/48 && ip6.dst == fd01::/48 {}",
                        "ip4.src == 10.128.0.0/14 && ip4.dst == 100.64.0.0/16 {}",
                        "ip6.src == fd01::/48 && ip6.dst == fd98::/64 {}",
                        "ip4.src == $ovn_egress_served_pods_v4 && ip4.dst == $ovn_egress_node_ips_v4 {pkt_mark=1008}",
                        "ip6.src == $ovn_egress_served_pods_v6 && ip6.dst == $ovn_egress_node_ips_v6 {pkt_mark=1008}",
                        "pkt.mark == 42 {}");
        assertThat(cluster.members("ovn_egress_node_ips_v4"))
                .containsExactly("192.168.126.11", "192.168.126.12", "192.168.126.13");
        for (var node : cluster.database.rows(LogicalSwitch.TABLE)) {
            assertThat(cluster.database.children(LogicalSwitch.QOS_RULES, node.id()))
                    .extracting(row -> row.get(Qos.MATCH) + row.get(Qos.ACTION) + row.get(Qos.PRIORITY))
                    .containsExactlyInAnyOrder(
                            "ip4.src == $ovn_egress_served_pods_v4 && ct.trk && ct.rpl{mark=42}103",
                            "ip6.src == $ovn_egress_served_pods_v6 && ct.trk && ct.rpl{mark=42}103");
        }
    }

    private List<String> policies(long priority) {
        return cluster.database.children(LogicalRouter.POLICIES, cluster.routers.get("ovn_cluster_router")).stream()
                .filter(row -> row.get(LogicalRouterPolicy.PRIORITY) == priority)
                .map(row -> row.get(LogicalRouterPolicy.MATCH) + " " + row.get(LogicalRouterPolicy.OPTIONS))
                .toList();
    }

    @Test
    void serverThatCannotMarkGetsNoQosRules() {
        cluster.database.refuseMarks();

        cluster.start(SEED);

        assertThat(cluster.database.rows(Qos.TABLE)).isEmpty();
        assertThat(cluster.snats()).hasSize(2);
    }

    @Test
    void nothingIsDoneBeforeEveryKindWasListed() {
        cluster.start(SEED);
        var content = cluster.content();
        cluster.reconciler = new Reconciler(TestCluster.CONFIG);
        cluster.connect();

        for (var kind : List.of(InputKind.EGRESS_IP, InputKind.NAMESPACE, InputKind.NODE)) {
            cluster.reconciler.apply(new InputChange.Listed(kind, List.of()), cluster.now);
            assertThat(cluster.reconciler.nextTransaction(cluster.now)).isEmpty();
        }

        assertThat(cluster.content()).isEqualTo(content);
    }

    @Test
    void restartWithoutChangesSendsNoTransaction() {
        cluster.start(SEED);

        cluster.restart(SEED);

        assertThat(cluster.transactions).isEmpty();
        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node1", "192.168.126.100"));
    }

    @Test
    void restartFindsTheNodeInTheDatabaseWhenTheStatusWasLost() {
        cluster.start(SEED);
        cluster.put(node(1, true, false)).put(node(1));
        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node2", "192.168.126.100"));

        cluster.restart(SEED);

        assertThat(cluster.transactions).isEmpty();
        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node2", "192.168.126.100"));
    }

    @Test
    void changesMadeWhileDownAreCaughtUp() {
        cluster.start(SEED);

        cluster.restart(
                node(2),
                namespace("simpson", "house=simpson"),
                pod("simpson", "homer", 2, "10.128.2.9"),
                egressIp("demo", SIMPSON, "192.168.126.100"));

        assertThat(cluster.snats()).containsExactly("GR_node2 10.128.2.9 192.168.126.100");
        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.2.9");
        assertThat(cluster.servedV4()).containsExactly("10.128.2.9");
    }

    @Test
    void lostNodeMovesItsEgressIpInOneTransaction() {
        cluster.start(SEED);
        int commits = cluster.database.commits;

        cluster.put(node(1, true, false));

        assertThat(cluster.snats())
                .containsExactly("GR_node2 10.128.0.5 192.168.126.100", "GR_node2 10.128.4.5 192.168.126.100");
        assertThat(cluster.reroutes().values()).containsOnly(Set.of("100.64.0.3"));
        assertThat(cluster.database.commits).isEqualTo(commits + 1);
        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node2", "192.168.126.100"));
    }

    @Test
    void movedRowsKeepTheirIdentity() {
        cluster.start(SEED);
        var before = cluster.database.rows(Nat.TABLE).stream().map(Row::id).toList();

        cluster.put(node(1, true, false));

        assertThat(cluster.database.rows(Nat.TABLE).stream().map(Row::id)).isEqualTo(before);
    }

    @Test
    void egressIpMovesWholeHoweverManyPodsItHas() {
        var small = new TestCluster(TestCluster.config(false, 10)).topology(1, 2);
        small.start(
                node(1), node(2), namespace("simpson", "house=simpson"), egressIp("demo", SIMPSON, "192.168.126.100"));
        for (int i = 0; i < 60; i++) {
            small.reconciler.apply(new InputChange.Put(pod("simpson", "p" + i, 1, "10.128.0." + (10 + i))), small.now);
        }
        small.settle();
        assertThat(small.transactions).hasSizeGreaterThan(10);
        small.transactions.clear();

        small.put(node(1, true, false));

        assertThat(small.transactions).hasSize(1);
        assertThat(small.transactions.get(0))
                .as("rows that change alike share an operation")
                .hasSizeLessThan(10);
        assertThat(small.snats()).hasSize(60).allMatch(snat -> snat.startsWith("GR_node2"));
    }

    @Test
    void theEgressIpWithMostPodsMovesFirst() {
        var small = new TestCluster(TestCluster.config(false, 1)).topology(1, 2);
        small.start(
                node(1),
                node(2, false, true),
                namespace("simpson", "house=simpson"),
                namespace("bouvier", "house=bouvier"),
                namespace("flanders", "house=flanders"),
                pod("simpson", "homer", 1, "10.128.0.5"),
                pod("bouvier", "patty", 1, "10.128.0.6"),
                pod("bouvier", "selma", 1, "10.128.0.7"),
                pod("bouvier", "marge", 1, "10.128.0.8"),
                pod("flanders", "ned", 1, "10.128.0.9"),
                pod("flanders", "todd", 1, "10.128.0.10"),
                egressIp("a", SIMPSON, "192.168.126.100"),
                egressIp("b", where("house=bouvier"), "192.168.126.101"),
                egressIp("c", where("house=flanders"), "192.168.126.102"));
        var moved = new ArrayList<Set<String>>();
        small.reconciler.apply(new InputChange.Put(node(2)), small.now);
        small.reconciler.apply(new InputChange.Reachability("node1", false), small.now);

        for (var planned = small.reconciler.nextTransaction(small.now);
                planned.isPresent();
                planned = small.reconciler.nextTransaction(small.now)) {
            moved.add(planned.get().owners());
            small.commit(planned.get());
        }

        assertThat(moved).startsWith(Set.of("b"), Set.of("c"), Set.of("a"));
        assertThat(small.snats()).hasSize(6).allMatch(snat -> snat.startsWith("GR_node2"));
    }

    @Test
    void podsThatChangeHandsDuringAMoveHaveTheLastWord() {
        cluster.start(
                node(1),
                node(2),
                namespace("simpson", "house=simpson"),
                egressIp("demo", 5, SIMPSON, LabelSelector.EVERYTHING, "192.168.126.100"));
        var pods = new ArrayList<InputObject>();
        for (int i = 0; i < 60; i++) {
            pods.add(pod("simpson", "p" + i, 1, Map.of("half", "" + i % 2), "10.128.0." + (10 + i)));
        }
        cluster.put(pods.toArray(InputObject[]::new));

        cluster.reconciler.apply(new InputChange.Put(node(1, true, false)), cluster.now);
        cluster.reconciler.apply(
                new InputChange.Put(egressIp("older", 1, SIMPSON, where("half=1"), "192.168.126.101")), cluster.now);
        cluster.reconciler.apply(new InputChange.Removed(InputKind.POD, "simpson/p0"), cluster.now);
        cluster.settle();

        assertThat(cluster.snats())
                .filteredOn(snat -> snat.endsWith("192.168.126.101"))
                .hasSize(30);
        assertThat(cluster.snats())
                .filteredOn(snat -> snat.endsWith("192.168.126.100"))
                .hasSize(29);
        assertThat(cluster.snats()).allMatch(snat -> snat.startsWith("GR_node2"));
    }

    @Test
    void podsAreFollowedWhileTheirEgressIpMoves() {
        var small = new TestCluster(TestCluster.config(false, 10)).topology(1, 2);
        small.start(
                node(1), node(2), namespace("simpson", "house=simpson"), egressIp("demo", SIMPSON, "192.168.126.100"));
        for (int i = 0; i < 30; i++) {
            small.reconciler.apply(new InputChange.Put(pod("simpson", "p" + i, 1, "10.128.0." + (10 + i))), small.now);
        }
        // Two transactions of the load are on their way when the node is lost.
        var first = small.reconciler.nextTransaction(small.now).orElseThrow();
        var second = small.reconciler.nextTransaction(small.now).orElseThrow();
        small.reconciler.apply(new InputChange.Put(node(1, true, false)), small.now);
        small.commit(first);
        var third = small.reconciler.nextTransaction(small.now);
        small.commit(second);
        third.ifPresent(small::commit);
        small.settle();

        assertThat(small.snats()).hasSize(30).allMatch(snat -> snat.startsWith("GR_node2"));
    }

    @Test
    void withoutAnyNodeLeftTheRowsGoAndTheStatusSaysWhy() {
        cluster.start(SEED);

        cluster.put(node(1, false, true), node(2, false, true));

        assertThat(cluster.snats()).isEmpty();
        assertThat(cluster.reroutes()).isEmpty();
        assertThat(cluster.items("demo")).isEmpty();
        assertThat(reason("demo", StatusCondition.Type.Assigned)).isEqualTo(Reason.NoEgressNode);
        assertThat(cluster.events)
                .extracting(StatusChange.Event::reason)
                .contains(StatusChange.EventReason.NoMatchingNodeFound);
    }

    private Reason reason(String egressIp, StatusCondition.Type type) {
        return cluster.statuses.get(egressIp).conditions().stream()
                .filter(condition -> condition.type() == type)
                .findAny()
                .orElseThrow()
                .reason();
    }

    @Test
    void podLosingItsLabelLosesItsRows() {
        cluster.start(seedAnd(egressIp("apps", 0, where("house=bouvier"), where("app=selma"), "192.168.126.101")));
        assertThat(cluster.reroutes()).containsKey("10.128.0.6");

        cluster.put(pod("bouvier", "selma", 1, Map.of("app", "other"), "10.128.0.6"));

        assertThat(cluster.reroutes()).doesNotContainKey("10.128.0.6");
        assertThat(cluster.snats()).noneMatch(snat -> snat.contains("10.128.0.6"));
        assertThat(cluster.servedV4()).doesNotContain("10.128.0.6");
    }

    @Test
    void namespaceLosingItsLabelLosesAllRows() {
        cluster.start(SEED);

        cluster.put(namespace("simpson", "house=other"));

        assertThat(cluster.snats()).isEmpty();
    }

    @Test
    void deletedNamespaceLosesAllRows() {
        cluster.start(SEED);

        cluster.remove(InputKind.NAMESPACE, "simpson");

        assertThat(cluster.snats()).isEmpty();
        assertThat(cluster.reroutes()).isEmpty();
    }

    @Test
    void deletedObjectLeavesNothing() {
        cluster.start(seedAnd());
        cluster.remove(InputKind.EGRESS_IP, "demo");

        assertThat(cluster.snats()).isEmpty();
        assertThat(cluster.reroutes()).isEmpty();
        assertThat(cluster.servedV4()).isEmpty();
    }

    @Test
    void selectorEditIsFollowed() {
        cluster.start(SEED);

        cluster.put(egressIp("demo", where("house=bouvier"), "192.168.126.100"));

        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.0.6");
    }

    @Test
    void editedAddressReplacesTheOldOneInOneTransaction() {
        cluster.start(SEED);
        int commits = cluster.database.commits;

        cluster.put(egressIp("demo", SIMPSON, "192.168.126.200"));

        assertThat(cluster.database.commits).isEqualTo(commits + 1);
        assertThat(cluster.snats())
                .containsExactly("GR_node1 10.128.0.5 192.168.126.200", "GR_node1 10.128.4.5 192.168.126.200");
    }

    @Test
    void recreatedPodWithNewAddressIsSwappedInOneTransaction() {
        cluster.start(SEED);
        int commits = cluster.database.commits;

        cluster.put(pod("simpson", "homer", 2, "10.128.2.7"));

        assertThat(cluster.database.commits).isEqualTo(commits + 1);
        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.2.7", "10.128.4.5");
    }

    @Test
    void finishedPodLosesItsRowsAndItsAddressIsFree() {
        cluster.start(SEED);
        var homer = pod("simpson", "homer", 1, "10.128.0.5");

        cluster.put(createdAt(pod("bouvier", "patty", 1, "10.128.0.5"), 5));
        assertThat(cluster.reroutes()).doesNotContainKey("10.128.0.5");
        cluster.put(finished(homer));

        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.4.5");
    }

    @Test
    void hostNetworkAndUnscheduledPodsAreNotServed() {
        cluster.start(seedAnd(pod("simpson", "bart", 0, "10.128.0.7"), pod("simpson", "lisa", 1)));

        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.0.5", "10.128.4.5");
    }

    @Test
    void twoEgressIpsShareThePodsOverTwoNodes() {
        cluster.start(
                node(1),
                node(2),
                namespace("simpson", "house=simpson"),
                pod("simpson", "homer", 1, "10.128.0.5"),
                egressIp("demo", SIMPSON, "192.168.126.100", "192.168.126.101"));

        assertThat(cluster.reroutes()).isEqualTo(Map.of("10.128.0.5", Set.of("100.64.0.2", "100.64.0.3")));
        assertThat(cluster.snats())
                .containsExactly("GR_node1 10.128.0.5 192.168.126.100", "GR_node2 10.128.0.5 192.168.126.101");
    }

    @Test
    void dualStackPodIsServedInBothFamiliesInOneTransaction() {
        cluster.start(
                node(1),
                node(2),
                namespace("simpson", "house=simpson"),
                egressIp("demo", SIMPSON, "192.168.126.100", "FD00:126:0:0::0100"));
        int commits = cluster.database.commits;

        cluster.put(pod("simpson", "homer", 1, "10.128.0.5", "fd01::5"));

        assertThat(cluster.snats())
                .containsExactly("GR_node1 10.128.0.5 192.168.126.100", "GR_node2 fd01::5 fd00:126::100");
        assertThat(cluster.reroutes())
                .isEqualTo(Map.of("10.128.0.5", Set.of("100.64.0.2"), "fd01::5", Set.of("fd98::3")));
        assertThat(cluster.database.commits).isEqualTo(commits + 1);
    }

    @Test
    void olderObjectServesAndTheOtherTakesOverInTheSameTransaction() {
        cluster.start(seedAnd(egressIp("later", 10, SIMPSON, LabelSelector.EVERYTHING, "192.168.126.150")));
        assertThat(cluster.snats()).noneMatch(snat -> snat.endsWith("192.168.126.150"));
        assertThat(reason("later", StatusCondition.Type.Standby)).isEqualTo(Reason.ServedByAnotherObject);
        assertThat(cluster.events)
                .extracting(StatusChange.Event::reason)
                .contains(StatusChange.EventReason.UndefinedRequest);
        int commits = cluster.database.commits;

        cluster.remove(InputKind.EGRESS_IP, "demo");

        assertThat(cluster.database.commits).isEqualTo(commits + 1);
        assertThat(cluster.snats()).hasSize(2).allMatch(snat -> snat.endsWith("192.168.126.150"));
        assertThat(cluster.statuses.get("later").conditions())
                .noneMatch(condition -> condition.type() == StatusCondition.Type.Standby);
    }

    @Test
    void egressIpGivenToAnotherObjectIsNeverOnTwoRouters() {
        cluster.start(
                seedAnd(egressIp("bouvier", 10, where("house=bouvier"), LabelSelector.EVERYTHING, "192.168.126.101")));
        cluster.reconciler.apply(new InputChange.Put(egressIp("demo", SIMPSON, "192.168.126.101")), cluster.now);
        cluster.reconciler.apply(
                new InputChange.Put(
                        egressIp("bouvier", 10, where("house=bouvier"), LabelSelector.EVERYTHING, "192.168.126.100")),
                cluster.now);

        cluster.settle();

        assertThat(cluster.snats())
                .anyMatch(snat -> snat.endsWith("10.128.0.6 192.168.126.100"))
                .anyMatch(snat -> snat.endsWith("10.128.0.5 192.168.126.101"));
    }

    @Test
    void rowsWaitForTheirRouterAndAppearWithIt() {
        var late = new TestCluster();
        late.start(SEED);
        assertThat(late.snats()).isEmpty();
        assertThat(late.items("demo")).isEmpty();
        assertThat(late.statuses.get("demo").conditions())
                .extracting(StatusCondition::reason)
                .contains(Reason.WaitingForRouter);

        late.tamper(() -> late.topology(1));

        assertThat(late.snats()).hasSize(2);
        assertThat(late.items("demo")).containsExactly(new StatusItem("node1", "192.168.126.100"));
    }

    @Test
    void rowsWaitForTheClusterRouter() {
        var late = new TestCluster();
        late.database.delete(LogicalRouter.TABLE, late.routers.remove("ovn_cluster_router"));
        late.topology(1, 2, 3).start(SEED);
        assertThat(late.snats()).isEmpty();

        late.tamper(() -> late.router("ovn_cluster_router"));

        assertThat(late.snats()).hasSize(2);
        assertThat(late.reroutes()).hasSize(2);
    }

    @Test
    void changedJoinAddressIsFollowed() {
        cluster.start(SEED);
        var port = cluster.database.rows(LogicalRouterPort.TABLE).stream()
                .filter(row -> row.get(LogicalRouterPort.NAME).equals("rtoj-GR_node1"))
                .findAny()
                .orElseThrow();

        cluster.tamper(() -> cluster.database.set(
                LogicalRouterPort.TABLE, port.id(), Cell.of(LogicalRouterPort.NETWORKS, Set.of("100.64.0.77/16"))));

        assertThat(cluster.reroutes().values()).containsOnly(Set.of("100.64.0.77"));
    }

    @Test
    void gatewayMadeAnewIsUsedWhateverComesFirstInTheUpdate() {
        cluster.start(SEED);
        var content = cluster.content();

        var updates = cluster.database.tamper(() -> {
            var old = cluster.routers.get("GR_node1");
            cluster.database
                    .children(LogicalRouter.PORTS, old)
                    .forEach(port -> cluster.database.delete(LogicalRouterPort.TABLE, port.id()));
            cluster.database.delete(LogicalRouter.TABLE, old);
            cluster.topology(1);
        });
        cluster.reconciler.apply(new TableUpdates(
                false, TableUpdates.NO_TRANSACTION, updates.rows().reversed()));
        cluster.settle();

        assertThat(cluster.content()).isEqualTo(content);
    }

    @Test
    void damageByHandIsRepaired() {
        cluster.start(SEED);
        var content = cluster.content();
        var database = cluster.database;
        var clusterRouter = cluster.routers.get("ovn_cluster_router");
        var gateway1 = cluster.routers.get("GR_node1");
        var gateway2 = cluster.routers.get("GR_node2");
        var policy = database.children(LogicalRouter.POLICIES, clusterRouter).stream()
                .filter(row -> row.get(LogicalRouterPolicy.PRIORITY) == 100)
                .findFirst()
                .orElseThrow();
        var baseline = database.children(LogicalRouter.POLICIES, clusterRouter).stream()
                .filter(row -> row.get(LogicalRouterPolicy.PRIORITY) == 102)
                .findFirst()
                .orElseThrow();
        var nat = database.children(LogicalRouter.NAT, gateway1).get(0);
        var table = LogicalRouterPolicy.TABLE;
        var replyMark = database.rows(Qos.TABLE).stream().findAny().orElseThrow();
        List<Runnable> damages = List.of(
                () -> database.set(table, policy.id(), Cell.of(LogicalRouterPolicy.NEXTHOPS, Set.of("100.64.0.9"))),
                () -> database.set(table, policy.id(), Cell.of(LogicalRouterPolicy.NEXTHOP, Set.of("100.64.0.9"))),
                () -> database.set(table, policy.id(), Cell.of(LogicalRouterPolicy.MATCH, "ip4.src == 10.128.0.99")),
                () -> database.set(table, policy.id(), Cell.of(LogicalRouterPolicy.PRIORITY, 7L)),
                () -> database.set(table, policy.id(), Cell.of(LogicalRouterPolicy.EXTERNAL_IDS, Map.of())),
                () -> database.set(table, policy.id(), Cell.of(LogicalRouterPolicy.OPTIONS, Map.of("pkt_mark", "1"))),
                () -> database.removeFrom(LogicalRouter.POLICIES, clusterRouter, policy.id()),
                () -> database.set(Nat.TABLE, nat.id(), Cell.of(Nat.EXTERNAL_IP, "192.168.126.222")),
                () -> database.set(Nat.TABLE, nat.id(), Cell.of(Nat.LOGICAL_PORT, Set.of("k8s-node2"))),
                () -> database.set(Nat.TABLE, nat.id(), Cell.of(Nat.OPTIONS, Map.of())),
                () -> database.set(Nat.TABLE, nat.id(), Cell.of(Nat.MATCH, "ip4.dst == 1.1.1.1")),
                () -> database.removeFrom(LogicalRouter.NAT, gateway1, nat.id()),
                () -> {
                    database.removeFrom(LogicalRouter.NAT, gateway1, nat.id());
                    database.addTo(LogicalRouter.NAT, gateway2, nat.id());
                },
                () -> database.addTo(LogicalRouter.NAT, gateway2, nat.id()),
                () -> database.addTo(LogicalRouter.NAT, gateway1, copyOf(database, nat)),
                () -> database.addTo(LogicalRouter.POLICIES, clusterRouter, copyOf(database, policy)),
                // Of two equal rows either may have stayed.
                () -> database.addTo(
                        LogicalRouter.POLICIES, gateway1, policyOf(policy).id()),
                () -> database.delete(AddressSet.TABLE, addressSet(database, "ovn_egress_served_pods_v4")),
                () -> database.removeFrom(
                        AddressSet.ADDRESSES, addressSet(database, "ovn_egress_served_pods_v4"), "10.128.0.5"),
                () -> database.addTo(
                        AddressSet.ADDRESSES, addressSet(database, "ovn_egress_served_pods_v4"), "10.131.0.5"),
                () -> database.addTo(AddressSet.ADDRESSES, addressSet(database, "ovn_egress_node_ips_v4"), "garbage"),
                () -> database.addTo(
                        AddressSet.ADDRESSES, addressSet(database, "ovn_egress_served_pods_v4"), "garbage"),
                () -> database.addTo(
                        AddressSet.ADDRESSES, addressSet(database, "ovn_egress_served_pods_v6"), "10.1.1.1"),
                () -> database.set(
                        AddressSet.TABLE,
                        addressSet(database, "ovn_egress_served_pods_v4"),
                        Cell.of(AddressSet.NAME, "renamed")),
                () -> database.set(table, baseline.id(), Cell.of(LogicalRouterPolicy.EXTERNAL_IDS, Map.of())),
                () -> database.set(Qos.TABLE, replyMark.id(), Cell.of(Qos.EXTERNAL_IDS, Map.of())),
                () -> {
                    database.set(Nat.TABLE, nat.id(), Cell.of(Nat.EXTERNAL_IDS, Map.of()));
                    database.set(Nat.TABLE, nat.id(), Cell.of(Nat.TYPE, "dnat"));
                },
                () -> {
                    var ours = policyOf(policy).id();
                    database.set(table, ours, Cell.of(LogicalRouterPolicy.EXTERNAL_IDS, Map.of()));
                    database.addTo(LogicalRouter.POLICIES, gateway1, ours);
                    database.removeFrom(LogicalRouter.POLICIES, clusterRouter, ours);
                });

        for (var damage : damages) {
            cluster.tamper(damage).after(Duration.ofMinutes(1));
            assertThat(cluster.content()).isEqualTo(content);
        }
    }

    @Test
    void damageWhileDownIsRepairedToo() {
        cluster.start(SEED);
        var content = cluster.content();
        var gateway2 = cluster.routers.get("GR_node2");
        var nat = cluster.database
                .children(LogicalRouter.NAT, cluster.routers.get("GR_node1"))
                .get(0);
        cluster.database.tamper(() -> {
            cluster.database.addTo(LogicalRouter.NAT, gateway2, nat.id());
            cluster.database.addTo(
                    AddressSet.ADDRESSES, addressSet(cluster.database, "ovn_egress_served_pods_v4"), "10.131.0.5");
        });

        cluster.restart(SEED);

        assertThat(cluster.content()).isEqualTo(content);
    }

    /** The row on the cluster router with the same match. */
    private Row policyOf(Row row) {
        return cluster.database.children(LogicalRouter.POLICIES, cluster.routers.get("ovn_cluster_router")).stream()
                .filter(there -> there.get(LogicalRouterPolicy.MATCH).equals(row.get(LogicalRouterPolicy.MATCH)))
                .findFirst()
                .orElseThrow();
    }

    private static UUID copyOf(FakeNorthbound database, Row row) {
        var copy = database.insert(row.table());
        for (var column : row.table().columns()) {
            copyCell(database, row, column, copy);
        }
        return copy;
    }

    private static <T> void copyCell(
            FakeNorthbound database, Row row, io.ovnegress.ovsdb.row.Column<T> column, UUID copy) {
        database.set(row.table(), copy, Cell.of(column, row.get(column)));
    }

    private static UUID addressSet(FakeNorthbound database, String name) {
        return database.rows(AddressSet.TABLE).stream()
                .filter(row -> row.get(AddressSet.NAME).equals(name))
                .findAny()
                .orElseThrow()
                .id();
    }

    @Test
    void whatIsNotOursIsNeverTouched() {
        var database = cluster.database;
        var clusterRouter = cluster.routers.get("ovn_cluster_router");
        var gateway = cluster.routers.get("GR_node1");
        var foreignPolicy = database.insert(
                LogicalRouterPolicy.TABLE,
                Cell.of(LogicalRouterPolicy.PRIORITY, 100L),
                Cell.of(LogicalRouterPolicy.MATCH, "ip4.src == 10.128.0.77"),
                Cell.of(LogicalRouterPolicy.ACTION, "reroute"),
                Cell.of(LogicalRouterPolicy.NEXTHOPS, Set.of("100.64.0.2")));
        var foreignNat = database.insert(
                Nat.TABLE,
                Cell.of(Nat.TYPE, "snat"),
                Cell.of(Nat.EXTERNAL_IP, "192.168.126.11"),
                Cell.of(Nat.LOGICAL_IP, "10.128.0.77"));
        database.addTo(LogicalRouter.POLICIES, clusterRouter, foreignPolicy);
        database.addTo(LogicalRouter.NAT, gateway, foreignNat);
        database.addTo(LogicalRouter.NAT, gateway, nodeSnat("10.128.0.5", "192.168.126.11"));
        var before =
                List.of(database.row(LogicalRouterPolicy.TABLE, foreignPolicy), database.row(Nat.TABLE, foreignNat));
        int natsBefore = database.rows(Nat.TABLE).size();

        // A policy without SNAT is unsafe, but not ours: the rules are about what we write.
        database.set(LogicalRouterPolicy.TABLE, foreignPolicy, Cell.of(LogicalRouterPolicy.NEXTHOPS, Set.of()));
        cluster.start(SEED).remove(InputKind.EGRESS_IP, "demo");

        assertThat(database.row(Nat.TABLE, foreignNat)).isEqualTo(before.get(1));
        assertThat(database.row(LogicalRouterPolicy.TABLE, foreignPolicy).get(LogicalRouterPolicy.MATCH))
                .isEqualTo("ip4.src == 10.128.0.77");
        assertThat(database.rows(Nat.TABLE)).hasSize(natsBefore);
    }

    private UUID nodeSnat(String pod, String nodeAddress) {
        return cluster.database.insert(
                Nat.TABLE,
                Cell.of(Nat.TYPE, "snat"),
                Cell.of(Nat.EXTERNAL_IP, nodeAddress),
                Cell.of(Nat.LOGICAL_IP, pod),
                Cell.of(Nat.OPTIONS, Map.of("stateless", "false")));
    }

    @Test
    void rowsOfOvnKubernetesAreAdoptedInPlaceOrRemoved() {
        var database = cluster.database;
        var clusterRouter = cluster.routers.get("ovn_cluster_router");
        var gateway = cluster.routers.get("GR_node2");
        var oldPolicy = oldPolicy("10.128.0.5", Map.of("name", "demo"));
        var newPolicy = oldPolicy(
                "10.128.4.5",
                Map.of(
                        "k8s.ovn.org/owner-controller", "default-network-controller",
                        "k8s.ovn.org/owner-type", "EgressIP",
                        "k8s.ovn.org/name", "demo_simpson/marge",
                        "ip-family", "ip4",
                        "priority", "100",
                        "network", "default"));
        var stalePolicy = oldPolicy("10.128.0.200", Map.of("name", "demo"));
        var udnPolicy = oldPolicy("10.128.0.201", Map.of("k8s.ovn.org/owner-type", "EgressIP", "network", "blue"));
        for (var policy : List.of(oldPolicy, newPolicy, stalePolicy, udnPolicy)) {
            database.addTo(LogicalRouter.POLICIES, clusterRouter, policy);
        }
        var oldNat = oldNat("10.128.0.5", Map.of("name", "demo"));
        var newNat = oldNat(
                "10.128.4.5", Map.of("k8s.ovn.org/owner-type", "EgressIP", "k8s.ovn.org/name", "demo_simpson/marge"));
        var staleNat = oldNat("10.128.0.200", Map.of("name", "demo"));
        for (var nat : List.of(oldNat, newNat, staleNat)) {
            database.addTo(LogicalRouter.NAT, gateway, nat);
        }
        // Not checked against the safety rules before we have started: the stale policy has its SNAT, the other
        // network's has none.
        database.set(LogicalRouterPolicy.TABLE, udnPolicy, Cell.of(LogicalRouterPolicy.NEXTHOPS, Set.of()));

        cluster.start(SEED);

        assertThat(cluster.snats())
                .as("the node is the one where ovn-kubernetes had the egress IP")
                .containsExactly("GR_node2 10.128.0.5 192.168.126.100", "GR_node2 10.128.4.5 192.168.126.100");
        assertThat(database.rows(Nat.TABLE).stream().map(Row::id)).containsExactlyInAnyOrder(oldNat, newNat);
        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.0.5", "10.128.4.5", "10.128.0.201");
        assertThat(database.row(LogicalRouterPolicy.TABLE, newPolicy).get(LogicalRouterPolicy.EXTERNAL_IDS))
                .isEqualTo(Map.of(
                        "name", "demo",
                        "ovn-egress.io/id", "reroute/10.128.4.5",
                        "ovn-egress.io/owner", "EgressIP/demo",
                        "ovn-egress.io/pod", "simpson/marge"));
    }

    private UUID oldPolicy(String pod, Map<String, String> externalIds) {
        return cluster.database.insert(
                LogicalRouterPolicy.TABLE,
                Cell.of(LogicalRouterPolicy.PRIORITY, 100L),
                Cell.of(LogicalRouterPolicy.MATCH, "ip4.src == " + pod),
                Cell.of(LogicalRouterPolicy.ACTION, "reroute"),
                Cell.of(LogicalRouterPolicy.NEXTHOPS, Set.of("100.64.0.3")),
                Cell.of(LogicalRouterPolicy.EXTERNAL_IDS, externalIds));
    }

    private UUID oldNat(String pod, Map<String, String> externalIds) {
        return cluster.database.insert(
                Nat.TABLE,
                Cell.of(Nat.TYPE, "snat"),
                Cell.of(Nat.EXTERNAL_IP, "192.168.126.100"),
                Cell.of(Nat.LOGICAL_IP, pod),
                Cell.of(Nat.LOGICAL_PORT, Set.of("k8s-node2")),
                Cell.of(Nat.OPTIONS, Map.of("stateless", "false")),
                Cell.of(Nat.EXTERNAL_IDS, externalIds));
    }

    @Test
    void podSnatOfTheEgressNodeIsTakenAwayAndGivenBack() {
        var disabled = new TestCluster(TestCluster.config(true, 500)).topology(1, 2, 3);
        var database = disabled.database;
        for (var entry :
                Map.of("10.128.0.5", "GR_node1", "10.128.4.5", "GR_node3").entrySet()) {
            var nat = database.insert(
                    Nat.TABLE,
                    Cell.of(Nat.TYPE, "snat"),
                    Cell.of(Nat.EXTERNAL_IP, entry.getValue().equals("GR_node1") ? "192.168.126.11" : "192.168.126.13"),
                    Cell.of(Nat.LOGICAL_IP, entry.getKey()),
                    Cell.of(Nat.OPTIONS, Map.of("stateless", "false")));
            database.addTo(LogicalRouter.NAT, disabled.routers.get(entry.getValue()), nat);
        }

        disabled.start(SEED);
        assertThat(nodeSnats(disabled)).containsExactly("GR_node3 10.128.4.5 192.168.126.13");

        disabled.put(node(1, true, false));
        assertThat(nodeSnats(disabled))
                .containsExactlyInAnyOrder("GR_node1 10.128.0.5 192.168.126.11", "GR_node3 10.128.4.5 192.168.126.13");

        disabled.put(node(1)).put(node(2, true, false));
        assertThat(nodeSnats(disabled)).containsExactly("GR_node3 10.128.4.5 192.168.126.13");

        disabled.remove(InputKind.EGRESS_IP, "demo");
        assertThat(nodeSnats(disabled))
                .containsExactlyInAnyOrder("GR_node1 10.128.0.5 192.168.126.11", "GR_node3 10.128.4.5 192.168.126.13");
    }

    private static List<String> nodeSnats(TestCluster cluster) {
        return cluster.routers.entrySet().stream()
                .flatMap(router -> cluster.database.children(LogicalRouter.NAT, router.getValue()).stream()
                        .filter(row -> row.get(Nat.LOGICAL_PORT).isEmpty())
                        .map(row -> router.getKey() + " " + row.get(Nat.LOGICAL_IP) + " " + row.get(Nat.EXTERNAL_IP)))
                .toList();
    }

    @Test
    void aServerThatCannotWriteIsAskedLessAndLessOftenAndNothingIsLost() {
        cluster.connect();
        for (var kind : InputKind.values()) {
            var listed = Stream.of(SEED).filter(object -> TestCluster.kindOf(object) == kind);
            cluster.reconciler.apply(new InputChange.Listed(kind, listed.toList()), cluster.now);
        }
        var start = cluster.now;
        var asked = new ArrayList<Long>();
        for (int i = 0; i < 8; i++) {
            var planned = nextInTime();
            asked.add(Duration.between(start, cluster.now).toSeconds());
            cluster.reconciler.complete(
                    planned, new CommitOutcome.Unable(new OvsdbError("I/O error", "no space")), cluster.now);
            assertThat(cluster.reconciler.nextTransaction(cluster.now)).isEmpty();
            assertThat(cluster.reconciler.progress().serverTrouble()).isEqualTo("I/O error: no space");
        }
        assertThat(asked).containsExactly(0L, 1L, 3L, 7L, 15L, 31L, 61L, 91L);

        cluster.commit(nextInTime());
        cluster.settle();

        assertThat(cluster.reconciler.progress().serverTrouble()).isEmpty();
        assertThat(cluster.reroutes()).isNotEmpty();
        assertThat(cluster.snats()).hasSameSizeAs(cluster.reroutes().keySet());
        assertThat(reason("demo", StatusCondition.Type.Programmed)).isEqualTo(Reason.Programmed);
    }

    /** Waits from deadline to deadline until there is one. */
    private PlannedTransaction nextInTime() {
        while (true) {
            var planned = cluster.reconciler.nextTransaction(cluster.now);
            if (planned.isPresent()) {
                return planned.get();
            }
            cluster.reconciler.takeStatusChanges();
            cluster.now = cluster.reconciler.nextDeadline().orElseThrow();
        }
    }

    @Test
    void aServerThatGivesUpHalfWayIsNotAskedInALoop() {
        cluster.start(SEED);
        cluster.reconciler.apply(new InputChange.Removed(InputKind.POD, "simpson/homer"), cluster.now);
        var planned = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();

        cluster.reconciler.complete(planned, new CommitOutcome.Lost("cluster error"), cluster.now);

        assertThat(cluster.reconciler.nextTransaction(cluster.now)).isEmpty();
        cluster.now = cluster.reconciler.nextDeadline().orElseThrow();
        assertThat(cluster.reconciler.nextTransaction(cluster.now)).isPresent();
    }

    @Test
    void aMoveThatTheServerNeverAnswersIsMadeInParts() {
        var small = new TestCluster(TestCluster.config(false, 4)).topology(1, 2, 3);
        small.start(seedAnd(
                pod("simpson", "lisa", 1, "10.128.0.7"),
                pod("simpson", "bart", 2, "10.128.2.5"),
                pod("simpson", "maggie", 3, "10.128.4.6")));
        var pods = small.reroutes().keySet();
        assertThat(pods).hasSize(5);
        small.reconciler.apply(new InputChange.Put(node(1, true, false)), small.now);
        for (int i = 0; i < 3; i++) {
            var whole = small.reconciler.nextTransaction(small.now).orElseThrow();
            assertThat(whole.rows()).isGreaterThanOrEqualTo(2 * pods.size());
            small.reconciler.disconnected();
            small.reconciler.complete(whole, new CommitOutcome.Lost("not the leader any more"), small.now);
            small.connect();
        }
        int planned = small.transactions.size();

        small.settle();

        assertThat(small.transactions.subList(planned, small.transactions.size()))
                .as("away from one router, then to the other, a few pods at a time")
                .hasSizeGreaterThan(4);
        assertThat(small.reroutes().keySet()).isEqualTo(pods);
        assertThat(small.snats()).hasSize(5).allMatch(snat -> snat.startsWith("GR_node2 "));
        assertThat(small.items("demo")).containsExactly(new StatusItem("node2", "192.168.126.100"));

        small.put(node(1));
        small.put(node(2, true, false));
        assertThat(small.transactions.getLast().size())
                .as("the next move is tried whole again")
                .isGreaterThan(pods.size());
        assertThat(small.snats()).hasSize(5).allMatch(snat -> snat.startsWith("GR_node1 "));
    }

    @Test
    void refusedPodDoesNotHoldBackTheOthers() {
        cluster.database.refuse(operation -> operation instanceof Operation.Insert insert
                && insert.cells().stream().anyMatch(cell -> cell.value().equals("10.128.4.5")));

        cluster.start(SEED);

        assertThat(cluster.snats()).containsExactly("GR_node1 10.128.0.5 192.168.126.100");
        assertThat(reason("demo", StatusCondition.Type.Programmed)).isEqualTo(Reason.Refused);
        assertThat(cluster.items("demo")).hasSize(1);

        cluster.database.refuse(operation -> false);
        cluster.after(Duration.ofMinutes(2));

        assertThat(cluster.snats()).hasSize(2);
        assertThat(reason("demo", StatusCondition.Type.Programmed)).isEqualTo(Reason.Programmed);
    }

    @Test
    void refusalThatNamesNobodyIsIsolatedByHalves() {
        // Shared operations belong to no pod: the error does not say whose fault it is.
        cluster.database.refuse(operation -> operation instanceof Operation.Mutate mutate
                && mutate.mutations().stream()
                        .anyMatch(mutation -> ((Set<?>) mutation.value()).contains("10.128.4.5")));

        cluster.start(SEED);

        assertThat(cluster.snats()).containsExactly("GR_node1 10.128.0.5 192.168.126.100");
        assertThat(policies(102)).hasSize(7);
    }

    @Test
    void lostReplyIsDecidedAgainAndNothingIsDoubled() {
        cluster.connect();
        for (var kind : InputKind.values()) {
            cluster.reconciler.apply(
                    new InputChange.Listed(
                            kind,
                            List.of(SEED).stream()
                                    .filter(object -> TestCluster.kindOf(object) == kind)
                                    .toList()),
                    cluster.now);
        }
        var planned = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();
        cluster.database.commit(planned.operations());
        cluster.reconciler.disconnected();
        cluster.reconciler.complete(planned, new CommitOutcome.Lost("connection reset"), cluster.now);
        assertThat(cluster.reconciler.nextTransaction(cluster.now)).isEmpty();
        int commits = cluster.database.commits;

        cluster.connect();
        cluster.settle();

        assertThat(cluster.database.commits).isEqualTo(commits);
        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node1", "192.168.126.100"));
    }

    @Test
    void nobodyIsReroutedToARouterThatGoesMeanwhile() {
        cluster.start(SEED);
        var policy = cluster.clusterPolicies().stream()
                .filter(row -> row.get(LogicalRouterPolicy.PRIORITY) == 100)
                .findFirst()
                .orElseThrow();
        cluster.reconciler.apply(cluster.database.tamper(() -> cluster.database.removeFrom(
                LogicalRouter.POLICIES, cluster.routers.get("ovn_cluster_router"), policy.id())));
        // Only the policy is missing; its SNAT is where it should be, until the router goes with it.
        var planned = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();
        cluster.database.tamper(() -> cluster.database.delete(LogicalRouter.TABLE, cluster.routers.get("GR_node1")));

        var commit = cluster.database.commit(planned.operations());

        assertThat(commit.outcome()).isInstanceOf(CommitOutcome.Conflict.class);
    }

    @Test
    void conflictIsDecidedAgain() {
        cluster.start(SEED);
        var gateway = cluster.routers.get("GR_node1");
        cluster.reconciler.apply(new InputChange.Put(pod("simpson", "bart", 1, "10.128.0.8")), cluster.now);
        var planned = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();
        // The router goes, with everything on it, before the transaction arrives.
        var gone = cluster.database.tamper(() -> cluster.database.delete(LogicalRouter.TABLE, gateway));
        var commit = cluster.database.commit(planned.operations());
        assertThat(commit.outcome()).isInstanceOf(CommitOutcome.Conflict.class);
        cluster.reconciler.apply(gone);
        cluster.reconciler.complete(planned, commit.outcome(), cluster.now);
        cluster.routers.remove("GR_node1");
        cluster.after(Duration.ofSeconds(1));

        assertThat(cluster.snats()).isEmpty();
        assertThat(cluster.reroutes()).isEmpty();
    }

    @Test
    void statusChangedByTheUserIsWrittenAgain() {
        cluster.start(SEED);
        var written =
                withStatus(cluster.items("demo"), cluster.statuses.get("demo").conditions());
        cluster.statuses.clear();
        cluster.put(written);
        assertThat(cluster.statuses).as("our own writing comes back").isEmpty();

        cluster.put(egressIp("demo", SIMPSON, "192.168.126.100"));

        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node1", "192.168.126.100"));
    }

    /** By hand, or by an older write of ours that arrived late. */
    @Test
    void conditionsChangedBySomebodyElseAreWrittenAgain() {
        cluster.start(SEED);
        var items = cluster.items("demo");
        var conditions = cluster.statuses.get("demo").conditions();
        cluster.put(withStatus(items, conditions));
        cluster.statuses.clear();

        cluster.put(withStatus(items, conditions.reversed()));
        assertThat(cluster.statuses).as("in another order").isEmpty();

        cluster.put(withStatus(items, conditions.subList(0, 1)));
        assertThat(cluster.statuses.get("demo").conditions()).isEqualTo(conditions);
    }

    @Test
    void aDefinitionThatDoesNotKeepConditionsIsNotToldThemAgain() {
        cluster.start(SEED);
        var items = cluster.items("demo");
        cluster.statuses.clear();

        cluster.put(withStatus(items, List.of()));

        assertThat(cluster.statuses).isEmpty();
    }

    private static EgressIpInput withStatus(List<StatusItem> items, List<StatusCondition> conditions) {
        return new EgressIpInput(
                "demo",
                "uid-demo",
                Instant.EPOCH,
                1,
                List.of("192.168.126.100"),
                Optional.of(SIMPSON),
                Optional.of(LabelSelector.EVERYTHING),
                "",
                items,
                conditions);
    }

    @Test
    void invalidObjectIsRefusedAndTheRestGoesOn() {
        cluster.start(
                seedAnd(egressIp("bad", SIMPSON, "192.168.126.300"), egressIp("clash", SIMPSON, "192.168.126.12")));

        assertThat(reason("bad", StatusCondition.Type.Assigned)).isEqualTo(Reason.InvalidEgressIP);
        assertThat(reason("clash", StatusCondition.Type.Assigned)).isEqualTo(Reason.NodeAddressConflict);
        assertThat(cluster.snats()).hasSize(2);
    }

    @Test
    void unreachableNodeLosesItsEgressIp() {
        cluster.start(SEED);

        cluster.reconciler.apply(new InputChange.Reachability("node1", false), cluster.now);
        cluster.settle();

        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node2", "192.168.126.100"));
    }

    @Test
    void updatesThatDoNotFitMakeItReadEverythingAnew() {
        cluster.start(SEED);
        var content = cluster.content();
        var nonsense = new TableUpdates(
                false,
                TableUpdates.NO_TRANSACTION,
                List.of(new RowUpdate(
                        Nat.TABLE,
                        UUID.randomUUID(),
                        RowUpdate.Kind.DELETE,
                        new Object[Nat.TABLE.columns().size()])));
        assertThatThrownBy(() -> cluster.reconciler.apply(nonsense)).isInstanceOf(ReplicaFault.class);
        assertThat(cluster.reconciler.nextTransaction(cluster.now)).isEmpty();
        var nat = cluster.database.rows(Nat.TABLE).get(0);
        cluster.database.tamper(
                () -> cluster.database.removeFrom(LogicalRouter.NAT, cluster.routers.get("GR_node1"), nat.id()));

        cluster.connect();
        cluster.settle();

        assertThat(cluster.content()).isEqualTo(content);
    }

    @Test
    void drainedNodeGivesItsEgressIpAwayInOneTransactionAndDoesNotTakeItBack() {
        cluster.start(SEED);
        int commits = cluster.database.commits;

        cluster.put(draining(node(1)));

        assertThat(cluster.snats()).hasSize(2).allMatch(snat -> snat.startsWith("GR_node2"));
        assertThat(cluster.database.commits).isEqualTo(commits + 1);
        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node2", "192.168.126.100"));

        cluster.put(node(1));

        assertThat(cluster.database.commits).isEqualTo(commits + 1);
    }

    @Test
    void statusOfAMoveWaitsForItsOwnCommit() {
        cluster.start(SEED);
        cluster.reconciler.apply(new InputChange.Put(pod("simpson", "homer", 1, "10.128.0.9")), cluster.now);
        var before = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();
        cluster.reconciler.apply(new InputChange.Put(pod("simpson", "homer", 1, "10.128.0.10")), cluster.now);
        cluster.reconciler.apply(new InputChange.Removed(InputKind.POD, "simpson/marge"), cluster.now);
        cluster.reconciler.apply(new InputChange.Put(node(1, true, false)), cluster.now);
        assertThat(cluster.reconciler.takeStatusChanges()).isEmpty();

        cluster.commit(before);
        assertThat(cluster.reconciler.takeStatusChanges()).isEmpty();

        cluster.settle();
        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node2", "192.168.126.100"));
    }

    @Test
    void changeThatCameDuringACommitIsNotTakenForCommitted() {
        cluster.start(node(1), namespace("simpson", "house=simpson"), pod("simpson", "homer", 1, "10.128.0.5"));
        cluster.reconciler.apply(new InputChange.Put(egressIp("demo", SIMPSON, "192.168.126.100")), cluster.now);
        var first = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();
        cluster.reconciler.apply(new InputChange.Put(egressIp("demo", SIMPSON, "192.168.126.101")), cluster.now);
        assertThat(cluster.reconciler.takeStatusChanges()).isEmpty();

        cluster.commit(first);
        assertThat(cluster.reconciler.takeStatusChanges())
                .as("192.168.126.101 is not in the database yet")
                .isEmpty();

        cluster.settle();
        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node1", "192.168.126.101"));
    }

    @Test
    void statusOfARecreatedObjectFollowsTheCommit() {
        cluster.start(node(1), namespace("simpson", "house=simpson"), pod("simpson", "homer", 1, "10.128.0.5"));
        cluster.reconciler.apply(new InputChange.Put(egressIp("a", SIMPSON, "192.168.126.100")), cluster.now);
        cluster.reconciler.apply(new InputChange.Put(egressIp("b", SIMPSON, "192.168.126.101")), cluster.now);
        var first = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();
        cluster.reconciler.apply(new InputChange.Removed(InputKind.EGRESS_IP, "a"), cluster.now);
        cluster.reconciler.apply(new InputChange.Put(egressIp("a", SIMPSON, "192.168.126.102")), cluster.now);
        assertThat(cluster.reconciler.takeStatusChanges())
                .filteredOn(change -> change.egressIp().equals("a"))
                .isEmpty();

        cluster.commit(first);
        assertThat(cluster.reconciler.takeStatusChanges())
                .filteredOn(change -> change.egressIp().equals("a"))
                .isEmpty();

        cluster.settle();
        assertThat(cluster.items("a")).containsExactly(new StatusItem("node1", "192.168.126.102"));
    }

    @Test
    void objectMadeAnewLikeTheFormerOneSaysWhereItIs() {
        cluster.start(SEED);
        cluster.reconciler.apply(new InputChange.Removed(InputKind.EGRESS_IP, "demo"), cluster.now);
        cluster.reconciler.apply(new InputChange.Put(egressIp("demo", SIMPSON, "192.168.126.100")), cluster.now);

        cluster.settle();

        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node1", "192.168.126.100"));
    }

    @Test
    void relistIsTheSameAsTheEventsItReplaces() {
        cluster.start(SEED);

        cluster.reconciler.apply(
                new InputChange.Listed(InputKind.POD, List.of(pod("simpson", "marge", 3, "10.128.4.5"))), cluster.now);
        cluster.settle();

        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.4.5");
    }

    @Test
    void podSnatIsTakenAwayWhenTheNodesGatewayAddressIsToldLater() {
        var disabled = new TestCluster(TestCluster.config(true, 500)).topology(1, 2, 3);
        disabled.start(SEED);
        disabled.tamper(() -> {
            var nat = disabled.database.insert(
                    Nat.TABLE,
                    Cell.of(Nat.TYPE, "snat"),
                    Cell.of(Nat.EXTERNAL_IP, "192.168.126.21"),
                    Cell.of(Nat.LOGICAL_IP, "10.128.0.5"),
                    Cell.of(Nat.OPTIONS, Map.of("stateless", "false")));
            disabled.database.addTo(LogicalRouter.NAT, disabled.routers.get("GR_node1"), nat);
        });
        assertThat(nodeSnats(disabled)).containsExactly("GR_node1 10.128.0.5 192.168.126.21");
        assertThat(disabled.snats()).contains("GR_node1 10.128.0.5 192.168.126.100");

        var node = node(1);
        disabled.put(new NodeInput(
                node.name(),
                true,
                true,
                node.egressNetworks(),
                node.addresses(),
                List.of(IpAddress.parse("192.168.126.21").orElseThrow())));

        assertThat(nodeSnats(disabled)).isEmpty();
    }

    @Test
    void aFamilyWithoutClusterSubnetsIsNotServedAndTheOtherIs() {
        var single = new TestCluster(new ReconcilerConfig(
                        List.of(TestCluster.network("10.128.0.0/14")),
                        List.of(TestCluster.network("100.64.0.0/16"), TestCluster.network("fd98::/64")),
                        false,
                        500))
                .topology(1, 2, 3);

        single.start(
                node(1),
                node(2),
                namespace("simpson", "house=simpson"),
                pod("simpson", "homer", 1, "10.128.0.5", "fd01::5"),
                egressIp("demo", SIMPSON, "192.168.126.100", "fd00:126::100"));

        assertThat(single.reroutes()).containsOnlyKeys("10.128.0.5");
        assertThat(single.snats()).containsExactly("GR_node1 10.128.0.5 192.168.126.100");
        assertThat(single.items("demo")).containsExactly(new StatusItem("node1", "192.168.126.100"));
        assertThat(single.statuses.get("demo").conditions())
                .extracting(StatusCondition::reason)
                .containsExactly(Reason.PartlyAssigned, Reason.Programmed);
    }

    @Test
    void anAddressOfAGatewayRouterIsNoEgressIpEvenIfTheNodeDoesNotNameIt() {
        cluster.start(
                node(1),
                new NodeInput("node2", false, true, List.of(), Set.of(), List.of()),
                egressIp("demo", SIMPSON, "192.168.126.12"));

        assertThat(reason("demo", StatusCondition.Type.Assigned)).isEqualTo(Reason.NodeAddressConflict);
    }

    @Test
    void aPublicAddressOfANodeIsNoEgressIpAndIsReachedWithTheEgressIp() {
        var node = node(3);
        var seen = new NodeInput(
                node.name(),
                false,
                true,
                node.egressNetworks(),
                node.addresses(),
                Set.of(IpAddress.parse("192.168.126.99").orElseThrow()),
                node.gatewayAddresses(),
                List.of(),
                false);

        cluster.start(seedAnd(egressIp("clash", SIMPSON, "192.168.126.99"))).put(seen);

        assertThat(reason("clash", StatusCondition.Type.Assigned)).isEqualTo(Reason.NodeAddressConflict);
        assertThat(cluster.members("ovn_egress_node_ips_v4"))
                .containsExactly("192.168.126.11", "192.168.126.12", "192.168.126.13");
    }
}
