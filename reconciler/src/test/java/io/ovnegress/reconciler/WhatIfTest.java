package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.ovnegress.reconciler.explain.AddressChange;
import io.ovnegress.reconciler.explain.NodeLoss;
import io.ovnegress.reconciler.explain.Outlook;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.NodeChoice;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditionType;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import io.ovnegress.reconciler.input.EgressCapacity;
import io.ovnegress.reconciler.input.EgressLimits;
import io.ovnegress.reconciler.input.FailoverGaps;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.NodeReachability;
import io.ovnegress.reconciler.input.ObjectRef;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What would become of egress IPs if nodes were lost, is what becomes of them when they are. */
class WhatIfTest {
    private static final ObjectRef DEMO = new ObjectRef(EgressIpInput.KIND, "demo");

    private final TestCluster cluster = new TestCluster().topology(1, 2, 3, 4, 5, 6);

    private void twoNodesAndTwoObjects() {
        cluster.start(
                node(1),
                node(2),
                namespace("simpson", "house=simpson"),
                pod("simpson", "homer", 2, "10.128.0.5"),
                pod("simpson", "marge", 3, "10.128.4.5"),
                egressIp("demo", where("house=simpson"), "192.168.126.100"),
                egressIp("pair", where("house=bouvier"), "192.168.126.101", "192.168.126.102"));
    }

    @Test
    void whatGoesWhereAndWhatStaysWithoutANodeIsSaidWithThePodsBehindIt() {
        twoNodesAndTwoObjects();
        var outlook = cluster.reconciler.outlook();

        assertThat(outlook.nodes()).containsExactly("node1", "node2");
        var loss = outlook.without(Set.of("node1"));
        assertThat(loss.moved())
                .extracting(AddressChange::object, AddressChange::address, AddressChange::to, AddressChange::pods)
                .containsExactly(tuple(DEMO, "192.168.126.100", Optional.of("node2"), 2));
        assertThat(loss.unplaced()).singleElement().satisfies(change -> {
            assertThat(change.object().key()).isEqualTo("pair");
            assertThat(change.why().orElseThrow().code()).isEqualTo(EgressIpReason.NoMatchingNode);
            assertThat(change.why().orElseThrow().message()).contains("node1: not reachable");
        });
        assertThat(loss.sentence()).isEqualTo("losing node1: 1 address moves, 1 has no node (0 pods)");
    }

    @Test
    void ofAllNodesTheWorstComesFirst() {
        twoNodesAndTwoObjects();
        cluster.put(
                node(2).edit()
                        .labels(Map.of("k8s.ovn.org/egress-assignable", "", "rack", "two"))
                        .build(),
                egressIp("only", where("house=simpson"), "192.168.126.109")
                        .edit()
                        .nodes(new NodeChoice(Optional.of(where("rack=two")), List.of(), false, List.of()))
                        .build());

        assertThat(cluster.reconciler.outlook().eachAlone())
                .extracting(loss -> loss.nodes().iterator().next())
                .containsExactly("node2", "node1");
    }

    @Test
    void allNodesCanBeLostTogether() {
        twoNodesAndTwoObjects();

        assertThat(cluster.reconciler
                        .outlook()
                        .without(Set.of("node1", "node2"))
                        .unplaced())
                .hasSize(3)
                .allSatisfy(
                        change -> assertThat(change.why().orElseThrow().code()).isEqualTo(EgressIpReason.NoEgressNode));
    }

    @Test
    void nothingChangesByBeingAsked() {
        twoNodesAndTwoObjects();
        int commits = cluster.database.commits;
        cluster.reconciler.outlook().eachAlone();

        assertThat(cluster.settle().database.commits).isEqualTo(commits);
        assertThat(cluster.reconciler.outlook().isStill(cluster.reconciler.outlook()))
                .isTrue();
    }

    @Test
    void whatHasChangedIsSeen() {
        twoNodesAndTwoObjects();
        var before = cluster.reconciler.outlook();
        cluster.put(node(3));

        assertThat(cluster.reconciler.outlook().isStill(before)).isFalse();
    }

    @Test
    void oneThatStandsBySaysWhatItWouldDecide() {
        twoNodesAndTwoObjects();
        var leading = cluster.reconciler.outlook();
        cluster.reconciler.setLeader(false);

        assertThat(cluster.reconciler.outlook().eachAlone()).isEqualTo(leading.eachAlone());
    }

