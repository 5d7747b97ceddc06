package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.network;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.notReady;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.safety.SafetyRules;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A node comes back to a cluster in which another one serves everything. */
class RebalanceTest {
    private static final Duration INTERVAL = Duration.ofMinutes(5);
    private static final int OBJECTS = 6;

    private final TestCluster never = new TestCluster().topology(1, 2);
    private final TestCluster paced = new TestCluster(new ReconcilerConfig(
                            List.of(network("10.128.0.0/14"), network("fd01::/48")),
                            List.of(network("100.64.0.0/16"), network("fd98::/64")),
                            false,
                            500)
                    .edit()
                    .rebalanceInterval(INTERVAL)
                    .build())
            .topology(1, 2);

    /** All on the first node, the second has just come back. */
    private static void start(TestCluster cluster) {
        var objects = new ArrayList<InputObject>(List.of(node(1), notReady(node(2))));
        for (int i = 0; i < OBJECTS; i++) {
            var name = "team" + i;
            objects.add(namespace(name, "team=" + name));
            objects.add(pod(name, "pod", 1, "10.128.0." + (10 + i)));
            objects.add(egressIp(name, where("team=" + name), "192.168.126." + (100 + i)));
        }
        cluster.start(objects.toArray(InputObject[]::new));
        cluster.put(node(2));
        cluster.transactions.clear();
    }

    private static long onSecond(TestCluster cluster) {
        return cluster.snats().stream()
                .filter(snat -> snat.startsWith("GR_node2 "))
                .count();
    }

    @Test
    void nothingMovesByItself() {
        start(never);

        never.after(Duration.ofDays(1));

        assertThat(never.transactions).isEmpty();
        assertThat(never.reconciler.nextDeadline()).isEmpty();
    }

    @Test
    void oneEgressIpMovesInAnIntervalWholeUntilItIsEven() {
        start(paced);
        var moved = new ArrayList<Long>();
        for (int i = 0; i < 6; i++) {
            moved.add(onSecond(paced));
            assertThat(paced.transactions).hasSize((int) onSecond(paced));
            paced.now = paced.reconciler.nextDeadline().orElseThrow();
            paced.settle();
            assertThat(SafetyRules.brokenAtRest(FakeForwarding.of(paced.database)))
                    .isEmpty();
        }

        assertThat(moved).containsExactly(0L, 1L, 2L, 3L, 3L, 3L);
        assertThat(paced.snats()).hasSize(OBJECTS);
        assertThat(paced.items("team0")).hasSize(1);
    }

    @Test
    void theStatusFollows() {
        start(paced);
        paced.after(INTERVAL).after(INTERVAL);

        var nodes = new ArrayList<String>();
        for (int i = 0; i < OBJECTS; i++) {
            paced.items("team" + i).forEach(item -> nodes.add(item.node()));
        }
        assertThat(nodes).hasSize(OBJECTS).contains("node2");
    }

    @Test
    void whatComesBetweenGoesFirst() {
        start(paced);
        paced.reconciler.apply(new InputChange.Put(pod("team0", "another", 1, "10.128.0.99")), paced.now);
        paced.now = paced.now.plus(INTERVAL);

        var planned = paced.reconciler.nextTransaction(paced.now).orElseThrow();

        assertThat(planned.owners()).containsExactly("team0");
        paced.commit(planned);
        assertThat(onSecond(paced)).isZero();
        paced.settle();
        assertThat(onSecond(paced)).isPositive();
    }
}
