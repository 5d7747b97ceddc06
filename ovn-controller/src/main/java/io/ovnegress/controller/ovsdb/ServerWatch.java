package io.ovnegress.controller.ovsdb;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.opendaylight.ovsdb.lib.jsonrpc.Params;

/**
 * Table {@code Database} of the server's own database {@code _Server} (ovsdb-server(5)): whether this server is one to stay
 * with. Not thread safe.
 */
final class ServerWatch {
    static final String DATABASE = "_Server";
    private static final String TABLE = "Database";

    private static final String NOT_CONNECTED = "the server is not connected to its cluster";
    private static final String OLDER = "the server is behind what was seen before";
    /** What is said of a server that may lack what is committed. */
    static final List<String> BEHIND = List.of(NOT_CONNECTED, OLDER);

    private final String database;
    private final boolean leaderOnly;
    private final Map<String, JsonNode> rows = new TreeMap<>();

    ServerWatch(String database, boolean leaderOnly) {
        this.database = database;
        this.leaderOnly = leaderOnly;
    }

    /** {@code index} changes with every transaction: it is only watched where it can tell that a server is behind. */
    Params request() {
        var columns = new ArrayList<>(List.of("name", "model", "connected", "leader"));
        if (!leaderOnly) {
            columns.add("index");
        }
        return () -> List.of(DATABASE, DATABASE, Map.of(TABLE, Map.of("columns", columns)));
    }

    /** @param updates {@code <table-updates>} of RFC 7047 section 4.1.6 */
    void apply(JsonNode updates) {
        for (var update : updates.path(TABLE).properties()) {
            var row = update.getValue().path("new");
            if (row.isObject()) {
                rows.put(update.getKey(), row);
            } else {
                rows.remove(update.getKey());
            }
        }
    }

    /**
     * Why the server will not do; empty if it does.
     *
     * @param leastIndex the log entry up to which we have seen the database: a server behind it would take us back in time
     */
    Optional<String> objection(long leastIndex) {
        var row = row();
        if (row.isEmpty()) {
            return Optional.of("the server has no database " + database + "; it has " + names());
        }
        var model = row.get().path("model").asText();
        if (!model.equals("standalone") && !row.get().path("connected").asBoolean()) {
            return Optional.of(NOT_CONNECTED);
        }
        if (model.equals("clustered") && leaderOnly && !row.get().path("leader").asBoolean()) {
            return Optional.of("the server is not the leader of its cluster");
        }
        return Optional.of(OLDER).filter(text -> model.equals("clustered") && !leaderOnly && index() < leastIndex);
    }

    /** What the server says of itself, in words. */
    String role() {
        return row().map(row -> {
                    var model = row.path("model").asText();
                    return model.equals("clustered")
                            ? (row.path("leader").asBoolean() ? "leader" : "follower") + " of its cluster"
                            : model;
                })
                .orElse("does not say");
    }

    /** The server's last log entry; 0 if it is not known. */
    long index() {
        return row().map(row -> row.path("index").asLong(0)).orElse(0L);
    }

    private Optional<JsonNode> row() {
        return rows.values().stream().filter(isNamed(database)).findFirst();
    }

    private static Predicate<JsonNode> isNamed(String name) {
        return row -> row.path("name").asText().equals(name);
    }

    private String names() {
        return String.join(
                ", ",
                rows.values().stream()
                        .map(row -> row.path("name").asText())
                        .sorted()
                        .toList());
    }
}
