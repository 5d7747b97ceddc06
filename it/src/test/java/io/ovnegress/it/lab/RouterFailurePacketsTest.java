package io.ovnegress.it.lab;

import static io.ovnegress.it.harness.process.Await.await;
import static io.ovnegress.it.lab.PacketCluster.EGRESS_IP;
import static io.ovnegress.it.lab.PacketCluster.LISA;
import static io.ovnegress.it.lab.PacketCluster.MARGE;
import static io.ovnegress.it.lab.PacketCluster.OBJECT;
import static io.ovnegress.it.lab.PacketCluster.node;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.process.LocalOvnCentral;
import io.ovnegress.it.harness.topology.Family;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * An egress IP with a router of its own fails over while nobody decides: the controller is dead and ovn-northd stands still before its node dies. The
 * node stays dead, so this is a class of one test.
 */
@Tag("packets")
@Tag("timing")
class RouterFailurePacketsTest {
    private static final String KILLED = "worker-0 killed";

    @RegisterExtension
    static final PacketCluster PACKETS = PacketCluster.withFlags(
            "--egressip-form=Router", "--bfd-interval=200", "--sb-address=" + ClusterExtension.SOUTHBOUND);

    @Test
    void theNextNodeTakesItsPlaceThoughControllerAndNorthdAreDead() {
        var cluster = PACKETS.cluster();
        var central = cluster.central();
        cluster.label("worker-0", "worker-1");
        PACKETS.applyEgressIp(EGRESS_IP);
        cluster.awaitItems(OBJECT, new Item("worker-0", EGRESS_IP));
        try (var lisa = PACKETS.lab().traffic(LISA, Family.V4);
                var marge = PACKETS.lab().traffic(MARGE, Family.V4)) {
            lisa.awaitAnswered(100);
            marge.awaitAnswered(100);
            PACKETS.controller().process().kill();
            ((LocalOvnCentral) central).northd().freeze();
            lisa.mark(KILLED);
            PACKETS.kill(node(0));
            lisa.awaitSent(50);
            lisa.awaitAnswered(50);
            marge.awaitAnswered(50);
            for (var timeline : List.of(lisa.stop(), marge.stop())) {
                System.out.println("the node dies after controller and northd: " + timeline.summary());
                assertThat(timeline.sources()).containsOnlyKeys(EGRESS_IP);
                assertThat(timeline.runs().getLast())
                        .matches(run -> run.source().equals(EGRESS_IP) && run.requests() >= 25);
            }
        } finally {
            ((LocalOvnCentral) central).northd().thaw();
        }
        PACKETS.controller().start().awaitReady();
        await("the status says where it is, before Kubernetes knows that the node is dead")
                .until(() -> cluster.items(OBJECT).equals(List.of(new Item("worker-1", EGRESS_IP))));
        cluster.setReady(node(0), false);
    }
}
