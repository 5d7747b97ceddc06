package io.ovnegress.it.jmh;

import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.LabelSelector.Operator;
import io.ovnegress.reconciler.input.LabelSelector.Requirement;
import io.ovnegress.reconciler.input.SelectorIndex;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The selectors that match a pod's labels: one of many, each of which asks for a label of its own besides a common one. */
@State(Scope.Thread)
public class Select {
    @Param({"1000", "10000"})
    public int selectors;

    private final SelectorIndex<Integer> index = new SelectorIndex<>();
    private int next;

    @Setup
    public void prepare() {
        for (int i = 0; i < selectors; i++) {
            index.put(
                    i,
                    new LabelSelector(List.of(
                            new Requirement("tier", Operator.IN, Set.of("web")),
                            new Requirement("app", Operator.IN, Set.of("app" + i)))));
        }
    }

    @Benchmark
    public Set<Integer> lookUp() {
        next = (next + 1) % selectors;
        var found = index.matching(Map.of("tier", "web", "app", "app" + next, "pod-template-hash", "5d4f8c7b9"));
        if (found.size() != 1) {
            throw new IllegalStateException(found.toString());
        }
        return found;
    }
}
