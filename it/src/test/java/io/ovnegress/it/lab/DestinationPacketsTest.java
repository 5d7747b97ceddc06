package io.ovnegress.it.lab;

import static io.ovnegress.it.harness.process.Await.await;
import static io.ovnegress.it.lab.PacketCluster.BOUVIERS;
import static io.ovnegress.it.lab.PacketCluster.EGRESS_IP;
import static io.ovnegress.it.lab.PacketCluster.EGRESS_IP_V6;
import static io.ovnegress.it.lab.PacketCluster.HOMER;
import static io.ovnegress.it.lab.PacketCluster.LISA;
import static io.ovnegress.it.lab.PacketCluster.MARGE;
import static io.ovnegress.it.lab.PacketCluster.OBJECT;
import static io.ovnegress.it.lab.PacketCluster.SIMPSONS;
import static io.ovnegress.it.lab.PacketCluster.node;
import static io.ovnegress.it.lab.PacketCluster.nodeAddress;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressTraffics;
import io.ovnegress.it.harness.lab.Listener;
import io.ovnegress.it.harness.lab.Timeline;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Egress IPs for some destinations, beside one for the rest, from pods of every node: that of the egress node included. */
@Tag("packets")
@Tag("timing")
class DestinationPacketsTest {
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    /** Of some 500 requests, in four changes; none on an idle machine. */
    private static final long TOLERATED = 10;

    private static final int MOVES = 2;

    /** Five seconds: by then the chassis have heard of each other. */
    private static final int CANDIDATES_FOR = 250;

    private static final String TO_BANK = "192.168.126.101";
    private static final String TO_BANK_V6 = "fd2e:6f44:5dd8:c956::101";
    private static final String TO_SHOP = "192.168.126.102";

    @RegisterExtension
    static final PacketCluster PACKETS = new PacketCluster();

    private static Optional<Listener> bank = Optional.empty();
    private static Optional<Listener> shop = Optional.empty();
    private static Optional<Listener> bankV6 = Optional.empty();

    private static Listener bank() {
        bank = bank.or(() -> Optional.of(PACKETS.lab().listenOutside("192.0.2.7")));
        return bank.get();
    }

    private static Listener shop() {
        shop = shop.or(() -> Optional.of(PACKETS.lab().listenOutside("198.51.100.7")));
        return shop.get();
    }

    private static Listener bankV6() {
        bankV6 = bankV6.or(() -> Optional.of(PACKETS.lab().listenOutside("2001:db8:7::7")));
        return bankV6.get();
    }

    private static void apply(GenericKubernetesResource object) {
        apply(object, 1);
    }

    private static void apply(GenericKubernetesResource object, int egressIps) {
        PACKETS.cluster().apply(object);
        var name = object.getMetadata().getName();
        await(name + " is assigned").until(() -> PACKETS.cluster().items(name).size() == egressIps);
        await(name + " leads somewhere").until(() -> leads(name));
        PACKETS.lab().sync();
    }

    private static boolean leads(String name) {
        return PACKETS.cluster().rows().policies().stream()
                .anyMatch(policy -> policy.action().equals("reroute")
                        && ("EgressIP/" + name).equals(policy.externalIds().get("ovn-egress.io/owner")));
    }

    private static void remove(String name) {
        PACKETS.cluster().deleteEgressIp(name);
        await(name + " has no router any more")
                .until(() -> !PACKETS.cluster().central().nbctl("show").contains("egressip_" + name + "_"));
    }

    /** As what it leaves; the first packets through a router that is new may be lost, and none is wrong. */
    private static String leaves(ClusterPod pod, Listener target) {
        return leaves(pod, target, Family.V4);
    }

    private static String leaves(ClusterPod pod, Listener target, Family family) {
        var seen = new ArrayList<String>();
        await(pod.name() + " is answered").until(() -> {
            PACKETS.lab().curl(pod, target, family).ifPresent(seen::add);
            return !seen.isEmpty();
        });
        return seen.getFirst();
    }

    @AfterEach
    void nothingIsLeft() {
        remove("bank");
        remove("shop");
        remove(OBJECT);
        await("nothing is exempt from what is not there")
                .until(() -> PACKETS.cluster().rows().policies().stream()
                        .noneMatch(policy -> policy.priority() > 102 && policy.priority() <= 500));
    }

