package io.ovnegress.it.bulk;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.process.LocalOvnCentral;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.feature.fence.FenceFeature;
import io.ovnegress.reconciler.feature.fence.FenceInput;
import io.ovnegress.reconciler.input.InputChange;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The feature of the reconciler's tests beside egress IPs, on a real server, with ovn-nbctl and ovn-northd as its readers. */
class TwoFeaturesTest {
    private static final int PODS = 20;
    private static final String FENCED = "inport == @fence_bank && ip4.dst == 198.51.100.0/24";

    private final LocalOvnCentral central = LocalOvnCentral.start();
    private UUID port1;
    private UUID port2;

    @BeforeEach
    void topology() {
        Northbound.prepare(central.northbound());
        // A router port towards the next hop, without which northd makes nothing of a route.
        central.nbctl("lrp-add", "ovn_cluster_router", "rtoj-ovn_cluster_router", "0a:58:64:40:00:01", "100.64.0.1/16");
        port1 = port("port1");
        port2 = port("port2");
    }

    @AfterEach
    void stop() {
        central.close();
    }

    private UUID port(String name) {
        central.nbctl("lsp-add", "node1", name);
        return UUID.fromString(
                central.nbctl("get", "Logical_Switch_Port", name, "_uuid").strip());
    }

    private BulkLoad controller(List<Feature> more) {
        return new BulkLoad(central.northbound().address(), BulkLoad.pods(PODS), more);
    }

    private static FenceInput bank(UUID port) {
        return new FenceInput("bank", Set.of(port), "198.51.100.0/24", "100.64.0.2");
    }

    private static InputChange.Listed listed(FenceInput... fences) {
        return new InputChange.Listed(FenceInput.KIND, List.of(fences));
    }

    private String ports() {
        return central.nbctl("--bare", "--columns=ports", "find", "Port_Group", "name=fence_bank")
                .strip();
    }

    private void assertFenced(UUID port) {
        assertThat(ports()).isEqualTo(port.toString());
        assertThat(central.nbctl("--type=port-group", "acl-list", "fence_bank")).contains("from-lport", FENCED, "drop");
        assertThat(central.nbctl("lr-route-list", "ovn_cluster_router")).contains("198.51.100.0/24", "100.64.0.2");
    }

    private void assertNoFence() {
        assertThat(central.nbctl("find", "Port_Group", "name=fence_bank")).isEmpty();
        assertThat(central.nbctl("list", "ACL")).isEmpty();
        assertThat(central.nbctl("lr-route-list", "ovn_cluster_router")).doesNotContain("198.51.100.0/24");
    }

    private void assertNorthdKnowsTheFence(boolean known) {
        central.sync();
        var flows = central.sbctl("lflow-list");
        assertThat(flows.contains(FENCED)).as("northd knows the ACL").isEqualTo(known);
        assertThat(flows.contains("ip4.dst == 198.51.100.0/24), action"))
                .as("northd knows the route")
                .isEqualTo(known);
    }

    private String rowsOfEgressIps() {
        return central.nbctl("--format=csv", "list", "NAT")
                + central.nbctl("--format=csv", "list", "Logical_Router_Policy");
    }

    @Test
    void bothAreWrittenChangedRepairedAndTakenAway() {
        try (var both = controller(List.of(new FenceFeature()))) {
            both.post(listed(bank(port1)));
            both.awaitSettled();
            assertThat(Northbound.servedPods(central.northbound())).hasSize(PODS);
            assertFenced(port1);
            assertNorthdKnowsTheFence(true);
            var before = rowsOfEgressIps();

            both.post(new InputChange.Put(bank(port2)));
            both.awaitSettled();
            assertFenced(port2);

            central.nbctl("lr-route-del", "ovn_cluster_router", "198.51.100.0/24");
            central.nbctl("pg-set-ports", "fence_bank", "port1");
            await("the damage is repaired").untilAsserted(() -> assertFenced(port2));

            both.post(new InputChange.Removed(FenceInput.KIND, "bank"));
            both.awaitSettled();
            assertNoFence();
            assertNorthdKnowsTheFence(false);
            assertThat(rowsOfEgressIps()).isEqualTo(before);
        }
        Northbound.assertHolds(0, central.northbound(), PODS);
    }

    @Test
    void theControllerWithoutTheFeatureFindsNothingToDoAndLeavesItsRows() {
        try (var both = controller(List.of(new FenceFeature()))) {
            both.post(listed(bank(port1)));
            both.awaitSettled();
        }

        Northbound.assertHolds(0, central.northbound(), PODS);
        assertFenced(port1);
    }
}
