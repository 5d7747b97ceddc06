package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.groupOf;
import static io.ovnegress.reconciler.TestCluster.ip;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.NbGlobal;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.explain.Answer;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressip.EgressDestinations;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressTrafficInput;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Egress IPs that are for some destinations, in steps: as what packets leave is read from the rows after every transaction. */
final class DestinationsTest {
    private static final LabelSelector SIMPSON = where("house=simpson");
    private static final String HOMER = "10.128.0.5";
    private static final String MARGE = "10.128.4.5";
    private static final String SELMA = "10.128.0.6";
    private static final String BANK = "203.0.113.7";
    private static final String ELSEWHERE = "198.51.100.7";

    private static final EgressIpInput GENERAL = egressIp("general", SIMPSON, "192.168.126.100");
    private static final EgressIpInput GENERAL_ROUTER =
            GENERAL.edit().form(EgressForm.FLOATING).build();
    private static final EgressIpInput TO_BANK = forSome("bank", 1, "192.168.126.101", "203.0.113.0/24");

    private final TestCluster cluster = TestCluster.inSteps(TestCluster.config(false, 500))
            .topology(1, 2, 3)
            .uplinks(1, 2, 3);
    private final Map<String, Set<String>> groups = new HashMap<>();

    @BeforeEach
    void ovnkubesGroups() {
        group("simpson", HOMER, MARGE, "fd01:0:0:1::5");
    }

    private void group(String namespace, String... pods) {
        cluster.portGroup(namespace);
        groups.put(groupOf(namespace), Set.of(pods));
    }

    private static EgressIpInput forSome(String name, int created, String egressIp, String... destinations) {
        return egressIp(name, created, SIMPSON, LabelSelector.EVERYTHING, egressIp)
                .edit()
                .form(EgressForm.FLOATING)
                .destinations(EgressDestinations.of(destinations))
                .build();
    }

    private static NodeInput node(int n) {
        return TestCluster.node(n)
                .edit()
                .nextHops(Set.of(ip("192.168.126.1"), ip("fd00:126::fe")))
                .build();
    }

    private static InputObject[] seed(InputObject... more) {
        var all = new ArrayList<InputObject>(List.of(
                node(1),
                node(2),
                node(3),
                namespace("simpson", "house=simpson"),
                namespace("bouvier", "house=bouvier"),
                pod("simpson", "homer", 1, HOMER, "fd01:0:0:1::5"),
                pod("simpson", "marge", 3, MARGE),
                pod("bouvier", "selma", 1, SELMA)));
        all.addAll(List.of(more));
        return all.toArray(InputObject[]::new);
    }

    private void seconds(InputObject... objects) {
        cluster.put(objects);
        for (int i = 0; i < 5; i++) {
            cluster.after(Duration.ofSeconds(1));
        }
    }

    private String leaves(String pod, String destination) {
        return LeavingByDestination.of(cluster, groups).as(pod, destination);
    }

    /** What packets leave as during the change, by pod and destination, in the order in which it was seen. */
    private Map<String, List<String>> during(Runnable change, List<String> pods, List<String> destinations) {
        var seen = new TreeMap<String, List<String>>();
        Runnable look = () -> pods.forEach(pod -> destinations.forEach(destination -> {
            var all = seen.computeIfAbsent(pod + " to " + destination, unused -> new ArrayList<>());
            var now = leaves(pod, destination);
            if (all.isEmpty() || !all.getLast().equals(now)) {
                all.add(now);
            }
        }));
        look.run();
        cluster.database.keep(new FakeNorthbound.Journal() {
            @Override
            public void committed(FakeNorthbound database, List<Operation> operations, CommitOutcome outcome) {
                look.run();
            }

            @Override
            public void tampered(FakeNorthbound database, List<Operation> operations) {}
        });
        change.run();
        return seen;
    }

    private void assertSeen(Runnable change, String pod, String destination, String... expected) {
        assertThat(during(change, List.of(pod), List.of(destination)).get(pod + " to " + destination))
                .containsExactly(expected);
    }

    private List<Row> destined() {
        return cluster.clusterPolicies().stream()
                .filter(row -> row.get(LogicalRouterPolicy.EXTERNAL_IDS)
                        .getOrDefault("ovn-egress.io/id", "")
                        .startsWith("destined/"))
                .toList();
    }

