package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.nodeWithGateways;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.reconciler.feature.egressip.EgressDestinations;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.NodeChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The SNATs that pods have as their nodes, under ovnkube's {@code --disable-snat-multiple-gws}, while a change is made in steps. */
class NodeSnatStepsTest {
    private final TestCluster cluster =
            TestCluster.inSteps(TestCluster.config(true, 500)).topology(1, 2, 3).uplinks(1, 2, 3);

    private List<String> homersSnats() {
        return cluster.database.children(LogicalRouter.NAT, cluster.routers.get("GR_node1")).stream()
                .filter(row -> row.get(Nat.LOGICAL_IP).equals("10.128.0.5"))
                .map(row -> row.get(Nat.EXTERNAL_IP))
                .toList();
    }

    /** What is left to the younger object waits until what the older one goes on leading is led by destination. */
    @Test
    void onePodsSnatGoesWhenTheOtherComesAndNotBefore() {
        cluster.portGroup("simpson");
        cluster.nodeSnat("GR_node1", "10.128.0.5", "192.168.126.11");
        var older = egressIp("older", where("house=simpson"), "192.168.126.100")
                .edit()
                .podSelector(where("app=homer"))
                .form(EgressForm.FLOATING)
                .build();
        var labelled = older.nodes().selector();
        var younger = egressIp("younger", where("house=simpson"), "192.168.126.101")
                .edit()
                .nodes(new NodeChoice(labelled, List.of("node1"), false, List.of()))
                .build();
        cluster.start(
                nodeWithGateways(1),
                nodeWithGateways(2),
                nodeWithGateways(3),
                namespace("simpson", "house=simpson"),
                pod("simpson", "homer", 1, Map.of("app", "homer"), "10.128.0.5"),
                older,
                younger);
        cluster.seconds(5);
        assertThat(homersSnats()).containsExactly("192.168.126.11");

        var without = new ArrayList<String>();
        cluster.afterEachTransaction(operations -> {
            if (homersSnats().isEmpty()) {
                without.add(operations.toString());
            }
        });
        cluster.seconds(
                5,
                older.edit()
                        .destinations(EgressDestinations.of("203.0.113.0/24"))
                        .build());

        assertThat(homersSnats()).containsExactly("192.168.126.101");
        assertThat(without).isEmpty();
    }
}
