package io.ovnegress.it.lab;

import static io.ovnegress.it.harness.process.Await.await;
import static io.ovnegress.it.lab.PacketCluster.EGRESS_IP;
import static io.ovnegress.it.lab.PacketCluster.HOMER;
import static io.ovnegress.it.lab.PacketCluster.LISA;
import static io.ovnegress.it.lab.PacketCluster.MARGE;
import static io.ovnegress.it.lab.PacketCluster.OBJECT;
import static io.ovnegress.it.lab.PacketCluster.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.lab.Timeline;
import io.ovnegress.it.harness.lab.Traffic;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Family;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Pods whose object says Drop, which send all the time, from before their ports are attached: whatever gets through has the egress
 * IP, however late the controller sees the pod.
 */
@Tag("packets")
@Tag("timing")
class KeptInPacketsTest {
    private static final Duration INTERVAL = Duration.ofMillis(5);
    private static final int BATCHES = 2;
    private static final int PODS_OF_A_BATCH = 5;

    @RegisterExtension
    static final PacketCluster PACKETS = new PacketCluster();

    /** @param late how many requests a pod has sent since its port was attached, one in 5 ms, when the controller may see it */
    @ParameterizedTest
    @CsvSource({"onUnassigned, 100", "beforeServed, 10"})
    void newPodsLeaveAsTheEgressIpFromTheirFirstPacketOn(String field, int late) {
        PACKETS.cluster().label("worker-0");
        PACKETS.applyEgressIp(field, "Drop", 1);
        for (int batch = 0; batch < BATCHES; batch++) {
            int first = 20 + batch * PODS_OF_A_BATCH;
            var pods = IntStream.range(first, first + PODS_OF_A_BATCH)
                    .mapToObj(number -> pod("simpson", "bart-" + number, number % 3, number))
                    .toList();
            seen(pods, late).forEach((pod, timeline) -> {
                System.out.println(pod.name() + " " + field + ": " + timeline.summary());
                assertThat(timeline.sources()).as(pod.name()).containsOnlyKeys(EGRESS_IP);
            });
            pods.forEach(PACKETS::remove);
        }
    }

    private static Map<ClusterPod, Timeline> seen(List<ClusterPod> pods, int late) {
        var traffic = new LinkedHashMap<ClusterPod, Traffic>();
        try {
            pods.forEach(pod -> traffic.put(pod, PACKETS.lab().trafficBeforePluggedIn(pod, Family.V4, INTERVAL)));
            traffic.values().forEach(each -> each.awaitSent(20));
            traffic.forEach((pod, each) -> {
                PACKETS.cluster().northbound().addPods(List.of(pod));
                PACKETS.lab().plugIn(pod);
                each.mark("attached");
                each.awaitSent(late);
                PACKETS.cluster().run(pod);
                each.mark("seen by the controller");
            });
            var timelines = new LinkedHashMap<ClusterPod, Timeline>();
            traffic.forEach((pod, each) -> {
                each.awaitArrived(50, EGRESS_IP);
                timelines.put(pod, each.stop());
            });
            return timelines;
        } finally {
            traffic.values().forEach(Traffic::close);
        }
    }

    @Test
    void withoutANodeNotOneOfItsPacketsLeavesAndTheClusterIsReached() {
        var bart = pod("simpson", "bart", 1, 12);
        PACKETS.applyEgressIp("onUnassigned", "Drop", 0);
        try (var traffic = PACKETS.lab().trafficBeforePluggedIn(bart, Family.V4, INTERVAL)) {
            traffic.awaitSent(20);
            PACKETS.cluster().northbound().addPods(List.of(bart));
            PACKETS.lab().plugIn(bart);
            traffic.awaitSent(200);

            assertThat(PACKETS.lab().curl(bart, PACKETS.lab().listen(HOMER), Family.V4))
                    .as("a pod that nobody knows yet reaches another one")
                    .contains(bart.ip());
            assertThat(PACKETS.lab().curl(bart, PACKETS.lab().listen(bart.node()), Family.V4))
                    .as("and its node")
                    .contains(bart.ip());
            assertThat(PACKETS.lab().curl(bart, PACKETS.lab().listen(PacketCluster.node(2)), Family.V4))
                    .as("and another node")
                    .isPresent();
            PACKETS.cluster().run(bart);
            traffic.awaitSent(200);

            assertThat(traffic.soFar().sources()).isEmpty();
        }
        PACKETS.remove(bart);
    }

    @Test
    void podsThatGoInAndOutOfServiceLeaveAsTheEgressIpOrNotAtAll() {
        var cluster = PACKETS.cluster();
        cluster.label("worker-0");
        PACKETS.applyEgressIp("onUnassigned", "Drop", 1);
        try (var homer = PACKETS.lab().traffic(HOMER, Family.V4);
                var marge = PACKETS.lab().traffic(MARGE, Family.V4);
                var lisa = PACKETS.lab().traffic(LISA, Family.V4)) {
            var all = List.of(homer, marge, lisa);
            for (int i = 0; i < 4; i++) {
                all.forEach(traffic -> traffic.awaitArrived(25, EGRESS_IP));
                cluster.unlabel(PacketCluster.node(0));
                await("nobody serves them").until(() -> cluster.items(OBJECT).isEmpty());
                lisa.awaitSent(25);
                cluster.label("worker-0");
            }
            all.forEach(traffic -> traffic.awaitAnswered(25));
            for (var traffic : all) {
                var timeline = traffic.stop();
                System.out.println(timeline.summary());
                assertThat(timeline.sources()).containsOnlyKeys(EGRESS_IP);
            }
        }
    }
}