    /** By their names without what they are hashed from: {@code to_24_v4}. */
    private Map<String, Set<String>> sets() {
        var sets = new TreeMap<String, Set<String>>();
        cluster.database.rows(AddressSet.TABLE).stream()
                .filter(row -> row.get(AddressSet.NAME).startsWith("ovn_egress_destined_"))
                .forEach(row -> sets.merge(
                        row.get(AddressSet.NAME).substring("ovn_egress_destined_".length() + 17),
                        new TreeSet<>(row.get(AddressSet.ADDRESSES)),
                        (one, other) -> {
                            one.addAll(other);
                            return one;
                        }));
        return sets;
    }

    private boolean hasRouters() {
        return cluster.database.rows(LogicalRouter.TABLE).stream()
                .anyMatch(row -> row.get(LogicalRouter.NAME).startsWith("egressip_"));
    }

    private List<String> conditions(String object) {
        return cluster.statuses.get(object).conditions().stream()
                .map(condition -> condition.type() + " " + condition.status() + " " + condition.reason())
                .toList();
    }

    private String message(String object, String type) {
        return cluster.statuses.get(object).conditions().stream()
                .filter(condition -> condition.type().toString().equals(type))
                .map(StatusCondition::message)
                .findFirst()
                .orElse("");
    }

    @Test
    void podsLeaveByOneObjectForSomeDestinationsAndByAnotherForTheRest() {
        for (var general : List.of(GENERAL, GENERAL_ROUTER)) {
            cluster.restart(seed(general, TO_BANK));
            seconds();
            for (var pod : List.of(HOMER, MARGE)) {
                assertThat(leaves(pod, BANK)).isEqualTo("192.168.126.101");
                assertThat(leaves(pod, ELSEWHERE)).isEqualTo("192.168.126.100");
            }
            assertThat(leaves(SELMA, BANK)).isEqualTo("node");
        }
        assertThat(conditions("bank")).contains("Assigned true Assigned", "Programmed true Programmed");
        assertThat(message("bank", "Assigned")).contains("for these destinations: 203.0.113.0/24");
        assertThat(conditions("general")).noneMatch(condition -> condition.startsWith("Standby"));
    }

    @Test
    void whoHasNoOtherObjectLeavesAsItsNodeForTheRest() {
        cluster.start(seed(TO_BANK));

        assertThat(leaves(HOMER, BANK)).isEqualTo("192.168.126.101");
        assertThat(leaves(HOMER, ELSEWHERE)).isEqualTo("node");
        assertThat(destined())
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
        cluster.start(seed(GENERAL));
        assertSeen(() -> seconds(TO_BANK), HOMER, BANK, "192.168.126.100", "192.168.126.101");

        assertSeen(
                () -> {
                    cluster.remove(EgressIpInput.KIND, "bank");
                    seconds();
                },
                HOMER,
                BANK,
                "192.168.126.101",
                "192.168.126.100");
        assertThat(hasRouters()).isFalse();
        assertThat(destined()).isEmpty();
        assertThat(sets()).isEmpty();
        assertThat(cluster.clusterPolicies())
                .as("nothing is exempt from what is not there")
                .noneMatch(row -> row.get(LogicalRouterPolicy.PRIORITY) > 102);
    }

    @Test
    void ofSeveralThatListADestinationTheLongestNetworkDecides() {
        cluster.start(seed(
                GENERAL_ROUTER,
                forSome("wide", 1, "192.168.126.101", "203.0.0.0/8", "10.1.0.0/16"),
                forSome("narrow", 2, "192.168.126.102", "203.0.113.0/24"),
                forSome("one", 3, "192.168.126.103", BANK)));

        assertThat(leaves(HOMER, BANK)).isEqualTo("192.168.126.103");
        assertThat(leaves(HOMER, "203.0.113.8")).isEqualTo("192.168.126.102");
        assertThat(leaves(HOMER, "203.1.1.1")).isEqualTo("192.168.126.101");
        assertThat(leaves(HOMER, "10.1.2.3")).isEqualTo("192.168.126.101");
        assertThat(leaves(HOMER, ELSEWHERE)).isEqualTo("192.168.126.100");
    }

