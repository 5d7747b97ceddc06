package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.DestinationsWorld.BANK;
import static io.ovnegress.reconciler.DestinationsWorld.ELSEWHERE;
import static io.ovnegress.reconciler.DestinationsWorld.GENERAL;
import static io.ovnegress.reconciler.DestinationsWorld.GENERAL_ROUTER;
import static io.ovnegress.reconciler.DestinationsWorld.HOMER;
import static io.ovnegress.reconciler.DestinationsWorld.MARGE;
import static io.ovnegress.reconciler.DestinationsWorld.SELMA;
import static io.ovnegress.reconciler.DestinationsWorld.TO_BANK;
import static io.ovnegress.reconciler.DestinationsWorld.forSome;
import static io.ovnegress.reconciler.DestinationsWorld.node;
import static io.ovnegress.reconciler.DestinationsWorld.seed;
import static io.ovnegress.reconciler.TestCluster.groupOf;
import static io.ovnegress.reconciler.TestCluster.ip;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.NbGlobal;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.explain.Answer;
import io.ovnegress.reconciler.explain.Departure;
import io.ovnegress.reconciler.explain.Destination;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.feature.egressip.EgressDestinations;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressTrafficInput;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.ObjectRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Egress IPs that are for some destinations, in steps: as what packets leave is read from the rows after every transaction. */
final class DestinationsTest {
    private final DestinationsWorld world = new DestinationsWorld();

    @Test
    void podsLeaveByOneObjectForSomeDestinationsAndByAnotherForTheRest() {
        for (var general : List.of(GENERAL, GENERAL_ROUTER)) {
            world.cluster.restart(seed(general, TO_BANK));
            world.seconds();
            for (var pod : List.of(HOMER, MARGE)) {
                assertThat(world.leaves(pod, BANK)).isEqualTo("192.168.126.101");
                assertThat(world.leaves(pod, ELSEWHERE)).isEqualTo("192.168.126.100");
            }
            assertThat(world.leaves(SELMA, BANK)).isEqualTo("node");
        }
        assertThat(world.conditions("bank")).contains("Assigned true Assigned", "Programmed true Programmed");
        assertThat(world.message("bank", "Assigned")).contains("for these destinations: 203.0.113.0/24");
        assertThat(world.conditions("general")).noneMatch(condition -> condition.startsWith("Standby"));
    }

    @Test
    void whoHasNoOtherObjectLeavesAsItsNodeForTheRest() {
        world.cluster.start(seed(TO_BANK));

        assertThat(world.leaves(HOMER, BANK)).isEqualTo("192.168.126.101");
        assertThat(world.leaves(HOMER, ELSEWHERE)).isEqualTo("node");
        assertThat(world.destined())
                .filteredOn(row -> row.get(LogicalRouterPolicy.ACTION).equals("reroute"))
                .singleElement()
                .satisfies(way -> {
                    assertThat(way.get(LogicalRouterPolicy.PRIORITY)).isEqualTo(104 + 12 * 24 + 11);
                    assertThat(way.get(LogicalRouterPolicy.MATCH))
                            .startsWith(
                                    "ip4.src == $" + groupOf("simpson") + "_ip4 && ip4.dst == $ovn_egress_destined_")
                            .endsWith("_to_24_v4 && pkt.mark == 0");
                });
    }

    @Test
    void theWayComesWhenTheRouterIsInstalledAndGoesBeforeIt() {
        world.cluster.start(seed(GENERAL));
        world.assertSeen(() -> world.seconds(TO_BANK), HOMER, BANK, "192.168.126.100", "192.168.126.101");

        world.assertSeen(
                () -> {
                    world.cluster.remove(EgressIpInput.KIND, "bank");
                    world.seconds();
                },
                HOMER,
                BANK,
                "192.168.126.101",
                "192.168.126.100");
        assertThat(world.hasRouters()).isFalse();
        assertThat(world.destined()).isEmpty();
        assertThat(world.sets()).isEmpty();
        assertThat(world.cluster.clusterPolicies())
                .as("nothing is exempt from what is not there")
                .noneMatch(row -> row.get(LogicalRouterPolicy.PRIORITY) > 102);
    }

