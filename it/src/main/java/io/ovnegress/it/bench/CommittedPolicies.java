package io.ovnegress.it.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.it.harness.oracle.TransactionLog;
import io.ovnegress.it.harness.process.Await;
import io.ovnegress.it.harness.process.OvsdbServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.List;

/**
 * When policies were written since this was made, as the database's file says: on two processors whoever asks the server or the
 * controller while they work is measured too.
 */
final class CommittedPolicies {
    private static final String POLICIES = "Logical_Router_Policy";

    private final OvsdbServer server;
    private final long start;
    private long seen;

    CommittedPolicies(OvsdbServer server) {
        this.server = server;
        this.start = length();
    }

    /** Returns once so many policies were inserted, changed or deleted; milliseconds since the epoch of the last one. */
    long last(int policies) {
        var found = new long[1];
        Await.await(policies + " policies", this::length).until(() -> {
            long length = length();
            boolean quiet = length == seen && length > start;
            seen = length;
            if (!quiet) {
                return false;
            }
            var changed = new HashSet<String>();
            for (var transaction : transactions()) {
                transaction.path(POLICIES).fieldNames().forEachRemaining(changed::add);
                found[0] = transaction.path("_date").asLong();
            }
            return changed.size() >= policies;
        });
        return found[0];
    }

    /** Those that have changed policies. */
    private List<JsonNode> transactions() {
        return TransactionLog.read(server.file(), start).transactions().stream()
                .filter(transaction -> transaction.has(POLICIES))
                .toList();
    }

    private long length() {
        try {
            return Files.size(server.file());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
