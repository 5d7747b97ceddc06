package io.ovnegress.it.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.ovnegress.controller.loop.LoopInbox;
import io.ovnegress.controller.metrics.ControllerMetrics;
import io.ovnegress.controller.query.Api.Reply;
import io.ovnegress.controller.query.Asking;
import io.ovnegress.controller.query.Audits;
import io.ovnegress.reconciler.audit.AuditReport;
import io.ovnegress.reconciler.audit.RowClass;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** One audit after the other, on a thread of its own, until it is closed. */
final class RunningAudits implements AutoCloseable {
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final Audits audits;
    private final List<Long> nanoseconds = new ArrayList<>();
    private final List<AuditReport> reports = new ArrayList<>();
    private final Thread thread = Thread.ofPlatform().name("audits").unstarted(this::run);
    private volatile boolean closing;

    RunningAudits(LoopInbox loop) {
        audits = new Audits(new Asking(loop), new ControllerMetrics(registry, Set.of()), Clock.systemUTC());
        thread.start();
    }

    private void run() {
        while (!closing) {
            long begin = System.nanoTime();
            var reply = audits.run(Set.of(RowClass.values()), 100, report -> {
                reports.add(report);
                return new Reply(200, JsonNodeFactory.instance.objectNode());
            });
            if (reply.code() != 200) {
                throw new IllegalStateException(reply.toString());
            }
            nanoseconds.add(System.nanoTime() - begin);
        }
    }

    @Override
    public void close() {
        closing = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** After it is closed. */
    void report(Report report, String name) {
        var slices = registry.get("ovn.egress.audit.slice.duration").timer();
        report.figure(name + ": audits", reports.size(), "");
        report.figure(
                name + ": rows right in the last", reports.getLast().rows().getOrDefault(RowClass.Right, 0), "");
        report.figure(
                name + ": rows neither right nor on their way, most",
                reports.stream()
                        .mapToInt(each -> each.notRight() - each.onTheirWay())
                        .max()
                        .orElse(0),
                "");
        report.figure(
                name + ": an audit",
                nanoseconds.stream().mapToLong(Long::longValue).average().orElse(0) / 1e6,
                "ms");
        report.figure(
                name + ": the loop's time for one", slices.totalTime(TimeUnit.MILLISECONDS) / reports.size(), "ms");
        report.atMost(name + ": longest slice", slices.max(TimeUnit.NANOSECONDS) / 1e6, "ms", 20);
    }
}