    @Test
    void ofSeveralThatListADestinationTheLongestNetworkDecides() {
        world.cluster.start(seed(
                GENERAL_ROUTER,
                forSome("wide", 1, "192.168.126.101", "203.0.0.0/8", "10.1.0.0/16"),
                forSome("narrow", 2, "192.168.126.102", "203.0.113.0/24"),
                forSome("one", 3, "192.168.126.103", BANK)));

        assertThat(world.leaves(HOMER, BANK)).isEqualTo("192.168.126.103");
        assertThat(world.leaves(HOMER, "203.0.113.8")).isEqualTo("192.168.126.102");
        assertThat(world.leaves(HOMER, "203.1.1.1")).isEqualTo("192.168.126.101");
        assertThat(world.leaves(HOMER, "10.1.2.3")).isEqualTo("192.168.126.101");
        assertThat(world.leaves(HOMER, ELSEWHERE)).isEqualTo("192.168.126.100");
    }

    @Test
    void ofSeveralThatListTheSameNetworkTheOldestHasItAndTheOthersSayThatTheyStandBy() {
        var younger = forSome("younger", 2, "192.168.126.102", "203.0.113.0/24", "192.0.2.0/24");
        var youngest = forSome("youngest", 3, "192.168.126.103", "203.0.113.0/24", "192.0.2.0/24");
        world.cluster.start(seed(TO_BANK, younger, youngest));

        assertThat(world.leaves(HOMER, BANK)).isEqualTo("192.168.126.101");
        assertThat(world.leaves(HOMER, "192.0.2.1")).isEqualTo("192.168.126.102");
        assertThat(world.conditions("bank")).noneMatch(condition -> condition.startsWith("Standby"));
        assertThat(world.conditions("younger")).contains("Standby true DestinationOfAnotherObject");
        assertThat(world.message("younger", "Standby")).contains("2 pods", "203.0.113.0/24", "bank");
        assertThat(world.message("youngest", "Standby")).contains("192.0.2.0/24");

        var seen = world.during(
                () -> {
                    world.cluster.remove(EgressIpInput.KIND, "bank");
                    world.seconds();
                },
                List.of(HOMER),
                List.of(BANK, "192.0.2.1"));
        assertThat(seen.get(HOMER + " to " + BANK)).containsExactly("192.168.126.101", "192.168.126.102");
        assertThat(seen.get(HOMER + " to 192.0.2.1")).containsExactly("192.168.126.102");
        assertThat(world.conditions("younger")).noneMatch(condition -> condition.startsWith("Standby"));
    }

    @Test
    void objectsThatListTheSameForOtherPodsDoNotStandBy() {
        world.cluster.start(seed(
                TO_BANK.edit().podSelector(where("app=homer")).build(),
                forSome("other", 2, "192.168.126.102", "203.0.113.0/24")
                        .edit()
                        .podSelector(where("app=marge"))
                        .build()));

        assertThat(world.leaves(HOMER, BANK)).isEqualTo("192.168.126.101");
        assertThat(world.leaves(MARGE, BANK)).isEqualTo("192.168.126.102");
        assertThat(world.conditions("other")).noneMatch(condition -> condition.startsWith("Standby"));
    }

    @Test
    void theFourthThatListsTheSameNetworkForTheSameNamespaceLeavesItToTheOthers() {
        world.cluster.start(seed(Stream.of(1, 2, 3, 4)
                .map(n -> forSome("object" + n, n, "fd00:126::10" + n, "2001:db8::/32", "2001:db9::" + n))
                .toArray(InputObject[]::new)));

        assertThat(world.leaves("fd01:0:0:1::5", "2001:db8::1")).isEqualTo("fd00:126::101");
        assertThat(world.leaves("fd01:0:0:1::5", "2001:db9::4")).isEqualTo("fd00:126::104");
        assertThat(world.destined())
                .filteredOn(row -> row.get(LogicalRouterPolicy.MATCH).contains("to_32_"))
                .hasSize(3);
        assertThat(world.message("object4", "Standby")).contains("2001:db8::/32", "object1", "object3");
    }

