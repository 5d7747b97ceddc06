package io.ovnegress.controller.ovsdb;

import com.fasterxml.jackson.core.JsonParser;
import com.google.common.util.concurrent.SettableFuture;
import io.ovnegress.controller.ovsdb.OvsdbConnection.ValueReader;
import io.ovnegress.ovsdb.operation.OvsdbError;
import java.io.IOException;
import java.net.ProtocolException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The requests of one connection that wait for their reply; each ends exactly once. Thread safe; never calls out locked. */
final class PendingRequests {
    private final Map<Long, Request<?>> requests = new LinkedHashMap<>();
    private long nextId = 1;
    private boolean closed;

    /** @param timeout zero for as long as the connection lives */
    record Request<T>(String method, Duration timeout, long sent, ValueReader<T> result, SettableFuture<T> future) {
        Request(String method, Duration timeout, ValueReader<T> result, SettableFuture<T> future) {
            this(method, timeout, System.nanoTime(), result, future);
        }

        private boolean isLate(long now) {
            return !timeout.isZero() && now - sent > timeout.toNanos();
        }
    }

    synchronized long nextId() {
        return nextId++;
    }

    /**
     * Adds a request and sends it, unless the connection is closed.
     *
     * @param send must not block
     */
    synchronized boolean add(long id, Request<?> request, Runnable send) {
        if (!closed) {
            requests.put(id, request);
            send.run();
        }
        return !closed;
    }

    /** @param now of {@link System#nanoTime} */
    synchronized Optional<Request<?>> late(long now) {
        for (var request : requests.values()) {
            if (request.isLate(now)) {
                return Optional.of(request);
            }
        }
        return Optional.empty();
    }

    /** Ends all requests, in the order they were made, and every one to come. */
    void close(String reason) {
        List<Request<?>> lost;
        synchronized (this) {
            closed = true;
            lost = new ArrayList<>(requests.values());
            requests.clear();
        }
        lost.forEach(request -> request.future.setException(new ConnectionLostException(reason)));
    }

    MessageReader.Receiver reply(long id) throws ProtocolException {
        var request = find(id);
        if (request.isEmpty()) {
            throw new ProtocolException("the server sent a reply with the id " + id + ", which no request has");
        }
        return new Reply<>(id, request.get());
    }

    private synchronized Optional<Request<?>> find(long id) {
        return Optional.ofNullable(requests.get(id));
    }

    private synchronized void remove(long id) {
        requests.remove(id);
    }

    private final class Reply<T> implements MessageReader.Receiver {
        private final long id;
        private final Request<T> request;
        private Optional<T> result = Optional.empty();

        Reply(long id, Request<T> request) {
            this.id = id;
            this.request = request;
        }

        @Override
        public void read(JsonParser value) throws IOException {
            result = Optional.of(request.result.read(value));
        }

        @Override
        public void end(Optional<OvsdbError> error) {
            remove(id);
            if (error.isEmpty() && result.isPresent()) {
                request.future.set(result.get());
            } else {
                var problem = error.orElse(new OvsdbError("no result", "the reply has neither a result nor an error"));
                request.future.setException(new OvsdbRpcException(request.method, problem));
            }
        }
    }
}
