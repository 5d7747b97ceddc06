package io.ovnegress.it.lab;

import static io.ovnegress.it.harness.process.Await.await;
import static io.ovnegress.it.lab.PacketCluster.EGRESS_IP;
import static io.ovnegress.it.lab.PacketCluster.LISA;
import static io.ovnegress.it.lab.PacketCluster.MARGE;
import static io.ovnegress.it.lab.PacketCluster.OBJECT;
import static io.ovnegress.it.lab.PacketCluster.node;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.topology.Family;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Fifty egress IPs, each with a router of its own, on three nodes, of which one dies. It stays dead, so this is a class of one test. */
@Tag("packets")
@Tag("timing")
class ManyRoutersPacketsTest {
    private static final int ROUTERS = 50;

    @RegisterExtension
    static final PacketCluster PACKETS = PacketCluster.withFlags("--egressip-form=Router", "--bfd-interval=200");

    private static String name(int number) {
        return "many-" + number;
    }

    private static String egressIp(int number) {
        return "192.168.126." + (150 + number);
    }

    private static long assigned() {
        return IntStream.range(1, ROUTERS)
                .filter(number -> PACKETS.cluster().items(name(number)).size() == 1)
                .count();
    }

    @Test
    void theOthersGoOnAndThoseOfADeadNodeAreTakenOver() {
        var cluster = PACKETS.cluster();
        cluster.label("worker-0", "worker-1", "worker-2");
        PACKETS.applyEgressIp(EGRESS_IP);
        var home = cluster.items(OBJECT).getFirst().node();
        assertThat(home).isEqualTo("worker-0");
        try (var lisa = PACKETS.lab().traffic(LISA, Family.V4);
                var marge = PACKETS.lab().traffic(MARGE, Family.V4)) {
            lisa.awaitAnswered(50);
            var began = Instant.now();
            lisa.mark(ROUTERS + " routers");
            for (int number = 1; number < ROUTERS; number++) {
                cluster.namespace(name(number), Map.of("house", name(number)));
                cluster.apply(EgressIps.of(name(number), Map.of("house", name(number)), egressIp(number)));
            }
            await("all have a node").until(() -> assigned() == ROUTERS - 1);
            PACKETS.lab().sync();
            System.out.println(ROUTERS + " routers are installed everywhere after "
                    + Duration.between(began, Instant.now()).toMillis() + " ms");
            assertThat(cluster.central()
                            .nbctl("--bare", "--columns=name", "list", "HA_Chassis_Group")
                            .lines())
                    .filteredOn(line -> !line.isBlank())
                    .hasSize(ROUTERS);
            lisa.awaitSent(100);
            marge.awaitAnswered(25);

            lisa.mark("worker-0 killed");
            PACKETS.kill(node(0));
            cluster.setReady(node(0), false);
            await("nothing is there any more")
                    .until(() -> IntStream.range(1, ROUTERS)
                            .noneMatch(number -> cluster.items(name(number))
                                    .getFirst()
                                    .node()
                                    .equals("worker-0")));
            lisa.awaitSent(50);
            lisa.awaitAnswered(100);
            marge.awaitAnswered(100);
            for (var timeline : List.of(lisa.stop(), marge.stop())) {
                System.out.println(ROUTERS + " routers come, and a node dies: " + timeline.summary());
                assertThat(timeline.sources()).containsOnlyKeys(EGRESS_IP);
                assertThat(timeline.runs().getLast())
                        .matches(run -> run.source().equals(EGRESS_IP) && run.requests() >= 25);
            }
        } finally {
            for (int number = 1; number < ROUTERS; number++) {
                cluster.deleteEgressIp(name(number));
                cluster.deleteNamespace(name(number));
            }
        }
    }
}