    @Test
    void destinationsChangeInTheirSetsInOneTransaction() {
        world.cluster.start(seed(GENERAL_ROUTER, TO_BANK));
        world.seconds();
        world.cluster.transactions.clear();

        var other = TO_BANK.edit()
                .destinations(EgressDestinations.of("192.0.2.0/24", "203.0.112.0/24"))
                .build();
        world.cluster.put(other);

        assertThat(world.cluster.transactions)
                .filteredOn(transaction -> transaction.stream()
                        .anyMatch(operation ->
                                !(operation instanceof Operation.Mutate mutate && mutate.table() == NbGlobal.TABLE)))
                .singleElement()
                .satisfies(transaction ->
                        assertThat(transaction).allMatch(operation -> !(operation instanceof Operation.Insert)));
        assertThat(world.leaves(HOMER, BANK)).isEqualTo("192.168.126.100");
        assertThat(world.leaves(HOMER, "192.0.2.1")).isEqualTo("192.168.126.101");
        assertThat(world.sets()).isEqualTo(Map.of("to_24_v4", Set.of("192.0.2.0/24", "203.0.112.0/24")));

        world.seconds(
                TO_BANK.edit().destinations(EgressDestinations.of("0.0.0.0/0")).build());
        assertThat(world.sets()).isEqualTo(Map.of("to_0_v4", Set.of("0.0.0.0/1", "128.0.0.0/1")));
        assertThat(world.leaves(HOMER, ELSEWHERE)).isEqualTo("192.168.126.101");
    }

    @Test
    void whatAnObjectExcludesOfItsDestinationsIsLeftToTheOthers() {
        world.cluster.start(seed(
                GENERAL_ROUTER,
                TO_BANK.edit()
                        .destinations(EgressDestinations.of("203.0.113.0/24").without("203.0.113.4/30"))
                        .build()));

        assertThat(world.leaves(HOMER, BANK)).isEqualTo("192.168.126.100");
        assertThat(world.leaves(HOMER, "203.0.113.8")).isEqualTo("192.168.126.101");
    }

    @Test
    void whatAnObjectForAllExcludesLeavesAsTheNodeUnlessItIsAnothersDestination() {
        var excluding = GENERAL_ROUTER
                .edit()
                .destinations(EgressDestinations.ALL.without("203.0.113.0/24", "192.0.2.1"))
                .build();
        world.cluster.start(seed(excluding));
        assertThat(world.leaves(HOMER, BANK)).isEqualTo("node");
        assertThat(world.leaves(HOMER, "192.0.2.1")).isEqualTo("node");
        assertThat(world.leaves(HOMER, ELSEWHERE)).isEqualTo("192.168.126.100");
        assertThat(world.conditions("general")).noneMatch(condition -> condition.startsWith("InvalidSpec"));

        world.seconds(TO_BANK);
        assertThat(world.leaves(HOMER, BANK)).isEqualTo("192.168.126.101");
        assertThat(world.leaves(HOMER, "192.0.2.1")).isEqualTo("node");

        world.seconds(excluding.edit().podSelector(where("app=homer")).build());
        assertThat(world.leaves(HOMER, "192.0.2.1")).isEqualTo("node");
        assertThat(world.leaves(HOMER, ELSEWHERE)).isEqualTo("192.168.126.100");

        world.seconds(GENERAL.edit().destinations(excluding.destinations()).build());
        assertThat(world.leaves(HOMER, "192.0.2.1")).isEqualTo("192.168.126.100");
        assertThat(world.conditions("general")).contains("InvalidSpec true UnsupportedForm");

        world.seconds(GENERAL_ROUTER);
        assertThat(world.leaves(HOMER, "192.0.2.1")).isEqualTo("192.168.126.100");
        assertThat(world.conditions("general")).noneMatch(condition -> condition.startsWith("InvalidSpec"));
        assertThat(world.sets()).containsOnlyKeys("to_24_v4");
    }

    @Test
    void whatIsExcludedIsInNoPolicyOverASetThatIsNotThere() {
        var unplaced = GENERAL_ROUTER
                .edit()
                .egressIps(List.of("10.9.9.9"))
                .podSelector(where("app=homer"))
                .destinations(EgressDestinations.ALL.without("192.0.2.1"))
                .build();
        world.cluster.start(seed(unplaced));
        world.seconds();
        assertThat(world.destined()).isEmpty();

        world.seconds(unplaced.edit().egressIps(GENERAL_ROUTER.egressIps()).build());
        assertThat(world.leaves(HOMER, "192.0.2.1")).isEqualTo("node");
        assertThat(world.leaves(HOMER, ELSEWHERE)).isEqualTo("192.168.126.100");

        world.seconds(unplaced);
        world.seconds();
        assertThat(world.destined()).isEmpty();
    }

