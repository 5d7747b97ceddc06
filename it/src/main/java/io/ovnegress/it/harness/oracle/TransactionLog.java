package io.ovnegress.it.harness.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The transactions of a database in the order in which they were committed, read from its file (ovsdb(5), "Standalone Format" and
 * "Clustered Format"). The file may be in use: a record that is still being written is not seen. Immutable.
 *
 * @param schema the database schema, the first record of the file
 * @param end where in the file the next transaction will be
 */
public record TransactionLog(JsonNode schema, List<JsonNode> transactions, int end) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String STANDALONE = "OVSDB JSON ";
    private static final String CLUSTERED = "OVSDB CLUSTER ";

    public TransactionLog {
        transactions = List.copyOf(transactions);
    }

    public static TransactionLog read(Path file) {
        return read(file, 0);
    }

    /**
     * The transactions from a position in the file on, where the database was empty.
     *
     * @param start the length of the file at that time; 0 for all transactions
     */
    public static TransactionLog read(Path file, long start) {
        try {
            var content = Files.readAllBytes(file);
            var empty = empty(content);
            return start == 0 ? empty.readOn(content) : empty.from(start).readOn(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @param content of a file */
    public static TransactionLog read(byte[] content) {
        return empty(content).readOn(content);
    }

    private static TransactionLog empty(byte[] content) {
        var records = new Records(content, STANDALONE, 0);
        if (!records.hasNext()) {
            throw new IllegalArgumentException("not a standalone OVSDB file");
        }
        return new TransactionLog(records.next(), List.of(), records.position());
    }

    private TransactionLog from(long start) {
        return new TransactionLog(schema, transactions, Math.toIntExact(start));
    }

    /**
     * This log and what has been written since.
     *
     * @param content of the same file now
     */
    public TransactionLog readOn(byte[] content) {
        var records = new Records(content, STANDALONE, end);
        var all = new ArrayList<>(transactions);
        records.forEachRemaining(all::add);
        return new TransactionLog(schema, all, records.position());
    }

    /**
     * Reads the file of a cluster's member that has been there from the first transaction on: what it knows to be committed.
     */
    public static TransactionLog readMember(Path file) {
        try {
            var content = Files.readAllBytes(file);
            var records = new ArrayList<JsonNode>();
            new Records(content, CLUSTERED, 0).forEachRemaining(records::add);
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
            return new TransactionLog(records.get(0).get("prev_data").get(0), transactions, content.length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Each record is a line {@code OVSDB JSON <length> <sha1>} (or {@code OVSDB CLUSTER ...}) and then that many bytes of JSON. */
    private static final class Records implements Iterator<JsonNode> {
        private final byte[] bytes;
        private final String magic;
        private int position;

        private Records(byte[] bytes, String magic, int start) {
            this.bytes = bytes;
            this.magic = magic;
            this.position = start;
        }

        /** Where the next record begins. */
        private int position() {
            return position;
        }

        @Override
        public boolean hasNext() {
            return content().isPresent();
        }

        @Override
        public JsonNode next() {
            var content = content().orElseThrow();
            try {
                position = content.start() + content.length();
                return JSON.readTree(bytes, content.start(), content.length());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private record Content(int start, int length) {}

        /** Of the next record; empty if that is not there as a whole. */
        private Optional<Content> content() {
            int line = position;
            while (line < bytes.length && bytes[line] != '\n') {
                line++;
            }
            var header = new String(bytes, position, line - position, StandardCharsets.UTF_8);
            if (line == bytes.length || !header.startsWith(magic)) {
                return Optional.empty();
            }
            int length = Integer.parseInt(header.substring(magic.length(), header.lastIndexOf(' ')));
            return line + 1 + length > bytes.length ? Optional.empty() : Optional.of(new Content(line + 1, length));
        }
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