    @Test
    void ofSeveralThatListTheSameNetworkTheOldestHasItAndTheOthersSayThatTheyStandBy() {
        var younger = forSome("younger", 2, "192.168.126.102", "203.0.113.0/24", "192.0.2.0/24");
        var youngest = forSome("youngest", 3, "192.168.126.103", "203.0.113.0/24", "192.0.2.0/24");
        cluster.start(seed(TO_BANK, younger, youngest));

        assertThat(leaves(HOMER, BANK)).isEqualTo("192.168.126.101");
        assertThat(leaves(HOMER, "192.0.2.1")).isEqualTo("192.168.126.102");
        assertThat(conditions("bank")).noneMatch(condition -> condition.startsWith("Standby"));
        assertThat(conditions("younger")).contains("Standby true DestinationOfAnotherObject");
        assertThat(message("younger", "Standby")).contains("2 pods", "203.0.113.0/24", "bank");
        assertThat(message("youngest", "Standby")).contains("192.0.2.0/24");

        var seen = during(
                () -> {
                    cluster.remove(EgressIpInput.KIND, "bank");
                    seconds();
                },
                List.of(HOMER),
                List.of(BANK, "192.0.2.1"));
        assertThat(seen.get(HOMER + " to " + BANK)).containsExactly("192.168.126.101", "192.168.126.102");
        assertThat(seen.get(HOMER + " to 192.0.2.1")).containsExactly("192.168.126.102");
        assertThat(conditions("younger")).noneMatch(condition -> condition.startsWith("Standby"));
    }

    @Test
    void objectsThatListTheSameForOtherPodsDoNotStandBy() {
        cluster.start(seed(
                TO_BANK.edit().podSelector(where("app=homer")).build(),
                forSome("other", 2, "192.168.126.102", "203.0.113.0/24")
                        .edit()
                        .podSelector(where("app=marge"))
                        .build()));

        assertThat(leaves(HOMER, BANK)).isEqualTo("192.168.126.101");
        assertThat(leaves(MARGE, BANK)).isEqualTo("192.168.126.102");
        assertThat(conditions("other")).noneMatch(condition -> condition.startsWith("Standby"));
    }

    @Test
    void theFourthThatListsTheSameNetworkForTheSameNamespaceLeavesItToTheOthers() {
        cluster.start(seed(Stream.of(1, 2, 3, 4)
                .map(n -> forSome("object" + n, n, "fd00:126::10" + n, "2001:db8::/32", "2001:db9::" + n))
                .toArray(InputObject[]::new)));

        assertThat(leaves("fd01:0:0:1::5", "2001:db8::1")).isEqualTo("fd00:126::101");
        assertThat(leaves("fd01:0:0:1::5", "2001:db9::4")).isEqualTo("fd00:126::104");
        assertThat(destined())
                .filteredOn(row -> row.get(LogicalRouterPolicy.MATCH).contains("to_32_"))
                .hasSize(3);
        assertThat(message("object4", "Standby")).contains("2001:db8::/32", "object1", "object3");
    }

    @Test
    void destinationsChangeInTheirSetsInOneTransaction() {
        cluster.start(seed(GENERAL_ROUTER, TO_BANK));
        seconds();
        cluster.transactions.clear();

        var other = TO_BANK.edit()
                .destinations(EgressDestinations.of("192.0.2.0/24", "203.0.112.0/24"))
                .build();
        cluster.put(other);

        assertThat(cluster.transactions)
                .filteredOn(transaction -> transaction.stream()
                        .anyMatch(operation ->
                                !(operation instanceof Operation.Mutate mutate && mutate.table() == NbGlobal.TABLE)))
                .singleElement()
                .satisfies(transaction ->
                        assertThat(transaction).allMatch(operation -> !(operation instanceof Operation.Insert)));
        assertThat(leaves(HOMER, BANK)).isEqualTo("192.168.126.100");
        assertThat(leaves(HOMER, "192.0.2.1")).isEqualTo("192.168.126.101");
        assertThat(sets()).isEqualTo(Map.of("to_24_v4", Set.of("192.0.2.0/24", "203.0.112.0/24")));

        seconds(TO_BANK.edit().destinations(EgressDestinations.of("0.0.0.0/0")).build());
        assertThat(sets()).isEqualTo(Map.of("to_0_v4", Set.of("0.0.0.0/1", "128.0.0.0/1")));
        assertThat(leaves(HOMER, ELSEWHERE)).isEqualTo("192.168.126.101");
    }

