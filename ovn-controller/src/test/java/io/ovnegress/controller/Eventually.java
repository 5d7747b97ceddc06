package io.ovnegress.controller;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** Waiting for what other threads and processes do. A busy machine is late and not wrong: the limit only ends what never comes. */
public final class Eventually {
    public static final Duration LIMIT = Duration.ofMinutes(10);

    private Eventually() {}

    /** Continue with {@code until(...)} or {@code untilAsserted(...)}. */
    public static ConditionFactory eventually() {
        return Awaitility.await().atMost(LIMIT).pollInterval(Duration.ofMillis(10));
    }
}
