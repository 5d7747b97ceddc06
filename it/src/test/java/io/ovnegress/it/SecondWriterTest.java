package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Event;
import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.northbound.EgressServices.Service;
import io.ovnegress.it.harness.northbound.NorthboundReader.Nat;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Somebody with {@code ovn-nbctl} in a loop undoes what the controller repairs, as fast as the database takes it. */
class SecondWriterTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1");
    private static final String IP = "192.168.126.100";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final ClusterPod HOMER = Topology.pod("simpson", "homer", Map.of(), TOPOLOGY.node("worker-0"), 0);
    private static final ClusterPod MARGE = Topology.pod("simpson", "marge", Map.of(), TOPOLOGY.node("worker-1"), 0);

    @RegisterExtension
    static final ClusterExtension CONTROLLER = ClusterExtension.of(TOPOLOGY);

    /** Sets a SNAT's logical port, again and again, until it is closed. */
    private static final class Loop implements AutoCloseable {
        private final AtomicBoolean goesOn = new AtomicBoolean(true);
        private final AtomicInteger times = new AtomicInteger();
        private final Thread thread;

        Loop(LiveCluster cluster, String row) {
            thread = Thread.ofPlatform().name("second-writer").start(() -> {
                while (goesOn.get()) {
                    cluster.central().nbctl("set", "NAT", row, "logical_port=k8s-worker-1");
                    times.incrementAndGet();
                }
            });
        }

        @Override
        public void close() {
            goesOn.set(false);
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Test
    void aLoopThatUndoesRepairsIsAnsweredLessAndLessOftenAndLosesInTheEnd(LiveCluster cluster) {
        CONTROLLER.doNotJudgeTransactions();
        cluster.label("worker-0");
        cluster.namespace("simpson", SIMPSON);
        cluster.run(HOMER);
        cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
        cluster.awaitServices(Service.of(HOMER, IP, TOPOLOGY.node("worker-0")));
        var row = cluster.rows().egressNats().get(0).uuid();
        var theirs = cluster.central()
                .nbctl(
                        "--id=@p",
                        "create",
                        "Logical_Router_Policy",
                        "priority=7",
                        "action=allow",
                        "match=\"ip4.src == 10.128.0.5\"",
                        "--",
                        "add",
                        "Logical_Router",
                        "ovn_cluster_router",
                        "policies",
                        "@p")
                .strip();
        int mark = cluster.transactions().size();

        long start = System.nanoTime();
        try (var loop = new Loop(cluster, row)) {
            await("a fight", loop.times::get).until(() -> loop.times.get() >= 20 && repairs(cluster, row, mark) >= 3);
            cluster.run(MARGE);
            await("others are served")
                    .untilAsserted(() -> assertThat(cluster.rows().egressNats())
                            .extracting(Nat::logicalIp)
                            .contains(MARGE.ip()));
        }
        int repairs = repairs(cluster, row, mark);
        double seconds = Duration.ofNanos(System.nanoTime() - start).toMillis() / 1e3;

        // At the earliest after 0, 1, 3, 7, 15 ... seconds; and once with a step of the first programming, if that is
        // not at its end.
        assertThat(repairs).isLessThanOrEqualTo(2 + (int) (Math.log(seconds + 1) / Math.log(2)));
        await("repair").untilAsserted(() -> {
            assertThat(cluster.rows().egressNats()).extracting(Nat::logicalPort).containsOnly("k8s-worker-0");
            assertThat(metrics()).contains("ovn_egress_contested_owners 0.0");
        });
        cluster.awaitServices(
                Service.of(HOMER, IP, TOPOLOGY.node("worker-0")), Service.of(MARGE, IP, TOPOLOGY.node("worker-0")));
        assertThat(cluster.rows().policies())
                .as("their row is left alone")
                .anyMatch(policy -> policy.uuid().equals(theirs));
        assertItIsSaid(cluster);
        cluster.central().nbctl("remove", "Logical_Router", "ovn_cluster_router", "policies", theirs);
    }

    /** How often the controller has put the row's port right. */
    private static int repairs(LiveCluster cluster, String row, int mark) {
        var count = new AtomicInteger();
        var unused = cluster.transactions().replay((index, transaction, state) -> {
            var port = transaction
                    .path("NAT")
                    .path(UUID.fromString(row).toString())
                    .path("logical_port");
            if (index >= mark && port.asText().equals("k8s-worker-0")) {
                count.incrementAndGet();
            }
        });
        return count.get();
    }

    private static void assertItIsSaid(LiveCluster cluster) {
        await("log")
                .untilAsserted(() -> assertThat(CONTROLLER.controller().log())
                        .contains("another writer's change repaired")
                        .contains("had logical_port '"));
        await("metrics")
                .untilAsserted(() -> assertThat(metrics())
                        .contains("ovn_egress_repairs_total")
                        .doesNotContain("ovn_egress_repairs_total{by=\"other\"} 0.0"));
        await("event")
                .untilAsserted(() -> assertThat(cluster.api()
                                .client()
                                .v1()
                                .events()
                                .inAnyNamespace()
                                .list()
                                .getItems())
                        .filteredOn(event -> event.getInvolvedObject().getName().equals("egressip-demo"))
                        .extracting(Event::getReason)
                        .contains("RowsRepaired"));
    }

    private static String metrics() {
        return CONTROLLER.controller().get("/metrics").map(HttpResponse::body).orElse("");
    }
}
