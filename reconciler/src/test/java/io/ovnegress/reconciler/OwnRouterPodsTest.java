package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.groupOf;
import static io.ovnegress.reconciler.TestCluster.ip;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.notLabelled;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.reconciler.explain.Answer;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which pods leave by a router of its own, and that none is without a way while that changes. */
final class OwnRouterPodsTest extends OwnRouterFixture {
    /** The pods that have policies of their own. */
    private List<String> rerouted() {
        return cluster.reroutes().keySet().stream()
                .filter(pod -> !pod.startsWith("$"))
                .toList();
    }

    @Test
    void thoseWhoLeaveByItAreThoseItServes() {
        var inHost = pod("simpson", "inhost", 1, "192.168.126.11");
        var ended = pod("simpson", "ended", 1, "10.128.0.9");
        cluster.start(seed(
                FLOATING,
                egressIp("a-demo", SIMPSON, "10.9.9.9"), // older, on no node
                pod("simpson", "lisa", 1, "fd01::7"),
                new PodInput(inHost.name(), inHost.created(), Map.of(), "node1", inHost.ips(), true, false),
                new PodInput(ended.name(), ended.created(), Map.of(), "node1", ended.ips(), false, true)));

        assertThat(cluster.reconciler.sharing(ip(EGRESS_IP)))
                .extracting(PodName::toString)
                .containsExactlyInAnyOrder("simpson/homer", "simpson/marge");
    }

    @Test
    void podsAreInTheSetBeforeTheirRouterCanBe() {
        var noWayOut = node(1).edit().nextHops(Set.of()).build();
        var homers = FLOATING.edit().podSelector(where("app=homer")).build();
        cluster.start(
                noWayOut, namespace("simpson", "house=simpson"), pod("simpson", "homer", 1, "10.128.0.5"), homers);
        assertThat(our("router")).isNull();
        assertThat(ways()).isEmpty();

        seconds(node(1));

        assertThat(our("router")).isNotNull();
        assertThat(ways()).extracting(OwnRouterTest::match).containsExactly("ip4.src == $" + ROUTED);
        assertThat(cluster.members(ROUTED)).containsExactly("10.128.0.5");
    }

    @Test
    void podsThatASelectorNarrowsAreInASet() {
        var lisas = FLOATING.edit().podSelector(where("app=marge")).build();
        cluster.start(seed(lisas));

        assertThat(ways()).singleElement().satisfies(way -> {
            assertThat(way.get(LogicalRouterPolicy.PRIORITY)).isEqualTo(100);
            var set = match(way).substring(match(way).indexOf('$') + 1);
            assertThat(cluster.members(set)).containsExactly("10.128.4.5");
        });
        cluster.put(pod("simpson", "marge", 3, Map.of("app", "other"), "10.128.4.5"));
        assertThat(cluster.database.rows(AddressSet.TABLE).stream()
                        .filter(row -> row.get(AddressSet.NAME).startsWith("ovn_egress_routed"))
                        .flatMap(row -> cluster.members(row.get(AddressSet.NAME)).stream()))
                .isEmpty();
    }

    /** A new pod of the older object must not leave as the younger one for a moment. */
    @Test
    void aNamespaceOfWhichAnOlderObjectServesSomeIsNotLedAwayAsAWhole() {
        var older = egressIp("older", -1, SIMPSON, where("app=homer"), "192.168.126.101");
        cluster.start(seed(FLOATING));
        assertThat(ways()).hasSize(1);

        seconds(older);

        assertThat(ways()).noneMatch(way -> match(way).contains(groupOf("simpson")));
        assertThat(rerouted()).containsExactly("10.128.0.5");
        assertThat(ways()).anySatisfy(way -> assertThat(match(way)).contains("$ovn_egress_routed_"));
        assertThat(routed()).containsExactly("10.128.4.5");
    }

