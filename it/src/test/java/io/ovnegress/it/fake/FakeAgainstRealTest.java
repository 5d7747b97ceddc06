package io.ovnegress.it.fake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovnegress.it.harness.process.Programs;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.GatewayChassis;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.OvnNorthbound;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.Operation.Condition;
import io.ovnegress.ovsdb.operation.Operation.Function;
import io.ovnegress.ovsdb.operation.Operation.Mutation;
import io.ovnegress.ovsdb.operation.Operation.Mutator;
import io.ovnegress.ovsdb.operation.Operation.Where;
import io.ovnegress.ovsdb.operation.OvsdbError;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.reconciler.FakeNorthbound;
import io.ovnegress.reconciler.RandomHistory;
import io.ovnegress.reconciler.SharedRowsHistories;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What the fake database of the reconciler's tests says is what ovsdb-server says, or it says no where the server says nothing. */
class FakeAgainstRealTest {
    private static final int HISTORIES = 120;

    private static final UUID ROUTER = UUID.nameUUIDFromBytes(new byte[] {1});
    private static final UUID CHILD = UUID.nameUUIDFromBytes(new byte[] {2});
    private static final UUID SET = UUID.nameUUIDFromBytes(new byte[] {3});
    private static final UUID POLICY = UUID.nameUUIDFromBytes(new byte[] {4});
    private static final UUID OTHER = UUID.nameUUIDFromBytes(new byte[] {5});
    private static final UUID UNKNOWN = UUID.nameUUIDFromBytes(new byte[] {6});
    private static final UUID PORT = UUID.nameUUIDFromBytes(new byte[] {7});
    private static final UUID CHASSIS = UUID.nameUUIDFromBytes(new byte[] {8});

    @TempDir
    private Path directory;

    private final List<RealNorthbound> started = new ArrayList<>();

    @AfterEach
    void stop() {
        started.forEach(RealNorthbound::close);
    }

    /** The server's own schema, and the one that we are written for. */
    private Map<String, Path> schemas() throws IOException {
        var pinned = directory.resolve("pinned.ovsschema");
        try (var stream = Objects.requireNonNull(OvnNorthbound.class.getResourceAsStream("/ovn-nb.ovsschema"))) {
            Files.copy(stream, pinned);
        }
        return Map.of("installed schema", Programs.schema("ovn-nb"), "pinned schema", pinned);
    }

    private Stream<Map.Entry<String, RealNorthbound>> servers() throws IOException {
        return schemas().entrySet().stream().map(schema -> {
            var real = new RealNorthbound(schema.getValue());
            started.add(real);
            return Map.entry(schema.getKey(), real);
        });
    }

    @TestFactory
    Stream<DynamicTest> randomHistoriesAreTheSameOnBoth() throws IOException {
        var outcomes = new ArrayList<CommitOutcome>();
        var histories = servers()
                .flatMap(server -> IntStream.range(0, HISTORIES)
                        .mapToObj(seed -> DynamicTest.dynamicTest("history " + seed + ", " + server.getKey(), () -> {
                            var real = server.getValue();
                            real.clear();
                            RandomHistory.play(seed, real.schema(), new Comparison(real, outcomes));
                        })));
        return Stream.concat(
                histories, Stream.of(DynamicTest.dynamicTest("some were committed, some were in conflict", () -> {
                    playUntilThereIsAConflict(outcomes);
                    assertThat(outcomes)
                            .hasSizeGreaterThan(10 * HISTORIES)
                            .hasAtLeastOneElementOfType(CommitOutcome.Committed.class)
                            .hasAtLeastOneElementOfType(CommitOutcome.Conflict.class);
                })));
    }

    /** Conflicts are rare, none to three in all these histories: where there was none, more are played. */
    private void playUntilThereIsAConflict(List<CommitOutcome> outcomes) {
        var real = started.getLast();
        for (int seed = HISTORIES;
                seed < 100 * HISTORIES && outcomes.stream().noneMatch(CommitOutcome.Conflict.class::isInstance);
                seed++) {
            real.clear();
            RandomHistory.play(seed, real.schema(), new Comparison(real, outcomes));
        }
    }

