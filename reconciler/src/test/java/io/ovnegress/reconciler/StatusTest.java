package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.finished;
import static io.ovnegress.reconciler.TestCluster.ip;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.network;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.notLabelled;
import static io.ovnegress.reconciler.TestCluster.notReady;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressip.EgressIpDecision;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditionType;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpEventReason;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import io.ovnegress.reconciler.input.EgressCapacity;
import io.ovnegress.reconciler.input.EgressLimits;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.ObjectRef;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The status says what is so, no sooner and no longer. */
class StatusTest {
    private static final LabelSelector SIMPSON = where("house=simpson");
    private static final InputObject[] SEED = {
        node(1),
        node(2),
        namespace("simpson", "house=simpson"),
        pod("simpson", "homer", 1, "10.128.0.5"),
        egressIp("demo", SIMPSON, "192.168.126.100")
    };

    private final TestCluster cluster = new TestCluster().topology(1, 2);

    private List<StatusCondition.Reason> reasons(String egressIp) {
        return cluster.statuses.get(egressIp).conditions().stream()
                .map(StatusCondition::reason)
                .toList();
    }

    private static EgressIpInput edited(
            long generation, LabelSelector pods, List<StatusItem> items, List<StatusCondition> conditions) {
        return EgressIpInput.named("demo")
                .uid("uid-demo")
                .generation(generation)
                .egressIps(List.of("192.168.126.100"))
                .namespaceSelector(SIMPSON)
                .podSelector(pods)
                .statusItems(items)
                .conditions(conditions)
                .build();
    }

    @Test
    void finishedPodIsNotStoodByForAnyMore() {
        cluster.start(SEED).put(egressIp("later", 10, SIMPSON, LabelSelector.EVERYTHING, "192.168.126.150"));
        assertThat(reasons("later")).contains(EgressIpReason.ServedByAnotherObject);

        cluster.put(finished(pod("simpson", "homer", 1, "10.128.0.5")));

        assertThat(reasons("later")).doesNotContain(EgressIpReason.ServedByAnotherObject);
    }

    @Test
    void withoutTheClusterRouterNothingIsSaidToBeServed() {
        cluster.database.delete(LogicalRouter.TABLE, cluster.routers.remove("ovn_cluster_router"));
        cluster.start(SEED);
        assertThat(cluster.items("demo")).isEmpty();
        assertThat(reasons("demo")).contains(EgressIpReason.WaitingForRouter);

        cluster.reconciler.apply(cluster.database.tamper(() -> cluster.router("ovn_cluster_router")));
        var planned = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();
        assertThat(cluster.reconciler.takeStatusChanges())
                .as("before the commit")
                .isEmpty();

        cluster.commit(planned);
        cluster.settle();
        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node1", "192.168.126.100"));
        assertThat(reasons("demo")).containsExactly(EgressIpReason.Assigned, EgressIpReason.Programmed);
    }

    private int nodesWithoutRouter() {
        return cluster.reconciler.shortfall().of("nodes.without.router");
    }

    @Test
    void anEgressIpThatLeavesALostGatewayRouterIsToldOnItsObject() {
        cluster.start(SEED).put(egressIp("other", where("house=bouvier"), "192.168.126.101"));
        assertThat(cluster.items("other")).containsExactly(new StatusItem("node2", "192.168.126.101"));
        cluster.events.clear();

        cluster.tamper(() -> cluster.database.delete(LogicalRouter.TABLE, cluster.routers.remove("GR_node1")));
        cluster.after(Duration.ofMinutes(1)).put(pod("simpson", "marge", 2, "10.128.2.5"));

        assertThat(cluster.events)
                .containsExactly(new StatusChange.Event(
                        EgressIpEventReason.RouterMissing,
                        "egress IPs of this object have left nodes whose gateway routers, or their join ports (rtoj-...),"
                                + " are not in OVN_Northbound any more (see what ovnkube-master says of those nodes):"
                                + " 192.168.126.100 has moved from node1 to node2, GR_node1 is missing"));
        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node2", "192.168.126.100"));
        assertThat(reasons("demo")).containsExactly(EgressIpReason.Assigned, EgressIpReason.Programmed);
        assertThat(nodesWithoutRouter()).isEqualTo(1);
        assertThat(cluster.decisions)
                .contains(
                        new EgressIpDecision.RouterMissing("node1", Set.of("GR_node1"), Set.of("demo")),
                        new EgressIpDecision.Moved(
                                "demo",
                                ip("192.168.126.100"),
                                "node1",
                                "node2",
                                EgressIpDecision.Why.RouterMissing,
                                1));

        cluster.put(notReady(node(1)));
        assertThat(nodesWithoutRouter()).isZero();
    }

    @Test
    void aLostGatewayRouterIsToldOnceOnEveryObjectThatNobodyElseCanTake() {
        cluster.start(SEED).put(egressIp("other", where("house=bouvier"), "192.168.126.101"));
        cluster.put(hosting("192.168.126.101/32", node(2)));
        assertThat(cluster.items("other")).containsExactly(new StatusItem("node2", "192.168.126.101"));
        cluster.events.clear();

        cluster.tamper(() -> cluster.database.delete(LogicalRouter.TABLE, cluster.routers.remove("GR_node1")));
        cluster.after(Duration.ofMinutes(1)).put(pod("simpson", "marge", 2, "10.128.2.5"));

        assertThat(cluster.events)
                .containsExactly(new StatusChange.Event(
                        EgressIpEventReason.RouterMissing,
                        "egress IPs of this object are assigned to nodes whose gateway routers, or their join ports"
                                + " (rtoj-...), or what else a router there needs, are not in OVN_Northbound: no pod leaves as them until ovnkube-master has"
                                + " written those again, or the nodes are no egress nodes any more: GR_node1"));
        assertThat(cluster.items("demo")).isEmpty();
        assertThat(reasons("demo")).containsExactly(EgressIpReason.Assigned, EgressIpReason.WaitingForRouter);
        assertThat(nodesWithoutRouter()).isEqualTo(1);
        assertThat(cluster.decisions)
                .contains(new EgressIpDecision.RouterMissing("node1", Set.of("GR_node1"), Set.of("demo")));
    }

