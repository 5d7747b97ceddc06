package io.ovnegress.it.demo;

import static io.ovnegress.it.demo.Cast.EGRESS_IP;
import static io.ovnegress.it.demo.Cast.OBJECT;

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
import io.ovnegress.it.harness.topology.Family;
import io.ovnegress.it.harness.topology.Topology;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import picocli.CommandLine;

/**
 * {@code make demo}: the Simpsons' story on a real OVN. Every step says what is expected, shows what an operator would look at,
 * and checks it; the exit code is 0 only if all held. What it starts ends with it, also on Ctrl-C.
 */
public final class Demo {
    private final Narrator narrator = new Narrator(System.out);
    private final LiveCluster cluster;
    private final Story story;
    private final boolean keep;
    private final ControllerProcess controller;
    private final Cast cast;
    private final Optional<Lab> lab;
    private final Optional<SystemsStory> systems;
    private int transactionsBefore;

    /** Which one is told. */
    private enum Story {
        EGRESS_IP,
        ROUTER,
        SYSTEMS
    }

    private Demo(LiveCluster cluster, Optional<Lab> lab, Path launcher, Story story, boolean keep) {
        this.cluster = cluster;
        this.lab = lab;
        this.story = story;
        this.keep = keep;
        this.systems = story == Story.SYSTEMS ? Optional.of(new SystemsStory()) : Optional.empty();
        this.controller = ControllerProcess.withLauncher(
                launcher,
                ControllerProcess.flags(
                        cluster.api().kubeconfig(),
                        cluster.central().northbound().address(),
                        switch (story) {
                            case EGRESS_IP -> new String[0];
                            case ROUTER -> RouterStory.FLAGS;
                            case SYSTEMS -> systems.orElseThrow().flags();
                        }));
        this.cast = new Cast(cluster, lab, narrator);
    }

    /** How the demo is called; {@code make demo DEMO=...} passes options on. */
    @CommandLine.Command(
            name = "make demo",
            customSynopsis = "make demo DEMO=\"[--router | --systems] [--no-packets] [--keep]\"",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description =
                    "Tells the egress IP story on a real OVN, step by step, and checks every step. Exit code 1 if one"
                            + " does not hold. As root packets are real; else ovn-trace says where they would go.")
    private static final class Invocation implements Callable<Integer> {
        @CommandLine.Option(
                names = "--router",
                description =
                        "The story of an egress IP with a router of its own (spec.form: Router): one policy for all"
                                + " pods, and with packets the controller is killed before the node is: the address moves by"
                                + " itself, and the gap is told.")
        private boolean router;

