package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.dropping;
import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.ip;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.network;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.ovnegress.ovsdb.nb.NbGlobal;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.reconciler.explain.AddressChange;
import io.ovnegress.reconciler.explain.Answer;
import io.ovnegress.reconciler.explain.Departure;
import io.ovnegress.reconciler.explain.Explanation;
import io.ovnegress.reconciler.explain.PodAddress;
import io.ovnegress.reconciler.explain.PodChange;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.feature.Features;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput;
import io.ovnegress.reconciler.feature.firewall.AdminPolicyInput;
import io.ovnegress.reconciler.feature.firewall.FirewallInput;
import io.ovnegress.reconciler.feature.firewall.FirewallRule;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.NodeReachability;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.machine.InstallationCopy;
import io.ovnegress.reconciler.machine.MachineCopy;
import io.ovnegress.reconciler.machine.Rehearsal;
import io.ovnegress.reconciler.machine.Silence;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What changes are said to do before they are made is what they do when they are. */
class RehearsalTest {
    private static final String IP = "192.168.126.100";

    private static final List<EgressForm> FORMS = List.of(EgressForm.USUAL, EgressForm.PINNED, EgressForm.FLOATING);

    private ReconcilerConfig config = TestCluster.CONFIG;
    private TestCluster cluster = new TestCluster(config).topology(1, 2, 3);

    @BeforeEach
    void start() {
        cluster.start(
                node(1),
                node(2),
                namespace("simpson", "house=simpson"),
                namespace("bouvier", "house=bouvier"),
                pod("simpson", "homer", 1, "10.128.0.5"),
                pod("simpson", "marge", 2, "10.128.2.5"),
                pod("bouvier", "selma", 3, "10.128.4.5"),
                egressIp("demo", where("house=simpson"), IP));
    }

    private Rehearsal.Outcome rehearse(InputChange... changes) {
        return rehearse(cluster.reconciler.copy(), changes);
    }

    private Rehearsal.Outcome rehearse(MachineCopy copy, InputChange... changes) {
        return new Rehearsal(Features.of(config), (pools, inputs) -> List.of(), copy).of(inputs -> List.of(changes));
    }

    /** The same cluster, in which changes are made in steps. */
    private void startInSteps() {
        cluster = TestCluster.inSteps(config).topology(1, 2, 3).uplinks(1, 2, 3);
        start();
        finish();
    }

    /** Works until there is nothing more to do, however long that takes. */
    private void finish() {
        cluster.settle();
        for (int i = 0; cluster.reconciler.progress().inSteps() > 0; i++) {
            assertThat(i).as("it comes to an end").isLessThan(1000);
            var due = cluster.reconciler.nextDeadline().filter(cluster.now::isBefore);
            cluster.now = due.orElse(cluster.now.plusMillis(50));
            cluster.settle();
        }
    }

    /** What of the rows of these tables each transaction inserts, changes or removes, in a word. */
    private static List<List<String>> steps(Rehearsal.Work work) {
        return work.transactions().stream()
                .map(transaction -> transaction.stream()
                        .flatMap(operation -> step(operation).stream())
                        .distinct()
                        .sorted()
                        .toList())
                .filter(step -> !step.isEmpty())
                .toList();
    }

    private static Optional<String> step(Operation operation) {
        return switch (operation) {
            case Operation.Insert insert ->
                Optional.of("insert " + insert.table().name());
            case Operation.Update update ->
                Optional.of("update " + update.table().name());
            case Operation.Mutate mutate
            when !mutate.table().equals(NbGlobal.TABLE) ->
                Optional.of(mutate.mutations().getFirst().mutator().text() + " "
                        + mutate.mutations().getFirst().column().name());
            default -> Optional.empty();
        };
    }

    private static InputChange put(InputObject object) {
        return new InputChange.Put(object);
    }

    private static List<String> words(List<PodChange> changes) {
        return changes.stream()
                .map(change -> change.address().pod() + ": "
                        + change.before().map(Object::toString).orElse("none") + " -> "
                        + change.after().map(Object::toString).orElse("none"))
                .toList();
    }

