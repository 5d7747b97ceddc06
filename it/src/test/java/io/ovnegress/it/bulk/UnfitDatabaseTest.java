package io.ovnegress.it.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ovnegress.it.harness.bulk.Inputs;
import io.ovnegress.it.harness.oracle.TransactionLog;
import io.ovnegress.it.harness.process.Await;
import io.ovnegress.it.harness.process.Command;
import io.ovnegress.it.harness.process.OvsdbServer;
import io.ovnegress.it.harness.process.Programs;
import io.ovnegress.it.harness.process.WorkDirectory;
import io.ovnegress.reconciler.input.InputChange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A real server that cannot do what is asked of it for a while: its disk is full, its schema lacks what we need, it has another
 * database. It is said in clear words, it is asked less and less often, and once it can, everything is right.
 */
@Timeout(3600)
@Tag("long")
class UnfitDatabaseTest {
    private static final int PODS = 4_000;
    private static final int MAX_ROWS = 200;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final WorkDirectory directory = WorkDirectory.create("ovn-egress-unfit");

    @AfterEach
    void removeDirectory() {
        directory.close();
    }

    @Test
    void loadThatFillsTheDiskOfTheServerEndsOnceThereIsRoom() {
        try (var server = server(Northbound.SCHEMA);
                var load = new BulkLoad(server.address(), MAX_ROWS)) {
            Northbound.prepare(server);
            load.awaitSettled();
            server.fillDisk(500_000);
            BulkLoad.pods(PODS).forEach(pod -> load.post(new InputChange.Put(pod)));

            var full = awaitTrouble(load);
            int sentBefore = load.transactions();
            Await.await("it is tried again").until(() -> load.transactions() >= sentBefore + 3);
            int sent = load.transactions() - sentBefore;
            long seconds = Duration.between(full, Instant.now()).toSeconds();
            // Two at a time may be under way. After 1, 3, 7, 15 seconds and so on.
            assertThat(sent).isLessThanOrEqualTo(2 * (2 + (int) (Math.log(seconds + 2.0) / Math.log(2))));
            assertThat(load.controller().session().isConnected()).isTrue();
            assertThat(load.controller().state().progress().backedOff())
                    .as("nobody's rows are to blame")
                    .isZero();

            server.emptyDisk();
            load.awaitSettled();
            assertThat(load.controller().state().progress().serverTrouble()).isEmpty();
            Northbound.assertHolds(0, server, PODS);
            Northbound.assertNeverUnsafe(0, TransactionLog.read(server.file()));
        }
    }

    @Test
    void moveThatFindsTheDiskFullIsDoneWholeOnceThereIsRoom() {
        try (var server = server(Northbound.SCHEMA)) {
            Northbound.prepare(server);
            try (var load = new BulkLoad(server.address(), MAX_ROWS, BulkLoad.pods(PODS))) {
                load.awaitSettled();
                server.fillDisk(200_000);
                Inputs.nodesReady(2).forEach(node -> load.post(new InputChange.Put(node)));
                awaitTrouble(load);
                Inputs.nodesReady(1, 2).forEach(node -> load.post(new InputChange.Put(node)));
                server.emptyDisk();
                load.awaitSettled();
            }
            Northbound.assertHolds(0, server, PODS);
            Northbound.assertNeverUnsafe(0, TransactionLog.read(server.file()));
        }
    }

    @Test
    void schemaWithoutWhatWeNeedIsNamedAndServedOnceItIsConverted() throws IOException {
        var schema = (ObjectNode) JSON.readTree(Files.readAllBytes(Northbound.SCHEMA));
        ((ObjectNode) schema.at("/tables/NAT/columns"))
                .remove(List.of("external_ids", "allowed_ext_ips", "exempted_ext_ips"));
        ((ObjectNode) schema.at("/tables/Logical_Router_Policy/columns")).remove("nexthops");
        ((ObjectNode) schema.at("/tables")).remove("Address_Set");
        var old = Files.write(directory.resolve("old.ovsschema"), JSON.writeValueAsBytes(schema));
        try (var server = server(old);
                var load = new BulkLoad(server.address(), MAX_ROWS, BulkLoad.pods(100))) {
            awaitError(load, "its schema lacks Address_Set, Logical_Router_Policy.nexthops, NAT.external_ids");
            assertThat(load.transactions()).isZero();

            Command.of(Programs.find("ovsdb-client"), "convert", server.address(), Northbound.SCHEMA.toString())
                    .output();
            Northbound.prepare(server);
            load.awaitSettled();
            Await.await("every pod is served")
                    .untilAsserted(
                            () -> assertThat(Northbound.servedPods(server)).hasSize(100));
        }
    }

    @Test
    void databaseOfAnotherNameIsNamed() {
        try (var server = OvsdbServer.withSchema(directory.path(), "sb", "OVN_Southbound", Programs.schema("ovn-sb"))
                        .start();
                var load = new BulkLoad(server.address(), MAX_ROWS)) {
            awaitError(load, "the server has no database OVN_Northbound; it has OVN_Southbound");
        }
    }

    private OvsdbServer server(Path schema) {
        return OvsdbServer.withSchema(directory.path(), "nb", "OVN_Northbound", schema)
                .start();
    }

    /** Returns when the controller has heard of a full disk. */
    private static Instant awaitTrouble(BulkLoad load) {
        Await.await("the disk is full")
                .untilAsserted(
                        () -> assertThat(load.controller().state().progress().serverTrouble())
                                .contains("I/O error"));
        return Instant.now();
    }

    private static void awaitError(BulkLoad load, String error) {
        Await.await(error)
                .untilAsserted(() ->
                        assertThat(load.controller().session().lastError()).contains(error));
    }
}
