package io.ovnegress.controller.ovsdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import io.ovnegress.ovsdb.operation.OvsdbError;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageReaderTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final ObjectMapper ASCII =
            JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    /** A message as it was meant and as it was read. */
    record Message(Optional<String> method, JsonNode id, JsonNode value, Optional<OvsdbError> error) {}

    @Property(tries = 300)
    void anyMessagesInAnyPiecesAreTheSameMessages(@ForAll("messages") List<Message> messages, @ForAll long seed)
            throws IOException {
        var random = new Random(seed);
        var text = new StringBuilder();
        for (var message : messages) {
            text.append(textOf(message, random)).append(random.nextInt(4) == 0 ? "\n " : "");
        }
        assertThat(read(text.toString(), random)).isEqualTo(messages);
    }

    @Test
    void megabyteOfBackslashesIsAString() throws IOException {
        var long1 = "\\".repeat(1 << 20) + "\"";
        var message = new Message(
                Optional.of("update3"),
                NullNode.getInstance(),
                JsonNodeFactory.instance.textNode(long1),
                Optional.empty());
        var random = new Random(1);
        assertThat(read(textOf(message, random) + textOf(message, random), random))
                .containsExactly(message, message);
    }

    @Test
    void errorWithoutResultIsAnError() throws IOException {
        assertThat(read("{\"id\":2,\"error\":\"unknown method\"}", new Random(1)))
                .extracting(Message::error)
                .containsExactly(Optional.of(new OvsdbError("unknown method", "")));
    }

    @Test
    void nestedDeeperThanTheParserAllowsEndsTheConnection() {
        assertThatThrownBy(() -> read("{\"id\":1,\"result\":" + "[".repeat(5000), new Random(1)))
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(EOFException.class);
    }

    @Test
    void whatIsNoMessageEndsTheConnection() {
        assertThatThrownBy(() -> read("[1]", new Random(1))).isInstanceOf(ProtocolException.class);
        assertThatThrownBy(() -> read("HTTP/1.1 400 Bad Request\r\n", new Random(1)))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> read("{\"result\":[]}", new Random(1))).isInstanceOf(ProtocolException.class);
    }

    /** One after the other: what comes before it is known which message it is. */
    @ParameterizedTest
    @ValueSource(
            strings = {"{\"params\":[\"", "{\"result\":[\"", "{\"method\":\"", "{\"id\":\"", "{\"", "{\"error\":\""})
    void aMessageThatNeverSaysWhichOneItIsEndsTheConnectionBeforeTheMemoryDoes(String beginning) {
        var stream = new Endless(beginning);
        var reader = new MessageReader(stream, new Recording(new ArrayList<>()));

        assertThatThrownBy(reader::readOne)
                .hasStackTraceContaining(
                        "the server sent more than 32 MiB of a message without saying which one it is");
        assertThat(stream.handedOut).isLessThan(MessageReader.LONGEST_PREFACE + 1024 * 1024L);
    }

    @Test
    void whatComesInSmallPiecesBeforeItsIdTakesNoMoreMemoryThanOnTheWire() throws IOException {
        int most = MessageReader.LONGEST_PREFACE / 4;
        var text = "{\"params\":[" + "0,".repeat(most) + "0],\"method\":\"update\"}";
        var elements = new AtomicInteger();
        var reader = new MessageReader(
                new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), new Counting(elements));

        reader.readOne();

        assertThat(elements).hasValue(most + 1);
    }

    @Test
    void aReplyThatSaysWhoseItIsMayBeOfAnyLength() throws IOException {
        int many = 2 * MessageReader.LONGEST_PREFACE / "\"row\",".length();
        var text = "{\"id\":1,\"result\":[" + "\"row\",".repeat(many) + "0],\"error\":null}";
        var elements = new AtomicInteger();
        var reader = new MessageReader(
                new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), new Counting(elements));

        reader.readOne();

        assertThat(elements).hasValue(many + 1);
    }

    @Test
    void paramsThatAreKnownByTheirBeginningMayBeOfAnyLengthThoughTheMethodFollows() throws IOException {
        int many = 2 * MessageReader.LONGEST_PREFACE / "\"row\",".length();
        var text = "{\"params\":[\"rows\"," + "\"row\",".repeat(many) + "0],\"method\":\"update3\",\"id\":null}";
        var elements = new AtomicInteger();
        var counting = new Counting(elements);
        var reader = new MessageReader(
                new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), new MessageReader.Receivers() {
                    @Override
                    public MessageReader.Receiver reply(long id) {
                        throw new AssertionError("no reply");
                    }

                    @Override
                    public MessageReader.Receiver call(String method, JsonNode id) {
                        throw new AssertionError("read already");
                    }

                    @Override
                    public Optional<MessageReader.Early> params(String first) {
                        assertThat(first).isEqualTo("rows");
                        return Optional.of(new MessageReader.Early() {
                            @Override
                            public void read(JsonParser value) throws IOException {
                                assertThat(value.currentToken()).isEqualTo(JsonToken.START_ARRAY);
                                counting.read(value);
                            }

                            @Override
                            public MessageReader.Receiver of(String method, JsonNode id) {
                                assertThat(method).isEqualTo("update3");
                                return counting;
                            }
                        });
                    }
                });

        reader.readOne();

        assertThat(elements).hasValue(many + 2);
    }

    private record Counting(AtomicInteger elements) implements MessageReader.Receivers, MessageReader.Receiver {
        @Override
        public MessageReader.Receiver reply(long id) {
            return this;
        }

        @Override
        public MessageReader.Receiver call(String method, JsonNode id) {
            return this;
        }

        @Override
        public void read(JsonParser array) throws IOException {
            while (array.nextToken() != JsonToken.END_ARRAY) {
                elements.incrementAndGet();
            }
        }

        @Override
        public void end(Optional<OvsdbError> error) {
            assertThat(error).isEmpty();
        }
    }

    private static final class Endless extends InputStream {
        private final byte[] beginning;
        private long handedOut;

        Endless(String beginning) {
            this.beginning = beginning.getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public int read() {
            return handedOut < beginning.length ? beginning[(int) handedOut++] : 'a';
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            for (int i = 0; i < length; i++) {
                target[offset + i] = handedOut < beginning.length ? beginning[(int) handedOut] : (byte) 'a';
                handedOut++;
            }
            return length;
        }
    }

    @Test
    void messageCutOffIsNotReceived() {
        assertThatThrownBy(() -> read("{\"id\":1,\"result\":[1,2", new Random(1)))
                .isInstanceOf(IOException.class);
    }

    @Provide
    Arbitrary<List<Message>> messages() {
        var replies = Combinators.combine(Arbitraries.longs().greaterOrEqual(0), json(3))
                .as((id, value) -> new Message(Optional.empty(), MAPPER.valueToTree(id), value, Optional.empty()));
        var errors = Combinators.combine(Arbitraries.longs().greaterOrEqual(0), texts(), texts())
                .as((id, tag, details) -> new Message(
                        Optional.empty(),
                        MAPPER.valueToTree(id),
                        NullNode.getInstance(),
                        Optional.of(new OvsdbError(tag, details))));
        var calls = Combinators.combine(texts(), json(3), Arbitraries.of(NullNode.getInstance(), idText()))
                .as((method, value, id) -> new Message(Optional.of(method), id, value, Optional.empty()));
        return Arbitraries.oneOf(replies, calls, errors).list().ofMaxSize(12);
    }

    private static JsonNode idText() {
        return JsonNodeFactory.instance.textNode("echo\\");
    }

    /** No bare null: a null result is no result. */
    private static Arbitrary<JsonNode> json(int depth) {
        Arbitrary<JsonNode> atoms = Arbitraries.oneOf(
                texts().map(JsonNodeFactory.instance::textNode),
                Arbitraries.integers().map(JsonNodeFactory.instance::numberNode),
                Arbitraries.of(true, false).map(JsonNodeFactory.instance::booleanNode));
        if (depth == 0) {
            return atoms;
        }
        Arbitrary<JsonNode> arrays = json(depth - 1)
                .list()
                .ofMaxSize(4)
                .map(elements -> JsonNodeFactory.instance.arrayNode().addAll(elements));
        Arbitrary<JsonNode> objects = Arbitraries.maps(texts(), json(depth - 1))
                .ofMaxSize(4)
                .map(members -> JsonNodeFactory.instance.objectNode().setAll(members));
        return Arbitraries.oneOf(atoms, arrays, objects);
    }

    /** Made of what breaks framing and decoding. */
    private static Arbitrary<String> texts() {
        return Arbitraries.of(
                        "\\", "\"", "\\\"", "{", "}", "[", "]", ",", ":", "\n", "\u0001", "é", "😀", "a", "\u2028")
                .list()
                .ofMaxSize(8)
                .map(parts -> String.join("", parts));
    }

    private static String textOf(Message message, Random random) throws IOException {
        var mapper = random.nextBoolean() ? MAPPER : ASCII;
        var members = new ArrayList<String>();
        if (!message.id().isNull() || random.nextBoolean()) {
            members.add("\"id\":" + mapper.writeValueAsString(message.id()));
        }
        if (message.method().isPresent()) {
            members.add(
                    "\"method\":" + mapper.writeValueAsString(message.method().get()));
            members.add("\"params\":" + mapper.writeValueAsString(message.value()));
        } else if (message.error().isPresent()) {
            var error = MAPPER.createObjectNode();
            error.put("details", message.error().get().details());
            error.put("error", message.error().get().error());
            error.putArray("syntax").add("]}");
            members.add("\"error\":" + mapper.writeValueAsString(error));
        } else {
            members.add("\"result\":" + mapper.writeValueAsString(message.value()));
            members.add("\"error\":null");
        }
        Collections.shuffle(members, random);
        return "{" + String.join(random.nextBoolean() ? "," : " ,\n", members) + "}";
    }

    private static List<Message> read(String text, Random random) throws IOException {
        var messages = new ArrayList<Message>();
        var reader =
                new MessageReader(new InPieces(text.getBytes(StandardCharsets.UTF_8), random), new Recording(messages));
        try {
            while (true) {
                reader.readOne();
            }
        } catch (EOFException e) {
            return messages;
        }
    }

    private record Recording(List<Message> messages) implements MessageReader.Receivers {
        @Override
        public MessageReader.Receiver reply(long id) {
            return receiver(Optional.empty(), MAPPER.valueToTree(id));
        }

        @Override
        public MessageReader.Receiver call(String method, JsonNode id) {
            return receiver(Optional.of(method), id);
        }

        private MessageReader.Receiver receiver(Optional<String> method, JsonNode id) {
            return new MessageReader.Receiver() {
                private JsonNode value = NullNode.getInstance();

                @Override
                public void read(JsonParser parser) throws IOException {
                    value = MAPPER.readTree(parser);
                }

                @Override
                public void end(Optional<OvsdbError> error) {
                    messages.add(new Message(method, id, value, error));
                }
            };
        }
    }

    /** As a socket hands bytes out: a few at a time, and never an honest number of those to come. */
    private static final class InPieces extends InputStream {
        private final ByteArrayInputStream bytes;
        private final Random random;

        InPieces(byte[] bytes, Random random) {
            this.bytes = new ByteArrayInputStream(bytes);
            this.random = random;
        }

        @Override
        public int read() {
            return bytes.read();
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            int most = random.nextInt(8) == 0 ? 70_000 : 1 + random.nextInt(7);
            return bytes.read(target, offset, Math.min(length, most));
        }
    }
}
