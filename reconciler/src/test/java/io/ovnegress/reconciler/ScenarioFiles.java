package io.ovnegress.reconciler;

import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;

/** The files in {@code scenarios/}; README.md there says how to write one. */
final class ScenarioFiles {
    private static final Path FILES = Path.of("src/test/resources/scenarios");
    private static final YAMLMapper YAML = YAMLMapper.builder()
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
            .build();

    private ScenarioFiles() {}

    /** Every file in every order that it holds under: a test each. */
    static List<DynamicContainer> inEveryOrder(BiConsumer<Scenario, ScenarioOrder> play) throws IOException {
        return in(List.of(ScenarioOrder.values()), play);
    }

    static List<DynamicContainer> in(List<ScenarioOrder> orders, BiConsumer<Scenario, ScenarioOrder> play)
            throws IOException {
        try (var files = Files.list(FILES)) {
            return files.filter(file -> file.toString().endsWith(".yaml"))
                    .sorted()
                    .map(file -> container(file, orders, play))
                    .toList();
        }
    }

    private static DynamicContainer container(
            Path file, List<ScenarioOrder> orders, BiConsumer<Scenario, ScenarioOrder> play) {
        Stream<DynamicTest> tests;
        try {
            var scenario = YAML.readValue(file.toFile(), Scenario.class);
            tests = orders.stream()
                    .filter(order -> !scenario.except().containsKey(order))
                    .map(order ->
                            DynamicTest.dynamicTest(order.name(), file.toUri(), () -> play.accept(scenario, order)));
        } catch (IOException | RuntimeException e) {
            tests = Stream.of(DynamicTest.dynamicTest("is readable", file.toUri(), () -> {
                throw e;
            }));
        }
        return DynamicContainer.dynamicContainer(
                String.valueOf(file.getFileName()).replace(".yaml", ""), file.toUri(), tests);
    }
}
