package io.ovnegress.it.process;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** Waiting for a condition, with the one time limit that all tests and the demo share. */
public final class Await {
    /** Long for a slow machine; nothing on the way to success waits for it. */
    public static final Duration LIMIT = Duration.ofSeconds(Long.getLong("ovnegress.timeout", 120));

    private Await() {}

    /** Continue with {@code until(...)} or {@code untilAsserted(...)}. */
    public static ConditionFactory await(String what) {
        return Awaitility.await(what)
                .atMost(LIMIT)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(20))
                .pollInSameThread();
    }
}
