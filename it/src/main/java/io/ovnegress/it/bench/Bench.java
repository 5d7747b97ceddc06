package io.ovnegress.it.bench;

import io.ovnegress.it.bulk.Inputs;
import io.ovnegress.it.process.CountingProxy;
import io.ovnegress.it.process.WorkDirectory;
import io.ovnegress.ovsdb.codec.MonitorRequest;
import io.ovnegress.ovsdb.codec.OperationEncoder;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.reconciler.Reconciler;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/**
 * The macro benchmark: the controller's loop and session against a real {@code ovsdb-server}, and in the same run the same bytes
 * sent by a bare client. Figures are ratios wherever they can be; nothing here is a test.
 *
 * <p>{@code Bench [--quick] [--out FILE] [create] [move] [churn] [cold] [scan] [alternatives] [resume]}; without a name all of them.
 */
public final class Bench {
    private static final int NODES = 2;
    private static final int MAX_ROWS = Integer.getInteger("bench.maxRows", 500);
    /** Transactions under way at a time, in the controller and in the replay. */
    private static final int WINDOW = 2;

    private final Report report = new Report(System.out);
    private final boolean quick;
    /** What the controller writes before there are pods: the transactions need its address sets. */
    private List<byte[]> baseline = List.of();

    private Bench(boolean quick) {
        this.quick = quick;
    }

    public static void main(String[] arguments) {
        var names = new ArrayList<>(Arrays.asList(arguments));
        boolean quick = names.remove("--quick");
        var file = Path.of("bench-results", "bench.json");
        int out = names.indexOf("--out");
        if (out >= 0) {
            file = Path.of(names.get(out + 1));
            names.subList(out, out + 2).clear();
        }
        var bench = new Bench(quick);
        bench.warmUp();
        var wanted =
                names.isEmpty() ? List.of("create", "move", "churn", "cold", "scan", "alternatives", "resume") : names;
        for (var name : wanted) {
            switch (name) {
                case "create" -> bench.create();
                case "move" -> bench.move();
                case "churn" -> bench.churn();
                case "cold" -> bench.cold();
                case "scan" -> bench.scan();
                case "alternatives" -> bench.alternatives();
                case "resume" -> bench.resume();
                default ->
                    throw new IllegalArgumentException(
                            name + ": not one of create, move, churn, cold, scan, alternatives, resume");
            }
        }
        bench.report.write(file);
        System.exit(0);
    }

    private void warmUp() {
        for (int i = 0; i < 3; i++) {
            try (var run = new Run(1, MAX_ROWS)) {
                baseline = run.baseline;
                run.load(quick ? 2_000 : 5_000);
                replay(run.controller.recorder().requests(), WINDOW);
            }
        }
    }

    /** A database, a controller on it, and pods in so many namespaces with an EgressIP each. */
    private static final class Run implements AutoCloseable {
        private final BenchDatabase database;
        private final BenchController controller;
        private final int namespaces;
        /** What the controller wrote before there were pods. */
        private final List<byte[]> baseline;

        private Run(int namespaces, int maxRows) {
            this(namespaces, maxRows, BenchDatabase.start(NODES), BenchDatabase::address);
        }

        /** @param address where the controller finds the database */
        private Run(int namespaces, int maxRows, BenchDatabase database, Function<BenchDatabase, String> address) {
            this.namespaces = namespaces;
            this.database = database;
            controller = new BenchController(address.apply(database), maxRows);
            controller.start();
            controller.post(new InputChange.Listed(InputKind.POD, List.of()));
            controller.post(new InputChange.Listed(InputKind.NODE, List.copyOf(Inputs.nodes(true))));
            controller.post(new InputChange.Listed(InputKind.NAMESPACE, namespaceInputs(namespaces)));
            controller.post(new InputChange.Listed(InputKind.EGRESS_IP, egressIpInputs(namespaces)));
            controller.awaitIdle();
            baseline = controller.recorder().requests();
            controller.recorder().reset();
        }

        /** Nanoseconds from the first pod's event to the last commit. */
        private long load(int pods) {
            var recorder = controller.recorder();
            for (int pod = 0; pod < pods; pod++) {
                recorder.await(Inputs.rerouteRow(Inputs.podIp(pod)));
            }
            long start = System.nanoTime();
            for (int pod = 0; pod < pods; pod++) {
                controller.post(new InputChange.Put(Inputs.pod(pod, pod % namespaces, Inputs.podIp(pod))));
            }
            while (recorder.latencies().size() < pods) {
                LockSupport.parkNanos(1_000_000);
                if (System.nanoTime() - start > 300_000_000_000L) {
                    throw new IllegalStateException(recorder.latencies().size() + " of " + pods + " pods after 300 s");
                }
            }
            return recorder.lastCommit() - start;
        }