    @Test
    void whatAnObjectExcludesOfItsDestinationsIsLeftToTheOthers() {
        cluster.start(seed(
                GENERAL_ROUTER,
                TO_BANK.edit()
                        .destinations(EgressDestinations.of("203.0.113.0/24").without("203.0.113.4/30"))
                        .build()));

        assertThat(leaves(HOMER, BANK)).isEqualTo("192.168.126.100");
        assertThat(leaves(HOMER, "203.0.113.8")).isEqualTo("192.168.126.101");
    }

    @Test
    void whatAnObjectForAllExcludesLeavesAsTheNodeUnlessItIsAnothersDestination() {
        var excluding = GENERAL_ROUTER
                .edit()
                .destinations(EgressDestinations.ALL.without("203.0.113.0/24", "192.0.2.1"))
                .build();
        cluster.start(seed(excluding));
        assertThat(leaves(HOMER, BANK)).isEqualTo("node");
        assertThat(leaves(HOMER, "192.0.2.1")).isEqualTo("node");
        assertThat(leaves(HOMER, ELSEWHERE)).isEqualTo("192.168.126.100");
        assertThat(conditions("general")).noneMatch(condition -> condition.startsWith("InvalidSpec"));

        seconds(TO_BANK);
        assertThat(leaves(HOMER, BANK)).isEqualTo("192.168.126.101");
        assertThat(leaves(HOMER, "192.0.2.1")).isEqualTo("node");

        seconds(excluding.edit().podSelector(where("app=homer")).build());
        assertThat(leaves(HOMER, "192.0.2.1")).isEqualTo("node");
        assertThat(leaves(HOMER, ELSEWHERE)).isEqualTo("192.168.126.100");

        seconds(GENERAL.edit().destinations(excluding.destinations()).build());
        assertThat(leaves(HOMER, "192.0.2.1")).isEqualTo("192.168.126.100");
        assertThat(conditions("general")).contains("InvalidSpec true UnsupportedForm");

        seconds(GENERAL_ROUTER);
        assertThat(leaves(HOMER, "192.0.2.1")).isEqualTo("192.168.126.100");
        assertThat(conditions("general")).noneMatch(condition -> condition.startsWith("InvalidSpec"));
        assertThat(sets()).containsOnlyKeys("to_24_v4");
    }

    @Test
    void whatStaysInTheClusterIsExemptWhateverIsListed() {
        group("bouvier", SELMA);
        cluster.start(seed(
                GENERAL,
                forSome("all", 1, "192.168.126.101", "0.0.0.0/0", "10.128.0.0/16", "192.168.126.11", "100.64.0.0/24")));
        seconds();

        for (var inside : List.of(MARGE, "100.64.0.2", "192.168.126.11", "192.168.126.13")) {
            assertThat(leaves(HOMER, inside)).as(inside).isEqualTo("inside");
        }
        assertThat(leaves(HOMER, ELSEWHERE)).isEqualTo("192.168.126.101");
        assertThat(conditions("all")).contains("InvalidSpec true InvalidDestination");
        assertThat(message("all", "InvalidSpec"))
                .contains("10.128.0.0/16", "192.168.126.11/32", "100.64.0.0/24")
                .doesNotContain("0.0.0.0/0 belongs");
    }

    @Test
    void itIsExemptBeforeAnythingIsLedAway() {
        cluster.start(seed(GENERAL));

        var seen = during(
                () -> {
                    seconds(forSome("all", 1, "192.168.126.101", "0.0.0.0/0"));
                    cluster.remove(EgressIpInput.KIND, "all");
                    seconds();
                },
                List.of(HOMER),
                List.of(MARGE, "192.168.126.12", "100.64.0.2"));

        seen.values().forEach(outcomes -> assertThat(outcomes).containsExactly("inside"));
    }

