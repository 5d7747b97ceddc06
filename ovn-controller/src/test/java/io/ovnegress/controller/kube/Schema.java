package io.ovnegress.controller.kube;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** What the definitions in deploy/crds say about an object, as an API server with strict validation and CEL does. */
public final class Schema {
    private final List<CustomResourceDefinition> definitions;

    private Schema(List<CustomResourceDefinition> definitions) {
        this.definitions = definitions;
    }

    public static Schema deployed() {
        try (var files = Files.walk(Path.of("../deploy/crds"))) {
            return new Schema(files.filter(file -> file.toString().endsWith(".yaml"))
                    .map(Schema::read)
                    .toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static CustomResourceDefinition read(Path file) {
        try {
            return Serialization.unmarshal(Files.readString(file), CustomResourceDefinition.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What is wrong with the object; empty if its kind is not defined there. */
    public Optional<List<String>> errors(JsonNode object) {
        var version = object.path("apiVersion").asText();
        return definitions.stream()
                .filter(definition -> definition
                        .getSpec()
                        .getNames()
                        .getKind()
                        .equals(object.path("kind").asText()))
                .filter(definition -> version.startsWith(definition.getSpec().getGroup() + "/"))
                .findFirst()
                .map(definition -> {
                    var errors = new ArrayList<String>();
                    var schema = definition.getSpec().getVersions().getFirst().getSchema();
                    check(object, schema.getOpenAPIV3Schema(), "", errors);
                    return errors;
                });
    }

    /** The schema of a kind that is defined there. */
    JSONSchemaProps of(String kind) {
        return definitions.stream()
                .map(CustomResourceDefinition::getSpec)
                .filter(spec -> spec.getNames().getKind().equals(kind))
                .findFirst()
                .orElseThrow()
                .getVersions()
                .getFirst()
                .getSchema()
                .getOpenAPIV3Schema();
    }

    /** What of a spec is of another type than its kind says, known fields only; a null is as if it were absent. */
    public List<String> wrongTypes(String kind, JsonNode spec) {
        var errors = new ArrayList<String>();
        types(spec, of(kind).getProperties().get("spec"), "spec", errors);
        return errors;
    }

    private static void types(JsonNode value, JSONSchemaProps schema, String path, List<String> errors) {
        if (value.isNull()) {
            return;
        }
        if (!isOfType(value, schema)) {
            errors.add(path + " is no " + schema.getType());
        } else if (value.isArray()) {
            for (int i = 0; i < value.size(); i++) {
                types(value.get(i), schema.getItems().getSchema(), path + "[" + i + "]", errors);
            }
        } else if (schema.getProperties() != null) {
            schema.getProperties().forEach((name, of) -> {
                if (value.has(name)) {
                    types(value.get(name), of, path + "." + name, errors);
                }
            });
        } else if (schema.getAdditionalProperties() != null) {
            value.properties()
                    .forEach(field -> types(
                            field.getValue(),
                            schema.getAdditionalProperties().getSchema(),
                            path + "." + field.getKey(),
                            errors));
        }
    }

    private static boolean isOfType(JsonNode value, JSONSchemaProps schema) {
        return switch (schema.getType()) {
            case "object" -> value.isObject();
            case "array" -> value.isArray();
            case "integer" -> value.isIntegralNumber();
            case "boolean" -> value.isBoolean();
            default -> value.isTextual();
        };
    }

    private static void check(JsonNode value, JSONSchemaProps schema, String path, List<String> errors) {
        if (path.equals("/metadata")) {
            return;
        }
        if (!isOfType(value, schema)) {
            errors.add(path + " is no " + schema.getType());
            return;
        }
        text(value, schema, path, errors);
        keys(value, schema, path, errors);
        CelRules.broken(value, schema).forEach(message -> errors.add(path + ": " + message));
        boolean isTooSmall = schema.getMinimum() != null && value.asDouble() < schema.getMinimum();
        boolean isTooLarge = schema.getMaximum() != null && value.asDouble() > schema.getMaximum();
        if (isTooSmall || isTooLarge) {
            errors.add(path + " is out of bounds");
        }
        if (schema.getRequired() != null) {
            schema.getRequired().stream()
                    .filter(field -> !value.has(field))
                    .forEach(field -> errors.add(path + "/" + field + " is missing"));
        }
        if (value.isArray()) {
            for (int i = 0; i < value.size(); i++) {
                check(value.get(i), schema.getItems().getSchema(), path + "/" + i, errors);
            }
        }
        value.properties().forEach(field -> {
            var at = path + "/" + field.getKey();
            var of = schema.getProperties() == null
                    ? null
                    : schema.getProperties().get(field.getKey());
            if (of != null) {
                check(field.getValue(), of, at, errors);
            } else if (schema.getAdditionalProperties() != null) {
                check(field.getValue(), schema.getAdditionalProperties().getSchema(), at, errors);
            } else if (!Boolean.TRUE.equals(schema.getXKubernetesPreserveUnknownFields())) {
                errors.add(at + " is unknown");
            }
        });
    }

    /** Elements of a list are told apart by these fields. */
    private static void keys(JsonNode value, JSONSchemaProps schema, String path, List<String> errors) {
        if ("map".equals(schema.getXKubernetesListType())) {
            var seen = new HashSet<List<JsonNode>>();
            for (var element : value) {
                var key = schema.getXKubernetesListMapKeys().stream()
                        .map(element::path)
                        .toList();
                if (!seen.add(key)) {
                    errors.add(path + " has " + key + " twice");
                }
            }
        }
    }

    private static void text(JsonNode value, JSONSchemaProps schema, String path, List<String> errors) {
        if (schema.getPattern() != null
                && !Pattern.compile(schema.getPattern()).matcher(value.asText()).find()) {
            errors.add(path + " does not match " + schema.getPattern());
        }
        if (schema.getEnum() != null
                && !schema.getEnum().isEmpty()
                && !schema.getEnum().contains(value)) {
            errors.add(path + " is none of " + schema.getEnum());
        }
    }
}
