package io.ovnegress.controller.query;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.inject.Inject;
import io.ovnegress.controller.ControllerConfig;
import io.ovnegress.controller.health.Health;
import io.ovnegress.controller.history.HistoryReader;
import io.ovnegress.controller.loop.LoopState;
import io.ovnegress.controller.loop.ReconcileLoop;
import io.ovnegress.controller.metrics.ControllerMetrics;
import io.ovnegress.controller.ovsdb.SessionState;
import io.ovnegress.reconciler.explain.Overview;
import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.machine.Reconciler;
import java.time.Clock;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** {@code GET /api/v1/status}: how the controller stands, on one screen. Thread safe. */
public final class StatusApi implements Api {
    public static final String PATH = "/api/v1/status";

    private static final int TOP_REASONS = 5;

    private final Asking asking;
    private final ControllerConfig config;
    private final ReconcileLoop loop;
    private final Health health;
    private final Session session;
    private final HistoryReader history;
    private final Clock clock;

    /** The session with the database; empty before there is one. */
    public interface Session {
        Optional<SessionState> session();

        /** That with the southbound database; empty if there is to be none. */
        default Optional<SessionState> southbound() {
            return Optional.empty();
        }
    }

    @Inject
    public StatusApi(
            Asking asking,
            ControllerConfig config,
            ReconcileLoop loop,
            Health health,
            Session session,
            HistoryReader history,
            Clock clock) {
        this.asking = asking;
        this.config = config;
        this.loop = loop;
        this.health = health;
        this.session = session;
        this.history = history;
        this.clock = clock;
    }

    @Override
    public String path() {
        return PATH;
    }

    private record Seen(Overview overview, Shortfall shortfall) {
        static Seen of(Reconciler reconciler, Clock clock) {
            return reconciler.nothingYet().isPresent()
                    ? new Seen(Overview.NONE, Shortfall.NONE)
                    : new Seen(reconciler.overview(clock.instant()), reconciler.shortfall());
        }
    }

    /** What is not known yet is left out: this question is asked where little is. */
    @Override
    public Reply answer(Request request) {
        return asking.ask(
                "status", reconciler -> Seen.of(reconciler, clock), seen -> new Reply(200, json(seen, loop.state())));
    }

    private ObjectNode json(Seen seen, LoopState state) {
        var readiness = health.readiness();
        var json = JsonNodeFactory.instance
                .objectNode()
                .put("answer", readiness.ready() ? "ready" : "not ready")
                .put("leader", state.leader())
                .put("reportOnly", config.reportOnly());
        var conditions = json.putArray("conditions");
        readiness
                .conditions()
                .forEach(condition -> conditions
                        .addObject()
                        .put("name", condition.name())
                        .put("ok", condition.ok())
                        .put("message", condition.message()));
        json.set("database", database(state));
        session.southbound().ifPresent(now -> json.set("southbound", southbound(now)));
        json.putObject("backlog")
                .put("owners", state.progress().dirty())
                .put("inFlight", state.progress().inFlight())
                .put("betweenSteps", state.progress().inSteps())
                .put("refused", state.progress().backedOff())
                .put("contested", state.progress().contested())
                .put("done", state.work().done())
                .put("total", state.work().total());
        addresses(seen.overview(), json.putObject("addresses"));
        var nodes = json.putArray("nodes");
        seen.overview()
                .nodes()
                .forEach(node -> nodes.addObject()
                        .put("name", node.name())
                        .put("addresses", node.addresses())
                        .put("state", node.why().map(Enum::name).orElse("Available")));
        var troubled = json.putArray("troubled");
        seen.overview().troubled().forEach(each -> {
            var one = troubled.addObject().put("owner", each.owner());
            each.object().ifPresent(object -> one.put("object", object));
            one.set("standing", ExplanationJson.reason(each.standing()));
        });
        var transactions = json.putArray("transactions");
        history.transactions()
                .forEach(ended -> transactions
                        .addObject()
                        .put("time", ended.time().toString())
                        .put("number", ended.number())
                        .put("outcome", ControllerMetrics.word(ended.outcome()))
                        .put("milliseconds", ended.took().toMillis())
                        .put("owners", ended.owners())
                        .put("rows", ended.rows()));
        var reasons = json.putArray("reasons");
        seen.shortfall().counts().entrySet().stream()
                .filter(count -> count.getValue() > 0)
                .sorted(Map.Entry.<Shortfall.Lack, Integer>comparingByValue()
                        .reversed()
                        .thenComparing(count -> count.getKey().reason(), Comparator.naturalOrder()))
                .limit(TOP_REASONS)
                .forEach(count -> reasons.addObject()
                        .put("what", count.getKey().measure().name().replace('.', ' '))
                        .put("reason", count.getKey().reason())
                        .put("count", count.getValue()));
        return json;
    }

    private ObjectNode database(LoopState state) {
        var json = JsonNodeFactory.instance
                .objectNode()
                .put(
                        "addresses",
                        config.northbound().stream().map(Object::toString).collect(Collectors.joining(",")))
                .put("phase", state.database().name().toLowerCase(java.util.Locale.ROOT))
                .put("rows", state.progress().replicaRows());
        session.session().ifPresent(now -> {
            now.remote().ifPresent(remote -> json.put("server", remote.toString()));
            now.server().ifPresent(server -> {
                json.put("schema", server.schema()).put("role", server.role());
                server.index().ifPresent(index -> json.put("logEntry", index));
            });
            now.isBehind().ifPresent(behind -> json.put("behind", behind));
            json.put("since", now.since().toString()).put("lock", now.hasLock());
            if (!now.lastError().isEmpty()) {
                json.put("lastError", now.lastError());
            }
        });
        if (!state.progress().serverTrouble().isEmpty()) {
            json.put("trouble", state.progress().serverTrouble());
        }
        return json;
    }

    /** What it is for goes on as well as it can without it. */
    private static ObjectNode southbound(SessionState now) {
        var json = JsonNodeFactory.instance.objectNode().put("connected", now.isConnected());
        now.remote().ifPresent(remote -> json.put("server", remote.toString()));
        now.server().ifPresent(server -> json.put("schema", server.schema()).put("role", server.role()));
        json.put("since", now.since().toString());
        if (!now.isConnected() && !now.lastError().isEmpty()) {
            json.put("lastError", now.lastError());
        }
        return json;
    }

    private static void addresses(Overview overview, ObjectNode json) {
        json.put("assigned", overview.assigned()).put("pending", overview.pending());
        json.put(
                "unassigned",
                overview.unassigned().values().stream()
                        .mapToInt(Integer::intValue)
                        .sum());
        var reasons = json.putObject("reasons");
        overview.unassigned().entrySet().stream()
                .sorted(Comparator.comparing(count -> count.getKey().name()))
                .forEach(count -> reasons.put(count.getKey().name(), count.getValue()));
    }
}
