package io.ovnegress.it.jmh;

import io.ovnegress.it.harness.bulk.Inputs;
import io.ovnegress.reconciler.explain.Answer;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.machine.Reconciler;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A question about one pod among many: the loop does nothing else meanwhile. One that is served, and one that nobody selects. */
@State(Scope.Thread)
public class Explain {
    @Param({"1000", "10000"})
    public int pods;

    private Optional<Reconciler> reconciler = Optional.empty();
    private Optional<Question> served = Optional.empty();
    private Optional<Question> notSelected = Optional.empty();

    @Setup
    public void prepare() {
        var sample = new Sample(pods).reconciler();
        var stranger = Inputs.pod(pods, 0, Inputs.podIp(pods), Map.of("app", "nobody's"));
        sample.apply(new InputChange.Put(stranger), Instant.EPOCH);
        sample.nextTransaction(Instant.EPOCH);
        reconciler = Optional.of(sample);
        served =
                Optional.of(question(Inputs.pod(0, 0, Inputs.podIp(0), Map.of()).key()));
        notSelected = Optional.of(question(stranger.key()));
    }

    private static Question question(String pod) {
        return new Question.OfObject(new ObjectRef(InputKind.POD, pod));
    }

    @Benchmark
    public Answer served() {
        return ask(served.orElseThrow());
    }

    @Benchmark
    public Answer notSelected() {
        return ask(notSelected.orElseThrow());
    }

    private Answer ask(Question question) {
        var answer = reconciler.orElseThrow().answer(question, Instant.EPOCH);
        if (!(answer instanceof Answer.Explained)) {
            throw new IllegalStateException("no answer: " + answer);
        }
        return answer;
    }
}
