package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.process.Command;
import io.ovnegress.it.harness.process.LocalOvnCentral;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Routers of egress IPs' own on a real database with ovn-northd, from objects in a Kubernetes API. */
class OwnRouterRowsTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1");
    private static final ClusterPod HOMER = Topology.pod("simpson", "homer", Map.of(), TOPOLOGY.node("worker-0"), 0);
    private static final String EGRESS_IP = "192.168.126.100";
    private static final String SECOND_EGRESS_IP = "192.168.126.101";
    private static final String ROUTER = "egressip_demo_" + EGRESS_IP;

    @RegisterExtension
    static final ClusterExtension CONTROLLER = ClusterExtension.of(TOPOLOGY)
            .with("--egressip-form=Router", "--bfd-interval=200", "--sb-address=" + ClusterExtension.SOUTHBOUND);

    private static String options(LiveCluster cluster) {
        return cluster.central().nbctl("--bare", "--columns=options,external_ids", "list", "NB_Global");
    }

    /** ovn-controllers are not here: chassis are said by hand. */
    @Test
    void theStatusFollowsWhereTheSouthboundDatabaseHasTheRouter(LiveCluster cluster) {
        var central = cluster.central();
        cluster.namespace("simpson", Map.of("house", "simpson"));
        cluster.run(HOMER);
        cluster.label("worker-0", "worker-1");
        cluster.apply(EgressIps.of("demo", Map.of("house", "simpson"), EGRESS_IP));
        cluster.awaitItems("demo", new Item("worker-0", EGRESS_IP));
        central.sync();
        hosted(cluster, "worker-0");
        await("it is connected").until(() -> metrics().contains("ovn_egress_southbound_connected 1.0"));

        hosted(cluster, "worker-1");
        cluster.awaitItems("demo", new Item("worker-1", EGRESS_IP));
        assertThat(metrics()).contains("ovn_egress_failovers_total 1.0");

        assertThat(CONTROLLER.controller().ask("status").standardOutput())
                .contains("southbound", "connected: unix:", "OVN_Southbound");
        ((LocalOvnCentral) central).southbound().stop();
        await("it is gone").until(() -> metrics().contains("ovn_egress_southbound_connected 0.0"));
        cluster.apply(EgressIps.of("second", Map.of("house", "simpson"), SECOND_EGRESS_IP));
        await("the northbound work goes on").until(() -> show(cluster).contains(SECOND_EGRESS_IP));
        ((LocalOvnCentral) central).southbound().start();
        await("it is back").until(() -> metrics().contains("ovn_egress_southbound_connected 1.0"));
    }

    private static String metrics() {
        return CONTROLLER.controller().get("/metrics").orElseThrow().body();
    }

    private static void hosted(LiveCluster cluster, String node) {
        var central = cluster.central();
        var chassis = central.sbctl("--bare", "--columns=_uuid", "find", "Chassis", "hostname=" + node)
                .strip();
        central.sbctl("set", "Port_Binding", "cr-rtoe-" + ROUTER, "chassis=" + chassis);
    }

    private static String show(LiveCluster cluster) {
        return cluster.central().nbctl("show");
    }

    /** By annotations, which any definition of EgressIPs keeps. */
    private static GenericKubernetesResource limited(GenericKubernetesResource object) {
        object.getMetadata()
                .setAnnotations(Map.of(
                        "ovn-egress.io/bandwidth", "{\"rateKbps\":2000,\"burstKb\":200}", "ovn-egress.io/dscp", "46"));
        return object;
    }

    @Test
    void operatorsSeeTheRouterAndTheScriptForLeavingTakesItAway(LiveCluster cluster) {
        cluster.namespace("simpson", Map.of("house", "simpson"));
        cluster.run(HOMER);
        cluster.label("worker-0", "worker-1");
        cluster.apply(limited(EgressIps.of("demo", Map.of("house", "simpson"), EGRESS_IP)));
        cluster.awaitItems("demo", new Item("worker-0", EGRESS_IP));

        assertThat(cluster.central().nbctl("show", ROUTER))
                .contains("external ip: \"" + EGRESS_IP + "\"")
                .contains("networks: [\"" + EGRESS_IP + "/24\"]");
        assertThat(cluster.rows().policies())
                .filteredOn(policy -> policy.priority() == 98)
                .hasSize(1);

        // Two flows on OVN 23.03, one that does both on 25.03.
        await("northd knows the limit")
                .untilAsserted(() -> assertThat(cluster.central().sbctl("lflow-list", ROUTER + "_outside"))
                        .contains(
                                "match=(inport == \"etor-" + ROUTER + "\" && ip4.src == " + EGRESS_IP
                                        + "), action=(set_meter(2000, 200); ",
                                "ip.dscp = 46; next;)"));

        assertThat(options(cluster))
                .contains("bfd-min-rx=200", "bfd-min-tx=200", "bfd-mult=3", "northd_internal_version=");

        CONTROLLER.controller().process().stop();
        Command.of(
                        "../deploy/tools/remove-rows.sh",
                        "--db",
                        cluster.central().northbound().address())
                .output();
        assertThat(show(cluster)).doesNotContain("egressip_");
        assertThat(cluster.central().nbctl("list", "HA_Chassis_Group")).isBlank();
        assertThat(cluster.central().nbctl("list", "QoS")).isBlank();
        assertThat(options(cluster)).doesNotContain("bfd").contains("northd_internal_version=");
        assertThat(cluster.central().nbctl("lr-route-list", "ovn_cluster_router"))
                .doesNotContain("100.64.255.254");

        CONTROLLER.startController();
        await("the router is there again").until(() -> show(cluster).contains(ROUTER));
        cluster.deleteEgressIp("demo");
        await("nothing is left").until(() -> !show(cluster).contains("egressip_"));
        assertThat(cluster.central().nbctl("list", "QoS")).doesNotContain("EgressIP/demo");
    }

    @Test
    void theScriptForLeavingTakesAwayWhatIsLeftOfARouterThatSomebodyDeleted(LiveCluster cluster) {
        var central = cluster.central();
        cluster.namespace("simpson", Map.of("house", "simpson"));
        cluster.run(HOMER);
        cluster.label("worker-0", "worker-1");
        cluster.apply(EgressIps.of("demo", Map.of("house", "simpson"), EGRESS_IP));
        cluster.awaitItems("demo", new Item("worker-0", EGRESS_IP));
        CONTROLLER.controller().process().stop();
        CONTROLLER.doNotJudgeTransactions();
        central.nbctl("lr-del", ROUTER);
        central.nbctl("lsp-del", "jtor-" + ROUTER);

        Command.of(
                        "../deploy/tools/remove-rows.sh",
                        "--db",
                        central.northbound().address())
                .output();

        assertThat(show(cluster)).doesNotContain("egressip_");
        assertThat(central.nbctl("list", "HA_Chassis_Group")).isBlank();
        assertThat(options(cluster)).doesNotContain("bfd");
        CONTROLLER.startController();
        cluster.deleteEgressIp("demo");
        await("nothing is left").until(() -> !show(cluster).contains("egressip_"));
    }
}