    /** Of the planner's: rows on several parents, weak references, and what is done about rows that go meanwhile. */
    @TestFactory
    Stream<DynamicTest> sharedRowsAreTheSameOnBoth() throws IOException {
        return servers()
                .flatMap(server -> SharedRowsHistories.all().entrySet().stream()
                        .map(history -> DynamicTest.dynamicTest(history.getKey() + ", " + server.getKey(), () -> {
                            var real = server.getValue();
                            real.clear();
                            SharedRowsHistories.play(history.getValue(), real.schema(), new Comparison(real));
                        })));
    }

    private record Attempt(String name, Class<? extends CommitOutcome> outcome, List<Operation> operations) {
        private static Attempt of(String name, Class<? extends CommitOutcome> outcome, Operation... operations) {
            return new Attempt(name, outcome, List.of(operations));
        }
    }

    private static final Operation INSERT_NAT = insertNat(OTHER);
    private static final Operation ATTACH_NAT = mutateNats(Mutator.INSERT, OTHER);

    private static Operation insertNat(UUID id, Cell<?>... more) {
        var cells = new ArrayList<Cell<?>>(List.of(
                Cell.of(Nat.TYPE, "snat"),
                Cell.of(Nat.EXTERNAL_IP, "192.168.126.100"),
                Cell.of(Nat.LOGICAL_IP, "10.128.0." + id.hashCode() % 100)));
        cells.addAll(List.of(more));
        return new Operation.Insert(Nat.TABLE, id, cells);
    }

    private static Operation mutateNats(Mutator mutator, UUID... rows) {
        return new Operation.Mutate(
                LogicalRouter.TABLE,
                new Where.Id(ROUTER),
                List.of(new Mutation(LogicalRouter.NAT, mutator, Set.of(rows))));
    }

    private static Operation insertSet(UUID id, String name) {
        return new Operation.Insert(AddressSet.TABLE, id, List.of(Cell.of(AddressSet.NAME, name)));
    }

    private static Operation insertPort(UUID id, Cell<?>... more) {
        var cells = new ArrayList<Cell<?>>(List.of(
                Cell.of(LogicalRouterPort.NAME, "port"),
                Cell.of(LogicalRouterPort.MAC, "0a:58:64:40:00:02"),
                Cell.of(LogicalRouterPort.NETWORKS, Set.of("100.64.0.2/16"))));
        cells.addAll(List.of(more));
        return new Operation.Insert(LogicalRouterPort.TABLE, id, cells);
    }

    private static Operation updatePolicy(Cell<?>... cells) {
        return new Operation.Update(LogicalRouterPolicy.TABLE, new Where.Id(POLICY), List.of(cells));
    }

    private static Operation expectName(UUID router, String name) {
        return new Operation.Expect(
                LogicalRouter.TABLE, new Where.Id(router), List.of(Cell.of(LogicalRouter.NAME, name)));
    }

    /** A router with a NAT, a policy and a port, which has a gateway chassis; and an address set. */
    private static final List<Operation> BEFORE = List.of(
            new Operation.Insert(LogicalRouter.TABLE, ROUTER, List.of(Cell.of(LogicalRouter.NAME, "GR_node1"))),
            insertNat(CHILD, Cell.of(Nat.EXTERNAL_IDS, Map.of("ovn-egress.io/owner", "EgressIP/demo"))),
            new Operation.Insert(
                    LogicalRouterPolicy.TABLE,
                    POLICY,
                    List.of(
                            Cell.of(LogicalRouterPolicy.PRIORITY, 102L),
                            Cell.of(LogicalRouterPolicy.MATCH, "pkt.mark == 42"),
                            Cell.of(LogicalRouterPolicy.ACTION, "allow"))),
            mutateNats(Mutator.INSERT, CHILD),
            new Operation.Mutate(
                    LogicalRouter.TABLE,
                    new Where.Id(ROUTER),
                    List.of(new Mutation(LogicalRouter.POLICIES, Mutator.INSERT, Set.of(POLICY)))),
            new Operation.Insert(
                    GatewayChassis.TABLE,
                    CHASSIS,
                    List.of(
                            Cell.of(GatewayChassis.NAME, "port-chassis"),
                            Cell.of(GatewayChassis.CHASSIS_NAME, "chassis"))),
            insertPort(PORT, Cell.of(LogicalRouterPort.GATEWAY_CHASSIS, Set.of(CHASSIS))),
            new Operation.Mutate(
                    LogicalRouter.TABLE,
                    new Where.Id(ROUTER),
                    List.of(new Mutation(LogicalRouter.PORTS, Mutator.INSERT, Set.of(PORT)))),
            insertSet(SET, "a_set"));

