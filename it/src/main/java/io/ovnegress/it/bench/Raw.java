package io.ovnegress.it.bench;

import io.ovnegress.it.harness.bulk.InProcessController;
import io.ovnegress.ovsdb.codec.MonitorRequest;
import io.ovnegress.ovsdb.replica.TableUpdates;
import java.util.ArrayDeque;
import java.util.List;

/** Prepared bytes sent to a fresh database by a client that does nothing else: what the controller is compared with. */
final class Raw {
    /** Transactions under way at a time, in the controller and here. */
    static final int WINDOW = 2;

    private Raw() {}

    /** Whether the client is told about changed rows, which comes before the reply. */
    enum Watch {
        NOTHING,
        /** What the controller monitors. */
        OUR_MONITOR
    }

    /** Nanoseconds for the requests, after the preparations. */
    static long replay(List<List<byte[]>> preparations, List<byte[]> requests, int window, Watch watch) {
        try (var database = BenchDatabase.start(Run.NODES)) {
            return replay(database, preparations, requests, window, watch);
        }
    }

    static long replay(
            BenchDatabase database, List<List<byte[]>> preparations, List<byte[]> requests, int window, Watch watch) {
        try (var connection = database.connect()) {
            preparations.forEach(preparation -> send(connection, preparation, WINDOW));
            if (watch == Watch.OUR_MONITOR) {
                connection.transact(monitor());
            }
            long start = System.nanoTime();
            send(connection, requests, window);
            return System.nanoTime() - start;
        }
    }

    /** Nanoseconds until the whole answer to the controller's monitor request has come and was parsed to its end. */
    static long monitor(BenchDatabase database) {
        try (var connection = database.connect()) {
            var request = monitor();
            long start = System.nanoTime();
            connection.transact(request);
            return System.nanoTime() - start;
        }
    }

    private static byte[] monitor() {
        return MonitorRequest.monitorCondSince(
                1,
                "OVN_Northbound",
                "raw",
                InProcessController.reconciler(500).monitorSpec(),
                BenchSchema.installed(),
                TableUpdates.NO_TRANSACTION);
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
}