    @Test
    void whatChangesNothingIsSaidToChangeNothing() {
        var outcome = rehearse(put(egressIp("demo", where("house=simpson"), IP)));

        assertThat(outcome.changesAnything()).isFalse();
        assertThat(outcome.due().transactions()).isEmpty();
    }

    @Test
    void anObjectThatIsMadeSaysWhoLeavesOtherwise() {
        var outcome = rehearse(put(egressIp("new", where("house=bouvier"), "192.168.126.101")));

        assertThat(outcome.addresses())
                .extracting(AddressChange::address, AddressChange::from, AddressChange::to, AddressChange::pods)
                .containsExactly(tuple("192.168.126.101", Optional.empty(), Optional.of("node2"), 1));
        assertThat(words(outcome.pods()))
                .containsExactly("bouvier/selma: leaves with the node's address, as its address from node3 -> leaves as"
                        + " 192.168.126.101 from node2");
        assertThat(outcome.work().transactions()).hasSize(1);
        assertThat(outcome.work().rows()).isGreaterThanOrEqualTo(2);
    }

    @Test
    void anObjectThatIsDeletedGivesItsAddressUp() {
        var outcome = rehearse(new InputChange.Removed(EgressIpInput.KIND, "demo"));

        assertThat(outcome.addresses())
                .extracting(AddressChange::from, AddressChange::to)
                .containsExactly(tuple(Optional.of("node1"), Optional.empty()));
        assertThat(outcome.pods()).hasSize(2);
    }

    @Test
    void aNodeThatIsDrainedGivesItsAddressesAway() {
        var outcome = rehearse(put(TestCluster.draining(node(1))));

        assertThat(outcome.addresses())
                .extracting(AddressChange::from, AddressChange::to)
                .containsExactly(tuple(Optional.of("node1"), Optional.of("node2")));
        assertThat(words(outcome.pods()))
                .allSatisfy(word -> assertThat(word)
                        .endsWith("leaves as 192.168.126.100 from node1 -> leaves as 192.168.126.100 from node2"));
    }

    @Test
    void aPodThatIsGoneIsSaidToBe() {
        assertThat(words(rehearse(new InputChange.Removed(InputKind.POD, "simpson/homer"))
                        .pods()))
                .containsExactly("simpson/homer: leaves as 192.168.126.100 from node1 -> none");
    }

    @Test
    void whatIsDueAnywayIsToldApart() {
        cluster.reconciler.apply(put(pod("simpson", "bart", 1, "10.128.0.9")), cluster.now);
        var outcome = rehearse(put(pod("simpson", "lisa", 1, "10.128.0.10")));

        assertThat(outcome.due().transactions()).hasSize(1);
        assertThat(outcome.pods()).extracting(change -> change.address().pod()).containsExactly("simpson/lisa");
    }

    @Test
    void whereAddressesAreIsRememberedThoughNoStatusAndNoRowSaysSo() {
        cluster.put(egressIp("unused", where("house=none"), "192.168.126.109")); // node2, which has fewer
        cluster.put(egressIp("demo", where("house=none"), IP));
        cluster.put(node(3));

        assertThat(rehearse(put(namespace("other"))).addresses()).isEmpty();
    }

    @Test
    void nothingIsSentAndNothingChangesByBeingRehearsed() {
        int commits = cluster.database.commits;
        rehearse(put(TestCluster.draining(node(1))), new InputChange.Removed(EgressIpInput.KIND, "demo"));

        assertThat(cluster.settle().database.commits).isEqualTo(commits);
        assertThat(cluster.reconciler.outlook().nodes()).containsExactly("node1");
    }

