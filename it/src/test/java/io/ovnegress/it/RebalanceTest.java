package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.oracle.DatabaseState;
import io.ovnegress.it.harness.oracle.TransactionLog;
import io.ovnegress.it.harness.topology.Topology;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code --egressip-rebalance-interval}: what goes back to a node that is there again, and in which steps. */
class RebalanceTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1");
    private static final Duration INTERVAL = Duration.ofMillis(500);
    /** Five go to 3 and 2, where another step would only turn the difference round. */
    private static final String SEVERAL = "several";
    /** Of a move: the new SNAT, the next hop, the old SNAT. */
    private static final int STEPS = 3;

    private static final int EGRESS_IPS = 5;

    @RegisterExtension
    static final ClusterExtension CONTROLLER =
            ClusterExtension.of(TOPOLOGY).with("--egressip-rebalance-interval=" + INTERVAL.toMillis() + "ms");

    private static void familyWithEgressIp(LiveCluster cluster, int number) {
        var name = "family-" + number;
        var labels = Map.of("house", name);
        cluster.namespace(name, labels);
        for (int pod = 0; pod < 2; pod++) {
            var node = TOPOLOGY.node("worker-" + pod);
            cluster.run(Topology.pod(name, "pod-" + pod, Map.of(), node, number));
        }
        cluster.apply(EgressIps.of(name, labels, "192.168.126." + (100 + number)));
    }

    private static Map<String, Long> egressIpsPerNode(LiveCluster cluster) {
        return IntStream.range(0, EGRESS_IPS)
                .boxed()
                .flatMap(number -> cluster.items("family-" + number).stream())
                .collect(Collectors.groupingBy(Item::node, Collectors.counting()));
    }

    private static void awaitPerNode(LiveCluster cluster, Map<String, Long> expected) {
        await("egress IPs per node")
                .untilAsserted(() -> assertThat(egressIpsPerNode(cluster)).isEqualTo(expected));
    }

    /** Egress IPs that each transaction has moved to another router; transactions that moved none are left out. */
    private static List<List<String>> moves(TransactionLog log, int from) {
        var moves = new ArrayList<List<String>>();
        var before = new TreeMap<String, String>();
        var unused = log.replay((index, transaction, state) -> {
            var after = routersOfEgressIps(state);
            var moved = after.entrySet().stream()
                    .filter(entry -> before.containsKey(entry.getKey())
                            && !before.get(entry.getKey()).equals(entry.getValue()))
                    .map(Map.Entry::getKey)
                    .toList();
            if (index >= from && !moved.isEmpty()) {
                moves.add(moved);
            }
            before.putAll(after);
        });
        return moves;
    }

    /** By egress IP the router that it is on; none of those in the middle of a move, which are on two. */
    private static Map<String, String> routersOfEgressIps(DatabaseState state) {
        var routers = new TreeMap<String, String>();
        for (var router : state.rows("Logical_Router")) {
            var egressIps = new TreeSet<String>();
            for (var reference : router.references("nat")) {
                var nat = state.row("NAT", reference);
                if (nat.text("logical_port").startsWith("k8s-")) {
                    egressIps.add(nat.text("external_ip"));
                }
            }
            egressIps.forEach(egressIp -> routers.merge(egressIp, router.text("name"), (one, other) -> SEVERAL));
        }
        routers.values().removeIf(SEVERAL::equals);
        return routers;
    }

    @Test
    void aNodeThatIsBackIsGivenOneEgressIpAtATimeUntilNoStepIsWorthIt(LiveCluster cluster) {
        cluster.label("worker-0", "worker-1");
        for (int number = 0; number < EGRESS_IPS; number++) {
            familyWithEgressIp(cluster, number);
        }
        await("two nodes serve")
                .untilAsserted(
                        () -> assertThat(egressIpsPerNode(cluster).values()).containsExactlyInAnyOrder(3L, 2L));
        cluster.setReady(cluster.node("worker-1"), false);
        awaitPerNode(cluster, Map.of("worker-0", (long) EGRESS_IPS));
        int transactions = cluster.transactions().size();

        cluster.setReady(cluster.node("worker-1"), true);

        awaitPerNode(cluster, Map.of("worker-0", 3L, "worker-1", 2L));
        await("both have left their old nodes")
                .untilAsserted(() -> assertThat(moves(cluster.transactions(), transactions))
                        .as("egress IPs that each transaction moves")
                        .hasSize(2)
                        .allSatisfy(moved -> assertThat(moved).hasSize(1)));
        await("nothing but the steps of two moves is written")
                .during(INTERVAL.multipliedBy(3))
                .until(() -> changes(cluster.transactions(), transactions) == 2 * STEPS);
    }

    /** How many transactions have changed SNATs or policies. */
    private static long changes(TransactionLog log, int from) {
        return log.transactions().stream()
                .skip(from)
                .filter(transaction -> transaction.has("NAT") || transaction.has("Logical_Router_Policy"))
                .count();
    }

    @Test
    void anObjectWithAnAddressOnEveryNodeIsLeftAlone(LiveCluster cluster) {
        cluster.label("worker-0", "worker-1");
        cluster.apply(EgressIps.of("both", Map.of("house", "nobody"), "192.168.126.90", "192.168.126.91"));
        await("both are assigned").until(() -> cluster.items("both").size() == 2);
        var items = cluster.items("both");
        int transactions = cluster.transactions().size();

        await("nothing moves")
                .during(INTERVAL.multipliedBy(3))
                .until(() -> cluster.items("both").equals(items)
                        && cluster.transactions().size() == transactions);
    }
}
