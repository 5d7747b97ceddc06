package io.ovnegress.it.demo;

import static io.ovnegress.it.harness.process.Await.await;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.lab.Lab;
import io.ovnegress.it.harness.northbound.EgressServices.Service;
import io.ovnegress.it.harness.oracle.SourceAddress.Verdict;
import io.ovnegress.it.harness.oracle.Violation;
import io.ovnegress.it.harness.process.Command;
import io.ovnegress.it.harness.process.ControllerProcess;
import io.ovnegress.it.harness.process.OnExit;
import io.ovnegress.it.harness.topology.ClusterNode;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Family;
import io.ovnegress.it.harness.topology.Topology;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;

/**
 * {@code make demo}: the Simpsons' story on a real OVN. Every step says what is expected, shows what an operator would look at,
 * and checks it; the exit code is 0 only if all held. What it starts ends with it, also on Ctrl-C.
 */
public final class Demo {
    private static final String EGRESS_IP = "192.168.126.100";
    private static final String OBJECT = "egressip-demo";
    /** Some web server on the internet. */
    private static final String OUTSIDE = "8.8.8.8";

    private final Narrator narrator = new Narrator(System.out);
    private final LiveCluster cluster;
    private final Optional<Lab> lab;
    private final boolean keep;
    private final ControllerProcess controller;
    private final ClusterPod homer;
    private final ClusterPod marge;
    private final ClusterPod selma;
    private final ClusterPod patty;
    private int transactionsBefore;
    private int logLinesShown;

    private Demo(LiveCluster cluster, Optional<Lab> lab, Path launcher, boolean keep) {
        this.cluster = cluster;
        this.lab = lab;
        this.keep = keep;
        this.controller = ControllerProcess.withLauncher(
                launcher,
                ControllerProcess.flags(
                        cluster.api().kubeconfig(),
                        cluster.central().northbound().address()));
        this.homer = pod("simpson", "homer", 0, 0);
        this.marge = pod("simpson", "marge", 1, 0);
        this.selma = pod("bouvier", "selma", 1, 1);
        this.patty = pod("bouvier", "patty", 2, 0);
    }

    private ClusterPod pod(String namespace, String name, int node, int number) {
        return Topology.pod(
                namespace, name, Map.of("app", name), cluster.topology().nodes().get(node), number);
    }

    /** How the demo is called; {@code make demo DEMO=...} passes options on. */
    @CommandLine.Command(
            name = "demo",
            mixinStandardHelpOptions = true,
            description = "Tells the egress IP story on a real OVN, step by step, and checks every step.")
    private static final class Invocation implements Callable<Integer> {
        @CommandLine.Option(
                names = "--no-packets",
                description = "Ask ovn-trace where packets would go, even where real ones can be sent.")
        private boolean noPackets;

        @CommandLine.Option(
                names = "--keep",
                description = "At the end, keep the cluster, the controller and its page until Ctrl-C.")
        private boolean keep;

        @CommandLine.Parameters(paramLabel = "LAUNCHER", description = "The launcher script of the built controller.")
        private Path launcher = Path.of("ovn-egress");