    @Test
    void aMoveIsSaidInTheStepsInWhichItIsMade() {
        var drained = put(TestCluster.draining(node(1)));
        assertThat(steps(rehearse(drained).work())).as("--move-steps=off").hasSize(1);

        startInSteps();
        var work = rehearse(drained).work();

        assertThat(steps(work))
                .containsExactly(
                        List.of("insert NAT", "insert nat"),
                        List.of("insert policies", "update Logical_Router_Policy"),
                        List.of("delete nat"));
        assertThat(work.waits()).isBetween(Duration.ofMillis(1400), Duration.ofMillis(1700));
        assertThat(work.ends()).isTrue();
        isDoneAsSaid(List.of(drained));
    }

    @Test
    void anotherFormIsSaidInTheStepsInWhichItIsMade() {
        startInSteps();
        cluster.put(routed(1), routed(2), routed(3));
        finish();
        var router = put(egressIp("demo", where("house=simpson"), IP)
                .edit()
                .form(EgressForm.FLOATING)
                .build());

        var steps = steps(rehearse(router).work());

        assertThat(steps.getFirst()).contains("insert Logical_Router").doesNotContain("delete policies", "delete nat");
        assertThat(steps.getLast()).containsExactly("delete nat");
        assertThat(steps).anyMatch(step -> step.contains("delete policies") && !step.contains("delete nat"));
        isDoneAsSaid(List.of(router));
        isDoneAsSaid(List.of(put(egressIp("demo", where("house=simpson"), IP))));
    }

