package io.ovnegress.reconciler;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.NbGlobal;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.reconciler.Scenario.DatabaseChange;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.feature.Features;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpEventReason;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpItems;
import io.ovnegress.reconciler.input.AddressClaim;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.machine.PlannedTransaction;
import io.ovnegress.reconciler.machine.Reconciler;
import io.ovnegress.reconciler.safety.SafetyRules;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One scenario in one order: a reconciler, a strict database and an API server that shows what is written to it. */
final class ScenarioRun {
    private static final int MOST_TURNS = 2_000;

    private final Scenario scenario;
    private final ScenarioOrder order;
    private final boolean inSteps;
    private final TestCluster cluster;
    private final ScenarioDatabase database;
    private final ScenarioApi api;
    private final Beside beside;
    /** The operations of every transaction that was sent, whatever became of it. */
    private final List<List<Operation>> transactions = new ArrayList<>();

    private final Map<String, StatusChange> said = new HashMap<>();
    private final Map<String, Set<EgressIpEventReason>> events = new TreeMap<>();
    private final Deque<PlannedTransaction> inFlight = new ArrayDeque<>();
    private int sent;

    ScenarioRun(Scenario scenario, ScenarioOrder order) {
        this(scenario, order, Beside.NOTHING);
    }

    ScenarioRun(Scenario scenario, ScenarioOrder order, Beside beside) {
        this(scenario, order, beside, false);
    }

    /**
     * @param beside what else the controller does, and what happens to that meanwhile
     * @param inSteps whether changes are made in steps, and the chassis say when they have installed all, as late as they can
     */
    ScenarioRun(Scenario scenario, ScenarioOrder order, Beside beside, boolean inSteps) {
        this.scenario = scenario;
        this.order = order;
        this.beside = beside;
        this.inSteps = inSteps;
        var spec = newReconciler().monitorSpec();
        cluster = new TestCluster(config(), new FakeNorthbound(FakeNorthbound.PINNED, spec), features());
        if (inSteps) {
            cluster.installInSteps();
        }
        cluster.database.tamper(
                () -> cluster.database.delete(LogicalRouter.TABLE, cluster.routers.remove("ovn_cluster_router")));
        database = new ScenarioDatabase(cluster, order.mayComeTooEarly());
        var kinds = new ArrayList<>(TestCluster.KINDS);
        beside.features().forEach(feature -> kinds.addAll(feature.inputs()));
        api = new ScenarioApi(kinds, order == ScenarioOrder.PRUNED);
    }

    private ReconcilerConfig config() {
        return TestCluster.config(
                scenario.settings().disableSnatMultipleGws(), order == ScenarioOrder.SMALLEST ? 1 : 500);
    }

    private List<Feature> features() {
        return Stream.concat(Features.of(config()).stream(), beside.features().stream())
                .toList();
    }

    private Reconciler newReconciler() {
        return new Reconciler(features(), config().maxRowsPerTransaction());
    }

    /** An input, or what happens to the database. */
    private sealed interface Event {
        record Input(InputChange change) implements Event {}

        record Tampering(List<DatabaseChange> changes) implements Event {}

        /** ovnkube-master writes the port of a pod, or takes it away. */
        record Port(PodInput pod) implements Event {}

        /** Somebody changes rows that are no egress IP's. */
        record DamageBeside(int step) implements Event {}
    }

    /** Plays the scenario, checking every step; returns everything in the database at the end. */
    Set<String> play() {
        scenario.topology().forEach(database::appear);
        if (scenario.settings().uplinks()) {
            database.connectRouters(scenario.topology());
        }
        cluster.database.tamper(() -> {
            scenario.database().forEach(database::apply);
            beside.prepare(cluster.database);
        });
        var steps = scenario.steps();
        for (int i = 0; i < steps.size(); i++) {
            var step = steps.get(i);
            events.clear();
            if (i == 0) {
                begin(eventsOf(step, i));
            } else {
                happen(eventsOf(step, i));
            }
            if (order != ScenarioOrder.SQUASHED || i == steps.size() - 1) {
                settle();
                check(step);
                again(step);
            }
        }
        assertNothingIsLeftToDo();
        return cluster.content();
    }

    /** What was sent, in its order. */
    List<List<Operation>> transactions() {
        return transactions;
    }

    private List<Event> eventsOf(Scenario.Step step, int number) {
        var list = new ArrayList<Event>();
        ScenarioInputs.of(step.given()).forEach(change -> addInput(change, list));
        beside.inputs(number).forEach(change -> list.add(new Event.Input(change)));
        if (beside.damages(number)) {
            list.add(new Event.DamageBeside(number));
        }
        if (!step.given().database().isEmpty()) {
            list.add(new Event.Tampering(step.given().database()));
        }
        return order == ScenarioOrder.REVERSED ? list.reversed() : list;
    }