    /** Else what stays in the cluster would be led out of it. */
    @Test
    void nothingIsLedAwayWhileTheFlagsAreContradictedAndSoNothingMoreIsExempt() {
        cluster.start(seed(GENERAL));
        var contradicting = node(2).edit()
                .podSubnets(List.of(TestCluster.network("10.200.0.0/24")))
                .build();
        seconds(contradicting, forSome("all", 1, "192.168.126.101", "0.0.0.0/0"));

        assertThat(leaves(HOMER, MARGE)).isEqualTo("inside");
        assertThat(leaves(HOMER, ELSEWHERE)).isEqualTo("192.168.126.100");
        seconds(pod("simpson", "bart", 2, "10.128.2.9"));
        assertThat(leaves("10.128.2.9", ELSEWHERE)).as("all else goes on").isEqualTo("192.168.126.100");

        seconds(node(2));
        assertThat(leaves(HOMER, MARGE)).isEqualTo("inside");
        assertThat(leaves(HOMER, ELSEWHERE)).isEqualTo("192.168.126.101");
    }

    @Test
    void objectsComeAgainAfterTheLastHasGone() {
        cluster.start(seed(GENERAL));
        for (int i = 0; i < 2; i++) {
            seconds(TestCluster.dropping(TO_BANK));
            assertThat(leaves(HOMER, BANK)).isEqualTo("192.168.126.101");
            cluster.remove(EgressIpInput.KIND, "bank");
            seconds();
            assertThat(leaves(HOMER, BANK)).isEqualTo("192.168.126.100");
        }
    }

    @Test
    void whatIsNoNetworkIsSaidAndTheRestIsServed() {
        cluster.start(seed(TO_BANK.edit()
                .destinations(EgressDestinations.of("203.0.113.0/24", "bank.example.com", "1.2.3.4/33"))
                .build()));

        assertThat(leaves(HOMER, BANK)).isEqualTo("192.168.126.101");
        assertThat(conditions("bank")).contains("InvalidSpec true InvalidDestination");
        assertThat(message("bank", "InvalidSpec")).contains("bank.example.com", "1.2.3.4/33");
    }

    @Test
    void anObjectInFormPerPodIsNotServedAndSaysWhy() {
        cluster.start(seed(GENERAL));
        var before = cluster.content();

        seconds(TO_BANK.edit().form(EgressForm.USUAL).build());

        assertThat(conditions("bank")).contains("Assigned false UnsupportedForm");
        assertThat(message("bank", "Assigned")).contains("set spec.form (or annotation ovn-egress.io/form) to Router");
        assertThat(leaves(HOMER, BANK)).isEqualTo("192.168.126.100");
        assertThat(destined()).isEmpty();
        assertThat(cluster.items("bank")).isEmpty();
        cluster.remove(EgressIpInput.KIND, "bank");
        assertThat(cluster.content()).isEqualTo(before);
    }

    @Test
    void anObjectGetsDestinationsAndLosesThemAndNothingLeavesAsAnythingElse() {
        var wide = GENERAL_ROUTER;
        var some = GENERAL_ROUTER
                .edit()
                .destinations(EgressDestinations.of("203.0.113.0/24"))
                .build();
        var other = egressIp("other", 5, SIMPSON, LabelSelector.EVERYTHING, "192.168.126.105");
        cluster.start(seed(wide, other));
        seconds();

        var seen = during(() -> seconds(some), List.of(HOMER, MARGE), List.of(BANK, ELSEWHERE));
        for (var pod : List.of(HOMER, MARGE)) {
            assertThat(seen.get(pod + " to " + BANK)).containsOnly("192.168.126.100");
            assertThat(seen.get(pod + " to " + ELSEWHERE)).containsExactly("192.168.126.100", "192.168.126.105");
        }

        seen = during(() -> seconds(wide), List.of(HOMER, MARGE), List.of(BANK, ELSEWHERE));
        for (var pod : List.of(HOMER, MARGE)) {
            assertThat(seen.get(pod + " to " + ELSEWHERE)).containsExactly("192.168.126.105", "192.168.126.100");
            assertThat(seen.get(pod + " to " + BANK)).containsOnly("192.168.126.100");
        }
        assertThat(destined()).isEmpty();
        assertThat(sets()).isEmpty();
    }

