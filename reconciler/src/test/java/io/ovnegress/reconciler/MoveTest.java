package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.draining;
import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.notLabelled;
import static io.ovnegress.reconciler.TestCluster.notReady;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditionType;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpEventReason;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.NodeReachability;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.machine.PlannedTransaction;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Egress IPs that go from node to node. On a strict fake database; every commit is checked for safety. */
final class MoveTest extends OnTheSeedCluster {
    @Test
    void lostNodeMovesItsEgressIpInOneTransaction() {
        cluster.start(SEED);
        int commits = cluster.database.commits;

        cluster.put(notReady(node(1)));

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

        cluster.put(notReady(node(1)));

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

        small.put(notReady(node(1)));

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
                notLabelled(node(2)),
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
        small.reconciler.apply(new InputChange.Put(new NodeReachability("node1", false)), small.now);

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

        cluster.reconciler.apply(new InputChange.Put(notReady(node(1))), cluster.now);
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
        small.reconciler.apply(new InputChange.Put(notReady(node(1))), small.now);
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

        cluster.put(notLabelled(node(1)), notLabelled(node(2)));

        assertThat(cluster.snats()).isEmpty();
        assertThat(cluster.reroutes()).isEmpty();
        assertThat(cluster.items("demo")).isEmpty();
        assertThat(reason("demo", EgressIpConditionType.Assigned)).isEqualTo(EgressIpReason.NoEgressNode);
        assertThat(cluster.events)
                .extracting(StatusChange.Event::reason)
                .contains(EgressIpEventReason.NoMatchingNodeFound);
    }

    @Test
    void anEgressIpNeedNotWaitForALargeOneThatIsOnItsWay() {
        var large = new TestCluster(TestCluster.config(false, 500)).topology(1, 2, 3);
        large.start(
                node(1),
                node(2),
                node(3),
                namespace("simpson", "house=simpson"),
                namespace("bouvier", "house=bouvier"),
                pod("bouvier", "selma", 1, "10.129.0.6"),
                egressIp("large", SIMPSON, "192.168.126.100"),
                egressIp("small", where("house=bouvier"), "192.168.126.101"));
        for (int i = 0; i < 1_200; i++) {
            var ip = "10.128." + (i / 200) + "." + (10 + i % 200);
            large.reconciler.apply(new InputChange.Put(pod("simpson", "p" + i, 1, ip)), large.now);
        }
        large.settle();
        var nodeOfTheLarge = Integer.parseInt(large.items("large").get(0).node().substring(4));
        large.reconciler.apply(new InputChange.Put(notReady(node(nodeOfTheLarge))), large.now);
        var move = large.reconciler.nextTransaction(large.now).orElseThrow();
        assertThat(move.rows()).isGreaterThan(1_200);

        // Everything but the first node is lost: the large one has to go back, once it has arrived.
        for (int n = 1; n <= 3; n++) {
            large.reconciler.apply(new InputChange.Put(n == nodeOfTheLarge ? node(n) : notReady(node(n))), large.now);
        }
        var next = large.reconciler.nextTransaction(large.now);

        assertThat(next.map(PlannedTransaction::owners)).contains(Set.of("small"));
        large.commit(move);
        large.commit(next.orElseThrow());
        large.settle();
        assertThat(large.snats()).hasSize(1_201).allMatch(snat -> snat.startsWith("GR_node" + nodeOfTheLarge + " "));
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
        small.reconciler.apply(new InputChange.Put(notReady(node(1))), small.now);
        for (int i = 0; i < 3; i++) {
            var whole = small.reconciler.nextTransaction(small.now).orElseThrow();
            assertThat(whole.rows()).isGreaterThanOrEqualTo(2 * pods.size());
            small.reconciler.disconnected();
            small.reconciler.complete(whole, new CommitOutcome.Lost("not the leader any more"), small.now);
            small.connect();
        }
        int planned = small.transactions.size();

        small.settle();

        assertThat(small.events)
                .extracting(StatusChange.Event::reason)
                .containsOnlyOnce(EgressIpEventReason.MovedInParts);
        assertThat(small.transactions.subList(planned, small.transactions.size()))
                .as("away from one router, then to the other, a few pods at a time")
                .hasSizeGreaterThan(4);
        assertThat(small.reroutes().keySet()).isEqualTo(pods);
        assertThat(small.snats()).hasSize(5).allMatch(snat -> snat.startsWith("GR_node2 "));
        assertThat(small.items("demo")).containsExactly(new StatusItem("node2", "192.168.126.100"));

        small.put(node(1));
        small.put(notReady(node(2)));
        assertThat(small.transactions.getLast().size())
                .as("the next move is tried whole again")
                .isGreaterThan(pods.size());
        assertThat(small.snats()).hasSize(5).allMatch(snat -> snat.startsWith("GR_node1 "));
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
    void unreachableNodeLosesItsEgressIp() {
        cluster.start(SEED);

        cluster.reconciler.apply(new InputChange.Put(new NodeReachability("node1", false)), cluster.now);
        cluster.settle();

        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node2", "192.168.126.100"));
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
    void egressIpsThatMoveUpEachComeToTheirOwnNode() {
        cluster.start(
                node(1),
                node(2),
                notLabelled(node(3)),
                namespace("simpson", "house=simpson"),
                egressIp("demo", SIMPSON, "192.168.126.100", "192.168.126.101"));
        var pods = new ArrayList<InputObject>();
        for (int i = 0; i < 40; i++) {
            pods.add(pod("simpson", "p" + i, 1, "10.128.0." + (10 + i)));
        }
        cluster.put(pods.toArray(InputObject[]::new));
        assertThat(cluster.snats())
                .contains("GR_node1 10.128.0.10 192.168.126.100", "GR_node2 10.128.0.10 192.168.126.101");

        // 100 goes from node1 to node2, 101 from node2, where it does not belong any more, to node3.
        cluster.reconciler.apply(new InputChange.Put(notLabelled(node(1))), cluster.now);
        cluster.reconciler.apply(new InputChange.Put(onlyHosting("192.168.126.100/32", node(2))), cluster.now);
        cluster.reconciler.apply(new InputChange.Put(node(3)), cluster.now);
        cluster.commit(cluster.reconciler.nextTransaction(cluster.now).orElseThrow());

        assertThat(cluster.database.rows(Nat.TABLE))
                .hasSize(80)
                .allSatisfy(nat -> assertThat(nat.get(Nat.LOGICAL_PORT))
                        .containsExactly(
                                nat.get(Nat.EXTERNAL_IP).equals("192.168.126.100") ? "k8s-node2" : "k8s-node3"));
    }

    private static NodeInput onlyHosting(String network, NodeInput node) {
        return node.edit()
                .egressNetworks(List.of(IpNetwork.parse(network).orElseThrow()))
                .build();
    }
}
