package io.ovnegress.controller.leader;

import com.google.inject.Inject;
import io.ovnegress.controller.ControllerConfig;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Whether the lease lets this controller write, at this very moment: it ends by itself some time after the last renewal, so a
 * process that was put to sleep wakes up without it. Measured by the machine's uptime, which goes on while a process sleeps.
 * Thread safe.
 */
public final class Mandate {
    private final LongSupplier nanoTime;
    private final long lasts;
    private final boolean unlimited;
    private volatile boolean held;
    private volatile long renewed;

    @Inject
    public Mandate(ControllerConfig config) {
        this(
                !config.leaderElection().enabled() && !config.reportOnly(),
                config.leaderElection().renewDeadline(),
                System::nanoTime);
    }

    Mandate(boolean unlimited, Duration lasts, LongSupplier nanoTime) {
        this.unlimited = unlimited;
        this.lasts = lasts.toNanos();
        this.nanoTime = nanoTime;
    }

    /** Never, if nothing is to be written. */
    public boolean isHeld() {
        return unlimited || (held && nanoTime.getAsLong() - renewed < lasts);
    }

    long now() {
        return nanoTime.getAsLong();
    }

    /** @param at when the renewal was begun, by {@link #now} */
    void renewedAt(long at) {
        renewed = at;
        held = true;
    }

    void ended() {
        held = false;
    }
}
