package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.dropping;
import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.notLabelled;
import static io.ovnegress.reconciler.TestCluster.notReady;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.operation.OvsdbError;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.reconciler.explain.Answer;
import io.ovnegress.reconciler.explain.Explanation;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.explain.Reason;
import io.ovnegress.reconciler.explain.RowState;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Asked about a pod, the machine says how it leaves, by which object, and every reason in order. */
class ExplainPodTest {
    private static final String IP = "192.168.126.100";
    private static final String HOMER = "10.128.0.5";

    private final TestCluster cluster = new TestCluster().topology(1, 2, 3);

    @BeforeEach
    void start() {
        cluster.start(
                node(1),
                notLabelled(node(2)),
                notLabelled(node(3)),
                namespace("simpson", "house=simpson"),
                namespace("bouvier", "house=bouvier"),
                pod("simpson", "homer", 2, HOMER),
                pod("bouvier", "patty", 3, "10.128.4.5"),
                egressIp("demo", where("house=simpson"), IP));
    }

    private Answer answer(String pod) {
        return cluster.reconciler.answer(new Question.OfObject(new ObjectRef(InputKind.POD, pod)), cluster.now);
    }

    private Explanation explain(String pod) {
        assertThat(answer(pod)).isInstanceOf(Answer.Explained.class);
        return ((Answer.Explained) answer(pod)).explanation();
    }

    private static List<String> codes(Explanation explanation) {
        return explanation.reasons().stream()
                .map(reason -> reason.code().name())
                .toList();
    }

    private static List<String> messages(Explanation explanation) {
        return explanation.allReasons().stream().map(Reason::message).toList();
    }

    private Explanation homersAddress() {
        return explain("simpson/homer").parts().getFirst();
    }

    private static List<String> rows(Explanation address) {
        return address.rows().stream()
                .map(row -> row.table() + " on " + String.join(", ", row.places()) + ": " + row.state())
                .toList();
    }

    @Test
    void aServedPodLeavesAsItsEgressIpAndEveryReasonAndRowIsNamed() {
        var homer = explain("simpson/homer");

        assertThat(homer.answer()).isEqualTo("leaves as 192.168.126.100 from node1 (EgressIP demo)");
        assertThat(homer.reasons())
                .extracting(Reason::message)
                .containsExactly("EgressIP demo selects it: namespace house=simpson, pod everything");
        var address = homer.parts().getFirst();
        assertThat(address.name()).isEqualTo(HOMER);
        assertThat(codes(address)).containsExactly("Placed", "Programmed");
        assertThat(rows(address))
                .containsExactly(
                        "Logical_Router_Policy on ovn_cluster_router: Present",
                        "NAT on GR_node1: Present",
                        "Address_Set on ovn_egress_served_pods_v4: Present");
        var policy = address.rows().getFirst();
        assertThat(policy.columns())
                .containsExactly(
                        Map.entry("priority", "100"),
                        Map.entry("match", "ip4.src == 10.128.0.5"),
                        Map.entry("action", "reroute"),
                        Map.entry("nexthops", "100.64.0.2"));
        assertThat(policy.command()).isEqualTo("ovn-nbctl list Logical_Router_Policy " + policy.id());
        assertThat(cluster.clusterPolicies()).anyMatch(row -> row.id().equals(policy.id()));
    }

    @Test
    void whatIsExemptIsNamedWithItsRows() {
        var baseline = explain("simpson/homer").parts().getLast();

        assertThat(codes(baseline)).containsExactly("Exempt", "Programmed");
        assertThat(baseline.rows())
                .allMatch(row -> row.state() == RowState.State.Present)
                .extracting(row -> row.columns().get("match"))
                .contains(
                        "ip4.src == 10.128.0.0/14 && ip4.dst == 10.128.0.0/14",
                        "ip4.src == $ovn_egress_served_pods_v4 && ct.trk && ct.rpl");
    }

    @Test
    void ofTwoObjectsTheOlderServesAndTheOtherOneStandsBy() {
        cluster.put(egressIp("later", 10, where("house=simpson"), LabelSelector.EVERYTHING, "192.168.126.101"));
        var homer = explain("simpson/homer");

        assertThat(codes(homer)).containsExactly("Selected", "Selected", "Serves", "StandsBy");
        assertThat(homer.reasons().getLast().message())
                .isEqualTo("EgressIP later stands by behind demo: it was created later, at 1970-01-01T00:00:10Z");
    }

