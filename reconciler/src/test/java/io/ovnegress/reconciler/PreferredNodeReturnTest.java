package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.network;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.notReady;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.feature.egressip.EgressIpDecision;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.NodeChoice;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.safety.SafetyRules;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The node that many objects prefer comes back, and they ask for their egress IPs to go back there. */
class PreferredNodeReturnTest {
    private static final Duration INTERVAL = Duration.ofSeconds(5);
    private static final int OBJECTS = 4;

    private final TestCluster cluster = new TestCluster().topology(1, 2);

    private static EgressIpInput preferring(String name, String ip, boolean movesBack) {
        return EgressIpInput.named(name)
                .uid("uid-" + name)
                .egressIps(List.of(ip))
                .namespaceSelector(where("team=" + name))
                .podSelector(LabelSelector.EVERYTHING)
                .nodes(new NodeChoice(Optional.of(NodeChoice.LABELLED), List.of("node2"), movesBack, List.of()))
                .build();
    }

    /** All on the first node, since the second is not ready. */
    private static void start(TestCluster cluster) {
        var objects = new ArrayList<InputObject>(List.of(node(1), notReady(node(2))));
        for (int i = 0; i < OBJECTS; i++) {
            var name = "team" + i;
            objects.add(namespace(name, "team=" + name));
            objects.add(pod(name, "pod", 1, "10.128.0." + (10 + i)));
            objects.add(preferring(name, "192.168.126." + (100 + i), true));
        }
        cluster.start(objects.toArray(InputObject[]::new));
        cluster.transactions.clear();
        cluster.decisions.clear();
    }

    private static long onSecond(TestCluster cluster) {
        return cluster.snats().stream()
                .filter(snat -> snat.startsWith("GR_node2 "))
                .count();
    }

    @Test
    void oneObjectGoesBackInAnInterval() {
        start(cluster);
        cluster.put(node(2));
        var back = new ArrayList<Long>();
        while (cluster.reconciler.nextDeadline().isPresent()) {
            back.add(onSecond(cluster));
            var deadline = cluster.reconciler.nextDeadline().orElseThrow();
            assertThat(Duration.between(cluster.now, deadline)).isEqualTo(INTERVAL);
            cluster.now = deadline;
            cluster.settle();
            assertThat(SafetyRules.brokenAtRest(FakeForwarding.of(cluster.database)))
                    .isEmpty();
        }

        assertThat(back).containsExactly(0L, 1L, 2L, 3L);
        assertThat(onSecond(cluster)).isEqualTo(OBJECTS);
        assertThat(cluster.items("team3"))
                .singleElement()
                .satisfies(item -> assertThat(item.node()).isEqualTo("node2"));
        assertThat(cluster.decisions)
                .filteredOn(decision -> decision instanceof EgressIpDecision.Moved moved
                        && moved.why() == EgressIpDecision.Why.Preferred)
                .hasSize(OBJECTS);
    }

    /** Or the loop would turn all the time until the database is back. */
    @Test
    void aReturnThatIsDueWhileTheDatabaseIsAwayWakesNobody() {
        start(cluster);
        cluster.put(node(2));
        cluster.reconciler.disconnected();
        cluster.after(INTERVAL);
        assertThat(cluster.reconciler.nextDeadline()).isEmpty();

        cluster.connect();
        cluster.settle();

        assertThat(onSecond(cluster)).isOne();
    }

    @Test
    void aNodeThatComesAndGoesIsGivenNothing() {
        start(cluster);
        for (int i = 0; i < 5; i++) {
            cluster.put(node(2)).after(INTERVAL.minusMillis(1));
            cluster.put(notReady(node(2))).after(INTERVAL);
        }

        assertThat(cluster.transactions).isEmpty();
        assertThat(cluster.reconciler.nextDeadline()).isEmpty();
    }

    @Test
    void theIntervalIsTheOneInWhichEgressIpsAreEvenedOut() {
        var paced = new TestCluster(new ReconcilerConfig(
                                List.of(network("10.128.0.0/14"), network("fd01::/48")),
                                List.of(network("100.64.0.0/16"), network("fd98::/64")),
                                false,
                                500)
                        .edit()
                        .rebalanceInterval(Duration.ofMinutes(5))
                        .build())
                .topology(1, 2);
        start(paced);
        paced.put(node(2)).after(Duration.ofMinutes(5).minusMillis(1));
        assertThat(onSecond(paced)).isZero();

        paced.after(Duration.ofMillis(1));
        assertThat(onSecond(paced)).isOne();
    }

    @Test
    void aFailoverWaitsForNothing() {
        start(cluster);
        cluster.put(node(2)).after(INTERVAL);
        assertThat(onSecond(cluster)).isOne();

        cluster.put(notReady(node(1)));

        assertThat(onSecond(cluster)).isEqualTo(OBJECTS);
    }

    @Test
    void aNodeThatDoesNotExistIsNamedAsLongAsItDoesNot() {
        start(cluster);
        cluster.put(
                namespace("other", "team=other"),
                preferring("other", "192.168.126.120", false)
                        .edit()
                        .nodes(new NodeChoice(
                                Optional.of(NodeChoice.LABELLED), List.of("node1", "node3"), false, List.of()))
                        .build());
        assertThat(cluster.statuses.get("other").conditions().getFirst().message())
                .isEqualTo("192.168.126.120 is assigned to node1; preferred node \"node3\" does not exist: correct"
                        + " spec.preferredNodes (or annotation ovn-egress.io/preferred-nodes) if it is never to");

        cluster.put(notReady(node(3)));

        assertThat(cluster.statuses.get("other").conditions().getFirst().message())
                .isEqualTo("192.168.126.120 is assigned to node1");
    }
}