        @Override
        public void close() {
            controller.close();
            database.close();
        }
    }

    private static List<InputObject> namespaceInputs(int count) {
        var inputs = new ArrayList<InputObject>();
        for (int i = 0; i < count; i++) {
            inputs.add(Inputs.namespace(i));
        }
        return inputs;
    }

    private static List<InputObject> egressIpInputs(int count) {
        var inputs = new ArrayList<InputObject>();
        for (int i = 0; i < count; i++) {
            inputs.add(Inputs.egressIp(i));
        }
        return inputs;
    }

    /** Nanoseconds that a bare client needs for these requests on a fresh database, after the preparation. */
    private long replay(List<byte[]> preparation, List<byte[]> requests, int window) {
        try (var database = BenchDatabase.start(NODES);
                var connection = database.connect()) {
            send(connection, baseline, 1);
            send(connection, preparation, WINDOW);
            long start = System.nanoTime();
            send(connection, requests, window);
            return System.nanoTime() - start;
        }
    }

    private long replay(List<byte[]> requests, int window) {
        return replay(List.of(), requests, window);
    }

    private static void send(BenchDatabase.Connection connection, List<byte[]> requests, int window) {
        var underWay = new ArrayDeque<byte[]>();
        for (var request : requests) {
            if (underWay.size() == window) {
                connection.receive();
                underWay.poll();
            }
            connection.send(request);
            underWay.add(request);
        }
        while (underWay.poll() != null) {
            connection.receive();
        }
    }

    private static double ratio(long one, long other) {
        return (double) one / other;
    }

    private static double median(List<Double> values) {
        var sorted = values.stream().sorted().toList();
        return sorted.get(sorted.size() / 2);
    }

    private void create() {
        var perPod = new ArrayList<Double>();
        for (int pods : quick ? new int[] {1_000, 5_000} : new int[] {1_000, 10_000, 50_000}) {
            var ratios = new ArrayList<Double>();
            var times = new ArrayList<Double>();
            var cpu = new ArrayList<CpuTimes>();
            for (int round = 0; round < (pods > 20_000 ? 3 : 5); round++) {
                try (var run = new Run(1, MAX_ROWS)) {
                    var before = CpuTimes.now(run.database.server());
                    long controller = run.load(pods);
                    cpu.add(CpuTimes.now(run.database.server()).minus(before));
                    long raw = replay(run.controller.recorder().requests(), WINDOW);
                    ratios.add(ratio(controller, raw));
                    times.add(controller / 1e9);
                }
            }
            CpuTimes.NAMES.forEach(name -> report.figure(
                    "create " + pods + " pods: CPU a pod, " + name,
                    median(cpu.stream().map(spent -> spent.of(name)).toList()) / pods / 1e3,
                    "us"));
            perPod.add(median(times) / pods);
            report.figure("create " + pods + " pods: pods per second", pods / median(times), "/s");
            report.atMost("create " + pods + " pods: time to raw replay", median(ratios), "x", 1.3);
        }
        report.atMost(
                "create: cost per pod, largest to 1,000", perPod.get(perPod.size() - 1) / perPod.get(0), "x", 1.3);
    }

    private void move() {
        for (int egressIps : new int[] {1, 10}) {
            int pods = quick ? 2_000 : Integer.getInteger("bench.movePods", 10_000);
            var ratios = new ArrayList<Double>();
            var longest = new ArrayList<Double>();
            var planned = new ArrayList<Double>();
            var raws = new ArrayList<Double>();
            for (int round = 0; round < 3; round++) {
                try (var run = new Run(egressIps, MAX_ROWS)) {
                    run.load(pods);
                    run.controller.awaitIdle();
                    var recorder = run.controller.recorder();
                    var loaded = recorder.requests();
                    recorder.reset();
                    long start = System.nanoTime();
                    Inputs.nodes(false).forEach(node -> run.controller.post(new InputChange.Put(node)));
                    while (recorder.ended() == 0 || recorder.ended() < recorder.transactions()) {
                        LockSupport.parkNanos(100_000);
                    }
                    run.controller.awaitIdle();
                    long controller = recorder.lastCommit() - start;
                    long raw = replay(loaded, recorder.requests(), WINDOW);
                    ratios.add(ratio(controller, raw));
                    raws.add(raw / 1e6);
                    planned.add((recorder.firstSubmitted() - start) / 1e6);
                    longest.add(recorder.longest() / 1e6);
                }
            }
            var name = "move " + pods + " pods of " + egressIps + " egress IPs on 2 nodes: ";
            report.atMost(name + "to raw", median(ratios), "x", 1.3);
            report.figure(name + "longest transaction", median(longest), "ms");
            report.figure(name + "first one planned after", median(planned), "ms");
            report.figure(name + "raw", median(raws), "ms");
        }
    }