    @Test
    void anOlderObjectWithoutANodeIsNamedWithWhatItLacks() {
        cluster.put(egressIp("demo", 5, where("house=simpson"), LabelSelector.EVERYTHING, IP));
        cluster.put(egressIp("older", 1, where("house=simpson"), LabelSelector.EVERYTHING, "10.9.9.9"));
        var homer = explain("simpson/homer");

        assertThat(homer.answer()).isEqualTo("leaves as 192.168.126.100 from node1 (EgressIP demo)");
        assertThat(codes(homer)).containsExactly("Selected", "Selected", "NotPlaced", "Serves");
        assertThat(homer.reasons().get(2).message())
                .startsWith("EgressIP older cannot serve it, since none of its egress IPs has a node: 10.9.9.9 is not"
                        + " assigned: no node has it in its network");
    }

    @Test
    void aPodThatNobodySelectsLeavesAsItsNodeAndTheNearestTermIsNamed() {
        cluster.put(egressIp("far", 0, where("house=smithers", "tier=a"), where("app=x"), "192.168.126.109"));
        var patty = explain("bouvier/patty");

        assertThat(patty.answer()).isEqualTo("leaves with the node's address, as 192.168.126.13 from node3");
        assertThat(patty.reasons())
                .containsExactly(patty.reasons().getFirst())
                .extracting(Reason::message)
                .containsExactly("no EgressIP selects it; nearest is demo, which asks for namespace label house=simpson"
                        + " (it is bouvier)");
        assertThat(codes(patty.parts().getFirst())).containsExactly("LeavesAsNode");
        assertThat(patty.parts().getFirst().rows()).isEmpty();
    }

    @Test
    void aLabelThatThePodLacksIsNamedToo() {
        cluster.put(egressIp("demo", 0, where("house=simpson"), where("app=homer", "tier=web"), IP));

        assertThat(explain("simpson/homer").reasons().getFirst().message())
                .isEqualTo("no EgressIP selects it; nearest is demo, which asks for pod label tier=web (it has none)");
    }

    @Test
    void withoutANodeItSaysWhatExcludesEachAndThatItLeavesAsItsNode() {
        cluster.put(notReady(node(1)));
        var homer = explain("simpson/homer");

        assertThat(homer.answer()).isEqualTo("leaves with the node's address, as 192.168.126.12 from node2");
        assertThat(messages(homer))
                .anyMatch(message -> message.contains("(node1: not ready; node2, node3: not labelled)"));
    }

    @Test
    void whatIsDroppedSaysWhoAskedForIt() {
        cluster.put(dropping(egressIp("demo", where("house=simpson"), IP)));
        cluster.put(notReady(node(1)));

        assertThat(explain("simpson/homer").answer()).isEqualTo("is dropped");
        assertThat(codes(homersAddress())).containsExactly("Drops", "Programmed");
        assertThat(messages(homersAddress()).getFirst()).startsWith("EgressIP demo says Drop");
        assertThat(homersAddress().rows().getFirst().columns()).containsEntry("action", "drop");
    }

    @Test
    void aPodThatIsKeptInBeforeItIsServedIsDroppedAtTheMoment() {
        cluster.put(egressIp("demo", where("house=simpson"), IP)
                .edit()
                .beforeServed(EgressIpInput.BeforeServed.DROP)
                .build());
        var policy = cluster.clusterPolicies().stream()
                .filter(row -> row.get(LogicalRouterPolicy.PRIORITY) == 100)
                .findFirst()
                .orElseThrow();
        cluster.reconciler.apply(cluster.database.tamper(() -> cluster.database.removeFrom(
                LogicalRouter.POLICIES, cluster.routers.get("ovn_cluster_router"), policy.id())));

        assertThat(homersAddress().answer())
                .isEqualTo(
                        "is dropped at the moment; as decided it leaves as 192.168.126.100 from node1 (EgressIP demo)");
        assertThat(rows(homersAddress())).contains("Address_Set on ovn_egress_cut_off_pods_v4: Present");
    }

