package io.ovnegress.controller.query;

import com.google.inject.Inject;
import io.ovnegress.controller.ControllerConfig;
import io.ovnegress.controller.kube.Applied;
import io.ovnegress.controller.kube.InputMappers;
import io.ovnegress.controller.kube.ManifestReader;
import io.ovnegress.controller.metrics.MeasuredRate;
import io.ovnegress.controller.query.PlanRequest.RefusedException;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.machine.MachineCopy;
import io.ovnegress.reconciler.machine.Reconciler;
import io.ovnegress.reconciler.machine.Rehearsal;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;

/**
 * {@code POST /api/v1/plan}: what would change if these objects were applied or deleted, these nodes drained or lost. A question
 * that changes nothing: the loop hands out a copy of all that it decides from, which another machine decides on here. One at a time,
 * and only where there is memory for a second one.
 */
public final class PlanApi implements Api {
    public static final String PATH = "/api/v1/plan";

    private static final int LONGEST_BODY = 4 * 1024 * 1024;
    private static final String BODY =
            "{\"apply\": [manifests], \"delete\": [manifests], \"drain\": [nodes], \"lose\": [nodes],"
                    + " \"labels\": {pod: {label: value or null}}}";

    private final Asking asking;
    private final List<Feature> features;
    private final InputMappers mappers;
    private final ManifestReader manifests;
    private final MeasuredRate rate;
    private final Clock clock;
    private final Semaphore free = new Semaphore(1);

    @Inject
    public PlanApi(Asking asking, List<Feature> features, ControllerConfig config, MeasuredRate rate, Clock clock) {
        this.asking = asking;
        this.features = features;
        this.mappers = new InputMappers(config.drainUnschedulableNodes());
        this.manifests = new ManifestReader(
                mappers,
                features.stream().flatMap(feature -> feature.inputs().stream()).collect(Collectors.toSet()));
        this.rate = rate;
        this.clock = clock;
    }

    @Override
    public String path() {
        return PATH;
    }

    @Override
    public Optional<Integer> longestBody() {
        return Optional.of(LONGEST_BODY);
    }

    @Override
    public Reply answer(Request request) {
        PlanRequest plan;
        try {
            plan = PlanRequest.of(request.body(), manifests);
        } catch (RefusedException e) {
            return Reply.refused(e.code(), e.getMessage());
        }
        if (plan.isEmpty()) {
            return Reply.refused(400, "say what is to be planned: " + BODY);
        }
        if (!free.tryAcquire()) {
            return Reply.refused(503, "another plan is being made: ask again");
        }
        try {
            return MemoryLeft.forASecondOne()
                    ? asking.ask("plan", PlanApi::copy, copy -> reply(plan, request.has("operations"), copy))
                    : Reply.refused(
                            503,
                            "there is no memory to plan in: give the controller twice as much (OVN_EGRESS_JAVA_OPTS)");
        } finally {
            free.release();
        }
    }

    private record Copied(Optional<String> nothingYet, Optional<MachineCopy> copy) {}

    private static Copied copy(Reconciler reconciler) {
        var nothingYet = reconciler.nothingYet();
        return new Copied(nothingYet, nothingYet.isPresent() ? Optional.empty() : Optional.of(reconciler.copy()));
    }

    private Reply reply(PlanRequest plan, boolean withOperations, Copied copied) {
        if (copied.copy().isEmpty()) {
            return Reply.refused(
                    503, "nothing can be said yet: " + copied.nothingYet().orElse(""));
        }
        var copy = copied.copy().get();
        var changes = new ArrayList<InputChange>();
        Rehearsal.Outcome outcome;
        try {
            outcome = new Rehearsal(
                            features,
                            (writes, inputs) -> new Applied(inputs, clock.instant()).byPools(writes, mappers),
                            copy)
                    .of(inputs -> {
                        changes.addAll(plan.changes(inputs, clock.instant()));
                        return changes;
                    });
        } catch (RefusedException e) {
            return Reply.refused(e.code(), e.getMessage());
        }
        var json = PlanJson.of(outcome, withOperations);
        json.put("leader", copy.leads()).put("database", copy.databaseAt());
        json.set("versions", PlanVersions.of(copy, changes, outcome));
        json.set("notLookedAt", ExplanationJson.array(plan.notLookedAt()));
        copy.writesNothing().ifPresent(why -> json.put("writesNothing", why));
        PlanJson.putSeconds(
                json,
                outcome.changesAnything()
                        ? rate.seconds(outcome.work().rows(), outcome.work().waits())
                        : Optional.of(0.0));
        return new Reply(200, json);
    }
}
