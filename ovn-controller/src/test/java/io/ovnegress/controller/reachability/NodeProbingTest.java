package io.ovnegress.controller.reachability;

import static io.ovnegress.controller.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.ovnegress.controller.SteadyClock;
import io.ovnegress.controller.reachability.NodeProbe.Answer;
import io.ovnegress.reconciler.feature.NodeProbes;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.NodeReachability;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NodeProbingTest {
    private static final ReachabilityConfig QUICK =
            new ReachabilityConfig(Duration.ofMillis(200), 0, Duration.ofMillis(20), 3, Duration.ofMillis(100));

    private final Map<String, List<IpAddress>> wanted = new TreeMap<>();
    private final Queue<InputChange> inbox = new ConcurrentLinkedQueue<>();
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    /** What the machine with this address answers; alive by default. */
    private final Map<String, Answer> machines = new ConcurrentHashMap<>();
    /** How often it was asked. */
    private final Map<String, Integer> asked = new ConcurrentHashMap<>();

    private NodeProbing probing = probing(QUICK);

    /** Machines that are told what to answer. */
    private final class Machines implements NodeProbe {
        @Override
        public Answer ask(IpAddress address) {
            asked.merge(address.text(), 1, Integer::sum);
            return machines.getOrDefault(address.text(), Answer.ALIVE);
        }

        @Override
        public void close() {
            // Holds nothing.
        }
    }

    private NodeProbing probing(ReachabilityConfig config) {
        return new NodeProbing(config, Machines::new, inbox::add, new SteadyClock(), metrics);
    }

    @AfterEach
    void stop() {
        probing.close();
    }

    private static InputChange said(String node, boolean reachable) {
        return new InputChange.Put(new NodeReachability(node, reachable));
    }

    private static InputChange takenBack(String node) {
        return new InputChange.Removed(NodeReachability.KIND, node);
    }

    /** The node is to be asked there, and nowhere if there is no address; the others as before. */
    private void ask(String node, String... addresses) {
        wanted.put(node, List.of(addresses).stream().map(IpAddress::new).toList());
        probing.accept(new NodeProbes(wanted));
    }

    private void remove(String node) {
        wanted.remove(node);
        probing.accept(new NodeProbes(wanted));
    }

    private void awaitRounds(String address) {
        int before = asked.getOrDefault(address, 0);
        eventually().until(() -> asked.getOrDefault(address, 0) >= before + 5);
    }

    private double nodes(String state) {
        return metrics.get("ovn.egress.nodes").tag("state", state).gauge().value();
    }

    @Test
    void nothingIsSaidWhileNothingChanges() {
        ask("node1", "10.0.0.1");

        awaitRounds("10.0.0.1");

        assertThat(inbox).isEmpty();
        assertThat(nodes("reachable")).isEqualTo(1);
    }

    @Test
    void aNodeThatFallsSilentIsReportedOnceAndSoIsItsReturn() {
        ask("node1", "10.0.0.1");
        ask("node2", "10.0.0.2");

        machines.put("10.0.0.1", Answer.SILENT);
        eventually().until(() -> !inbox.isEmpty());
        awaitRounds("10.0.0.1");

        assertThat(inbox).containsExactly(said("node1", false));
        assertThat(nodes("reachable")).isEqualTo(1);
        assertThat(nodes("unreachable")).isEqualTo(1);
        assertThat(metrics.get("ovn.egress.node.loss.detection").timer().count())
                .isEqualTo(1);
        assertThat(metrics.get("ovn.egress.node.probes")
                        .tag("result", "silent")
                        .counter()
                        .count())
                .isGreaterThanOrEqualTo(3);

        machines.put("10.0.0.1", Answer.ALIVE);
        eventually().until(() -> inbox.size() > 1);
        awaitRounds("10.0.0.1");

        assertThat(inbox).containsExactly(said("node1", false), said("node1", true));
    }

    @Test
    void oneAddressThatAnswersIsEnough() {
        machines.put("fd00::1", Answer.SILENT);
        ask("node1", "10.0.0.1", "fd00::1");

        awaitRounds("fd00::1");
        assertThat(inbox).isEmpty();

        machines.put("10.0.0.1", Answer.SILENT);
        eventually().until(() -> inbox.contains(said("node1", false)));
    }

    @Test
    void anAddressThatCannotBeTriedDoesNotHideThatTheOtherIsSilent() {
        machines.put("fd00::1", Answer.INCONCLUSIVE);
        machines.put("10.0.0.1", Answer.SILENT);

        ask("node1", "10.0.0.1", "fd00::1");

        eventually().until(() -> inbox.contains(said("node1", false)));
    }

    @Test
    void troubleOfOurOwnIsNobodysLoss() {
        machines.put("10.0.0.1", Answer.INCONCLUSIVE);

        ask("node1", "10.0.0.1");
        awaitRounds("10.0.0.1");

        assertThat(inbox).isEmpty();
    }

    @Test
    void aNodeThatLosesItsLabelIsNotProbedAndRemembersWhatItWas() {
        machines.put("10.0.0.1", Answer.SILENT);
        ask("node1", "10.0.0.1");
        eventually().until(() -> inbox.size() == 1);

        ask("node1");
        ask("node2", "10.0.0.2");
        awaitRounds("10.0.0.2");
        int rounds = asked.get("10.0.0.1");
        awaitRounds("10.0.0.2");
        assertAtMostTheRoundUnderWay("10.0.0.1", rounds);
        assertThat(nodes("unreachable")).isZero();

        machines.put("10.0.0.1", Answer.ALIVE);
        ask("node1", "10.0.0.1");
        eventually().until(() -> inbox.size() > 1);

        assertThat(inbox).containsExactly(said("node1", false), said("node1", true));
    }

    @Test
    void aNodeThatMovesIsProbedAtItsNewAddress() {
        ask("node1", "10.0.0.1");
        awaitRounds("10.0.0.1");

        ask("node1", "10.0.0.2");

        awaitRounds("10.0.0.2");
    }

    @Test
    void aNodeThatIsGoneIsForgotten() {
        machines.put("10.0.0.1", Answer.SILENT);
        machines.put("10.0.0.2", Answer.SILENT);
        ask("node1", "10.0.0.1");
        ask("node2", "10.0.0.2");
        eventually().until(() -> inbox.size() == 2);

        inbox.clear();
        remove("node1");
        assertThat(inbox).containsExactly(takenBack("node1"));
        probing.accept(NodeProbes.NONE);
        assertThat(inbox).containsExactly(takenBack("node1"), takenBack("node2"));
        inbox.clear();
        ask("node1", "10.0.0.1");
        ask("node2", "10.0.0.2");

        eventually().until(() -> inbox.size() == 2);
        assertThat(inbox).containsExactlyInAnyOrder(said("node1", false), said("node2", false));
    }

    @Test
    void whoIsNotToBeProbedAnyMoreIsNot() {
        ask("node1", "10.0.0.1");

        probing.accept(new NodeProbes(Map.of("node2", List.of(new IpAddress("10.0.0.2")))));

        awaitRounds("10.0.0.2");
        int rounds = asked.getOrDefault("10.0.0.1", 0);
        awaitRounds("10.0.0.2");
        assertAtMostTheRoundUnderWay("10.0.0.1", rounds);
    }

    /** While others were asked several times. */
    private void assertAtMostTheRoundUnderWay(String address, int rounds) {
        assertThat(asked.getOrDefault(address, 0)).isBetween(rounds, rounds + 1);
    }

    @Test
    void switchedOffNobodyIsAsked() {
        probing.close();
        metrics.clear(); // what counts the closed one's nodes, which may be collected
        probing = probing(ReachabilityConfig.OFF);

        ask("node1", "10.0.0.1");
        assertThat(nodes("reachable")).isZero();

        try (var on = probing(QUICK)) {
            on.accept(new NodeProbes(Map.of("node2", List.of(new IpAddress("10.0.0.2")))));
            awaitRounds("10.0.0.2");
        }
        assertThat(asked).containsOnlyKeys("10.0.0.2");
    }

    @Test
    void nothingIsSaidAfterTheEnd() {
        ask("node1", "10.0.0.1");
        probing.close();
        ask("node2", "10.0.0.2");

        assertThat(nodes("reachable") + nodes("unreachable")).isZero();
    }

    @Test
    void manySilentNodesAreNoticedInASecondWithTheDefaults() {
        probing.close();
        var usual = new ReachabilityConfig(Duration.ofSeconds(1), 0, Duration.ofMillis(250), 3, Duration.ofSeconds(5));
        try (var hole = new BlackHole()) {
            probing = new NodeProbing(
                    usual,
                    () -> new TcpProbe(hole.port(), usual.probeTimeout()),
                    inbox::add,
                    new SteadyClock(),
                    metrics);

            IntStream.range(0, 50).forEach(n -> ask("node" + n, "127.0.0.1"));

            eventually().until(() -> inbox.size() == 50);
            // Serial probes would take 50 times a second; a loaded machine takes longer than it should.
            assertThat(metrics.get("ovn.egress.node.loss.detection").timer().max(TimeUnit.MILLISECONDS))
                    .isGreaterThan(500)
                    .isLessThan(20_000);
        }
    }

    @Test
    void aRealPortIsLostWhenItStopsToAnswerAndComesBack() {
        probing.close();
        var hole = new BlackHole();
        probing = new NodeProbing(
                QUICK, () -> new TcpProbe(hole.port(), QUICK.probeTimeout()), inbox::add, new SteadyClock(), metrics);
        ask("node1", "127.0.0.1");

        eventually().until(() -> inbox.contains(said("node1", false)));
        hole.close();

        eventually().until(() -> inbox.contains(said("node1", true)));
        assertThat(inbox).hasSize(2);
    }
}
