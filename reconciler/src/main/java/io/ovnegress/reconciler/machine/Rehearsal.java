package io.ovnegress.reconciler.machine;

import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.reconciler.explain.AddressChange;
import io.ovnegress.reconciler.explain.PodChange;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.feature.PoolWrites;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.Inputs;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Tries out what changes of the inputs would do: a machine of its own over a copy decides and plans as the one does that it is a
 * copy of, and each transaction is taken to be committed and installed at once; what pools give is taken to be written. Nothing is
 * sent. To be used by one thread.
 */
public final class Rehearsal {
    /** Pools answer what they have made themselves in a round or two. */
    private static final int MOST_ROUNDS = 16;

    private final MachineCopy copy;
    private final Reconciler machine;
    private final PoolsWritten pools;

    /** What the world would say after pools' changes have been written. */
    public interface PoolsWritten {
        List<InputChange> after(Map<String, PoolWrites.Decided> changes, Inputs inputs);
    }

    /**
     * @param features those of the machine that it is a copy of
     * @param maxRows likewise
     */
    public Rehearsal(List<Feature> features, int maxRows, PoolsWritten pools, MachineCopy copy) {
        this.copy = copy;
        this.pools = pools;
        this.machine = new Reconciler(features, maxRows);
    }

    /**
     * What is written.
     *
     * @param rows that are inserted, changed or removed
     */
    public record Work(List<List<Operation>> transactions, int rows) {
        public Work {
            transactions = List.copyOf(transactions);
        }
    }

    /**
     * What changes would do.
     *
     * @param due what is to be written in any case, without them
     * @param work what is to be written after that
     */
    public record Outcome(Work due, Work work, List<AddressChange> addresses, List<PodChange> pods) {
        public Outcome {
            addresses = List.copyOf(addresses);
            pods = List.copyOf(pods);
        }

        public boolean changesAnything() {
            return !work.transactions().isEmpty() || !addresses.isEmpty() || !pods.isEmpty();
        }
    }

    /** @param changes made of the inputs as they are */
    public Outcome of(Function<Inputs, List<InputChange>> changes) {
        machine.connected(copy.schema());
        machine.apply(copy.replica().updates());
        copy.inputs().forEach(change -> machine.apply(change, copy.time()));
        machine.features().remember(copy.memories());
        var due = work();
        var placed = machine.outlook();
        var leaving = machine.features().departures();
        changes.apply(machine.inputs()).forEach(change -> machine.apply(change, copy.time()));
        var work = work();
        return new Outcome(
                due,
                work,
                placed.changesTo(machine.outlook()),
                PodChange.between(leaving, machine.features().departures()));
    }

    /** Works until there is nothing more to do, for pools neither. */
    private Work work() {
        var transactions = new ArrayList<List<Operation>>();
        int rows = 0;
        for (int round = 0; round < MOST_ROUNDS; round++) {
            for (var next = machine.nextTransaction(copy.time());
                    next.isPresent();
                    next = machine.nextTransaction(copy.time())) {
                var transaction = next.get();
                transactions.add(transaction.operations());
                rows += transaction.rows();
                machine.apply(RehearsedCommit.of(transaction.operations(), machine.view()));
                machine.complete(transaction, new CommitOutcome.Committed(), copy.time());
            }
            var given = machine.pools(copy.time()).changes();
            if (given.isEmpty()) {
                break;
            }
            pools.after(given, machine.inputs()).forEach(change -> machine.apply(change, copy.time()));
        }
        return new Work(transactions, rows);
    }
}
