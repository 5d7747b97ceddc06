package io.ovnegress.controller.query;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.inject.Inject;
import io.ovnegress.controller.loop.LoopInbox;
import io.ovnegress.reconciler.explain.Answer;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.ObjectRef;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code GET /api/v1/explain/KIND/NAME}: {@code pod/NAMESPACE/NAME}, {@code node/NAME}, {@code ip/ADDRESS} and the kinds that
 * features read, such as {@code egressip/NAME}. Thread safe.
 */
public final class ExplainApi {
    public static final String PATH = "/api/v1/explain/";

    private static final Logger LOG = LoggerFactory.getLogger(ExplainApi.class);
    /** The loop answers between two turns: after this long it hangs. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    private static final String ADDRESS = "ip";

    private final LoopInbox loop;
    private final Clock clock;
    private final Map<String, InputKind> kinds = new TreeMap<>();

    @Inject
    public ExplainApi(LoopInbox loop, List<Feature> features, Clock clock) {
        this.loop = loop;
        this.clock = clock;
        List.of(InputKind.POD, InputKind.NODE).forEach(this::add);
        features.forEach(feature -> feature.inputs().forEach(this::add));
    }

    private void add(InputKind kind) {
        kinds.put(word(kind), kind);
    }

    private static String word(InputKind kind) {
        return kind.name().toLowerCase(Locale.ROOT).replace("_", "");
    }

    /** @param code of HTTP */
    public record Reply(int code, JsonNode body) {}

    /** @param rawPath of the request, with what is escaped in it */
    public Reply answer(String rawPath) {
        var words = Arrays.stream(rawPath.substring(Math.min(rawPath.length(), PATH.length()))
                        .split("/"))
                .map(ExplainApi::decoded)
                .toList();
        var key = words.size() > 1 ? String.join("/", words.subList(1, words.size())) : "";
        if (key.isEmpty() || !isKind(words.getFirst())) {
            return refused(
                    400,
                    "ask " + PATH + "KIND/NAME, where KIND is one of " + ADDRESS + ", "
                            + String.join(", ", kinds.keySet()) + " (pod/NAMESPACE/NAME)");
        }
        return question(words.getFirst(), key)
                .map(this::ask)
                .orElseGet(() -> refused(400, key + " is not an IP address"));
    }

    private boolean isKind(String word) {
        return word.equals(ADDRESS) || kinds.containsKey(word);
    }

    private Optional<Question> question(String kind, String key) {
        return kind.equals(ADDRESS)
                ? IpAddress.parse(key).map(Question.OfAddress::new)
                : Optional.of(new Question.OfObject(new ObjectRef(kinds.get(kind), key)));
    }

    private static String decoded(String word) {
        try {
            return URLDecoder.decode(word.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return word;
        }
    }

    private Reply ask(Question question) {
        var answer = loop.ask(reconciler -> reconciler.answer(question, clock.instant()));
        try {
            return reply(question, answer.get(LONGEST_WAIT.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
            return givenUp(answer, "the controller is too busy to answer: see /healthz");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return givenUp(answer, "the controller stops");
        } catch (ExecutionException e) {
            LOG.atError()
                    .setCause(e.getCause())
                    .addKeyValue("question", question)
                    .log("a question could not be answered");
            return refused(500, "answering has failed, which is an error of the controller: see its log");
        }
    }

    private static Reply givenUp(CompletableFuture<Answer> answer, String why) {
        answer.cancel(false);
        return refused(503, why);
    }

    private static Reply reply(Question question, Answer answer) {
        return switch (answer) {
            case Answer.Explained(var explanation, var leads) ->
                new Reply(200, ExplanationJson.of(explanation).put("leader", leads));
            case Answer.Unknown(var what, var nearest) -> {
                var error = error("there is no " + named(question));
                error.set("nearest", ExplanationJson.array(nearest));
                yield new Reply(404, error);
            }
            case Answer.NotYet(var why) -> refused(503, "nothing can be said yet: " + why);
        };
    }

    private static String named(Question question) {
        return switch (question) {
            case Question.OfObject(var object) -> word(object.kind()) + " " + object.key();
            case Question.OfAddress(var address) -> "egress IP, pod or node with the address " + address;
        };
    }

    private static Reply refused(int code, String error) {
        return new Reply(code, error(error));
    }

    private static ObjectNode error(String text) {
        return JsonNodeFactory.instance.objectNode().put("error", text);
    }
}
