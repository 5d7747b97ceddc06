package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.ip;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.notLabelled;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.probedAt;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.feature.NodeProbes;
import io.ovnegress.reconciler.feature.egressip.NodeChoice;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NodeReachability;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Who is to be probed follows from the nodes; what that finds out concerns where egress IPs are, and nothing else. */
class ProbingTest {
    private final TestCluster cluster = new TestCluster().topology(1, 2);

    private void start() {
        cluster.start(
                probedAt(node(1), "10.128.0.2"),
                probedAt(node(2), "10.128.2.2"),
                namespace("simpson", "house=simpson"),
                pod("simpson", "homer", 1, "10.128.0.5"),
                egressIp("demo", where("house=simpson"), "192.168.126.100"));
    }

    private void found(String node, boolean reachable) {
        cluster.reconciler.apply(new InputChange.Put(new NodeReachability(node, reachable)), cluster.now);
    }

    private String nodeOfDemo() {
        return cluster.items("demo").getFirst().node();
    }

    @Test
    void whatIsFoundOutMakesNoRowWorthALook() {
        start();
        var idle = nodeOfDemo().equals("node1") ? "node2" : "node1";
        int transactions = cluster.transactions.size();

        found(idle, false);

        assertThat(cluster.reconciler.progress().dirty()).isZero();
        cluster.settle();
        assertThat(cluster.transactions).hasSize(transactions);
    }

    @Test
    void aNodeThatIsSilentServesNothingAndOneOfWhichThatIsTakenBackDoes() {
        start();
        var before = nodeOfDemo();
        var other = before.equals("node1") ? "node2" : "node1";
        found(before, false);
        cluster.settle();
        assertThat(nodeOfDemo()).isEqualTo(other);

        cluster.reconciler.apply(new InputChange.Removed(NodeReachability.KIND, before), cluster.now);
        found(other, false);
        cluster.settle();

        assertThat(nodeOfDemo()).isEqualTo(before);
    }

    @Test
    void egressNodesAreProbedWhereTheySayAndOthersNot() {
        start();
        var first = cluster.reconciler.probes();
        assertThat(first)
                .isEqualTo(new NodeProbes(Map.of(
                        "node1", List.of(ip("10.128.0.2")),
                        "node2", List.of(ip("10.128.2.2")))));

        cluster.put(pod("simpson", "marge", 2, "10.128.2.5"));
        assertThat(cluster.reconciler.probes()).isSameAs(first);

        cluster.put(probedAt(notLabelled(node(1)), "10.128.0.2"), node(2));
        assertThat(cluster.reconciler.probes())
                .isEqualTo(new NodeProbes(Map.of("node1", List.of(), "node2", List.of())));

        cluster.remove(InputKind.NODE, "node1");
        assertThat(cluster.reconciler.probes().addresses()).containsOnlyKeys("node2");
    }

    @Test
    void whoStandsByHasThemProbedToo() {
        cluster.reconciler.setLeader(false);

        start();

        assertThat(cluster.reconciler.probes().addresses()).containsOnlyKeys("node1", "node2");
    }

    @Test
    void aNodeThatAnObjectSelectsIsProbedAsLongAsThatIsSo() {
        cluster.start(probedAt(node(1), "10.128.0.2"), probedAt(notLabelled(node(2)), "10.128.2.2"));
        assertThat(cluster.reconciler.probes().addresses()).containsEntry("node2", List.of());

        var all = new NodeChoice(Optional.of(LabelSelector.EVERYTHING), List.of(), false, List.of());
        cluster.put(egressIp("demo", where("house=simpson"), "192.168.126.100")
                .edit()
                .nodes(all)
                .build());
        assertThat(cluster.reconciler.probes().addresses()).containsEntry("node2", List.of(ip("10.128.2.2")));

        cluster.put(egressIp("demo", where("house=simpson"), "192.168.126.100"));
        assertThat(cluster.reconciler.probes().addresses()).containsEntry("node2", List.of());
    }
}
