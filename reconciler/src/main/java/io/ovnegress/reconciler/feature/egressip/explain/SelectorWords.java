package io.ovnegress.reconciler.feature.egressip.explain;

import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.LabelSelector.Requirement;
import io.ovnegress.reconciler.northbound.PrintableText;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Selectors as kubectl writes them, and what labels lack to be selected. Pure. */
final class SelectorWords {
    private static final int VALUE_LIMIT = 120;

    private SelectorWords() {}

    /** As in {@code house=simpson,tier in (a, b)}; what selects everything is called so. */
    static String of(LabelSelector selector) {
        return selector.requirements().isEmpty()
                ? "everything"
                : selector.requirements().stream().map(SelectorWords::of).collect(Collectors.joining(","));
    }

    private static String of(Requirement requirement) {
        var key = requirement.key();
        var values = new TreeSet<>(requirement.values());
        var text = switch (requirement.operator()) {
            case IN -> values.size() == 1 ? key + "=" + values.first() : key + " in " + inBrackets(values);
            case NOT_IN -> values.size() == 1 ? key + "!=" + values.first() : key + " notin " + inBrackets(values);
            case EXISTS -> key;
            case DOES_NOT_EXIST -> "!" + key;
        };
        return PrintableText.of(text, VALUE_LIMIT);
    }

    private static String inBrackets(Set<String> values) {
        return "(" + String.join(", ", values) + ")";
    }

    static List<Requirement> unmet(LabelSelector selector, Map<String, String> labels) {
        return selector.requirements().stream()
                .filter(requirement -> !requirement.matches(labels))
                .toList();
    }

    /** As in {@code house=simpson (it is bouvier)}. */
    static String asked(List<Requirement> unmet, Map<String, String> labels) {
        return unmet.stream()
                .map(requirement -> of(requirement) + " ("
                        + Optional.ofNullable(labels.get(requirement.key()))
                                .map(value -> "it is " + PrintableText.of(value, VALUE_LIMIT))
                                .orElse("it has none")
                        + ")")
                .collect(Collectors.joining(" and "));
    }
}
