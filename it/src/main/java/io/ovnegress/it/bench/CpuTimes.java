package io.ovnegress.it.bench;

import io.ovnegress.it.harness.process.OvsdbServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Processor time so far, in nanoseconds, by who spent it: unlike elapsed time it says the same on a busy machine.
 */
record CpuTimes(Map<String, Double> times) {
    static final List<String> NAMES = List.of("reconcile-loop", "ovsdb-reader", "ovsdb-writer", "ovsdb-server");
    private static final double NANOSECONDS_PER_TICK = 1e7;

    static CpuTimes now(OvsdbServer server) {
        var times = new HashMap<String, Double>();
        var threads = ManagementFactory.getThreadMXBean();
        for (var info : threads.getThreadInfo(threads.getAllThreadIds())) {
            if (info != null && NAMES.contains(info.getThreadName())) {
                times.merge(info.getThreadName(), (double) threads.getThreadCpuTime(info.getThreadId()), Double::sum);
            }
        }
        times.put("ovsdb-server", ticks(server.process().pid()) * NANOSECONDS_PER_TICK);
        return new CpuTimes(times);
    }

    /** User and system time of a process in ticks of 10 ms, see proc(5). */
    private static long ticks(long pid) {
        try {
            var fields = Files.readString(Path.of("/proc", Long.toString(pid), "stat"))
                    .replaceFirst("^.*\\) ", "")
                    .split(" ", -1);
            return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    CpuTimes minus(CpuTimes earlier) {
        var spent = new HashMap<String, Double>();
        times.forEach((name, time) -> spent.put(name, time - earlier.of(name)));
        return new CpuTimes(spent);
    }

    double of(String name) {
        return times.getOrDefault(name, 0.0);
    }
}
