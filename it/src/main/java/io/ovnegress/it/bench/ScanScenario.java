package io.ovnegress.it.bench;

import static io.ovnegress.it.bench.Figures.median;

import java.util.ArrayList;

/** Whether a pod costs more where there are many EgressIPs. */
final class ScanScenario implements Bench.Scenario {
    @Override
    public void run(Report report, boolean quick) {
        int pods = quick ? 5_000 : 50_000;
        var one = new ArrayList<Double>();
        var many = new ArrayList<Double>();
        for (int round = 0; round < 3; round++) {
            try (var run = new Run(1)) {
                one.add(run.load(pods) / 1e9);
            }
            try (var run = new Run(pods / 50)) {
                many.add(run.load(pods) / 1e9);
            }
        }
        report.atMost(
                pods / 50 + " objects with 50 pods each, to one with " + pods, median(many) / median(one), "x", 1.5);
    }
}