    private void addInput(InputChange change, List<Event> list) {
        if (!order.hasPorts()) {
            list.add(new Event.Input(change));
        } else if (change instanceof InputChange.Put(PodInput pod, var version)) {
            var input =
                    new Event.Input(new InputChange.Put(TestCluster.saying(AddressClaim.Kind.ANNOTATION_ONLY, pod)));
            list.addAll(inOrder(new Event.Port(pod), input));
        } else if (change instanceof InputChange.Removed(InputKind kind, String name) && kind.equals(InputKind.POD)) {
            var gone = new PodInput(
                    PodName.parse(name).orElseThrow(), Instant.EPOCH, Map.of(), "", List.of(), false, false);
            list.addAll(inOrder(new Event.Port(gone), new Event.Input(change)));
        } else {
            list.add(new Event.Input(change));
        }
    }

    private List<Event> inOrder(Event.Port port, Event.Input input) {
        return order == ScenarioOrder.PORTS_FIRST ? List.of(port, input) : List.of(input, port);
    }

    private void write(PodInput pod) {
        cluster.deletePort(pod);
        if (pod.isServable()) {
            cluster.insertPort(pod, pod.ips().stream().map(IpAddress::text).toArray(String[]::new));
        }
    }

    /** The controller starts with the first step as the first lists; where inputs come one by one, with empty ones. */
    private void begin(List<Event> first) {
        if (order == ScenarioOrder.SPLIT || order == ScenarioOrder.OVERLAPPING) {
            start();
            happen(first);
        } else {
            first.forEach(this::missed);
            start();
        }
    }

    private void missed(Event event) {
        switch (event) {
            case Event.Input(InputChange change) -> api.apply(change);
            case Event.Tampering(var changes) -> cluster.database.tamper(() -> changes.forEach(database::apply));
            case Event.Port(PodInput pod) -> cluster.database.tamper(() -> write(pod));
            case Event.DamageBeside(int step) -> cluster.database.tamper(() -> beside.damage(step, cluster.database));
        }
    }

    private void start() {
        inFlight.clear();
        cluster.renew();
        cluster.connect();
        var lists = api.lists();
        (order == ScenarioOrder.REVERSED ? lists.reversed() : lists)
                .forEach(list -> cluster.reconciler.apply(list, cluster.now));
    }

    private void relist() {
        api.lists().forEach(list -> cluster.reconciler.apply(list, cluster.now));
    }

    private void happen(List<Event> list) {
        if (order == ScenarioOrder.MISSED) {
            list.forEach(this::missed);
            start();
            return;
        }
        for (int i = 0; i < list.size(); i++) {
            happen(list.get(i));
            switch (order) {
                case SPLIT -> settle();
                case RESYNCED -> {
                    if (i == list.size() / 2) {
                        relist();
                    }
                }
                case RECONNECTED -> reconnect();
                case OVERLAPPING -> {
                    if (inFlight.size() > 1) {
                        cluster.commit(inFlight.poll());
                    }
                    nextTransaction().ifPresent(inFlight::add);
                }
                default -> {}
            }
        }
    }

    private void happen(Event event) {
        switch (event) {
            case Event.Input(InputChange change) -> {
                var told = api.apply(change);
                cluster.reconciler.apply(told, cluster.now);
                if (order == ScenarioOrder.DUPLICATED) {
                    cluster.reconciler.apply(told, cluster.now);
                }
            }
            case Event.Tampering(var changes) ->
                cluster.reconciler.apply(cluster.database.tamper(() -> changes.forEach(database::apply)));
            case Event.Port(PodInput pod) -> cluster.reconciler.apply(cluster.database.tamper(() -> write(pod)));
            case Event.DamageBeside(int step) ->
                cluster.reconciler.apply(cluster.database.tamper(() -> beside.damage(step, cluster.database)));
        }
    }

    /** What must not make a difference once the step is done. */
    private void again(Scenario.Step step) {
        switch (order) {
            case RESYNCED -> relist();
            case RESTARTED_WITHOUT_STATUS -> {
                api.forgetStatuses();
                start();
            }
            case RESTARTED -> start();
            default -> {
                return;
            }
        }
        long changes = changes();
        events.clear();
        settle();
        assertThat(changes())
                .as("%s: changes after the step was done", step.step())
                .isEqualTo(changes);
        checkRows(step);
        checkStatus(step);
        if (order.hasSameEvents()) {
            assertThat(events).as("%s: events again", step.step()).isEmpty();
        }
    }

