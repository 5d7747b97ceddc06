package io.ovnegress.it.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.process.ControllerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the AOT cache of the image holds: trained here with few pods, for which the same classes are needed. */
@Tag("long")
class TrainingTest {
    private static final Path LAUNCHER = Path.of("../ovn-egress");
    private static final List<String> AS_BUILT = List.of("--no-build");
    private static final int PODS = 20;

    @TempDir
    private Path directory;

    @BeforeEach
    void needABuildAndAJvmWithCaches() throws IOException {
        Assumptions.assumeTrue(Runtime.version().feature() >= 25, "Java 25 and newer have AOT caches");
        var target = Path.of("../ovn-controller/target");
        Assumptions.assumeTrue(Files.isDirectory(target.resolve("lib")), "nothing is packaged");
    }

    @Test
    void toServeAndMovePodsNoClassOfTheProgramIsReadFromAJar() throws IOException {
        var cache = directory.resolve("cache");
        Training.train(LAUNCHER, cache, AS_BUILT, PODS, 1);

        var loaded = directory.resolve("loaded");
        serveAndMove("-XX:AOTCache=" + cache + " -Xlog:class+load:file=" + loaded);

        var ours = Files.readAllLines(loaded).stream()
                .filter(line -> line.contains(" io.ovnegress.") && !line.contains(".cli."))
                .toList();
        assertThat(ours)
                .filteredOn(line -> line.contains("shared objects file"))
                .hasSizeGreaterThan(300);
        assertThat(ours).filteredOn(line -> line.contains(".jar")).isEmpty();
    }

    private static void serveAndMove(String javaOptions) {
        try (var api = KubeApi.embedded(EgressIps.CONTEXT);
                var database = BenchDatabase.withNorthd(Run.NODES)) {
            database.addPorts(PODS, 1);
            BenchCluster.fill(api, PODS);
            var flags = new ArrayList<>(ControllerProcess.flags(api.controllerKubeconfig(), database.address()));
            flags.addAll(AS_BUILT);
            try (var controller =
                    ControllerProcess.withLauncher(LAUNCHER, Map.of("OVN_EGRESS_JAVA_OPTS", javaOptions), flags)) {
                controller.start().awaitReady();
                new BenchCluster(api, database, PODS).serveAndMove(controller);
            }
        }
    }
}
