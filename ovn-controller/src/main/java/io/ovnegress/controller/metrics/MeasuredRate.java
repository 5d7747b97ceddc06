package io.ovnegress.controller.metrics;

import com.google.inject.Inject;
import io.micrometer.core.instrument.MeterRegistry;
import io.ovnegress.controller.ControllerConfig;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** How long something will take, from how long it has taken since the start. Thread safe. */
public final class MeasuredRate {
    private final MeterRegistry registry;
    private final boolean movesInSteps;

    @Inject
    public MeasuredRate(MeterRegistry registry, ControllerConfig config) {
        this.registry = registry;
        this.movesInSteps = config.movesInSteps();
    }

    /**
     * Seconds until so many rows are committed; empty if none has been yet.
     *
     * @param inSteps whether addresses move, which takes as long as the steps of a move
     */
    public Optional<Double> seconds(int rows, boolean inSteps) {
        var sizes = registry.find("ovn.egress.transaction.rows").summary();
        var times = registry.find("ovn.egress.transaction.duration")
                .tag("outcome", "committed")
                .timer();
        if (sizes == null || times == null || sizes.totalAmount() == 0) {
            return Optional.empty();
        }
        double perRow = times.totalTime(TimeUnit.NANOSECONDS) / 1e9 / sizes.totalAmount();
        return Optional.of(rows * perRow + (inSteps && movesInSteps ? stepsOfOne() : 0));
    }

    private double stepsOfOne() {
        var steps = registry.find("ovn.egress.steps.duration").timer();
        return steps == null ? 0 : steps.mean(TimeUnit.NANOSECONDS) / 1e9;
    }
}