    @Test
    void whatStaysInTheClusterIsExemptWhateverIsListed() {
        world.group("bouvier", SELMA);
        world.cluster.start(seed(
                GENERAL,
                forSome("all", 1, "192.168.126.101", "0.0.0.0/0", "10.128.0.0/16", "192.168.126.11", "100.64.0.0/24")));
        world.seconds();

        for (var inside : List.of(MARGE, "100.64.0.2", "192.168.126.11", "192.168.126.13")) {
            assertThat(world.leaves(HOMER, inside)).as(inside).isEqualTo("inside");
        }
        assertThat(world.leaves(HOMER, ELSEWHERE)).isEqualTo("192.168.126.101");
        assertThat(world.conditions("all")).contains("InvalidSpec true InvalidDestination");
        assertThat(world.message("all", "InvalidSpec"))
                .contains("10.128.0.0/16", "192.168.126.11/32", "100.64.0.0/24")
                .doesNotContain("0.0.0.0/0 belongs");
    }

    @Test
    void itIsExemptBeforeAnythingIsLedAway() {
        world.cluster.start(seed(GENERAL));

        var seen = world.during(
                () -> {
                    world.seconds(forSome("all", 1, "192.168.126.101", "0.0.0.0/0"));
                    world.cluster.remove(EgressIpInput.KIND, "all");
                    world.seconds();
                },
                List.of(HOMER),
                List.of(MARGE, "192.168.126.12", "100.64.0.2"));

        seen.values().forEach(outcomes -> assertThat(outcomes).containsExactly("inside"));
    }

    /** Else what stays in the cluster would be led out of it. */
    @Test
    void nothingIsLedAwayWhileTheFlagsAreContradictedAndSoNothingMoreIsExempt() {
        world.cluster.start(seed(GENERAL));
        var contradicting = node(2).edit()
                .podSubnets(List.of(TestCluster.network("10.200.0.0/24")))
                .build();
        world.seconds(contradicting, forSome("all", 1, "192.168.126.101", "0.0.0.0/0"));

        assertThat(world.leaves(HOMER, MARGE)).isEqualTo("inside");
        assertThat(world.leaves(HOMER, ELSEWHERE)).isEqualTo("192.168.126.100");
        world.seconds(pod("simpson", "bart", 2, "10.128.2.9"));
        assertThat(world.leaves("10.128.2.9", ELSEWHERE)).as("all else goes on").isEqualTo("192.168.126.100");

        world.seconds(node(2));
        assertThat(world.leaves(HOMER, MARGE)).isEqualTo("inside");
        assertThat(world.leaves(HOMER, ELSEWHERE)).isEqualTo("192.168.126.101");
    }

    @Test
    void objectsComeAgainAfterTheLastHasGone() {
        world.cluster.start(seed(GENERAL));
        for (int i = 0; i < 2; i++) {
            world.seconds(TestCluster.dropping(TO_BANK));
            assertThat(world.leaves(HOMER, BANK)).isEqualTo("192.168.126.101");
            world.cluster.remove(EgressIpInput.KIND, "bank");
            world.seconds();
            assertThat(world.leaves(HOMER, BANK)).isEqualTo("192.168.126.100");
        }
    }

    @Test
    void whatIsNoNetworkIsSaidAndTheRestIsServed() {
        world.cluster.start(seed(TO_BANK.edit()
                .destinations(EgressDestinations.of("203.0.113.0/24", "bank.example.com", "1.2.3.4/33"))
                .build()));

        assertThat(world.leaves(HOMER, BANK)).isEqualTo("192.168.126.101");
        assertThat(world.conditions("bank")).contains("InvalidSpec true InvalidDestination");
        assertThat(world.message("bank", "InvalidSpec")).contains("bank.example.com", "1.2.3.4/33");
    }

    @Test
    void anObjectInFormPerPodIsNotServedAndSaysWhy() {
        world.cluster.start(seed(GENERAL));
        var before = world.cluster.content();

        world.seconds(TO_BANK.edit().form(EgressForm.USUAL).build());

        assertThat(world.conditions("bank")).contains("Assigned false UnsupportedForm");
        assertThat(world.message("bank", "Assigned"))
                .contains("set spec.form (or annotation ovn-egress.io/form) to Router");
        assertThat(world.leaves(HOMER, BANK)).isEqualTo("192.168.126.100");
        assertThat(world.destined()).isEmpty();
        assertThat(world.cluster.items("bank")).isEmpty();
        world.cluster.remove(EgressIpInput.KIND, "bank");
        assertThat(world.cluster.content()).isEqualTo(before);
    }

