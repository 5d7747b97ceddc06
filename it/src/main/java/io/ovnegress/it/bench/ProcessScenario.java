package io.ovnegress.it.bench;

import static io.ovnegress.it.bench.Figures.median;

import io.ovnegress.it.harness.kube.ApiServer;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.process.Command;
import io.ovnegress.it.harness.process.ControllerProcess;
import io.ovnegress.it.harness.process.WorkDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The program of the image, started a moment ago, beside a real API server: an EgressIP is created that selects many pods, and
 * their node is lost. The same again in the same process shows what is left when it is warm.
 */
final class ProcessScenario implements Bench.Scenario {
    private static final int ROUNDS = 3;
    /** So often is everything done in one process; the last counts as warm. */
    private static final int TIMES = 4;

    private final List<Path> images;

    /** @param images filled by {@code deploy/images/controller/assemble.sh}, to be compared; if there is none, one is */
    ProcessScenario(List<Path> images) {
        this.images = images;
    }

    /** What stands behind the controller. */
    private enum Behind {
        DATABASE("no northd", "--move-steps=auto"),
        NORTHD("northd", "--move-steps=auto"),
        NORTHD_ONE_STEP("northd, --move-steps=off", "--move-steps=off");

        private final String words;
        private final String flag;

        Behind(String words, String flag) {
            this.words = words;
            this.flag = flag;
        }
    }

    @Override
    public void run(Report report, boolean quick) {
        int pods = quick ? 1_000 : 3_000;
        try (var directory = WorkDirectory.create("ovn-egress-bench-image");
                var server = ApiServer.start();
                var api = KubeApi.guestIn(server.kubeconfig(), EgressIps.CONTEXT)) {
            BenchCluster.fill(api, 0);
            programs(directory.resolve("image")).keySet().forEach(program -> arrive(program, api, pods, report));
            for (var behind : quick ? List.of(Behind.DATABASE) : List.of(Behind.values())) {
                var programs = programs(directory.resolve("image"));
                for (int round = 0; round < (quick ? 1 : ROUNDS); round++) {
                    programs.forEach((program, measured) -> measure(program, api, pods, behind, measured));
                }
                var none = programs.values().iterator().next();
                programs.forEach((program, measured) ->
                        measured.report(report, behind.words + ", " + program.name + ": ", none));
            }
        }
    }

    /**
     * A way to start the program.
     *
     * @param image where it is
     * @param javaOptions for the launcher
     */
    private record Program(String name, Path image, String javaOptions) {
        private ControllerProcess controller(KubeApi api, BenchDatabase database, List<String> more) {
            var flags = new ArrayList<>(ControllerProcess.flags(api.controllerKubeconfig(), database.address()));
            flags.addAll(more);
            var environment = Map.of(
                    "JAVA_HOME", image.resolve("usr/lib/jvm/java").toString(), "OVN_EGRESS_JAVA_OPTS", javaOptions);
            return ControllerProcess.withLauncher(image.resolve("opt/ovn-egress/ovn-egress"), environment, flags);
        }
    }

    private Map<Program, Measured> programs(Path directory) {
        var all = images.isEmpty() ? List.of(assembled(directory)) : images;
        var programs = new LinkedHashMap<Program, Measured>();
        programs.put(new Program("no AOT cache", all.getFirst(), "-XX:AOTMode=off"), new Measured());
        all.forEach(
                image -> programs.put(new Program("AOT cache of " + image.getFileName(), image, ""), new Measured()));
        return programs;
    }

    private static Path assembled(Path directory) {
        if (!Files.exists(directory)) {
            Command.of("deploy/images/controller/assemble.sh", directory.toString())
                    .output();
        }
        return directory;
    }

    private static void measure(Program program, KubeApi api, int pods, Behind behind, Measured measured) {
        try (var database =
                behind == Behind.DATABASE ? BenchDatabase.start(Run.NODES) : BenchDatabase.withNorthd(Run.NODES)) {
            database.addPorts(pods, 1);
            try (var controller = program.controller(api, database, List.of(behind.flag))) {
                controller.start().awaitReady();
                controller.awaitIdle();
                var cluster = new BenchCluster(api, database, pods);
                for (int time = 0; time < TIMES; time++) {
                    measured.add("create", time, spent(cluster, controller, cluster::createEgressIp));
                    var node = cluster.egressNode();
                    measured.add("failover", time, spent(cluster, controller, () -> cluster.ready(node, false)));
                    cluster.ready(node, true);
                    spent(cluster, controller, cluster::deleteEgressIp);
                }
            }
        }
    }