    /** Good and bad transactions, one by one, each on the same rows. */
    private static List<Attempt> attempts() {
        return List.of(
                Attempt.of("row inserted and attached", CommitOutcome.Committed.class, INSERT_NAT, ATTACH_NAT),
                Attempt.of(
                        "row detached and so gone", CommitOutcome.Committed.class, mutateNats(Mutator.DELETE, CHILD)),
                Attempt.of(
                        "row detached that is not attached",
                        CommitOutcome.Committed.class,
                        mutateNats(Mutator.DELETE, UNKNOWN)),
                Attempt.of(
                        "router gone with its rows",
                        CommitOutcome.Committed.class,
                        new Operation.Delete(LogicalRouter.TABLE, new Where.Id(ROUTER))),
                Attempt.of(
                        "rows found by condition",
                        CommitOutcome.Committed.class,
                        new Operation.Update(
                                Nat.TABLE,
                                new Where.All(List.of(
                                        new Condition(
                                                Nat.EXTERNAL_IDS,
                                                Function.INCLUDES,
                                                Map.of("ovn-egress.io/owner", "EgressIP/demo")),
                                        new Condition(Nat.EXTERNAL_IP, Function.EQUALS, "192.168.126.100"))),
                                List.of(Cell.of(Nat.EXTERNAL_IP, "192.168.126.200")))),
                Attempt.of(
                        "no row found by condition",
                        CommitOutcome.Committed.class,
                        new Operation.Update(
                                Nat.TABLE,
                                new Where.All(
                                        List.of(new Condition(Nat.EXTERNAL_IP, Function.EQUALS, "192.168.126.99"))),
                                List.of(Cell.of(Nat.EXTERNAL_IP, "192.168.126.200")))),
                Attempt.of(
                        "set replaced by one of its name",
                        CommitOutcome.Committed.class,
                        new Operation.Delete(AddressSet.TABLE, new Where.Id(SET)),
                        insertSet(OTHER, "a_set")),
                Attempt.of(
                        "row without a name is expected and is there",
                        CommitOutcome.Committed.class,
                        new Operation.Expect(Nat.TABLE, new Where.Id(CHILD), List.of())),
                Attempt.of(
                        "row without a name is expected and is not there",
                        CommitOutcome.Conflict.class,
                        new Operation.Expect(Nat.TABLE, new Where.Id(UNKNOWN), List.of())),
                Attempt.of(
                        "what a row that goes referred to goes too",
                        CommitOutcome.Committed.class,
                        new Operation.Mutate(
                                LogicalRouter.TABLE,
                                new Where.Id(ROUTER),
                                List.of(new Mutation(LogicalRouter.PORTS, Mutator.DELETE, Set.of(PORT))))),
                Attempt.of(
                        "weak reference to nothing is dropped",
                        CommitOutcome.Committed.class,
                        INSERT_NAT,
                        ATTACH_NAT,
                        new Operation.Update(
                                Nat.TABLE, new Where.Id(CHILD), List.of(Cell.of(Nat.GATEWAY_PORT, Set.of(UNKNOWN))))),
                Attempt.of(
                        "row of a root table that others refer to strongly",
                        CommitOutcome.Conflict.class,
                        new Operation.Update(
                                Nat.TABLE, new Where.Id(CHILD), List.of(Cell.of(Nat.ALLOWED_EXT_IPS, Set.of(SET)))),
                        new Operation.Delete(AddressSet.TABLE, new Where.Id(SET))),
                Attempt.of(
                        "name of a row that goes in the same transaction",
                        CommitOutcome.Committed.class,
                        insertPort(OTHER),
                        new Operation.Mutate(
                                LogicalRouter.TABLE,
                                new Where.Id(ROUTER),
                                List.of(
                                        new Mutation(LogicalRouter.PORTS, Mutator.DELETE, Set.of(PORT)),
                                        new Mutation(LogicalRouter.PORTS, Mutator.INSERT, Set.of(OTHER))))),
                Attempt.of(
                        "name of a row that stays",
                        CommitOutcome.Refused.class,
                        insertPort(OTHER),
                        new Operation.Mutate(
                                LogicalRouter.TABLE,
                                new Where.Id(ROUTER),
                                List.of(new Mutation(LogicalRouter.PORTS, Mutator.INSERT, Set.of(OTHER))))),
                Attempt.of(
                        "what is expected is so",
                        CommitOutcome.Committed.class,
                        expectName(ROUTER, "GR_node1"),
                        INSERT_NAT,
                        ATTACH_NAT),
                Attempt.of(
                        "UUID of a row that is there",
                        CommitOutcome.Conflict.class,
                        insertNat(CHILD),
                        mutateNats(Mutator.INSERT, CHILD)),
                Attempt.of(
                        "UUID twice in one transaction",
                        CommitOutcome.Conflict.class,
                        INSERT_NAT,
                        insertNat(OTHER),
                        ATTACH_NAT),
                Attempt.of(
                        "UUID of a row detached in the same transaction",
                        CommitOutcome.Conflict.class,
                        mutateNats(Mutator.DELETE, CHILD),
                        insertNat(CHILD),
                        mutateNats(Mutator.INSERT, CHILD)),
                Attempt.of(
                        "child that does not exist", CommitOutcome.Conflict.class, mutateNats(Mutator.INSERT, UNKNOWN)),
                Attempt.of("address set of a name there is", CommitOutcome.Refused.class, insertSet(OTHER, "a_set")),
                Attempt.of(
                        "two address sets of one name",
                        CommitOutcome.Refused.class,
                        insertSet(OTHER, "another"),
                        insertSet(UNKNOWN, "another")),
                Attempt.of(
                        "what is expected is not so",
                        CommitOutcome.Conflict.class,
                        expectName(ROUTER, "GR_node2"),
                        INSERT_NAT,
                        ATTACH_NAT),
                Attempt.of(
                        "parent that is expected does not exist",
                        CommitOutcome.Conflict.class,
                        expectName(UNKNOWN, "GR_node1")),
                Attempt.of(
                        "expected in the middle",
                        CommitOutcome.Conflict.class,
                        INSERT_NAT,
                        expectName(ROUTER, "other"),
                        ATTACH_NAT),
                Attempt.of(
                        "action that there is not",
                        CommitOutcome.Refused.class,
                        expectName(ROUTER, "GR_node1"),
                        updatePolicy(Cell.of(LogicalRouterPolicy.ACTION, "rerouted"))),
                Attempt.of(
                        "priority out of range",
                        CommitOutcome.Refused.class,
                        updatePolicy(Cell.of(LogicalRouterPolicy.PRIORITY, 32768L))),
                Attempt.of(
                        "type that there is not",
                        CommitOutcome.Refused.class,
                        new Operation.Insert(Nat.TABLE, OTHER, List.of(Cell.of(Nat.TYPE, "dnat66"))),
                        ATTACH_NAT),
                Attempt.of(
                        "row that is changed and attached again has gone",
                        CommitOutcome.Conflict.class,
                        new Operation.Update(
                                Nat.TABLE, new Where.Id(UNKNOWN), List.of(Cell.of(Nat.EXTERNAL_IP, "192.168.126.200"))),
                        mutateNats(Mutator.INSERT, UNKNOWN)),
                Attempt.of(
                        "two values where one may be",
                        CommitOutcome.Refused.class,
                        insertNat(OTHER, Cell.of(Nat.LOGICAL_PORT, Set.of("one", "two"))),
                        ATTACH_NAT));
    }

