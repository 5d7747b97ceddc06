package io.ovnegress.controller.query;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A path of the API and who answers there. Nothing is changed by asking. Thread safe. */
public interface Api {
    /** What the path of a request begins with if it ends with a slash; else the path itself. */
    String path();

    Reply answer(Request request);

    /** How long a body may be; empty if the question has none, and is asked with GET. */
    default Optional<Integer> longestBody() {
        return Optional.empty();
    }

    /**
     * A question.
     *
     * @param words of the path behind that of the API, unescaped
     * @param parameters of the query
     * @param body empty if there is none
     */
    record Request(List<String> words, Map<String, String> parameters, String body) {
        /** @param path that was asked for, and {@code query}, with what is escaped in them */
        public static Request of(String api, String path, Optional<String> query, String body) {
            var words = Arrays.stream(path.substring(Math.min(path.length(), api.length()))
                            .split("/"))
                    .map(word -> decoded(word.replace("+", "%2B")))
                    .toList();
            var parameters = new LinkedHashMap<String, String>();
            Arrays.stream(query.orElse("").split("&")).forEach(pair -> {
                int equals = pair.indexOf('=');
                parameters.put(
                        decoded(equals < 0 ? pair : pair.substring(0, equals)),
                        equals < 0 ? "" : decoded(pair.substring(equals + 1)));
            });
            return new Request(words, parameters, body);
        }

        private static String decoded(String word) {
            try {
                return URLDecoder.decode(word, StandardCharsets.UTF_8);
            } catch (IllegalArgumentException e) {
                return word;
            }
        }

        /** A parameter that says something. */
        public Optional<String> parameter(String name) {
            return Optional.ofNullable(parameters.get(name)).filter(value -> !value.isBlank());
        }

        /** Whether a parameter is there that says nothing or {@code true}. */
        public boolean has(String name) {
            return parameters.containsKey(name) && !"false".equals(parameters.get(name));
        }
    }

    /** @param code of HTTP */
    record Reply(int code, JsonNode body) {
        static Reply refused(int code, String error) {
            return new Reply(code, error(error));
        }

        static ObjectNode error(String text) {
            return JsonNodeFactory.instance.objectNode().put("error", text);
        }
    }
}
