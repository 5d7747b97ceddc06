package io.ovnegress.it.bench;

import static io.ovnegress.it.bench.Figures.median;
import static io.ovnegress.it.bench.Figures.ratio;

import io.ovnegress.it.harness.bulk.Inputs;
import io.ovnegress.it.harness.process.WorkDirectory;
import io.ovnegress.reconciler.input.InputObject;
import java.util.ArrayList;

/** A controller that starts while every row is there already. */
final class ColdStartScenario implements Bench.Scenario {
    @Override
    public void run(Report report, boolean quick) {
        int pods = quick ? 5_000 : 50_000;
        try (var run = new Run(50)) {
            run.settled(pods);
            run.database().addPorts(pods, 50);
            var ratios = new ArrayList<Double>();
            var seconds = new ArrayList<Double>();
            for (int round = 0; round < 5; round++) {
                long raw = Raw.monitor(run.database());
                var controller = new BenchController(run.database().address(), Run.MAX_ROWS);
                var podInputs = new ArrayList<InputObject>();
                for (int pod = 0; pod < pods; pod++) {
                    podInputs.add(Inputs.pod(pod, pod % 50, Inputs.podIp(pod)));
                }
                long start = System.nanoTime();
                controller.start();
                run.list(controller, podInputs);
                controller.awaitReady();
                long ready = System.nanoTime() - start;
                ratios.add(ratio(ready, raw));
                seconds.add(ready / 1e9);
                if (controller.recorder().transactions() > 0) {
                    throw new IllegalStateException("a restart without changes sent a transaction");
                }
                controller.close();
            }
            report.figure("cold start on " + pods + " pods: seconds", median(seconds), "s");
            report.atMost("cold start: to raw monitor reply", median(ratios), "x", 2);
            process(report, run.database(), pods);
        }
    }

    /** The same with the whole program: a process of its own that lists the pods from an API server. */
    private static void process(Report report, BenchDatabase database, int pods) {
        try (var api = new BenchApi(pods, 50);
                var directory = WorkDirectory.create("ovn-egress-bench-process")) {
            long start = System.nanoTime();
            try (var controller = BenchProcess.start(
                    api.kubeconfig(directory.path()), database.address(), directory.resolve("log"))) {
                controller.awaitReady();
                report.figure("process on " + pods + " pods: start to ready", (System.nanoTime() - start) / 1e9, "s");
                report.figure(
                        "process: transactions to get ready",
                        (double) controller.transactions(),
                        "",
                        "none",
                        controller.transactions() == 0);
                report.atMost("process: largest resident memory", controller.largestResidentMegabytes(), "MB", 600);
            }
        }
    }
}
