package io.ovnegress.ovsdb.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ovnegress.ovsdb.codec.TransactReply;
import io.ovnegress.ovsdb.codec.TransactReply.Verdict;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LoadBalancer;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.Qos;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.Operation.Condition;
import io.ovnegress.ovsdb.operation.Operation.Function;
import io.ovnegress.ovsdb.operation.Operation.Mutation;
import io.ovnegress.ovsdb.operation.Operation.Mutator;
import io.ovnegress.ovsdb.operation.Operation.Where;
import io.ovnegress.ovsdb.operation.OperationResult;
import io.ovnegress.ovsdb.operation.OvsdbError;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.schema.Schemas;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What we rely on, asked of a real ovsdb-server. */
class OvsdbServerTest {
    private static final UUID ONE = UUID.fromString("11111111-e420-4729-8ec5-b3f95e9d502a");
    private static final UUID TWO = UUID.fromString("22222222-4eef-4b53-8b9d-b5adb4b6a7e2");
    private static final UUID FIRST = UUID.fromString("33333333-53c8-4855-85ad-22b9948ea1b1");
    private static final UUID SECOND = UUID.fromString("44444444-0a18-4f50-a514-dadb23c2a527");
    private static final OperationResult CHANGED_ONE = new OperationResult(Optional.of(1L), Optional.empty());
    private static final OperationResult CHANGED_NONE = new OperationResult(Optional.of(0L), Optional.empty());
    private static final MonitorSpec SPEC = MonitorSpec.builder()
            .table(LogicalRouter.TABLE, LogicalRouter.TABLE.columns())
            .table(Nat.TABLE, Nat.TABLE.columns())
            .table(LogicalRouterPolicy.TABLE, LogicalRouterPolicy.TABLE.columns())
            .table(AddressSet.TABLE, AddressSet.TABLE.columns())
            .table(LoadBalancer.TABLE, LoadBalancer.TABLE.columns())
            .elementsOf(LogicalRouter.NAT)
            .elementsOf(LogicalRouter.POLICIES)
            .elementsOf(AddressSet.ADDRESSES)
            .build();

    @BeforeAll
    static void ovsdbServerIsInstalled() {
        assumeTrue(OvsdbServer.isInstalled(), "ovsdb-server and ovsdb-tool (openvswitch-common) are not installed");
    }

    @ParameterizedTest
    @EnumSource
    void replicaFollowsRandomTransactions(Schemas schema) throws Exception {
        try (var server = new OvsdbServer(schema);
                var nb = new ReplicatedClient(server, SPEC)) {
            var operations = new RandomOperations(20_260_101, nb.replica(), nb.schema());
            for (int i = 0; i < 300; i++) {
                var transaction = operations.next();
                assertThat(TransactReply.verdict(nb.transact(transaction), transaction.length))
                        .as("%s", List.of(transaction))
                        .isEqualTo(new Verdict.Committed());
                nb.assertFollowed();
            }
            assertThat(nb.replica().rows(Nat.TABLE)).isNotEmpty();
            assertThat(nb.replica().rows(LogicalRouterPolicy.TABLE)).isNotEmpty();

            int told = nb.mirror().rowChanges() + nb.mirror().elementChanges();
            nb.monitor("second");
            assertThat(nb.mirror().rowChanges() + nb.mirror().elementChanges()).isEqualTo(told);
        }
    }

    @Test
    void aMegabyteOfHostileTextComesBack() throws Exception {
        try (var server = new OvsdbServer(Schemas.PINNED);
                var nb = new ReplicatedClient(server, SPEC)) {
            var text = "\\\"\u0001\u007f\u20ac".repeat(200_000) + "\\";
            nb.transact(new Operation.Insert(
                    AddressSet.TABLE,
                    ONE,
                    List.of(Cell.of(AddressSet.NAME, "n"), Cell.of(AddressSet.ADDRESSES, Set.of(text)))));

            assertThat(nb.replica().elements(AddressSet.ADDRESSES, ONE)).containsExactly(text);
            nb.assertFollowed();
        }
    }

