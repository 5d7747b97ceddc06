package io.ovnegress.controller.avi;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.ovnegress.reconciler.northbound.PrintableText;
import java.util.Optional;
import java.util.OptionalInt;

/** JSON in annotations: of a field that is there twice nobody knows which one is meant. */
final class AviJson {
    static final int HIGHEST_PORT = 65535;

    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    private static final int LONGEST_QUOTE = 80;

    private AviJson() {}

    /** @throws JsonProcessingException if it is none, or no object */
    static JsonNode object(String annotation) throws JsonProcessingException {
        var read = JSON.readTree(annotation);
        return read.isObject() ? read : JSON.missingNode();
    }

    static String words(JsonProcessingException error) {
        var place = Optional.ofNullable(error.getLocation())
                .map(at -> " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")")
                .orElse("");
        return quote(error.getOriginalMessage().lines().findFirst().orElse("")) + place;
    }

    static String quote(String text) {
        return PrintableText.of(text, LONGEST_QUOTE);
    }

    static String quote(JsonNode node) {
        return quote(node.isTextual() ? node.textValue() : node.toString());
    }

    /** As a number or as a text: Avi's documents write both. */
    static OptionalInt port(JsonNode node) {
        if (node.isIntegralNumber() && node.canConvertToInt()) {
            return port(node.intValue());
        }
        var text = node.isTextual() ? node.textValue() : "";
        boolean isNumber = !text.isEmpty() && text.length() <= 5 && text.chars().allMatch(c -> c >= '0' && c <= '9');
        return isNumber ? port(Integer.parseInt(text)) : OptionalInt.empty();
    }

    private static OptionalInt port(int number) {
        return number >= 1 && number <= HIGHEST_PORT ? OptionalInt.of(number) : OptionalInt.empty();
    }
}
