package io.ovnegress.it.bench;

import io.ovnegress.ovsdb.codec.OperationEncoder;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.Operation.Mutate;
import io.ovnegress.ovsdb.operation.Operation.Mutation;
import io.ovnegress.ovsdb.operation.Operation.Mutator;
import io.ovnegress.ovsdb.operation.Operation.Where;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** How else the same rows could be written, and what ovn-northd makes of it. */
final class AlternativesScenario implements Bench.Scenario {
    @Override
    public void run(Report report, boolean quick) {
        int pods = quick ? 1_000 : 5_000;
        batches(report, pods);
        podByPod(report, pods);
        untilNorthdIsDone(report, quick ? 500 : 2_000);
    }

    private static void batches(Report report, int pods) {
        for (int rows : new int[] {2, 10, 100, 500, 1_000, 5_000}) {
            try (var run = new Run(1, rows, BenchDatabase.start(Run.NODES))) {
                run.load(pods);
                for (int window : new int[] {1, 2}) {
                    long raw = Raw.replay(List.of(run.baseline()), run.requests(), window, Raw.Watch.NOTHING);
                    report.figure(
                            "raw, " + rows + " rows a transaction, " + window + " in flight", pods / (raw / 1e9), "/s");
                }
            }
        }
    }

    private static void podByPod(Report report, int pods) {
        try (var run = new Run(1).onFirstNode()) {
            long created = run.load(pods);
            var inserts = rowByRow(run.recorder().operations());
            var creation = encoded(inserts);
            run.controller().awaitIdle();
            run.recorder().reset();
            report.figure("create, this controller", pods / (created / 1e9), "/s");
            report.figure(
                    "create, a transaction for each row (ovn-kubernetes)",
                    pods / (Raw.replay(List.of(run.baseline()), creation, 1, Raw.Watch.NOTHING) / 1e9),
                    "/s");
            long moved = run.loseFirstNode();
            report.figure("move, this controller", pods / (moved / 1e9), "/s");
            var deletes = inserts.stream().map(AlternativesScenario::undone).toList();
            var deletedAndAdded =
                    encoded(Stream.concat(deletes.stream(), inserts.stream()).toList());
            long rowByRow = Raw.replay(List.of(run.baseline(), creation), deletedAndAdded, 1, Raw.Watch.NOTHING);
            report.figure("move, rows deleted, then added (ovn-kubernetes)", pods / (rowByRow / 1e9), "/s");
        }
    }

    private static void untilNorthdIsDone(Report report, int pods) {
        try (var run = new Run(1, Run.MAX_ROWS, BenchDatabase.withNorthd(Run.NODES))) {
            long start = System.nanoTime();
            long committed = run.load(pods);
            run.database().sync();
            long done = System.nanoTime() - start;
            report.figure("northd, " + pods + " pods: committed, this controller", committed / 1e6, "ms");
            report.figure("northd, " + pods + " pods: sync returned, this controller", done / 1e6, "ms");
            var creation = encoded(rowByRow(run.recorder().operations()));
            try (var database = BenchDatabase.withNorthd(Run.NODES)) {
                start = System.nanoTime();
                committed = Raw.replay(database, List.of(run.baseline()), creation, 1, Raw.Watch.NOTHING);
                database.sync();
                done = System.nanoTime() - start;
            }
            report.figure("northd, " + pods + " pods: committed, row by row", committed / 1e6, "ms");
            report.figure("northd, " + pods + " pods: sync returned, row by row", done / 1e6, "ms");
        }
    }

    /** Each row in a transaction of its own, with its place: a policy in one, its SNAT in another. */
    private static List<List<Operation>> rowByRow(List<List<Operation>> transactions) {
        var inserts = new ArrayList<List<Operation>>();
        for (var operations : transactions) {
            for (var operation : operations) {
                if (operation instanceof Operation.Insert insert) {
                    inserts.add(List.of(insert, attachment(operations, insert)));
                }
            }
        }
        return inserts;
    }

    private static Operation attachment(List<Operation> operations, Operation.Insert insert) {
        for (var operation : operations) {
            if (operation instanceof Mutate mutate) {
                for (var mutation : mutate.mutations()) {
                    if (mutation.value() instanceof Set<?> elements && elements.contains(insert.id())) {
                        return new Mutate(
                                mutate.table(),
                                mutate.where(),
                                List.of(new Mutation(mutation.column(), Mutator.INSERT, Set.of(insert.id()))));
                    }
                }
            }
        }
        throw new IllegalStateException(insert + " is nowhere");
    }

    /** The transaction that takes the row away again. */
    private static List<Operation> undone(List<Operation> inserted) {
        var insert = (Operation.Insert) inserted.get(0);
        var attachment = (Mutate) inserted.get(1);
        var mutation = attachment.mutations().get(0);
        return List.of(
                new Mutate(
                        attachment.table(),
                        attachment.where(),
                        List.of(new Mutation(mutation.column(), Mutator.DELETE, mutation.value()))),
                new Operation.Delete(insert.table(), new Where.Id(insert.id())));
    }

    private static List<byte[]> encoded(List<List<Operation>> transactions) {
        var requests = new ArrayList<byte[]>();
        for (var operations : transactions) {
            requests.add(OperationEncoder.transact(requests.size() + 2L, "OVN_Northbound", operations));
        }
        return requests;
    }
}