    @Test
    void twoDestinationsHaveAnEgressIpEachAndTheRestHasItsOwn() {
        PACKETS.cluster().label("worker-0", "worker-1", "worker-2");
        PACKETS.applyEgressIp(EGRESS_IP);
        apply(EgressTraffics.annotated(EgressIps.of("bank", SIMPSON, TO_BANK), "192.0.2.0/24"));
        apply(EgressTraffics.annotated(EgressIps.of("shop", SIMPSON, TO_SHOP), "198.51.0.0/16", "192.0.0.0/9"));

        for (var pod : SIMPSONS) {
            assertThat(leaves(pod, bank())).as("%s to the bank", pod.name()).isEqualTo(TO_BANK);
            assertThat(leaves(pod, shop())).as("%s to the shop", pod.name()).isEqualTo(TO_SHOP);
            assertThat(leaves(pod, PACKETS.lab().outside()))
                    .as("%s elsewhere", pod.name())
                    .isEqualTo(EGRESS_IP);
        }
        for (var pod : BOUVIERS) {
            assertThat(leaves(pod, bank())).isEqualTo(nodeAddress(pod));
        }
    }

    @Test
    void withEverythingListedPodsStillReachPodsAndNodes() {
        PACKETS.cluster().label("worker-0", "worker-1");
        apply(EgressTraffics.annotated(EgressIps.of("bank", SIMPSON, TO_BANK), "0.0.0.0/0"));
        var homer = PACKETS.lab().listen(HOMER);
        var nodes = Stream.of(0, 1, 2).map(n -> PACKETS.lab().listen(node(n))).toList();

        assertThat(leaves(LISA, homer)).isEqualTo(LISA.ip());
        nodes.forEach(each -> assertThat(PACKETS.lab().curl(LISA, each, Family.V4))
                .as("%s", each)
                .isPresent());
        SIMPSONS.forEach(pod -> assertThat(leaves(pod, PACKETS.lab().outside())).isEqualTo(TO_BANK));
    }

    @Test
    void destinationsComeChangeAndGoWithoutAWrongPacket() {
        PACKETS.cluster().label("worker-0", "worker-1", "worker-2");
        PACKETS.applyEgressIp(EGRESS_IP);
        apply(EgressTraffics.annotated(EgressIps.of("shop", SIMPSON, TO_SHOP), "198.51.0.0/16"));
        leaves(HOMER, shop()); // from now on nodes know of each other whether they live, which takes up to two seconds
        try (var homer = PACKETS.lab().traffic(HOMER, bank(), Family.V4);
                var marge = PACKETS.lab().traffic(MARGE, bank(), Family.V4);
                var lisa = PACKETS.lab().traffic(LISA, Family.V4)) {
            var all = List.of(homer, marge, lisa);
            all.forEach(traffic -> traffic.awaitAnswered(25));
            homer.mark("to the bank");
            apply(EgressTraffics.annotated(EgressIps.of("bank", SIMPSON, TO_BANK), "192.0.2.7"));
            homer.awaitArrived(50, TO_BANK);
            marge.awaitArrived(50, TO_BANK);
            homer.mark("other destinations");
            PACKETS.cluster().annotateEgressIp("bank", Map.of("ovn-egress.io/destinations", "10.99.0.0/24"));
            homer.awaitArrived(50, EGRESS_IP);
            marge.awaitArrived(50, EGRESS_IP);
            homer.mark("to the bank again");
            PACKETS.cluster().annotateEgressIp("bank", Map.of("ovn-egress.io/destinations", "192.0.2.0/24"));
            homer.awaitArrived(50, TO_BANK);
            homer.mark("removed");
            remove("bank");
            homer.awaitArrived(50, EGRESS_IP);
            all.forEach(traffic -> traffic.awaitAnswered(25));
            var bankers = homer.stop();
            PACKETS.report("destinations", "An object for some destinations comes, changes and goes", bankers);
            check("homer, to the bank", bankers, EGRESS_IP, TO_BANK);
            check("marge, to the bank", marge.stop(), EGRESS_IP, TO_BANK);
            check("lisa, elsewhere", lisa.stop(), EGRESS_IP);
        }
    }

