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
import io.ovnegress.it.harness.oracle.LoggedForwarding;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import io.ovnegress.reconciler.safety.ForwardingRows;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
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

    /** Nobody is without the egress IP for a moment, and what nobody has written for an egress IP stays as it is. */
    @ParameterizedTest
    @EnumSource(names = {"B3", "C"})
    void whatOvnkubeServesGoesOverToARouterOfItsOwnAndBack(OldRows format, LiveCluster cluster) {
        servedSoFar(cluster, format);
        var foreign = foreign(cluster);
        int transactions = cluster.transactions().size();

        CONTROLLER.startControllerWith("--egressip-form=Router");
        await("ovnkube's rows are gone")
                .untilAsserted(() -> assertThat(cluster.services()).isEmpty());
        CONTROLLER.controller().awaitIdle();
        assertThat(cluster.items("egressip-demo")).containsExactly(new Item("worker-1", IP));
        assertThat(cluster.rows().policies())
                .filteredOn(policy -> policy.priority() == 98)
                .hasSize(1);

        CONTROLLER.startControllerWith("--egressip-form=PerPod");
        cluster.awaitServices(
                Service.of(HOMER, IP, TOPOLOGY.node("worker-1")), Service.of(MARGE, IP, TOPOLOGY.node("worker-1")));
        await("the router is gone").until(() -> !cluster.central().nbctl("show").contains("egressip_"));

        assertThat(wrongSince(cluster, transactions)).isEmpty();
        assertThat(foreign(cluster)).isEqualTo(foreign);
    }

    /** After each transaction: of all policies that may decide about a pod the first leads to where it gets the egress IP. */
    private static List<String> wrongSince(LiveCluster cluster, int transactions) {
        var wrong = new ArrayList<String>();
        var unused = cluster.transactions().replay((index, transaction, state) -> {
            if (index < transactions) {
                return;
            }
            var rows = LoggedForwarding.of(state);
            for (var pod : List.of(HOMER.ip(), MARGE.ip())) {
                var way = rows.policies().stream()
                        .filter(ForwardingRows.Policy::isReroute)
                        .filter(policy ->
                                policy.pod().equals(pod) || policy.pod().startsWith("$"))
                        .max(Comparator.comparingInt(ForwardingRows.Policy::priority));
                boolean isRight = way.stream()
                        .flatMap(policy -> policy.nexthops().stream())
                        .map(rows::routerOf)
                        .anyMatch(router -> rows.snats().stream()
                                .anyMatch(snat -> snat.router().equals(router)
                                        && snat.externalIp().equals(IP)
                                        && List.of(pod, "10.128.0.0/14").contains(snat.logicalIp())));
                if (!isRight) {
                    wrong.add("after transaction " + index + " " + pod + " is led " + way);
                }
            }
        });
        return wrong;
    }

    /** What ovnkube has written and has nothing to do with egress IPs. */
    private static Set<String> foreign(LiveCluster cluster) {
        var state = cluster.transactions().replay((index, transaction, before) -> {});
        return Stream.of(
                        "Logical_Router_Policy",
                        "NAT",
                        "Logical_Router_Port",
                        "Logical_Router_Static_Route",
                        "Port_Group",
                        "ACL",
                        "Load_Balancer")
                .flatMap(table -> state.rows(table).stream()
                        .map(row -> table + " " + row.uuid() + " " + new TreeMap<>(row.columns())))
                .filter(row -> !row.contains("ovn-egress.io/") && !row.contains("egressip"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> uuids(Rows rows) {
        return Stream.concat(
                        rows.reroutes().stream().map(Policy::uuid),
                        rows.egressNats().stream().map(Nat::uuid))
                .collect(Collectors.toSet());
    }
}