    /** What is led away goes on while an exemption is missing, and nothing more is. */
    @Test
    void anExemptionThatSomebodyDeletesAgainAndAgainWithdrawsNothing() {
        world.cluster.start(seed(GENERAL_ROUTER, TO_BANK));
        world.seconds();
        for (int i = 0; i < 6; i++) {
            world.cluster.tamper(() -> world.cluster.clusterPolicies().stream()
                    .filter(row -> row.get(LogicalRouterPolicy.PRIORITY) == 500)
                    .filter(row -> row.get(LogicalRouterPolicy.MATCH).contains("100.64"))
                    .forEach(row -> world.cluster.database.delete(row.table(), row.id())));
            world.cluster.put(namespace("other-" + i, "house=simpson"));
            assertThat(world.leaves(HOMER, BANK)).isEqualTo("192.168.126.101");
        }
        world.seconds();
        world.cluster.after(java.time.Duration.ofMinutes(2));
        world.seconds();
        assertThat(world.leaves(HOMER, BANK)).isEqualTo("192.168.126.101");
    }

    @Test
    void podsOfSomeLabelsAreInASetWhichTakesThePlaceOfTheNamespaceAndBack() {
        world.cluster.start(seed(GENERAL_ROUTER, TO_BANK));
        var homers = TO_BANK.edit().podSelector(where("app=homer")).build();

        world.assertSeen(() -> world.seconds(homers), HOMER, BANK, "192.168.126.101");
        assertThat(world.sets())
                .containsEntry("pods_v4", Set.of(HOMER))
                .containsEntry("pods_v6", Set.of("fd01:0:0:1::5"));
        assertThat(world.leaves(MARGE, BANK)).isEqualTo("192.168.126.100");

        world.assertSeen(() -> world.seconds(TO_BANK), HOMER, BANK, "192.168.126.101");
        assertThat(world.sets()).containsOnlyKeys("to_24_v4");
        assertThat(world.leaves(MARGE, BANK)).isEqualTo("192.168.126.101");

        world.seconds(homers, pod("simpson", "homer", 1, Map.of("app", "other"), HOMER));
        assertThat(world.leaves(HOMER, BANK)).isEqualTo("192.168.126.100");
        world.seconds(pod("simpson", "homer", 1, HOMER));
        assertThat(world.leaves(HOMER, BANK)).isEqualTo("192.168.126.101");
        world.cluster.remove(InputKind.POD, "simpson/homer");
        world.seconds();
        assertThat(world.sets().get("pods_v4")).isEmpty();
    }

    @Test
    void aNamespaceWithoutAPortGroupIsToldByASetUntilItHasOne() {
        world.cluster.start(seed(TO_BANK, namespace("bouvier", "house=simpson")));
        assertThat(world.sets()).containsEntry("pods_v4", Set.of(SELMA));
        assertThat(world.leaves(SELMA, BANK)).isEqualTo("192.168.126.101");

        world.assertSeen(
                () -> {
                    world.cluster.tamper(() -> world.group("bouvier", SELMA));
                    world.seconds();
                },
                SELMA,
                BANK,
                "192.168.126.101");
        assertThat(world.sets()).containsOnlyKeys("to_24_v4");

        world.seconds(namespace("bouvier", "house=bouvier"));
        assertThat(world.leaves(SELMA, BANK)).isEqualTo("node");
        assertThat(world.destined())
                .allSatisfy(
                        row -> assertThat(row.get(LogicalRouterPolicy.MATCH)).contains(groupOf("simpson")));
    }

    /** As long as nothing is listed, nobody waits for policies in the place of a set, and there are none beside others. */
    @Test
    void nothingIsLeftOfSetsAndExemptionsWhereNothingIsListed() {
        var nothing = TO_BANK.edit()
                .destinations(EgressDestinations.of(where("to=bank")))
                .build();
        world.cluster.start(seed(GENERAL, nothing, namespace("bouvier", "house=simpson")));
        world.seconds();
        assertThat(world.sets()).containsEntry("pods_v4", Set.of(SELMA));
        world.cluster.tamper(() -> world.group("bouvier", SELMA));
        world.seconds();
        assertThat(world.sets()).isEmpty();
        assertThat(world.destined()).isEmpty();

        world.seconds(new EgressTrafficInput("bank", Map.of("to", "bank"), List.of("2001:db8::/32")));
        assertThat(world.destined()).isEmpty();
        assertThat(world.cluster.statuses.get("bank").conditions()).isNotEmpty();
    }

