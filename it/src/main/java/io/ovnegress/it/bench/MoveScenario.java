package io.ovnegress.it.bench;

import static io.ovnegress.it.bench.Figures.median;
import static io.ovnegress.it.bench.Figures.ratio;

import java.util.ArrayList;

/** The egress node is lost: all its egress IPs go to the other one. */
final class MoveScenario implements Bench.Scenario {
    private static final int ROUNDS = 7;

    @Override
    public void run(Report report, boolean quick) {
        for (int egressIps : new int[] {1, 10, 100}) {
            move(report, egressIps, quick ? 2_000 : 10_000);
        }
    }

    private static void move(Report report, int egressIps, int pods) {
        var ratios = new ArrayList<Double>();
        var watched = new ArrayList<Double>();
        var telling = new ArrayList<Double>();
        var longest = new ArrayList<Double>();
        var planned = new ArrayList<Double>();
        var times = new ArrayList<Double>();
        var raws = new ArrayList<Double>();
        var transactions = new ArrayList<Double>();
        var cpu = new ArrayList<CpuTimes>();
        for (int round = 0; round < ROUNDS; round++) {
            try (var run = new Run(egressIps).onFirstNode()) {
                var loaded = run.settled(pods);
                var recorder = run.recorder();
                var before = CpuTimes.now(run.database().server());
                long controller = run.loseFirstNode();
                cpu.add(CpuTimes.now(run.database().server()).minus(before));
                long raw = run.raw(loaded, run.requests());
                ratios.add(ratio(controller, raw));
                long told = run.rawWatched(loaded, run.requests());
                watched.add(ratio(controller, told));
                telling.add(ratio(told, raw));
                times.add(controller / 1e6);
                raws.add(raw / 1e6);
                planned.add((recorder.firstSubmitted() - recorder.lastCommit() + controller) / 1e6);
                longest.add(recorder.longest() / 1e6);
                transactions.add((double) recorder.transactions());
            }
        }
        var name = "move " + pods + " pods, " + egressIps + " EgressIPs: ";
        report.figure(name + "event to last commit", median(times), "ms");
        report.figure(name + "raw", median(raws), "ms");
        report.atMost(name + "time to raw replay", median(ratios), "x", 1.3);
        report.figure(name + "raw with our monitor, to raw", median(telling), "x");
        report.atMost(name + "time to raw with our monitor", median(watched), "x", 1.3);
        report.figure(name + "transactions", median(transactions), "");
        report.figure(name + "event to first transaction sent", median(planned), "ms");
        report.figure(name + "longest transaction, sent to answered", median(longest), "ms");
        CpuTimes.NAMES.forEach(thread -> report.figure(
                name + "CPU a pod, " + thread,
                median(cpu.stream().map(spent -> spent.of(thread)).toList()) / pods / 1e3,
                "us"));
    }
}
