package io.ovnegress.controller.ovsdb;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.SettableFuture;
import io.ovnegress.ovsdb.codec.OvsdbJson;
import io.ovnegress.ovsdb.operation.OvsdbError;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import org.opendaylight.ovsdb.lib.jsonrpc.Params;
import org.opendaylight.ovsdb.lib.message.OvsdbRPC;
import org.opendaylight.ovsdb.lib.message.Response;
import org.opendaylight.ovsdb.lib.message.TransactBuilder;
import org.opendaylight.ovsdb.lib.message.UpdateNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to an OVSDB server (RFC 7047 section 4), from connected to lost; never reused.
 *
 * <p>Every request ends: with its result, with an {@link OvsdbRpcException}, or with a {@link ConnectionLostException} when
 * the connection goes. Requests may be made by any thread and never block. One thread, the reader, calls {@link #await} and
 * {@link #run}: futures complete and handlers run on it, in the order of the messages. A thread of its own writes, so that a
 * server that does not read stops nobody else.
 */
final class OvsdbConnection implements OvsdbRPC, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OvsdbConnection.class);
    private static final ObjectMapper MAPPER =
            new ObjectMapper().setDefaultPropertyInclusion(JsonInclude.Include.NON_NULL);
    static final ValueReader<JsonNode> TREE = MAPPER::readTree;

    private final Transport transport;
    private final Duration requestTimeout;
    private final MessageReader reader;
    private final BlockingQueue<byte[]> outgoing = new LinkedBlockingQueue<>();
    private final Thread writer;
    private final AtomicReference<String> closed = new AtomicReference<>();
    private final PendingRequests pending = new PendingRequests();
    /** Reader thread only. */
    private final Map<String, Handler<?>> handlers = new HashMap<>();

    private final Map<String, Beginning<?>> beginnings = new HashMap<>();

    private volatile long lastReceived = System.nanoTime();
    /** Reader thread only. */
    private boolean heard;
    /** When an unanswered probe was sent, timer thread only. */
    private Optional<Long> probed = Optional.empty();

    /** Reads a {@code result} or {@code params}; afterwards the parser is at the value's last token. */
    @FunctionalInterface
    interface ValueReader<T> {
        T read(JsonParser value) throws IOException;
    }

    /** @param requestTimeout how long replies may take, but those to {@code echo} and {@code monitor} */
    OvsdbConnection(Transport transport, Duration requestTimeout) {
        this.transport = transport;
        this.requestTimeout = requestTimeout;
        this.reader = new MessageReader(new Watched(transport.input()), new Receivers());
        this.writer = Thread.ofPlatform().daemon().name("ovsdb-writer").unstarted(this::write);
    }

    void start() {
        writer.start();
    }

    // What the reader thread does.

    /**
     * Handles messages until the future is done.
     *
     * @throws OvsdbRpcException if the server answers with an error
     * @throws IOException if the connection is lost
     */
    <T> T await(ListenableFuture<T> future) throws IOException {
        while (!future.isDone()) {
            readOne();
        }
        try {
            return Futures.getDone(future);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException cause) {
                throw cause;
            }
            throw new IllegalStateException(e);
        }
    }

    /** Handles messages until the connection is lost, which is the exception. */
    void run() throws IOException {
        while (true) {
            readOne();
        }
    }

    /** Whether the server has ever said anything. */
    boolean hasHeard() {
        return heard;
    }

    private void readOne() throws IOException {
        try {
            reader.readOne();
        } catch (IOException e) {
            var reason = closed.get();
            throw reason == null ? e : new ConnectionLostException(reason, e);
        }
        if (closed.get() != null) {
            throw new ConnectionLostException(closed.get());
        }
    }

    /** Has notifications of this method read and handled; others are ignored. Reader thread, or before it reads. */
    <T> void on(String method, ValueReader<T> params, Consumer<T> handler) {
        handlers.put(method, new Handler<>(params, handler));
    }

    /**
     * Has notifications of these methods read and handled whose params begin with this text: while they arrive, even where the
     * method is said after them. Reader thread, or before it reads.
     */
    <T> void on(String first, ValueReader<T> params, Map<String, Consumer<T>> handlersByMethod) {
        beginnings.put(first, new Beginning<>(params, handlersByMethod));
        handlersByMethod.forEach((method, handler) -> on(method, params, handler));
    }

    // What any thread does.

    /** Gives the connection up; the first reason counts. Never blocks. */
    void abort(String reason) {
        if (closed.compareAndSet(null, reason)) {
            writer.interrupt();
            transport.close();
        }
    }

    /** Ends every request in flight. By the reader thread, after its last message. */
    @Override
    public void close() {
        abort("closed");
        pending.close(closed.get());
    }

    /**
     * Sends a request.
     *
     * @param message the bytes of the request with the given id
     * @param timeout how long the reply may take; zero for as long as the connection lives
     * @return the length of the message
     */
    <T> int send(
            String method,
            LongFunction<byte[]> message,
            Duration timeout,
            ValueReader<T> result,
            SettableFuture<T> future) {
        long id = pending.nextId();
        var bytes = message.apply(id);
        var request = new PendingRequests.Request<>(method, timeout, result, future);
        if (!pending.add(id, request, () -> outgoing.add(bytes))) {
            future.setException(new ConnectionLostException(closed.get()));
        }
        return bytes.length;
    }

    <T> ListenableFuture<T> request(
            String method, LongFunction<byte[]> message, Duration timeout, ValueReader<T> result) {
        var future = SettableFuture.<T>create();
        send(method, message, timeout, result, future);
        return future;
    }

    <T> ListenableFuture<T> call(String method, List<?> params, ValueReader<T> result) {
        return request(method, id -> bytes(id, method, params), requestTimeout, result);
    }

    private static byte[] bytes(long id, String method, List<?> params) {
        return OvsdbJson.request(id, method, json -> {
            for (var param : params) {
                MAPPER.writeValue(json, param);
            }
        });
    }

    /**
     * Probes a silent server, and gives the connection up if it stays silent or owes a reply for too long. Called again and
     * again by one timer thread.
     */
    void watch(Duration probe) {
        long now = System.nanoTime();
        var late = pending.late(now);
        if (late.isPresent()) {
            abort("no reply to " + late.get().method() + " within "
                    + seconds(late.get().timeout()));
        } else if (probe.isZero() || now - lastReceived < probe.toNanos()) {
            probed = Optional.empty();
        } else if (probed.isEmpty()) {
            probed = Optional.of(now);
            // Any byte will do for an answer.
            send("echo", id -> bytes(id, "echo", List.of()), Duration.ZERO, TREE, SettableFuture.create());
        } else if (now - probed.get() >= probe.toNanos()) {
            abort("the server has been silent for " + seconds(Duration.ofNanos(now - lastReceived))
                    + ", echo unanswered");
        }
    }

    private static String seconds(Duration duration) {
        return duration.toMillis() / 1000.0 + " s";
    }

    private void write() {
        try {
            while (closed.get() == null) {
                transport.output().write(outgoing.take());
                transport.output().flush();
            }
        } catch (IOException e) {
            // The reader learns better why: what the server said last, or the end of the stream.
            LOG.debug("The server takes no more: {}", e.toString());
        } catch (InterruptedException e) {
            // Told to end.
        }
    }

    // What is read.

    private record Handler<T>(ValueReader<T> params, Consumer<T> handler) {}

    private final class Receivers implements MessageReader.Receivers {
        @Override
        public MessageReader.Receiver reply(long id) throws ProtocolException {
            return pending.reply(id);
        }

        @Override
        public MessageReader.Receiver call(String method, JsonNode id) {
            if (!id.isNull()) {
                return new Question(method, id);
            }
            var handler = handlers.get(method);
            return handler == null ? new Question(method, id) : new Notification<>(handler, Optional.empty());
        }

        @Override
        public Optional<MessageReader.Early> params(String first) {
            return Optional.ofNullable(beginnings.get(first)).map(Beginning::early);
        }
    }

    /** Params that are known by how they begin. */
    private record Beginning<T>(ValueReader<T> params, Map<String, Consumer<T>> handlers) {
        MessageReader.Early early() {
            return new EarlyNotification<>(this);
        }
    }

    private static final class EarlyNotification<T> implements MessageReader.Early {
        private final Beginning<T> beginning;
        private Optional<T> params = Optional.empty();

        EarlyNotification(Beginning<T> beginning) {
            this.beginning = beginning;
        }

        @Override
        public void read(JsonParser value) throws IOException {
            params = Optional.of(beginning.params.read(value));
        }

        @Override
        public MessageReader.Receiver of(String method, JsonNode id) throws ProtocolException {
            var handler = beginning.handlers.get(method);
            if (handler == null || !id.isNull()) {
                throw new ProtocolException(
                        "the server sent with " + method + " what belongs to " + beginning.handlers.keySet());
            }
            return new Notification<>(new Handler<>(beginning.params, handler), params);
        }
    }

    private static final class Notification<T> implements MessageReader.Receiver {
        private final Handler<T> handler;
        private Optional<T> params;

        Notification(Handler<T> handler, Optional<T> params) {
            this.handler = handler;
            this.params = params;
        }

        @Override
        public void read(JsonParser value) throws IOException {
            params = Optional.of(handler.params.read(value));
        }

        @Override
        public void end(Optional<OvsdbError> error) {
            params.ifPresent(handler.handler);
        }
    }

    /** A request of the server, or a notification nobody here knows. */
    private final class Question implements MessageReader.Receiver {
        private final String method;
        private final JsonNode id;
        private Optional<JsonNode> params = Optional.empty();

        Question(String method, JsonNode id) {
            this.method = method;
            this.id = id;
        }

        @Override
        public void read(JsonParser value) throws IOException {
            params = Optional.of(TREE.read(value));
        }

        @Override
        public void end(Optional<OvsdbError> error) {
            if (id.isNull()) {
                LOG.debug("Unknown notification {}", method);
                return;
            }
            var reply = MAPPER.createObjectNode();
            reply.set("id", id);
            if (method.equals("echo")) {
                reply.set("result", params.orElse(MAPPER.createArrayNode()));
                reply.putNull("error");
            } else {
                reply.putNull("result");
                reply.put("error", "unknown method");
            }
            outgoing.add(reply.toString().getBytes(StandardCharsets.UTF_8));
        }
    }

    /** Notes when bytes came. */
    private final class Watched extends FilterInputStream {
        Watched(InputStream input) {
            super(input);
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int count = in.read(bytes, offset, length);
            lastReceived = System.nanoTime();
            heard |= count > 0;
            return count;
        }
    }

    // OvsdbRPC, the opendaylight library's seam.

    @Override
    public ListenableFuture<JsonNode> get_schema(List<String> databases) {
        return call("get_schema", databases, TREE);
    }

    @Override
    public ListenableFuture<List<String>> echo() {
        return request("echo", id -> bytes(id, "echo", List.of()), Duration.ZERO, OvsdbConnection::texts);
    }

    @Override
    public ListenableFuture<List<String>> list_dbs() {
        return call("list_dbs", List.of(), OvsdbConnection::texts);
    }

    @Override
    public ListenableFuture<JsonNode> monitor(Params params) {
        return request("monitor", id -> bytes(id, "monitor", params.params()), Duration.ZERO, TREE);
    }

    @Override
    public ListenableFuture<JsonNode> monitor_cancel(Params params) {
        return call("monitor_cancel", params.params(), TREE);
    }

    @Override
    public ListenableFuture<List<JsonNode>> transact(TransactBuilder transaction) {
        return call("transact", transaction.params(), value -> {
            var results = new ArrayList<JsonNode>();
            TREE.read(value).forEach(results::add);
            return results;
        });
    }

    /**
     * A notification. By RFC 7047 section 4.1.4 the request then ends with the error {@code canceled}; ovsdb-server 3.1 was
     * seen to say nothing at all.
     */
    @Override
    public ListenableFuture<Response> cancel(String requestId) {
        var message = MAPPER.createObjectNode();
        message.putNull("id");
        message.put("method", "cancel");
        message.putArray("params").add(Long.parseLong(requestId));
        outgoing.add(message.toString().getBytes(StandardCharsets.UTF_8));
        return Futures.immediateFuture(new Response() {});
    }

    @Override
    public ListenableFuture<Object> lock(List<String> lock) {
        return call("lock", lock, TREE::read);
    }

    @Override
    public ListenableFuture<Object> steal(List<String> lock) {
        return call("steal", lock, TREE::read);
    }

    @Override
    public ListenableFuture<Object> unlock(List<String> lock) {
        return call("unlock", lock, TREE::read);
    }

    /** One callback, the last one; {@code update} notifications carry their tree only. */
    @Override
    public boolean registerCallback(Callback callback) {
        on("update", TREE, params -> {
            var update = new UpdateNotification();
            update.setContext(params.path(0).asText());
            update.setUpdates(params.path(1));
            callback.update(this, update);
        });
        on("locked", OvsdbConnection::texts, locks -> callback.locked(this, locks));
        on("stolen", OvsdbConnection::texts, locks -> callback.stolen(this, locks));
        return true;
    }

    private static List<String> texts(JsonParser value) throws IOException {
        return Arrays.asList(MAPPER.readValue(value, String[].class));
    }
}