    @Test
    void anObjectWithoutANodeThatLosesItsDestinationsLeavesNoSet() {
        var homers = TO_BANK.edit()
                .podSelector(where("app=homer"))
                .egressIps(List.of("10.9.9.9"))
                .build();
        world.cluster.start(seed(GENERAL, homers));
        world.seconds();
        assertThat(world.sets()).containsEntry("pods_v4", Set.of(HOMER));

        world.seconds(homers.edit().destinations(EgressDestinations.ALL).build());
        assertThat(world.sets()).isEmpty();
    }

    @Test
    void whoeverSelectsNoNamespaceHasNoRowsForItsDestinations() {
        world.cluster.start(seed(
                GENERAL, TO_BANK.edit().namespaceSelector(where("house=nobody")).build()));
        world.seconds();
        assertThat(world.sets()).isEmpty();
    }

    @Test
    void aFamilyThatComesToARouterIsLedThereWhenThatIsInstalled() {
        world.cluster.start(seed(
                GENERAL,
                TO_BANK.edit()
                        .destinations(EgressDestinations.of("203.0.113.0/24", "2001:db8::/32"))
                        .build()));
        world.seconds();
        world.cluster.transactions.clear();

        world.seconds(TO_BANK.edit()
                .egressIps(List.of("192.168.126.101", "fd00:126::101"))
                .destinations(EgressDestinations.of("203.0.113.0/24", "2001:db8::/32"))
                .build());

        assertThat(world.leaves("fd01:0:0:1::5", "2001:db8::1")).isEqualTo("fd00:126::101");
        assertThat(world.cluster.transactions)
                .noneMatch(transaction -> inserts(transaction, Nat.TABLE) && leads(transaction))
                .anyMatch(transaction -> inserts(transaction, Nat.TABLE));
    }

    private static boolean leads(List<Operation> transaction) {
        return transaction.stream()
                .anyMatch(operation -> operation instanceof Operation.Insert insert
                        && insert.cells().contains(Cell.of(LogicalRouterPolicy.ACTION, "reroute")));
    }

    private static boolean inserts(List<Operation> transaction, Table table) {
        return transaction.stream()
                .anyMatch(operation -> operation instanceof Operation.Insert insert && insert.table() == table);
    }

    @Test
    void trafficObjectsListDestinations() {
        var selecting = TO_BANK.edit()
                .destinations(EgressDestinations.of(where("to=bank")))
                .build();
        world.cluster.start(seed(selecting));
        assertThat(world.conditions("bank")).contains("Unused true NoDestination");
        assertThat(world.leaves(HOMER, BANK)).isEqualTo("node");

        world.seconds(new EgressTrafficInput("bank", Map.of("to", "bank"), List.of("203.0.113.0/24", "bank")));
        assertThat(world.leaves(HOMER, BANK)).isEqualTo("192.168.126.101");
        assertThat(world.conditions("bank")).contains("InvalidSpec true InvalidDestination");
        assertThat(world.message("bank", "InvalidSpec")).contains("EgressIPTraffic bank: bank");

        world.seconds(new EgressTrafficInput("more", Map.of("to", "bank"), List.of("192.0.2.0/24")));
        assertThat(world.leaves(HOMER, "192.0.2.1")).isEqualTo("192.168.126.101");

        world.seconds(new EgressTrafficInput("bank", Map.of("to", "other"), List.of("203.0.113.0/24")));
        assertThat(world.leaves(HOMER, BANK)).isEqualTo("node");
        world.cluster.remove(EgressTrafficInput.KIND, "more");
        world.seconds();
        assertThat(world.leaves(HOMER, "192.0.2.1")).isEqualTo("node");
        assertThat(world.conditions("bank")).contains("Unused true NoDestination");
    }

    @Test
    void bothFamiliesHaveTheirOwnDestinations() {
        world.cluster.start(seed(TO_BANK.edit()
                .egressIps(List.of("192.168.126.101", "fd00:126::101"))
                .destinations(EgressDestinations.of("203.0.113.0/24", "2001:db8::/32", "2001:db8:1::1"))
                .build()));

        assertThat(world.leaves(HOMER, BANK)).isEqualTo("192.168.126.101");
        assertThat(world.leaves("fd01:0:0:1::5", "2001:db8::1")).isEqualTo("fd00:126::101");
        assertThat(world.leaves("fd01:0:0:1::5", "2001:db8:1::1")).isEqualTo("fd00:126::101");
        assertThat(world.leaves("fd01:0:0:1::5", "2001:db9::1")).isEqualTo("node");
        assertThat(world.destined()).allMatch(row -> row.get(LogicalRouterPolicy.PRIORITY) <= 500);
    }

