package io.ovnegress.it.bench;

import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.process.Command;
import io.ovnegress.it.harness.process.ControllerProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Lets the program do what it is for, so that the JVM's AOT cache (JEP 514, 515) holds the classes and profiles of that work: pods
 * by the thousand get and lose an egress IP and their node, in a real database with a real ovn-northd, beside an embedded API.
 */
public final class Training {
    private static final int PODS = 2_000;
    /** By then the JVM has found out what is worth compiling well, which is what the cache remembers. */
    private static final int TIMES = 8;

    private Training() {}

    /**
     * @param arguments the launcher, the file that the controller's cache becomes, and the one that that of questions becomes
     */
    public static void main(String[] arguments) {
        train(Path.of(arguments[0]), Path.of(arguments[1]), Optional.of(Path.of(arguments[2])), List.of(), PODS, TIMES);
        System.exit(0);
    }

    /**
     * @param more flags of the controller
     * @param times how often pods get and lose their egress IP
     */
    static void train(Path launcher, Path cache, List<String> more, int pods, int times) {
        train(launcher, cache, Optional.empty(), more, pods, times);
    }

    private static void train(
            Path launcher, Path cache, Optional<Path> ofQuestions, List<String> more, int pods, int times) {
        try (var api = KubeApi.embedded(EgressIps.CONTEXT);
                var database = BenchDatabase.withNorthd(Run.NODES)) {
            database.addPorts(pods, 1);
            BenchCluster.fill(api, pods / 2);
            var flags = new ArrayList<>(ControllerProcess.flags(api.controllerKubeconfig(), database.address()));
            flags.addAll(more);
            try (var controller = ControllerProcess.withLauncher(
                    launcher, Map.of("OVN_EGRESS_JAVA_OPTS", "-XX:AOTCacheOutput=" + cache), flags)) {
                controller.start().awaitReady();
                BenchCluster.createPods(api, pods / 2, pods);
                var cluster = new BenchCluster(api, database, pods);
                for (int time = 0; time < times; time++) {
                    cluster.serveAndMove(controller);
                }
                ofQuestions.ifPresent(file -> ask(launcher, file, controller));
                controller.process().stop(); // the JVM writes the cache down before it ends
                if (!Files.exists(cache)) {
                    throw new IllegalStateException("no cache was written: " + controller.log());
                }
            }
        }
    }

    private static void ask(Path launcher, Path cache, ControllerProcess controller) {
        var line = List.of(
                launcher.toAbsolutePath().toString(),
                "explain",
                "egressip",
                BenchCluster.EGRESS_IP,
                "--server",
                controller.url());
        var asked = new Command(line, Map.of("OVN_EGRESS_JAVA_OPTS", "-XX:AOTCacheOutput=" + cache)).run();
        if (!Files.exists(cache)) {
            throw new IllegalStateException("no cache of questions was written: " + asked);
        }
    }
}