    /** How many transactions were to change more than the number by which it is asked how far others have come. */
    private long changes() {
        return transactions.stream().filter(ScenarioRun::changesRows).count();
    }

    private static boolean changesRows(List<Operation> operations) {
        return operations.stream()
                .anyMatch(operation -> !(operation instanceof Operation.Mutate(var table, var where, var mutations))
                        || table != NbGlobal.TABLE);
    }

    private void reconnect() {
        cluster.reconciler.disconnected();
        cluster.connect();
    }

    /** Works until there is nothing to do, whatever the time. */
    private void settle() {
        for (int i = 0; i < MOST_TURNS; i++) {
            boolean worked = transact();
            for (var change : cluster.reconciler.takeStatusChanges()) {
                worked = true;
                if (!change.object().kind().equals(EgressIpInput.KIND)) {
                    continue; // what else there is has no part in the scenario
                }
                said.put(change.object().key(), change);
                change.events().stream()
                        .filter(ScenarioRun::isOfTheState)
                        .forEach(event -> events.computeIfAbsent(change.object().key(), unused -> new TreeSet<>())
                                .add((EgressIpEventReason) event.reason()));
                api.write(change).ifPresent(told -> cluster.reconciler.apply(told, cluster.now));
            }
            if (!worked) {
                var deadline = cluster.reconciler.nextDeadline();
                if (deadline.isEmpty() || !deadline.get().isAfter(cluster.now)) {
                    return;
                }
                cluster.now = deadline.get();
            }
        }
        throw new AssertionError("does not settle");
    }

    /** What has happened is only told by who has seen it, and not every time. */
    private static boolean isOfTheState(StatusChange.Event event) {
        return switch ((EgressIpEventReason) event.reason()) {
            case RowsRepaired, MovedInParts -> false;
            default -> true;
        };
    }

    private boolean transact() {
        if (!inFlight.isEmpty()) {
            cluster.commit(inFlight.poll());
            return true;
        }
        var planned = nextTransaction();
        planned.ifPresent(this::send);
        if (planned.isEmpty() && cluster.database.isAsked()) {
            cluster.reconciler.apply(cluster.database.answer());
            return true;
        }
        return planned.isPresent();
    }

    private Optional<PlannedTransaction> nextTransaction() {
        var planned = cluster.reconciler.nextTransaction(cluster.now);
        planned.ifPresent(some -> transactions.add(some.operations()));
        return planned;
    }

    private void send(PlannedTransaction planned) {
        boolean isLost = (order == ScenarioOrder.REPLY_LOST || order == ScenarioOrder.REQUEST_LOST)
                && sent++ % (inSteps ? 3 : 2) == 0;
        if (!isLost) {
            cluster.commit(planned);
            return;
        }
        if (order == ScenarioOrder.REPLY_LOST) {
            cluster.database.commit(planned.operations());
        }
        cluster.reconciler.disconnected();
        cluster.reconciler.complete(planned, new CommitOutcome.Lost("reset"), cluster.now);
        cluster.connect();
    }

    private void check(Scenario.Step step) {
        checkRows(step);
        checkStatus(step);
        if (order.hasSameEvents()) {
            var expected = new TreeMap<String, Set<EgressIpEventReason>>();
            step.then().events().forEach((name, reasons) -> expected.put(name, new TreeSet<>(reasons)));
            assertThat(events).as("%s: events", step.step()).isEqualTo(expected);
        }
    }

