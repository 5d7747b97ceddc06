package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.ip;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.network;
import static io.ovnegress.reconciler.TestCluster.notReady;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.ovnegress.reconciler.explain.AddressChange;
import io.ovnegress.reconciler.explain.NodeLoss;
import io.ovnegress.reconciler.explain.Outlook;
import io.ovnegress.reconciler.feature.Features;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressrouter.Destination;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Protocol;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Target;
import io.ovnegress.reconciler.feature.egressrouter.Destinations;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput.Clients;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterConditionType;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterReason;
import io.ovnegress.reconciler.input.FailoverGaps;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.machine.Reconciler;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What would become of egress routers' sources is what becomes of them. */
class EgressRouterOutlookTest {
    private static final ReconcilerConfig CONFIG = new ReconcilerConfig(
                    List.of(network("10.128.0.0/14")), List.of(network("100.64.0.0/16")), false, 500)
            .edit()
            .egressRouterVips(List.of(network("198.18.0.0/24")))
            .build();

    private final TestCluster cluster = new TestCluster(
                    CONFIG,
                    new FakeNorthbound(FakeNorthbound.PINNED, new Reconciler(Features.of(CONFIG), 500).monitorSpec()))
            .topology(1, 2, 3)
            .uplinks(1, 2, 3);

    private static EgressRouterInput router(String name, int created, String... sources) {
        return router(name, created, LabelSelector.EVERYTHING, sources);
    }

    private static EgressRouterInput router(String name, int created, LabelSelector nodes, String... sources) {
        return new EgressRouterInput(
                "simpson",
                name,
                "uid-" + name,
                Instant.ofEpochSecond(created),
                1,
                Stream.of(sources).map(TestCluster::ip).toList(),
                new Destinations(
                        List.of(new Destination(80, Protocol.tcp, new Target.Address(ip("203.0.113.25")), 80)),
                        Optional.empty()),
                "",
                Optional.empty(),
                Clients.OWN_NAMESPACE,
                nodes,
                List.of(),
                Optional.empty(),
                sources.length > 1,
                false,
                Optional.empty(),
                Optional.empty(),
                List.of());
    }

    private static NodeInput node(int n) {
        return TestCluster.node(n).edit().nextHops(Set.of(ip("192.168.126.1"))).build();
    }

    @BeforeEach
    void start() {
        cluster.portGroup("simpson");
        cluster.start(
                node(1),
                node(2),
                node(3),
                namespace("simpson"),
                pod("simpson", "homer", 1, "10.128.0.5"),
                pod("simpson", "marge", 1, "10.128.0.6"),
                router("bank", 1, "192.168.126.200"),
                router("pair", 2, "192.168.126.201", "192.168.126.202"),
                router("shop", 3, "192.168.126.203"));
    }

    private static List<String> words(List<AddressChange> changes) {
        return changes.stream()
                .map(change -> change.object().key() + " " + change.address() + ": "
                        + change.from().orElse("nowhere") + " -> " + change.to().orElse("nowhere"))
                .toList();
    }

    private Outlook outlook() {
        return cluster.reconciler.outlook();
    }

    @Test
    void whatANodesLossWouldDoIsWhatItDoes() {
        for (int n : List.of(1, 2, 3)) {
            var before = outlook();
            var foretold = before.without(Set.of("node" + n));
            cluster.put(notReady(node(n)));

            assertThat(words(foretold.changes()))
                    .as("node%s", n)
                    .isNotEmpty()
                    .isEqualTo(words(before.changesTo(outlook())));
            cluster.put(node(n));
        }
    }

    @Test
    void allSourcesHaveTheirPlacesAndPods() {
        assertThat(outlook().places())
                .extracting(place -> place.object().key() + " " + place.address() + " "
                        + place.node().orElse("") + " " + place.pods() + "/" + place.namespaces())
                .containsExactly(
                        "simpson/bank 192.168.126.200 node1 2/1",
                        "simpson/pair 192.168.126.201 node2 2/1",
                        "simpson/pair 192.168.126.202 node3 2/1",
                        "simpson/shop 192.168.126.203 node1 2/1");
        assertThat(outlook().nodes()).containsExactly("node1", "node2", "node3");
        assertThat(outlook().allNodes()).containsExactly("node1", "node2", "node3");
    }

