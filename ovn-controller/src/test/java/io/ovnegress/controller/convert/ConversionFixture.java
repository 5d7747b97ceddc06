package io.ovnegress.controller.convert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Manifests as they are written in the documents of other systems, and what becomes of them. */
final class ConversionFixture {
    private static final Path MANIFESTS = Path.of("src/test/resources/convert");

    private ConversionFixture() {}

    static List<Path> all() {
        try (var files = Files.list(MANIFESTS)) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Converted convert(Choices choices, String... files) {
        var documents = new ArrayList<JsonNode>();
        for (var file : files) {
            try {
                documents.addAll(documents(Files.readString(MANIFESTS.resolve(file))));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return Conversion.of(documents, choices);
    }

    static Converted convert(String... files) {
        return convert(Choices.NONE, files);
    }

    static Converted convertText(String yaml) {
        return Conversion.of(documents(yaml), Choices.NONE);
    }

    static List<JsonNode> documents(String yaml) {
        try (var values = new YAMLMapper().readerFor(JsonNode.class).<JsonNode>readValues(yaml)) {
            return values.readAll();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The one object of the kind. */
    static JsonNode only(Converted converted, String kind) {
        var found = objects(converted, kind);
        if (found.size() != 1) {
            throw new AssertionError(found.size() + " of " + kind + ": " + converted);
        }
        return found.getFirst();
    }

    static List<JsonNode> objects(Converted converted, String kind) {
        return converted.objects().stream()
                .filter(object -> object.path("kind").asText().equals(kind))
                .toList();
    }

    /** What is said of the verdict, joined. */
    static String said(Converted converted, Verdict verdict) {
        return converted.report().stream()
                .filter(line -> line.verdict() == verdict)
                .map(line -> line.object() + ": " + line.text() + "\n")
                .reduce("", String::concat);
    }

    static JsonNode yaml(String text) {
        return documents(text).getFirst();
    }
}
