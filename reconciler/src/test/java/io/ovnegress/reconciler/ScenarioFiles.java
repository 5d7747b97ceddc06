package io.ovnegress.reconciler;

import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.google.common.base.Supplier;
import com.google.common.base.Suppliers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
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

    /** What is to be tried with a scenario in one order. */
    interface Trial {
        /** @param asWritten everything in the database at the end when nothing is different */
        void run(Scenario scenario, ScenarioOrder order, Supplier<Set<String>> asWritten);
    }

    /** Every file in every order that it holds under: a test each. */
    static List<DynamicContainer> inEveryOrder(Trial trial) throws IOException {
        return in(List.of(ScenarioOrder.values()), trial);
    }

    static List<DynamicContainer> in(List<ScenarioOrder> orders, Trial trial) throws IOException {
        try (var files = Files.list(FILES)) {
            return files.filter(file -> file.toString().endsWith(".yaml"))
                    .sorted()
                    .map(file -> container(file, orders, trial))
                    .toList();
        }
    }

    private static DynamicContainer container(Path file, List<ScenarioOrder> orders, Trial trial) {
        Stream<DynamicTest> tests;
        try {
            var scenario = YAML.readValue(file.toFile(), Scenario.class);
            var asWritten = Suppliers.memoize(() -> new ScenarioRun(scenario, ScenarioOrder.AS_WRITTEN).play());
            tests = orders.stream()
                    .filter(order -> !scenario.except().containsKey(order))
                    .map(order -> DynamicTest.dynamicTest(
                            order.name(), file.toUri(), () -> trial.run(scenario, order, asWritten)));
        } catch (IOException | RuntimeException e) {
            tests = Stream.of(DynamicTest.dynamicTest("is readable", file.toUri(), () -> {
                throw e;
            }));
        }
        return DynamicContainer.dynamicContainer(
                String.valueOf(file.getFileName()).replace(".yaml", ""), file.toUri(), tests);
    }
}