    @Test
    void anObjectThatIsAloneGetsDestinationsAndLosesThem() {
        var some = GENERAL_ROUTER
                .edit()
                .destinations(EgressDestinations.of("203.0.113.0/24"))
                .build();
        cluster.start(seed(GENERAL_ROUTER));
        seconds();

        var seen = during(() -> seconds(some), List.of(HOMER, MARGE), List.of(BANK, ELSEWHERE));
        for (var pod : List.of(HOMER, MARGE)) {
            assertThat(seen.get(pod + " to " + BANK)).containsOnly("192.168.126.100");
            assertThat(seen.get(pod + " to " + ELSEWHERE)).containsExactly("192.168.126.100", "node");
        }

        seen = during(() -> seconds(GENERAL_ROUTER), List.of(HOMER, MARGE), List.of(BANK));
        for (var pod : List.of(HOMER, MARGE)) {
            assertThat(seen.get(pod + " to " + BANK)).containsOnly("192.168.126.100");
        }
        assertThat(destined()).isEmpty();
    }

    /** What is led away goes on while an exemption is missing, and nothing more is. */
    @Test
    void anExemptionThatSomebodyDeletesAgainAndAgainWithdrawsNothing() {
        cluster.start(seed(GENERAL_ROUTER, TO_BANK));
        seconds();
        for (int i = 0; i < 6; i++) {
            cluster.tamper(() -> cluster.clusterPolicies().stream()
                    .filter(row -> row.get(LogicalRouterPolicy.PRIORITY) == 500)
                    .filter(row -> row.get(LogicalRouterPolicy.MATCH).contains("100.64"))
                    .forEach(row -> cluster.database.delete(row.table(), row.id())));
            cluster.put(namespace("other-" + i, "house=simpson"));
            assertThat(leaves(HOMER, BANK)).isEqualTo("192.168.126.101");
        }
        seconds();
        cluster.after(java.time.Duration.ofMinutes(2));
        seconds();
        assertThat(leaves(HOMER, BANK)).isEqualTo("192.168.126.101");
    }

    @Test
    void podsOfSomeLabelsAreInASetWhichTakesThePlaceOfTheNamespaceAndBack() {
        cluster.start(seed(GENERAL_ROUTER, TO_BANK));
        var homers = TO_BANK.edit().podSelector(where("app=homer")).build();

        assertSeen(() -> seconds(homers), HOMER, BANK, "192.168.126.101");
        assertThat(sets()).containsEntry("pods_v4", Set.of(HOMER)).containsEntry("pods_v6", Set.of("fd01:0:0:1::5"));
        assertThat(leaves(MARGE, BANK)).isEqualTo("192.168.126.100");

        assertSeen(() -> seconds(TO_BANK), HOMER, BANK, "192.168.126.101");
        assertThat(sets()).containsOnlyKeys("to_24_v4");
        assertThat(leaves(MARGE, BANK)).isEqualTo("192.168.126.101");

        seconds(homers, pod("simpson", "homer", 1, Map.of("app", "other"), HOMER));
        assertThat(leaves(HOMER, BANK)).isEqualTo("192.168.126.100");
        seconds(pod("simpson", "homer", 1, HOMER));
        assertThat(leaves(HOMER, BANK)).isEqualTo("192.168.126.101");
        cluster.remove(InputKind.POD, "simpson/homer");
        seconds();
        assertThat(sets().get("pods_v4")).isEmpty();
    }

    @Test
    void aNamespaceWithoutAPortGroupIsToldByASetUntilItHasOne() {
        cluster.start(seed(TO_BANK, namespace("bouvier", "house=simpson")));
        assertThat(sets()).containsEntry("pods_v4", Set.of(SELMA));
        assertThat(leaves(SELMA, BANK)).isEqualTo("192.168.126.101");

        assertSeen(
                () -> {
                    cluster.tamper(() -> group("bouvier", SELMA));
                    seconds();
                },
                SELMA,
                BANK,
                "192.168.126.101");
        assertThat(sets()).containsOnlyKeys("to_24_v4");

        seconds(namespace("bouvier", "house=bouvier"));
        assertThat(leaves(SELMA, BANK)).isEqualTo("node");
        assertThat(destined())
                .allSatisfy(
                        row -> assertThat(row.get(LogicalRouterPolicy.MATCH)).contains(groupOf("simpson")));
    }

