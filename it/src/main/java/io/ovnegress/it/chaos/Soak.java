package io.ovnegress.it.chaos;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.process.ControllerProcess;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A cluster in which something happens all the time, for long: pods come, go and change their labels, EgressIPs compete for them
 * and change their addresses, nodes are lost and come back. What is watched is not the rows but what the controller costs: its
 * resident memory, and what it writes to the API server. One thread.
 */
public final class Soak {
    /** Few objects that share many pods: that is where conditions change most often. */
    private static final int EGRESS_IPS = 20;

    private static final int NAMESPACES = 8;
    private static final int PODS = 200;
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1", "worker-2", "worker-3");
    private static final Duration BETWEEN_CHANGES = Duration.ofMillis(50);
    private static final Duration BETWEEN_PROGRESS = Duration.ofSeconds(30);
    private static final Duration BETWEEN_SAMPLES = Duration.ofSeconds(1);

    /**
     * Resident memory: what such a cluster needs (some 300 MB on two processors, from the second minute on) and room. It is a matter
     * of the flags in ovn-egress.jvm.
     */
    private static final long MOST_RESIDENT_MEGABYTES = 360;

    /** Of an object in a minute: one in five seconds, and changes of the assignment, which do not wait. */
    private static final int MOST_STATUS_WRITES = 18;

    private static final int MOST_EVENTS = 2;

    /**
     * What it has cost.
     *
     * @param residentMegabytes at most, at any time
     * @param events made or counted up
     */
    public record Report(
            Duration duration, long changes, long residentMegabytes, long statusWrites, long events, long errorLines) {
        /** What there was too much of; empty if all is well. */
        public List<String> complaints() {
            double minutes = duration.toMillis() / 60_000.0;
            var complaints = new ArrayList<String>();
            limit(complaints, "MB resident", residentMegabytes, MOST_RESIDENT_MEGABYTES);
            limit(complaints, "status writes", statusWrites, EGRESS_IPS * (3 + MOST_STATUS_WRITES * minutes));
            limit(complaints, "events", events, EGRESS_IPS * (1 + MOST_EVENTS * minutes));
            limit(complaints, "errors in the log", errorLines, 0);
            return complaints;
        }

        private static void limit(List<String> complaints, String what, long found, double most) {
            if (found > most) {
                complaints.add("%d %s, at most %.0f are right".formatted(found, what, most));
            }
        }
    }

    private final LiveCluster cluster;
    private final ControllerProcess controller;
    private final Random random;
    private final Consumer<String> out;
    private final Map<Integer, ClusterPod> pods = new TreeMap<>();
    private final Map<Integer, String> addresses = new HashMap<>();
    private long changes;
    /** The most so far. */
    private long resident;

    private Soak(LiveCluster cluster, ControllerProcess controller, long seed, Consumer<String> out) {
        this.cluster = cluster;
        this.controller = controller;
        this.random = new Random(seed);
        this.out = out;
    }

    /**
     * @param program makes the controller with these flags; it is started here
     * @param out takes a line of progress now and then
     */
    public static Report run(
            Duration duration, long seed, Function<List<String>, ControllerProcess> program, Consumer<String> out) {
        try (var cluster = LiveCluster.start(TOPOLOGY, KubeApi.embedded(EgressIps.CONTEXT));
                var controller = program.apply(ControllerProcess.flags(
                        cluster.api().controllerKubeconfig(),
                        cluster.central().northbound().address(),
                        "--cluster-subnets",
                        String.join(",", TOPOLOGY.clusterSubnets())))) {
            return new Soak(cluster, controller, seed, out).run(duration);
        }
    }

