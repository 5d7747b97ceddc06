package io.ovnegress.controller.query;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.inject.Inject;
import io.ovnegress.controller.history.HistoryReader;
import io.ovnegress.reconciler.explain.Answer;
import io.ovnegress.reconciler.explain.Destination;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.input.PodName;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * {@code GET /api/v1/explain/KIND/NAME}: {@code pod/NAMESPACE/NAME[?to=IP[:PORT][/PROTOCOL]]}, {@code node/NAME}, {@code ip/ADDRESS} and the kinds that
 * features read, such as {@code egressip/NAME}. Thread safe.
 */
public final class ExplainApi implements Api {
    public static final String PATH = "/api/v1/explain/";

    private static final String ADDRESS = "ip";

    private final Asking asking;
    private final HistoryReader history;
    private final Clock clock;
    private final Map<String, InputKind> kinds;

    @Inject
    public ExplainApi(Asking asking, List<Feature> features, HistoryReader history, Clock clock) {
        this.asking = asking;
        this.history = history;
        this.clock = clock;
        this.kinds = Kinds.of(features, InputKind.POD, InputKind.NODE);
    }

    @Override
    public String path() {
        return PATH;
    }

    @Override
    public Reply answer(Request request) {
        var words = request.words();
        var key = words.size() > 1 ? String.join("/", words.subList(1, words.size())) : "";
        if (key.isEmpty() || !isKind(words.getFirst())) {
            return Reply.refused(
                    400,
                    "ask " + PATH + "KIND/NAME, where KIND is one of " + ADDRESS + ", "
                            + String.join(", ", kinds.keySet()) + " (pod/NAMESPACE/NAME)");
        }
        var to = request.parameter("to");
        if (to.isPresent()) {
            return question(words.getFirst(), key, to.get())
                    .map(this::ask)
                    .orElseGet(() -> Reply.refused(
                            400,
                            "ask " + PATH
                                    + "pod/NAMESPACE/NAME?to=IP[:PORT][/PROTOCOL], with [IP]:PORT for IPv6, and tcp,"
                                    + " udp, sctp or icmp"));
        }
        return question(words.getFirst(), key)
                .map(this::ask)
                .orElseGet(() -> Reply.refused(400, key + " is not an IP address"));
    }

    private boolean isKind(String word) {
        return word.equals(ADDRESS) || kinds.containsKey(word);
    }

    private Optional<Question> question(String kind, String key) {
        return kind.equals(ADDRESS)
                ? IpAddress.parse(key).map(Question.OfAddress::new)
                : Optional.of(new Question.OfObject(new ObjectRef(kinds.get(kind), key)));
    }

    private static Optional<Question> question(String kind, String key, String to) {
        return kind.equals("pod")
                ? PodName.parse(key)
                        .flatMap(pod -> Destination.parse(to).map(destination -> new Question.OfWay(pod, destination)))
                : Optional.empty();
    }

    private Reply ask(Question question) {
        return asking.ask(
                question,
                reconciler -> reconciler.answer(question, clock.instant()),
                answer -> reply(question, answer));
    }

    private Reply reply(Question question, Answer answer) {
        return switch (answer) {
            case Answer.Explained(var explanation, var leads) ->
                new Reply(200, since(ExplanationJson.of(explanation)).put("leader", leads));
            case Answer.Unknown(var what, var nearest) -> {
                var error = Reply.error("there is no " + named(question));
                error.set("nearest", ExplanationJson.array(nearest));
                yield new Reply(404, error);
            }
            case Answer.NotYet(var why) -> Reply.refused(503, "nothing can be said yet: " + why);
        };
    }

    /** Each row that is in the database says since when it is as it is. */
    private ObjectNode since(ObjectNode json) {
        var rows = new ArrayList<ObjectNode>();
        collect(json, rows);
        var writes = history.lastWrites(rows.stream()
                .map(row -> UUID.fromString(row.path("uuid").asText()))
                .collect(Collectors.toSet()));
        for (var row : rows) {
            var since = row.putObject("since");
            Optional.ofNullable(writes.get(UUID.fromString(row.path("uuid").asText())))
                    .ifPresentOrElse(
                            write -> since.put("time", write.time().toString())
                                    .put("transaction", write.transaction())
                                    .put("message", write.cause()),
                            () -> since.put("message", "before what this controller remembers"));
        }
        return json;
    }

    private static void collect(JsonNode explanation, List<ObjectNode> rows) {
        explanation.path("rows").forEach(row -> {
            boolean isThere = !row.path("state").asText().equals("Missing")
                    && !row.path("state").asText().equals("Later")
                    && !row.path("state").asText().equals("Foreign");
            if (isThere && row instanceof ObjectNode object) {
                rows.add(object);
            }
        });
        explanation.path("parts").forEach(part -> collect(part, rows));
    }

    private static String named(Question question) {
        return switch (question) {
            case Question.OfObject(var object) -> object.kind().word() + " " + object.key();
            case Question.OfWay(var pod, var to) -> "pod " + pod;
            case Question.OfAddress(var address) -> "egress IP, pod or node with the address " + address;
        };
    }
}
