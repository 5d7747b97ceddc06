package io.ovnegress.ovsdb.codec;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** How JSON-RPC texts are read and written here. Thread safe. */
public final class OvsdbJson {
    /**
     * The factory for every parser of what a server sends. Names are not kept in a symbol table: in updates the names of
     * members are row UUIDs, and a parser that lives as long as its connection would collect all that ever were. (Measured,
     * 100,000 rows, 38 MB: 0.3 s and 242 MB allocated instead of 0.6 s and 490 MB.)
     *
     * <p>A parser reads as soon as it is made, and blocks if nothing is there yet: make it in the thread that reads.
     */
    public static final JsonFactory FACTORY = new JsonFactoryBuilder()
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();

    private static final int FIRST_CAPACITY = 4096;

    private OvsdbJson() {}

    /** Writes the elements of {@code params}. */
    @FunctionalInterface
    public interface Parameters {
        void write(JsonGenerator json) throws IOException;
    }

    /** A complete JSON-RPC request (RFC 7047 section 4.1) as UTF-8 text. */
    public static byte[] request(long id, String method, Parameters parameters) {
        var bytes = new ByteArrayOutputStream(FIRST_CAPACITY);
        try (var json = FACTORY.createGenerator(bytes, JsonEncoding.UTF8)) {
            json.writeStartObject();
            json.writeNumberField("id", id);
            json.writeStringField("method", method);
            json.writeArrayFieldStart("params");
            parameters.write(json);
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("request " + method, e);
        }
        return bytes.toByteArray();
    }
}