    private Optional<StatusCondition> failover(String egressIp) {
        return cluster.statuses.get(egressIp).conditions().stream()
                .filter(condition -> condition.type() == EgressIpConditionType.FailoverReady)
                .findFirst();
    }

    private void findOut() {
        cluster.put(new FailoverGaps(Outlook.gaps(cluster.reconciler.outlook().eachAlone())));
    }

    @Test
    void theObjectSaysWhetherItIsReadyForTheLossOfANode() {
        twoNodesAndTwoObjects();
        assertThat(failover("demo")).as("nothing has been found out").isEmpty();
        findOut();

        assertThat(failover("demo").orElseThrow())
                .extracting(StatusCondition::status, StatusCondition::reason)
                .containsExactly(true, EgressIpReason.FailoverReady);
        assertThat(failover("pair").orElseThrow())
                .extracting(StatusCondition::status, StatusCondition::reason)
                .containsExactly(false, EgressIpReason.NoOtherNode);
        assertThat(failover("pair").orElseThrow().message()).endsWith("node1; node2");
        assertThat(cluster.reconciler.shortfall().of("objects.without.failover"))
                .isOne();

        cluster.put(node(3));
        findOut();
        assertThat(failover("pair").orElseThrow().status()).isTrue();
        assertThat(cluster.reconciler.shortfall().of("objects.without.failover"))
                .isZero();
    }

    @Test
    void anObjectWithoutAnyNodeIsNotJudged() {
        cluster.start(egressIp("demo", where("house=simpson"), "192.168.126.100"));
        findOut();

        assertThat(failover("demo")).isEmpty();
    }

    private Map<String, String> places() {
        var places = new TreeMap<String, String>();
        cluster.statuses
                .keySet()
                .forEach(name -> cluster.items(name).forEach(item -> places.put(item.egressIp(), item.node())));
        return places;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void whatIsSaidBeforeIsWhatHappens(long seed) {
        var random = new Random(seed);
        for (int round = 0; round < 10; round++) {
            var fresh = new WhatIfTest();
            fresh.cluster.start(randomObjects(random).toArray(InputObject[]::new));
            fresh.cluster.put(new NodeReachability("node" + (1 + random.nextInt(6)), false));
            fresh.losesAsSaid(random);
        }
    }

    private void losesAsSaid(Random random) {
        var lost = new TreeSet<String>();
        for (int i = random.nextInt(3); i >= 0; i--) {
            lost.add("node" + (1 + random.nextInt(6)));
        }
        var expected = expected(cluster.reconciler.outlook().without(lost));
        cluster.put(lost.stream().map(name -> new NodeReachability(name, false)).toArray(InputObject[]::new));

        assertThat(places()).as("after the loss of %s", lost).isEqualTo(expected);
    }

    private Map<String, String> expected(NodeLoss loss) {
        var expected = places();
        loss.changes()
                .forEach(change -> change.from().ifPresent(from -> {
                    assertThat(expected.remove(change.address())).isEqualTo(from);
                }));
        loss.changes().forEach(change -> change.to().ifPresent(to -> expected.put(change.address(), to)));
        return expected;
    }

    private static List<InputObject> randomObjects(Random random) {
        var objects = new ArrayList<InputObject>();
        for (int n = 1; n <= 6; n++) {
            objects.add(randomNode(n, random));
        }
        for (int i = 0; i < 8; i++) {
            var ips = new TreeSet<String>();
            for (int j = random.nextInt(3); j >= 0; j--) {
                ips.add("192.168.126." + (100 + random.nextInt(30)));
            }
            objects.add(egressIp("object" + i, where("house=simpson"), ips.toArray(String[]::new))
                    .edit()
                    .nodes(new NodeChoice(
                            Optional.of(NodeChoice.LABELLED),
                            random.nextBoolean() ? List.of() : List.of("node" + (1 + random.nextInt(6))),
                            random.nextBoolean(),
                            List.of()))
                    .build());
        }
        return objects;
    }

    private static NodeInput randomNode(int n, Random random) {
        var labels = new HashMap<>(node(n).labels());
        labels.put("topology.kubernetes.io/zone", "zone" + random.nextInt(3));
        var capacity = random.nextBoolean() ? EgressCapacity.UNLIMITED : EgressCapacity.of(1 + random.nextInt(4));
        return node(n).edit()
                .labels(labels)
                .ready(random.nextInt(6) > 0)
                .limits(new EgressLimits(Set.of(), Optional.empty(), capacity, List.of()))
                .build();
    }
}