        @CommandLine.Option(
                names = "--systems",
                description =
                        "The stories of the other systems: an egress router to a server that admits its address only, an"
                                + " egress firewall, an address pool, an HTTP proxy, the loss of a node. As root only: with real"
                                + " packets, and with an API of its own.")
        private boolean systems;

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
            if (router && systems) {
                System.err.println("demo: --router and --systems are two stories");
                return 2;
            }
            var story = systems ? Story.SYSTEMS : router ? Story.ROUTER : Story.EGRESS_IP;
            return Demo.run(launcher, story, noPackets ? Optional.of("--no-packets") : Lab.obstacle(), keep);
        }
    }

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Invocation()).execute(arguments));
    }

    /** @param obstacle why no packets are sent; empty if they are */
    private static int run(Path launcher, Story story, Optional<String> obstacle, boolean keep) {
        if (story == Story.SYSTEMS && obstacle.isPresent()) {
            System.err.println("demo: --systems tells of real packets only: " + obstacle.get());
            return 2;
        }
        System.out.println("ovn-egress demo: the OVN programs are the installed ones, in a directory of their own;\n"
                + "nothing system-wide is touched, and all of it is gone afterwards.");
        System.out.println(obstacle.map(
                        reason -> "No packets are sent (" + reason + "): ovn-trace tells where they would go.")
                .orElse("Packets are real: every node, every pod and a web server outside is a network namespace."));
        var topology = Topology.ipv4(51, "worker-0", "worker-1", "worker-2");
        try (var api = story == Story.SYSTEMS ? KubeApi.embedded(EgressIps.CONTEXT) : KubeApi.fromEnvironment()) {
            GuestRules.requireRoomFor(api, topology, List.of("simpson", "bouvier"));
            try (var cluster = LiveCluster.start(topology, api)) { // closes the API too
                var removeDefinition = GuestRules.installDefinition(api);
                try {
                    return obstacle.isPresent()
                            ? tell(cluster, launcher, story, keep)
                            : tellWithPackets(cluster, launcher, story, keep);
                } finally {
                    removeDefinition.run();
                }
            }
        } catch (Command.Failed | GuestRules.Refused e) {
            System.err.println("demo: " + e.getMessage());
            return 2;
        }
    }

    private static int tell(LiveCluster cluster, Path launcher, Story story, boolean keep) {
        return new Demo(cluster, Optional.empty(), launcher, story, keep).tellAndCleanUp();
    }

    private static int tellWithPackets(LiveCluster cluster, Path launcher, Story story, boolean keep) {
        try (var lab = Lab.start(cluster)) {
            return new Demo(cluster, Optional.of(lab), launcher, story, keep).tellAndCleanUp();
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
            systems.ifPresent(SystemsStory::close);
            cluster.clearObjects();
            clearedOnExit.cancel();
            silencedOnExit.cancel();
        }
    }

    private int tell() {
        cast.createCluster();
        startController();
        switch (story) {
            case EGRESS_IP -> {
                applyEgressIp();
                loseTheNode();
                deleteEgressIp();
            }
            case ROUTER -> new RouterStory(cluster, lab, controller, narrator, cast).tell();
            case SYSTEMS -> systems.orElseThrow().tell(new Stage(cluster, lab.orElseThrow(), narrator, cast));
        }
        narrator.check(
                "in none of the database's transactions was an egress IP on two routers, but for the middle of its move,"
                        + " or a pod rerouted without its SNAT",
                () -> {
                    var violations = Violation.in(cluster.transactions(), transactionsBefore);
                    Cast.require(violations.isEmpty(), violations.toString());
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
        cluster.apply(Serialization.unmarshal(Cast.manifest(), GenericKubernetesResource.class));
        narrator.say("Kept until Ctrl-C. The page: " + controller.url() + "/");
        narrator.say("Ask it: ./ovn-egress explain simpson/marge --server=" + controller.url());
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
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
        narrator.show("kubectl apply -f egressip-demo.yaml", Cast.manifest());
        cluster.apply(Serialization.unmarshal(Cast.manifest(), GenericKubernetesResource.class));
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
            Cast.require(changes.equals(List.of("NAT", "Logical_Router_Policy", "NAT")), "changed were " + changes);
        });
    }

    private void deleteEgressIp() {
        narrator.step("The EgressIP is deleted", "nothing of it is left, and everybody leaves as before");
        cluster.deleteEgressIp(OBJECT);
        narrator.check("no reroute policy and no SNAT of the EgressIP is left", cluster::awaitServices);
        showRows();
        cast.pods().forEach(cast::checkLeavesAsItsNode);
        cast.showAccessLog();
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
                        Service.of(cast.homer(), EGRESS_IP, egressNode),
                        Service.of(cast.marge(), EGRESS_IP, egressNode)));
        showRows();
        for (var pod : cast.simpsons()) {
            cast.checkLeaves(pod, EGRESS_IP, egressNode);
        }
        for (var pod : cast.bouviers()) {
            cast.checkLeavesAsItsNode(pod);
        }
        cast.showAccessLog();
        narrator.check(
                "homer reaches patty with its own address %s"
                        .formatted(cast.homer().ip()),
                () -> {
                    var verdict = cluster.sourceAddress().of(cast.homer(), cast.patty(), Family.V4);
                    narrator.show("ovn-trace homer -> patty", verdict.toString());
                    Cast.require(
                            verdict.equals(new Verdict.Delivered(
                                    cast.homer().ip(), cast.patty().port())),
                            verdict.toString());
                });
    }

    private void checkAssignedTo(ClusterNode node) {
        cluster.awaitItems(OBJECT, new EgressIps.Item(node.name(), EGRESS_IP));
    }

    private void showRows() {
        narrator.show(
                "ovn-nbctl show | grep -B1 -A2 " + EGRESS_IP,
                Cast.around(cluster.central().nbctl("show"), EGRESS_IP));
        narrator.show(
                "ovn-nbctl lr-policy-list ovn_cluster_router",
                cluster.central().nbctl("lr-policy-list", "ovn_cluster_router"));
    }
}