        @Override
        public Integer call() {
            return Demo.run(launcher, noPackets ? Optional.of("--no-packets") : Lab.obstacle(), keep);
        }
    }

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Invocation()).execute(arguments));
    }

    /** @param obstacle why no packets are sent; empty if they are */
    private static int run(Path launcher, Optional<String> obstacle, boolean keep) {
        System.out.println("ovn-egress demo: the OVN programs are the installed ones, in a directory of their own;\n"
                + "nothing system-wide is touched, and all of it is gone afterwards.");
        System.out.println(obstacle.map(
                        reason -> "No packets are sent (" + reason + "): ovn-trace tells where they would go.")
                .orElse("Packets are real: every node, every pod and a web server outside is a network namespace."));
        var topology = Topology.ipv4(51, "worker-0", "worker-1", "worker-2");
        try (var api = KubeApi.fromEnvironment()) {
            GuestRules.requireRoomFor(api, topology, List.of("simpson", "bouvier"));
            try (var cluster = LiveCluster.start(topology, api)) { // closes the API too
                var removeDefinition = GuestRules.installDefinition(api);
                try {
                    return obstacle.isPresent()
                            ? tell(cluster, launcher, keep)
                            : tellWithPackets(cluster, launcher, keep);
                } finally {
                    removeDefinition.run();
                }
            }
        } catch (Command.Failed | GuestRules.Refused e) {
            System.err.println("demo: " + e.getMessage());
            return 2;
        }
    }

    private static int tell(LiveCluster cluster, Path launcher, boolean keep) {
        return new Demo(cluster, Optional.empty(), launcher, keep).tellAndCleanUp();
    }

    private static int tellWithPackets(LiveCluster cluster, Path launcher, boolean keep) {
        try (var lab = Lab.start(cluster)) {
            return new Demo(cluster, Optional.of(lab), launcher, keep).tellAndCleanUp();
        }
    }

    private int tellAndCleanUp() {
        var clearedOnExit = OnExit.run(() -> {
            if (!cluster.api().isEmbedded()) {
                cluster.clearObjects();
            }
        });
        var silencedOnExit = OnExit.run(narrator::interrupt);
        try {
            return tell();
        } finally {
            controller.close();
            cluster.clearObjects();
            clearedOnExit.cancel();
            silencedOnExit.cancel();
        }
    }

    private int tell() {
        createCluster();
        startController();
        applyEgressIp();
        loseTheNode();
        deleteEgressIp();
        narrator.check(
                "in none of the database's transactions was an egress IP on two routers, but for the middle of its move,"
                        + " or a pod rerouted without its SNAT",
                () -> {
                    var violations = Violation.in(cluster.transactions(), transactionsBefore);
                    require(violations.isEmpty(), violations.toString());
                });
        int code = narrator.conclude();
        if (keep) {
            keepUp();
        }
        return code;
    }

    /** The object is there again, and stays until the process is interrupted. */
    private void keepUp() {
        cluster.setReady(cluster.topology().nodes().get(0), true);
        cluster.apply(Serialization.unmarshal(manifest(), GenericKubernetesResource.class));
        narrator.say("Kept until Ctrl-C. The page: " + controller.url() + "/");
        narrator.say("Ask it: ./ovn-egress explain simpson/marge --server=" + controller.url());
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void createCluster() {
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

    private void startController() {
        narrator.step("The controller starts", "it gets ready and serves no pod yet, because no EgressIP exists");
        transactionsBefore = cluster.transactions().size();
        controller.start();
        narrator.check("the controller answers 200 on /readyz", controller::awaitReady);
        narrator.say("A page to look at while it runs: " + controller.url() + "/"
                + (keep ? "" : "  (make demo DEMO=--keep keeps it up)"));
        narrator.check("no reroute policy and no egress SNAT exists", cluster::awaitServices);
    }

    private void applyEgressIp() {
        var egressNode = cluster.topology().nodes().get(0);
        narrator.step(
                "worker-0 may carry egress IPs, and an EgressIP asks for " + EGRESS_IP,
                "homer and marge leave as " + EGRESS_IP + " from worker-0, wherever they run; selma and patty do not");
        cluster.label(egressNode);
        narrator.say("kubectl label node worker-0 k8s.ovn.org/egress-assignable=");
        narrator.show("kubectl apply -f egressip-demo.yaml", manifest());
        cluster.apply(Serialization.unmarshal(manifest(), GenericKubernetesResource.class));
        checkServedFrom(egressNode);
    }

    private void loseTheNode() {
        var lost = cluster.topology().nodes().get(0);
        var next = cluster.topology().nodes().get(1);
        narrator.step(
                "worker-1 may carry egress IPs too, then worker-0 becomes NotReady",
                "labelling moves nothing; losing worker-0 moves " + EGRESS_IP
                        + " to worker-1: SNATs there, then the policies, then no SNATs here");
        int before = cluster.transactions().size();
        narrator.say("kubectl label node worker-1 k8s.ovn.org/egress-assignable=");
        cluster.label(next);
        cluster.setReady(lost, false);
        checkServedFrom(next);
        narrator.check("the move took three transactions: the new SNATs, the policies, the old SNATs", () -> {
            var changes = cluster.transactions().transactions().stream()
                    .skip(before)
                    .flatMap(transaction ->
                            Stream.of("NAT", "Logical_Router_Policy").filter(transaction::has))
                    .toList();
            require(changes.equals(List.of("NAT", "Logical_Router_Policy", "NAT")), "changed were " + changes);
        });
    }

    private void deleteEgressIp() {
        narrator.step("The EgressIP is deleted", "nothing of it is left, and everybody leaves as before");
        cluster.deleteEgressIp(OBJECT);
        narrator.check("no reroute policy and no SNAT of the EgressIP is left", cluster::awaitServices);
        showRows();
        pods().forEach(this::checkLeavesAsItsNode);
        showAccessLog();
    }

    private void checkServedFrom(ClusterNode egressNode) {
        narrator.check("status says " + egressNode.name(), () -> checkAssignedTo(egressNode));
        narrator.show(
                "kubectl get egressip",
                EgressIps.table(cluster.egressIps().list().getItems().stream()
                        .filter(object -> object.getMetadata().getName().equals(OBJECT))
                        .toList()));
        narrator.check(
                "there is one reroute policy and one SNAT for homer and for marge, and none besides",
                () -> cluster.awaitServices(
                        Service.of(homer, EGRESS_IP, egressNode), Service.of(marge, EGRESS_IP, egressNode)));
        showRows();
        for (var pod : List.of(homer, marge)) {
            checkLeaves(pod, EGRESS_IP, egressNode);
        }
        for (var pod : List.of(selma, patty)) {
            checkLeavesAsItsNode(pod);
        }
        showAccessLog();
        narrator.check("homer reaches patty with its own address %s".formatted(homer.ip()), () -> {
            var verdict = cluster.sourceAddress().of(homer, patty, Family.V4);
            narrator.show("ovn-trace homer -> patty", verdict.toString());
            require(verdict.equals(new Verdict.Delivered(homer.ip(), patty.port())), verdict.toString());
        });
    }

    private void checkAssignedTo(ClusterNode node) {
        cluster.awaitItems(OBJECT, new EgressIps.Item(node.name(), EGRESS_IP));
    }

    private void checkLeavesAsItsNode(ClusterPod pod) {
        checkLeaves(pod, pod.node().address(Family.V4), pod.node());
    }

    private void checkLeaves(ClusterPod pod, String source, ClusterNode node) {
        lab.ifPresentOrElse(packets -> checkArrives(packets, pod, source), () -> checkTrace(pod, source, node));
    }

    private void checkArrives(Lab packets, ClusterPod pod, String source) {
        narrator.check(
                "curl: the web server outside sees %s come from %s".formatted(pod.name(), source),
                () -> await("source address of " + pod.name()).untilAsserted(() -> {
                    var seen = packets.curl(pod).orElse("nobody");
                    require(seen.equals(source), "it sees " + seen);
                }));
    }

    private void checkTrace(ClusterPod pod, String source, ClusterNode node) {
        narrator.check("ovn-trace: %s leaves as %s from %s".formatted(pod.name(), source, node.name()), () -> {
            var expected = new Verdict.Left(source, node.gatewayRouter(), "br-ex_" + node.name());
            await("source address of " + pod.name()).untilAsserted(() -> {
                var verdict = cluster.sourceAddress().of(pod, OUTSIDE);
                require(verdict.equals(expected), "it " + verdict);
            });
        });
    }

    /** What the web server outside has written since it was looked at last. */
    private void showAccessLog() {
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

    private void showRows() {
        narrator.show(
                "ovn-nbctl show | grep -B1 -A2 " + EGRESS_IP,
                around(cluster.central().nbctl("show"), EGRESS_IP));
        narrator.show(
                "ovn-nbctl lr-policy-list ovn_cluster_router",
                cluster.central().nbctl("lr-policy-list", "ovn_cluster_router"));
    }

    /** What {@code grep -B1 -A2} keeps. */
    private static String around(String text, String word) {
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

    private List<ClusterPod> pods() {
        return List.of(homer, marge, selma, patty);
    }

    private static void require(boolean holds, String found) {
        if (!holds) {
            throw new AssertionError(found);
        }
    }

    private static String manifest() {
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