    @Test
    void trafficObjectsListDestinations() {
        var selecting = TO_BANK.edit()
                .destinations(EgressDestinations.of(where("to=bank")))
                .build();
        cluster.start(seed(selecting));
        assertThat(conditions("bank")).contains("Unused true NoDestination");
        assertThat(leaves(HOMER, BANK)).isEqualTo("node");

        seconds(new EgressTrafficInput("bank", Map.of("to", "bank"), List.of("203.0.113.0/24", "bank")));
        assertThat(leaves(HOMER, BANK)).isEqualTo("192.168.126.101");
        assertThat(conditions("bank")).contains("InvalidSpec true InvalidDestination");
        assertThat(message("bank", "InvalidSpec")).contains("EgressIPTraffic bank: bank");

        seconds(new EgressTrafficInput("more", Map.of("to", "bank"), List.of("192.0.2.0/24")));
        assertThat(leaves(HOMER, "192.0.2.1")).isEqualTo("192.168.126.101");

        seconds(new EgressTrafficInput("bank", Map.of("to", "other"), List.of("203.0.113.0/24")));
        assertThat(leaves(HOMER, BANK)).isEqualTo("node");
        cluster.remove(EgressTrafficInput.KIND, "more");
        seconds();
        assertThat(leaves(HOMER, "192.0.2.1")).isEqualTo("node");
        assertThat(conditions("bank")).contains("Unused true NoDestination");
    }

    @Test
    void bothFamiliesHaveTheirOwnDestinations() {
        cluster.start(seed(TO_BANK.edit()
                .egressIps(List.of("192.168.126.101", "fd00:126::101"))
                .destinations(EgressDestinations.of("203.0.113.0/24", "2001:db8::/32", "2001:db8:1::1"))
                .build()));

        assertThat(leaves(HOMER, BANK)).isEqualTo("192.168.126.101");
        assertThat(leaves("fd01:0:0:1::5", "2001:db8::1")).isEqualTo("fd00:126::101");
        assertThat(leaves("fd01:0:0:1::5", "2001:db8:1::1")).isEqualTo("fd00:126::101");
        assertThat(leaves("fd01:0:0:1::5", "2001:db9::1")).isEqualTo("node");
        assertThat(destined()).allMatch(row -> row.get(LogicalRouterPolicy.PRIORITY) <= 500);
    }

    @Test
    void whatMustNotLeaveOtherwiseIsDroppedUntilTheRouterIsThereAndWhenItHasNoNode() {
        cluster.start(seed(GENERAL));
        var dropping = TestCluster.dropping(TO_BANK);

        assertSeen(() -> seconds(dropping), HOMER, BANK, "192.168.126.100", "dropped", "192.168.126.101");
        assertThat(leaves(HOMER, ELSEWHERE)).isEqualTo("192.168.126.100");

        assertSeen(
                () -> seconds(dropping.edit().egressIps(List.of("10.9.9.9")).build()),
                HOMER,
                BANK,
                "192.168.126.101",
                "dropped");
        assertThat(leaves(HOMER, ELSEWHERE)).isEqualTo("192.168.126.100");
        assertThat(message("bank", "Assigned")).contains("to these destinations is dropped");
        assertSeen(
                () -> {
                    cluster.remove(EgressIpInput.KIND, "bank");
                    seconds();
                },
                HOMER,
                BANK,
                "dropped",
                "192.168.126.100");
        assertThat(sets()).isEmpty();
    }

    @Test
    void theRouterMovesAndChangesItsPlacementUnderTheWay() {
        cluster.start(seed(GENERAL, TO_BANK));

        assertSeen(() -> seconds(node(1).edit().draining(true).build()), HOMER, BANK, "192.168.126.101");
        assertSeen(() -> seconds(TO_BANK.edit().form(EgressForm.PINNED).build()), HOMER, BANK, "192.168.126.101");
        assertThat(cluster.database.rows(LogicalRouter.TABLE).stream()
                        .map(row -> row.get(LogicalRouter.NAME))
                        .filter(name -> name.startsWith("egressip_")))
                .containsExactly("egressip_bank_192.168.126.101_pinned");
    }