    @TestFactory
    Stream<DynamicTest> singleTransactionsEndTheSameOnBoth() throws IOException {
        return servers()
                .flatMap(server -> attempts().stream()
                        .map(attempt -> DynamicTest.dynamicTest(attempt.name() + ", " + server.getKey(), () -> {
                            var real = server.getValue();
                            var fake = rowsOnBoth(real);
                            fake.commit(attempt.operations());
                        })));
    }

    private static FakeNorthbound rowsOnBoth(RealNorthbound real) {
        real.clear();
        var fake = new FakeNorthbound(real.schema());
        fake.keep(new Comparison(real));
        assertThat(fake.commit(BEFORE).outcome()).isEqualTo(new CommitOutcome.Committed());
        return fake;
    }

    /** What the server takes without doing it, and the fake does not take. */
    private static List<Attempt> vain() {
        return List.of(
                Attempt.of("row that nothing refers to", CommitOutcome.Committed.class, INSERT_NAT),
                Attempt.of(
                        "parent that does not exist",
                        CommitOutcome.Committed.class,
                        new Operation.Mutate(
                                LogicalRouter.TABLE,
                                new Where.Id(UNKNOWN),
                                List.of(new Mutation(LogicalRouter.NAT, Mutator.INSERT, Set.of(CHILD))))),
                Attempt.of(
                        "update of a row that does not exist",
                        CommitOutcome.Committed.class,
                        new Operation.Update(
                                Nat.TABLE,
                                new Where.Id(UNKNOWN),
                                List.of(Cell.of(Nat.EXTERNAL_IP, "192.168.126.200")))));
    }

