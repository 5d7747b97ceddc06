package io.ovnegress.reconciler;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every file in {@code scenarios/}, in every order; README.md there says how to write one. */
class ScenarioTest {
    private static final Path FILES = Path.of("src/test/resources/scenarios");
    private static final YAMLMapper YAML = YAMLMapper.builder()
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
            .build();

    @TestFactory
    List<DynamicContainer> scenario() throws IOException {
        try (var files = Files.list(FILES)) {
            return files.filter(file -> file.toString().endsWith(".yaml"))
                    .sorted()
                    .map(ScenarioTest::inEveryOrder)
                    .toList();
        }
    }

    private static DynamicContainer inEveryOrder(Path file) {
        Stream<DynamicTest> tests;
        try {
            var scenario = YAML.readValue(file.toFile(), Scenario.class);
            tests = Arrays.stream(ScenarioOrder.values())
                    .filter(order -> !scenario.except().containsKey(order))
                    .map(order -> DynamicTest.dynamicTest(order.name(), file.toUri(), () -> play(scenario, order)));
        } catch (IOException | RuntimeException e) {
            tests = Stream.of(DynamicTest.dynamicTest("is readable", file.toUri(), () -> {
                throw e;
            }));
        }
        return DynamicContainer.dynamicContainer(
                String.valueOf(file.getFileName()).replace(".yaml", ""), file.toUri(), tests);
    }

    private static void play(Scenario scenario, ScenarioOrder order) {
        var reference = new ScenarioRun(scenario, ScenarioOrder.AS_WRITTEN).play();
        var content = new ScenarioRun(scenario, order).play();
        assertThat(content)
                .as("everything in the database, as when nothing is different")
                .isEqualTo(reference);
    }
}
