package io.ovnegress.it.harness.process;

import java.lang.management.ManagementFactory;
import java.lang.management.OperatingSystemMXBean;
import java.time.Duration;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/**
 * How long nothing may happen before a wait is given up. The limit is meant for a machine that has nothing else to do: where
 * others wait for the processor too, only our share of it counts; and whenever what is waited for looks different from before,
 * it begins anew. So a slow machine makes a test slow and not red. Not for ever: {@value #LONGEST} limits are the end even of what
 * goes on changing. Not thread safe.
 */
final class Patience {
    private static final int LONGEST = 10;
    private static final OperatingSystemMXBean MACHINE = ManagementFactory.getOperatingSystemMXBean();

    private final Duration limit;
    private final LongSupplier nanoTime;
    private final DoubleSupplier share;
    private long last;
    private long sinceProgress;
    private long sinceStart;
    private Optional<Object> seen = Optional.empty();

    Patience(Duration limit) {
        this(limit, System::nanoTime, Patience::shareOfTheMachine);
    }

    /** @param share how much of a processor each that wants one gets, up to 1 */
    Patience(Duration limit, LongSupplier nanoTime, DoubleSupplier share) {
        this.limit = limit;
        this.nanoTime = nanoTime;
        this.share = share;
        this.last = nanoTime.getAsLong();
    }

    private static double shareOfTheMachine() {
        double load = MACHINE.getSystemLoadAverage(); // negative where nobody counts it
        int processors = MACHINE.getAvailableProcessors();
        return load <= processors ? 1 : processors / load;
    }

    /** What is waited for looks like this at the moment. */
    void saw(Object state) {
        if (!seen.equals(Optional.of(state))) {
            seen = Optional.of(state);
            sinceProgress = 0;
        }
    }

    boolean isExhausted() {
        long now = nanoTime.getAsLong();
        long ours = (long) ((now - last) * share.getAsDouble());
        last = now;
        sinceProgress += ours;
        sinceStart += ours;
        return sinceProgress > limit.toNanos() || sinceStart > LONGEST * limit.toNanos();
    }

    /** For failure messages. */
    @Override
    public String toString() {
        return sinceStart > LONGEST * limit.toNanos()
                ? "it changed all the time but did not come to that within "
                        + limit.multipliedBy(LONGEST).toSeconds() + " s"
                : "nothing has changed for " + limit.toSeconds() + " s of an idle machine";
    }
}
