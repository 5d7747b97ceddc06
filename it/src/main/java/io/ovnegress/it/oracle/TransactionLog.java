package io.ovnegress.it.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * The transactions of a database in the order in which they were committed, read from its file (ovsdb(5), "Standalone Format" and
 * "Clustered Format"). The file may be in use: a record that is still being written is not seen. Immutable.
 *
 * @param schema the database schema, the first record of the file
 */
public record TransactionLog(JsonNode schema, List<JsonNode> transactions) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String STANDALONE = "OVSDB JSON ";
    private static final String CLUSTERED = "OVSDB CLUSTER ";

    public TransactionLog {
        transactions = List.copyOf(transactions);
    }

    public static TransactionLog read(Path file) {
        try {
            return read(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @param content of a file */
    public static TransactionLog read(byte[] content) {
        try {
            var records = records(content, STANDALONE);
            if (records.isEmpty()) {
                throw new IllegalArgumentException("not a standalone OVSDB file");
            }
            return new TransactionLog(records.get(0), records.subList(1, records.size()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Reads the file of a cluster's member that has been there from the first transaction on: what it knows to be committed.
     */
    public static TransactionLog readMember(Path file) {
        try {
            var records = records(Files.readAllBytes(file), CLUSTERED);
            if (records.isEmpty() || !records.get(0).path("prev_data").path(0).isObject()) {
                throw new IllegalArgumentException(file + " is not the file of a cluster's first member");
            }
            var entries = new TreeMap<Long, JsonNode>();
            long committed = 0;
            for (var record : records) {
                committed = Math.max(committed, record.path("commit_index").asLong());
                if (record.has("index")) {
                    // An entry that another leader has put in the place of this one takes those after it along.
                    entries.tailMap(record.get("index").asLong(), true).clear();
                    entries.put(
                            record.get("index").asLong(), record.path("data").path(1));
                }
            }
            var transactions = entries.headMap(committed, true).values().stream()
                    .filter(JsonNode::isObject)
                    .toList();
            return new TransactionLog(records.get(0).get("prev_data").get(0), transactions);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Each record is a line {@code OVSDB JSON <length> <sha1>} (or {@code OVSDB CLUSTER ...}) and then that many bytes of JSON. */
    private static List<JsonNode> records(byte[] bytes, String magic) throws IOException {
        var records = new ArrayList<JsonNode>();
        int position = 0;
        while (position < bytes.length) {
            int end = position;
            while (end < bytes.length && bytes[end] != '\n') {
                end++;
            }
            var header = new String(bytes, position, end - position, StandardCharsets.UTF_8);
            if (end == bytes.length || !header.startsWith(magic)) {
                break;
            }
            int length = Integer.parseInt(header.substring(magic.length(), header.lastIndexOf(' ')));
            if (end + 1 + length > bytes.length) {
                break;
            }
            records.add(JSON.readTree(bytes, end + 1, length));
            position = end + 1 + length;
        }
        return records;
    }

    public int size() {
        return transactions.size();
    }

    /** Called with the state after each transaction. */
    @FunctionalInterface
    public interface Observer {
        void after(int index, JsonNode transaction, DatabaseState state);
    }

    /** Applies all transactions one by one to an empty database. */
    public DatabaseState replay(Observer observer) {
        var state = new DatabaseState(schema);
        for (int i = 0; i < transactions.size(); i++) {
            state.apply(transactions.get(i));
            observer.after(i, transactions.get(i), state);
        }
        return state;
    }
}
