package io.ovnegress.it.bench;

import static io.ovnegress.it.bench.Figures.percentile;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.ovnegress.controller.kube.InputMappers;
import io.ovnegress.it.harness.bulk.Inputs;
import io.ovnegress.reconciler.input.InputChange;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** One pod whose object names thousands of addresses, and others at every turn, beside pods that come as ever. */
final class HostileScenario implements Bench.Scenario {
    private static final int ADDRESSES = 8_000;
    private static final int CHANGES_PER_SECOND = 1_000;
    private static final long EVERY = 20_000_000L;

    @Override
    public void run(Report report, boolean quick) {
        int pods = quick ? 100 : 500;
        try (var run = new Run(1)) {
            run.settled(1_000);
            var alone = latencies(run, 1_000, pods);
            var running = new AtomicBoolean(true);
            var changes = new ArrayList<Integer>();
            var hostile = Thread.ofPlatform().start(() -> changes.add(change(run, running)));
            var beside = latencies(run, 1_000 + pods, pods);
            running.set(false);
            join(hostile);
            report.figure("beside one hostile pod: its changes", changes.get(0), "");
            report.figure("an honest pod alone: median event to commit", percentile(alone, 50) / 1e6, "ms");
            report.figure("beside one hostile pod: median event to commit", percentile(beside, 50) / 1e6, "ms");
            report.figure("beside one hostile pod: 99th percentile", percentile(beside, 99) / 1e6, "ms");
            report.atMost(
                    "beside one hostile pod: median, to an honest pod alone",
                    percentile(beside, 50) / percentile(alone, 50),
                    "x",
                    2);
        }
    }

    private static List<Long> latencies(Run run, int first, int pods) {
        run.recorder().reset();
        long start = System.nanoTime();
        for (int i = 0; i < pods; i++) {
            while (System.nanoTime() - start < i * EVERY) {
                LockSupport.parkNanos(200_000);
            }
            var ip = Inputs.podIp(first + i);
            run.recorder().await(Inputs.rerouteRow(ip));
            run.post(new InputChange.Put(Inputs.pod(first + i, 0, ip)));
        }
        run.controller().awaitIdle();
        var latencies = new ArrayList<>(run.recorder().latencies());
        Collections.sort(latencies);
        return latencies;
    }

    /** As fast as the API server may tell of it; how often. */
    private static int change(Run run, AtomicBoolean running) {
        var mappers = new InputMappers();
        var turns = List.of(
                pod(annotation(IntStream.range(0, ADDRESSES)), "10.128.200.1"),
                pod(annotation(IntStream.range(0, 500)), "10.128.200.1"),
                pod(annotation(IntStream.of(7)), Inputs.podIp(7).text()),
                pod(annotation(IntStream.of(8)), "10.128.200.2"));
        long start = System.nanoTime();
        int changes = 0;
        while (running.get()) {
            run.post(new InputChange.Put(mappers.pod(turns.get(changes % turns.size()))));
            changes++;
            while (System.nanoTime() - start < changes * (1_000_000_000L / CHANGES_PER_SECOND)) {
                LockSupport.parkNanos(100_000);
            }
        }
        return changes;
    }

    private static String annotation(IntStream pods) {
        return pods.mapToObj(pod -> "\"" + Inputs.podIp(pod).text() + "/14\"")
                .collect(Collectors.joining(",", "{\"default\":{\"ip_addresses\":[", "]}}"));
    }

    private static Pod pod(String annotation, String status) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace("ns0")
                .withName("hostile")
                .addToLabels("tier", "web")
                .addToAnnotations("k8s.ovn.org/pod-networks", annotation)
                .endMetadata()
                .withNewSpec()
                .withNodeName("node1")
                .endSpec()
                .withNewStatus()
                .withPodIP(status)
                .addNewPodIP(status)
                .endStatus()
                .build();
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