    /** Whether each pod of the Simpsons has a way at each moment, and where that leads there is a SNAT. */
    private List<String> gapsDuring(Runnable change) {
        var gaps = new ArrayList<String>();
        after(() -> {
            for (var address : List.of("10.128.0.5", "10.128.4.5")) {
                var leading = ways().stream()
                        .filter(way -> match(way).endsWith("== " + address)
                                || match(way).contains(groupOf("simpson"))
                                || (match(way).contains("$ovn_egress_routed_") && routed().contains(address)))
                        .max((one, other) -> Long.compare(
                                one.get(LogicalRouterPolicy.PRIORITY), other.get(LogicalRouterPolicy.PRIORITY)));
                if (leading.isEmpty()) {
                    gaps.add(address + " has no way");
                } else if (leading.get().get(LogicalRouterPolicy.NEXTHOPS).stream()
                        .noneMatch(hop -> leadsToASnat(hop, address))) {
                    gaps.add(address + " is sent to " + leading.get().get(LogicalRouterPolicy.NEXTHOPS));
                }
            }
        });
        change.run();
        after(() -> {});
        return gaps;
    }

    private boolean leadsToASnat(String hop, String address) {
        for (var router : cluster.database.rows(LogicalRouter.TABLE)) {
            boolean isThere = cluster.database.children(LogicalRouter.PORTS, router.id()).stream()
                    .anyMatch(port -> port.get(LogicalRouterPort.NETWORKS).stream()
                            .anyMatch(network -> network.startsWith(hop + "/")));
            if (isThere) {
                return cluster.database.children(LogicalRouter.NAT, router.id()).stream()
                        .anyMatch(nat -> nat.get(Nat.EXTERNAL_IP).equals(EGRESS_IP)
                                && (nat.get(Nat.LOGICAL_IP).equals(address)
                                        || nat.get(Nat.LOGICAL_IP).equals("10.128.0.0/14")));
            }
        }
        return false;
    }

    @Test
    void anObjectChangesItsFormAndBackAndNobodyIsWithoutAWay() {
        cluster.start(seed(PER_POD));
        assertThat(rerouted()).hasSize(2);

        assertThat(gapsDuring(() -> seconds(FLOATING))).isEmpty();
        assertThat(rerouted()).isEmpty();
        assertThat(cluster.snats()).noneMatch(snat -> snat.startsWith("GR_"));
        assertThat(ways()).hasSize(1);

        assertThat(gapsDuring(() -> seconds(PINNED))).isEmpty();
        assertThat(ours().keySet()).allMatch(part -> part.startsWith("pinned/"));
        assertThat(ours().get("pinned/router").get(LogicalRouter.OPTIONS)).containsEntry("chassis", "chassis-1");

        assertThat(gapsDuring(() -> seconds(PER_POD))).isEmpty();
        assertThat(ours()).isEmpty();
        assertThat(rerouted()).hasSize(2);
    }

    @Test
    void aNarrowedObjectChangesItsFormAndBackAndNobodyIsWithoutAWay() {
        var selector = new LabelSelector(
                List.of(new LabelSelector.Requirement("app", LabelSelector.Operator.IN, Set.of("homer", "marge"))));
        cluster.start(seed(PER_POD.edit().podSelector(selector).build()));

        assertThat(gapsDuring(
                        () -> seconds(FLOATING.edit().podSelector(selector).build())))
                .isEmpty();
        assertThat(rerouted()).isEmpty();
        assertThat(routed()).containsExactly("10.128.0.5", "10.128.4.5");

        assertThat(gapsDuring(() -> seconds(PER_POD.edit().podSelector(selector).build())))
                .isEmpty();
        assertThat(ours()).isEmpty();
        assertThat(routed()).isEmpty();
    }

    @Test
    void aRouterThatCannotBeMadeDoesNotKeepPodsFromTheOthers() {
        var two =
                FLOATING.edit().egressIps(List.of(EGRESS_IP, "192.168.126.101")).build();
        var lacking = node(2).edit().nextHops(Set.of()).build();
        cluster.start(seed(two));
        cluster.remove(EgressIpInput.KIND, "demo");
        seconds(lacking, notLabelled(node(3)));

        seconds(two);

        assertThat(ways())
                .singleElement()
                .satisfies(
                        way -> assertThat(way.get(LogicalRouterPolicy.NEXTHOPS)).hasSize(1));
        assertThat(items("demo")).containsExactly(new StatusItem("node1", EGRESS_IP));
        assertThat(cluster.events)
                .anySatisfy(event ->
                        assertThat(event.message()).contains("a default gateway of node node2 for 192.168.126.101"));

        seconds(node(2));

        assertThat(items("demo")).hasSize(2);
        assertThat(ways())
                .singleElement()
                .satisfies(
                        way -> assertThat(way.get(LogicalRouterPolicy.NEXTHOPS)).hasSize(2));
    }

