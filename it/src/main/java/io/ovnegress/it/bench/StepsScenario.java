package io.ovnegress.it.bench;

import static io.ovnegress.it.bench.Figures.median;

import io.ovnegress.it.harness.bulk.Inputs;
import io.ovnegress.reconciler.input.InputChange;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** What waiting for ovn-northd costs, beside the same in one transaction: many pods at once, and one more. */
final class StepsScenario implements Bench.Scenario {
    private static final int ROUNDS = 3;
    private static final int MORE = 10;

    @Override
    public void run(Report report, boolean quick) {
        for (int pods : quick ? new int[] {500} : new int[] {1_000, 5_000}) {
            var steps = new Spent();
            var once = new Spent();
            for (int round = 0; round < ROUNDS; round++) {
                measure(pods, true, steps);
                measure(pods, false, once);
            }
            var name = "steps, " + pods + " pods: ";
            report.figure(name + "last policy committed", median(steps.load), "ms");
            report.atMost(name + "time to that in one transaction", median(steps.load) / median(once.load), "x", 1.1);
            report.figure(name + "ovn-northd is done", median(steps.done), "ms");
            report.figure(name + "to that in one transaction", median(steps.done) / median(once.done), "x");
            report.figure(name + "one more pod, policy committed", median(steps.more), "ms");
            report.figure(name + "the same in one transaction", median(once.more), "ms");
        }
    }

    /** Milliseconds. */
    private static final class Spent {
        private final List<Double> load = new ArrayList<>();
        private final List<Double> done = new ArrayList<>();
        private final List<Double> more = new ArrayList<>();
    }

    private static void measure(int pods, boolean inSteps, Spent figures) {
        try (var run = Run.withNorthd(inSteps)) {
            long start = System.nanoTime();
            figures.load.add(run.load(pods) / 1e6);
            run.database().sync();
            figures.done.add((System.nanoTime() - start) / 1e6);
            run.controller().awaitIdle();
            for (int pod = pods; pod < pods + MORE; pod++) {
                figures.more.add(oneMore(run, pod));
            }
        }
    }

    private static double oneMore(Run run, int pod) {
        run.recorder().reset();
        run.recorder().await(Inputs.rerouteRow(Inputs.podIp(pod)));
        long start = System.nanoTime();
        run.post(new InputChange.Put(Inputs.pod(pod, 0, Inputs.podIp(pod))));
        while (run.recorder().latencies().isEmpty()) {
            LockSupport.parkNanos(200_000);
        }
        double milliseconds = (run.recorder().lastCommit() - start) / 1e6;
        run.controller().awaitIdle();
        return milliseconds;
    }
}
