package io.ovnegress.controller.query;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.inject.Inject;
import io.ovnegress.controller.history.HistoryReader;
import io.ovnegress.controller.history.Pace;
import java.time.Clock;
import java.time.Duration;

/** {@code GET /api/v1/pace[?since=1h]}: how many transactions there were, and how soon after what they answer. Thread safe. */
public final class PaceApi implements Api {
    public static final String PATH = "/api/v1/pace";

    private static final String USUAL = "1h";
    private static final double NANOS = 1e9;

    private final HistoryReader history;
    private final Clock clock;

    @Inject
    public PaceApi(HistoryReader history, Clock clock) {
        this.history = history;
        this.clock = clock;
    }

    @Override
    public String path() {
        return PATH;
    }

    @Override
    public Reply answer(Request request) {
        var now = clock.instant();
        var since = Moment.before(request.parameter("since").orElse(USUAL), now);
        if (since.isEmpty()) {
            return Reply.refused(
                    400, "ask " + PATH + "?since=1h, where since is a time such as 90s, 30m, 1h, 2d or RFC 3339");
        }
        var slices = history.pace().since(since.get());
        int commits = slices.stream().mapToInt(Pace.Slice::commits).sum();
        var longest = slices.stream().map(Pace.Slice::longest).max(Duration::compareTo);
        var json = JsonNodeFactory.instance
                .objectNode()
                .put(
                        "answer",
                        commits + (commits == 1 ? " transaction" : " transactions") + " committed, at most "
                                + longest.orElse(Duration.ZERO).toMillis() + " ms after what they answer")
                .put("leader", history.leads())
                .put("since", since.get().toString())
                .put("now", now.toString())
                .put("slice", Pace.SLICE.toSeconds());
        var array = json.putArray("slices");
        slices.forEach(slice -> array.add(json(slice)));
        return new Reply(200, json);
    }

    static ObjectNode json(Pace.Slice slice) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("time", slice.begin().toString())
                .put("commits", slice.commits())
                .put("failed", slice.failed())
                .put("rows", slice.rows())
                .put("afterEvent", slice.longest().toNanos() / NANOS);
    }
}
