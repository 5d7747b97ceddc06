package io.ovnegress.it.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.bulk.Inputs;
import io.ovnegress.it.harness.process.Await;
import io.ovnegress.it.harness.process.CountingProxy;
import io.ovnegress.it.harness.process.OvsdbServer;
import io.ovnegress.it.harness.process.WorkDirectory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the server has to tell a controller whose connection was cut: counted in bytes, between the two. */
@Timeout(3600)
class ResumeTest {
    private static final int PODS = 3_000;
    private static final int MAX_ROWS = 500;

    private final WorkDirectory directory = WorkDirectory.create("ovn-egress-resume");

    @AfterEach
    void removeDirectory() {
        directory.close();
    }

    @Test
    void whereTheServerRemembersOnlyWhatChangedMeanwhileIsTold() {
        try (var server = clustered();
                var proxy = new CountingProxy(server.address())) {
            long everything = bytesOfStart(server, proxy);
            try (var load = new BulkLoad(proxy.address(), MAX_ROWS, BulkLoad.pods(PODS))) {
                load.awaitSettled();
                long before = proxy.bytesFromServer();
                cut(proxy, load);
                damage(server);
                proxy.mend();
                awaitRight(server, load);

                assertThat(proxy.bytesFromServer() - before)
                        .as("of %d bytes at a start", everything)
                        .isLessThan(everything / 10);
            }
            Northbound.assertHolds(0, server, PODS);
        }
    }

    @Test
    void whereTheServerHasForgottenEverythingIsTold() {
        try (var server = clustered();
                var proxy = new CountingProxy(server.address())) {
            long everything = bytesOfStart(server, proxy);
            try (var load = new BulkLoad(proxy.address(), MAX_ROWS, BulkLoad.pods(PODS))) {
                load.awaitSettled();
                long before = proxy.bytesFromServer();
                cut(proxy, load);
                for (int i = 0; i < 120; i++) { // the server remembers a hundred transactions
                    Northbound.transact(server, """
                            ["OVN_Northbound", {"op": "insert", "table": "DNS", "row": {"external_ids": ["map", [["n", "%d"]]]}}]
                            """.formatted(i));
                }
                damage(server);
                proxy.mend();
                awaitRight(server, load);

                assertThat(proxy.bytesFromServer() - before).isGreaterThan(everything / 2);
            }
            Northbound.assertHolds(0, server, PODS);
        }
    }

    @Test
    void whereTheServerNeverRemembersEverythingIsTold() {
        try (var server = OvsdbServer.withSchema(directory.path(), "nb", "OVN_Northbound", Northbound.SCHEMA)
                        .start();
                var proxy = new CountingProxy(server.address())) {
            Northbound.prepare(server);
            long everything = bytesOfStart(server, proxy);
            try (var load = new BulkLoad(proxy.address(), MAX_ROWS, BulkLoad.pods(PODS))) {
                load.awaitSettled();
                long before = proxy.bytesFromServer();
                cut(proxy, load);
                damage(server);
                proxy.mend();
                awaitRight(server, load);

                assertThat(proxy.bytesFromServer() - before).isGreaterThan(everything / 2);
            }
            Northbound.assertHolds(0, server, PODS);
        }
    }

    private OvsdbServer clustered() {
        var server = OvsdbServer.firstOfCluster(
                        directory.path(),
                        "nb",
                        "OVN_Northbound",
                        Northbound.SCHEMA,
                        "unix:" + directory.resolve("raft"))
                .start();
        Northbound.prepare(server);
        return server;
    }

    /** Writes all rows, then starts another controller on them: what that one is told. */
    private static long bytesOfStart(OvsdbServer server, CountingProxy proxy) {
        try (var load = new BulkLoad(server.address(), MAX_ROWS, BulkLoad.pods(PODS))) {
            load.awaitSettled();
        }
        long before = proxy.bytesFromServer();
        try (var load = new BulkLoad(proxy.address(), MAX_ROWS, BulkLoad.pods(PODS))) {
            load.awaitSettled();
            assertThat(load.transactions()).isZero();
        }
        return proxy.bytesFromServer() - before;
    }

    private static void cut(CountingProxy proxy, BulkLoad load) {
        proxy.cut();
        Await.await("the cut is noticed")
                .until(() -> !load.controller().session().isConnected());
    }

    /** Somebody takes the rows of one pod away while nobody looks. */
    private static void damage(OvsdbServer server) {
        Northbound.transact(server, """
                ["OVN_Northbound", {"op": "mutate", "table": "Logical_Router", "where": [["name", "==", "ovn_cluster_router"]],
                  "mutations": [["policies", "delete", ["uuid", "%s"]]]}]
                """.formatted(Inputs.rerouteRow(Inputs.podIp(7))));
    }

    private static void awaitRight(OvsdbServer server, BulkLoad load) {
        Await.await("the damage is repaired")
                .until(() -> Northbound.servedPods(server).size() == PODS);
        load.awaitSettled();
    }
}