    private static void check(String what, Timeline timeline, String... egressIps) {
        System.out.println(what + ": " + timeline.summary());
        assertThat(timeline.sources()).as(what).containsOnlyKeys(egressIps);
        assertThat(timeline.lost() + timeline.unanswered()).as(what).isLessThanOrEqualTo(TOLERATED);
    }

    /** The rest has routers too: IPv6 answers to rows for each pod would stay away for longer than a test. */
    @Test
    void destinationsOfBothFamiliesStayTheirsWhileTheirRouterMoves() {
        var cluster = PACKETS.cluster();
        cluster.label("worker-0", "worker-1", "worker-2");
        PACKETS.applyEgressIp(spec -> spec.put("form", "Router"), 2, EGRESS_IP, EGRESS_IP_V6);
        apply(
                EgressTraffics.annotated(
                        EgressIps.of("bank", SIMPSON, TO_BANK, TO_BANK_V6), "192.0.2.0/24", "2001:db8:7::/48"),
                2);
        for (var pod : SIMPSONS) {
            assertThat(leaves(pod, bank())).as("%s to the bank", pod.name()).isEqualTo(TO_BANK);
            assertThat(leaves(pod, bankV6(), Family.V6))
                    .as("%s to the bank, IPv6", pod.name())
                    .isEqualTo(TO_BANK_V6);
            assertThat(leaves(pod, PACKETS.lab().outside(), Family.V6))
                    .as("%s elsewhere, IPv6", pod.name())
                    .isEqualTo(EGRESS_IP_V6);
        }
        for (var pod : BOUVIERS) {
            assertThat(leaves(pod, bankV6(), Family.V6)).isEqualTo(pod.node().address(Family.V6));
        }
        try (var homer = PACKETS.lab().traffic(HOMER, bank(), Family.V4);
                var marge = PACKETS.lab().traffic(MARGE, bankV6(), Family.V6);
                var lisa = PACKETS.lab().traffic(LISA, Family.V6)) {
            var all = List.of(homer, marge, lisa);
            all.forEach(traffic -> traffic.awaitAnswered(25));
            for (int move = 0; move < MOVES; move++) {
                homer.awaitSent(CANDIDATES_FOR);
                var from = cluster.items("bank").getFirst().node();
                PACKETS.lab().forgetDecisions();
                cluster.unlabel(cluster.node(from));
                await("the bank's router is somewhere else")
                        .until(() -> cluster.items("bank").size() == 2
                                && cluster.items("bank").stream()
                                        .noneMatch(item -> item.node().equals(from)));
                all.forEach(traffic -> traffic.awaitAnswered(50));
                cluster.label(from);
            }
            check("homer, to the bank, IPv4", homer.stop(), TO_BANK);
            checkArrived("marge, to the bank, IPv6", marge.stop(), TO_BANK_V6);
            checkArrived("lisa, elsewhere, IPv6", lisa.stop(), EGRESS_IP_V6);
        }
    }

    /** Answers are late in IPv6 where the outside still looks for who has the address. */
    private static void checkArrived(String what, Timeline timeline, String egressIp) {
        System.out.println(what + ": " + timeline.summary());
        assertThat(timeline.sources()).as(what).containsOnlyKeys(egressIp);
        assertThat(timeline.lost()).as(what).isLessThanOrEqualTo(TOLERATED);
    }

    @Test
    void whatIsExcludedLeavesWithTheAddressOfThePodsNode() {
        PACKETS.cluster().label("worker-0", "worker-1");
        var object = EgressIps.of(OBJECT, SIMPSON, EGRESS_IP);
        object.getMetadata()
                .setAnnotations(
                        Map.of("ovn-egress.io/form", "Router", "ovn-egress.io/excluded-destinations", "192.0.2.0/24"));
        apply(object);

        for (var pod : SIMPSONS) {
            assertThat(leaves(pod, bank())).as(pod.name()).isEqualTo(nodeAddress(pod));
            assertThat(leaves(pod, shop())).as(pod.name()).isEqualTo(EGRESS_IP);
        }
    }
}