    @Test
    void aLostJoinPortIsALostRouterUntilItIsBack() {
        cluster.start(SEED);
        cluster.put(notLabelled(node(2)));
        cluster.events.clear();

        for (int times = 1; times <= 2; times++) {
            cluster.tamper(() -> cluster.database.delete(LogicalRouterPort.TABLE, cluster.portNamed("rtoj-GR_node1")));

            assertThat(cluster.events)
                    .hasSize(times)
                    .last()
                    .extracting(StatusChange.Event::reason)
                    .isEqualTo(EgressIpEventReason.RouterMissing);
            assertThat(nodesWithoutRouter()).isEqualTo(1);

            cluster.tamper(() -> cluster.port(cluster.routers.get("GR_node1"), "rtoj-GR_node1", "100.64.0.2/16"));

            assertThat(cluster.events).hasSize(times);
            assertThat(reasons("demo")).containsExactly(EgressIpReason.Assigned, EgressIpReason.Programmed);
            assertThat(nodesWithoutRouter()).isZero();
            assertThat(cluster.decisions.getLast()).isEqualTo(new EgressIpDecision.RouterBack("node1"));
        }
    }

    private static NodeInput hosting(String network, NodeInput node) {
        return node.edit().egressNetworks(List.of(network(network))).build();
    }

    @Test
    void podsThatComeAndGoBesideOthersAreNoReasonToWriteAStatus() {
        cluster.start(node(1), namespace("simpson", "house=simpson"), egressIp("demo", SIMPSON, "192.168.126.100"));
        assertThat(reasons("demo")).contains(EgressIpReason.NoPodSelected);
        cluster.put(pod("simpson", "homer", 1, "10.128.0.5"));
        assertThat(reasons("demo")).containsExactly(EgressIpReason.Assigned, EgressIpReason.Programmed);
        int written = cluster.statusChanges;

        for (int n = 10; n < 15; n++) {
            cluster.put(pod("simpson", "pod-" + n, 1, "10.128.0." + n));
        }
        for (int n = 10; n < 15; n++) {
            cluster.remove(InputKind.POD, "simpson/pod-" + n);
        }
        assertThat(cluster.statusChanges).isEqualTo(written);

        cluster.remove(InputKind.POD, "simpson/homer");
        assertThat(cluster.statusChanges).isEqualTo(written + 1);
        assertThat(reasons("demo")).contains(EgressIpReason.NoPodSelected);
    }

    @Test
    void statusOfAnEditedSelectorFollowsTheCommit() {
        cluster.start(SEED).put(pod("simpson", "marge", 2, "10.128.2.5"));
        cluster.put(edited(2, where("app=homer"), cluster.items("demo"), List.of()));
        cluster.reconciler.apply(
                new InputChange.Put(edited(3, where("app=marge"), cluster.items("demo"), List.of())), cluster.now);

        var planned = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();
        assertThat(cluster.reconciler.takeStatusChanges())
                .as("before the commit")
                .isEmpty();
        cluster.now = cluster.now.plus(Duration.ofSeconds(2));
        assertThat(cluster.reconciler.nextTransaction(cluster.now)).isEmpty();
        assertThat(cluster.reconciler.takeStatusChanges())
                .flatExtracting(StatusChange::conditions)
                .extracting(StatusCondition::reason)
                .contains(EgressIpReason.Pending);

        cluster.commit(planned);
        cluster.settle();
        assertThat(reasons("demo")).containsExactly(EgressIpReason.Assigned, EgressIpReason.Programmed);
        assertThat(cluster.statuses.get("demo").generation()).isEqualTo(3);
    }

    @Test
    void conditionsChangedByTheUserAreWrittenAgain() {
        cluster.start(SEED);
        var items = cluster.items("demo");
        var conditions = cluster.statuses.get("demo").conditions();
        cluster.put(edited(1, LabelSelector.EVERYTHING, items, conditions));

        var forged =
                new StatusCondition(EgressIpConditionType.Assigned, false, EgressIpReason.NoEgressNode, "forged", 1);
        for (var changed : List.of(List.of(forged), List.<StatusCondition>of())) {
            cluster.statuses.clear();

            cluster.put(edited(1, LabelSelector.EVERYTHING, items, changed));

            assertThat(cluster.statuses).containsKey("demo");
            assertThat(cluster.statuses.get("demo").conditions()).isEqualTo(conditions);
        }
    }

    @Test
    void annotationsOfANodeThatCannotBeUnderstoodAreToldOnceOnTheNode() {
        var errors =
                new EgressLimits(Set.of(), Optional.empty(), EgressCapacity.of(0), List.of("annotation x is wrong"));
        cluster.start(SEED).put(node(2).edit().limits(errors).build());
        cluster.put(pod("simpson", "marge", 1, "10.128.0.6"));

        assertThat(cluster.events)
                .containsExactly(
                        new StatusChange.Event(EgressIpEventReason.InvalidAnnotation, "annotation x is wrong"));
        assertThat(cluster.otherStatuses.get("node2").object()).isEqualTo(new ObjectRef(InputKind.NODE, "node2"));
        assertThat(cluster.items("demo")).as("nothing else is concerned").hasSize(1);

        cluster.put(node(2));
        cluster.put(node(2).edit().limits(errors).build());
        assertThat(cluster.events).hasSize(2);
    }
}