    @Test
    void ownUpdateArrivesBeforeTheReply() throws Exception {
        withRouters(nb -> {
            nb.transact(nat(ONE), add(FIRST, ONE));

            assertThat(nb.replica().row(Nat.TABLE, ONE)).isPresent();
            assertThat(nb.replica().elements(LogicalRouter.NAT, FIRST)).containsExactly(ONE);
        });
    }

    @Test
    void uuidOfAnExistingRowIsRefused() throws Exception {
        withRouters(nb -> {
            nb.transact(nat(ONE), add(FIRST, ONE));

            assertRefused(nb.transact(nat(ONE), add(FIRST, ONE)), 2, 0, "duplicate uuid");
        });
    }

    @Test
    void uuidOfARowDeletedInTheSameTransactionIsRefused() throws Exception {
        withRouters(nb -> {
            nb.transact(nat(ONE), add(FIRST, ONE));

            var results = nb.transact(
                    remove(FIRST, ONE), new Operation.Delete(Nat.TABLE, new Where.Id(ONE)), nat(ONE), add(FIRST, ONE));
            assertRefused(results, 4, 2, "duplicate uuid");
            assertThat(results.getLast()).isEqualTo(TransactReply.NOT_EXECUTED);
            nb.assertFollowed();
        });
    }

    @Test
    void uuidOfARowDeletedBeforeCanBeUsedAgain() throws Exception {
        withRouters(nb -> {
            nb.transact(nat(ONE), add(FIRST, ONE));
            nb.transact(remove(FIRST, ONE));

            assertCommitted(nb.transact(nat(ONE), add(FIRST, ONE)));
            nb.assertFollowed();
        });
    }

    @Test
    void lastReferenceTakesTheRowWithIt() throws Exception {
        withRouters(nb -> {
            nb.transact(nat(ONE), add(FIRST, ONE), add(SECOND, ONE));
            nb.transact(remove(FIRST, ONE));
            assertThat(nb.replica().row(Nat.TABLE, ONE)).isPresent();

            nb.transact(remove(SECOND, ONE));
            assertThat(nb.replica().row(Nat.TABLE, ONE)).isEmpty();
            nb.assertFollowed();
        });
    }

    @Test
    void deletedRouterTakesItsRowsWithIt() throws Exception {
        withRouters(nb -> {
            nb.transact(nat(ONE), add(FIRST, ONE));
            nb.transact(new Operation.Delete(LogicalRouter.TABLE, new Where.Id(FIRST)));

            assertThat(nb.replica().row(Nat.TABLE, ONE)).isEmpty();
            assertThat(nb.replica().elements(LogicalRouter.NAT, FIRST)).isEmpty();
            nb.assertFollowed();
        });
    }

    @Test
    void rowThatNothingRefersToIsCommittedAndGone() throws Exception {
        withRouters(nb -> {
            assertCommitted(nb.transact(nat(ONE)));

            assertThat(nb.replica().row(Nat.TABLE, ONE)).isEmpty();
        });
    }

    @Test
    void referenceToAnUnknownRowRefusesTheCommit() throws Exception {
        withRouters(nb -> {
            var results = nb.transact(add(FIRST, ONE));

            assertThat(results).hasSize(2).first().isEqualTo(CHANGED_ONE);
            var failed = (Verdict.Failed) TransactReply.verdict(results, 1);
            assertThat(failed.operation()).isEmpty();
            assertThat(failed.error())
                    .isEqualTo(new OvsdbError(
                            "referential integrity violation",
                            "Table Logical_Router column nat row " + FIRST + " references nonexistent row " + ONE
                                    + " in table NAT."));
        });
    }

    @Test
    void referencedRowCannotBeDeleted() throws Exception {
        withRouters(nb -> {
            nb.transact(nat(ONE), add(FIRST, ONE));

            var results = nb.transact(new Operation.Delete(Nat.TABLE, new Where.Id(ONE)));
            assertThat(((Verdict.Failed) TransactReply.verdict(results, 1))
                            .error()
                            .error())
                    .isEqualTo("referential integrity violation");
        });
    }