    @Test
    void thePodKnowsByWhichRouterItLeaves() {
        cluster.start(seed(FLOATING));

        var answer = cluster.reconciler.answer(
                new Question.OfObject(new ObjectRef(InputKind.POD, "simpson/homer")), cluster.now);
        var explained = ((Answer.Explained) answer).explanation();

        assertThat(explained.answer()).isEqualTo("leaves as " + EGRESS_IP + " from node1 (EgressIP demo)");
        assertThat(explained.parts().getFirst().reasons())
                .anySatisfy(reason -> assertThat(reason.message()).contains("routers of its own"));
    }

    @Test
    void aNamespaceThatIsSelectedLaterIsServedAsWell() {
        var narrowed = FLOATING.edit().podSelector(where("app=selma")).build();
        cluster.start(seed(narrowed));
        assertThat(routed()).isEmpty();

        seconds(namespace("bouvier", "house=simpson"));

        assertThat(routed()).containsExactly("10.128.0.6");
        assertThat(ways()).anySatisfy(way -> assertThat(match(way)).contains("$ovn_egress_routed_"));
    }

    /** The set of the older object leads nowhere before its router is there. */
    @Test
    void nobodyIsWithoutAWayWhileAnOlderObjectGetsARouter() {
        cluster.start(seed(FLOATING));
        var older = egressIp("older", -1, SIMPSON, where("app=homer"), "192.168.126.101")
                .edit()
                .form(EgressForm.FLOATING)
                .build();
        var homers = new ArrayList<String>();
        after(() -> {
            boolean isCarried = ways().stream().anyMatch(way -> match(way).contains(groupOf("simpson")));
            boolean isRouted = ways().stream()
                    .anyMatch(way -> match(way).contains("$ovn_egress_routed_")
                            && cluster.members(match(way).substring(match(way).indexOf('$') + 1))
                                    .contains("10.128.0.5"));
            if (!isCarried && !isRouted) {
                homers.add("homer has no way");
            }
        });

        seconds(older);

        assertThat(homers).isEmpty();
        assertThat(ways()).noneMatch(way -> match(way).contains(groupOf("simpson")));
    }

    @Test
    void whenAnObjectIsDeletedBehindWhichAnotherStandsByNobodyIsWithoutAWay() {
        var younger = egressIp("younger", 1, SIMPSON, LabelSelector.EVERYTHING, "192.168.126.101");
        cluster.start(seed(FLOATING, younger));
        var gaps = new ArrayList<String>();
        after(() -> {
            boolean isCarried = ways().stream().anyMatch(way -> match(way).contains(groupOf("simpson")));
            if (!isCarried && rerouted().size() < 2) {
                gaps.add("a pod has no way");
            }
        });

        cluster.remove(EgressIpInput.KIND, "demo");
        seconds();

        assertThat(gaps).isEmpty();
        assertThat(rerouted()).hasSize(2);
        assertThat(ours()).isEmpty();
    }

    @Test
    void whatKeepsPodsInDoesNotStopThemWhileTheyStillLeaveByTheirNamespace() {
        var dropping = TestCluster.dropping(FLOATING);
        cluster.start(seed(dropping));
        var stopped = new ArrayList<String>();
        after(() -> {
            if (!cluster.keptInByThemselves().isEmpty() && rerouted().isEmpty()) {
                stopped.add("kept in above its way");
            }
        });

        seconds(TestCluster.dropping(PER_POD));

        assertThat(stopped).isEmpty();
        assertThat(rerouted()).hasSize(2);
        assertThat(cluster.keptInByThemselves()).hasSize(2);
    }

    @Test
    void aNarrowedObjectThatLosesItsPlaceLeavesNothing() {
        var narrowed = FLOATING.edit().podSelector(where("app=homer")).build();
        cluster.start(seed(narrowed));
        assertThat(ours()).isNotEmpty();

        seconds(narrowed.edit().egressIps(List.of("10.9.9.9")).build());

        assertThat(ours()).isEmpty();
        assertThat(ways()).isEmpty();
    }
}