    @Test
    void whatMustNotLeaveOtherwiseIsDroppedUntilTheRouterIsThereAndWhenItHasNoNode() {
        world.cluster.start(seed(GENERAL));
        var dropping = TestCluster.dropping(TO_BANK);

        world.assertSeen(() -> world.seconds(dropping), HOMER, BANK, "192.168.126.100", "dropped", "192.168.126.101");
        assertThat(world.leaves(HOMER, ELSEWHERE)).isEqualTo("192.168.126.100");

        world.assertSeen(
                () -> world.seconds(
                        dropping.edit().egressIps(List.of("10.9.9.9")).build()),
                HOMER,
                BANK,
                "192.168.126.101",
                "dropped");
        assertThat(world.leaves(HOMER, ELSEWHERE)).isEqualTo("192.168.126.100");
        assertThat(world.message("bank", "Assigned")).contains("to these destinations is dropped");
        world.assertSeen(
                () -> {
                    world.cluster.remove(EgressIpInput.KIND, "bank");
                    world.seconds();
                },
                HOMER,
                BANK,
                "dropped",
                "192.168.126.100");
        assertThat(world.sets()).isEmpty();
    }

    @Test
    void theRouterMovesAndChangesItsPlacementUnderTheWay() {
        world.cluster.start(seed(GENERAL, TO_BANK));

        world.assertSeen(() -> world.seconds(node(1).edit().draining(true).build()), HOMER, BANK, "192.168.126.101");
        world.assertSeen(
                () -> world.seconds(TO_BANK.edit().form(EgressForm.PINNED).build()), HOMER, BANK, "192.168.126.101");
        assertThat(world.cluster.database.rows(LogicalRouter.TABLE).stream()
                        .map(row -> row.get(LogicalRouter.NAME))
                        .filter(name -> name.startsWith("egressip_")))
                .containsExactly("egressip_bank_192.168.126.101_pinned");
    }

    @Test
    void everyDamagedRowIsPutRight() {
        world.cluster.start(seed(
                GENERAL_ROUTER
                        .edit()
                        .destinations(EgressDestinations.ALL.without("192.0.2.1"))
                        .build(),
                TO_BANK,
                forSome("homers", 2, "192.168.126.102", "192.0.2.0/24")
                        .edit()
                        .podSelector(where("app=homer"))
                        .build()));
        world.seconds();
        var whole = world.cluster.content();
        var damages = new ArrayList<Runnable>();
        for (var row : world.cluster.clusterPolicies()) {
            if (row.get(LogicalRouterPolicy.PRIORITY) > 102) {
                damages.add(() -> world.cluster.database.delete(row.table(), row.id()));
                damages.add(() -> world.cluster.database.set(
                        row.table(), row.id(), Cell.of(LogicalRouterPolicy.PRIORITY, 1000L)));
                damages.add(() ->
                        world.cluster.database.set(row.table(), row.id(), Cell.of(LogicalRouterPolicy.ACTION, "drop")));
                damages.add(() -> world.cluster.database.set(
                        row.table(), row.id(), Cell.of(LogicalRouterPolicy.MATCH, "ip4.src == 10.128.0.0/14")));
            }
        }
        for (var row : world.cluster.database.rows(AddressSet.TABLE)) {
            if (row.get(AddressSet.NAME).startsWith("ovn_egress_destined_")) {
                damages.add(() -> world.cluster.database.delete(row.table(), row.id()));
                damages.add(() -> world.cluster.database.set(
                        row.table(), row.id(), Cell.of(AddressSet.ADDRESSES, Set.of("10.128.9.9", "nonsense"))));
            }
        }
        assertThat(damages).hasSizeGreaterThan(20);
        for (var damage : damages) {
            world.cluster.tamper(damage);
            world.cluster.after(Duration.ofMinutes(2));
            world.seconds();
            assertThat(world.cluster.content()).isEqualTo(whole);
        }
    }

    @Test
    void aRestartWritesNothing() {
        var objects = seed(GENERAL_ROUTER, TO_BANK, forSome("other", 2, "192.168.126.102", "203.0.113.0/24"));
        world.cluster.start(objects);
        world.seconds();
        world.cluster.restart(objects);
        world.seconds();

        assertThat(world.cluster.transactions.stream().flatMap(List::stream))
                .as("it asks what is installed")
                .allMatch(
                        operation -> operation instanceof Operation.Mutate mutate && mutate.table() == NbGlobal.TABLE);
    }