    @TestFactory
    Stream<DynamicTest> whatIsDoneInVainFailsOnTheFake() throws IOException {
        return servers()
                .flatMap(server -> vain().stream()
                        .map(attempt -> DynamicTest.dynamicTest(attempt.name() + ", " + server.getKey(), () -> {
                            var real = server.getValue();
                            var fake = rowsOnBoth(real);
                            assertThat(real.transact(attempt.operations())).isInstanceOf(attempt.outcome());
                            real.assertSameContent(fake);
                            assertThatThrownBy(() -> fake.commit(attempt.operations()))
                                    .isInstanceOf(AssertionError.class);
                        })));
    }

    /** Passes everything on to the server and compares what comes of it. */
    private record Comparison(RealNorthbound real, List<CommitOutcome> outcomes) implements FakeNorthbound.Journal {
        private Comparison(RealNorthbound real) {
            this(real, new ArrayList<>());
        }

        @Override
        public void committed(FakeNorthbound database, List<Operation> operations, CommitOutcome outcome) {
            assertThat(kind(real.transact(operations))).as("%s", operations).isEqualTo(kind(outcome));
            real.assertSameContent(database);
            outcomes.add(outcome);
        }

        @Override
        public void tampered(FakeNorthbound database, List<Operation> operations) {
            assertThat(real.transact(operations)).isEqualTo(new CommitOutcome.Committed());
            real.assertSameContent(database);
        }

        /** The outcome without the words of the server's details. */
        private static CommitOutcome kind(CommitOutcome outcome) {
            return switch (outcome) {
                case CommitOutcome.Conflict(OvsdbError error, var operation) ->
                    new CommitOutcome.Conflict(new OvsdbError(error.error(), ""), operation);
                case CommitOutcome.Refused(OvsdbError error, var operation) ->
                    new CommitOutcome.Refused(new OvsdbError(error.error(), ""), operation);
                default -> outcome;
            };
        }
    }
}
