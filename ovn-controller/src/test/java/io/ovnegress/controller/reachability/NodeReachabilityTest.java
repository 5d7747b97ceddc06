package io.ovnegress.controller.reachability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.ovnegress.controller.SteadyClock;
import io.ovnegress.controller.reachability.NodeProbe.Answer;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputChange.Reachability;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.NodeInput;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class NodeReachabilityTest {
    private static final ReachabilityConfig QUICK =
            new ReachabilityConfig(Duration.ofMillis(200), 0, Duration.ofMillis(20), 3, Duration.ofMillis(100));

    private final Queue<InputChange> inbox = new ConcurrentLinkedQueue<>();
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    /** What the machine with this address answers; alive by default. */
    private final Map<String, Answer> machines = new ConcurrentHashMap<>();
    /** How often it was asked. */
    private final Map<String, Integer> asked = new ConcurrentHashMap<>();

    private NodeReachability reachability = reachability(QUICK);

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

    private NodeReachability reachability(ReachabilityConfig config) {
        return new NodeReachability(config, Machines::new, inbox::add, new SteadyClock(), metrics);
    }

    @AfterEach
    void stop() {
        reachability.close();
    }

    private static NodeInput node(String name, boolean assignable, String... addresses) {
        var ips = List.of(addresses).stream().map(IpAddress::new).toList();
        return new NodeInput(name, assignable, true, List.of(), Set.of(), List.of(), ips, false);
    }

    private void put(NodeInput node) {
        reachability.accept(new InputChange.Put(node));
    }

    private static ConditionFactory soon() {
        return await().atMost(Duration.ofSeconds(60));
    }

    private void awaitRounds(String address) {
        int before = asked.getOrDefault(address, 0);
        soon().until(() -> asked.getOrDefault(address, 0) >= before + 5);
    }

    private double nodes(String state) {
        return metrics.get("ovn.egress.nodes").tag("state", state).gauge().value();
    }

    @Test
    void nothingIsSaidWhileNothingChanges() {
        put(node("node1", true, "10.0.0.1"));

        awaitRounds("10.0.0.1");

        assertThat(inbox).isEmpty();
        assertThat(nodes("reachable")).isEqualTo(1);
    }

    @Test
    void aNodeThatFallsSilentIsReportedOnceAndSoIsItsReturn() {
        put(node("node1", true, "10.0.0.1"));
        put(node("node2", true, "10.0.0.2"));

        machines.put("10.0.0.1", Answer.SILENT);
        soon().until(() -> !inbox.isEmpty());
        awaitRounds("10.0.0.1");

        assertThat(inbox).containsExactly(new Reachability("node1", false));
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
        soon().until(() -> inbox.size() > 1);
        awaitRounds("10.0.0.1");

        assertThat(inbox).containsExactly(new Reachability("node1", false), new Reachability("node1", true));
    }

    @Test
    void oneAddressThatAnswersIsEnough() {
        machines.put("fd00::1", Answer.SILENT);
        put(node("node1", true, "10.0.0.1", "fd00::1"));

        awaitRounds("fd00::1");
        assertThat(inbox).isEmpty();

        machines.put("10.0.0.1", Answer.SILENT);
        soon().until(() -> inbox.contains(new Reachability("node1", false)));
    }

    @Test
    void anAddressThatCannotBeTriedDoesNotHideThatTheOtherIsSilent() {
        machines.put("fd00::1", Answer.INCONCLUSIVE);
        machines.put("10.0.0.1", Answer.SILENT);

        put(node("node1", true, "10.0.0.1", "fd00::1"));

        soon().until(() -> inbox.contains(new Reachability("node1", false)));
    }

    @Test
    void troubleOfOurOwnIsNobodysLoss() {
        machines.put("10.0.0.1", Answer.INCONCLUSIVE);

        put(node("node1", true, "10.0.0.1"));
        awaitRounds("10.0.0.1");

        assertThat(inbox).isEmpty();
    }

    @Test
    void onlyEgressNodesWithAnAddressAreProbed() {
        put(node("node1", false, "10.0.0.1"));
        put(node("node2", true));
        put(node("node3", true, "10.0.0.3"));

        awaitRounds("10.0.0.3");

        assertThat(asked).containsOnlyKeys("10.0.0.3");
    }

    @Test
    void aNodeThatLosesItsLabelIsNotProbedAndRemembersWhatItWas() {
        machines.put("10.0.0.1", Answer.SILENT);
        put(node("node1", true, "10.0.0.1"));
        soon().until(() -> inbox.size() == 1);

        put(node("node1", false, "10.0.0.1"));
        put(node("node2", true, "10.0.0.2"));
        awaitRounds("10.0.0.2");
        int rounds = asked.get("10.0.0.1");
        awaitRounds("10.0.0.2");
        assertAtMostTheRoundUnderWay("10.0.0.1", rounds);
        assertThat(nodes("unreachable")).isZero();

        machines.put("10.0.0.1", Answer.ALIVE);
        put(node("node1", true, "10.0.0.1"));
        soon().until(() -> inbox.size() > 1);

        assertThat(inbox).containsExactly(new Reachability("node1", false), new Reachability("node1", true));
    }

    @Test
    void aNodeThatMovesIsProbedAtItsNewAddress() {
        put(node("node1", true, "10.0.0.1"));
        awaitRounds("10.0.0.1");

        put(node("node1", true, "10.0.0.2"));

        awaitRounds("10.0.0.2");
    }

    @Test
    void aNodeThatIsGoneIsForgotten() {
        machines.put("10.0.0.1", Answer.SILENT);
        machines.put("10.0.0.2", Answer.SILENT);
        put(node("node1", true, "10.0.0.1"));
        put(node("node2", true, "10.0.0.2"));
        soon().until(() -> inbox.size() == 2);

        reachability.accept(new InputChange.Removed(InputKind.NODE, "node1"));
        reachability.accept(new InputChange.Listed(InputKind.NODE, List.of()));
        inbox.clear();
        put(node("node1", true, "10.0.0.1"));
        put(node("node2", true, "10.0.0.2"));

        soon().until(() -> inbox.size() == 2);
        assertThat(inbox).containsExactlyInAnyOrder(new Reachability("node1", false), new Reachability("node2", false));
    }

    @Test
    void aListOfNodesIsFollowedAsAWhole() {
        put(node("node1", true, "10.0.0.1"));

        reachability.accept(new InputChange.Listed(InputKind.NODE, List.of(node("node2", true, "10.0.0.2"))));

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
        reachability.close();
        reachability = reachability(ReachabilityConfig.OFF);

        put(node("node1", true, "10.0.0.1"));
        assertThat(nodes("reachable")).isZero();

        try (var on = reachability(QUICK)) {
            on.accept(new InputChange.Put(node("node2", true, "10.0.0.2")));
            awaitRounds("10.0.0.2");
        }
        assertThat(asked).containsOnlyKeys("10.0.0.2");
    }

    @Test
    void nothingIsSaidAfterTheEnd() {
        put(node("node1", true, "10.0.0.1"));
        reachability.close();
        put(node("node2", true, "10.0.0.2"));

        assertThat(nodes("reachable") + nodes("unreachable")).isZero();
    }

    @Test
    void manySilentNodesAreNoticedInASecondWithTheDefaults() {
        reachability.close();
        var usual = new ReachabilityConfig(Duration.ofSeconds(1), 0, Duration.ofMillis(250), 3, Duration.ofSeconds(5));
        try (var hole = new BlackHole()) {
            reachability = new NodeReachability(
                    usual,
                    () -> new TcpProbe(hole.port(), usual.probeTimeout()),
                    inbox::add,
                    new SteadyClock(),
                    metrics);

            IntStream.range(0, 50).forEach(n -> put(node("node" + n, true, "127.0.0.1")));

            soon().until(() -> inbox.size() == 50);
            // Serial probes would take 50 times a second; a loaded machine takes longer than it should.
            assertThat(metrics.get("ovn.egress.node.loss.detection").timer().max(TimeUnit.MILLISECONDS))
                    .isGreaterThan(500)
                    .isLessThan(20_000);
        }
    }

    @Test
    void aRealPortIsLostWhenItStopsToAnswerAndComesBack() {
        reachability.close();
        var hole = new BlackHole();
        reachability = new NodeReachability(
                QUICK, () -> new TcpProbe(hole.port(), QUICK.probeTimeout()), inbox::add, new SteadyClock(), metrics);
        put(node("node1", true, "127.0.0.1"));

        soon().until(() -> inbox.contains(new Reachability("node1", false)));
        hole.close();

        soon().until(() -> inbox.contains(new Reachability("node1", true)));
        assertThat(inbox).hasSize(2);
    }
}
