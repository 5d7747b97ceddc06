package io.ovnegress.it.chaos;

import io.ovnegress.it.chaos.OtherClient.Author;
import io.ovnegress.it.harness.oracle.TransactionLog;
import io.ovnegress.it.harness.process.OvsdbServer;
import io.ovnegress.it.harness.process.Programs;
import io.ovnegress.it.harness.process.WorkDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The server of the histories, one after the other, and another one on which nothing bad ever happens, for comparison. Not thread
 * safe.
 */
final class ChaosDatabase implements AutoCloseable {
    private static final Path SCHEMA = Programs.schema("ovn-nb");

    private final WorkDirectory directory = WorkDirectory.create("ovn-egress-chaos");
    private final OvsdbServer server;
    private final OvsdbServer reference;
    private long start;

    ChaosDatabase() {
        server = OvsdbServer.withSchema(directory.path(), "nb", "OVN_Northbound", SCHEMA);
        reference = OvsdbServer.withSchema(directory.path(), "reference", "OVN_Northbound", SCHEMA);
        server.start();
        reference.start();
    }

    Path directory() {
        return directory.path();
    }

    Path socket() {
        return socketOf(server);
    }

    private static Path socketOf(OvsdbServer of) {
        return Path.of(of.address().substring("unix:".length()));
    }

    String address() {
        return server.address();
    }

    String reference() {
        return reference.address();
    }

    OtherClient client() {
        return new OtherClient(socket());
    }

    OtherClient referenceClient() {
        return new OtherClient(socketOf(reference));
    }

    /** Nothing but the rows of others; the log of the history starts here. */
    void clear() {
        empty(client());
        try {
            start = Files.size(server.file());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        furnish(client());
    }

    void clearReference() {
        empty(referenceClient());
        furnish(referenceClient());
    }

    private static void empty(OtherClient client) {
        var operations = OtherClient.operations();
        Landscape.nothing(operations);
        client.transact(Author.TOPOLOGY, "", operations);
        operations = OtherClient.operations();
        Landscape.noGroups(operations);
        client.transact(Author.TOPOLOGY, "", operations);
    }

    private static void furnish(OtherClient client) {
        var operations = OtherClient.operations();
        Landscape.everything(operations);
        client.transact(Author.TOPOLOGY, "", operations);
    }

    /** What was committed since {@link #clear}. */
    TransactionLog log() {
        return TransactionLog.read(server.file(), start);
    }

    /** Kills the server (SIGKILL) and starts it again on its file. */
    void kill() {
        server.process().kill();
        server.start();
    }

    void freeze() {
        server.process().freeze();
    }

    void thaw() {
        server.process().thaw();
    }

    @Override
    public void close() {
        server.close();
        reference.close();
        directory.close();
    }
}