    @Test
    void sourcesThatNoNodeCouldHaveAreLostAndTheReasonIsSaid() {
        var loss = outlook().without(Set.of("node1", "node2", "node3"));

        assertThat(words(loss.unplaced()))
                .containsExactly(
                        "simpson/bank 192.168.126.200: node1 -> nowhere",
                        "simpson/pair 192.168.126.201: node2 -> nowhere",
                        "simpson/pair 192.168.126.202: node3 -> nowhere",
                        "simpson/shop 192.168.126.203: node1 -> nowhere");
        assertThat(loss.unplaced().getFirst().why().orElseThrow().code()).isEqualTo(EgressRouterReason.NoNode);
        assertThat(outlook().eachAlone()).extracting(NodeLoss::unplaced).allMatch(List::isEmpty);
    }

    @Test
    void anObjectThatIsRefusedSaysWhyItsSourceIsNowhere() {
        cluster.put(router("late", 9, "192.168.126.200"));

        var late = outlook().places().getLast();
        assertThat(late.object().key()).isEqualTo("simpson/late");
        assertThat(late.node()).isEmpty();
        assertThat(late.why().orElseThrow().code()).isEqualTo(EgressRouterReason.AddressConflict);
    }

    @Test
    void nothingIsFoundOutAgainWhileItIsStill() {
        var before = outlook();
        cluster.put(pod("simpson", "bart", 1, "10.128.0.7"));
        assertThat(outlook().isStill(before)).isTrue();

        cluster.put(notReady(node(2)));
        assertThat(outlook().isStill(before)).isFalse();
    }

    @Test
    void aRouterThatMayBeNowhereElseAnyMoreIsAnotherAnswer() {
        cluster.put(node(1).edit().labels(Map.of("rack", "7")).build());
        var before = outlook();
        cluster.put(router("bank", 1, where("rack=7"), "192.168.126.200"));

        assertThat(outlook().isStill(before)).isFalse();
        assertThat(words(outlook().without(Set.of("node1")).unplaced()))
                .containsExactly("simpson/bank 192.168.126.200: node1 -> nowhere");
    }

    private Optional<StatusCondition> failover(String object) {
        return cluster.otherStatuses.get("simpson/" + object).conditions().stream()
                .filter(condition -> condition.type() == EgressRouterConditionType.FailoverReady)
                .findFirst();
    }

    @Test
    void theObjectSaysWhetherItIsReadyForTheLossOfANode() {
        cluster.put(node(1).edit().labels(Map.of("rack", "7")).build());
        cluster.put(router("bank", 1, where("rack=7"), "192.168.126.200"));
        assertThat(failover("bank")).as("nothing has been found out").isEmpty();

        cluster.put(new FailoverGaps(Outlook.gaps(outlook().eachAlone())));
        assertThat(failover("bank").orElseThrow())
                .extracting(StatusCondition::status, StatusCondition::reason)
                .containsExactly(false, EgressRouterReason.NoOtherNode);
        assertThat(failover("bank").orElseThrow().message()).endsWith(": node1");
        assertThat(failover("shop").orElseThrow())
                .extracting(StatusCondition::status, StatusCondition::reason)
                .containsExactly(true, EgressRouterReason.FailoverReady);
        assertThat(cluster.reconciler.shortfall().of("objects.without.failover"))
                .as("counted there, and not as a router that is not ready")
                .isOne();
        assertThat(cluster.reconciler.shortfall().of("unready.egress.routers")).isZero();

        cluster.put(notReady(node(1)));
        cluster.put(new FailoverGaps(Outlook.gaps(outlook().eachAlone())));
        assertThat(failover("bank")).as("it is nowhere").isEmpty();
    }

    /** It is done on the thread that everything waits for: many objects in one namespace are common. */
    @Test
    void podsThatManyObjectsHaveAsClientsAreCountedOnce() {
        var objects = new ArrayList<InputObject>();
        IntStream.range(0, 100).forEach(i -> objects.add(router("refused" + i, 9, "192.168.126.200")));
        IntStream.range(0, 1_000)
                .forEach(i -> objects.add(pod("simpson", "p" + i, 1, "10.129.%d.%d".formatted(i / 250, i % 250 + 1))));
        cluster.put(objects.toArray(InputObject[]::new));

        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        var places = outlook().places();
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;

        assertThat(places).hasSize(104).allMatch(place -> place.pods() == 1_002);
        assertThat(allocated).isLessThan(1_000_000);
    }
}