    @Test
    void aPolicyOfSomebodyElseThatDecidesBeforeIsNamed() {
        cluster.tamper(() -> {
            var policy = cluster.database.insert(
                    LogicalRouterPolicy.TABLE,
                    Cell.of(LogicalRouterPolicy.PRIORITY, 101L),
                    Cell.of(LogicalRouterPolicy.MATCH, "ip4.src == " + HOMER),
                    Cell.of(LogicalRouterPolicy.ACTION, "reroute"),
                    Cell.of(LogicalRouterPolicy.NEXTHOPS, Set.of("10.128.2.2")),
                    Cell.of(
                            LogicalRouterPolicy.EXTERNAL_IDS,
                            Map.of("k8s.ovn.org/owner-type", "EgressService", "k8s.ovn.org/name", "simpson/moe")));
            cluster.database.addTo(LogicalRouter.POLICIES, cluster.routers.get("ovn_cluster_router"), policy);
        });

        assertThat(homersAddress().answer())
                .isEqualTo("is sent to a next hop that is no gateway router's at the moment; as decided it leaves as"
                        + " 192.168.126.100 from node1 (EgressIP demo)");
        assertThat(codes(homersAddress())).containsExactly("Placed", "AnotherPolicy", "Programmed");
        assertThat(messages(homersAddress()).get(1))
                .startsWith(
                        "somebody else has a policy for the address, priority 101, action reroute, of EgressService"
                                + " simpson/moe; of several the highest priority decides: ovn-nbctl list Logical_Router_Policy ");
        cluster.tamper(() -> cluster.database.rows(LogicalRouterPolicy.TABLE).stream()
                .filter(row -> row.get(LogicalRouterPolicy.PRIORITY) == 101)
                .toList()
                .forEach(row -> cluster.database.delete(LogicalRouterPolicy.TABLE, row.id())));
        assertThat(codes(homersAddress())).containsExactly("Placed", "Programmed");
    }

    @Test
    void aMissingRouterIsNamed() {
        cluster.tamper(() -> cluster.database.delete(LogicalRouter.TABLE, cluster.routers.get("GR_node1")));
        var homer = explain("simpson/homer");

        assertThat(homer.answer()).isEqualTo("leaves with the node's address, as 192.168.126.12 from node2");
        assertThat(messages(homer))
                .contains("GR_node1 is not in the database, or without a join port (rtoj-...) with an address of this"
                        + " family: see what ovnkube-master says of node node1");
    }

    @Test
    void rowsThatSomebodyHasTakenAwayAreMissingAndThePodLeavesAsTheEgressNode() {
        breakTheSnat();
        var address = homersAddress();

        assertThat(address.answer())
                .isEqualTo(
                        "leaves with the node's address, as 192.168.126.11 from node1 at the moment; as decided it leaves"
                                + " as 192.168.126.100 from node1 (EgressIP demo)");
        assertThat(codes(address)).containsExactly("Placed", "Pending");
        assertThat(rows(address)).contains("NAT on GR_node1: Missing");
        assertThat(address.rows())
                .filteredOn(row -> row.state() == RowState.State.Missing)
                .extracting(RowState::command)
                .containsExactly("ovn-nbctl find NAT 'external_ip=\"192.168.126.100\"'");
    }

    private void breakTheSnat() {
        var snat = cluster.database.rows(Nat.TABLE).getFirst();
        cluster.reconciler.apply(cluster.database.tamper(
                () -> cluster.database.removeFrom(LogicalRouter.NAT, cluster.routers.get("GR_node1"), snat.id())));
    }

    @Test
    void aRowOnItsWayIsBeingWritten() {
        breakTheSnat();
        var planned = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();

        assertThat(codes(homersAddress())).containsExactly("Placed", "BeingWritten");
        cluster.commit(planned);
        assertThat(codes(homersAddress())).containsExactly("Placed", "Programmed");
    }

    @Test
    void aRefusalIsToldInTheServersWords() {
        breakTheSnat();
        var planned = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();
        cluster.reconciler.complete(
                planned,
                new CommitOutcome.Refused(new OvsdbError("constraint violation", "no"), OptionalInt.empty()),
                cluster.now);

        assertThat(homersAddress().reasons().getLast())
                .satisfies(reason -> assertThat(reason.code().name()).isEqualTo("Refused"))
                .extracting(Reason::message)
                .isEqualTo(
                        "the database refused its rows (once), they are tried again in 1 s: constraint violation: no");
        cluster.after(Duration.ofSeconds(2));
        assertThat(codes(homersAddress())).containsExactly("Placed", "Programmed");
    }

    @Test
    void aWrongColumnIsNamedWithWhatItIsToBe() {
        var policy = cluster.clusterPolicies().stream()
                .filter(row -> row.get(LogicalRouterPolicy.PRIORITY) == 100)
                .findFirst()
                .orElseThrow();
        cluster.reconciler.apply(cluster.database.tamper(() -> cluster.database.set(
                LogicalRouterPolicy.TABLE, policy.id(), Cell.of(LogicalRouterPolicy.NEXTHOPS, Set.of("100.64.0.3")))));

        assertThat(homersAddress().answer())
                .startsWith("leaves with the node's address, as 192.168.126.12 from node2 at");
        assertThat(homersAddress().rows().getFirst())
                .satisfies(row -> assertThat(row.state()).isEqualTo(RowState.State.Different))
                .extracting(RowState::differences)
                .isEqualTo(List.of("nexthops: 100.64.0.3 instead of 100.64.0.2"));
    }

