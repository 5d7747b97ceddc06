package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.container.OvnProvider;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.northbound.EgressServices.Service;
import io.ovnegress.it.harness.northbound.NorthboundReader.Nat;
import io.ovnegress.it.harness.northbound.NorthboundReader.Policy;
import io.ovnegress.it.harness.northbound.NorthboundReader.Rows;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The controller is started where ovn-kubernetes has served egress IPs until now, in each format of its rows. */
@Tag(OvnProvider.TAG)
@Tag("long")
class AdoptionTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1");
    private static final String IP = "192.168.126.100";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final ClusterPod HOMER = Topology.pod("simpson", "homer", Map.of(), TOPOLOGY.node("worker-0"), 0);
    private static final ClusterPod MARGE = Topology.pod("simpson", "marge", Map.of(), TOPOLOGY.node("worker-1"), 0);
    private static final ClusterPod GONE = Topology.pod("simpson", "gone", Map.of(), TOPOLOGY.node("worker-1"), 9);

    @RegisterExtension
    static final ClusterExtension CONTROLLER = ClusterExtension.of(TOPOLOGY).withoutController();

    /** Both nodes may carry egress IPs; the status that ovn-kubernetes left says worker-1. */
    private static void servedSoFar(LiveCluster cluster, OldRows format) {
        cluster.label("worker-0", "worker-1");
        cluster.namespace("simpson", SIMPSON);
        cluster.run(HOMER);
        cluster.run(MARGE);
        var object = cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
        writeStatus(cluster, object);
        format.exempt(cluster);
        format.serve(cluster, "egressip-demo", HOMER, IP, TOPOLOGY.node("worker-1"));
        format.serve(cluster, "egressip-demo", MARGE, IP, TOPOLOGY.node("worker-1"));
    }

    private static void writeStatus(LiveCluster cluster, GenericKubernetesResource object) {
        cluster.egressIps().withName(object.getMetadata().getName()).editStatus(o -> {
            o.getAdditionalProperties()
                    .put("status", Map.of("items", List.of(Map.of("node", "worker-1", "egressIP", IP))));
            return o;
        });
    }

    @AfterEach
    void removeForeignExemptions(LiveCluster cluster) {
        OldRows.removeExemptions(cluster);
    }

    @ParameterizedTest
    @EnumSource
    void correctRowsAreKeptAndTheAssignmentStays(OldRows format, LiveCluster cluster) {
        servedSoFar(cluster, format);
        var before = cluster.rows();
        int transactions = cluster.transactions().size();

        CONTROLLER.startController();

        cluster.awaitServices(
                Service.of(HOMER, IP, TOPOLOGY.node("worker-1")), Service.of(MARGE, IP, TOPOLOGY.node("worker-1")));
        await("our marks")
                .untilAsserted(() -> assertThat(cluster.rows().egressNats())
                        .allMatch(nat -> nat.externalIds().containsKey("ovn-egress.io/id")));
        var after = cluster.rows();
        assertThat(uuids(after)).isEqualTo(uuids(before));
        assertThat(cluster.items("egressip-demo")).containsExactly(new Item("worker-1", IP));
        assertThat(Stream.concat(
                        after.reroutes().stream().map(Policy::externalIds),
                        after.egressNats().stream().map(Nat::externalIds)))
                .allSatisfy(ids -> assertThat(ids)
                        .containsEntry("ovn-egress.io/owner", "EgressIP/egressip-demo")
                        .containsEntry("k8s.ovn.org/owner-controller", "ovn-egress")
                        .doesNotContainKeys("name", "k8s.ovn.org/name"));
        assertThat(cluster.fewestReroutesSince(transactions)).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    void rowsOfPodsAndObjectsThatAreGoneAreRemoved(OldRows format, LiveCluster cluster) {
        servedSoFar(cluster, format);
        format.serve(cluster, "egressip-demo", GONE, IP, TOPOLOGY.node("worker-1"));
        format.serve(
                cluster,
                "deleted-object",
                Topology.pod("simpson", "gone-too", Map.of(), TOPOLOGY.node("worker-0"), 10),
                "192.168.126.101",
                TOPOLOGY.node("worker-0"));

        CONTROLLER.startController();

        cluster.awaitServices(
                Service.of(HOMER, IP, TOPOLOGY.node("worker-1")), Service.of(MARGE, IP, TOPOLOGY.node("worker-1")));
    }

    @ParameterizedTest
    @EnumSource
    void rowsThatPointToAnotherNodeThanTheStatusAreRepaired(OldRows format, LiveCluster cluster) {
        CONTROLLER.doNotJudgeTransactions();
        servedSoFar(cluster, format);
        var bart = cluster.run(Topology.pod("simpson", "bart", Map.of(), TOPOLOGY.node("worker-0"), 1));
        format.serve(cluster, "egressip-demo", bart, IP, TOPOLOGY.node("worker-0"));

        CONTROLLER.startController();

        cluster.awaitServices(
                Service.of(HOMER, IP, TOPOLOGY.node("worker-1")),
                Service.of(MARGE, IP, TOPOLOGY.node("worker-1")),
                Service.of(bart, IP, TOPOLOGY.node("worker-1")));
    }

    private static Set<String> uuids(Rows rows) {
        return Stream.concat(
                        rows.reroutes().stream().map(Policy::uuid),
                        rows.egressNats().stream().map(Nat::uuid))
                .collect(Collectors.toSet());
    }
}