    private void churn() {
        int pods = quick ? 5_000 : 50_000;
        int seconds = quick ? 10 : 60;
        try (var run = new Run(50, MAX_ROWS)) {
            run.load(pods);
            run.controller.awaitIdle();
            var recorder = run.controller.recorder();
            recorder.reset();
            System.gc();
            long memoryBefore = usedMemory();
            var random = new Random(1);
            var ips = new int[pods];
            Arrays.setAll(ips, i -> i);
            int nextIp = pods;
            int largestBacklog = 0;
            long start = System.nanoTime();
            for (int i = 0; i < seconds * 200; i++) {
                while (System.nanoTime() - start < i * 5_000_000L) {
                    LockSupport.parkNanos(200_000);
                }
                int pod = random.nextInt(pods);
                var ip = Inputs.podIp(ips[pod]);
                recorder.await(Inputs.rerouteRow(ip));
                int namespace = pod % 50;
                switch (random.nextInt(3)) {
                    case 0 -> { // deleted, and another one comes
                        run.controller.post(new InputChange.Removed(InputKind.POD, "ns" + namespace + "/pod-" + pod));
                        ips[pod] = nextIp++;
                        run.controller.post(new InputChange.Put(Inputs.pod(pod, namespace, Inputs.podIp(ips[pod]))));
                    }
                    case 1 -> { // relabelled, out of the selector; back at its next turn by a new address
                        run.controller.post(
                                new InputChange.Put(Inputs.pod(pod, namespace, ip, Map.of("app", "other"))));
                        ips[pod] = nextIp++;
                        run.controller.post(new InputChange.Put(Inputs.pod(pod, namespace, Inputs.podIp(ips[pod]))));
                    }
                    default -> { // the same pod with another address
                        ips[pod] = nextIp++;
                        run.controller.post(new InputChange.Put(Inputs.pod(pod, namespace, Inputs.podIp(ips[pod]))));
                    }
                }
                largestBacklog = Math.max(largestBacklog, run.controller.dirty());
            }
            run.controller.awaitIdle();
            var latencies = new ArrayList<>(recorder.latencies());
            Collections.sort(latencies);
            System.gc();
            report.figure("churn on " + pods + " pods: changes seen committed", latencies.size(), "");
            report.figure("churn: median event to commit", latencies.get(latencies.size() / 2) / 1e6, "ms");
            report.atMost(
                    "churn: 99th percentile event to commit",
                    latencies.get(latencies.size() * 99 / 100) / 1e6,
                    "ms",
                    100);
            report.figure("churn: largest backlog", largestBacklog, "");
            report.figure("churn: heap growth", (usedMemory() - memoryBefore) / 1e6, "MB");
        }
    }

    /** The connection is cut for a second: what has to be told again, and how long until the rows are known. */
    private void resume() {
        int pods = quick ? 5_000 : 50_000;
        for (boolean clustered : new boolean[] {true, false}) {
            var database = BenchDatabase.start(NODES, clustered);
            try (var proxy = new CountingProxy(database.address());
                    var run = new Run(50, MAX_ROWS, database, unused -> proxy.address())) {
                run.load(pods);
                run.controller.awaitIdle();
                var bytes = new ArrayList<Double>();
                var times = new ArrayList<Double>();
                for (int round = 0; round < 5; round++) {
                    long before = proxy.bytesFromServer();
                    proxy.cut();
                    LockSupport.parkNanos(1_000_000_000);
                    proxy.mend();
                    long start = System.nanoTime();
                    run.controller.awaitIdle();
                    times.add((System.nanoTime() - start) / 1e6);
                    bytes.add((proxy.bytesFromServer() - before) / 1e3);
                }
                var name = "cut for 1 s at " + pods + " pods, " + (clustered ? "clustered" : "standalone") + ": ";
                report.figure(name + "told again", median(bytes), "kB");
                report.figure(name + "until idle again", median(times), "ms");
            }
        }
    }

