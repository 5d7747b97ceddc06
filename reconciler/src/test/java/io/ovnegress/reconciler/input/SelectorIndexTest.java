package io.ovnegress.reconciler.input;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.input.LabelSelector.Operator;
import io.ovnegress.reconciler.input.LabelSelector.Requirement;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class SelectorIndexTest {
    /** Puts a selector under a key, or takes it away. */
    record Step(int key, Optional<LabelSelector> selector) {}

    @Property
    void findsWhatEvaluatingEverySelectorFinds(
            @ForAll("steps") List<Step> steps, @ForAll("labelMaps") List<Map<String, String>> labelMaps) {
        var index = new SelectorIndex<Integer>();
        var model = new HashMap<Integer, LabelSelector>();
        for (var step : steps) {
            step.selector()
                    .ifPresentOrElse(selector -> index.put(step.key(), selector), () -> index.remove(step.key()));
            step.selector()
                    .ifPresentOrElse(selector -> model.put(step.key(), selector), () -> model.remove(step.key()));
        }

        for (var labels : labelMaps) {
            var expected = new HashSet<Integer>();
            model.forEach((key, selector) -> {
                if (selector.matches(labels)) {
                    expected.add(key);
                }
            });
            assertThat(index.matching(labels)).isEqualTo(expected);
        }
        for (int key = 0; key < 8; key++) {
            assertThat(index.selector(key)).isEqualTo(Optional.ofNullable(model.get(key)));
        }
    }

    @Example
    void aSelectorPutAgainReplacesTheEarlierOne() {
        var index = new SelectorIndex<String>();
        index.put("a", selector("house", Operator.IN, "simpson"));
        index.put("a", selector("house", Operator.IN, "bouvier"));

        assertThat(index.matching(Map.of("house", "simpson"))).isEmpty();
        assertThat(index.matching(Map.of("house", "bouvier"))).containsExactly("a");
    }

    @Example
    void theAnswerDoesNotChangeWithTheIndex() {
        var index = new SelectorIndex<String>();
        index.put("a", LabelSelector.EVERYTHING);

        var found = index.matching(Map.of());
        index.remove("a");

        assertThat(found).containsExactly("a");
        assertThat(index.matching(Map.of())).isEmpty();
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 7), selectors().optional(0.8))
                .as(Step::new)
                .list()
                .ofMaxSize(20);
    }

    @Provide
    Arbitrary<List<Map<String, String>>> labelMaps() {
        return Arbitraries.maps(keys(), values())
                .ofMaxSize(3)
                .list()
                .ofMinSize(1)
                .ofMaxSize(5);
    }

    private static Arbitrary<LabelSelector> selectors() {
        var withValues = Combinators.combine(
                        keys(),
                        Arbitraries.of(Operator.IN, Operator.NOT_IN),
                        values().set().ofMinSize(1).ofMaxSize(3))
                .as(Requirement::new);
        var withoutValues = Combinators.combine(keys(), Arbitraries.of(Operator.EXISTS, Operator.DOES_NOT_EXIST))
                .as((key, operator) -> new Requirement(key, operator, Set.of()));
        return Arbitraries.oneOf(List.of(withValues, withoutValues))
                .list()
                .ofMaxSize(3)
                .map(LabelSelector::new);
    }

    private static Arbitrary<String> keys() {
        return Arbitraries.of("house", "town", "env");
    }

    private static Arbitrary<String> values() {
        return Arbitraries.of("simpson", "bouvier", "springfield", "");
    }

    private static LabelSelector selector(String key, Operator operator, String... values) {
        return new LabelSelector(List.of(new Requirement(key, operator, Set.of(values))));
    }
}
