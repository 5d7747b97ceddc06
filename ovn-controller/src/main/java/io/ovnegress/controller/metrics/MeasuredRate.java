package io.ovnegress.controller.metrics;

import com.google.inject.Inject;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** How long something will take, from how long it has taken since the start. Thread safe. */
public final class MeasuredRate {
    private final MeterRegistry registry;

    @Inject
    public MeasuredRate(MeterRegistry registry) {
        this.registry = registry;
    }

    /**
     * Seconds until so many rows are committed; empty if none has been yet.
     *
     * @param waits what is waited for besides, between the steps of a change
     */
    public Optional<Double> seconds(int rows, Duration waits) {
        var sizes = registry.find("ovn.egress.transaction.rows").summary();
        var times = registry.find("ovn.egress.transaction.duration")
                .tag("outcome", "committed")
                .timer();
        if (sizes == null || times == null || sizes.totalAmount() == 0) {
            return Optional.empty();
        }
        double perRow = times.totalTime(TimeUnit.NANOSECONDS) / 1e9 / sizes.totalAmount();
        return Optional.of(rows * perRow + waits.toMillis() / 1e3);
    }
}
