package io.ovnegress.it.bench;

import static io.ovnegress.it.bench.Figures.median;
import static io.ovnegress.it.bench.Figures.ratio;

import java.util.ArrayList;
import java.util.List;

/** Pods that come under one EgressIP, from the first event to the last commit. */
final class CreateScenario implements Bench.Scenario {
    @Override
    public void run(Report report, boolean quick) {
        var perPod = new ArrayList<Double>();
        for (int pods : quick ? new int[] {1_000, 5_000} : new int[] {1_000, 10_000, 50_000}) {
            perPod.add(create(report, pods) / pods);
        }
        report.atMost(
                "create: cost per pod, largest to 1,000", perPod.get(perPod.size() - 1) / perPod.get(0), "x", 1.3);
    }

    /** The less there is to do, the more its time depends on what else the machine does. */
    private static int rounds(int pods) {
        return pods > 20_000 ? 3 : pods > 2_000 ? 7 : 21;
    }

    /** Seconds. */
    private static double create(Report report, int pods) {
        var ratios = new ArrayList<Double>();
        var watched = new ArrayList<Double>();
        var telling = new ArrayList<Double>();
        var times = new ArrayList<Double>();
        var cpu = new ArrayList<CpuTimes>();
        for (int round = 0; round < rounds(pods); round++) {
            try (var run = new Run(1)) {
                var before = CpuTimes.now(run.database().server());
                long controller = run.load(pods);
                cpu.add(CpuTimes.now(run.database().server()).minus(before));
                long raw = run.raw(run.requests());
                long told = run.rawWatched(List.of(), run.requests());
                ratios.add(ratio(controller, raw));
                watched.add(ratio(controller, told));
                telling.add(ratio(told, raw));
                times.add(controller / 1e9);
            }
        }
        var name = "create " + pods + " pods: ";
        CpuTimes.NAMES.forEach(thread -> report.figure(
                name + "CPU a pod, " + thread,
                median(cpu.stream().map(spent -> spent.of(thread)).toList()) / pods / 1e3,
                "us"));
        report.figure(name + "pods per second", pods / median(times), "/s");
        report.atMost(name + "time to raw replay", median(ratios), "x", 1.3);
        report.figure(name + "raw with our monitor, to raw", median(telling), "x");
        report.atMost(name + "time to raw with our monitor", median(watched), "x", 1.3);
        return median(times);
    }
}
