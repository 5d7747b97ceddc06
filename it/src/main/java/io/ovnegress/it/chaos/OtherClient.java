package io.ovnegress.it.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Somebody else at the same database: ovnkube-master, or a person who means well. Each transaction names its author. */
final class OtherClient {
    static final ObjectMapper JSON = new ObjectMapper();

    private final Path server;

    OtherClient(Path server) {
        this.server = server;
    }

    /** Who a transaction is from: the beginning of its comment. */
    enum Author {
        /** Rows that the controller needs or must leave alone. */
        TOPOLOGY,
        /** One of the controllers; the word after it is its name. */
        CONTROLLER,
        /** From here on only the controller with this name may write, or any one if there is no name. */
        LEADS,
        /** Damages the controller's rows; the words after it are whom the damage concerns. */
        DAMAGE,
        /** Node SNATs of single pods; the words after it are the pods' addresses. */
        OVNKUBE,
        /** A start of ovnkube, or what it takes along with a pod or a node; the words after it are whom it concerns. */
        OVNKUBE_TAKES,
        /** How far rows have come. */
        NORTHD,
        /** A controller has been told nothing for a while, answers of ovn-northd included. */
        PARTED,
        /** Everything is in order again. */
        SETTLED,
        /** Nothing of interest. */
        BARRIER
    }

    /** Operations of one transaction, built one by one. */
    static ArrayNode operations() {
        return JSON.createArrayNode();
    }

    static ObjectNode operation(ArrayNode operations, String name, String table) {
        return operations.addObject().put("op", name).put("table", table);
    }

    /** {@code ["uuid", ID]}. */
    static ArrayNode uuid(String id) {
        return JSON.createArrayNode().add("uuid").add(id);
    }

    static ArrayNode named(String name) {
        return JSON.createArrayNode().add("named-uuid").add(name);
    }

    static ArrayNode set(String... elements) {
        var set = JSON.createArrayNode().add("set");
        var list = set.addArray();
        for (var element : elements) {
            list.add(element);
        }
        return set;
    }

    static ArrayNode map(String... keysAndValues) {
        var map = JSON.createArrayNode().add("map");
        var list = map.addArray();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            list.addArray().add(keysAndValues[i]).add(keysAndValues[i + 1]);
        }
        return map;
    }

    static ArrayNode whereId(String id) {
        var where = JSON.createArrayNode();
        where.addArray().add("_uuid").add("==").add(uuid(id));
        return where;
    }

    static ArrayNode whereName(String name) {
        var where = JSON.createArrayNode();
        where.addArray().add("name").add("==").add(name);
        return where;
    }

    /** {@code mutate}: inserts a reference into, or deletes it from, a set of references. */
    static void reference(
            ArrayNode operations, String table, ArrayNode where, String column, String mutator, ArrayNode row) {
        var mutate = operation(operations, "mutate", table);
        mutate.set("where", where);
        mutate.putArray("mutations").addArray().add(column).add(mutator).add(row);
    }

    /** All rows of the tables at one moment, in their order. */
    List<JsonNode> select(List<String> tables) {
        var operations = operations();
        tables.forEach(table -> operation(operations, "select", table).putArray("where"));
        var rows = new ArrayList<JsonNode>();
        call(operations).forEach(result -> rows.add(result.get("rows")));
        return rows;
    }

    /** The server has refused a transaction. */
    static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;

        private Refused(JsonNode result, ArrayNode operations) {
            super(result + " for " + operations);
        }
    }

    /** Commits the operations; throws {@link Refused} if the server refuses one of them. */
    void transact(Author author, String comment, ArrayNode operations) {
        operations.addObject().put("op", "comment").put("comment", author + " " + comment);
        call(operations);
    }

    private JsonNode call(ArrayNode operations) {
        var request = JSON.createObjectNode().put("id", 1).put("method", "transact");
        request.putArray("params").add("OVN_Northbound").addAll(operations);
        // A connection each time: there is no probe to answer, and none to find broken.
        try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(server))) {
            var bytes = ByteBuffer.wrap(request.toString().getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            try (var parser = JSON.createParser(Channels.newInputStream(channel))) {
                JsonNode reply = parser.readValueAsTree();
                for (var result : reply.get("result")) {
                    if (result.has("error")) {
                        throw new Refused(result, operations);
                    }
                }
                return reply.get("result");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
