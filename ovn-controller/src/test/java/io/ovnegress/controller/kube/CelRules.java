package io.ovnegress.controller.kube;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cel.bundle.Cel;
import dev.cel.bundle.CelFactory;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.SimpleType;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRule;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code x-kubernetes-validations}, as an API server asks them, by the language's own implementation for Java. Stateless. */
final class CelRules {
    private static final Cel CEL = CelFactory.plannerCelBuilder()
            .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
            .addVar("self", SimpleType.DYN)
            .build();
    /** As in Go there is one kind of integer. */
    private static final ObjectMapper VALUES = new ObjectMapper().enable(DeserializationFeature.USE_LONG_FOR_INTS);

    private CelRules() {}

    static List<ValidationRule> of(JSONSchemaProps schema) {
        return Optional.ofNullable(schema.getXKubernetesValidations()).orElse(List.of());
    }

    /** The messages of the rules that the value breaks. */
    static List<String> broken(JsonNode value, JSONSchemaProps schema) {
        return of(schema).stream()
                .filter(rule -> !holds(rule.getRule(), value))
                .map(ValidationRule::getMessage)
                .toList();
    }

    /** @throws AssertionError if it is no expression, or none that is true or false */
    private static boolean holds(String rule, JsonNode self) {
        try {
            return (Boolean) CEL.createProgram(CEL.compile(rule).getAst())
                    .eval(Map.of("self", VALUES.convertValue(self, Object.class)));
        } catch (CelValidationException | CelEvaluationException | ClassCastException e) {
            throw new AssertionError(rule, e);
        }
    }
}
