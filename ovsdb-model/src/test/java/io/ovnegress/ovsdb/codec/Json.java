package io.ovnegress.ovsdb.codec;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.replica.RowUpdate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** JSON texts of tests, in which an apostrophe may stand for a quote. */
public final class Json {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Json() {}

    static String quoted(String text) {
        return text.replace('\'', '"');
    }

    static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    static JsonNode tree(byte[] bytes) {
        try {
            return MAPPER.readTree(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A parser at the first token, reading bytes as off a socket. */
    static JsonParser parser(byte[] bytes) throws IOException {
        var parser = OvsdbJson.FACTORY.createParser(new java.io.ByteArrayInputStream(bytes));
        parser.nextToken();
        return parser;
    }

    static JsonParser parser(String text) throws IOException {
        return parser(quoted(text).getBytes(StandardCharsets.UTF_8));
    }

    public static List<RowUpdate> updates(MonitorSpec spec, JsonNode tableUpdates) {
        try {
            return new TableUpdatesDecoder(spec).decode(parser(MAPPER.writeValueAsBytes(tableUpdates)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
