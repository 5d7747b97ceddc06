package io.ovnegress.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The commands of the runbook as they stand in the text, one block after the other: against a real OVN with a running controller and,
 * for kubectl, a real API server. A block that cannot be run says why in a comment above it.
 */
class RunbookTest {
    private static final Path RUNBOOK = Path.of("../docs/operations.md");
    private static final Path README = Path.of("../README.md");

    @Test
    void everyBlockSaysWhetherItIsForTheShell() {
        for (var file : List.of(RUNBOOK, README)) {
            assertThat(ShellBlock.of(file))
                    .as("a fence without a language: sh is run, text is not")
                    .noneMatch(block -> block.language().isEmpty());
        }
    }

    @Test
    void everyShellBlockOfTheReadmeSaysWhyItIsNotRunHere() {
        assertThat(ShellBlock.of(README).stream().filter(ShellBlock::isShell))
                .isNotEmpty()
                .allMatch(block -> block.reason().isPresent());
    }

    @TestFactory
    Stream<DynamicTest> aBlockOfTheRunbookRuns() {
        var blocks = ShellBlock.of(RUNBOOK).stream()
                .filter(ShellBlock::isShell)
                .filter(block -> block.reason().isEmpty())
                .toList();
        assertThat(blocks).hasSizeGreaterThan(10);
        var world = RunbookWorld.start();
        return blocks.stream()
                .map(block -> DynamicTest.dynamicTest(block.place() + " " + block.section(), () -> {
                    world.enter(block.section());
                    world.expect(block);
                    Assumptions.assumeTrue(
                            !block.needsApi() || world.hasRealApi(),
                            "there is no real API server here: make test-kube runs this with one");
                    var run = world.run(block.text());
                    assertThat(run.exitCode())
                            .as("%s%n%s%s%s", block.text(), run.standardOutput(), run.standardError(), world.log())
                            .isZero();
                    if (block.text().contains("remove-rows.sh\n")) {
                        assertThat(world.rowsOfOurs()).isEmpty();
                    }
                }))
                .onClose(world::close);
    }
}
