package io.ovnegress.controller.loop;

import com.google.inject.Inject;
import io.ovnegress.controller.ProcessExit;
import io.ovnegress.controller.metrics.ControllerMetrics;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happens when the controller itself is wrong: the fault is logged once and counted, and the database is read again
 * from the start, since what we believed of it may be the cause; so are the inputs if one of them was not taken in. Faults that keep coming end the process, so that whoever
 * runs it starts it afresh. Only the loop thread calls it.
 */
public final class FaultPolicy {
    private static final Logger LOG = LoggerFactory.getLogger(FaultPolicy.class);

    /** So many faults within {@link #WINDOW} end the process: a resync has not helped by then. */
    static final int LIMIT = 5;

    static final Duration WINDOW = Duration.ofMinutes(1);

    private final Clock clock;
    private final ControllerMetrics metrics;
    private final Database database;
    private final Inputs inputs;
    private final ProcessExit exit;
    private final Deque<Instant> recent = new ArrayDeque<>();

    @Inject
    public FaultPolicy(Clock clock, ControllerMetrics metrics, Database database, Inputs inputs, ProcessExit exit) {
        this.clock = clock;
        this.metrics = metrics;
        this.database = database;
        this.inputs = inputs;
        this.exit = exit;
    }

    /**
     * @param during the kind of message, or the step, that was being worked on
     */
    void fault(String during, String subject, Throwable cause) {
        var now = clock.instant();
        metrics.fault(during);
        recent.addLast(now);
        while (recent.peekFirst().isBefore(now.minus(WINDOW))) {
            recent.removeFirst();
        }
        boolean giveUp = recent.size() >= LIMIT;
        LOG.atError()
                .setCause(cause)
                .addKeyValue("during", during)
                .addKeyValue("subject", subject)
                .addKeyValue("faultsInLastMinute", recent.size())
                .addKeyValue("answer", giveUp ? "exit" : "resync")
                .log("fault");
        if (giveUp) {
            exit.request(ProcessExit.FAULT);
        } else {
            database.resync("fault while working on " + during);
            if (during.equals(LoopMessage.Input.KIND)) {
                inputs.resync("fault while working on " + subject);
            }
        }
    }

    /** The loop itself broke: nothing is left that could go on. */
    void fatal(Throwable cause) {
        metrics.fault("loop");
        LOG.atError().setCause(cause).addKeyValue("answer", "exit").log("fault");
        exit.request(ProcessExit.FAULT);
    }
}
