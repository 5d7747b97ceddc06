package io.ovnegress.controller.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import java.math.BigInteger;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;

/**
 * Specs as somebody writes them where no definition checks them: fields as the schema has them, or absent, and in most specs some of
 * another type or with another text. An object is drawn from its schema, so that a new field is drawn too.
 */
public final class RandomSpecs {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    /** What texts of these schemas mean, and what looks like it. */
    private static final List<String> TEXTS = List.of(
            "10.0.0.0/24",
            "10.1.2.3/8",
            "2001:DB8::1/64",
            "0.0.0.0/0",
            "::/0",
            "10.0.0.7",
            "fd00::7",
            "::ffff:10.0.0.7",
            "10.0.0.5-10.0.0.9",
            "10.0.0.9 - 10.0.0.5",
            "fd00::1-10.0.0.1",
            "10.0.0.0/33",
            "10.0.0.0/-1",
            "10.0.0.0/٢٤",
            "010.0.0.1/8",
            "fe80::1%eth0/64",
            "www.example.com",
            "WWW.Example.Com.",
            "*.example.com",
            "-",
            "/",
            ".",
            "",
            " ",
            "1h30m",
            "0s",
            "99999h99999m99999s",
            "TCP",
            "udp",
            "SCTP",
            "team",
            "ovn-egress.io/x",
            "a b",
            "line\nline",
            "\u0000",
            "\ud800",
            "80 tcp 10.0.0.7",
            "!*.example.com\n*",
            "x".repeat(300));

    /** Where a schema leaves it open, it is labels and names mostly. */
    private static final Pattern LABEL = Pattern.compile("[a-z0-9][a-z0-9.-]*");

    private static final List<String> KEYS = List.of(
            "ovn-egress.io/on-unassigned",
            "ovn-egress.io/never-else",
            "team",
            "ovn-egress.io/pool",
            "a.b/c",
            "",
            "é",
            "k".repeat(400),
            "cidrSelector");

    private final Random random;
    /** Of a hundred values so many are what they should not be. */
    private final int wrong;

    private RandomSpecs(Random random) {
        this.random = random;
        this.wrong = List.of(0, 2, 10).get(random.nextInt(3));
    }

    private boolean isWrong() {
        return random.nextInt(100) < wrong;
    }

    /** Of objects of a kind that deploy/crds defines. */
    public static Arbitrary<JsonNode> of(String kind) {
        var schema = Schema.deployed().of(kind).getProperties().get("spec");
        return Arbitraries.randomValue(random -> new RandomSpecs(random).value(schema));
    }

    private JsonNode value(JSONSchemaProps schema) {
        if (isWrong()) {
            return anything(3);
        }
        return switch (schema.getType()) {
            case "object" -> object(schema);
            case "array" -> {
                var list = JSON.arrayNode();
                for (int i = random.nextInt(4); i > 0; i--) {
                    list.add(value(schema.getItems().getSchema()));
                }
                yield list;
            }
            case "integer" -> JSON.numberNode(isWrong() ? random.nextLong() : 1 + random.nextInt(100));
            case "boolean" -> JSON.booleanNode(random.nextBoolean());
            default ->
                schema.getEnum() == null || schema.getEnum().isEmpty()
                        ? JSON.textNode(text(schema))
                        : pick(schema.getEnum());
        };
    }

    private String text(JSONSchemaProps schema) {
        var fitting =
                TEXTS.stream().filter(text -> isWrong() || fits(text, schema)).toList();
        return pick(fitting.isEmpty() ? TEXTS : fitting);
    }

    private static boolean fits(String text, JSONSchemaProps schema) {
        boolean isShort = schema.getMaxLength() == null || text.length() <= schema.getMaxLength();
        return schema.getPattern() == null
                ? isShort && LABEL.matcher(text).matches()
                : isShort && Pattern.compile(schema.getPattern()).matcher(text).find();
    }

    private JsonNode object(JSONSchemaProps schema) {
        var object = JSON.objectNode();
        if (schema.getProperties() != null) {
            int least = schema.getMaxProperties() == null ? 70 : 0; // of these there is one, mostly
            schema.getProperties().forEach((name, of) -> {
                boolean isRequired =
                        schema.getRequired() != null && schema.getRequired().contains(name);
                if (random.nextInt(100) < least || (isRequired && !isWrong())) {
                    object.set(name, value(of));
                }
            });
            if (least == 0 && !schema.getProperties().isEmpty()) {
                var name = pick(List.copyOf(schema.getProperties().keySet()));
                object.set(name, value(schema.getProperties().get(name)));
            }
        }
        if (schema.getAdditionalProperties() != null) {
            for (int i = random.nextInt(3); i > 0; i--) {
                object.set(
                        pick(isWrong() ? KEYS : KEYS.subList(0, 2)),
                        value(schema.getAdditionalProperties().getSchema()));
            }
        }
        if (object.path("operator").asText().matches("Exists|DoesNotExist") && !isWrong()) {
            object.remove("values");
        }
        if (isWrong()) {
            object.set(pick(KEYS), anything(2));
        }
        return object;
    }

    private JsonNode anything(int depth) {
        return switch (random.nextInt(depth == 0 ? 7 : 9)) {
            case 0 -> JSON.nullNode();
            case 1 -> JSON.booleanNode(random.nextBoolean());
            case 2 -> JSON.numberNode(random.nextInt(70_000) - 2);
            case 3 -> JSON.numberNode(new BigInteger(80, random));
            case 4 -> JSON.numberNode(random.nextGaussian() * 100);
            case 5, 6 -> JSON.textNode(pick(TEXTS));
            case 7 -> {
                var list = JSON.arrayNode();
                for (int i = random.nextInt(3); i > 0; i--) {
                    list.add(anything(depth - 1));
                }
                yield list;
            }
            default -> {
                var object = JSON.objectNode();
                for (int i = random.nextInt(3); i > 0; i--) {
                    object.set(pick(KEYS), anything(depth - 1));
                }
                yield object;
            }
        };
    }

    private <T> T pick(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }
}