    private Report run(Duration duration) {
        cluster.createNodes();
        cluster.label("worker-0", "worker-1", "worker-2", "worker-3");
        for (int i = 0; i < NAMESPACES; i++) {
            cluster.namespace(namespace(i), Map.of("team", "team" + i));
        }
        for (int i = 0; i < EGRESS_IPS; i++) {
            address(i);
            cluster.apply(egressIp(i));
        }
        controller.start().awaitReady();
        long begin = System.nanoTime();
        long nextProgress = begin;
        long nextSample = begin;
        while (since(begin).compareTo(duration) < 0 && resident <= MOST_RESIDENT_MEGABYTES) {
            long started = System.nanoTime();
            change();
            changes++;
            if (started >= nextSample) {
                nextSample = started + BETWEEN_SAMPLES.toNanos();
                sample();
            }
            if (started >= nextProgress) {
                nextProgress = started + BETWEEN_PROGRESS.toNanos();
                out.accept(progress(since(begin), duration));
            }
            LockSupport.parkNanos(BETWEEN_CHANGES.toNanos() - (System.nanoTime() - started));
        }
        controller.awaitIdle();
        sample();
        out.accept(progress(since(begin), duration));
        long errors = controller
                .log()
                .lines()
                .filter(line -> line.contains(" ERROR "))
                .count();
        return new Report(since(begin), changes, resident, statusWrites(), events(), errors);
    }

    private long statusWrites() {
        return cluster.api().callsOfController("patch", "egressips/status");
    }

    private long events() {
        return cluster.api().callsOfController("create", "events")
                + cluster.api().callsOfController("patch", "events");
    }

    private static Duration since(long nanoTime) {
        return Duration.ofNanos(System.nanoTime() - nanoTime);
    }

    private void change() {
        int what = random.nextInt(100);
        if (what < 90) {
            changePod();
        } else if (what < 96) {
            int i = random.nextInt(EGRESS_IPS);
            address(i);
            cluster.replaceSpec(egressIp(i));
        } else {
            var node = TOPOLOGY.nodes().get(random.nextInt(TOPOLOGY.nodes().size()));
            cluster.setReady(node, random.nextInt(3) > 0);
        }
    }

    private void changePod() {
        int n = random.nextInt(PODS);
        var pod = pods.get(n);
        if (pod == null) {
            var node = TOPOLOGY.nodes().get(random.nextInt(TOPOLOGY.nodes().size()));
            pods.put(n, cluster.run(Topology.pod(namespace(n % NAMESPACES), "pod-" + n, labels(), node, n)));
        } else if (random.nextInt(3) == 0) {
            var changed = pod.withLabels(labels());
            cluster.update(changed);
            pods.put(n, changed);
        } else {
            cluster.delete(pod);
            pods.remove(n);
        }
    }

    private Map<String, String> labels() {
        return Map.of("app", "app" + random.nextInt(3));
    }

    private static String namespace(int i) {
        return "team-" + i;
    }

    private void address(int egressIp) {
        addresses.put(egressIp, "192.168.126." + (100 + 5 * egressIp + random.nextInt(5)));
    }

    /** Selects pods of three namespaces that others select too. */
    private GenericKubernetesResource egressIp(int i) {
        var teams = List.of("team" + i % NAMESPACES, "team" + (i + 3) % NAMESPACES, "team" + (i + 5) % NAMESPACES);
        return EgressIps.of(
                "egressip-" + i,
                Map.of("matchExpressions", List.of(Map.of("key", "team", "operator", "In", "values", teams))),
                i % 4 == 0 ? Map.of() : Map.of("matchLabels", Map.of("app", "app" + i % 3)),
                addresses.get(i));
    }

    private void sample() {
        controller.process().requireAlive();
        cluster.api().forgetRequests();
        resident = Math.max(resident, controller.process().residentMegabytes());
    }

    private String metrics() {
        return controller.get("/metrics").map(HttpResponse::body).orElse("");
    }

    private String progress(Duration passed, Duration of) {
        var metrics = metrics();
        return "soak: %d of %d s, %d changes, resident %d MB (most %d), heap %.0f of %.0f MB, threads %.0f, status writes %d, events %d"
                .formatted(
                        passed.toSeconds(),
                        of.toSeconds(),
                        changes,
                        controller.process().residentMegabytes(),
                        resident,
                        sum(metrics, "jvm_memory_used_bytes{area=\"heap\"") / (1 << 20),
                        sum(metrics, "jvm_memory_committed_bytes{area=\"heap\"") / (1 << 20),
                        sum(metrics, "jvm_threads_live_threads"),
                        statusWrites(),
                        events());
    }

    private static double sum(String metrics, String prefix) {
        return Arrays.stream(metrics.split("\n"))
                .filter(line -> line.startsWith(prefix))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }
}