    @Test
    void whatWasDeletedWhileNobodyLookedIsGoneAfterARestart() {
        world.cluster.start(seed(
                TO_BANK,
                forSome("homers", 2, "192.168.126.102", "192.0.2.0/24")
                        .edit()
                        .podSelector(where("app=homer"))
                        .build()));
        world.cluster.restart(seed());
        world.seconds();

        assertThat(world.destined()).isEmpty();
        assertThat(world.sets()).isEmpty();
        assertThat(world.hasRouters()).isFalse();
        assertThat(world.cluster.clusterPolicies()).noneMatch(row -> row.get(LogicalRouterPolicy.PRIORITY) > 102);
    }

    @Test
    void thePodSaysThatItLeavesOtherwiseToSomeDestinations() {
        world.cluster.start(seed(TO_BANK));
        var answer = world.cluster.reconciler.answer(
                new Question.OfObject(new ObjectRef(InputKind.POD, "simpson/homer")), world.cluster.now);
        var explained = ((Answer.Explained) answer).explanation();

        assertThat(explained.answer()).endsWith("; to some destinations otherwise");
        assertThat(explained.reasons())
                .anySatisfy(reason -> assertThat(reason.message())
                        .contains("EgressIP bank", "203.0.113.0/24", "192.168.126.101 from node1"));
    }

    /** What is explained of it, in the words of {@link DestinationsWorld#leaves}. */
    private String said(String pod, String destination) {
        var name = world.cluster.reconciler.podNames().stream()
                .filter(each -> each.name().equals(pod.equals(HOMER) ? "homer" : "marge"))
                .findFirst()
                .orElseThrow();
        var question = new Question.OfWay(name, Destination.parse(destination).orElseThrow());
        var way = ((Answer.Explained) world.cluster.reconciler.answer(question, world.cluster.now))
                .explanation()
                .parts()
                .getFirst()
                .now()
                .orElseThrow();
        return way.outcome() == Departure.Outcome.NodeAddress
                ? "node"
                : way.exits().stream().flatMap(exit -> exit.source().stream()).collect(Collectors.joining(" or "));
    }

    /** Many objects of random destinations: the rows say what looking them up one by one says. */
    @Test
    void whicheverObjectsListADestinationTheRowsAgreeWithTheRule() {
        var random = new java.util.Random(7);
        for (int round = 0; round < 30; round++) {
            var objects = new ArrayList<EgressIpInput>();
            for (int n = 1; n <= 5; n++) {
                var networks = Stream.generate(() -> random.nextInt(4) + ".0.0.0/" + random.nextInt(9))
                        .limit(2)
                        .toArray(String[]::new);
                objects.add(forSome("object" + n, n, "192.168.126.10" + n, networks)
                        .edit()
                        .podSelector(random.nextBoolean() ? LabelSelector.EVERYTHING : where("app=homer"))
                        .build());
            }
            world.cluster.restart(seed(objects.toArray(InputObject[]::new)));
            world.seconds();
            BiFunction<String, String, String> rule = (pod, destination) -> objects.stream()
                    .filter(object -> pod.equals(HOMER)
                            || object.podSelector().orElseThrow().isEverything())
                    .flatMap(object -> object.destinations().listed().stream()
                            .map(TestCluster::network)
                            .filter(network -> network.contains(ip(destination)))
                            .map(network -> Map.entry(network.prefixLength(), object)))
                    .max(Map.Entry.<Integer, EgressIpInput>comparingByKey()
                            .thenComparing(entry -> entry.getValue().created(), java.util.Comparator.reverseOrder()))
                    .map(entry -> entry.getValue().egressIps().getFirst())
                    .orElse("node");
            for (var destination : List.of("0.9.9.9", "1.9.9.9", "2.9.9.9", "3.9.9.9", "9.9.9.9", "222.9.9.9")) {
                for (var pod : List.of(HOMER, MARGE)) {
                    assertThat(world.leaves(pod, destination))
                            .as("round %s: %s to %s of %s", round, pod, destination, objects)
                            .isEqualTo(rule.apply(pod, destination));
                    assertThat(said(pod, destination))
                            .as("said in round %s: %s to %s of %s", round, pod, destination, objects)
                            .isEqualTo(rule.apply(pod, destination));
                }
            }
        }
    }
}
