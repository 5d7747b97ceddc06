package io.ovnegress.controller.query;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.google.inject.Inject;
import io.ovnegress.controller.ControllerConfig;
import io.ovnegress.controller.loop.LoopInbox;
import io.ovnegress.controller.loop.Statuses;
import io.ovnegress.controller.query.Api.Reply;
import io.ovnegress.reconciler.audit.AuditReport;
import io.ovnegress.reconciler.audit.AuditReport.Subject;
import io.ovnegress.reconciler.audit.RowClass;
import io.ovnegress.reconciler.feature.StatusChange;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says of its own accord, where nothing is to be written, what would be: it audits again and again, which the metrics show, and
 * tells in the log and in events on objects what has changed. One thread of its own.
 */
public final class ReportOnly implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ReportOnly.class);

    private static final Duration BETWEEN = Duration.ofSeconds(30);
    /** Until there is something to be said. */
    private static final Duration AT_FIRST = Duration.ofMillis(500);

    private final boolean enabled;
    private final Audits audits;
    private final LoopInbox loop;
    private final Statuses statuses;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread =
            Thread.ofPlatform().daemon().name("report-only").unstarted(this::run);

    private Map<RowClass, Integer> toldRows = Map.of();
    private Map<Subject, Map<RowClass, Integer>> toldObjects = Map.of();

    /** What events tell. */
    private enum Told implements StatusChange.EventReason {
        /** Rows of the object are not what this controller would make them. */
        RowsDiffer
    }

    @Inject
    public ReportOnly(ControllerConfig config, Audits audits, LoopInbox loop, Statuses statuses) {
        this.enabled = config.reportOnly();
        this.audits = audits;
        this.loop = loop;
        this.statuses = statuses;
    }

    public void start() {
        if (enabled) {
            thread.start();
        }
    }

    private void run() {
        try {
            var wait = AT_FIRST;
            while (!closing.await(wait.toMillis(), TimeUnit.MILLISECONDS)) {
                var reply = audits.run(Set.of(), 0, report -> {
                    tell(report);
                    return new Reply(200, JsonNodeFactory.instance.objectNode());
                });
                wait = reply.code() == 200 ? BETWEEN : AT_FIRST;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void tell(AuditReport report) {
        if (!report.rows().equals(toldRows)) {
            var line = LOG.atInfo();
            for (var count : new TreeMap<>(report.rows()).entrySet()) {
                line = line.addKeyValue(count.getKey().name(), count.getValue());
            }
            line.log("rows compared, nothing is written");
        }
        var objects = new HashMap<>(report.objects());
        objects.forEach((object, counts) -> {
            if (!counts.equals(toldObjects.get(object))) {
                var event = new StatusChange.Event(Told.RowsDiffer, sentence(counts));
                var unused = loop.ask(reconciler -> reconciler.tell(object, event))
                        .thenAccept(change -> change.ifPresent(statuses::write));
            }
        });
        toldRows = report.rows();
        toldObjects = objects;
    }

    private static String sentence(Map<RowClass, Integer> counts) {
        return "rows that this controller would change, or that are in the way of its own: "
                + new TreeMap<>(counts)
                        .entrySet().stream()
                                .map(count -> count.getValue() + " " + count.getKey())
                                .collect(Collectors.joining(", "))
                + "; it reports only: see ovn-egress audit";
    }

    @Override
    public void close() {
        closing.countDown();
    }
}