    @Test
    void rowMovesToAnotherRouterInOneTransaction() throws Exception {
        withRouters(nb -> {
            nb.transact(nat(ONE), add(FIRST, ONE));
            int told = nb.mirror().rowChanges();

            assertCommitted(nb.transact(remove(FIRST, ONE), add(SECOND, ONE)));
            assertThat(nb.replica().elements(LogicalRouter.NAT, FIRST)).isEmpty();
            assertThat(nb.replica().elements(LogicalRouter.NAT, SECOND)).containsExactly(ONE);
            assertCommitted(nb.transact(add(FIRST, ONE), remove(SECOND, ONE)));
            assertThat(nb.replica().elements(LogicalRouter.NAT, FIRST)).containsExactly(ONE);
            assertThat(nb.mirror().rowChanges()).isEqualTo(told);
            nb.assertFollowed();
        });
    }

    @Test
    void operationsOnAMissingRowChangeNothingWithoutAnError() throws Exception {
        withRouters(nb -> {
            var where = new Where.Id(TWO);
            assertThat(nb.transact(
                            new Operation.Update(Nat.TABLE, where, List.of(Cell.of(Nat.EXTERNAL_IP, "1.1.1.1"))),
                            new Operation.Delete(Nat.TABLE, where),
                            add(TWO, ONE)))
                    .containsExactly(CHANGED_NONE, CHANGED_NONE, CHANGED_NONE);
        });
    }

    @Test
    void expectationOfAnotherValueAbortsTheTransaction() throws Exception {
        withRouters(nb -> {
            assertCommitted(nb.transact(expectName("first"), new Operation.Comment("c")));

            var results = nb.transact(new Operation.Comment("c"), expectName("other"), nat(ONE));
            assertRefused(results, 3, 1, "timed out");
        });
    }

    @Test
    void expectationOfAMissingRowAbortsTheTransaction() throws Exception {
        withRouters(nb -> assertRefused(
                nb.transact(new Operation.Expect(
                        LogicalRouter.TABLE, new Where.Id(TWO), List.of(Cell.of(LogicalRouter.NAME, "first")))),
                1,
                0,
                "timed out"));
    }

    @Test
    void assertOfALockThatIsNotHeldAbortsTheTransaction() throws Exception {
        withRouters(nb -> {
            assertRefused(nb.transact(new Operation.Assert("l"), nat(ONE)), 2, 0, "not owner");

            nb.client().call("lock", json -> json.writeString("l"));
            assertCommitted(nb.transact(new Operation.Assert("l"), nat(ONE)));
        });
    }

    @Test
    void conditionsSelectRows() throws Exception {
        withRouters(nb -> {
            nb.transact(new Operation.Update(
                    LogicalRouter.TABLE,
                    new Where.Id(FIRST),
                    List.of(Cell.of(LogicalRouter.EXTERNAL_IDS, Map.of("owner", "us", "x", "y")))));

            var owned = new Where.All(
                    List.of(new Condition(LogicalRouter.EXTERNAL_IDS, Function.INCLUDES, Map.of("owner", "us"))));
            assertThat(nb.transact(new Operation.Delete(LogicalRouter.TABLE, owned)))
                    .containsExactly(CHANGED_ONE);
            assertThat(nb.replica().rows(LogicalRouter.TABLE))
                    .extracting(Row::id)
                    .containsExactly(SECOND);
        });
    }

    @Test
    void monitoredConditionsDecideWhichRowsAreSeen() throws Exception {
        var spec = MonitorSpec.builder()
                .table(
                        LogicalRouter.TABLE,
                        List.of(LogicalRouter.NAME),
                        List.of(
                                new Condition(LogicalRouter.NAME, Function.EQUALS, "first"),
                                new Condition(LogicalRouter.EXTERNAL_IDS, Function.INCLUDES, Map.of("k", "v"))))
                .build();
        try (var server = new OvsdbServer(Schemas.PINNED);
                var nb = new ReplicatedClient(server, spec)) {
            nb.transact(router(FIRST, "first"), router(SECOND, "second"));
            assertThat(nb.replica().rows(LogicalRouter.TABLE))
                    .extracting(Row::id)
                    .containsExactly(FIRST);

            var mark = new Mutation(LogicalRouter.EXTERNAL_IDS, Mutator.INSERT, Map.of("k", "v"));
            nb.transact(
                    new Operation.Mutate(LogicalRouter.TABLE, new Where.Id(SECOND), List.of(mark)),
                    new Operation.Update(
                            LogicalRouter.TABLE, new Where.Id(FIRST), List.of(Cell.of(LogicalRouter.NAME, "x"))));
            assertThat(nb.replica().rows(LogicalRouter.TABLE))
                    .extracting(Row::id)
                    .containsExactly(SECOND);
        }
    }