    @Test
    void everyDamagedRowIsPutRight() {
        cluster.start(seed(
                GENERAL_ROUTER
                        .edit()
                        .destinations(EgressDestinations.ALL.without("192.0.2.1"))
                        .build(),
                TO_BANK,
                forSome("homers", 2, "192.168.126.102", "192.0.2.0/24")
                        .edit()
                        .podSelector(where("app=homer"))
                        .build()));
        seconds();
        var whole = cluster.content();
        var damages = new ArrayList<Runnable>();
        for (var row : cluster.clusterPolicies()) {
            if (row.get(LogicalRouterPolicy.PRIORITY) > 102) {
                damages.add(() -> cluster.database.delete(row.table(), row.id()));
                damages.add(() ->
                        cluster.database.set(row.table(), row.id(), Cell.of(LogicalRouterPolicy.PRIORITY, 1000L)));
                damages.add(
                        () -> cluster.database.set(row.table(), row.id(), Cell.of(LogicalRouterPolicy.ACTION, "drop")));
                damages.add(() -> cluster.database.set(
                        row.table(), row.id(), Cell.of(LogicalRouterPolicy.MATCH, "ip4.src == 10.128.0.0/14")));
            }
        }
        for (var row : cluster.database.rows(AddressSet.TABLE)) {
            if (row.get(AddressSet.NAME).startsWith("ovn_egress_destined_")) {
                damages.add(() -> cluster.database.delete(row.table(), row.id()));
                damages.add(() -> cluster.database.set(
                        row.table(), row.id(), Cell.of(AddressSet.ADDRESSES, Set.of("10.128.9.9", "nonsense"))));
            }
        }
        assertThat(damages).hasSizeGreaterThan(20);
        for (var damage : damages) {
            cluster.tamper(damage);
            cluster.after(Duration.ofMinutes(2));
            seconds();
            assertThat(cluster.content()).isEqualTo(whole);
        }
    }

    @Test
    void aRestartWritesNothing() {
        var objects = seed(GENERAL_ROUTER, TO_BANK, forSome("other", 2, "192.168.126.102", "203.0.113.0/24"));
        cluster.start(objects);
        seconds();
        cluster.restart(objects);
        seconds();

        assertThat(cluster.transactions.stream().flatMap(List::stream))
                .as("it asks what is installed")
                .allMatch(
                        operation -> operation instanceof Operation.Mutate mutate && mutate.table() == NbGlobal.TABLE);
    }

    @Test
    void whatWasDeletedWhileNobodyLookedIsGoneAfterARestart() {
        cluster.start(seed(
                TO_BANK,
                forSome("homers", 2, "192.168.126.102", "192.0.2.0/24")
                        .edit()
                        .podSelector(where("app=homer"))
                        .build()));
        cluster.restart(seed());
        seconds();

        assertThat(destined()).isEmpty();
        assertThat(sets()).isEmpty();
        assertThat(hasRouters()).isFalse();
        assertThat(cluster.clusterPolicies()).noneMatch(row -> row.get(LogicalRouterPolicy.PRIORITY) > 102);
    }

    @Test
    void thePodSaysThatItLeavesOtherwiseToSomeDestinations() {
        cluster.start(seed(TO_BANK));
        var answer = cluster.reconciler.answer(
                new Question.OfObject(new ObjectRef(InputKind.POD, "simpson/homer")), cluster.now);
        var explained = ((Answer.Explained) answer).explanation();

        assertThat(explained.answer()).endsWith("; to some destinations otherwise");
        assertThat(explained.reasons())
                .anySatisfy(reason -> assertThat(reason.message())
                        .contains("EgressIP bank", "203.0.113.0/24", "192.168.126.101 from node1"));
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
            cluster.restart(seed(objects.toArray(InputObject[]::new)));
            seconds();
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
                    assertThat(leaves(pod, destination))
                            .as("round %s: %s to %s of %s", round, pod, destination, objects)
                            .isEqualTo(rule.apply(pod, destination));
                }
            }
        }
    }
}
