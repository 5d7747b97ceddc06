package io.ovnegress.controller.query;

import com.google.inject.Inject;
import io.ovnegress.controller.metrics.ControllerMetrics;
import io.ovnegress.controller.query.Api.Reply;
import io.ovnegress.reconciler.audit.AuditReport;
import io.ovnegress.reconciler.audit.RowClass;
import io.ovnegress.reconciler.machine.Audit;
import io.ovnegress.reconciler.machine.Reconciler;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/**
 * Has the machine compare all rows with what is wanted, in slices between which the loop does its own work. One audit at a time.
 * Thread safe.
 */
public final class Audits {
    /** For so long a slice keeps the loop from its own work, and for so long it is left alone after one. */
    private static final Duration SLICE = Duration.ofMillis(5);
    /** An answer must be there before the server gives it up. */
    private static final Duration LONGEST = Duration.ofSeconds(20);

    private static final Reply GO_ON = new Reply(0, Reply.error(""));

    private final Asking asking;
    private final ControllerMetrics metrics;
    private final Clock clock;
    private final Semaphore free = new Semaphore(1);

    @Inject
    public Audits(Asking asking, ControllerMetrics metrics, Clock clock) {
        this.asking = asking;
        this.metrics = metrics;
        this.clock = clock;
    }

    private record Begun(Optional<String> nothingYet, Optional<Audit> audit) {
        static Begun of(Reconciler reconciler, Set<RowClass> told, int most) {
            var nothingYet = reconciler.nothingYet();
            return new Begun(
                    nothingYet, nothingYet.isPresent() ? Optional.empty() : Optional.of(reconciler.audit(told, most)));
        }
    }

    /**
     * Runs one to its end, on the caller's thread.
     *
     * @param told the classes of which rows are told one by one
     * @param most how many of these are told
     */
    public Reply run(Set<RowClass> told, int most, Function<AuditReport, Reply> reply) {
        if (!free.tryAcquire()) {
            return Reply.refused(503, "another audit is going on: ask again");
        }
        try {
            return asking.ask(
                    "audit",
                    reconciler -> Begun.of(reconciler, told, most),
                    begun -> begun.audit()
                            .map(audit -> goOn(audit, reply))
                            .orElseGet(() -> Reply.refused(
                                    503,
                                    "nothing can be said yet: "
                                            + begun.nothingYet().orElse(""))));
        } finally {
            free.release();
        }
    }

    private Reply goOn(Audit audit, Function<AuditReport, Reply> reply) {
        var until = clock.instant().plus(LONGEST);
        while (clock.instant().isBefore(until)) {
            var answer = asking.ask(
                    "audit",
                    reconciler -> slice(audit, reconciler),
                    report -> report.map(found -> {
                                metrics.audited(found);
                                return reply.apply(found);
                            })
                            .orElse(GO_ON));
            if (answer.code() != GO_ON.code()) {
                return answer;
            }
            LockSupport.parkNanos(SLICE.toNanos());
        }
        return Reply.refused(503, "the controller is too busy for an audit at present: ask again");
    }

    private Optional<AuditReport> slice(Audit audit, Reconciler reconciler) {
        long begin = System.nanoTime();
        boolean done = reconciler.goOn(audit, () -> System.nanoTime() - begin >= SLICE.toNanos(), clock.instant());
        metrics.auditSlice(Duration.ofNanos(System.nanoTime() - begin));
        return done ? Optional.of(audit.report()) : Optional.empty();
    }
}
