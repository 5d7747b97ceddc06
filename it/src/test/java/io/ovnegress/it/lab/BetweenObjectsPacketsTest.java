package io.ovnegress.it.lab;

import static io.ovnegress.it.harness.process.Await.await;
import static io.ovnegress.it.lab.PacketCluster.EGRESS_IP;
import static io.ovnegress.it.lab.PacketCluster.HOMER;
import static io.ovnegress.it.lab.PacketCluster.LISA;
import static io.ovnegress.it.lab.PacketCluster.MARGE;
import static io.ovnegress.it.lab.PacketCluster.OBJECT;
import static io.ovnegress.it.lab.PacketCluster.PATTY;
import static io.ovnegress.it.lab.PacketCluster.SECOND_EGRESS_IP;
import static io.ovnegress.it.lab.PacketCluster.SIMPSONS;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.lab.Timeline;
import io.ovnegress.it.harness.lab.Traffic;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Family;
import io.ovnegress.it.harness.topology.Topology;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Pods and namespaces that leave one object for another, of the same form or of the other: from one egress IP to the next at once. */
@Tag("packets")
@Tag("timing")
class BetweenObjectsPacketsTest {
    private static final String OTHER = "other";
    private static final String THIRD = "third";
    private static final String STANDING = "standing";
    private static final String THIRD_EGRESS_IP = "192.168.126.102";
    private static final String STANDING_EGRESS_IP = "192.168.126.103";
    /** Nobody outside has a MAC address of it in mind. */
    private static final String UNHEARD_OF = "192.168.126.104";

    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final Map<String, String> FLANDERS = Map.of("house", "flanders");
    private static final Map<String, String> WIGGUM = Map.of("house", "wiggum");
    private static final Duration INTERVAL = Duration.ofMillis(5);

    /** Of one change, for one pod: it is 0.02 to 0.3 s on an idle machine. */
    private static final Duration TOLERATED = Duration.ofMillis(800);

    @RegisterExtension
    static final PacketCluster PACKETS = new PacketCluster();

    @AfterEach
    void nothingIsLeft() {
        List.of(OBJECT, OTHER, THIRD, STANDING).forEach(PACKETS.cluster()::deleteEgressIp);
        labelled(SIMPSON);
        SIMPSONS.forEach(PACKETS.cluster()::update);
        await("no router is left").until(() -> PACKETS.found("Logical_Router").isEmpty());
    }

    @Test
    void podsGoFromRowsOfTheirOwnToARouterAndToAnotherAndBack() {
        start();
        teamed("rows");
        apply(OBJECT, EGRESS_IP, "PerPod", SIMPSON, "rows");
        apply(OTHER, SECOND_EGRESS_IP, "Router", SIMPSON, "router");
        apply(THIRD, THIRD_EGRESS_IP, "Router", SIMPSON, "another");
        follow(
                new Change("to a router", SECOND_EGRESS_IP, () -> teamed("router")),
                new Change("to another router", THIRD_EGRESS_IP, () -> teamed("another")),
                new Change("back to rows", EGRESS_IP, () -> teamed("rows")));
    }

    @Test
    void aNamespaceGoesFromARouterToAnotherAndToRowsForEachPodAndBack() {
        start();
        apply(OBJECT, EGRESS_IP, "Router", SIMPSON, "");
        apply(OTHER, SECOND_EGRESS_IP, "Router", FLANDERS, "");
        apply(THIRD, THIRD_EGRESS_IP, "PerPod", WIGGUM, "");
        follow(
                new Change("to another router", SECOND_EGRESS_IP, () -> labelled(FLANDERS)),
                new Change("to rows", THIRD_EGRESS_IP, () -> labelled(WIGGUM)),
                new Change("back home", EGRESS_IP, () -> labelled(SIMPSON)));
    }

    /** The elder object goes, and what stood by serves in its stead. */
    @Test
    void whatStoodByServesOnceTheElderObjectIsDeleted() {
        start();
        apply(OBJECT, EGRESS_IP, "Router", SIMPSON, "");
        apply(OTHER, UNHEARD_OF, "PerPod", SIMPSON, "");
        follow(new Change("deleted", UNHEARD_OF, () -> PACKETS.cluster().deleteEgressIp(OBJECT)));
    }

    /** With a router that stays: the first floating one of a cluster waits until the nodes have heard of each other. */
    private static void start() {
        PACKETS.cluster().label("worker-0", "worker-1");
        apply(STANDING, STANDING_EGRESS_IP, "Router", Map.of("house", "bouvier"), "");
        assertThat(PACKETS.lab().curl(PATTY)).contains(STANDING_EGRESS_IP);
    }

    private static void apply(String name, String egressIp, String form, Map<String, String> namespaces, String team) {
        PACKETS.cluster().apply(PacketCluster.specified(EgressIps.of(name, namespaces, egressIp), spec -> {
            spec.put("form", form);
            if (!team.isEmpty()) {
                spec.put("podSelector", Map.of("matchLabels", Map.of("team", team)));
            }
        }));
        await(name + " is assigned").until(() -> PACKETS.cluster().items(name).size() == 1);
        PACKETS.lab().sync();
    }

    private static void teamed(String team) {
        SIMPSONS.forEach(pod -> PACKETS.cluster().update(teamed(pod, team)));
    }

    private static void labelled(Map<String, String> labels) {
        PACKETS.cluster().labelNamespace("simpson", labels);
    }

    private static ClusterPod teamed(ClusterPod pod, String team) {
        return Topology.pod(pod.namespace(), pod.name(), Map.of("team", team), pod.node(), 0);
    }

    private record Change(String name, String egressIp, Runnable apply) {}

    /** All pods, one of which is on the node of an egress IP, leave with the one until they leave with the other. */
    private static void follow(Change... changes) {
        try (var homer = traffic(HOMER);
                var marge = traffic(MARGE);
                var lisa = traffic(LISA)) {
            var all = List.of(homer, marge, lisa);
            all.forEach(traffic -> traffic.awaitArrived(100, EGRESS_IP));
            for (var change : changes) {
                PACKETS.lab().forgetConnections();
                all.forEach(traffic -> traffic.mark(change.name()));
                change.apply().run();
                all.forEach(traffic -> traffic.awaitArrived(20, change.egressIp()));
                PACKETS.lab().forgetConnections();
                all.forEach(traffic -> traffic.mark(change.name() + ", afterwards"));
                all.forEach(traffic -> traffic.awaitAnswered(200));
            }
            for (var traffic : all) {
                check(traffic.stop(), changes);
            }
        }
    }

    private static Traffic traffic(ClusterPod pod) {
        var traffic = PACKETS.lab().traffic(pod, Family.V4, INTERVAL);
        traffic.mark("before");
        return traffic;
    }

    private static void check(Timeline timeline, Change... changes) {
        var parts = timeline.byMark();
        var from = EGRESS_IP;
        for (var change : changes) {
            var part = parts.get(change.name());
            System.out.println(change.name() + ": " + part.summary());
            assertThat(part.sources().keySet()).as(change.name()).isSubsetOf(from, change.egressIp());
            assertThat(INTERVAL.multipliedBy(part.lost() + part.unanswered())).isLessThanOrEqualTo(TOLERATED);
            from = change.egressIp();
            var afterwards = change.name() + ", afterwards";
            assertThat(parts.get(afterwards).sources()).as(afterwards).containsOnlyKeys(from);
        }
    }
}
