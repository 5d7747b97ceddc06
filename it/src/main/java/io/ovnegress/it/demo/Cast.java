package io.ovnegress.it.demo;

import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.lab.Lab;
import io.ovnegress.it.harness.oracle.SourceAddress.Verdict;
import io.ovnegress.it.harness.process.Await;
import io.ovnegress.it.harness.topology.ClusterNode;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Family;
import io.ovnegress.it.harness.topology.Topology;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The pods of the story and the cluster that they live in, and how it is checked as what they leave. One thread. */
final class Cast {
    static final String EGRESS_IP = "192.168.126.100";
    static final String OBJECT = "egressip-demo";
    /** Some web server on the internet. */
    private static final String OUTSIDE = "8.8.8.8";

    private final LiveCluster cluster;
    private final Optional<Lab> lab;
    private final Narrator narrator;
    private final ClusterPod homer;
    private final ClusterPod marge;
    private final ClusterPod selma;
    private final ClusterPod patty;
    private int logLinesShown;

    Cast(LiveCluster cluster, Optional<Lab> lab, Narrator narrator) {
        this.cluster = cluster;
        this.lab = lab;
        this.narrator = narrator;
        this.homer = pod("simpson", "homer", 0, 0);
        this.marge = pod("simpson", "marge", 1, 0);
        this.selma = pod("bouvier", "selma", 1, 1);
        this.patty = pod("bouvier", "patty", 2, 0);
    }

    private ClusterPod pod(String namespace, String name, int node, int number) {
        return Topology.pod(
                namespace, name, Map.of("app", name), cluster.topology().nodes().get(node), number);
    }

    ClusterPod homer() {
        return homer;
    }

    ClusterPod marge() {
        return marge;
    }

    ClusterPod patty() {
        return patty;
    }

    List<ClusterPod> simpsons() {
        return List.of(homer, marge);
    }

    List<ClusterPod> bouviers() {
        return List.of(selma, patty);
    }

    void createCluster() {
        narrator.step(
                "A cluster of three nodes, as ovnkube-master writes it",
                "every pod leaves the cluster with the address of its own node");
        narrator.say("API: " + (cluster.api().isEmbedded() ? "embedded" : "the cluster of $KUBECONFIG")
                + "; northbound: " + cluster.central().northbound().address());
        cluster.createNodes();
        cluster.namespace("simpson", Map.of("house", "simpson"));
        cluster.namespace("bouvier", Map.of("house", "bouvier"));
        for (var pod : pods()) {
            cluster.run(pod);
            lab.ifPresent(packets -> packets.attach(pod));
            narrator.say("%-7s %s on %s (%s), pod IP %s"
                    .formatted(
                            pod.name(),
                            pod.namespace(),
                            pod.node().name(),
                            pod.node().address(Family.V4),
                            pod.ip()));
        }
        pods().forEach(this::checkLeavesAsItsNode);
        showAccessLog();
    }

    void checkLeavesAsItsNode(ClusterPod pod) {
        checkLeaves(pod, nodeAddress(pod), pod.node());
    }

    void checkLeaves(ClusterPod pod, String source, ClusterNode node) {
        lab.ifPresentOrElse(packets -> checkArrives(packets, pod, source), () -> checkTrace(pod, source, node));
    }

    void checkArrives(Lab packets, ClusterPod pod, String source) {
        narrator.check(
                "curl: the web server outside sees %s come from %s".formatted(pod.name(), source),
                () -> await("source address of " + pod.name(), () -> {
                    var seen = packets.curl(pod).orElse("nobody");
                    require(seen.equals(source), "it sees " + seen);
                }));
    }

    private void checkTrace(ClusterPod pod, String source, ClusterNode node) {
        narrator.check("ovn-trace: %s leaves as %s from %s".formatted(pod.name(), source, node.name()), () -> {
            var expected = new Verdict.Left(source, node.gatewayRouter(), "br-ex_" + node.name());
            await("source address of " + pod.name(), () -> {
                var verdict = cluster.sourceAddress().of(pod, OUTSIDE);
                require(verdict.equals(expected), "it " + verdict);
            });
        });
    }

    /** What it has written meanwhile is too much to be shown. */
    void skipAccessLog() {
        lab.ifPresent(packets -> logLinesShown = packets.accessLog().size());
    }

    /** What the web server outside has written since it was looked at last. */
    void showAccessLog() {
        lab.ifPresent(packets -> {
            var log = packets.accessLog();
            narrator.show(
                    "tail access.log    # of the web server outside the cluster",
                    log.stream()
                            .skip(logLinesShown)
                            .map(entry -> "%s %-15s \"GET /%s\""
                                    .formatted(
                                            entry.time().truncatedTo(ChronoUnit.MILLIS), entry.source(), entry.text()))
                            .collect(Collectors.joining("\n")));
            logLinesShown = log.size();
        });
    }

    /** What {@code grep -B1 -A2} keeps. */
    static String around(String text, String word) {
        var lines = text.lines().toList();
        var kept = new boolean[lines.size()];
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).contains(word)) {
                Arrays.fill(kept, Math.max(0, i - 1), Math.min(lines.size(), i + 3), true);
            }
        }
        var found = new StringBuilder();
        for (int i = 0; i < kept.length; i++) {
            if (kept[i]) {
                found.append(lines.get(i)).append('\n');
            }
        }
        return found.isEmpty() ? "(nothing)" : found.toString();
    }

    List<ClusterPod> pods() {
        return List.of(homer, marge, selma, patty);
    }

    static String nodeAddress(ClusterPod pod) {
        return pod.node().address(Family.V4);
    }

    /** Asks again until it holds. */
    static void await(String what, Narrator.Check check) {
        Await.await(what).untilAsserted(check::run);
    }

    static void require(boolean holds, String found) {
        if (!holds) {
            throw new AssertionError(found);
        }
    }

    static String manifest() {
        try (var stream = Demo.class.getResourceAsStream("/demo/egressip-demo.yaml")) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .collect(Collectors.joining("\n"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
