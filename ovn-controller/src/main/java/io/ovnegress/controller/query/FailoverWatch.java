package io.ovnegress.controller.query;

import com.google.inject.Inject;
import io.ovnegress.controller.loop.LoopInbox;
import io.ovnegress.reconciler.explain.Outlook;
import io.ovnegress.reconciler.input.FailoverGaps;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.machine.Reconciler;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out, whenever addresses have been placed otherwise, which nodes must not be lost, and tells the loop. On a thread of its own,
 * and never for more than a twentieth of its time: what is decided does not wait for it.
 */
public final class FailoverWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FailoverWatch.class);
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);
    private static final int REST = 20;

    private final LoopInbox loop;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("failover-watch").daemon().factory());
    private Optional<Outlook> lookedAt = Optional.empty();
    private Map<ObjectRef, Set<String>> told = Map.of();

    @Inject
    public FailoverWatch(LoopInbox loop) {
        this.loop = loop;
    }

    public void start() {
        lookAgainIn(BETWEEN_LOOKS);
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }

    private void lookAgainIn(Duration wait) {
        var unused = thread.schedule(this::turn, wait.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void turn() {
        long began = System.nanoTime();
        try {
            look();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        } catch (ExecutionException | RuntimeException e) {
            LOG.atError().setCause(e).log("what would become of addresses if nodes were lost could not be found out");
        }
        var took = Duration.ofNanos(System.nanoTime() - began).multipliedBy(REST);
        lookAgainIn(took.compareTo(BETWEEN_LOOKS) > 0 ? took : BETWEEN_LOOKS);
    }

    /** Finds out what is not known yet. */
    void look() throws InterruptedException, ExecutionException {
        var now = loop.ask(FailoverWatch::outlook).get();
        if (now.isEmpty() || lookedAt.filter(now.get()::isStill).isPresent()) {
            return;
        }
        var gaps = Outlook.gaps(now.get().eachAlone());
        lookedAt = now;
        if (!gaps.equals(told)) {
            told = gaps;
            loop.input(new InputChange.Put(new FailoverGaps(gaps)));
        }
    }

    /** Who stands by tells nobody. */
    private static Optional<Outlook> outlook(Reconciler reconciler) {
        return reconciler.leads() && reconciler.nothingYet().isEmpty()
                ? Optional.of(reconciler.outlook())
                : Optional.empty();
    }
}