    private static long usedMemory() {
        var runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    private void cold() {
        int pods = quick ? 5_000 : 50_000;
        try (var run = new Run(50, MAX_ROWS)) {
            run.load(pods);
            run.controller.awaitIdle();
            var ratios = new ArrayList<Double>();
            var seconds = new ArrayList<Double>();
            for (int round = 0; round < 5; round++) {
                long raw = rawMonitor(run.database);
                var controller = new BenchController(run.database.address(), MAX_ROWS);
                var podInputs = new ArrayList<InputObject>();
                for (int pod = 0; pod < pods; pod++) {
                    podInputs.add(Inputs.pod(pod, pod % 50, Inputs.podIp(pod)));
                }
                long start = System.nanoTime();
                controller.start();
                controller.post(new InputChange.Listed(InputKind.POD, podInputs));
                controller.post(new InputChange.Listed(InputKind.NODE, List.copyOf(Inputs.nodes(true))));
                controller.post(new InputChange.Listed(InputKind.NAMESPACE, namespaceInputs(50)));
                controller.post(new InputChange.Listed(InputKind.EGRESS_IP, egressIpInputs(50)));
                controller.awaitIdle();
                long ready = System.nanoTime() - start - 20_000_000L; // idle is seen after three looks
                ratios.add(ratio(ready, raw));
                seconds.add(ready / 1e9);
                if (controller.recorder().transactions() > 0) {
                    throw new IllegalStateException("a restart without changes sent a transaction");
                }
                controller.close();
            }
            report.figure("cold start on " + pods + " pods: seconds", median(seconds), "s");
            report.atMost("cold start: to raw monitor reply", median(ratios), "x", 2);
            process(run.database, pods);
        }
    }

    /** The same with the whole program: a process of its own that lists the pods from an API server. */
    private void process(BenchDatabase database, int pods) {
        try (var api = new BenchApi(pods, 50);
                var directory = WorkDirectory.create("ovn-egress-bench-process")) {
            long start = System.nanoTime();
            try (var controller = BenchProcess.start(
                    api.kubeconfig(directory.path()), database.address(), directory.resolve("log"))) {
                controller.awaitReady();
                report.figure("process on " + pods + " pods: start to ready", (System.nanoTime() - start) / 1e9, "s");
                report.figure(
                        "process: transactions to get ready",
                        (double) controller.transactions(),
                        "",
                        "none",
                        controller.transactions() == 0);
                report.atMost("process: largest resident memory", controller.largestResidentMegabytes(), "MB", 600);
            }
        }
    }

    /** Nanoseconds until the whole answer to the same monitor request has come and was parsed to its end. */
    private static long rawMonitor(BenchDatabase database) {
        try (var connection = database.connect()) {
            var spec = Reconciler.monitorSpec();
            var request = MonitorRequest.monitorCondSince(
                    1, "OVN_Northbound", "raw", spec, BenchSchema.installed(), TableUpdates.NO_TRANSACTION);
            long start = System.nanoTime();
            connection.transact(request);
            return System.nanoTime() - start;
        }
    }

    private void scan() {
        int pods = quick ? 5_000 : 50_000;
        var one = new ArrayList<Double>();
        var many = new ArrayList<Double>();
        for (int round = 0; round < 3; round++) {
            try (var run = new Run(1, MAX_ROWS)) {
                one.add(run.load(pods) / 1e9);
            }
            try (var run = new Run(pods / 50, MAX_ROWS)) {
                many.add(run.load(pods) / 1e9);
            }
        }
        report.atMost(
                pods / 50 + " objects with 50 pods each, to one with " + pods, median(many) / median(one), "x", 1.5);
    }

    private void alternatives() {
        int pods = quick ? 1_000 : 5_000;
        for (int rows : new int[] {2, 20, 200, 1_000, 5_000}) {
            try (var run = new Run(1, rows)) {
                run.load(pods);
                var requests = run.controller.recorder().requests();
                for (int window : new int[] {1, 2}) {
                    report.figure(
                            "raw, " + rows / 2 + " pods a transaction, " + window + " in flight",
                            pods / (replay(requests, window) / 1e9),
                            "/s");
                }
            }
        }
        try (var run = new Run(1, 2)) {
            run.load(pods);
            var requests = new ArrayList<byte[]>();
            for (var operations : run.controller.recorder().operations()) {
                requests.addAll(podByPod(operations));
            }
            report.figure("raw, two transactions a pod (ovn-kubernetes)", pods / (replay(requests, 1) / 1e9), "/s");
        }
        try (var run = new Run(1, MAX_ROWS)) {
            report.figure("this controller", pods / (run.load(pods) / 1e9), "/s");
        }
    }

    /** The policy in one transaction and the SNAT in another. */
    private static List<byte[]> podByPod(List<Operation> operations) {
        var requests = new ArrayList<byte[]>();
        for (var operation : operations) {
            if (operation instanceof Operation.Insert insert) {
                var transaction = new ArrayList<Operation>();
                transaction.add(insert);
                operations.stream()
                        .filter(other -> other instanceof Operation.Mutate mutate
                                && mutate.mutations().stream()
                                        .anyMatch(mutation ->
                                                ((java.util.Set<?>) mutation.value()).contains(insert.id())))
                        .forEach(transaction::add);
                requests.add(OperationEncoder.transact(requests.size() + 2L, "OVN_Northbound", transaction));
            }
        }
        return requests;
    }
}
