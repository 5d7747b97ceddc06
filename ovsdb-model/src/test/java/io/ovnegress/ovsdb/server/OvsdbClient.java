package io.ovnegress.ovsdb.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ovnegress.ovsdb.codec.OperationEncoder;
import io.ovnegress.ovsdb.codec.OvsdbJson;
import io.ovnegress.ovsdb.codec.TransactReply;
import io.ovnegress.ovsdb.nb.OvnNorthbound;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.OperationResult;
import io.ovnegress.ovsdb.row.Table;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/** Sends a request and blocks for its reply; keeps the notifications that come before it. One thread. */
final class OvsdbClient implements AutoCloseable {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final SocketChannel channel;
    private final List<JsonNode> notifications = new ArrayList<>();
    private JsonParser parser;
    private long lastId;

    OvsdbClient(SocketChannel channel) {
        this.channel = channel;
    }

    /** The whole reply, with its {@code result} or {@code error}. */
    JsonNode call(long id, byte[] request) throws IOException {
        var bytes = ByteBuffer.wrap(request);
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
        if (parser == null) {
            parser = OvsdbJson.FACTORY.createParser(Channels.newInputStream(channel));
        }
        while (true) {
            JsonNode message = MAPPER.readTree(parser);
            if (message == null) {
                throw new IOException("the server closed the connection");
            }
            if (message.path("id").asLong(-1) == id) {
                return message;
            }
            notifications.add(message);
        }
    }

    JsonNode call(String method, OvsdbJson.Parameters parameters) throws IOException {
        long id = nextId();
        return call(id, OvsdbJson.request(id, method, parameters));
    }

    List<OperationResult> transact(Operation... operations) throws IOException {
        long id = nextId();
        var reply = call(id, OperationEncoder.transact(id, OvnNorthbound.NAME, List.of(operations)));
        assertThat(reply.path("error").isNull()).as("%s", reply).isTrue();
        try (var result = OvsdbJson.FACTORY.createParser(MAPPER.writeValueAsBytes(reply.path("result")))) {
            result.nextToken();
            return TransactReply.decode(result);
        }
    }

    /** All rows of the table, as objects of their columns. */
    JsonNode select(Table table) throws IOException {
        return call("transact", json -> {
                    json.writeString(OvnNorthbound.NAME);
                    json.writeStartObject();
                    json.writeStringField("op", "select");
                    json.writeStringField("table", table.name());
                    json.writeArrayFieldStart("where");
                    json.writeEndArray();
                    json.writeEndObject();
                })
                .path("result")
                .path(0)
                .path("rows");
    }

    JsonNode schema() throws IOException {
        return call("get_schema", json -> json.writeString(OvnNorthbound.NAME)).path("result");
    }

    /** The notifications that came since the last call of this method. */
    List<JsonNode> takeNotifications() {
        var taken = List.copyOf(notifications);
        notifications.clear();
        return taken;
    }

    long nextId() {
        return ++lastId;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
