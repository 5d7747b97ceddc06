package io.ovnegress.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.process.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When the launcher builds into its checkout, and what it says; in a copy of it whose build only makes a note. */
class LauncherTest {
    private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");

    @TempDir
    private Path checkout;

    @BeforeEach
    void copyTheLauncher() throws IOException {
        Files.createDirectories(checkout.resolve(".mvn"));
        for (var file : List.of("ovn-egress", "kubectl-egress", "ovn-egress.jvm", "ovn-egress.jvm25")) {
            Files.copy(Path.of("..", file), checkout.resolve(file));
        }
        Files.copy(Path.of("../.mvn/find-jdk.sh"), checkout.resolve(".mvn/find-jdk.sh"));
        for (var module : new String[] {"ovsdb-model", "reconciler", "ovn-controller"}) {
            Files.createDirectories(checkout.resolve(module + "/src/main"));
            write(module + "/pom.xml", NOW);
        }
        write("pom.xml", NOW);
        Files.writeString(checkout.resolve("mvnw"), """
                #!/bin/sh
                touch built
                mkdir -p ovn-controller/target/lib
                touch ovn-controller/target/ovn-controller-1.jar
                """);
        assertThat(checkout.resolve("mvnw").toFile().setExecutable(true)).isTrue();
    }

    private void write(String file, Instant modified) throws IOException {
        var path = checkout.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, "");
        Files.setLastModifiedTime(path, FileTime.from(modified));
    }

    private void build(Instant at) throws IOException {
        Files.createDirectories(checkout.resolve("ovn-controller/target/lib"));
        write("ovn-controller/target/ovn-controller-1.jar", at);
    }

    private Command.Output launch(String... arguments) {
        var line = new ArrayList<String>();
        line.add(checkout.resolve("ovn-egress").toString());
        line.addAll(List.of(arguments));
        return new Command(line, Map.of()).run();
    }

    private boolean hasBuilt() {
        return Files.exists(checkout.resolve("built"));
    }

    @Test
    void whereThereIsNoBuildItBuildsAndSaysWhereAndHowToDoWithout() {
        var run = launch("--version");

        assertThat(hasBuilt()).isTrue();
        assertThat(run.standardError())
                .startsWith("ovn-egress: building into " + checkout + "/*/target, because there is no build")
                .contains("(--no-build runs what is there)");
        assertThat(run.standardOutput()).isEmpty();
    }

    @Test
    void sourcesThatAreNewerThanTheBuildAreBuiltAndTheFirstOfThemIsNamed() throws IOException {
        build(NOW.plusSeconds(10));
        write("reconciler/src/main/Changed.java", NOW.plusSeconds(20));

        var run = launch("--version");

        assertThat(hasBuilt()).isTrue();
        assertThat(run.standardError()).contains("because reconciler/src/main/Changed.java is newer than the build");
    }

    @Test
    void aBuildOfTheseSourcesRunsAsItIsWithoutAWord() throws IOException {
        build(NOW.plusSeconds(10));

        assertThat(launch("--version").standardError()).doesNotContain("building");
        assertThat(hasBuilt()).isFalse();
    }

    @Test
    void onRequestWhatIsThereRunsAlthoughSourcesAreNewer() throws IOException {
        build(NOW.plusSeconds(10));
        write("reconciler/src/main/Changed.java", NOW.plusSeconds(20));

        assertThat(launch("run", "--no-build").standardError())
                .doesNotContain("building")
                .contains("Main"); // the jar is none
        assertThat(hasBuilt()).isFalse();
    }

    @Test
    void kubectlRunsItAsItsPluginFromWhereverItIsLinked() throws IOException {
        build(NOW.plusSeconds(10));
        var path = Files.createDirectory(checkout.resolve("bin"));
        Files.createSymbolicLink(path.resolve("kubectl-egress"), checkout.resolve("kubectl-egress"));

        var run = new Command(List.of(path.resolve("kubectl-egress").toString(), "whatif", "--lose", "a"), Map.of())
                .run();

        assertThat(run.standardError()).doesNotContain("there is no build").contains("Main"); // the jar is none
    }

    @Test
    void onRequestWithoutABuildItEndsAndSaysWhatToDo() {
        var run = launch("--no-build", "--version");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.standardError()).contains("there is no build in").contains("make build");
        assertThat(hasBuilt()).isFalse();
    }
}
