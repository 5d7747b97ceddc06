package io.ovnegress.it.bench;

import static io.ovnegress.it.bench.Figures.median;

import io.ovnegress.it.harness.process.CountingProxy;
import java.util.ArrayList;
import java.util.concurrent.locks.LockSupport;

/** The connection is cut for a second: what has to be told again, and how long until the rows are known. */
final class ResumeScenario implements Bench.Scenario {
    private static final int ROUNDS = 5;

    @Override
    public void run(Report report, boolean quick) {
        int pods = quick ? 5_000 : 50_000;
        resume(report, pods, "clustered", BenchDatabase.clustered(Run.NODES));
        resume(report, pods, "standalone", BenchDatabase.start(Run.NODES));
    }

    private static void resume(Report report, int pods, String kind, BenchDatabase database) {
        try (var proxy = new CountingProxy(database.address());
                var run = new Run(50, Run.MAX_ROWS, database, proxy.address())) {
            run.settled(pods);
            var bytes = new ArrayList<Double>();
            var times = new ArrayList<Double>();
            for (int round = 0; round < ROUNDS; round++) {
                long before = proxy.bytesFromServer();
                proxy.cut();
                run.controller().awaitSynchronised(false);
                LockSupport.parkNanos(1_000_000_000);
                proxy.mend();
                long start = System.nanoTime();
                run.controller().awaitSynchronised(true);
                times.add((System.nanoTime() - start) / 1e6);
                bytes.add((proxy.bytesFromServer() - before) / 1e3);
                run.controller().awaitIdle();
            }
            var name = "cut for 1 s at " + pods + " pods, " + kind + ": ";
            report.figure(name + "told again", median(bytes), "kB");
            report.figure(name + "until synchronised again", median(times), "ms");
        }
    }
}
