package io.ovnegress.reconciler.input;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.input.LabelSelector.Operator;
import io.ovnegress.reconciler.input.LabelSelector.Requirement;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LabelSelectorTest {
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson", "town", "springfield");

    private static boolean matches(Map<String, String> labels, Requirement... requirements) {
        return new LabelSelector(List.of(requirements)).matches(labels);
    }

    private static Requirement house(Operator operator, String... values) {
        return new Requirement("house", operator, Set.of(values));
    }

    @Test
    void noRequirementSelectsEverything() {
        assertThat(LabelSelector.EVERYTHING.matches(Map.of())).isTrue();
        assertThat(LabelSelector.EVERYTHING.matches(SIMPSON)).isTrue();
    }

    @Test
    void inNeedsOneOfTheValues() {
        assertThat(matches(SIMPSON, house(Operator.IN, "simpson"))).isTrue();
        assertThat(matches(SIMPSON, house(Operator.IN, "bouvier", "simpson"))).isTrue();
        assertThat(matches(SIMPSON, house(Operator.IN, "bouvier"))).isFalse();
        assertThat(matches(Map.of(), house(Operator.IN, "simpson"))).isFalse();
        assertThat(matches(Map.of("house", ""), house(Operator.IN, ""))).isTrue();
    }

    @Test
    void notInAlsoHoldsWhereTheKeyIsMissing() {
        assertThat(matches(SIMPSON, house(Operator.NOT_IN, "simpson"))).isFalse();
        assertThat(matches(SIMPSON, house(Operator.NOT_IN, "bouvier"))).isTrue();
        assertThat(matches(Map.of(), house(Operator.NOT_IN, "simpson"))).isTrue();
    }

    @Test
    void existsLooksAtTheKeyOnly() {
        assertThat(matches(SIMPSON, house(Operator.EXISTS))).isTrue();
        assertThat(matches(Map.of("house", ""), house(Operator.EXISTS))).isTrue();
        assertThat(matches(Map.of(), house(Operator.EXISTS))).isFalse();
        assertThat(matches(SIMPSON, house(Operator.DOES_NOT_EXIST))).isFalse();
        assertThat(matches(Map.of(), house(Operator.DOES_NOT_EXIST))).isTrue();
    }

    @Test
    void everyRequirementMustHold() {
        var springfield = new Requirement("town", Operator.IN, Set.of("springfield"));

        assertThat(matches(SIMPSON, house(Operator.IN, "simpson"), springfield)).isTrue();
        assertThat(matches(SIMPSON, house(Operator.NOT_IN, "simpson"), springfield))
                .isFalse();
        assertThat(matches(Map.of("house", "simpson"), house(Operator.IN, "simpson"), springfield))
                .isFalse();
    }
}