    /**
     * Pods come one by one, as fast as the API server takes them: how long after a bare watcher is told of the last one; and what it
     * costs when as many have come and gone a few times in the same process.
     */
    private static void arrive(Program program, KubeApi api, int pods, Report report) {
        try (var database = BenchDatabase.start(Run.NODES)) {
            database.addPorts(pods, 1);
            var cluster = new BenchCluster(api, database, pods);
            BenchCluster.deletePods(api);
            cluster.createEgressIp();
            try (var controller = program.controller(api, database, List.of());
                    var watcher = new BareWatcher(api)) {
                controller.start().awaitReady();
                controller.awaitIdle();
                watcher.start();
                var spent = spent(cluster, controller, () -> BenchCluster.createPods(api, 0, pods));
                var figure = program.name + ": pods come one by one: ";
                report.figure(figure + "last told a bare watcher", watcher.last() - spent.start, "ms");
                report.figure(figure + "last committed", spent.elapsed, "ms");
                report.figure(figure + "processor", spent.processor.total(), "ms");
                for (var part : ProcessTimes.Part.values()) {
                    report.figure(figure + "processor, " + part, spent.processor.of(part), "ms");
                }
                var warm = spent.processor;
                for (int time = 1; time < TIMES; time++) {
                    BenchCluster.deletePods(api);
                    controller.awaitIdle();
                    warm = spent(cluster, controller, () -> BenchCluster.createPods(api, 0, pods)).processor;
                }
                report.figure(figure + "processor, for each", spent.processor.total() / pods, "ms");
                report.figure(figure + "processor, for each, warm", warm.total() / pods, "ms");
                report.figure(figure + "processor, for each, warm, loop", warm.of(ProcessTimes.Part.LOOP) / pods, "ms");
            }
            cluster.deleteEgressIp();
        }
    }

    /** What a change costs. */
    private static Spent spent(BenchCluster cluster, ControllerProcess controller, Runnable change) {
        long pid = controller.process().pid();
        var policies = new CommittedPolicies(cluster.database().server());
        var before = ProcessTimes.now(pid);
        long start = System.currentTimeMillis();
        change.run();
        long last = policies.last(cluster.pods());
        controller.awaitIdle();
        return new Spent(start, last - start, ProcessTimes.now(pid).minus(before));
    }

    /**
     * @param start milliseconds since the epoch
     * @param elapsed milliseconds until the last policy was committed
     */
    private record Spent(double start, double elapsed, ProcessTimes processor) {}

    /** Of several processes. */
    private static final class Measured {
        private final Map<String, List<List<Spent>>> byName = new LinkedHashMap<>();

        private void add(String name, int time, Spent spent) {
            var times = byName.computeIfAbsent(
                    name,
                    any -> IntStream.range(0, TIMES)
                            .<List<Spent>>mapToObj(i -> new ArrayList<>())
                            .toList());
            times.get(time).add(spent);
        }

        private double elapsed(String name, int time) {
            return median(
                    byName.get(name).get(time).stream().map(Spent::elapsed).toList());
        }

        private double processor(String name, int time) {
            return median(byName.get(name).get(time).stream()
                    .map(spent -> spent.processor().total())
                    .toList());
        }

        /** @param none the same without a cache */
        private void report(Report report, String prefix, Measured none) {
            byName.forEach((name, times) -> {
                var figure = prefix + name + ": ";
                report.figure(figure + "first", elapsed(name, 0), "ms");
                report.atMost(figure + "to warm", elapsed(name, 0) / elapsed(name, TIMES - 1), "x", 1.3);
                report.figure(figure + "processor", processor(name, 0), "ms");
                report.figure(figure + "processor, warm", processor(name, TIMES - 1), "ms");
                if (none != this) {
                    report.figure(figure + "first, to no cache", elapsed(name, 0) / none.elapsed(name, 0), "x");
                    report.figure(figure + "processor, to no cache", processor(name, 0) / none.processor(name, 0), "x");
                }
                for (var part : ProcessTimes.Part.values()) {
                    report.figure(
                            figure + "processor, " + part,
                            median(times.getFirst().stream()
                                    .map(spent -> spent.processor().of(part))
                                    .toList()),
                            "ms");
                }
            });
        }
    }
}