    @Test
    void whoIsMidwayIsSaidToBeDueForTheOtherSteps() {
        startInSteps();
        cluster.reconciler.apply(put(TestCluster.draining(node(1))), cluster.now);
        cluster.settle();
        assertThat(cluster.reconciler.progress().inSteps()).isPositive();

        var outcome = rehearse(put(namespace("other")));

        assertThat(steps(outcome.due()))
                .containsExactly(List.of("insert policies", "update Logical_Router_Policy"), List.of("delete nat"));
        assertThat(outcome.changesAnything()).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void whoSaysNothingIsNotWaitedForLonger(Silence silence) {
        startInSteps();
        var work = rehearse(answering(silence, Duration.ofMillis(300)), put(TestCluster.draining(node(1))))
                .work();

        assertThat(work.ends()).isTrue();
        assertThat(work.waits()).isLessThan(Duration.ofSeconds(4));
        assertThat(steps(work)).hasSize(silence == Silence.NORTHD ? 1 : 3);
    }

    private MachineCopy answering(Silence silence, Duration each) {
        var copy = cluster.reconciler.copy();
        return new MachineCopy(
                copy.settings(),
                copy.schema(),
                copy.replica(),
                copy.databaseAt(),
                copy.inputs(),
                copy.memories(),
                new InstallationCopy(silence, each, each, copy.installation().unknown()),
                copy.leads(),
                copy.time(),
                copy.writesNothing());
    }

    @Test
    void whatComesToNoEndIsSaidTo() {
        startInSteps();
        var work = rehearse(answering(Silence.NONE, Duration.ofHours(1)), put(TestCluster.draining(node(1))))
                .work();

        assertThat(work.ends()).isFalse();
        assertThat(steps(work)).as("the beginning").containsExactly(List.of("insert NAT", "insert nat"));
    }

    @Test
    void optionsThatAreAskedForAreNotSaidToBeTakenBack() {
        cluster = TestCluster.inSteps(config).topology(1, 2, 3);
        cluster.options = Map.of("bfd-min-rx", "200");
        cluster.renew();
        start();

        assertThat(rehearse(put(namespace("other"))).due().transactions()).isEmpty();
    }

    /** With routers of their own. Which owners share a small transaction depends on who was looked at before: not compared. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void whatIsSaidBeforeIsWhatIsDoneInSteps(long seed) {
        var random = new Random(seed);
        config = TestCluster.config(random.nextBoolean(), 500);
        startInSteps();
        cluster.put(routed(1), routed(2), routed(3));
        finish();
        for (int round = 0; round < 10; round++) {
            var changes = new ArrayList<>(randomChanges(random));
            changes.replaceAll(RehearsalTest::withAnAddressOfItsOwn);
            if (random.nextInt(3) == 0) {
                changes.add(put(egressIp("demo", where("house=simpson"), IP)
                        .edit()
                        .form(FORMS.get(random.nextInt(FORMS.size())))
                        .build()));
            }
            isDoneAsSaid(changes);
            cluster.now = cluster.now.plusSeconds(2); // what is installed is announced by then
            finish();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void whatIsSaidBeforeIsWhatIsDone(long seed) {
        var random = new Random(seed);
        config = TestCluster.config(random.nextBoolean(), 1 + random.nextInt(12));
        cluster = new TestCluster(config).topology(1, 2, 3);
        RandomHistory.play(cluster, random);
        for (int round = 0; round < 8; round++) {
            isDoneAsSaid(randomChanges(random));
        }
    }

    /** With firewalls, policies of administrators, and egress routers. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void whatIsSaidOfFirewallsAndEgressRoutersIsWhatIsDone(long seed) {
        var random = new Random(seed);
        config = TestCluster.config(false, 1 + random.nextInt(12))
                .edit()
                .firewall(true)
                .egressRouterVips(List.of(network("198.18.0.0/24")))
                .build();
        cluster = new TestCluster(
                        config,
                        new FakeNorthbound(
                                FakeNorthbound.PINNED,
                                TestCluster.reconciler(config).monitorSpec()))
                .topology(1, 2, 3)
                .uplinks(1, 2, 3);
        cluster.portGroup("simpson");
        cluster.portGroup("bouvier");
        cluster.start(
                routed(1),
                routed(2),
                namespace("simpson", "house=simpson"),
                namespace("bouvier", "house=bouvier"),
                pod("simpson", "homer", 1, "10.128.0.5"),
                pod("bouvier", "selma", 3, "10.128.4.5"),
                egressIp("demo", where("house=simpson"), IP));
        for (int round = 0; round < 12; round++) {
            var changes = new ArrayList<>(randomChanges(random));
            changes.add(anotherChange(random));
            isDoneAsSaid(changes);
        }
    }

    private static NodeInput routed(int n) {
        return node(n).edit().nextHops(Set.of(ip("192.168.126.1"))).build();
    }

    private static InputChange anotherChange(Random random) {
        var house = random.nextBoolean() ? "simpson" : "bouvier";
        int n = random.nextInt(3);
        return switch (random.nextInt(7)) {
            case 0, 1 ->
                put(new FirewallInput(
                        FirewallInput.EGRESS_FIREWALL, house, "default", "uid-" + house, 1, randomRules(random)));
            case 2 -> new InputChange.Removed(FirewallInput.EGRESS_FIREWALL, house + "/default");
            case 3 ->
                put(new AdminPolicyInput(
                        "admin",
                        "uid-admin",
                        1,
                        where("house=" + house),
                        List.of(new AdminPolicyInput.Rule(
                                AdminPolicyInput.Action.DROP,
                                Optional.of(network(n + ".0.0.0/8")),
                                List.of(),
                                random.nextBoolean(),
                                "info")),
                        Optional.empty(),
                        List.of()));
            case 4 -> new InputChange.Removed(EgressRouterInput.KIND, "simpson/bank");
            case 5 -> put(routed(1 + n));
            default -> put(TestCluster.bank("192.168.126.20" + n, 443 + n));
        };
    }

    /** An EgressRouter simpson/bank with one destination at this port. */
    private static List<FirewallRule> randomRules(Random random) {
        return Stream.generate(() -> new FirewallRule(
                        random.nextBoolean(),
                        random.nextInt(3) == 0
                                ? new FirewallRule.Destination.Nodes(where("zone=a"))
                                : new FirewallRule.Destination.Network(network(random.nextInt(4) + ".0.0.0/8")),
                        List.of()))
                .limit(random.nextInt(4))
                .toList();
    }

    private void isDoneAsSaid(List<InputChange> changes) {
        var outcome = rehearse(changes.toArray(InputChange[]::new));
        var before = cluster.reconciler.outlook();
        var placed = cluster.transactions.size();

        changes.forEach(change -> cluster.reconciler.apply(change, cluster.now));
        finish();

        assertThat(outcome.due().transactions()).isEmpty();
        assertThat(outcome.work().ends()).isTrue();
        assertThat(sorted(outcome.work().transactions()))
                .as("after %s, by %s rows", changes, config.maxRowsPerTransaction())
                .isEqualTo(sorted(cluster.transactions.subList(placed, cluster.transactions.size())));
        assertThat(outcome.addresses()).isEqualTo(before.changesTo(cluster.reconciler.outlook()));
        outcome.pods()
                .forEach(change -> change.after()
                        .ifPresent(after -> assertThat(wanted(change.address())).isEqualTo(after)));
    }

    /** How an address is to leave, by an explanation of the machine that did it. */
    private Departure wanted(PodAddress address) {
        var question = new Question.OfObject(new ObjectRef(InputKind.POD, address.pod()));
        var answer = (Answer.Explained) cluster.reconciler.answer(question, cluster.now);
        return answer.explanation().parts().stream()
                .filter(part -> part.name().equals(address.address()))
                .findFirst()
                .flatMap(Explanation::wanted)
                .orElseThrow();
    }

    /** Without questions: when they are asked depends on who answers first. */
    private static List<Set<Operation>> sorted(List<List<Operation>> transactions) {
        return transactions.stream()
                .map(transaction -> transaction.stream()
                        .filter(operation -> !(operation instanceof Operation.Mutate mutate
                                && mutate.table().equals(NbGlobal.TABLE)))
                        .collect(Collectors.toSet()))
                .filter(transaction -> !transaction.isEmpty())
                .toList();
    }

    /** Rows of form Router do not say which of two pods with one address came first. */
    private static InputChange withAnAddressOfItsOwn(InputChange change) {
        return change instanceof InputChange.Put(PodInput pod, var version)
                ? put(homerOn(pod.node().charAt(4) - '0', ".7"))
                : change;
    }

    private static List<InputChange> randomChanges(Random random) {
        var changes = new ArrayList<InputChange>();
        for (int i = random.nextInt(4); i >= 0; i--) {
            changes.add(randomChange(random));
        }
        return changes;
    }

    private static PodInput homerOn(int node, String host) {
        return pod("simpson", "homer", node, Map.of("app", "pod" + node), "10.128." + 2 * (node - 1) + host);
    }

    private static InputChange randomChange(Random random) {
        int n = 1 + random.nextInt(3);
        return switch (random.nextInt(9)) {
            case 0 -> put(random.nextBoolean() ? node(n) : TestCluster.draining(node(n)));
            case 1 -> put(random.nextBoolean() ? TestCluster.notReady(node(n)) : TestCluster.notLabelled(node(n)));
            case 2 -> put(new NodeReachability("node" + n, random.nextBoolean()));
            case 3 ->
                new InputChange.Removed(
                        EgressIpInput.KIND, List.of("one", "two", "three").get(n - 1));
            case 4 ->
                put(egressIp(
                        List.of("one", "two", "three").get(n - 1),
                        random.nextInt(4),
                        where(random.nextBoolean() ? "house=simpson" : "house=bouvier"),
                        random.nextBoolean() ? LabelSelector.EVERYTHING : where("app=homer"),
                        "192.168.126.10" + random.nextInt(4),
                        "fd00:126::10" + random.nextInt(3)));
            case 5 -> put(dropping(egressIp("four", where("house=simpson"), "192.168.126.10" + random.nextInt(4))));
            case 6 -> put(homerOn(n, ".5"));
            case 7 -> new InputChange.Removed(InputKind.POD, "simpson/homer");
            default -> put(namespace("bouvier", random.nextBoolean() ? "house=simpson" : "house=bouvier"));
        };
    }
}