    @Test
    void refusedEnumValueIsOneThatTheSchemaDoesNotAccept() throws Exception {
        try (var server = new OvsdbServer(Schemas.OVN_23_03);
                var nb = new ReplicatedClient(server, SPEC)) {
            for (var action : List.of("dscp", "mark")) {
                var results = nb.transact(new Operation.Insert(
                        Qos.TABLE,
                        UUID.randomUUID(),
                        List.of(Cell.of(Qos.DIRECTION, "to-lport"), Cell.of(Qos.ACTION, Map.of(action, 42L)))));
                assertThat(TransactReply.verdict(results, 1) instanceof Verdict.Committed)
                        .isEqualTo(nb.schema().accepts(Qos.ACTION, action));
            }
        }
    }

    @Test
    void serverClosesTheConnectionOnStringsThatWeRefuse() throws Exception {
        for (var escape : List.of("\\u0000", "\\ud83d")) {
            try (var server = new OvsdbServer(Schemas.PINNED);
                    var client = new OvsdbClient(server.connect())) {
                assertThatThrownBy(() -> client.call("echo", json -> json.writeRawValue("\"" + escape + "\"")))
                        .isInstanceOf(IOException.class);
            }
        }
    }

    @FunctionalInterface
    private interface Scenario {
        void run(ReplicatedClient nb) throws IOException;
    }

    private static void withRouters(Scenario scenario) throws Exception {
        try (var server = new OvsdbServer(Schemas.PINNED);
                var nb = new ReplicatedClient(server, SPEC)) {
            assertCommitted(nb.transact(router(FIRST, "first"), router(SECOND, "second")));
            scenario.run(nb);
        }
    }

    private static void assertCommitted(List<OperationResult> results) {
        assertThat(TransactReply.verdict(results, results.size())).isEqualTo(new Verdict.Committed());
    }

    private static void assertRefused(List<OperationResult> results, int operations, int operation, String error) {
        assertThat(results).hasSize(operations);
        var failed = (Verdict.Failed) TransactReply.verdict(results, operations);
        assertThat(failed.operation()).isEqualTo(OptionalInt.of(operation));
        assertThat(failed.error().error()).isEqualTo(error);
    }

    private static Operation router(UUID id, String name) {
        return new Operation.Insert(LogicalRouter.TABLE, id, List.of(Cell.of(LogicalRouter.NAME, name)));
    }

    private static Operation nat(UUID id) {
        return new Operation.Insert(
                Nat.TABLE,
                id,
                List.of(
                        Cell.of(Nat.TYPE, "snat"),
                        Cell.of(Nat.EXTERNAL_IP, "192.0.2.1"),
                        Cell.of(Nat.LOGICAL_IP, "10.0.0.1")));
    }

    private static Operation expectName(String name) {
        return new Operation.Expect(
                LogicalRouter.TABLE, new Where.Id(FIRST), List.of(Cell.of(LogicalRouter.NAME, name)));
    }

    private static Operation add(UUID router, UUID nat) {
        return mutate(router, Mutator.INSERT, nat);
    }

    private static Operation remove(UUID router, UUID nat) {
        return mutate(router, Mutator.DELETE, nat);
    }

    private static Operation mutate(UUID router, Mutator mutator, UUID nat) {
        return new Operation.Mutate(
                LogicalRouter.TABLE,
                new Where.Id(router),
                List.of(new Mutation(LogicalRouter.NAT, mutator, Set.of(nat))));
    }
}
