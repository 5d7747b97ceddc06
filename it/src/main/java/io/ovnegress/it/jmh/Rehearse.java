package io.ovnegress.it.jmh;

import io.ovnegress.it.harness.bulk.InProcessController;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.machine.MachineCopy;
import io.ovnegress.reconciler.machine.Reconciler;
import io.ovnegress.reconciler.machine.Rehearsal;
import java.util.List;
import java.util.Optional;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What a plan costs the loop, which copies what it decides from, and then whoever asks: all pods of an object lose it. */
@State(Scope.Thread)
public class Rehearse {
    @Param({"1000", "10000"})
    public int pods;

    private Optional<Reconciler> reconciler = Optional.empty();

    @Setup
    public void prepare() {
        reconciler = Optional.of(new Sample(pods).reconciler());
    }

    @Benchmark
    public MachineCopy copy() {
        return reconciler.orElseThrow().copy();
    }

    @Benchmark
    public Rehearsal.Outcome plan() {
        var outcome = new Rehearsal(InProcessController.features(Sample.ROWS), (pools, inputs) -> List.of(), copy())
                .of(inputs -> inputs.objects(EgressIpInput.KIND, EgressIpInput.class).keySet().stream()
                        .<InputChange>map(name -> new InputChange.Removed(EgressIpInput.KIND, name))
                        .toList());
        if (outcome.pods().size() != pods) {
            throw new IllegalStateException(outcome.pods().size() + " pods would leave otherwise");
        }
        return outcome;
    }
}
