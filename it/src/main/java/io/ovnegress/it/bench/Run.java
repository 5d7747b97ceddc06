package io.ovnegress.it.bench;

import io.ovnegress.it.harness.bulk.Inputs;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressTrafficInput;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/** A database, a controller on it, and pods in so many namespaces with an EgressIP each. One thread drives it. */
final class Run implements AutoCloseable {
    static final int MAX_ROWS = 500;
    static final int NODES = 2;
    private static final long LIMIT = 300_000_000_000L;

    private final BenchDatabase database;
    private final BenchController controller;
    private final int namespaces;
    /** What the controller wrote before there were pods: the other transactions need its address sets. */
    private final List<byte[]> baseline;

    Run(int namespaces) {
        this(namespaces, MAX_ROWS, BenchDatabase.start(NODES));
    }

    Run(int namespaces, int maxRows, BenchDatabase database) {
        this(namespaces, maxRows, database, database.address());
    }

    /** @param address where the controller finds the database */
    Run(int namespaces, int maxRows, BenchDatabase database, String address) {
        this(namespaces, database, new BenchController(address, maxRows));
    }

    /** With an ovn-northd. */
    static Run withNorthd(boolean inSteps) {
        var database = BenchDatabase.withNorthd(NODES);
        return new Run(1, database, new BenchController(database.address(), MAX_ROWS, inSteps));
    }

    private Run(int namespaces, BenchDatabase database, BenchController controller) {
        this.namespaces = namespaces;
        this.database = database;
        this.controller = controller;
        controller.start();
        list(controller, List.of());
        controller.awaitIdle();
        baseline = requests();
        controller.recorder().reset();
    }

    /** Tells a controller of this run's nodes, namespaces and EgressIPs, and of these pods, as complete lists. */
    void list(BenchController other, List<InputObject> pods) {
        other.post(new InputChange.Listed(InputKind.POD, pods));
        other.post(new InputChange.Listed(EgressTrafficInput.KIND, List.of()));
        other.post(new InputChange.Listed(InputKind.NODE, List.copyOf(Inputs.nodesReady(1, 2))));
        other.post(new InputChange.Listed(
                InputKind.NAMESPACE,
                IntStream.range(0, namespaces)
                        .<InputObject>mapToObj(Inputs::namespace)
                        .toList()));
        other.post(new InputChange.Listed(
                EgressIpInput.KIND,
                IntStream.range(0, namespaces)
                        .<InputObject>mapToObj(Inputs::egressIp)
                        .toList()));
    }

    /** Before there are pods: every egress IP goes to the first node, where it stays although the second is there too. */
    Run onFirstNode() {
        Inputs.nodesReady(1).forEach(node -> post(new InputChange.Put(node)));
        controller.awaitIdle();
        Inputs.nodesReady(1, 2).forEach(node -> post(new InputChange.Put(node)));
        controller.awaitIdle();
        recorder().reset();
        return this;
    }

    /** Nanoseconds from the loss of the first node until all pods are behind the second. */
    long loseFirstNode() {
        var recorder = recorder();
        long start = System.nanoTime();
        Inputs.nodesReady(2).forEach(node -> post(new InputChange.Put(node)));
        controller.awaitIdle();
        if (recorder.transactions() == 0 || recorder.failures() > 0) {
            throw new IllegalStateException(recorder.transactions() + " transactions, failed: " + recorder.failures());
        }
        return recorder.lastCommit() - start;
    }

    /** Nanoseconds from the first pod's event to the last commit. */
    long load(int pods) {
        var recorder = recorder();
        for (int pod = 0; pod < pods; pod++) {
            recorder.await(Inputs.rerouteRow(Inputs.podIp(pod)));
        }
        long start = System.nanoTime();
        for (int pod = 0; pod < pods; pod++) {
            post(new InputChange.Put(Inputs.pod(pod, pod % namespaces, Inputs.podIp(pod))));
        }
        while (recorder.latencies().size() < pods) {
            LockSupport.parkNanos(1_000_000);
            if (System.nanoTime() - start > LIMIT) {
                throw new IllegalStateException(recorder.latencies().size() + " of " + pods + " pods after 300 s");
            }
        }
        return recorder.lastCommit() - start;
    }

    /** Loads the pods, waits until all is quiet, and returns what was sent; what follows is recorded anew. */
    List<byte[]> settled(int pods) {
        load(pods);
        controller.awaitIdle();
        var requests = requests();
        recorder().reset();
        return requests;
    }

    void post(InputChange change) {
        controller.post(change);
    }

    BenchDatabase database() {
        return database;
    }

    BenchController controller() {
        return controller;
    }

    Recorder recorder() {
        return controller.recorder();
    }

    /** What was sent since the recorder was reset. */
    List<byte[]> requests() {
        return recorder().requests();
    }

    /** Nanoseconds that a bare client needs for these requests on a fresh database. */
    long raw(List<byte[]> requests) {
        return raw(List.of(), requests);
    }

    /** The same, measured after the preparation. */
    long raw(List<byte[]> preparation, List<byte[]> requests) {
        return Raw.replay(List.of(baseline, preparation), requests, Raw.WINDOW, Raw.Watch.NOTHING);
    }

    /** The same by a client that is told about every changed row before the reply, as any controller has to be. */
    long rawWatched(List<byte[]> preparation, List<byte[]> requests) {
        return Raw.replay(List.of(baseline, preparation), requests, Raw.WINDOW, Raw.Watch.OUR_MONITOR);
    }

    List<byte[]> baseline() {
        return baseline;
    }

    @Override
    public void close() {
        controller.close();
        database.close();
    }
}
