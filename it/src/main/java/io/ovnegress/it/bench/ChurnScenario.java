package io.ovnegress.it.bench;

import static io.ovnegress.it.bench.Figures.percentile;

import io.ovnegress.it.harness.bulk.Inputs;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/** 200 pod changes per second on a full database. */
final class ChurnScenario implements Bench.Scenario {
    private final boolean audited;
    private final String name;

    /** @param audited whether one audit follows the other meanwhile */
    ChurnScenario(boolean audited) {
        this.audited = audited;
        this.name = audited ? "churn with audits" : "churn";
    }

    @Override
    public void run(Report report, boolean quick) {
        int pods = quick ? 5_000 : 50_000;
        int seconds = quick ? 10 : 60;
        try (var run = new Run(50)) {
            run.settled(pods);
            var recorder = run.recorder();
            System.gc();
            long memoryBefore = usedMemory();
            var random = new Random(1);
            var ips = new int[pods];
            Arrays.setAll(ips, i -> i);
            int nextIp = pods;
            int largestBacklog = 0;
            var audits = audited
                    ? Optional.of(new RunningAudits(run.controller().inbox()))
                    : Optional.<RunningAudits>empty();
            long start = System.nanoTime();
            for (int i = 0; i < seconds * 200; i++) {
                while (System.nanoTime() - start < i * 5_000_000L) {
                    LockSupport.parkNanos(200_000);
                }
                int pod = random.nextInt(pods);
                var ip = Inputs.podIp(ips[pod]);
                recorder.await(Inputs.rerouteRow(ip));
                int namespace = pod % 50;
                switch (random.nextInt(3)) {
                    case 0 -> { // deleted, and another one comes
                        run.post(new InputChange.Removed(InputKind.POD, "ns" + namespace + "/pod-" + pod));
                        ips[pod] = nextIp++;
                        run.post(new InputChange.Put(Inputs.pod(pod, namespace, Inputs.podIp(ips[pod]))));
                    }
                    case 1 -> { // relabelled, out of the selector; back at its next turn by a new address
                        run.post(new InputChange.Put(Inputs.pod(pod, namespace, ip, Map.of("app", "other"))));
                        ips[pod] = nextIp++;
                        run.post(new InputChange.Put(Inputs.pod(pod, namespace, Inputs.podIp(ips[pod]))));
                    }
                    default -> { // the same pod with another address
                        ips[pod] = nextIp++;
                        run.post(new InputChange.Put(Inputs.pod(pod, namespace, Inputs.podIp(ips[pod]))));
                    }
                }
                largestBacklog = Math.max(largestBacklog, run.controller().dirty());
            }
            audits.ifPresent(RunningAudits::close);
            run.controller().awaitIdle();
            var latencies = new ArrayList<>(recorder.latencies());
            Collections.sort(latencies);
            System.gc();
            report.figure(name + " on " + pods + " pods: changes seen committed", latencies.size(), "");
            report.figure(name + ": median event to commit", percentile(latencies, 50) / 1e6, "ms");
            report.atMost(name + ": 99th percentile event to commit", percentile(latencies, 99) / 1e6, "ms", 100);
            report.figure(name + ": largest backlog", largestBacklog, "");
            audits.ifPresent(running -> running.report(report, name));
            report.figure(name + ": heap growth", (usedMemory() - memoryBefore) / 1e6, "MB");
        }
    }

    private static long usedMemory() {
        var runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
