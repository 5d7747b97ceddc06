package io.ovnegress.it.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Stands between a controller and its database server, message by message, and breaks the connection where it is told to: before
 * or after a transaction reached the server, with or without what the server said of it. Thread safe.
 */
final class FaultyProxy implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path server;
    private final Path socket;
    private final ServerSocketChannel listener;
    private final Set<Link> links = ConcurrentHashMap.newKeySet();
    private Optional<Fault> armed = Optional.empty();
    private int transactionsUntilFault;
    private boolean refusing;
    private boolean stalled;

    /** Where the connection breaks. */
    enum Fault {
        /** The transaction never reaches the server. */
        REQUEST_LOST,
        /** Only the first half of it does. */
        HALF_REQUEST,
        /** It is carried out, but neither its updates nor its reply come back. */
        REPLY_LOST,
        /** Its updates come back, its reply does not. */
        ONLY_REPLY_LOST,
        /** Its updates come back, and half of its reply. */
        HALF_REPLY
    }

    FaultyProxy(Path socket, Path server) {
        this.server = server;
        this.socket = socket;
        try {
            listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().name("proxy").start(this::accept);
    }

    /** {@code unix:PATH}. */
    String address() {
        return "unix:" + socket;
    }

    /** Breaks the connection at a transaction.
     *
     * @param skipped transactions that go through before it
     */
    synchronized void arm(Fault fault, int skipped) {
        armed = Optional.of(fault);
        transactionsUntilFault = skipped;
    }

    synchronized void disarm() {
        armed = Optional.empty();
    }

    /** Breaks every connection now. */
    void cut() {
        links.forEach(Link::close);
    }

    /** Breaks every connection, and every new one at once, until {@link #admit}. */
    void refuse() {
        synchronized (this) {
            refusing = true;
        }
        cut();
    }

    synchronized void admit() {
        refusing = false;
    }

    /** Nothing passes any more, in either direction, but connections stay: a network that has been parted. */
    synchronized void stall() {
        stalled = true;
    }

    /** The server is told that the connections have ended, the client is not: it sleeps, behind a stalled network. */
    void sever() {
        links.forEach(Link::closeServer);
    }

    synchronized void flow() {
        stalled = false;
        notifyAll();
    }

    private synchronized void awaitFlow() throws InterruptedException {
        while (stalled) {
            wait();
        }
    }

    private synchronized boolean refuses() {
        return refusing;
    }

    private synchronized Optional<Fault> faultAt(JsonNode message) {
        if (armed.isEmpty() || !message.path("method").asText().equals("transact") || transactionsUntilFault-- > 0) {
            return Optional.empty();
        }
        var fault = armed;
        armed = Optional.empty();
        return fault;
    }

    private void accept() {
        try {
            while (true) {
                var client = listener.accept();
                if (refuses()) {
                    client.close();
                    continue;
                }
                try {
                    var link = new Link(client, SocketChannel.open(UnixDomainSocketAddress.of(server)));
                    links.add(link);
                    Thread.ofVirtual().name("proxy-requests").start(() -> link.pass(client, link::request));
                    Thread.ofVirtual().name("proxy-replies").start(() -> link.pass(link.server, link::reply));
                } catch (IOException e) {
                    client.close(); // nobody listens there at the moment
                }
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    @FunctionalInterface
    private interface Direction {
        void forward(JsonNode message) throws IOException;
    }

    /** One connection of the controller and the one to the server that belongs to it. */
    private final class Link {
        private final SocketChannel client;
        private final SocketChannel server;
        private volatile Optional<Loss> loss = Optional.empty();

        /** What is to happen to the reply of this request. */
        private record Loss(Fault fault, JsonNode request) {}

        private Link(SocketChannel client, SocketChannel server) {
            this.client = client;
            this.server = server;
        }

        private void pass(SocketChannel from, Direction direction) {
            try (MappingIterator<JsonNode> messages =
                    JSON.readerFor(JsonNode.class).readValues(Channels.newInputStream(from))) {
                while (messages.hasNextValue()) {
                    var message = messages.nextValue();
                    awaitFlow();
                    direction.forward(message);
                }
            } catch (IOException e) {
                // One of the two is gone.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                close();
            }
        }

        private void request(JsonNode message) throws IOException {
            var fault = faultAt(message);
            if (fault.isEmpty()) {
                write(server, bytes(message));
                return;
            }
            switch (fault.get()) {
                case REQUEST_LOST -> close();
                case HALF_REQUEST -> {
                    write(server, half(message));
                    close();
                }
                case REPLY_LOST, ONLY_REPLY_LOST, HALF_REPLY -> {
                    loss = Optional.of(new Loss(fault.get(), message.path("id")));
                    write(server, bytes(message));
                }
            }
        }

        private void reply(JsonNode message) throws IOException {
            if (loss.isEmpty()) {
                write(client, bytes(message));
                return;
            }
            var fault = loss.get().fault();
            boolean isReply = !message.has("method")
                    && message.path("id").equals(loss.get().request());
            if (!isReply) {
                if (fault != Fault.REPLY_LOST) {
                    write(client, bytes(message));
                }
                return;
            }
            if (fault == Fault.HALF_REPLY) {
                write(client, half(message));
            }
            close();
        }

        private void closeServer() {
            try {
                server.shutdownOutput();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void close() {
            links.remove(this);
            try (client;
                    server) {
                loss = Optional.empty();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static byte[] bytes(JsonNode message) {
        return message.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] half(JsonNode message) {
        var bytes = bytes(message);
        return java.util.Arrays.copyOf(bytes, bytes.length / 2);
    }

    private static void write(SocketChannel channel, byte[] bytes) throws IOException {
        var buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    @Override
    public void close() {
        flow();
        try {
            listener.close();
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        cut();
    }
}
