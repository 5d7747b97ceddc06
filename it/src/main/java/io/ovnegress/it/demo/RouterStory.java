package io.ovnegress.it.demo;

import static io.ovnegress.it.demo.Cast.EGRESS_IP;
import static io.ovnegress.it.demo.Cast.OBJECT;
import static io.ovnegress.it.harness.process.Await.await;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.lab.Lab;
import io.ovnegress.it.harness.process.ControllerProcess;
import io.ovnegress.it.harness.process.LocalOvnCentral;
import io.ovnegress.it.harness.topology.ClusterNode;
import io.ovnegress.it.harness.topology.Family;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** {@code make demo DEMO=--router}: the egress IP has a router of its own, which moves when nobody is left who decides. */
final class RouterStory {
    /** Nodes miss each other after three times 200 ms. */
    static final String[] FLAGS = {"--bfd-interval=200"};

    /** Nodes miss each other after 600 ms; the rest is for machines that have more to do. */
    private static final Duration GAP = Duration.ofSeconds(2);

    private static final String ROUTER = "egressip_" + OBJECT + "_" + EGRESS_IP;

    private final LiveCluster cluster;
    private final Optional<Lab> lab;
    private final ControllerProcess controller;
    private final Narrator narrator;
    private final Cast cast;

    RouterStory(LiveCluster cluster, Optional<Lab> lab, ControllerProcess controller, Narrator narrator, Cast cast) {
        this.cluster = cluster;
        this.lab = lab;
        this.controller = controller;
        this.narrator = narrator;
        this.cast = cast;
    }

    void tell() {
        var first = cluster.topology().nodes().get(0);
        var second = cluster.topology().nodes().get(1);
        applyEgressIp(first, second);
        lab.ifPresentOrElse(
                packets -> loseControllerAndNode(packets, first, second), () -> showWhoStandsBy(first, second));
        deleteEgressIp(first);
    }

    private void applyEgressIp(ClusterNode first, ClusterNode second) {
        narrator.step(
                "worker-0 and worker-1 may carry egress IPs, and an EgressIP of form Router asks for " + EGRESS_IP,
                "the egress IP has a router of its own, and one policy leads all Simpsons there: no row for any pod");
        cluster.label(first.name(), second.name());
        narrator.say("kubectl label node worker-0 worker-1 k8s.ovn.org/egress-assignable=");
        var manifest = Cast.manifest() + "\n  form: Router";
        narrator.show("kubectl apply -f egressip-demo.yaml", manifest);
        cluster.apply(Serialization.unmarshal(manifest, GenericKubernetesResource.class));
        narrator.check("status says " + first.name(), () -> awaitAt(first));
        narrator.check(
                "one policy leads all pods of the namespace to the router",
                () -> await("one policy").untilAsserted(() -> {
                    var ways = cluster.rows().policies().stream()
                            .filter(policy -> policy.action().equals("reroute") && policy.priority() <= 100)
                            .toList();
                    Cast.require(ways.size() == 1 && ways.get(0).priority() == 98, ways.toString());
                }));
        showRouter();
        checkEverybody();
    }

    private void awaitAt(ClusterNode node) {
        cluster.awaitItems(OBJECT, new EgressIps.Item(node.name(), EGRESS_IP));
    }

    private void showRouter() {
        narrator.show("ovn-nbctl show " + ROUTER, cluster.central().nbctl("show", ROUTER));
        narrator.show(
                "ovn-nbctl lr-policy-list ovn_cluster_router",
                cluster.central().nbctl("lr-policy-list", "ovn_cluster_router"));
    }

    private void checkEverybody() {
        lab.ifPresentOrElse(
                packets -> cast.simpsons().forEach(pod -> cast.checkArrives(packets, pod, EGRESS_IP)),
                () -> narrator.say("ovn-trace does not follow a router that may be on several chassis and is on none"));
        cast.bouviers().forEach(cast::checkLeavesAsItsNode);
        cast.showAccessLog();
    }

    private void loseControllerAndNode(Lab packets, ClusterNode lost, ClusterNode next) {
        narrator.step(
                "The controller is killed and ovn-northd stopped, and then worker-0 is killed, where the router is",
                "nobody decides any more: worker-1 takes the address by itself, and nothing leaves with another one");
        var northd = ((LocalOvnCentral) cluster.central()).northd();
        try (var traffic = packets.traffic(cast.marge(), Family.V4)) {
            traffic.awaitAnswered(50);
            controller.process().kill();
            northd.freeze();
            narrator.say("kill -9 of the controller, SIGSTOP for ovn-northd; marge sends a request every 20 ms");
            packets.kill(lost);
            narrator.say("kill -9 of everything on worker-0");
            traffic.awaitSent(50);
            traffic.awaitAnswered(50);
            var timeline = traffic.stop();
            narrator.check(
                    "the web server outside saw marge as " + EGRESS_IP + " only",
                    () -> Cast.require(
                            timeline.sources().keySet().equals(Set.of(EGRESS_IP)),
                            timeline.sources().toString()));
            narrator.say("the gap: %d ms without an answer (%d requests lost, %d without an answer, of %d)"
                    .formatted(
                            timeline.longestOutage().toMillis(),
                            timeline.lost(),
                            timeline.unanswered(),
                            timeline.requests().size()));
            narrator.check(
                    "marge was without an answer for less than " + GAP.toMillis() + " ms",
                    () -> Cast.require(
                            timeline.longestOutage().compareTo(GAP) < 0,
                            timeline.longestOutage().toString()));
        } finally {
            northd.thaw();
        }
        cast.skipAccessLog();
        narrator.step(
                "The controller starts again, and finds worker-0 NotReady",
                "the egress IP stays where it is, and the status says so");
        cluster.setReady(lost, false);
        controller.start();
        narrator.check("the controller answers 200 on /readyz", controller::awaitReady);
        narrator.check("status says " + next.name(), () -> awaitAt(next));
        showRouter();
        cast.checkArrives(packets, cast.marge(), EGRESS_IP);
        cast.checkLeavesAsItsNode(cast.patty());
        cast.showAccessLog();
    }

    /** @param lost whose pods are gone too */
    private void deleteEgressIp(ClusterNode lost) {
        narrator.step("The EgressIP is deleted", "router, switch and group are gone, and everybody leaves as before");
        cluster.deleteEgressIp(OBJECT);
        narrator.check(
                "nothing of the router is left",
                () -> await("nothing is left")
                        .until(() -> !cluster.central().nbctl("show").contains(ROUTER)
                                && cluster.central()
                                        .nbctl("list", "HA_Chassis_Group")
                                        .isBlank()));
        cast.pods().stream().filter(pod -> !pod.node().equals(lost)).forEach(cast::checkLeavesAsItsNode);
        cast.showAccessLog();
    }

    private void showWhoStandsBy(ClusterNode first, ClusterNode second) {
        narrator.step(
                "Who takes its place is in the database (no node runs here that could die)",
                "worker-0 first, then worker-1: OVN goes by these priorities without asking anybody");
        narrator.show(
                "ovn-nbctl --columns=chassis_name,priority list HA_Chassis",
                cluster.central().nbctl("--columns=chassis_name,priority", "list", "HA_Chassis"));
        cluster.setReady(first, false);
        narrator.check("worker-0 becomes NotReady: status says " + second.name(), () -> awaitAt(second));
        checkEverybody();
    }
}
