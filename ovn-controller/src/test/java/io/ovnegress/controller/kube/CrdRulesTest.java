package io.ovnegress.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What API servers refuse by rules, and by keys of lists: no more than the controller refuses itself, in words like its own. */
class CrdRulesTest {
    private static final YAMLMapper YAML = new YAMLMapper();
    private static final Pattern FIELD = Pattern.compile("self\\.([a-zA-Z]+)(?!\\w*\\()");

    private final Schema schema = Schema.deployed();

    private static Stream<Path> files(String directory) {
        try (var files = Files.walk(Path.of("../deploy", directory))) {
            return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<JsonNode> documents(String text) {
        try (var values = YAML.readerFor(JsonNode.class).<JsonNode>readValues(text)) {
            return values.readAll();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> errors(JsonNode object) {
        return schema.errors(object).orElseThrow();
    }

    @Test
    void noExampleBreaksOne() {
        var known = files("examples")
                .flatMap(file -> documents(read(file)).stream())
                .filter(object -> schema.errors(object).isPresent())
                .toList();

        assertThat(known)
                .hasSizeGreaterThan(10)
                .allSatisfy(
                        object -> assertThat(errors(object)).as("%s", object).isEmpty());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "EgressRouter | {fallback: 203.0.113.9, pool: p, addresses: [10.0.0.1]} | write one of them",
                "EgressRouter | {fallback: 203.0.113.9, addresses: [10.0.0.1, 10.0.0.2]} | two if highAvailability is true",
                "EgressRouter | {fallback: 203.0.113.9, addresses: [10.0.0.1], highAvailability: true} | two if",
                "EgressRouter | {fallback: 203.0.113.9, addresses: [10.0.0.1, 10.0.0.1], highAvailability: true} | there twice",
                "EgressRouter | {fallback: 203.0.113.9, addresses: ['fd00::1', 'fd00::2']} | write one IPv6 address, two",
                "EgressRouter | {fallback: a.b, addresses: ['fd00::1', 'fd00::2', 10.0.0.1], highAvailability: true} | write one IPv4",
                "EgressRouter | {fallback: a.b, addresses: [10.0.0.1], ipFamilies: [IPv4]} | addresses say it already",
                "EgressAdminPolicy | {namespaceSelector: {}, connectionsPerSecond: 9} | OVN cannot limit new connections",
                "EgressAdminPolicy | {namespaceSelector: {}, rules: [{action: Log, connectionsPerSecond: 9}]} | OVN cannot limit",
                "EgressIPPool | {ranges: [10.0.0.0/24], annotations: {a.b/c: x}} | write annotations that begin",
                "EgressIPPool | {ranges: [10.0.0.0/24], annotations: {ovn-egress.io/pool: x}} | none of pools",
            })
    void whatARuleRefusesTheControllerRefusesToo(String kind, String spec, String message) {
        assertThat(errors(object(kind, spec))).singleElement().asString().contains(message);

        var json = "{\"metadata\":{\"name\":\"a\"},\"spec\":" + documents(spec).getFirst() + "}";
        var errors = switch (kind) {
            case "EgressRouter" ->
                EgressRouterReader.read(Serialization.unmarshal(json, EgressRouter.class))
                        .errors();
            case "EgressAdminPolicy" ->
                AdminPolicyReader.read(Serialization.unmarshal(json, EgressAdminPolicy.class))
                        .errors();
            default ->
                PoolReader.read(Serialization.unmarshal(json, EgressIpPool.class))
                        .errors();
        };
        assertThat(errors).isNotEmpty();
    }

    private static JsonNode object(String kind, String spec) {
        return documents("{kind: " + kind + ", apiVersion: ovn-egress.io/v1alpha1, metadata: {name: a}, spec: " + spec
                        + "}")
                .getFirst();
    }

    /** Of these it is the decisions that refuse them: {@code EgressRouterTest}, {@code ProxySpecTest}. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "EgressRouter | {destinations: [{port: 1, to: a.b}, {port: 1, protocol: UDP, to: a.b}]} | has [1] twice",
                "EgressProxy | {addresses: [10.0.0.1]} | one of the two",
                "EgressProxy | {addresses: [10.0.0.1], destinationsText: '*', destinationsFrom: {configMapKeyRef: {name: a, key: b}}}"
                        + " | one of the two",
            })
    void whatIsThereTwiceOrNotAtAllIsRefused(String kind, String spec, String message) {
        assertThat(errors(object(kind, spec))).singleElement().asString().contains(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "EgressRouter | {service: of-an-annotation-that-is-refused}",
                "EgressRouter | {destinationsText: 80 tcp 203.0.113.9}",
                "EgressRouter | {fallback: a.b, pool: p}",
                "EgressRouter | {fallback: a.b, pool: p, ipFamilies: [IPv4, IPv6], virtualIPs: ['2001:2::1', 198.18.0.1]}",
                "EgressRouter | {fallback: a.b, addresses: ['fd00::1']}",
                "EgressRouter | {fallback: a.b, addresses: ['fd00::1', 10.0.0.1]}",
                "EgressRouter | {fallback: a.b, addresses: ['fd00::1', 'fd00::2', 10.0.0.1, 10.0.0.2], highAvailability: true}",
                "EgressRouter | {fallback: a.b, pool: '', addresses: [10.0.0.1]}",
                "EgressRouter | {fallback: a.b, addresses: [10.0.0.1], highAvailability: false}",
                "EgressRouter | {destinations: [{port: 1, to: a.b}, {port: 2, to: a.b}], highAvailability: true}",
                "EgressRouter | {destinationsFrom: {configMapKeyRef: {name: a, key: b}}}",
                "EgressProxy | {addresses: [10.0.0.1], destinationsText: ''}",
                "EgressAdminPolicy | {namespaceSelector: {}, rules: [{action: Log}]}",
                "EgressIPPool | {ranges: [10.0.0.0/24], annotations: {ovn-egress.io/on-unassigned: Drop}}",
            })
    void whatIsWellIsLeftAlone(String kind, String spec) {
        assertThat(errors(object(kind, spec))).isEmpty();
    }

    /** An API server takes no definition with a rule that names a field that is not there, or that might cost too much. */
    @Test
    void rulesNameFieldsThatAreThereOfListsThatHaveAnEnd() {
        var places = new ArrayList<JSONSchemaProps>();
        files("crds")
                .map(file -> Serialization.unmarshal(read(file), CustomResourceDefinition.class))
                .forEach(crd -> collect(
                        crd.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema(), false, places));

        assertThat(places).hasSizeGreaterThan(4).allSatisfy(place -> {
            for (var rule : CelRules.of(place)) {
                assertThat(rule.getMessage()).isNotBlank();
                for (var field : FIELD.matcher(rule.getRule())
                        .results()
                        .map(found -> found.group(1))
                        .toList()) {
                    assertThat(place.getProperties()).as(rule.getRule()).containsKey(field);
                    var there = place.getProperties().get(field);
                    assertThat(!"array".equals(there.getType()) || there.getMaxItems() != null)
                            .as("%s has an end", field)
                            .isTrue();
                }
            }
            assertThat(place.getProperties() != null || place.getMaxProperties() != null)
                    .isTrue();
        });
    }

    /** @param endless whether it is in a list that has no end */
    private static void collect(JSONSchemaProps schema, boolean endless, List<JSONSchemaProps> places) {
        if (!CelRules.of(schema).isEmpty()) {
            assertThat(endless)
                    .as("in a list without maxItems: %s", CelRules.of(schema))
                    .isFalse();
            places.add(schema);
        }
        if (schema.getItems() != null) {
            collect(schema.getItems().getSchema(), endless || schema.getMaxItems() == null, places);
        }
        Stream.ofNullable(schema.getProperties())
                .flatMap(properties -> properties.values().stream())
                .filter(Objects::nonNull)
                .forEach(property -> collect(property, endless, places));
    }
}
