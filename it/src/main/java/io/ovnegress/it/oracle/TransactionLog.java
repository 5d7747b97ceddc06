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

/**
 * The transactions of a standalone database in the order in which they were committed, read from its file (ovsdb(7), "Standalone
 * Database Format"). The file may be in use: a record that is still being written is not seen. Immutable.
 *
 * @param schema the database schema, the first record of the file
 */
public record TransactionLog(JsonNode schema, List<JsonNode> transactions) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String MAGIC = "OVSDB JSON ";

    public TransactionLog {
        transactions = List.copyOf(transactions);
    }

    public static TransactionLog read(Path file) {
        try {
            var records = records(Files.readAllBytes(file));
            if (records.isEmpty()) {
                throw new IllegalArgumentException(file + " is not a standalone OVSDB file");
            }
            return new TransactionLog(records.get(0), records.subList(1, records.size()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Each record is a line {@code OVSDB JSON <length> <sha1>} and then that many bytes of JSON. */
    private static List<JsonNode> records(byte[] bytes) throws IOException {
        var records = new ArrayList<JsonNode>();
        int position = 0;
        while (position < bytes.length) {
            int end = position;
            while (end < bytes.length && bytes[end] != '\n') {
                end++;
            }
            var header = new String(bytes, position, end - position, StandardCharsets.UTF_8);
            if (end == bytes.length || !header.startsWith(MAGIC)) {
                break;
            }
            int length = Integer.parseInt(header.substring(MAGIC.length(), header.lastIndexOf(' ')));
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