    private void checkRows(Scenario.Step step) {
        var reroutes = new TreeMap<String, Set<String>>();
        var snats = new TreeSet<String>();
        var members = new TreeSet<>(step.then().dropped());
        step.then().served().forEach((pod, ways) -> {
            var nexthops = new TreeSet<String>();
            ways.forEach((egressIp, node) -> {
                nexthops.addAll(joinAddresses(node, TestCluster.ip(pod).family()));
                snats.add("GR_" + node + " " + pod + " " + egressIp);
            });
            reroutes.put(pod, nexthops);
            members.add(pod);
        });
        var ownReroutes = cluster.reroutes();
        ownReroutes.keySet().removeIf(pod -> pod.startsWith("$"));
        assertThat(ownReroutes).as("%s: reroutes", step.step()).isEqualTo(reroutes);
        assertThat(ScenarioRouters.in(cluster))
                .as("%s: own routers", step.step())
                .isEqualTo(step.then().routers());
        var onGateways = cluster.snats();
        onGateways.removeIf(snat -> snat.startsWith(ScenarioRouters.PREFIX));
        assertThat(onGateways).as("%s: SNATs", step.step()).isEqualTo(snats);
        assertThat(cluster.dropped())
                .as("%s: dropped", step.step())
                .isEqualTo(Set.copyOf(step.then().dropped()));
        assertThat(cluster.keptInByThemselves())
                .as("%s: kept in by themselves", step.step())
                .containsAll(step.then().dropped());
        assertThat(cluster.keptIn())
                .as("%s: kept in", step.step())
                .isEqualTo(Set.copyOf(step.then().keptIn()));
        step.then().routers().values().stream()
                .flatMap(router -> router.led().stream())
                .flatMap(this::addressesOf)
                .forEach(members::add);
        var served = new TreeSet<String>();
        for (var family : IpFamily.values()) {
            served.addAll(cluster.members("ovn_egress_served_pods_" + family.suffix()));
        }
        assertThat(served).as("%s: sets of served pods", step.step()).isEqualTo(members);
        assertThat(nodeSnats())
                .as("%s: node SNATs", step.step())
                .containsExactlyInAnyOrderElementsOf(step.then().nodeSnats());
        assertThat(SafetyRules.brokenAtRest(FakeForwarding.of(cluster.database)))
                .as("%s: rules", step.step())
                .isEmpty();
        beside.check(cluster.database);
        step.then().kept().stream()
                .filter(label -> !inSteps || !database.isNat(label)) // one that moves is made anew
                .forEach(label -> assertThat(database.isThere(label))
                        .as("%s: %s is kept", step.step(), label)
                        .isTrue());
        step.then()
                .gone()
                .forEach(label -> assertThat(database.isThere(label))
                        .as("%s: %s is there", step.step(), label)
                        .isFalse());
    }

    /** @param led by a router: the address of a pod, or {@code NAMESPACE/v4} for all of them */
    private Stream<String> addressesOf(String led) {
        int slash = led.indexOf('/');
        return slash < 0
                ? Stream.of(led)
                : Stream.of(IpFamily.values())
                        .filter(family -> family.suffix().equals(led.substring(slash + 1)))
                        .flatMap(family -> api.podAddresses(led.substring(0, slash), family).stream());
    }

    private Set<String> joinAddresses(String node, IpFamily family) {
        return cluster.database.rows(LogicalRouterPort.TABLE).stream()
                .filter(port -> port.get(LogicalRouterPort.NAME).equals("rtoj-GR_" + node))
                .flatMap(port -> port.get(LogicalRouterPort.NETWORKS).stream())
                .map(network -> network.substring(0, network.indexOf('/')))
                .filter(address -> TestCluster.ip(address).family() == family)
                .collect(Collectors.toSet());
    }

    private List<String> nodeSnats() {
        var snats = new ArrayList<String>();
        cluster.routers.forEach((name, id) -> cluster.database.children(LogicalRouter.NAT, id).stream()
                .filter(nat -> nat.get(Nat.LOGICAL_PORT).isEmpty())
                .forEach(nat -> snats.add(name + " " + nat.get(Nat.LOGICAL_IP) + " " + nat.get(Nat.EXTERNAL_IP))));
        return snats;
    }

    private void checkStatus(Scenario.Step step) {
        step.then().status().forEach((name, expected) -> {
            var status = said.get(name);
            assertThat(status).as("%s: status of %s", step.step(), name).isNotNull();
            var items = new ArrayList<StatusItem>();
            expected.items().forEach((ip, node) -> items.add(new StatusItem(node, ip)));
            assertThat(EgressIpItems.of(status))
                    .as("%s: status items of %s", step.step(), name)
                    .isEqualTo(items);
            assertThat(status.conditions().stream()
                            .collect(Collectors.toMap(StatusCondition::type, StatusCondition::reason)))
                    .as("%s: conditions of %s", step.step(), name)
                    .isEqualTo(expected.conditions());
            long generation = api.egressIp(name).orElseThrow().generation();
            assertThat(status.conditions())
                    .as("%s: generations observed of %s", step.step(), name)
                    .allMatch(condition -> condition.observedGeneration() == generation);
        });
    }

    /** A controller that starts now, with the statuses of this one, asks at most, and writes nothing. */
    private void assertNothingIsLeftToDo() {
        start();
        assertThat(cluster.reconciler.nextTransaction(cluster.now).map(PlannedTransaction::operations))
                .as("what a fresh controller does")
                .matches(operations ->
                        operations.filter(ScenarioRun::changesRows).isEmpty());
        if (order != ScenarioOrder.PRUNED) {
            assertThat(cluster.reconciler.takeStatusChanges())
                    .filteredOn(change -> change.object().kind().equals(EgressIpInput.KIND))
                    .as("what a fresh controller writes")
                    .isEmpty();
        }
    }
}
