package io.ovnegress.it.harness.process;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.awaitility.core.ConditionTimeoutException;

/**
 * Waiting for a condition, with the one limit that all tests and the demo share: how long nothing may happen, not how late it may
 * be, see {@link Patience}. What an assertion complains about is what is looked at: it makes progress when it complains about
 * something else.
 */
public final class Await {
    /** Long for an idle machine; nothing on the way to success waits for it. */
    public static final Duration LIMIT = Duration.ofSeconds(Long.getLong("ovnegress.timeout", 120));

    private static final Duration SHORTEST_INTERVAL = Duration.ofMillis(20);
    private static final Duration LONGEST_INTERVAL = Duration.ofMillis(200);

    private Await() {}

    /** Continue with {@code until(...)} or {@code untilAsserted(...)}. */
    public static ConditionFactory await(String what) {
        return await(what, () -> "");
    }

    /**
     * The same for a condition that is true or false and nothing between.
     *
     * @param progress looks different when something has happened: how much is done, how long a log is
     */
    public static ConditionFactory await(String what, Supplier<?> progress) {
        return await(what, progress, new Patience(LIMIT));
    }

    static ConditionFactory await(String what, Supplier<?> progress, Patience patience) {
        var complaint = new StringBuilder();
        return Awaitility.await(what)
                .forever()
                .pollDelay(Duration.ZERO)
                .pollInterval(Await::interval)
                .pollInSameThread()
                .conditionEvaluationListener(condition -> {
                    complaint.setLength(0);
                    complaint.append(condition.getDescription());
                })
                .failFast(() -> {
                    patience.saw(complaint + " " + progress.get());
                    if (patience.isExhausted()) {
                        throw new ConditionTimeoutException(what + ": " + patience + ": " + complaint);
                    }
                    return false;
                });
    }

    /** A tenth longer every time: many conditions cost a process to look at, and whoever waits long can wait a little longer. */
    private static Duration interval(int polls, Duration previous) {
        return polls <= 1
                ? SHORTEST_INTERVAL
                : shorter(previous.multipliedBy(11).dividedBy(10), LONGEST_INTERVAL);
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    /** Waits for a process to end; false if it does not, and does nothing on its processor either. */
    static boolean end(Process process) throws InterruptedException {
        var patience = new Patience(LIMIT);
        while (!process.waitFor(200, TimeUnit.MILLISECONDS)) {
            patience.saw(process.info().totalCpuDuration().orElse(Duration.ZERO));
            if (patience.isExhausted()) {
                return false;
            }
        }
        return true;
    }
}
