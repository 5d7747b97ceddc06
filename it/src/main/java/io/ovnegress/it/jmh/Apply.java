package io.ovnegress.it.jmh;

import io.ovnegress.it.harness.bulk.InProcessController;
import io.ovnegress.it.harness.bulk.NodeRouters;
import io.ovnegress.ovsdb.codec.OvsdbJson;
import io.ovnegress.ovsdb.codec.TableUpdatesDecoder;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.replica.Replica;
import io.ovnegress.ovsdb.replica.ReplicaListener;
import io.ovnegress.ovsdb.replica.RowUpdate;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Row updates to the replica: 500 rows come and are attached, and go again. */
@State(Scope.Thread)
public class Apply implements ReplicaListener {
    private final Replica replica =
            new Replica(InProcessController.reconciler(500).monitorSpec());
    private TableUpdates come = new TableUpdates(false, TableUpdates.NO_TRANSACTION, List.of());
    private TableUpdates go = come;
    private long changes;

    @Setup
    public void prepare() throws IOException {
        var sample = new Sample(2 * Sample.ROWS);
        replica.apply(decoded(Sample.updateOf(NodeRouters.of(2))), this);
        come = decoded(Sample.updateOf(sample.fullTransaction()));
        var reverse = new ArrayList<RowUpdate>();
        for (var update : come.rows()) {
            switch (update.kind()) {
                // A modification is a set of elements to toggle: once more, and they are gone again.
                case MODIFY -> {
                    reverse.add(update);
                    if (replica.row(update.table(), update.id()).isEmpty()) {
                        replica.apply(theRowOf(update), this);
                    }
                }
                default ->
                    reverse.add(new RowUpdate(
                            update.table(), update.id(), RowUpdate.Kind.DELETE, new Object[update.cells().length]));
            }
        }
        go = new TableUpdates(false, TableUpdates.NO_TRANSACTION, reverse);
    }

    /** The address set, which an earlier transaction inserted. */
    private static TableUpdates theRowOf(RowUpdate update) {
        var cells = new Object[update.cells().length];
        if (update.table() == AddressSet.TABLE) {
            cells[AddressSet.NAME.index()] = "set";
        }
        return new TableUpdates(
                false,
                TableUpdates.NO_TRANSACTION,
                List.of(new RowUpdate(update.table(), update.id(), RowUpdate.Kind.INSERT, cells)));
    }

    private static TableUpdates decoded(byte[] update) throws IOException {
        try (var parser = OvsdbJson.FACTORY.createParser(update)) {
            parser.nextToken();
            var rows =
                    new TableUpdatesDecoder(InProcessController.reconciler(500).monitorSpec()).decode(parser);
            return new TableUpdates(false, TableUpdates.NO_TRANSACTION, rows);
        }
    }

    @Benchmark
    @OperationsPerInvocation(2 * Sample.ROWS)
    public long row() {
        replica.apply(come, this);
        replica.apply(go, this);
        return changes;
    }

    @Override
    public void rowChanged(Optional<Row> before, Optional<Row> after) {
        changes++;
    }

    @Override
    public void elementAdded(Column<? extends Set<?>> column, UUID row, Object element) {
        changes++;
    }

    @Override
    public void elementRemoved(Column<? extends Set<?>> column, UUID row, Object element) {
        changes++;
    }
}
