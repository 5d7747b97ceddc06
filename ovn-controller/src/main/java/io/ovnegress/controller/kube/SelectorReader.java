package io.ovnegress.controller.kube;

import static io.ovnegress.controller.kube.EgressIpReader.isAbsent;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.LabelSelector.Operator;
import io.ovnegress.reconciler.input.LabelSelector.Requirement;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads a {@code metav1.LabelSelector}, as strictly as Kubernetes itself: a selector that is not understood in full selects
 * nothing, since one that is understood in part might select too much.
 */
final class SelectorReader {
    // apimachinery, validation.IsQualifiedName and IsValidLabelValue
    private static final Pattern KEY =
            Pattern.compile("([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?");
    private static final Pattern VALUE = Pattern.compile("([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?");

    private final String field;
    private final List<String> errors = new ArrayList<>();

    /**
     * @param field where the selector is, for errors
     */
    SelectorReader(String field) {
        this.field = field;
    }

    /** The selector, or empty if there are {@link #errors}. */
    Optional<LabelSelector> read(JsonNode selector) {
        if (!selector.isObject()) {
            errors.add(field + " is not an object");
            return Optional.empty();
        }
        var requirements = new ArrayList<Requirement>();
        var labels = selector.path("matchLabels");
        if (!isAbsent(labels) && !labels.isObject()) {
            errors.add(field + ".matchLabels is not a map");
        }
        labels.properties()
                .forEach(label -> requirements.add(
                        matchLabel(label.getKey(), label.getValue(), field + ".matchLabels[" + label.getKey() + "]")));
        var expressions = selector.path("matchExpressions");
        if (!isAbsent(expressions) && !expressions.isArray()) {
            errors.add(field + ".matchExpressions is not a list");
        } else {
            for (int i = 0; i < expressions.size(); i++) {
                expression(expressions.get(i), field + ".matchExpressions[" + i + "]")
                        .ifPresent(requirements::add);
            }
        }
        return errors.isEmpty() ? Optional.of(new LabelSelector(requirements)) : Optional.empty();
    }

    /** What is wrong, each naming its field; empty if nothing is. */
    List<String> errors() {
        return List.copyOf(errors);
    }

    private Requirement matchLabel(String key, JsonNode value, String where) {
        checkKey(key, where);
        // As in Go: a null decodes to the empty text.
        return new Requirement(key, Operator.IN, Set.of(value.isNull() ? "" : value(value, where)));
    }

    private Optional<Requirement> expression(JsonNode expression, String where) {
        var named = expression.path("key");
        var key = named.isTextual() ? named.textValue() : "";
        checkKey(key, where + ".key");
        var operator = operator(expression.path("operator"), where);
        if (operator.isEmpty()) {
            return Optional.empty();
        }
        var values = values(expression.path("values"), where + ".values");
        boolean takesValues = operator.get() == Operator.IN || operator.get() == Operator.NOT_IN;
        if (takesValues == values.isEmpty()) {
            errors.add(where + ".values must " + (takesValues ? "not be empty" : "be empty") + " for operator "
                    + expression.path("operator").asText());
        }
        return Optional.of(new Requirement(key, operator.get(), values));
    }

    private Optional<Operator> operator(JsonNode operator, String where) {
        return switch (operator.asText("")) {
            case "In" -> Optional.of(Operator.IN);
            case "NotIn" -> Optional.of(Operator.NOT_IN);
            case "Exists" -> Optional.of(Operator.EXISTS);
            case "DoesNotExist" -> Optional.of(Operator.DOES_NOT_EXIST);
            default -> {
                errors.add(where + ".operator " + (operator.isMissingNode() ? "is missing" : operator + " is unknown")
                        + ": use In, NotIn, Exists or DoesNotExist");
                yield Optional.empty();
            }
        };
    }

    private Set<String> values(JsonNode values, String where) {
        if (!isAbsent(values) && !values.isArray()) {
            errors.add(where + " is not a list");
            return Set.of();
        }
        var texts = new LinkedHashSet<String>();
        values.forEach(value -> texts.add(value(value, where)));
        return texts;
    }

    private String value(JsonNode value, String where) {
        if (!value.isTextual() || !VALUE.matcher(value.textValue()).matches()) {
            errors.add(where + ": " + value + " is not a label value");
            return "";
        }
        return value.textValue();
    }

    private void checkKey(String key, String where) {
        if (!KEY.matcher(key).matches()) {
            errors.add(where + ": \"" + key + "\" is not a label key");
        }
    }
}
