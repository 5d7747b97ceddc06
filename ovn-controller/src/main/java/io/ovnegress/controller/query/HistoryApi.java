package io.ovnegress.controller.query;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.google.inject.Inject;
import io.ovnegress.controller.history.HistoryReader;
import io.ovnegress.controller.history.Moments;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.IpAddress;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * {@code GET /api/v1/history/[KIND/NAME][?since=1h][&limit=N][&only=KIND,...]}: what was programmed, when, and by which cause; of
 * {@code pod/NAMESPACE/NAME}, {@code ip/ADDRESS}, {@code node/NAME} or one of the kinds that features read, such as
 * {@code egressip/NAME} and {@code egressrouter/NAMESPACE/NAME}. Thread safe.
 */
public final class HistoryApi implements Api {
    public static final String PATH = "/api/v1/history/";

    private static final String USUAL = "1h";
    private static final int USUAL_LIMIT = 200;
    private static final int HIGHEST_LIMIT = 20_000;

    private final HistoryReader history;
    private final Clock clock;
    private final Set<String> kinds;

    @Inject
    public HistoryApi(HistoryReader history, List<Feature> features, Clock clock) {
        this.kinds = Kinds.of(features, InputKind.NAMESPACE).keySet();
        this.history = history;
        this.clock = clock;
    }

    @Override
    public String path() {
        return PATH;
    }

    @Override
    public Reply answer(Request request) {
        var matching = matching(request.words());
        var since = Moment.before(request.parameter("since").orElse(USUAL), clock.instant());
        var limit = request.parameter("limit").map(HistoryApi::limit).orElse(Optional.of(USUAL_LIMIT));
        var only = request.parameter("only").flatMap(Moments::of);
        if (matching.isEmpty()
                || since.isEmpty()
                || limit.isEmpty()
                || (only.isEmpty() && request.parameter("only").isPresent())) {
            return Reply.refused(
                    400,
                    "ask " + PATH
                            + "[pod/NAMESPACE/NAME|ip/ADDRESS|node/NAME|KIND/[NAMESPACE/]NAME]?since=1h&limit=N&only=WHAT,...,"
                            + " where KIND is one of " + String.join(", ", kinds)
                            + ", since is a time such as 90s, 30m, 1h, 2d or 2026-01-31T12:00:00Z, N at most "
                            + HIGHEST_LIMIT + ", and WHAT of " + Moments.WORDS);
        }
        var read = history.read(since.get(), only, matching.get(), limit.get());
        var json = JsonNodeFactory.instance
                .objectNode()
                .put(
                        "answer",
                        read.entries().isEmpty()
                                ? "nothing was programmed or decided that this is about"
                                : "the last " + read.entries().size() + " that this is about")
                .put("leader", history.leads())
                .put("since", since.get().toString());
        if (read.complete().isAfter(since.get())) {
            json.put(
                    "completeSince",
                    read.complete().isAfter(clock.instant())
                            ? clock.instant().toString()
                            : read.complete().toString());
        }
        var entries = json.putArray("entries");
        read.entries().forEach(entries::add);
        return new Reply(200, json);
    }

    private static Optional<Integer> limit(String text) {
        try {
            return Optional.of(Integer.parseInt(text)).filter(limit -> limit > 0 && limit <= HIGHEST_LIMIT);
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    private Optional<Predicate<JsonNode>> matching(List<String> words) {
        if (words.isEmpty() || words.equals(List.of(""))) {
            return Optional.of(entry -> true);
        }
        if (words.size() < 2) {
            return Optional.empty();
        }
        var name = String.join("/", words.subList(1, words.size()));
        return switch (words.getFirst()) {
            case "egressip" ->
                Optional.of(entry -> entry.path("object").asText().equals(name)
                        || entry.at("/facts/egressIp").asText().equals(name)
                        || isCause(entry.path("cause"), "egressip/" + name));
            case "pod" ->
                Optional.of(entry ->
                        entry.path("pod").asText().equals(name) || isCause(entry.path("cause"), "pod/" + name));
            case "node" -> Optional.of(entry -> isNode(entry, name));
            case "ip" -> IpAddress.parse(name).map(address -> entry -> isAddress(entry, address.text()));
            default ->
                kinds.contains(words.getFirst())
                        ? Optional.of(entry -> isAbout(entry, words.getFirst(), name))
                        : Optional.empty();
        };
    }

    /** Rows name the object as users do, as in {@code EgressRouter simpson/bank}. */
    private static boolean isAbout(JsonNode entry, String kind, String name) {
        return entry.path("object").asText().equalsIgnoreCase(kind + " " + name)
                || isCause(entry.path("cause"), kind + "/" + name);
    }

    private static boolean isCause(JsonNode cause, String object) {
        if (cause.path("object").asText().equals(object)) {
            return true;
        }
        for (var each : cause.path("causes")) {
            if (isCause(each, object)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isNode(JsonNode entry, String node) {
        for (var row : entry.path("rows")) {
            for (var place : row.path("places")) {
                if (place.asText().endsWith(" GR_" + node) || place.asText().endsWith(" " + node)) {
                    return true;
                }
            }
        }
        return holds(entry.path("facts"), node)
                || isCause(entry.path("cause"), "node/" + node)
                || isCause(entry.path("cause"), "nodereachability/" + node);
    }

    private static boolean isAddress(JsonNode entry, String address) {
        if (entry.path("owner").asText().equals(address) || holds(entry.path("facts"), address)) {
            return true;
        }
        for (var row : entry.path("rows")) {
            if (holds(row.path("before"), address) || holds(row.path("after"), address)) {
                return true;
            }
        }
        return false;
    }

    private static boolean holds(JsonNode texts, String text) {
        for (var value : texts) {
            if (value.asText().equals(text)) {
                return true;
            }
        }
        return false;
    }
}
