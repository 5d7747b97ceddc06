package io.ovnegress.controller.ovsdb;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import com.fasterxml.jackson.core.util.JsonParserSequence;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.util.TokenBuffer;
import io.ovnegress.ovsdb.codec.OvsdbJson;
import io.ovnegress.ovsdb.codec.TransactReply;
import io.ovnegress.ovsdb.operation.OvsdbError;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Takes JSON-RPC messages (RFC 7047 section 4) off a stream, one by one, without any framing: a single parser reads the texts
 * that follow each other, whatever is in their strings and however they arrive in pieces.
 *
 * <p>The big part of a message ({@code result} or {@code params}) is read by its receiver while it arrives, however long it is.
 * This needs {@code id} or {@code method} to come first. Replies of ovsdb-server have it so; of its calls those of a build for
 * SSE 4.2 begin with {@code params}, as the hash function has it. Params that by their first element are somebody's are read by
 * them all the same; in any other such order the part is buffered, and a message that does not say what it is within
 * {@link #LONGEST_PREFACE} ends the connection.
 * Members may come in any order, and an {@code error} counts whether or not there is a {@code result}. Not thread safe: one
 * thread reads, which is also the thread the receivers are called on.
 */
final class MessageReader {
    private static final int BUFFER_BYTES = 64 * 1024;
    private static final int LONGEST_STRING = 256 * 1024 * 1024;
    /** Bytes that may come before it is known which message it is: an update of some 100,000 rows. */
    static final int LONGEST_PREFACE = 32 * 1024 * 1024;

    private static final JsonFactory FACTORY = OvsdbJson.FACTORY
            .rebuild()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(LONGEST_STRING)
                    .maxNameLength(LONGEST_STRING)
                    .maxNestingDepth(1000)
                    .build())
            .build();
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Preface input;
    private final Receivers receivers;
    private Optional<JsonParser> parser = Optional.empty();

    /** Who takes a message, asked as soon as it is known which one it is. */
    interface Receivers {
        /** @throws ProtocolException if no request has this id */
        Receiver reply(long id) throws ProtocolException;

        /** @param id null node for a notification, which wants no reply */
        Receiver call(String method, JsonNode id);

        /** Who reads params that begin with this text, though it has not been said yet what they are of; empty for nobody. */
        default Optional<Early> params(String first) {
            return Optional.empty();
        }
    }

    /** Reads params before it is known what they are of. */
    interface Early {
        /** @param value as a {@link Receiver} has it */
        void read(JsonParser value) throws IOException;

        /**
         * They were of this call.
         *
         * @return takes its end
         * @throws ProtocolException if they cannot be what was read
         */
        Receiver of(String method, JsonNode id) throws ProtocolException;
    }

    /** Takes one message: first its value, if it has one, then its end. */
    interface Receiver {
        /** @param value at the first token of {@code result} or {@code params}; left at its last */
        void read(JsonParser value) throws IOException;

        void end(Optional<OvsdbError> error) throws IOException;
    }

    MessageReader(InputStream input, Receivers receivers) {
        this.input = new Preface(new BufferedInputStream(input, BUFFER_BYTES));
        this.receivers = receivers;
    }

    /**
     * Waits for one message and hands it to its receiver.
     *
     * @throws EOFException if the stream ended, ProtocolException if what came is not JSON-RPC
     */
    void readOne() throws IOException {
        var json = parser();
        var token = json.nextToken();
        if (token == null) {
            throw new EOFException("the server closed the connection");
        }
        if (token != JsonToken.START_OBJECT) {
            throw new ProtocolException("the server sent " + token + " where a JSON-RPC message should start");
        }
        new Message(json).read();
    }

    /** Counts what comes while it is not known what it is. */
    private static final class Preface extends FilterInputStream {
        private boolean known;
        private long bytes;

        Preface(InputStream input) {
            super(input);
        }

        /** @param isKnown whether somebody takes what comes from here on */
        void from(boolean isKnown) {
            known = isKnown;
            bytes = 0;
        }

        @Override
        public int read() throws IOException {
            int read = super.read();
            count(read < 0 ? 0 : 1);
            return read;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int read = super.read(buffer, offset, length);
            count(Math.max(read, 0));
            return read;
        }

        private void count(int read) throws ProtocolException {
            bytes += read;
            if (!known && bytes > LONGEST_PREFACE) {
                throw new ProtocolException("the server sent more than " + LONGEST_PREFACE / (1024 * 1024)
                        + " MiB of a message without saying which one it is");
            }
        }
    }

    /** Made late, since making it waits for the first bytes. */
    private JsonParser parser() throws IOException {
        if (parser.isEmpty()) {
            parser = Optional.of(FACTORY.createParser(new InputStreamReader(input, StandardCharsets.UTF_8)));
        }
        return parser.get();
    }

    /** One message while it is read. */
    private final class Message {
        private final JsonParser json;
        private JsonNode id = NullNode.getInstance();
        private Optional<String> method = Optional.empty();
        private Optional<Receiver> receiver = Optional.empty();
        private Optional<Early> early = Optional.empty();
        private Optional<byte[]> buffered = Optional.empty();
        private Optional<OvsdbError> error = Optional.empty();
        private boolean hasId;

        Message(JsonParser json) {
            this.json = json;
        }

        void read() throws IOException {
            input.from(false);
            while (json.nextToken() != JsonToken.END_OBJECT) {
                var name = json.currentName();
                var token = json.nextToken();
                switch (name) {
                    case "id" -> {
                        id = MAPPER.readTree(json);
                        hasId = true;
                    }
                    case "method" -> method = Optional.of(json.getText());
                    case "result", "params" -> {
                        if (token != JsonToken.VALUE_NULL) {
                            value(name.equals("result"));
                        }
                    }
                    case "error" -> {
                        if (token != JsonToken.VALUE_NULL) {
                            error = Optional.of(TransactReply.decodeError(json));
                        }
                    }
                    default -> json.skipChildren();
                }
            }
            var last = receiver.isPresent() ? receiver.get() : receiver();
            if (buffered.isPresent()) {
                try (var value = FACTORY.createParser(buffered.get())) {
                    value.nextToken();
                    last.read(value);
                }
            }
            last.end(error);
        }

        /** The id of a call may follow its params; it is only needed for the answer, so such a call is buffered too. */
        private void value(boolean isResult) throws IOException {
            if (hasId && (isResult || method.isPresent())) {
                var known = receiver();
                receiver = Optional.of(known);
                input.from(true);
                known.read(json);
                input.from(false);
            } else if (!isResult && json.currentToken() == JsonToken.START_ARRAY) {
                var whole = arrayWhoseFirstElementIsKnown();
                if (json.currentToken() == JsonToken.VALUE_STRING) {
                    early = receivers.params(json.getText());
                }
                if (early.isPresent()) {
                    input.from(true);
                    early.get().read(whole);
                    input.from(false);
                } else {
                    buffered = Optional.of(copy(whole));
                }
            } else {
                buffered = Optional.of(copy(json));
            }
        }

        /** Moves on to the first element; the result is at the beginning of the array. */
        private JsonParser arrayWhoseFirstElementIsKnown() throws IOException {
            var beginning = new TokenBuffer(MAPPER, false);
            beginning.writeStartArray();
            json.nextToken();
            var whole = JsonParserSequence.createFlattened(true, beginning.asParser(), json);
            whole.nextToken();
            return whole;
        }

        /** As text, which takes no more room than it took on the wire; as tokens it can be many times as much. */
        private static byte[] copy(JsonParser value) throws IOException {
            var copy = new ByteArrayBuilder(BUFFER_BYTES);
            try (var generator = FACTORY.createGenerator(copy, JsonEncoding.UTF8)) {
                generator.copyCurrentStructure(value);
            }
            return copy.toByteArray();
        }

        private Receiver receiver() throws ProtocolException {
            if (method.isPresent()) {
                return early.isPresent() ? early.get().of(method.get(), id) : receivers.call(method.get(), id);
            }
            if (!id.isIntegralNumber()) {
                throw new ProtocolException("the server sent a reply with the id " + id + ", which no request has");
            }
            return receivers.reply(id.longValue());
        }
    }
}
