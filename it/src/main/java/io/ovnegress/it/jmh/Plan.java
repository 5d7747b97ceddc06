package io.ovnegress.it.jmh;

import io.ovnegress.it.harness.bulk.Inputs;
import io.ovnegress.ovsdb.operation.OvsdbError;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.machine.Reconciler;
import java.time.Instant;
import java.util.Optional;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The plan of a move: the egress node is lost, and all pods of its egress IP go to another in one transaction. */
@State(Scope.Thread)
public class Plan {
    private static final int PODS = 10_000;
    private static final OvsdbError NOT_OURS = new OvsdbError("not owner", "for the benchmark");

    private Optional<Reconciler> reconciler = Optional.empty();
    private Instant now = Instant.EPOCH;

    @Setup
    public void prepare() {
        var loaded = new Sample(PODS).reconciler();
        Inputs.nodesReady(2).forEach(node -> loaded.apply(new InputChange.Put(node), Instant.EPOCH));
        reconciler = Optional.of(loaded);
    }

    @Benchmark
    @OperationsPerInvocation(PODS)
    public int movedPod() {
        var reconciler = this.reconciler.orElseThrow();
        now = now.plusSeconds(1); // longer than any pause
        var transaction = reconciler.nextTransaction(now).orElseThrow();
        if (transaction.rows() < 2 * PODS) {
            throw new IllegalStateException("a move of " + transaction.rows() + " rows");
        }
        // It is planned again from the start, since nothing has changed.
        reconciler.complete(transaction, new CommitOutcome.NotLeader(NOT_OURS), now);
        return transaction.rows();
    }
}