    @Test
    void aPodInItsNodesNetworkLeavesAsTheNode() {
        cluster.put(new PodInput(
                pod("simpson", "host", 2).name(), Instant.EPOCH, Map.of(), "node2", List.of(), true, false));

        assertThat(explain("simpson/host").answer())
                .isEqualTo(
                        "is in the network of its node node2 (hostNetwork), and leaves with an address of that, whoever"
                                + " selects it");
    }

    @Test
    void podsThatSendNothingSayWhy() {
        cluster.put(pod("simpson", "new", 0), pod("simpson", "bare", 1));
        cluster.put(TestCluster.finished(pod("simpson", "done", 1, "10.128.0.9")));

        assertThat(explain("simpson/new").answer()).isEqualTo("is not scheduled to a node yet");
        assertThat(explain("simpson/bare").answer()).startsWith("holds no address");
        assertThat(explain("simpson/done").answer()).startsWith("has finished");
    }

    @Test
    void ofAPodThatThereIsNotTheNearestAreNamed() {
        assertThat(answer("simpson/homre"))
                .isEqualTo(new Answer.Unknown("POD simpson/homre", List.of("simpson/homer")));
        assertThat(answer("bouvie/patty")).isEqualTo(new Answer.Unknown("POD bouvie/patty", List.of("bouvier/patty")));
        assertThat(answer("nonsense")).isEqualTo(new Answer.Unknown("POD nonsense", List.of()));
    }

    @Test
    void aDualStackPodIsToldOfByAddress() {
        cluster.put(pod("simpson", "marge", 2, "10.128.2.6", "fd01::6"));
        var marge = explain("simpson/marge");

        assertThat(marge.answer())
                .isEqualTo(
                        "10.128.2.6 leaves as 192.168.126.100 from node1 (EgressIP demo); fd01::6 leaves with the node's"
                                + " address, as fd00:126::12 from node2");
        assertThat(codes(marge.parts().get(1))).containsExactly("NoEgressIPOfFamily", "LeavesAsNode");
    }

    @Test
    void whoStandsByAnswersWhatItWouldDecideAndSaysSo() {
        var standby = new TestCluster(TestCluster.CONFIG, cluster.database);
        standby.reconciler.setLeader(false);
        standby.start(
                node(1),
                notLabelled(node(2)),
                namespace("simpson", "house=simpson"),
                pod("simpson", "homer", 2, HOMER),
                egressIp("demo", where("house=simpson"), IP));
        var answer = (Answer.Explained) standby.reconciler.answer(
                new Question.OfObject(new ObjectRef(InputKind.POD, "simpson/homer")), standby.now);

        assertThat(answer.leads()).isFalse();
        assertThat(answer.explanation().answer()).isEqualTo("leaves as 192.168.126.100 from node1 (EgressIP demo)");
        var address = answer.explanation().parts().getFirst();
        assertThat(codes(address)).containsExactly("Placed", "StandsBy");
        assertThat(address.rows()).allMatch(row -> row.state() == RowState.State.Present);
    }

    @Test
    void beforeEverythingIsKnownThereIsNoAnswer() {
        var other = new TestCluster();
        assertThat(other.reconciler.answer(
                        new Question.OfObject(new ObjectRef(InputKind.POD, "simpson/homer")), other.now))
                .isInstanceOf(Answer.NotYet.class);
    }

    @Test
    void theRowsOfAMoveAreToldByTheirSteps() {
        var given = TestCluster.inSteps(TestCluster.CONFIG).topology(1, 2, 3);
        given.start(
                node(1),
                notLabelled(node(2)),
                node(3),
                namespace("simpson", "house=simpson"),
                pod("simpson", "homer", 2, HOMER),
                egressIp("demo", where("house=simpson"), IP));
        for (int i = 0; i < 10; i++) {
            given.after(Duration.ofSeconds(2));
        }
        given.reconciler.apply(new InputChange.Put(notReady(node(1))), given.now);
        given.commit(given.reconciler.nextTransaction(given.now).orElseThrow());
        var answer = (Answer.Explained) given.reconciler.answer(
                new Question.OfObject(new ObjectRef(InputKind.POD, "simpson/homer")), given.now);
        var address = answer.explanation().parts().getFirst();

        assertThat(address.answer())
                .isEqualTo(
                        "leaves as 192.168.126.100 from node1 at the moment; as decided it leaves as 192.168.126.100 from"
                                + " node3 (EgressIP demo)");
        assertThat(codes(address)).containsExactly("Placed", "InStep");
        assertThat(rows(address))
                .containsExactlyInAnyOrder(
                        "NAT on GR_node3: Present",
                        "Address_Set on ovn_egress_served_pods_v4: Present",
                        "Logical_Router_Policy on ovn_cluster_router: Later",
                        "NAT on GR_node1: Kept");
    }
}
