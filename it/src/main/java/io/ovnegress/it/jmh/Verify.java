package io.ovnegress.it.jmh;

import io.ovnegress.it.harness.bulk.Inputs;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.machine.Reconciler;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * A pod among many gets another label that no selector asks for: selectors are evaluated, its rows translated and compared with
 * the replica, and nothing is to be written.
 */
@State(Scope.Thread)
public class Verify {
    @Param({"1000", "10000"})
    public int pods;

    private Optional<Reconciler> reconciler = Optional.empty();
    private final List<InputChange> changes = new ArrayList<>();
    private int next;

    @Setup
    public void prepare() {
        reconciler = Optional.of(new Sample(pods).reconciler());
        for (int round = 0; round < 2; round++) {
            for (int pod = 0; pod < pods; pod++) {
                var labels = Map.of("app", "app0", "tier", "web", "round", "" + round);
                changes.add(new InputChange.Put(Inputs.pod(pod, 0, Inputs.podIp(pod), labels)));
            }
        }
    }

    @Benchmark
    public boolean pod() {
        var reconciler = this.reconciler.orElseThrow();
        reconciler.apply(changes.get(next), Instant.EPOCH);
        next = (next + 1) % changes.size();
        if (reconciler.progress().dirty() != 1) {
            throw new IllegalStateException("the pod was not to be looked at");
        }
        if (reconciler.nextTransaction(Instant.EPOCH).isPresent()) {
            throw new IllegalStateException("there was something to write");
        }
        return true;
    }
}
